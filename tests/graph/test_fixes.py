"""One-click remedies: each removes the problem that offers it, and is undone like any edit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pytest

from graph import catalog
from graph.analysis import Analysis
from graph.catalog.entry import DEFAULT
from graph.dims import BATCH, Sym, TensorType
from graph.document import TRAINING, Node, Project, Wire
from graph.edits import RenameNetwork, UpdateNode, insert_node, remove_nodes, set_params
from graph.files import dumps
from graph.problems import Fix, Problem
from tests import builders
from tests.graph.catalog.case import Case
from tests.graph.catalog.cases import CASES
from tests.graph.catalog.cases_operations import CASES as OPERATION_CASES
from tests.graph.surroundings import Given, surrounded, types_of


def problem_at(analysis: Analysis, network: str, node: str | None) -> Problem:
    found = [p for p in analysis.problems() if (p.network, p.node) == (network, node)]
    assert found, analysis.problems()
    return found[0]


def same_place(problem: Problem, analysis: Analysis) -> list[str]:
    """The problems of that kind which are there now."""
    return [
        p.message
        for p in analysis.problems()
        if (p.network, p.node, p.port) == (problem.network, problem.node, problem.port)
        and p.expected == problem.expected
    ]


def check_fix(project: Project, analysis: Analysis, problem: Problem, fix: Fix) -> None:
    """Apply a fix, see the problem gone and nothing new wrong with what it brought; undo it."""
    before = dumps(project)
    known = {node.id for node in project.network(problem.network)}
    inverse = fix.edit.apply(project)
    assert same_place(problem, analysis) == [], fix.label
    new = [p for p in analysis.errors() if p.network == problem.network and p.node not in known]
    assert [p.message for p in new if p.node is not None] == [], fix.label
    inverse.apply(project)
    assert dumps(project) == before
    assert same_place(problem, analysis) == [problem.message]


# -- every kind, with something wrong at every input -----------------------------------------------


@dataclass(frozen=True)
class Wrong:
    """A kind with arguments, and types at its inputs that it does not take as they are."""

    kind: str
    params: Mapping[str, Any]
    types: Mapping[str, TensorType]
    what: str


def _wrongs(kind: str, case: Case) -> Iterator[Wrong]:
    types = types_of(case)
    for port, right in types.items():
        for what, wrong in _spoilt(right):
            yield Wrong(kind, case.params, {**types, port: wrong}, f"{port} {what}")
    for name, value in case.inferred.items():
        if isinstance(value, int):
            params = {**case.params, name: value + 1}
            yield Wrong(kind, params, types, f"{name}={value + 1}")


def _spoilt(right: TensorType) -> Iterator[tuple[str, TensorType]]:
    shape, dtype = right.shape, right.dtype
    yield "another dtype", TensorType(shape, "int64" if dtype == "float32" else "float32")
    yield "one size more at the end", TensorType((*shape, 3), dtype)
    yield "two sizes more", TensorType((*shape[:1], 2, 2, *shape[1:]), dtype)
    if len(shape) > 1:
        yield "one size less", TensorType((shape[0], *shape[2:]), dtype)
        yield "the last one larger", TensorType((*shape[:-1], _more(shape[-1])), dtype)
        yield "the second one larger", TensorType((shape[0], _more(shape[1]), *shape[2:]), dtype)


def _more(size: Any) -> Any:
    return size if isinstance(size, Sym) else size + 1


def _all_wrong() -> list[Wrong]:
    found = []
    for kind, cases in {**CASES, **OPERATION_CASES}.items():
        if "network" in catalog.lookup(kind).places and not kind.startswith("Lazy"):
            for case in cases[:1]:
                found.extend(_wrongs(kind, case))
    return found


def test_every_remedy_that_a_kind_offers_works() -> None:
    offered, broken = Counter[str](), []
    for wrong in _all_wrong():
        project = surrounded(wrong.kind, wrong.params, wrong.types)
        analysis = Given(project, wrong.types)
        for problem in [p for p in analysis.problems_of("net", "it") if p.severity == "error"]:
            for fix in problem.fixes:
                offered[fix.label.partition("(")[0].partition(" to ")[0]] += 1
                try:
                    check_fix(project, analysis, problem, fix)
                except AssertionError as error:
                    where = f"{wrong.kind}({wrong.params}), {wrong.what}: {problem.message}"
                    broken.append(f"{where} -- {fix.label}: {error}")
        analysis.close()
    assert broken == []
    usual = ("Insert Flatten", "Insert unsqueeze", "Insert to", "Insert Linear", "Insert Conv2d")
    assert all(offered[label] for label in usual), offered


# -- one by one ------------------------------------------------------------------------------------


def _fixes(
    project: Project, network: str, node: str | None, at: str | None = None
) -> tuple[Problem, dict[str, Fix]]:
    """The problem of a node, with its remedies by label, each of which was tried."""
    analysis = Analysis(project)
    found = [p for p in analysis.problems() if (p.network, p.node) == (network, node)]
    problem = next(p for p in found if at is None or p.port == at)
    for fix in problem.fixes:
        check_fix(project, analysis, problem, fix)
    analysis.close()
    return problem, {fix.label: fix for fix in problem.fixes}


def test_flatten_where_a_linear_layer_expects_all_there_is() -> None:
    layers = [("Conv2d", {"out_channels": 8, "kernel_size": 3}), ("Linear", {"in_features": 288})]
    layers[1][1]["out_features"] = 10
    problem, fixes = _fixes(builders.project(builders.chain(layers, shape=(1, 8, 8))), "net", "n2")
    assert problem.message == (
        "at 'input': expected (..., 288), with in_features=288, received (N, 8, 6, 6). Set "
        "in_features to 6, or leave it out so that it follows the input."
    )
    assert list(fixes) == [
        "Let in_features follow the input",
        "Insert Flatten()",
        "Insert Linear(out_features=288)",
    ]


def test_a_new_node_stands_between_its_neighbours() -> None:
    layers = [("Linear", {"in_features": 5, "out_features": 2})]
    project = builders.project(builders.chain(layers, shape=(4,)))
    _, fixes = _fixes(project, "net", "n1")
    fixes["Insert Linear(out_features=5)"].edit.apply(project)
    network = project.network("net")
    (new,) = [n for n in network if n.kind == "Linear" and n.id != "n1"]
    assert network.wires_in("n1")["input"].source == new.id
    assert network.wires_in(new.id)["input"].source == "input"
    assert 0 < new.position[0] < 200


def test_the_only_output_that_leads_nowhere_is_connected() -> None:
    network = builders.chain(["ReLU", "Sigmoid"], shape=(4,))
    network.disconnect(Wire("n1", "output", "n2", "input"))
    problem, fixes = _fixes(builders.project(network), "net", "n2")
    assert problem.message == (
        "at 'input': expected a wire, received none. Connect something to the input 'input' of "
        "'Sigmoid'."
    )
    assert list(fixes) == ["Connect ReLU"]
    builders.add(network, "other", "Input", shape=(4,))
    _, fixes = _fixes(builders.project(network), "net", "n2")
    assert list(fixes) == [], "two candidates: the choice is the user's"


def test_a_cycle_is_named_by_its_path_and_cut() -> None:
    network = builders.graph(
        "net",
        {"input": ("Input", {"shape": (4,)}), "a": ("add", {}, "sum"), "b": "ReLU",
         "c:d": "Tanh", "out": "Output"},
        ["input > a.input", "a > b", "b > c:d", "c:d > a.other", "b > out"],
    )  # fmt: skip
    analysis = Analysis(builders.project(network))
    (problem,) = analysis.errors()[:1]
    assert problem.message == (
        "expected a graph without cycles, received the cycle sum -> ReLU -> Tanh -> sum. Remove "
        "one of its wires."
    )
    _, fixes = _fixes(builders.project(network), "net", problem.node)
    assert list(fixes) == ["Cut sum to ReLU", "Cut ReLU to Tanh", "Cut Tanh to sum"]


def test_two_cycles_are_two_problems() -> None:
    names = ("a", "b", "c", "d")
    network = builders.graph(
        "net",
        {name: ("cat", {}, name) for name in names},
        ["a > b.tensors0", "b > a.tensors0", "b > c.tensors0", "c > d.tensors0", "d > c.tensors1"],
    )
    found = [p for p in Analysis(builders.project(network)).errors() if "cycle" in p.received]
    assert {frozenset(p.received[10:].split(" -> ")) for p in found} == {
        frozenset("ab"),
        frozenset("cd"),
    }
    network.restore_wire(Wire("d", "output", "b", "tensors1"))
    found = [p for p in Analysis(builders.project(network)).errors() if "cycle" in p.received]
    assert len(found) == 1, "wound up in each other: cut one, then see what is left"


def test_a_node_of_an_unknown_kind_is_kept_or_removed() -> None:
    network = builders.chain(["ReLU"], shape=(4,))
    network.add_node(Node("odd", "Perceiver9", {"depth": 3}))
    project = builders.project(network)
    problem, fixes = _fixes(project, "net", "odd")
    assert problem.message == (
        "expected a kind that this version knows, received 'Perceiver9'. Replace or remove it. It "
        "is kept and saved unchanged."
    )
    assert list(fixes) == ["Remove Perceiver9"]


def test_a_kind_of_the_training_graph_in_a_network() -> None:
    network = builders.chain(["ReLU"], shape=(4,))
    network.add_node(Node("adam", "Adam"))
    analysis = Analysis(builders.project(network))
    assert problem_at(analysis, "net", "adam").message == (
        "expected a kind that belongs in a network, received Adam. Remove it here."
    )
    _fixes(builders.project(network), "net", "adam")


def test_an_argument_that_nobody_knows_is_only_a_warning() -> None:
    network = builders.chain([("Linear", {"out_features": 3, "colour": "red"})], shape=(4,))
    project = builders.project(network)
    problem, fixes = _fixes(project, "net", "n1")
    assert (problem.severity, problem.received) == ("warning", "'colour'")
    assert problem.mend == "Remove the argument 'colour'."
    assert list(fixes) == ["Remove colour"]
    assert Analysis(project).type_of("net", "n1", "output").shape == (BATCH, 3)


def test_wires_at_ports_that_went_missing() -> None:
    network = builders.graph(
        "net",
        {"input": ("Input", {"shape": (8,)}), "cut": ("chunk", {"chunks": 3, "dim": 1}),
         "join": ("cat", {"inputs": 3, "dim": 1}), "end": "Output"},
        ["input > cut", "cut.output0 > join.tensors0", "cut.output1 > join.tensors1",
         "cut.output2 > join.tensors2", "join > end"],
    )  # fmt: skip
    project = builders.project(network)
    set_params(network, "join", {"inputs": 2}).apply(project)
    problem, fixes = _fixes(project, "net", "join", "tensors2")
    assert problem.expected == "no wire, as there is no such input"
    assert list(fixes) == ["Remove the wire"]
    set_params(network, "join", {"inputs": 3}).apply(project)
    set_params(network, "cut", {"chunks": 2}).apply(project)
    problem, fixes = _fixes(project, "net", "join", "tensors2")
    assert problem.received == "chunk.output2"
    assert list(fixes) == ["Remove the wire"]


def test_a_network_without_an_output() -> None:
    network = builders.chain(["ReLU"], shape=(4,))
    project = builders.project(network)
    remove_nodes(network, ["output"]).apply(project)
    analysis = Analysis(project)
    assert [p.message for p in analysis.errors() if p.network == "net"] == [
        "expected at least one Output node, received none. Add an Output and wire the last layer "
        "to it."
    ]


def test_a_layer_that_leads_nowhere_is_a_warning() -> None:
    network = builders.chain(["ReLU"], shape=(4,))
    builders.add(network, "tail", "Tanh")
    builders.connect(network, "input > tail")
    project = builders.project(network)
    problem, fixes = _fixes(project, "net", "tail")
    assert (problem.severity, problem.expected) == ("warning", "something that uses its output")
    assert list(fixes) == ["Remove Tanh"]
    UpdateNode("net", replace(network.node("tail"), title="loose end")).apply(project)
    assert _fixes(project, "net", "tail")[0].title == "loose end"


# -- the training graph ----------------------------------------------------------------------------


def _trained() -> Project:
    return builders.trained(builders.chain(builders.CNN))


def test_fewer_logits_than_classes() -> None:
    project = _trained()
    set_params(project.network("net"), "n5", {"out_features": 7}).apply(project)
    problem, fixes = _fixes(project, TRAINING, "loss", "input")
    assert problem.message == (
        "at 'input': expected 10 logits, one for each class of 'label', received (N, 7). Set "
        "out_features of the network's last layer to 10."
    )
    assert list(fixes) == ["Set out_features of Linear to 10"]


def test_an_optimizer_takes_a_scalar() -> None:
    project = _trained()
    set_params(project.training, "loss", {"reduction": "none"}).apply(project)
    problem, fixes = _fixes(project, TRAINING, "optimizer", "loss")
    assert problem.message == (
        "at 'loss': expected a scalar (), received (N,). Reduce it with mean or sum before the "
        "optimizer."
    )
    assert list(fixes) == ["Insert mean()"]


def test_a_loss_that_reaches_no_weights() -> None:
    project = builders.trained(builders.chain(["Flatten"]))
    analysis = Analysis(project)
    problem = problem_at(analysis, TRAINING, "optimizer")
    assert problem.message == (
        "at 'loss': expected a loss that depends on weights, received one that reaches none. Wire "
        "a network with layers that learn between the data and the loss."
    )


def test_weights_behind_detach_are_not_reached() -> None:
    project = _trained()
    training = project.training
    insert_node(training, training.wires_in("loss")["input"], Node("stop", "detach")).apply(project)
    analysis = Analysis(project)
    problem = problem_at(analysis, TRAINING, "optimizer")
    assert problem.received == "one that 'detach' cuts off from them"
    (fix,) = problem.fixes
    assert fix.label == "Remove detach"
    fix.edit.apply(project)
    assert not analysis.errors()


def test_no_optimizer_and_no_data() -> None:
    project = _trained()
    remove_nodes(project.training, ["optimizer"]).apply(project)
    project.set_data(project.data.model_copy(update={"ports": ()}))
    messages = [p.message for p in Analysis(project).errors() if p.node is None]
    assert messages == [
        "expected examples to train on, received no data. Choose data in the data panel, such as "
        "the embedded digits.",
        "expected an optimizer, received none. Add one, such as Adam, to the training graph and "
        "wire the loss to it.",
    ]


def test_networks_that_an_optimizer_names() -> None:
    project = _trained()
    project.add_network(builders.chain([("Linear", {"out_features": 2})], name="idle", shape=(4,)))
    optimizer = project.training.node("optimizer")
    for named, received in (("idle", "a loss that does not"), ("ghost", "no such network")):
        set_params(project.training, "optimizer", {"networks": (named,)}).apply(project)
        problem = problem_at(Analysis(project), TRAINING, optimizer.id)
        assert problem.expected == f"a loss that depends on the network {named!r}"
        assert problem.received == received
    set_params(project.training, "optimizer", {"networks": DEFAULT}).apply(project)
    builders.add(project.training, "second", "SGD")
    builders.connect(project.training, "loss > second")
    problem = problem_at(Analysis(project), TRAINING, "second")
    assert (problem.severity, problem.received) == ("warning", "net, which 'Adam' updates too")


def test_two_networks_that_become_the_same_class() -> None:
    project = _trained()
    project.add_network(builders.chain(["ReLU"], name="Net", shape=(4,)))
    assert Analysis(project).errors() == [], "only one of them is used"
    builders.add(project.training, "other", "Network", network="Net")
    found = [p for p in Analysis(project).errors() if p.node is None]
    assert [(p.title, p.message) for p in found] == [
        (
            "Net",
            "expected a name that makes a class of its own, received one that makes Net, as 'net' "
            "does. Rename one of the two networks.",
        )
    ]


def test_a_use_of_a_network_that_there_is_not() -> None:
    project = _trained()
    RenameNetwork("net", "other").apply(project)
    found = [p for p in Analysis(project).errors() if p.node == "network"]
    assert found[-1].message == (
        "expected one of the networks other, received 'net'. Choose a network that this project "
        "has."
    )


@pytest.mark.parametrize(
    ("layer", "dtype", "refused"),
    [
        (("Linear", {"out_features": 3}), "float64", True),
        (("Linear", {"out_features": 3}), "float16", True),
        (("Conv1d", {"out_channels": 3, "kernel_size": 1}), "bfloat16", True),
        ("BatchNorm1d", "float64", True),
        ("BatchNorm1d", "float16", False),  # PyTorch mixes these
        ("ReLU", "float64", False),
    ],
)
def test_numbers_of_another_precision_than_the_weights(
    layer: builders.Layer, dtype: str, refused: bool
) -> None:
    """Linear takes them on the meta device, and fails on every other."""
    project = builders.project(builders.chain([layer], shape=(6, 8), dtype=dtype))
    analysis = Analysis(project)
    found = analysis.problems_of("net", "n1")
    assert [p.port for p in found] == (["input"] if refused else [])
    for problem in found:
        kind = project.network("net").node("n1").kind
        assert problem.message == (
            f"at 'input': expected float32, as the weights of {kind} are, received {dtype}. "
            "Insert a cast to float32."
        )
        (fix,) = problem.fixes
        assert fix.label == "Insert to(dtype=float32)"
        check_fix(project, analysis, problem, fix)
