"""Copy and paste of nodes as text."""

from __future__ import annotations

import json

import pytest

from graph import clips, files
from graph.document import Network, Node, Project, Wire
from graph.errors import FileError


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


GOOD = {"format": clips.FORMAT, "version": 1, "nodes": [{"id": "a", "kind": "ReLU"}], "wires": []}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "it is empty"),
        ("some words", "not valid JSON"),
        ("[1]", "expected a JSON object"),
        (files.dumps(Project()), "not copied from a canvas"),
        (json.dumps({**GOOD, "version": 2}), "not copied from a canvas of this version"),
        (json.dumps({**GOOD, "nodes": []}), "should be lists"),
        (json.dumps({**GOOD, "nodes": [{"id": "a"}]}), "'kind' Field required"),
        (json.dumps({**GOOD, "nodes": GOOD["nodes"] * 2}), "same id"),
        (json.dumps({**GOOD, "wires": [["a", "output", "b", "input"]]}), "ends at no node"),
        (json.dumps({**GOOD, "wires": ["x"]}), "should be"),
        (json.dumps({**GOOD, "nodes": [1] * 10_001}), "at most 10,000"),
    ],
)
def test_strangers_text_is_refused(network: Network, text: str, said: str) -> None:
    with pytest.raises(FileError, match="The clipboard holds no nodes") as refusal:
        clips.paste(network, text)
    assert said in str(refusal.value)
    assert len(network) == 3
