"""Who uses which networks and which ports of the data in a training graph."""

from __future__ import annotations

from graph import recipes, uses
from graph.edits import remove_nodes
from tests import builders, systems


def test_networks_are_used_in_the_order_of_the_project() -> None:
    project = systems.gan()
    assert uses.used_networks(project) == ["generator", "discriminator"]
    project.add_network(builders.chain(["ReLU"], name="spare"))
    assert uses.used_networks(project) == ["generator", "discriminator"]
    names = {node.id: uses.network_of(project, node) for node in project.training}
    assert {node: name for node, name in names.items() if name} == {
        "generate": "generator",
        "real": "discriminator",
        "fake": "discriminator",
        "judged": "discriminator",
    }


def test_an_average_alone_uses_its_network() -> None:
    project = systems.momentum_teacher()
    remove_nodes(project.training, ["student", "predict"]).apply(project)
    assert uses.used_networks(project) == ["encoder"]


def test_what_a_loss_reaches() -> None:
    project = systems.gan()
    assert uses.reached_networks(project, "sum") == ["discriminator"]
    assert uses.reached_networks(project, "fool") == ["generator", "discriminator"]
    teacher = systems.momentum_teacher()
    assert uses.reached_networks(teacher, "loss") == ["encoder", "predictor"]
    assert uses.reached_networks(teacher, "teacher") == []


def test_what_cuts_a_network_off() -> None:
    project = systems.gan()
    cut = uses.cutting_node(project, "sum", "generator")
    assert cut is not None
    assert cut.id == "detach"
    cut = uses.cutting_node(project, "sum")
    assert cut is not None
    assert cut.id == "detach", "not the target of zeros, through which nothing flows either"


def test_whole_numbers_cut_off_what_they_were_made_of() -> None:
    project = builders.trained(builders.chain(builders.CNN))
    training = project.training
    for node, kind in (("best", "argmax"), ("numbers", "to")):
        builders.add(training, node, kind, **({"dtype": "float32"} if kind == "to" else {}))
    builders.connect(training, "network > best")
    builders.connect(training, "best > numbers")
    assert uses.reached_networks(project, "network") == ["net"]
    assert uses.reached_networks(project, "numbers") == []
    cut = uses.cutting_node(project, "numbers", "net")
    assert cut is not None
    assert cut.id == "best"


def test_the_data_behind_a_value() -> None:
    project = builders.trained(builders.chain(builders.CNN))
    assert uses.data_behind(project, ["network"]) == ["image"]
    assert uses.data_behind(project, ["loss"]) == ["image", "label"]
    assert uses.data_behind(systems.gan(), ["generate"]) == []


def test_the_data_that_is_wired_straight_to_a_network() -> None:
    project = systems.gan()
    assert uses.data_of_inputs(project, "discriminator") == {"image": "image"}
    assert uses.data_of_inputs(project, "generator") == {}
    supervised = builders.trained(builders.chain(builders.CNN))
    assert recipes.read(supervised) is not None
    assert uses.data_of_inputs(supervised, "net") == {"image": "image"}


def test_the_data_behind_monitors() -> None:
    project = systems.gan()
    systems.draw(
        project,
        {"made": "ShowImages", "scores": "ShowTable"},
        ["generate > made.input", "real > scores"],
    )
    assert uses.data_of_monitors(project) == {"made": [], "scores": ["image"]}
