"""Copy and paste of nodes as text."""

from __future__ import annotations

import json

import pytest

from graph import clips, files
from graph.analysis import Analysis
from graph.document import Network, Node, Project, Wire
from graph.edits import move_nodes, set_params
from graph.errors import DocumentError, FileError
from tests.graph import nested


@pytest.fixture
def network() -> Network:
    project = Project()
    network = Network("net")
    project.add_network(network)
    network.add_node(Node("n1", "Input", title="image"))
    network.add_node(Node("n2", "Linear", {"out_features": 3}, position=(200.0, 40.0)))
    network.add_node(Node("n3", "Mystery", {"x": (1, "a")}, position=(400.0, 10.0), comment="?"))
    network.restore_wire(Wire("n1", "output", "n2", "input"))
    network.restore_wire(Wire("n2", "output", "n3", "in"))
    return network


def paste(network: Network, text: str, at: tuple[float, float] | None = None) -> list[Node]:
    assert network.project is not None
    edit, ids = clips.paste(network, text, at)
    edit.apply(network.project)
    return [network.node(i) for i in ids]


def test_a_copy_has_the_nodes_and_the_wires_among_them(network: Network) -> None:
    linear, mystery = paste(network, clips.copy(network, ["n3", "n2"]), (0.0, 0.0))
    assert (linear.kind, linear.params) == ("Linear", {"out_features": 3})
    assert (mystery.kind, mystery.params, mystery.comment) == ("Mystery", {"x": (1, "a")}, "?")
    assert {linear.id, mystery.id}.isdisjoint({"n1", "n2", "n3"})
    assert network.wires_in(linear.id) == {}
    assert network.wires_in(mystery.id) == {"in": Wire(linear.id, "output", mystery.id, "in")}


def test_the_top_left_of_the_group_goes_to_the_given_place(network: Network) -> None:
    nodes = paste(network, clips.copy(network, ["n2", "n3"]), (1_000.0, 500.0))
    assert [node.position for node in nodes] == [(1_000.0, 530.0), (1_200.0, 500.0)]


def test_without_a_place_a_copy_does_not_hide_the_original(network: Network) -> None:
    (node,) = paste(network, clips.copy(network, ["n2"]))
    assert node.position == (230.0, 70.0)


def test_pasting_is_one_edit_that_can_be_taken_back(network: Network) -> None:
    assert network.project is not None
    before = files.dumps(network.project)
    edit, _ = clips.paste(network, clips.copy(network, ["n1", "n2", "n3"]))
    edit.apply(network.project).apply(network.project)
    assert files.dumps(network.project) == before


def test_a_copy_can_go_to_another_project(network: Network) -> None:
    other = Project()
    assert [n.kind for n in paste(other.training, clips.copy(network, ["n1", "n2"]))] == [
        "Input",
        "Linear",
    ]


def block_in(project: Project) -> Network:
    """Return a new network of a project, to paste into."""
    network = Network("host")
    project.add_network(network)
    return network


def test_a_block_brings_its_networks_into_another_project() -> None:
    project, other = nested.widening(), Project()
    host = block_in(other)
    before = files.dumps(other)
    edit, ids = clips.paste(host, clips.copy(project.networks["net"], ["n1", "n2"]))
    undo = edit.apply(other)
    assert list(other.networks) == ["host", "residual_block", "stage"]
    for name in ("residual_block", "stage"):
        mine, theirs = project.networks[name], other.networks[name]
        assert files.graph_record(mine) == files.graph_record(theirs)
        assert mine is not theirs
        assert theirs.project is other
    assert [host.node(i).params["network"] for i in ids] == ["stage", "stage"]
    undo.apply(other)
    assert files.dumps(other) == before


def test_networks_that_are_there_already_are_linked() -> None:
    text = clips.copy(nested.widening().networks["net"], ["n1"])
    other = nested.widening()
    moved = {"conv1": (9_000.0, 9_000.0)}
    move_nodes(other.networks["residual_block"], moved).apply(other)
    paste(other.networks["net"], text)
    assert list(other.networks) == ["net", "residual_block", "stage"]


def test_a_network_with_other_content_comes_under_a_new_name_and_so_does_what_holds_it() -> None:
    text = clips.copy(nested.widening().networks["net"], ["n1"])
    other = nested.widening()
    set_params(other.networks["residual_block"], "norm1", {"eps": 0.01}).apply(other)
    (node,) = paste(other.networks["net"], text)
    assert list(other.networks)[3:] == ["residual_block_2", "stage_2"]
    assert node.params["network"] == "stage_2"
    (inner,) = other.networks["stage_2"].by_kind("Block")
    assert inner.params["network"] == "residual_block_2"
    assert other.networks["residual_block_2"].node("norm1").params == {}
    other.networks["net"].connect(Wire("input", "output", node.id, "x"))
    analysis = Analysis(other)
    assert [p.message for p in analysis.errors() if p.network != "training"] == []
    assert str(analysis.type_of("net", node.id, "logits")) == "(N, 4, 6, 6)"
    analysis.close()


def test_within_a_project_a_copy_stays_linked_whatever_became_of_its_network() -> None:
    project = nested.widening()
    text = clips.copy(project.networks["net"], ["n1"])
    set_params(project.networks["residual_block"], "norm1", {"eps": 0.01}).apply(project)
    (node,) = paste(project.networks["net"], text)
    assert list(project.networks) == ["net", "residual_block", "stage"]
    assert node.params["network"] == "stage"


def test_optimizers_and_uses_bring_networks_into_another_training_graph() -> None:
    project, other = nested.siamese(), Project()
    project.training.add_node(Node("n1", "Network", {"network": "siamese"}))
    project.training.add_node(Node("n2", "Adam", {"networks": ("siamese",)}))
    other.add_network(Network("encoder"))
    nodes = paste(other.training, clips.copy(project.training, ["n1", "n2"]))
    assert list(other.networks) == ["encoder", "encoder_2", "siamese"]
    assert [n.params for n in nodes] == [{"network": "siamese"}, {"networks": ("siamese",)}]


def test_a_block_is_not_pasted_into_what_it_holds() -> None:
    project = nested.widening()
    text = clips.copy(project.networks["net"], ["n1"])
    with pytest.raises(DocumentError, match="residual_block -> stage -> residual_block"):
        clips.paste(project.networks["residual_block"], text)


ITSELF = {"name": "a", "nodes": [{"id": "n1", "kind": "Block", "params": {"network": "a"}}]}
GOOD = {"format": clips.FORMAT, "version": 1, "nodes": [{"id": "a", "kind": "ReLU"}], "wires": []}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "it is empty"),
        ("some words", "not valid JSON"),
        ("[1]", "expected a JSON object"),
        (files.dumps(Project()), "not copied from a canvas"),
        (json.dumps({**GOOD, "version": 2}), "not copied from a canvas of this version"),
        (json.dumps({**GOOD, "nodes": []}), "it is empty"),
        (json.dumps({**GOOD, "nodes": [{"id": "a"}]}), "'kind' Field required"),
        (json.dumps({**GOOD, "nodes": GOOD["nodes"] * 2}), "same id"),
        (json.dumps({**GOOD, "wires": [["a", "output", "b", "input"]]}), "ends at no node"),
        (json.dumps({**GOOD, "wires": ["x"]}), "should be"),
        (json.dumps({**GOOD, "nodes": [1] * 10_001}), "at most 10,000"),
        (json.dumps({**GOOD, "networks": 3}), "'networks' should be a list"),
        (json.dumps({**GOOD, "networks": ["x"]}), "comes along cannot be read"),
        (json.dumps({**GOOD, "networks": [{"name": "training"}]}), "'training' is taken"),
        (json.dumps({**GOOD, "networks": [{"name": "os; x"}]}), "a word of letters"),
        (json.dumps({**GOOD, "networks": [{"name": "a", "nodes": 4}]}), "should be a list"),
        (json.dumps({**GOOD, "networks": [ITSELF]}), "'a' holds itself"),
    ],
)
def test_strangers_text_is_refused(network: Network, text: str, said: str) -> None:
    with pytest.raises(FileError, match="The clipboard holds no nodes") as refusal:
        clips.paste(network, text)
    assert said in str(refusal.value)
    assert len(network) == 3
