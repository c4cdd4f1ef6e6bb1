"""Random edits that a person could make, for property tests."""

from __future__ import annotations

import random
from dataclasses import replace

from graph import catalog
from graph.catalog.entry import DEFAULT
from graph.document import Network, Node, Project, Wire
from graph.edits import (
    AddNetwork,
    AddNode,
    Connect,
    Disconnect,
    Edit,
    RemoveNetwork,
    RestoreWire,
    SetArguments,
    SetData,
    SetName,
    UpdateNode,
    move_nodes,
    remove_nodes,
    rename_network,
    set_params,
)
from graph.errors import TorchloomError
from graph.expressions import Argument, Expression
from tests import builders

__all__ = ["apply_one", "one"]

_KINDS = (
    "Conv2d",
    "ReLU",
    "Linear",
    "Flatten",
    "add",
    "chunk",
    "Input",
    "Output",
    "LSTM",
    "Dropout",
    "cat",
    "mean",
    "NoSuchKind",
    "Block",
    "Block",
)
_TRAINING = ("Data", "Network", "MSELoss", "CrossEntropyLoss", "Adam", "StepLR", "detach")
_VALUES = (0, 1, 2, 3, 10, -1, True, False, None, 0.5, (2, 2), "same", "net", "bce")
_VALUES += (Expression("channels"), Expression("channels * 2"), Expression("depth // 2 + 1"))


def apply_one(project: Project, rng: random.Random) -> Edit:
    """Make a random edit that the document takes; return its inverse."""
    while True:
        try:
            return one(project, rng).apply(project)
        except TorchloomError:
            continue


def one(project: Project, rng: random.Random) -> Edit:
    """Return a random edit; the document may refuse it."""
    network = rng.choice(list(project.graphs()))
    choices = [_add, _add, _wire, _wire, _wire, _param, _param, _move, _title]
    choices += [_remove, _cut, _loop, _whole]
    found = None
    while found is None:
        found = rng.choice(choices)(project, network, rng)
    return found


def _add(project: Project, network: Network, rng: random.Random) -> Edit:
    kind = rng.choice(_TRAINING if network.is_training else _KINDS)
    params = dict(catalog.lookup(kind).presets) if rng.random() < 0.7 else {}
    if kind in ("Network", "Block") and project.networks:
        params = {"network": rng.choice(list(project.networks))}
    if kind == "Input" and rng.random() < 0.5:
        params = {"shape": rng.choice([(4,), (1, 8, 8), ("T", 4)])}
    place = (rng.uniform(0, 900), rng.uniform(0, 900))
    return AddNode(network.name, Node(network.fresh_id(), kind, params, "", place))


def _node(network: Network, rng: random.Random) -> Node | None:
    return rng.choice(list(network)) if len(network) else None


def _wire(project: Project, network: Network, rng: random.Random) -> Edit | None:
    wire = _any_wire(network, rng)
    return wire and Connect(network.name, wire)


def _any_wire(network: Network, rng: random.Random) -> Wire | None:
    ends = []
    for _ in range(2):
        node = _node(network, rng)
        if node is None:
            return None
        ends.append(node)
    outs, ins = network.ports(ends[0].id).outputs, network.ports(ends[1].id).inputs
    if not outs or not ins:
        return None
    return Wire(ends[0].id, rng.choice(outs).name, ends[1].id, rng.choice(ins).name)


def _loop(project: Project, network: Network, rng: random.Random) -> Edit | None:
    """A wire as a file may hold it: it may close a cycle, or end at no port."""
    wire = _any_wire(network, rng)
    if wire is None or rng.random() < 0.5:
        return None
    if rng.random() < 0.2:
        wire = replace(wire, target_port="nowhere")
    if wire.target_port in network.wires_in(wire.target):
        return None
    return RestoreWire(network.name, wire)


def _cut(project: Project, network: Network, rng: random.Random) -> Edit | None:
    wires = list(network.wires())
    return Disconnect(network.name, rng.choice(wires)) if wires else None


def _param(project: Project, network: Network, rng: random.Random) -> Edit | None:
    node = _node(network, rng)
    if node is None:
        return None
    names = [param.name for param in network.kind(node.id).params]
    if not names:
        return None
    value = rng.choice([*_VALUES, DEFAULT])
    if node.kind == "Block" and rng.random() < 0.5:
        given = (("channels", rng.choice([1, 3, 8, Expression("channels + 1"), "x"])),)
        return set_params(network, node.id, {"arguments": given})
    return set_params(network, node.id, {rng.choice(names): value})


def _move(project: Project, network: Network, rng: random.Random) -> Edit | None:
    node = _node(network, rng)
    place = (rng.uniform(0, 900), rng.uniform(0, 900))
    return node and move_nodes(network, {node.id: place})


def _title(project: Project, network: Network, rng: random.Random) -> Edit | None:
    node = _node(network, rng)
    title = rng.choice(["", "image", "logits", "a block", "x"])
    return node and UpdateNode(network.name, replace(node, title=title, comment=title))


def _remove(project: Project, network: Network, rng: random.Random) -> Edit | None:
    node = _node(network, rng)
    return node and remove_nodes(network, [node.id])


def _whole(project: Project, network: Network, rng: random.Random) -> Edit | None:
    names = list(project.networks)
    choice = rng.randrange(7)
    if choice > 4 and names:
        pool = [Argument("channels", "int", rng.randrange(1, 9)), Argument("depth", "int", 2)]
        return SetArguments(rng.choice(names), tuple(rng.sample(pool, rng.randrange(3))))
    if choice == 0 and len(names) > 1:
        return RemoveNetwork(rng.choice(names))
    if choice == 1:
        made = builders.chain(["Flatten", ("Linear", {"out_features": 3})], source="image")
        made.name = f"extra{rng.randrange(100)}"
        return AddNetwork(made, rng.randrange(len(names) + 1))
    if choice == 2 and names:
        return rename_network(project, rng.choice(names), f"renamed{rng.randrange(100)}")
    if choice == 3:
        ports = rng.choice([(), (builders.IMAGE, builders.LABEL), (builders.NUMBERS,)])
        return SetData(project.data.model_copy(update={"ports": ports}))
    return SetName(rng.choice(["One", "Two", "Three"]))
