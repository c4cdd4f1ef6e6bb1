"""The document: what it refuses, in which words, and what it tells its listeners."""

from __future__ import annotations

import pytest

from graph.dataspec import DataSpec
from graph.document import TRAINING, Network, Node, Project, Wire, freeze
from graph.errors import ConnectError, DocumentError, ParamError
from graph.files import dumps
from graph.settings import RunSettings
from tests import builders


def _training() -> Network:
    """Two layers of optimizer talk: a loss, an optimizer and a schedule, unwired."""
    project = builders.project(builders.chain(["ReLU"], shape=(4,)))
    builders.add(project.training, "loss", "MSELoss", "the loss")
    builders.add(project.training, "adam", "Adam")
    builders.add(project.training, "steps", "StepLR", step_size=2)
    return project.training


@pytest.mark.parametrize(
    ("wire", "reason"),
    [
        (Wire("loss", "depth", "adam", "loss"), "'the loss' has no output 'depth'."),
        (Wire("loss", "loss", "adam", "width"), "'Adam' has no input 'width'."),
        (
            Wire("adam", "optimizer", "loss", "input"),
            "'the loss' expects a tensor at 'input'; 'Adam' gives an optimizer.",
        ),
        (
            Wire("loss", "loss", "steps", "optimizer"),
            "'StepLR' expects an optimizer at 'optimizer'; 'the loss' gives a tensor.",
        ),
        (Wire("loss", "loss", "gone", "input"), "There is no node 'gone' in 'training'."),
    ],
)
def test_a_refused_wire_says_why(wire: Wire, reason: str) -> None:
    training = _training()
    before = dumps(training.project)
    with pytest.raises(DocumentError) as refusal:
        training.connect(wire)
    assert str(refusal.value) == reason
    assert not training.can_connect(wire)
    assert dumps(training.project) == before


def test_an_input_takes_one_wire() -> None:
    network = builders.chain(["ReLU", "Sigmoid"], shape=(4,))
    second = Wire("input", "output", "n2", "input")
    with pytest.raises(ConnectError, match=r"^The input 'input' of 'Sigmoid' takes one wire and"):
        network.connect(second)
    network.check_connect(second, replacing=True)
    assert not network.can_connect(second)
    with pytest.raises(ConnectError, match="already has a wire"):
        network.restore_wire(second)


def test_a_wire_that_closes_a_cycle_is_refused_by_its_path() -> None:
    network = builders.chain(["add", "ReLU", "Sigmoid"], shape=(4,))
    with pytest.raises(ConnectError) as refusal:
        network.connect(Wire("n3", "output", "n1", "other"))
    assert str(refusal.value) == (
        "A wire to 'add' would close a cycle: add -> ReLU -> Sigmoid -> add."
    )
    with pytest.raises(ConnectError, match="ReLU -> ReLU"):
        network.check_connect(Wire("n2", "output", "n2", "input"), replacing=True)


def test_a_port_that_went_missing_takes_no_new_wires() -> None:
    network = builders.graph(
        "net",
        {"input": ("Input", {"shape": (8,)}), "split": ("chunk", {"chunks": 3}), "end": "Output"},
        ["input > split", "split.output2 > end"],
    )
    network.update_node(Node("split", "chunk", {"chunks": 2}, position=(200.0, 0.0)))
    assert network.ports("split").output("output2").missing
    builders.add(network, "more", "ReLU")
    with pytest.raises(ConnectError, match="has no output 'output2'"):
        network.connect(Wire("split", "output2", "more", "input"))


def test_nodes_are_refused_with_a_reason() -> None:
    network = builders.chain(["ReLU"], shape=(4,))
    with pytest.raises(DocumentError, match="already has a node with the id 'n1'"):
        network.add_node(Node("n1", "ReLU"))
    with pytest.raises(DocumentError, match="needs an id and a kind"):
        network.add_node(Node("", "ReLU"))
    with pytest.raises(DocumentError, match="'ReLU' still has wires; remove them first"):
        network.remove_node("n1")
    with pytest.raises(DocumentError, match="keeps its kind"):
        network.update_node(Node("n1", "GELU"))
    with pytest.raises(DocumentError, match=r"There is no wire input\.output -> output\.input"):
        network.disconnect(Wire("input", "output", "output", "input"))


def test_an_argument_is_checked_when_it_is_set_and_kept_when_it_was_there() -> None:
    network = builders.chain([("Linear", {"out_features": -3, "colour": "red"})], shape=(4,))
    node = network.node("n1")
    network.update_node(Node(node.id, node.kind, {**node.params, "bias": False}))
    with pytest.raises(ParamError) as refusal:
        network.update_node(Node(node.id, node.kind, {**node.params, "out_features": 0}))
    assert str(refusal.value) == ("out_features: expected a whole number of at least 1, received 0")
    with pytest.raises(ParamError, match="expected an argument of Linear"):
        network.update_node(Node(node.id, node.kind, {**node.params, "weight": "blue"}))
    with pytest.raises(DocumentError, match="received set"):
        freeze({1})


@pytest.mark.parametrize("name", ["", "2d", "a b", "é", "a" * 65, "a-b", "net\n", TRAINING])
def test_names_of_networks_are_words(name: str) -> None:
    project = builders.project(Network("other"))
    with pytest.raises(DocumentError):
        project.add_network(Network(name))
    with pytest.raises(DocumentError):
        project.rename_network("other", name)
    assert list(project.networks) == ["other"]
    assert project.networks["other"].name == "other"


def test_the_training_graph_stays() -> None:
    project = Project()
    with pytest.raises(DocumentError, match="cannot be removed"):
        project.remove_network(TRAINING)
    with pytest.raises(DocumentError, match="keeps its name"):
        project.rename_network(TRAINING, "other")
    with pytest.raises(DocumentError, match="There is no network 'x'; there are: none"):
        project.network("x")


def test_each_change_is_told_once() -> None:
    project, told = Project(), []
    network = Network("net")
    for owner, names in (
        (network, ("node_added", "node_removed", "node_changed", "wire_added", "wire_removed")),
        (
            project,
            (
                "network_added",
                "network_removed",
                "network_renamed",
                "data_changed",
                "settings_changed",
                "name_changed",
            ),
        ),
    ):
        for name in names:
            getattr(owner, name).connect(lambda *args, name=name: told.append(name))
    node, wire = Node("a", "ReLU"), Wire("a", "output", "b", "input")
    changes = [
        (lambda: project.add_network(network), "network_added"),
        (lambda: network.add_node(node), "node_added"),
        (lambda: network.add_node(Node("b", "ReLU")), "node_added"),
        (lambda: network.connect(wire), "wire_added"),
        (lambda: network.update_node(Node("a", "ReLU", title="first")), "node_changed"),
        (lambda: network.update_node(Node("a", "ReLU", title="first")), None),
        (lambda: network.disconnect(wire), "wire_removed"),
        (lambda: network.remove_node("a"), "node_removed"),
        (lambda: project.rename_network("net", "other"), "network_renamed"),
        (lambda: project.rename_network("other", "other"), None),
        (lambda: project.set_data(DataSpec(source="digits")), "data_changed"),
        (lambda: project.set_data(DataSpec(source="digits")), None),
        (lambda: project.set_settings(RunSettings(epochs=3)), "settings_changed"),
        (lambda: project.set_settings(RunSettings(epochs=3)), None),
        (lambda: project.set_name("New"), "name_changed"),
        (lambda: project.set_name("New"), None),
        (lambda: project.remove_network("other"), "network_removed"),
    ]
    for change, signal in changes:
        change()
        assert told == ([signal] if signal else []), signal
        told.clear()


def test_fresh_ids_are_new() -> None:
    network = Network("net")
    for taken in ("n1", "n3"):
        network.add_node(Node(taken, "ReLU"))
    found = [network.fresh_id() for _ in range(3)]
    assert len({*found, "n1", "n3"}) == 5


def test_nodes_of_a_kind_come_from_left_to_right() -> None:
    network = Network("net")
    for node_id, place in (("a", (200.0, 0.0)), ("b", (0.0, 50.0)), ("c", (0.0, 0.0))):
        network.add_node(Node(node_id, "Output", position=place))
    assert [node.id for node in network.by_kind("Output")] == ["c", "b", "a"]
