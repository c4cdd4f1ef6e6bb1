"""Edits: what is done can be undone and redone, to the byte; what is refused changes nothing."""

from __future__ import annotations

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graph.catalog.entry import DEFAULT
from graph.document import Network, Node, Project, Wire
from graph.edits import (
    AddNetwork,
    AddNode,
    Batch,
    Connect,
    Disconnect,
    Edit,
    RemoveNetwork,
    RemoveNode,
    RestoreWire,
    SetName,
    UpdateNode,
    insert_node,
    move_nodes,
    remove_nodes,
    rename_network,
    set_params,
)
from graph.errors import ConnectError, DocumentError, ParamError
from graph.files import dumps
from tests import builders, random_edits


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 10**9))
def test_undone_to_the_start_and_redone_to_the_end(seed: int) -> None:
    rng = random.Random(seed)
    project = builders.trained(builders.chain(builders.CNN))
    states, undo = [dumps(project)], list[Edit]()
    for _ in range(25):
        undo.append(random_edits.apply_one(project, rng))
        states.append(dumps(project))
    redo = []
    for expected in reversed(states[:-1]):
        redo.append(undo.pop().apply(project))
        assert dumps(project) == expected
    for expected in states[1:]:
        undo.append(redo.pop().apply(project))
        assert dumps(project) == expected


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**9))
def test_a_refused_edit_changes_nothing(seed: int) -> None:
    """A batch of edits that are fine, with one that is not at a random place."""
    rng = random.Random(seed)
    project = builders.trained(builders.chain(builders.CNN))
    trial = builders.trained(builders.chain(builders.CNN))
    good = [random_edits.one(trial, rng) for _ in range(1)]
    bad = rng.choice(
        [
            AddNode("net", Node("input", "ReLU")),
            RemoveNode("net", "n1"),
            RemoveNode("net", "nobody"),
            RemoveNetwork("nobody"),
            UpdateNode("net", Node("n1", "Conv2d", {"out_channels": "many"})),
            Connect("net", Wire("n2", "output", "n1", "input")),
            RestoreWire("net", Wire("n2", "output", "nobody", "input")),
            Disconnect("net", Wire("n1", "output", "n5", "input")),
            AddNetwork(Network("net")),
            rename_network(project, "net", "no name"),
            Batch((SetName("other"), RemoveNode("net", "n1"))),
        ]
    )
    edits = [*good, SetName("x")]
    edits.insert(rng.randint(0, len(edits)), bad)
    before = dumps(project)
    with pytest.raises(DocumentError):
        Batch(tuple(edits)).apply(project)
    assert dumps(project) == before


def test_renaming_a_network_renames_its_uses() -> None:
    project = builders.trained(builders.chain(builders.CNN))
    set_params(project.training, "optimizer", {"networks": ("net",)}).apply(project)
    before = dumps(project)
    inverse = rename_network(project, "net", "classifier").apply(project)
    assert list(project.networks) == ["classifier"]
    assert project.training.node("network").params["network"] == "classifier"
    assert project.training.node("optimizer").params["networks"] == ("classifier",)
    inverse.apply(project)
    assert dumps(project) == before


def test_a_removed_network_comes_back_to_its_place() -> None:
    project = builders.project(*(Network(name) for name in ("a", "b", "c")))
    inverse = RemoveNetwork("b").apply(project)
    assert list(project.networks) == ["a", "c"]
    inverse.apply(project)
    assert list(project.networks) == ["a", "b", "c"]


def test_a_node_is_put_into_the_middle_of_a_wire() -> None:
    network = builders.chain(["ReLU", "Sigmoid"], shape=(4,))
    project = builders.project(network)
    wire = Wire("n1", "output", "n2", "input")
    before = dumps(project)
    inverse = insert_node(network, wire, Node("new", "Dropout")).apply(project)
    assert network.wires_in("new") == {"input": Wire("n1", "output", "new", "input")}
    assert network.wires_in("n2") == {"input": Wire("new", "output", "n2", "input")}
    inverse.apply(project)
    assert dumps(project) == before
    with pytest.raises(ConnectError, match="has no input and output, so it cannot stand in a wire"):
        insert_node(network, wire, Node("new", "Output"))
    chosen = insert_node(network, wire, Node("new", "chunk", {"chunks": 2}), out="output1")
    chosen.apply(project)
    assert network.wires_in("n2")["input"].source_port == "output1"


def test_nodes_are_removed_with_their_wires_and_come_back() -> None:
    network = builders.chain(["ReLU", "Sigmoid"], shape=(4,))
    project = builders.project(network)
    before = dumps(project)
    inverse = remove_nodes(network, ["n1", "n2", "n1"]).apply(project)
    assert [node.id for node in network] == ["input", "output"]
    assert list(network.wires()) == []
    inverse.apply(project)
    assert dumps(project) == before


def test_wires_come_back_to_ports_that_are_gone() -> None:
    network = builders.graph(
        "net",
        {"input": ("Input", {"shape": (8,)}), "split": ("chunk", {"chunks": 3}), "end": "Output"},
        ["input > split", "split.output2 > end"],
    )
    project = builders.project(network)
    set_params(network, "split", {"chunks": 2}).apply(project)
    before = dumps(project)
    inverse = Disconnect("net", Wire("split", "output2", "end", "input")).apply(project)
    inverse.apply(project)
    assert dumps(project) == before


def test_arguments_go_back_to_their_defaults() -> None:
    network = builders.chain([("Linear", {"out_features": 3, "bias": False})], shape=(4,))
    project: Project = builders.project(network)
    set_params(network, "n1", {"bias": DEFAULT, "out_features": 5}).apply(project)
    assert dict(network.node("n1").params) == {"out_features": 5}


def test_an_argument_that_would_be_refused_comes_back() -> None:
    network = builders.chain([("Linear", {"out_features": "many", "colour": "red"})], shape=(4,))
    project = builders.project(network)
    before = dumps(project)
    good = Node("n1", "Linear", {"out_features": 3}, position=(200.0, 0.0))
    inverse = UpdateNode("net", good).apply(project)
    redo = inverse.apply(project)
    assert dumps(project) == before
    redo.apply(project)
    assert network.node("n1") == good
    with pytest.raises(ParamError):
        set_params(network, "n1", {"out_features": "many"}).apply(project)


def test_moving_moves_only_what_is_named() -> None:
    network = builders.chain(["ReLU"], shape=(4,))
    project = builders.project(network)
    inverse = move_nodes(network, {"n1": (7.0, 8.0)}).apply(project)
    assert network.node("n1").position == (7.0, 8.0)
    inverse.apply(project)
    assert network.node("n1").position == (200.0, 0.0)
