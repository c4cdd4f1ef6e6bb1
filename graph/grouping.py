"""Making blocks from nodes: edits that leave what is computed the same.

The way back is in :mod:`graph.dissolving`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import networkx as nx

from graph.blocks import given_arguments
from graph.document import Network, Node, Project, Value, Wire, check_argument
from graph.edits import (
    AddNetwork,
    AddNode,
    Batch,
    Edit,
    RestoreWire,
    SetArguments,
    UpdateNode,
    remove_nodes,
)
from graph.errors import DocumentError
from graph.expressions import Argument, Expression, names_in, substituted

__all__ = ["center", "declare_arguments", "make_block", "unused"]

#: Distance of Inputs and Outputs from the nodes between them, in scene pixels.
GAP, ROW = 280.0, 120.0

Place = tuple[str, str]


def make_block(network: Network, node_ids: Iterable[str], name: str = "") -> tuple[Edit, str]:
    """Return the edit that puts nodes into a network of their own, and the id of its block.

    Wires that cross become ports, one for each value. Inputs and Outputs stay where they are.

    Raises
    ------
    DocumentError
        If there is nothing to put in, or the block could not stand in the nodes' place.
    """
    project = network.project
    if project is None or network.is_training:
        raise DocumentError("Blocks are made in networks; the training graph has networks as such.")
    ids = [i for i in dict.fromkeys(node_ids) if network.node(i).kind not in ("Input", "Output")]
    if not ids:
        raise DocumentError("Select the layers that the block should hold.")
    _check_between(network, ids)
    _check_shared(network, ids)
    made = Network(_free_name(project, name or "block"))
    inside = set(ids)
    middle = center([network.node(i) for i in ids])
    for node_id in ids:
        made.add_node(network.node(node_id))
    wires = [w for i in ids for w in network.wires_in(i).values()]
    entering = [w for w in wires if w.source not in inside]
    leaving = [w for i in ids for w in network.wires_out(i) if w.target not in inside]
    for wire in wires:
        if wire.source in inside:
            made.restore_wire(wire)
            made.drawing.bend(wire, network.drawing.bends.get(wire, ()))
    inputs = _add_inputs(network, made, entering)
    outputs = _add_outputs(network, made, leaving)
    used = {name for node in made for name in names_in(node.params)}
    made.set_arguments(a for a in network.arguments if a.name in used)
    params: dict[str, Value] = {"network": made.name}
    if made.arguments:
        params["arguments"] = tuple((a.name, Expression(a.name)) for a in made.arguments)
    block = Node(network.fresh_id(), "Block", params, position=middle)
    edits: list[Edit] = [remove_nodes(network, ids), AddNetwork(made)]
    edits.append(AddNode(network.name, block))
    for (source, port), into in inputs.items():
        edits.append(RestoreWire(network.name, Wire(source, port, block.id, into)))
    for wire in leaving:
        out = outputs[wire.source, wire.source_port]
        target = Wire(block.id, out, wire.target, wire.target_port)
        edits.append(RestoreWire(network.name, target))
    return Batch(tuple(edits)), block.id


def _check_between(network: Network, ids: Sequence[str]) -> None:
    """Raise DocumentError where something stands between the nodes: a wire would go in a circle."""
    inside = set(ids)
    after = set().union(*(nx.descendants(network.graph, i) for i in ids)) - inside
    before = set().union(*(nx.ancestors(network.graph, i) for i in ids)) - inside
    between = sorted(after & before, key=lambda i: (network.node(i).position, i))
    if between:
        raise DocumentError(
            f"{network.node(between[0]).label!r} stands between the selected nodes; select it too."
        )


def _check_shared(network: Network, ids: Sequence[str]) -> None:
    """Raise DocumentError where blocks with the same weights would be torn apart."""
    inside = {network.node(i).params.get("share") for i in ids if network.node(i).kind == "Block"}
    for node in network.by_kind("Block"):
        share = node.params.get("share")
        if share and share in inside and node.id not in ids:
            raise DocumentError(
                f"{node.label!r} shares its weights ({share}) with a selected block; "
                "select it too, or stop sharing."
            )


def center(nodes: Sequence[Node]) -> tuple[float, float]:
    """Return the middle of some nodes, in whole scene pixels."""
    xs, ys = [n.position[0] for n in nodes], [n.position[1] for n in nodes]
    return (float(round((min(xs) + max(xs)) / 2)), float(round((min(ys) + max(ys)) / 2)))


def _free_name(project: Project, wish: str) -> str:
    number = 1
    while (name := f"{wish}{number}") in project.networks:
        number += 1
    return name if wish == "block" or wish in project.networks else wish


def _add_inputs(network: Network, made: Network, wires: Sequence[Wire]) -> dict[Place, str]:
    """Add an Input for each value that enters; return their names by where it comes from."""
    values: dict[Place, list[Wire]] = {}
    for wire in wires:
        values.setdefault((wire.source, wire.source_port), []).append(wire)
    order = sorted(values, key=lambda v: (network.node(v[0]).position[1], v))
    left = min((node.position[0] for node in made), default=0.0) - GAP
    top = min((node.position[1] for node in made), default=0.0)
    found: dict[Place, str] = {}
    for row, value in enumerate(order):
        wish = _input_name(network, values[value][0])
        name = unused(wish, found.values())
        node = Node(made.fresh_id(), "Input", {}, name, (left, top + ROW * row))
        made.add_node(node)
        for wire in values[value]:
            made.restore_wire(Wire(node.id, "output", wire.target, wire.target_port))
        found[value] = name
    return found


def _add_outputs(network: Network, made: Network, wires: Sequence[Wire]) -> dict[Place, str]:
    """Add an Output for each value that leaves; return their names by where it comes from."""
    values = dict.fromkeys((w.source, w.source_port) for w in wires)
    order = sorted(values, key=lambda v: (network.node(v[0]).position[1], v))
    right = max((node.position[0] for node in made), default=0.0) + GAP
    top = min((node.position[1] for node in made), default=0.0)
    found: dict[Place, str] = {}
    for row, (source, port) in enumerate(order):
        wish = network.node(source).title or (port if port != "output" else "")
        name = unused(wish or "output", found.values())
        node = Node(made.fresh_id(), "Output", {}, name, (right, top + ROW * row))
        made.add_node(node)
        made.restore_wire(Wire(source, port, node.id, "input"))
        found[source, port] = name
    return found


def _input_name(network: Network, wire: Wire) -> str:
    """Return what to call a value that enters: as it is called outside, else by its port."""
    source = network.node(wire.source)
    if source.title:
        return source.title
    if wire.source_port != "output":
        return wire.source_port
    generic = wire.target_port.rstrip("0123456789") in ("input", "other")
    return "x" if generic else wire.target_port


def unused(wish: str, taken: Iterable[str]) -> str:
    """Return a name like `wish` that is not taken."""
    names, name, number = set(taken), wish, 2
    while name in names:
        name, number = f"{wish}_{number}", number + 1
    return name


# -- arguments of a network -----------------------------------------------------------------------


def declare_arguments(
    network: Network, arguments: Sequence[Argument], renamed: Mapping[str, str] | None = None
) -> Edit:
    """Return the edit that gives a network these arguments.

    `renamed` holds new names by old ones: expressions in the network and what blocks of it give
    follow.

    Raises
    ------
    DocumentError
        If one of them cannot be an argument.
    """
    for argument in arguments:
        check_argument(argument)
    renamed = dict(renamed or {})
    edits: list[Edit] = [SetArguments(network.name, tuple(arguments))]
    project = network.project
    for graph in [network, *(project.networks.values() if project and renamed else ())]:
        for node in graph:
            params = dict(node.params)
            if graph is network and names_in(params) & renamed.keys():
                new = {old: Expression(name) for old, name in renamed.items()}
                params = {key: substituted(value, new) for key, value in params.items()}
            if node.kind == "Block" and node.params.get("network") == network.name:
                given = {renamed.get(k, k): v for k, v in given_arguments(node).items()}
                if given and "arguments" in params:
                    params["arguments"] = tuple(given.items())
            changed = replace(node, params=params)
            edit = UpdateNode(graph.name, changed, was_there=True)
            if params != node.params and edit not in edits:
                edits.append(edit)
    return Batch(tuple(edits))
