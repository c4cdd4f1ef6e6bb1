"""Blocks made of nodes and dissolved again: the same numbers, and every step can be taken back."""

from __future__ import annotations

import random

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graph import files
from graph.analysis import Analysis
from graph.codegen import generate_network, network_paths
from graph.compile import compile_source
from graph.dissolving import dissolve
from graph.document import Network, Project
from graph.edits import Edit, set_params
from graph.errors import DocumentError
from graph.expressions import Argument, Expression
from graph.grouping import declare_arguments, make_block
from tests import builders
from tests.graph import nested


def branched() -> Project:
    """Return a network with a branch, two inputs and an argument."""
    network = builders.graph(
        "net",
        {
            "a": ("Input", {"shape": (6,)}, "left"),
            "b": ("Input", {"shape": (6,)}, "right"),
            "l1": ("Linear", {"out_features": Expression("size")}),
            "r1": "ReLU",
            "l2": ("Linear", {"out_features": Expression("size")}, "second"),
            "sum": "add",
            "t": "tanh",
            "l3": ("Linear", {"out_features": Expression("size * 2")}),
            "mul": "mul",
            "out": ("Output", {}, "y"),
            "more": ("Output", {}, "z"),
        },
        ["a > l1", "l1 > r1", "b > l2", "r1 > sum.input", "l2 > sum.other", "sum > t", "t > l3",
         "l3 > out", "r1 > mul.input", "t > mul.other", "mul > more"],
    )  # fmt: skip
    network.set_arguments([Argument("size", "int", 4)])
    return builders.project(network)


def numbers(project: Project, weights: dict[str, torch.Tensor]) -> list[torch.Tensor]:
    """Return what the network gives; each layer has weights that its node's id fixes."""
    analysis = Analysis(project)
    names = compile_source(generate_network(project, "net", analysis), "grouping").names
    module = names["Net"]()
    with torch.no_grad():
        for path, (_, node_id) in network_paths(project, "net", analysis).items():
            layer = module.get_submodule(path)
            for name, parameter in layer.named_parameters(recurse=False):
                key = f"{node_id}.{name}"
                parameter.copy_(weights.setdefault(key, torch.randn_like(parameter)))
    analysis.close()
    torch.manual_seed(5)
    inputs = [torch.randn(3, 6) for _ in project.networks["net"].by_kind("Input")]
    found = module(*inputs)
    return list(found) if isinstance(found, tuple) else [found]


def same(one: list[torch.Tensor], other: list[torch.Tensor]) -> bool:
    return all(torch.allclose(a, b) for a, b in zip(one, other, strict=True))


def test_wires_that_cross_become_ports_with_names_from_outside() -> None:
    project = branched()
    network = project.networks["net"]
    edit, block = make_block(network, ["r1", "l2", "sum", "t"])
    edit.apply(project)
    made = project.networks["block1"]
    ports = network.ports(block)
    assert [p.name for p in ports.inputs] == ["right", "x"]
    assert [p.name for p in ports.outputs] == ["output", "output_2"]
    assert made.arguments == (Argument("size", "int", 4),)
    assert network.node(block).params["arguments"] == (("size", Expression("size")),)
    analysis = Analysis(project)
    assert [p.message for p in analysis.problems() if p.network != "training"] == []
    text = generate_network(project, "net", analysis).text
    assert "Block1(size)" in text
    assert "def __init__(self, size: int) -> None:" in text


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 10**6))
def test_grouping_and_dissolving_at_random_leaves_the_numbers_and_can_be_undone(seed: int) -> None:
    rng = random.Random(seed)
    project = branched()
    before, weights = files.dumps(project), dict[str, torch.Tensor]()
    expected = numbers(project, weights)
    undo: list[Edit] = []
    for _ in range(5):
        network = rng.choice(list(project.networks.values()))
        inner = [n.id for n in network if n.kind not in ("Input", "Output")]
        blocks = [n.id for n in network if n.kind == "Block"]
        try:
            if blocks and rng.random() < 0.4:
                edit, _ = dissolve(network, rng.choice(blocks))
            else:
                edit, _ = make_block(network, rng.sample(inner, rng.randint(1, len(inner))))
        except DocumentError:
            continue
        undo.append(edit.apply(project))
        assert same(numbers(project, weights), expected)
    for edit in reversed(undo):
        edit.apply(project)
    assert files.dumps(project) == before


def test_dissolving_right_after_grouping_gives_the_same_code() -> None:
    project = branched()
    network = project.networks["net"]
    before = files.dumps(project)
    edit, block = make_block(network, ["l1", "r1", "l2", "sum"])
    edit.apply(project)
    assert list(project.networks) == ["net", "block1"]
    edit, ids = dissolve(network, block)
    edit.apply(project)
    assert set(ids) == {"l1", "r1", "l2", "sum"}
    assert files.dumps(project) == before, "places, ids and wires are those of before"


def test_dissolving_puts_values_in_place_of_arguments() -> None:
    project = nested.resnet()
    net = project.networks["res_net"]
    edit, ids = dissolve(net, "n3")
    edit.apply(project)
    found = {net.node(i).title: net.node(i).params for i in ids}
    assert found["conv1"]["out_channels"] == 32
    assert found["conv1"]["stride"] == 2
    assert "residual_block" in project.networks, "other blocks still use it"
    analysis = Analysis(project)
    assert [p.message for p in analysis.problems() if p.network == "res_net"] == []
    assert str(analysis.type_of("res_net", "n4", "y")) == "(N, 32, 4, 4)"


@pytest.mark.parametrize(
    ("ids", "said"),
    [
        (["a", "out"], "Select the layers that the block should hold."),
        (["l1", "mul"], "'ReLU' stands between the selected nodes; select it too."),
        (["l1", "sum"], "'ReLU' stands between"),
    ],
)
def test_what_cannot_be_a_block_is_refused(ids: list[str], said: str) -> None:
    project = branched()
    with pytest.raises(DocumentError) as caught:
        make_block(project.networks["net"], ids)
    assert said.replace("'ReLU'", "'r1'") in str(caught.value).replace("'ReLU'", "'r1'")


def test_blocks_that_share_weights_are_kept_together() -> None:
    project = nested.siamese()
    network = project.networks["siamese"]
    with pytest.raises(DocumentError, match="shares its weights"):
        make_block(network, ["first"])
    edit, _ = make_block(network, ["first", "second"], "branches")
    edit.apply(project)
    analysis = Analysis(project)
    assert analysis.total("siamese").parameters == 64 * 12 + 12
    assert list(project.networks) == ["encoder", "siamese", "branches"]


def test_the_training_graph_has_no_blocks() -> None:
    with pytest.raises(DocumentError, match="Blocks are made in networks"):
        make_block(nested.resnet().training, [])


def test_a_renamed_argument_is_renamed_wherever_it_is_used() -> None:
    project = nested.resnet()
    block = project.networks["residual_block"]
    before = files.dumps(project)
    arguments = [Argument("width", "int", 16), Argument("stride", "int", 1)]
    undo = declare_arguments(block, arguments, {"channels": "width"}).apply(project)
    assert block.node("conv1").params["out_channels"] == Expression("width")
    assert project.networks["res_net"].node("n3").params["arguments"] == (
        ("width", 32),
        ("stride", 2),
    )
    analysis = Analysis(project)
    assert [p.message for p in analysis.problems() if p.network != "training"] == []
    undo.apply(project)
    assert files.dumps(project) == before


def test_expressions_of_arguments_are_put_into_expressions() -> None:
    inner = builders.chain([("Linear", {"out_features": Expression("n * 2")})], name="inner")
    inner.set_arguments([Argument("n", "int", 3)])
    project = builders.project(inner)
    given = {"network": "inner", "arguments": (("n", Expression("width + 1")),)}
    net = builders.chain([("Block", given)], shape=(4,), inside=project)
    net.set_arguments([Argument("width", "int", 2)])
    project.add_network(net)
    edit, (linear,) = dissolve(net, "n1")
    edit.apply(project)
    assert net.node(linear).params["out_features"] == Expression("(width + 1) * 2")
    set_params(net, linear, {"out_features": 3}).apply(project)
    assert isinstance(net, Network)
