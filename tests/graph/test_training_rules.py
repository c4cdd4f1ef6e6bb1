"""What is said of training graphs that cannot train, or train the wrong thing."""

from __future__ import annotations

import pytest

from graph.analysis import Analysis
from graph.document import TRAINING, Node, Project, Wire
from graph.edits import insert_node, rename_network, set_params
from graph.problems import Problem
from graph.uses import reached_networks
from tests import builders, systems

SYSTEMS = (systems.gan, systems.critic, systems.vae, systems.momentum_teacher)


def _of(project: Project, node: str) -> list[Problem]:
    analysis = Analysis(project)
    analysis.update()
    return analysis.problems_of(TRAINING, node)


@pytest.mark.parametrize(
    "make", [systems.gan, systems.critic, systems.vae, systems.momentum_teacher]
)
def test_nothing_is_wrong(make: object) -> None:
    assert callable(make)
    assert Analysis(make()).problems() == []


def test_a_generator_that_would_train_its_judge() -> None:
    project = systems.gan()
    set_params(project.training, "train_generator", {"networks": ()}).apply(project)
    (problem,) = _of(project, "train_generator")
    assert problem.severity == "warning"
    assert problem.message == (
        "expected weights that no other optimizer updates, received discriminator, which 'Adam' "
        "updates too. Set its networks to generator."
    )
    (fix,) = problem.fixes
    fix.edit.apply(project)
    assert project.training.node("train_generator").params["networks"] == ("generator",)
    assert Analysis(project).problems() == []


def test_the_warning_stands_at_the_optimizer_that_can_do_with_less() -> None:
    """Also where that is the first of the two."""
    project = systems.gan()
    training = project.training
    set_params(training, "train_generator", {"networks": ()}).apply(project)
    training.update_node(Node("train_generator", "Adam", {}, "", (-500.0, 0.0)))
    assert _of(project, "train_discriminator") == []
    assert len(_of(project, "train_generator")) == 1


def test_two_optimizers_of_which_each_reaches_all() -> None:
    """As in a GAN without a detach and without names, where only people know whose is which."""
    project = systems.gan()
    training = project.training
    training.disconnect(training.wires_in("fake")["image"])
    training.connect(Wire("generate", "image", "fake", "image"))
    set_params(training, "train_generator", {"networks": ()}).apply(project)
    (problem,) = _of(project, "train_generator")
    assert problem.mend == "Name the networks of each optimizer."
    labels = [fix.label for fix in problem.fixes]
    assert labels == ["Set networks to generator", "Set networks to discriminator"]
    problem.fixes[0].edit.apply(project)
    (problem,) = _of(project, "train_discriminator")
    (fix,) = problem.fixes
    fix.edit.apply(project)
    assert training.node("train_discriminator").params["networks"] == ("discriminator",)
    assert Analysis(project).problems() == []


def test_named_networks_that_overlap() -> None:
    project = systems.gan()
    both = {"networks": ("generator", "discriminator")}
    set_params(project.training, "train_generator", both).apply(project)
    (problem,) = _of(project, "train_generator")
    assert problem.mend == "Name the networks of each optimizer."
    assert problem.fixes == ()


def test_a_network_behind_detach_is_named_in_vain() -> None:
    project = systems.gan()
    names = {"networks": ("generator",)}
    set_params(project.training, "train_discriminator", names).apply(project)
    problem = _of(project, "train_discriminator")[0]
    assert problem.message == (
        "expected a loss that depends on the network 'generator', received a loss that 'detach' "
        "cuts off from it. Take 'detach' out of the path to the loss, or name another network."
    )
    (fix,) = problem.fixes
    fix.edit.apply(project)
    errors = [p for p in Analysis(project).problems() if p.severity == "error"]
    assert errors == []


def test_averages_alone_teach_nothing() -> None:
    project = systems.momentum_teacher()
    training = project.training
    training.disconnect(training.wires_in("loss")["input"])
    builders.connect(training, "data.image > loss.input")
    set_params(training, "optimizer", {"networks": ("encoder",)}).apply(project)
    problem = next(p for p in _of(project, "optimizer") if p.node == "optimizer")
    assert problem.received == "a loss that 'EMA' cuts off from it"
    assert problem.fixes == ()


def test_a_network_that_there_is_not() -> None:
    project = systems.gan()
    set_params(project.training, "train_generator", {"networks": ("critic",)}).apply(project)
    problem = _of(project, "train_generator")[0]
    assert problem.received == "no such network"


def test_averages_of_a_network_that_there_is_not() -> None:
    project = systems.momentum_teacher()
    set_params(project.training, "teacher", {"network": "gone"}).apply(project)
    problem = _of(project, "teacher")[-1]
    assert problem.message == (
        "expected one of the networks encoder, predictor, received 'gone'. Choose a network that "
        "this project has."
    )


def test_averages_follow_the_name_and_ports_of_their_network() -> None:
    project = systems.momentum_teacher()
    analysis = Analysis(project)
    rename_network(project, "encoder", "trunk").apply(project)
    assert project.training.node("teacher").params["network"] == "trunk"
    assert analysis.problems() == []
    set_params(project.networks["trunk"], "n1", {"out_features": 9}).apply(project)
    analysis.update()
    assert analysis.type_of(TRAINING, "teacher", "features").shape_text == "(N, 9)"


def test_weights_that_nothing_updates() -> None:
    project = systems.gan()
    insert_node(
        project.training, Wire("noise", "output", "generate", "noise"), Node("cut", "detach")
    ).apply(project)
    assert Analysis(project).problems() == [], "noise has no weights that could be cut off"
    set_params(project.training, "train_generator", {"networks": ("discriminator",)}).apply(project)
    (problem,) = _of(project, "generate")
    assert (problem.severity, problem.expected) == ("warning", "an optimizer that updates it")


def test_noise_without_data_has_no_batch() -> None:
    project = systems.gan()
    project.set_data(project.data.model_copy(update={"ports": ()}))
    assert [p.received for p in Analysis(project).problems() if p.node is None] == ["no data"]


def test_uniform_noise_between_the_wrong_ends() -> None:
    project = systems.gan()
    ends = {"distribution": "uniform", "low": 1, "high": -1}
    set_params(project.training, "noise", ends).apply(project)
    (problem,) = _of(project, "noise")
    assert (
        problem.message == "expected low=1 to be below high, received high=-1. Swap or change them."
    )


def test_a_penalty_reaches_the_network_that_it_calls_and_nothing_before_it() -> None:
    project = systems.critic()
    assert reached_networks(project, "penalty") == ["discriminator"]
    assert reached_networks(project, "sum") == ["discriminator"]


def test_a_penalty_on_scores_says_what_it_takes() -> None:
    project = systems.critic()
    training = project.training
    for port in ("real", "fake"):
        training.disconnect(training.wires_in("penalty")[port])
        training.connect(Wire(port, "score", "penalty", port))
    (problem,) = _of(project, "penalty")
    assert problem.message == (
        "at 'real': expected examples as discriminator takes them, (N, 1, 8, 8), received (N, 1). "
        "Wire what goes into discriminator to it."
    )


def test_a_penalty_takes_a_network_with_one_score() -> None:
    project = systems.critic()
    network = project.network("discriminator")
    network.add_node(Node("more", "Output", {}, "more"))
    network.connect(Wire("in", "output", "more", "input"))
    (problem,) = _of(project, "penalty")
    assert problem.message == (
        "expected a network of one input and one output, its score, received discriminator of "
        "1 inputs and 2 outputs. Choose such a network."
    )
