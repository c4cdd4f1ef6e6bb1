"""Dissolved blocks: repetitions in a row, weights that are shared, and what is refused."""

from __future__ import annotations

import pytest
import torch

from graph import files
from graph.analysis import Analysis
from graph.codegen import generate_network
from graph.codegen.names import class_name
from graph.compile import compile_source
from graph.dissolving import dissolve
from graph.document import Network, Node, Project
from graph.edits import set_params
from graph.errors import DocumentError
from graph.expressions import Argument, Expression
from tests import builders
from tests.graph import nested


def outputs(project: Project, name: str, *inputs: torch.Tensor) -> list[torch.Tensor]:
    """Return what a network gives when its weights are drawn after the same seed."""
    analysis = Analysis(project)
    assert [p.message for p in analysis.problems() if p.network == name] == []
    names = compile_source(generate_network(project, name, analysis), "dissolving").names
    analysis.close()
    torch.manual_seed(3)
    found = names[class_name(name)]()(*inputs)
    return list(found) if isinstance(found, tuple) else [found]


def dissolved(project: Project, network: str, node_id: str) -> list[str]:
    """Dissolve a block; taking it back must leave the project as it was."""
    before = files.dumps(project)
    edit, ids = dissolve(project.networks[network], node_id)
    edit.apply(project).apply(project)
    assert files.dumps(project) == before
    edit, ids = dissolve(project.networks[network], node_id)
    edit.apply(project)
    return ids


def test_a_repeated_block_becomes_copies_in_a_row() -> None:
    project = nested.resnet()
    net = project.networks["res_net"]
    x = torch.randn(2, 1, 8, 8)
    expected = outputs(project, "res_net", x)
    ids = dissolved(project, "res_net", "n2")
    assert len(ids) == 3 * 8
    assert [net.node(i).kind for i in ids].count("Conv2d") == 9
    assert torch.equal(outputs(project, "res_net", x)[0], expected[0])
    assert "residual_block" in project.networks, "other blocks still use it"


def test_copies_stand_beside_each_other_and_what_follows_makes_room() -> None:
    project = nested.resnet()
    net = project.networks["res_net"]
    block, after = net.node("n2").position, net.node("n3").position
    ids = dissolved(project, "res_net", "n2")
    places = [net.node(i).position for i in ids]
    assert len(set(places)) == len(places)
    assert min(x for x, _ in places) == block[0]
    assert net.node("n3").position[0] - max(x for x, _ in places) > 0
    assert net.node("n3").position[0] > after[0]
    assert net.node("n1").position[0] < block[0]


def test_what_is_no_output_of_the_copy_before_goes_into_each_copy() -> None:
    project = nested.decoder()
    network = project.networks["decoder"]
    inputs = torch.randn(2, 4, 16), torch.randn(2, 5, 16)
    expected = outputs(project, "decoder", *inputs)
    with pytest.raises(DocumentError, match="stands depth times in a row"):
        dissolve(network, "layers")
    set_params(network, "layers", {"repeat": 3}).apply(project)
    ids = dissolved(project, "decoder", "layers")
    attention = [i for i in ids if network.node(i).kind == "MultiheadAttention"]
    assert [network.wires_in(i)["key"].source for i in attention] == ["memory"] * 3
    assert [network.node(i).params["num_heads"] for i in attention] == [4, 4, 4]
    assert list(project.networks) == ["decoder"], "its network goes with the last block"
    assert torch.equal(outputs(project, "decoder", *inputs)[0], expected[0])


def test_a_swap_that_is_repeated_leads_values_through() -> None:
    swap = builders.graph(
        "swap",
        {
            "a": ("Input", {}, "a"),
            "b": ("Input", {}, "b"),
            "first": ("Output", {}, "a"),
            "second": ("Output", {}, "b"),
        },
        ["a > second", "b > first"],
    )
    project = builders.project(swap)
    network = builders.graph(
        "net",
        {
            "x": ("Input", {"shape": (2,)}, "x"),
            "y": ("Input", {"shape": (2,)}, "y"),
            "block": nested.block("swap", repeat=501),
            "difference": "sub",
            "out": ("Output", {}, "z"),
        },
        ["x > block.a", "y > block.b", "block.a > difference.input",
         "block.b > difference.other", "difference > out"],
        project,
    )  # fmt: skip
    project.add_network(network)
    assert dissolved(project, "net", "block") == []
    assert network.wires_in("difference")["input"].source == "y"
    assert network.wires_in("difference")["other"].source == "x"


def test_each_copy_keeps_what_it_shares_within() -> None:
    """Two blocks of the same weights in a repeated block: the same per copy, not among copies."""
    project = sharing_inside(repeat=2)
    x = torch.randn(3, 4)
    expected = outputs(project, "net", x)
    ids = dissolved(project, "net", "n1")
    net = project.networks["net"]
    shares = [net.node(i).params["share"] for i in ids]
    assert shares == ["twice", "twice", "twice_2", "twice_2"]
    assert torch.equal(outputs(project, "net", x)[0], expected[0])


def sharing_inside(**given: object) -> Project:
    layer = builders.chain([("Linear", {"out_features": 4}), "Tanh"], name="layer", source="x")
    project = builders.project(layer)
    twice = [nested.block("layer", share="twice"), nested.block("layer", share="twice")]
    project.add_network(builders.chain(twice, name="pair", source="x", inside=project))
    blocks = [nested.block("pair", **given)]
    project.add_network(builders.chain(blocks, shape=(4,), name="net", inside=project))
    return project


def test_blocks_that_share_layers_are_refused_with_the_way_out() -> None:
    project = nested.siamese()
    with pytest.raises(DocumentError) as caught:
        dissolve(project.networks["siamese"], "first")
    said = str(caught.value)
    assert "has the same weights as" in said
    assert "(share 'encoder')" in said
    assert "each would have a 'Linear' of its own" in said
    assert "Clear share first, or make 'Linear' in encoder a block" in said


def test_blocks_that_share_blocks_are_dissolved_together() -> None:
    layer = builders.chain([("Linear", {"out_features": 4}), "Tanh"], name="layer", source="x")
    project = builders.project(layer)
    blocks = [nested.block("layer", "a"), "ReLU", nested.block("layer", "b", repeat=2)]
    encoder = builders.chain(blocks, name="encoder", source="x", inside=project)
    project.add_network(encoder)
    same = {"share": "encoder", "repeat": 2}
    chain = [nested.block("encoder", **same), nested.block("encoder", **same)]
    network = builders.chain(chain, shape=(4,), name="net", inside=project)
    project.add_network(network)
    x = torch.randn(3, 4)
    expected = outputs(project, "net", x)
    before = Analysis(project).total("net").parameters
    ids = dissolved(project, "net", "n2")
    shares = [network.node(i).params["share"] for i in ids if network.node(i).kind == "Block"]
    assert shares == ["a", "b", "a_2", "b_2"] * 2
    assert Analysis(project).total("net").parameters == before
    assert torch.equal(outputs(project, "net", x)[0], expected[0])
    assert list(project.networks) == ["layer", "net"]


def test_what_holds_no_weights_is_dissolved_alone() -> None:
    quiet = builders.chain(["ReLU", ("Flatten", {})], name="quiet", source="x")
    project = builders.project(quiet)
    blocks = [nested.block("quiet", share="s"), nested.block("quiet", share="s")]
    network = builders.chain(blocks, shape=(4,), name="net", inside=project)
    project.add_network(network)
    assert len(dissolved(project, "net", "n1")) == 2
    assert [n.id for n in network.by_kind("Block")] == ["n2"]


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"repeat": 1000}, "would become 14,000 nodes, more than 10,000; repeat it less often"),
        ({"repeat": 0}, "repeat to be a whole number from 1 to 1000, received 0; correct it"),
        ({"network": "nothing"}, "is no block of a network; select one"),
    ],
)
def test_what_cannot_be_dissolved_is_said(params: dict[str, object], said: str) -> None:
    project = nested.resnet()
    net = project.networks["res_net"]
    for number in range(6):
        project.networks["residual_block"].add_node(Node(f"more{number}", "ReLU"))
    node = net.node("n2")
    params = {**node.params, **params}
    net.graph.nodes["n2"]["node"] = Node(node.id, node.kind, params, node.title)  # a file's
    with pytest.raises(DocumentError, match=said):
        dissolve(net, "n2")
    with pytest.raises(DocumentError, match="is no block"):
        dissolve(net, "n1")


def test_more_outputs_than_inputs_do_not_stand_in_a_row() -> None:
    split = builders.graph(
        "split",
        {"x": ("Input", {}, "x"), "a": ("Output", {}, "a"), "b": ("Output", {}, "b")},
        ["x > a", "x > b"],
    )
    project = builders.project(split)
    network = Network("net")
    project.add_network(network)
    network.set_arguments([Argument("n", "int", 2)])
    kind, params, _ = nested.block("split", repeat=2, n=Expression("n"))
    network.add_node(Node("n1", kind, params))
    with pytest.raises(DocumentError, match="has more outputs than inputs; set repeat to 1"):
        dissolve(network, "n1")
