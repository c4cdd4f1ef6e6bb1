"""Shapes and problems as edits come: partial, incremental, and the same as from scratch."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graph import flow
from graph.analysis import Analysis
from graph.dims import TensorType
from graph.document import TRAINING, Network, Node, Project, Wire
from graph.edits import UpdateNode, remove_nodes, set_params
from tests import builders, random_edits


@pytest.fixture
def evaluated(monkeypatch: pytest.MonkeyPatch) -> Iterator[Counter[str]]:
    """How often nodes of each kind were run."""
    counts: Counter[str] = Counter()
    original = flow.evaluate

    def counting(kind, params, inputs):
        counts[kind.name] += 1
        return original(kind, params, inputs)

    monkeypatch.setattr(flow, "evaluate", counting)
    return counts


def shape(analysis: Analysis, node: str, port: str = "output", network: str = "net") -> str | None:
    found = analysis.type_of(network, node, port)
    return None if found is None else str(found)


def errors(analysis: Analysis) -> list[str]:
    return [f"{p.title}: {p.message}" for p in analysis.errors()]


# -- shapes ----------------------------------------------------------------------------------------


def test_shapes_follow_the_data_through_the_training_graph() -> None:
    project = builders.trained(builders.chain(builders.CNN))
    analysis = Analysis(project)
    assert analysis.problems() == []
    found = [shape(analysis, n) for n in ("input", "n1", "n3", "n4", "n5")]
    assert found == ["(N, 1, 8, 8)", "(N, 8, 6, 6)", "(N, 8, 3, 3)", "(N, 72)", "(N, 10)"]
    assert shape(analysis, "output", "input") == "(N, 10)"
    assert shape(analysis, "data", "label", TRAINING) == "(N,) int64"
    assert shape(analysis, "network", "logits", TRAINING) == "(N, 10)"
    assert shape(analysis, "loss", "loss", TRAINING) == "()"
    assert dict(analysis.args("net", "n5"))["in_features"] == 72
    cost = analysis.cost("net", "n5")
    assert cost is not None
    assert (cost.parameters, cost.flops) == (730, 2 * 72 * 10)
    assert analysis.total("net").parameters == 730 + 8 * 9 + 8
    assert analysis.total(TRAINING) == analysis.total("net")


def test_time_stays_a_symbol() -> None:
    layers = [("LSTM", {"hidden_size": 8, "batch_first": True}), ("Linear", {"out_features": 3})]
    analysis = Analysis(builders.project(builders.chain(layers, shape=("T", 4))))
    assert shape(analysis, "n1") == "(N, T, 8)"
    assert shape(analysis, "n2") == "(N, T, 3)"
    assert shape(analysis, "n1", "h") == "(1, N, 8)"


def test_what_can_be_known_of_half_a_graph_is_known() -> None:
    network = builders.graph(
        "net",
        {
            "input": ("Input", {"shape": (1, 8, 8)}),
            "bad": ("Linear", {"out_features": 3, "in_features": 5}),
            "after": "ReLU",
            "flat": "Flatten",
            "good": ("Linear", {"out_features": 3}),
            "sum": "add",
            "alone": "Sigmoid",
            "output": "Output",
        },
        ["input > bad", "bad > after", "input > flat", "flat > good", "after > sum.input",
         "good > sum.other", "sum > output"],
    )  # fmt: skip
    analysis = Analysis(builders.project(network))
    assert shape(analysis, "good") == "(N, 3)"
    assert shape(analysis, "bad") is None
    assert shape(analysis, "sum") is None
    found = {p.node for p in analysis.errors() if p.network == "net"}
    assert found == {"bad", "alone"}, "what follows a broken node is not itself broken"


def test_an_input_with_a_shape_of_its_own_is_compared_with_the_data() -> None:
    project = builders.trained(builders.chain(builders.CNN, shape=(1, 16, 16)))
    analysis = Analysis(project)
    problem = analysis.errors()[0]
    assert (problem.network, problem.node) == ("net", "input")
    assert problem.message == (
        "expected (N, 1, 16, 16) as its own shape says, received (N, 1, 8, 8) where the network "
        "is used. Clear the shape, so that it follows the data, or change the data."
    )
    problem.fixes[0].edit.apply(project)
    assert errors(analysis) == []
    assert shape(analysis, "input") == "(N, 1, 8, 8)"


def test_an_input_that_nothing_reaches_says_so() -> None:
    analysis = Analysis(builders.project(builders.chain(["ReLU"])))
    assert errors(analysis)[0].startswith("image: expected a shape, received none. Wire this netw")


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"shape": ("x", 2)}, "shape: an example's shape without the batch"),
        ({"shape": (0,)}, "received (0,)"),
        ({"shape": (4,), "dtype": 'float32"""'}, "dtype: a dtype: float32, float64"),
        ({"shape": (4,), "dtype": "nn"}, "received 'nn'"),
    ],
)
def test_arguments_of_an_input_are_checked(params: dict, message: str) -> None:
    network = builders.chain(["ReLU"])
    network.graph.nodes["input"]["node"] = Node("input", "Input", params, "image")
    analysis = Analysis(builders.project(network))
    assert message in errors(analysis)[0]
    assert shape(analysis, "n1") is None


def test_arguments_of_an_optimizer_are_checked() -> None:
    project = builders.trained(builders.chain(builders.CNN))
    training = project.training
    training.graph.nodes["optimizer"]["node"] = replace(
        training.node("optimizer"), params={"lr": "import os"}
    )
    builders.add(training, "schedule", "StepLR")
    builders.connect(training, "optimizer > schedule")
    analysis = Analysis(project)
    assert errors(analysis) == [
        "Adam: expected lr: a number of at least 0, received 'import os'. Correct the argument lr.",
        "StepLR: expected step_size: a whole number of at least 1, received nothing. Set the "
        "argument step_size of StepLR; it has no default.",
    ]
    analysis.errors()[0].fixes[0].edit.apply(project)
    set_params(training, "schedule", {"step_size": 2}).apply(project)
    assert errors(analysis) == []


# -- incremental -----------------------------------------------------------------------------------


def test_nothing_upstream_of_a_change_is_run_again(evaluated: Counter[str]) -> None:
    layers = [("Linear", {"out_features": 8}), "ReLU", ("Linear", {"out_features": 6}), "Sigmoid"]
    project = builders.project(builders.chain([*layers, "Tanh"], shape=(4,)))
    analysis = Analysis(project)
    evaluated.clear()
    analysis.update()
    assert not evaluated, "nothing was touched"
    set_params(project.network("net"), "n3", {"out_features": 5}).apply(project)
    changes = analysis.update()
    assert evaluated == {"Linear": 1, "Sigmoid": 1, "Tanh": 1}
    assert changes.nodes == {("net", n) for n in ("n3", "n4", "n5", "output")}
    assert shape(analysis, "output", "input") == "(N, 5)"


def test_work_stops_where_outputs_stay_the_same(evaluated: Counter[str]) -> None:
    layers = [("Conv2d", {"out_channels": 2, "kernel_size": 3, "padding": 1}), "ReLU", "Tanh"]
    project = builders.project(builders.chain(layers, shape=(1, 8, 8)))
    analysis = Analysis(project)
    evaluated.clear()
    set_params(project.network("net"), "n1", {"kernel_size": 5, "padding": 2}).apply(project)
    assert analysis.update().nodes == {("net", "n1")}
    assert evaluated == {"Conv2d": 1}


def test_moving_and_commenting_run_nothing(evaluated: Counter[str]) -> None:
    project = builders.trained(builders.chain(builders.CNN))
    analysis = Analysis(project)
    evaluated.clear()
    node = project.network("net").node("n1")
    UpdateNode("net", replace(node, position=(9.0, 9.0), comment="first")).apply(project)
    assert not analysis.update()
    assert not evaluated


def test_listeners_are_told_of_what_changed() -> None:
    project = builders.trained(builders.chain(builders.CNN))
    analysis, told = Analysis(project), []
    analysis.updated.connect(told.append)
    set_params(project.network("net"), "n1", {"out_channels": 4}).apply(project)
    analysis.update()
    assert len(told) == 1
    assert ("net", "n5") in told[0].nodes
    analysis.update()
    assert len(told) == 1


def test_a_closed_analysis_hears_nothing() -> None:
    project = builders.trained(builders.chain(builders.CNN))
    analysis = Analysis(project)
    analysis.close()
    remove_nodes(project.network("net"), ["n5"]).apply(project)
    assert not analysis.update()


def _state(project: Project, analysis: Analysis) -> object:
    """Everything that an analysis says."""
    nodes = [(network, node) for network in project.graphs() for node in network]
    return (
        [(p.network, p.node, p.title, p.severity, p.message) for p in analysis.problems()],
        {
            (network.name, node.id, port.name): analysis.type_of(network.name, node.id, port.name)
            for network, node in nodes
            for port in (*network.ports(node.id).inputs, *network.ports(node.id).outputs)
        },
        {(n.name, node.id): dict(analysis.args(n.name, node.id)) for n, node in nodes},
        {(n.name, node.id): analysis.cost(n.name, node.id) for n, node in nodes},
        [analysis.total(network.name) for network in project.graphs()],
    )


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 10**9))
def test_edit_by_edit_comes_to_the_same_as_from_scratch(seed: int) -> None:
    rng = random.Random(seed)
    project = builders.trained(builders.chain(builders.CNN))
    analysis = Analysis(project)
    for _ in range(8):
        for _ in range(rng.randint(1, 4)):
            random_edits.apply_one(project, rng)
        fresh = Analysis(project)
        assert _state(project, analysis) == _state(project, fresh)
        fresh.close()
    analysis.close()


def test_two_uses_of_a_network_each_have_their_own_shapes() -> None:
    project = builders.trained(builders.chain(["Flatten"]))
    training = project.training
    builders.add(training, "again", "Network", network="net")
    builders.connect(training, "network.logits > again.image")
    analysis = Analysis(project)
    assert shape(analysis, "network", "logits", TRAINING) == "(N, 64)"
    assert shape(analysis, "again", "logits", TRAINING) == "(N, 64)"
    assert shape(analysis, "input") == "(N, 1, 8, 8)"
    remove_nodes(training, ["network"]).apply(project)
    builders.connect(training, "data.label > again.image")
    analysis.update()
    assert shape(analysis, "input") == "(N,) int64", "the only use left is the one followed"


def test_networks_in_a_row() -> None:
    first = builders.chain(["Flatten", ("Linear", {"out_features": 5})], name="encoder")
    second = builders.chain([("Linear", {"out_features": 10})], name="head", source="code")
    project = builders.trained(first, second)
    training = project.training
    builders.add(training, "second", "Network", network="head")
    users = training.wires_out("network")
    for wire in users:
        training.disconnect(wire)
    builders.connect(training, "network > second")
    for wire in users:
        training.connect(replace(wire, source="second"))
    analysis = Analysis(project)
    assert errors(analysis) == []
    assert shape(analysis, "n1", network="head") == "(N, 10)"
    set_params(first, "n2", {"out_features": 7}).apply(project)
    analysis.update()
    assert dict(analysis.args("head", "n1"))["in_features"] == 7


def test_many_edits_of_a_large_network_stay_quick() -> None:
    """A thousand nodes: one changed argument near the end runs only what follows it."""
    layers = [("Linear", {"out_features": 16}), "ReLU"] * 500
    project = builders.project(builders.chain(layers, shape=(16,)))
    analysis = Analysis(project)
    set_params(project.network("net"), "n991", {"out_features": 12}).apply(project)
    changed = analysis.update().nodes
    assert changed == {("net", f"n{i}") for i in (991, 992, 993)}
    assert analysis.type_of("net", "n992", "output") == TensorType(
        (analysis.type_of("net", "input", "output").shape[0], 12)
    )


def test_a_new_network_is_followed() -> None:
    project = builders.project()
    analysis = Analysis(project)
    network = Network("late")
    project.add_network(network)
    for node in (Node("a", "Input", {"shape": (2,)}), Node("b", "Flatten")):
        network.add_node(node)
    network.connect(Wire("a", "output", "b", "input"))
    analysis.update()
    assert shape(analysis, "b", network="late") == "(N, 2)"


def test_errors_of_a_network_that_is_not_trained_do_not_count() -> None:
    project = builders.trained(builders.chain(builders.CNN), data=builders.digits())
    analysis = Analysis(project)
    project.add_network(Network("sketch"))
    try:
        assert any(problem.network == "sketch" for problem in analysis.problems())
        assert analysis.errors() == []
    finally:
        analysis.close()


def test_one_mistake_is_one_problem() -> None:
    """The weights that a faulty layer does not have yet are no problem of the optimizer's."""
    layers = ["Flatten", ("Linear", {"out_features": 10, "in_features": 7})]
    analysis = Analysis(builders.trained(builders.chain(layers)))
    assert [(p.network, p.node) for p in analysis.errors()] == [("net", "n2")]


def test_what_is_wrong_in_a_network_that_takes_no_part_is_a_warning() -> None:
    spare = builders.chain([("Linear", {"out_features": 3})], name="spare")
    project = builders.trained(builders.chain(builders.CNN), spare)
    analysis = Analysis(project)
    found = [problem for problem in analysis.problems() if problem.network == "spare"]
    assert [problem.severity for problem in found] == ["warning"]
    assert analysis.errors() == []
    for node in list(project.training):
        remove_nodes(project.training, [node.id]).apply(project)
    found = [problem for problem in analysis.problems() if problem.network == "spare"]
    assert [problem.severity for problem in found] == ["error"], "it might be the one to train"
    analysis.close()
