"""Networks inside networks: shapes in each place, costs, and what is wrong where."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from graph import recipes
from graph.analysis import Analysis
from graph.blocks import check_block, innermost_first, recursion, root_networks, used_with_blocks
from graph.codegen import generate_model
from graph.document import Network, Node, Project
from graph.edits import (
    RemoveNetwork,
    SetArguments,
    UpdateNode,
    remove_nodes,
    rename_network,
    set_params,
)
from graph.errors import DocumentError
from graph.expressions import Argument, Expression
from tests import builders
from tests.graph import nested


def trained(project: Project) -> Project:
    recipes.supervised(project, recipes.guess(project)).apply(project)
    return project


def errors(analysis: Analysis) -> list[str]:
    found = [p for p in analysis.errors() if "an optimizer, received none" not in p.message]
    return [f"{p.network}.{p.title}: {p.message}" for p in found]


def shape(analysis: Analysis, network: str, node: str, port: str) -> str:
    return str(analysis.type_of(network, node, port))


def test_each_instance_has_shapes_of_its_own() -> None:
    project = trained(nested.resnet())
    analysis = Analysis(project)
    assert errors(analysis) == []
    found = [shape(analysis, "res_net", f"n{i}", "y") for i in (2, 3, 4, 5)]
    assert found == ["(N, 16, 8, 8)", "(N, 32, 4, 4)", "(N, 32, 4, 4)", "(N, 64, 4, 4)"]
    block = project.networks["residual_block"]
    # stage1; stage2; stage3; the first of stage4, and those after it
    assert len(analysis.instances.of(block)) == 5
    assert shape(analysis, "residual_block", "input", "output") == "(N, 16, 8, 8)"
    assert used_with_blocks(project) == ["res_net", "residual_block"]
    assert root_networks(project) == ["res_net"]


def test_an_edit_within_a_block_reaches_all_instances() -> None:
    project = trained(nested.resnet())
    analysis = Analysis(project)
    before = analysis.total("res_net").parameters
    block = project.networks["residual_block"]
    undo = set_params(block, "conv2", {"bias": True}).apply(project)
    analysis.update()
    assert analysis.total("res_net").parameters == before + 3 * 16 + 32 + 2 * 32 + 3 * 64
    undo.apply(project)
    analysis.update()
    assert analysis.total("res_net").parameters == before


def test_weights_of_blocks_are_counted_once_for_each_instance_and_once_where_shared() -> None:
    project = nested.siamese()
    analysis = Analysis(project)
    assert analysis.total("siamese").parameters == 64 * 12 + 12
    assert analysis.total("siamese").flops == 2 * 2 * 64 * 12
    network = project.networks["siamese"]
    set_params(network, "second", {"share": ""}).apply(project)
    analysis.update()
    assert analysis.total("siamese").parameters == 2 * (64 * 12 + 12)


def test_repetitions_take_what_the_one_before_gives() -> None:
    analysis = Analysis(nested.decoder())
    assert shape(analysis, "decoder", "layers", "x") == "(N, T, 16)"
    assert len(analysis.flow("decoder").children["layers"]) == 3
    cost = analysis.cost("decoder", "layers")
    assert cost is not None
    assert cost.parameters == 3 * (4 * 16 * 17 + 32 + 17 * 32 + 33 * 16)


def test_an_error_in_one_instance_names_it() -> None:
    project = trained(nested.resnet())
    net = project.networks["res_net"]
    set_params(net, "n3", {"arguments": (("channels", 32), ("stride", 0))}).apply(project)
    analysis = Analysis(project)
    found = [p for p in analysis.errors() if p.network == "residual_block"]
    assert {p.node for p in found} == {"conv1", "shortcut"}
    assert found[0].instance == "res_net › stage2"
    assert [place.node for place in found[0].way] == ["network", "n3"]
    assert found[0].message.startswith("in res_net › stage2: expected stride: ")
    assert [p.node for p in analysis.problems_of("residual_block", "conv1")] == ["conv1"]
    assert shape(analysis, "residual_block", "out", "output") == "(N, 16, 8, 8)"


def test_a_network_is_looked_at_in_the_place_where_it_was_entered() -> None:
    project = trained(nested.resnet())
    analysis = Analysis(project)
    told: list = []
    analysis.updated.connect(told.append)
    text = generate_model(project, analysis).text
    analysis.look_through([("training", "network"), ("res_net", "n5")])
    analysis.update()
    assert shape(analysis, "residual_block", "input", "output") == "(N, 32, 4, 4)"
    assert shape(analysis, "residual_block", "output", "input") == "(N, 64, 4, 4)"
    assert {node for name, node in told[0].nodes if name == "residual_block"} >= {"conv1", "norm2"}
    assert generate_model(project, analysis).text == text, "the code does not depend on it"
    remove_nodes(project.networks["res_net"], ["n5"]).apply(project)
    analysis.update()
    assert shape(analysis, "residual_block", "input", "output") == "(N, 16, 8, 8)"


# -- recursion -------------------------------------------------------------------------------------


def ring(*names: str) -> Project:
    """Return networks each of which stands in the one before it, and the first in the last."""
    project = Project()
    for name in names:
        project.add_network(builders.chain(["ReLU"], shape=(4,), name=name))
    for outer, inner in zip(names, (*names[1:], names[0]), strict=True):
        project.networks[outer].add_node(Node("b", "Block", {"network": inner}))
        project.networks[outer].disconnect(project.networks[outer].wires_in("output")["input"])
        builders.connect(project.networks[outer], "n1 > b")
        builders.connect(project.networks[outer], "b > output")
    return project


def test_recursion_is_refused_with_its_path() -> None:
    project = ring("a", "b", "c")
    assert recursion(project, "a", "b") == ["a", "b", "c", "a"]
    with pytest.raises(DocumentError, match="it would hold itself, a -> b -> c -> a"):
        check_block(project, "a", "b")
    analysis = Analysis(project)
    assert any(
        "a.Block: expected a network that does not hold itself, received a -> b -> c -> a." in text
        for text in errors(analysis)
    )
    assert sorted(innermost_first(project, "abc")) == ["a", "b", "c"]
    project.networks["c"].disconnect(project.networks["c"].wires_in("b")["image"])
    project.networks["c"].disconnect(project.networks["c"].wires_in("output")["input"])
    project.networks["c"].remove_node("b")
    builders.connect(project.networks["c"], "n1 > output")
    assert not [text for text in errors(analysis) if "hold itself" in text]
    assert shape(analysis, "a", "b", "logits") == "(N, 4)"


def test_a_block_of_itself_is_refused_when_it_is_chosen() -> None:
    project = ring("a", "b")
    inner = builders.chain(["ReLU"], name="inner")
    project.add_network(inner)
    inner.add_node(Node("b", "Block", {}))
    with pytest.raises(DocumentError, match="inner -> inner"):
        UpdateNode("inner", replace(inner.node("b"), params={"network": "inner"})).apply(project)


def test_nesting_that_explodes_costs_no_time_and_is_refused() -> None:
    project = Project()
    project.add_network(builders.chain(["ReLU"], shape=None, name="n0", source="x"))
    for i in range(1, 25):
        inner = ("Block", {"network": f"n{i - 1}"})
        made = builders.chain([inner, inner], name=f"n{i}", source="x", inside=project,
                              shape=(4,) if i == 24 else None)  # fmt: skip
        project.add_network(made)
    started = time.perf_counter()
    analysis = Analysis(project)
    assert time.perf_counter() - started < 5
    assert any("at most 50,000 layers" in text for text in errors(analysis))


def test_nesting_too_deep_is_refused() -> None:
    project = Project()
    project.add_network(builders.chain(["ReLU"], shape=None, name="n0", source="x"))
    for i in range(1, 400):
        made = builders.chain([("Block", {"network": f"n{i - 1}"})], name=f"n{i}", source="x",
                              inside=project, shape=(4,) if i == 399 else None)  # fmt: skip
        project.add_network(made)
    assert any("networks in networks at most 30 times" in e for e in errors(Analysis(project)))


# -- what is wrong with a block -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({}, "expected a network that this project has, received nothing"),
        ({"network": "gone"}, "received 'gone'. Choose a network"),
        ({"network": "inner", "arguments": (("size", "big"),)}, "size: a whole number, received"),
        ({"network": "inner", "arguments": (("size", Expression("x * 2")),)}, "the argument x of"),
        ({"network": "inner", "repeat": 0}, "repeat: a whole number from 1 to 1000"),
        ({"network": "inner", "repeat": Expression("2 - 2")}, "repeat: a whole number from 1 to"),
        ({"network": "pair", "repeat": 2}, "an input for each output"),
        ({"network": "inner", "arguments": 7}, "arguments: names and values"),
    ],
)
def test_what_is_wrong_with_a_block_is_said(params: dict, said: str) -> None:
    inner = builders.chain([("Linear", {"out_features": Expression("size")})], name="inner")
    inner.set_arguments([Argument("size", "int", 4)])
    pair = builders.graph(
        "pair", {"i": "Input", "a": ("Output", {}, "a"), "b": ("Output", {}, "b")},
        ["i > a", "i > b"],
    )  # fmt: skip
    project = builders.project(inner, pair)
    net = Network("net", project)
    net.add_node(Node("i", "Input", {"shape": (4,)}))
    project.add_network(net, 0)
    project.networks["net"].add_node(Node("b", "Block", params, position=(200.0, 0.0)))
    if params.get("network") in project.networks:
        builders.connect(net, "i > b")
    analysis = Analysis(project)
    assert any(said in p.message for p in analysis.problems_of("net", "b")), [
        p.message for p in analysis.problems()
    ]


def test_expressions_need_arguments_of_their_network() -> None:
    net = builders.chain([("Linear", {"out_features": Expression("width * 2")})], shape=(4,))
    project = builders.project(net)
    analysis = Analysis(project)
    assert any("an expression of the arguments of net (none)" in text for text in errors(analysis))
    undo = SetArguments("net", (Argument("width", "int", 3),)).apply(project)
    assert errors(analysis) == []
    assert shape(analysis, "net", "n1", "output") == "(N, 6)"
    SetArguments("net", (Argument("width", "int", 0),)).apply(project)
    assert any("out_features" in text for text in errors(analysis))
    undo.apply(project)
    assert len(errors(analysis)) == 1, "without the argument it has no value again"


def test_shared_weights_of_two_sizes_are_a_problem() -> None:
    project = nested.siamese()
    network = project.networks["siamese"]
    set_params(network, "right", {"shape": (1, 9, 8)}).apply(project)
    analysis = Analysis(project)
    assert any(
        "expected in_features=64 for 'Linear' inside, as in 'Block' with the same weights, "
        "received in_features=72" in text
        for text in errors(analysis)
    )
    set_params(network, "second", {"share": "other"}).apply(project)
    assert errors(analysis) == []
    set_params(network, "second", {"share": "encoder", "arguments": (("size", 4),)}).apply(project)
    assert any("the same arguments as 'Block'" in text for text in errors(analysis))


def test_renaming_and_removing_a_network_reaches_its_blocks() -> None:
    project = trained(nested.resnet())
    analysis = Analysis(project)
    undo = rename_network(project, "residual_block", "unit").apply(project)
    assert errors(analysis) == []
    assert project.networks["res_net"].node("n2").params["network"] == "unit"
    undo.apply(project)
    assert errors(analysis) == []
    undo = RemoveNetwork("residual_block").apply(project)
    assert sum("a network that this project has" in text for text in errors(analysis)) == 4
    undo.apply(project)
    assert errors(analysis) == []


def test_an_edit_in_a_large_block_stays_quick() -> None:
    """A thousand nodes in three places with other sizes: an edit near the end is quick in all."""
    layers = [("Linear", {"out_features": Expression("width")}), "ReLU"] * 500
    inner = builders.chain(layers, name="inner", source="x")
    inner.set_arguments([Argument("width", "int", 8)])
    project = builders.project(inner)
    widths = [("Block", {"network": "inner", "arguments": (("width", w),)}) for w in (4, 8, 16)]
    project.add_network(builders.chain(widths, shape=(16,), inside=project))
    analysis = Analysis(project)
    assert errors(analysis) == []
    times = []
    for i in range(9):
        set_params(inner, "n997", {"bias": bool(i % 2)}).apply(project)
        started = time.perf_counter()
        changes = analysis.update()
        times.append(time.perf_counter() - started)
    assert {n for name, n in changes.nodes if name == "inner"} <= {"n997", "n998"}
    assert sorted(times)[4] < 0.016, f"{1000 * sorted(times)[4]:.1f} ms"
