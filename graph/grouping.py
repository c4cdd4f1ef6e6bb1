"""Making blocks from nodes, and dissolving them: edits that leave what is computed the same."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import networkx as nx

from graph.blocks import given_arguments, inner_networks
from graph.catalog.structure import input_ports, output_ports
from graph.document import Network, Node, Project, Value, Wire, check_argument
from graph.edits import (
    AddNetwork,
    AddNode,
    Batch,
    Edit,
    RemoveNetwork,
    RestoreWire,
    SetArguments,
    UpdateNode,
    remove_nodes,
)
from graph.errors import DocumentError
from graph.expressions import Argument, Expression, names_in, substituted

__all__ = ["declare_arguments", "dissolve", "make_block"]

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
    center = _center([network.node(i) for i in ids])
    for node_id in ids:
        made.add_node(network.node(node_id))
    wires = [w for i in ids for w in network.wires_in(i).values()]
    entering = [w for w in wires if w.source not in inside]
    leaving = [w for i in ids for w in network.wires_out(i) if w.target not in inside]
    for wire in wires:
        if wire.source in inside:
            made.restore_wire(wire)
    inputs = _add_inputs(network, made, entering)
    outputs = _add_outputs(network, made, leaving)
    used = {name for node in made for name in names_in(node.params)}
    made.set_arguments(a for a in network.arguments if a.name in used)
    params: dict[str, Value] = {"network": made.name}
    if made.arguments:
        params["arguments"] = tuple((a.name, Expression(a.name)) for a in made.arguments)
    block = Node(network.fresh_id(), "Block", params, position=center)
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


def _center(nodes: Sequence[Node]) -> tuple[float, float]:
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
        name = _unused(wish, found.values())
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
        name = _unused(wish or "output", found.values())
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


def _unused(wish: str, taken: Iterable[str]) -> str:
    names, name, number = set(taken), wish, 2
    while name in names:
        name, number = f"{wish}_{number}", number + 1
    return name


# -- dissolving -----------------------------------------------------------------------------------


def dissolve(network: Network, node_id: str) -> tuple[Edit, list[str]]:
    """Return the edit that puts what is in a block in its place, and the ids it will have.

    The block's network goes with its last block.

    Raises
    ------
    DocumentError
        If the node is no block, or one that stands for more than what is in it.
    """
    project, block = network.project, network.node(node_id)
    name = block.params.get("network")
    if project is None or block.kind != "Block" or name not in project.networks:
        raise DocumentError(f"{block.label!r} is no block of a network; select one.")
    if block.params.get("repeat", 1) != 1:
        raise DocumentError(
            f"{block.label!r} stands several times in a row; set repeat to 1 first."
        )
    if block.params.get("share") and _partners(network, block):
        raise DocumentError(f"{block.label!r} shares its weights; clear share first.")
    inner = project.networks[str(name)]
    nodes = [node for node in inner if node.kind not in ("Input", "Output")]
    ids = {n.id: n.id if n.id not in network else network.fresh_id() for n in nodes}
    values: dict[str, Value] = {a.name: a.default for a in inner.arguments}
    values |= given_arguments(block)
    shares = _fresh_shares(network, nodes)
    center = _center(nodes) if nodes else (0.0, 0.0)
    shift = (block.position[0] - center[0], block.position[1] - center[1])
    edits: list[Edit] = [remove_nodes(network, [node_id])]
    for node in nodes:
        params = {key: substituted(value, values) for key, value in node.params.items()}
        if node.kind == "Block" and params.get("share") in shares:
            params["share"] = shares[str(params["share"])]
        place = (node.position[0] + shift[0], node.position[1] + shift[1])
        copied = replace(node, id=ids[node.id], params=params, position=place)
        edits.append(AddNode(network.name, copied))
    edits += [RestoreWire(network.name, wire) for wire in _rewired(network, node_id, inner, ids)]
    if not _used_elsewhere(project, network, block):
        edits.append(RemoveNetwork(inner.name))
    return Batch(tuple(edits)), list(ids.values())


def _partners(network: Network, block: Node) -> list[Node]:
    share = block.params.get("share")
    others = network.by_kind("Block")
    return [n for n in others if n.id != block.id and n.params.get("share") == share]


def _fresh_shares(network: Network, nodes: Sequence[Node]) -> dict[str, str]:
    """Return other names for weights that are shared inside, where they mean others outside."""
    taken = {str(n.params.get("share")) for n in network.by_kind("Block")}
    found: dict[str, str] = {}
    for node in nodes:
        share = node.params.get("share")
        if node.kind == "Block" and isinstance(share, str) and share in taken:
            found.setdefault(share, _unused(share, taken | set(found.values())))
    return found


def _rewired(
    network: Network, node_id: str, inner: Network, ids: Mapping[str, str]
) -> Iterable[Wire]:
    """Yield the wires that stand for those inside a block and at its ports."""
    arriving = network.wires_in(node_id)
    outside: dict[str, Place] = {}
    for port, input_id in input_ports(inner).items():
        if port in arriving:
            outside[input_id] = (arriving[port].source, arriving[port].source_port)

    def origin(wire: Wire) -> Place | None:
        """Return where a value inside comes from, once the block is gone."""
        if wire.source in ids:
            return ids[wire.source], wire.source_port
        return outside.get(wire.source)

    for wire in inner.wires():
        source = origin(wire)
        if wire.target in ids and source is not None:
            yield Wire(*source, ids[wire.target], wire.target_port)
    outputs = output_ports(inner)
    for wire in network.wires_out(node_id):
        last = inner.wires_in(outputs.get(wire.source_port, "")).get("input")
        source = origin(last) if last is not None else None
        if source is not None:
            yield Wire(*source, wire.target, wire.target_port)


def _used_elsewhere(project: Project, network: Network, block: Node) -> bool:
    """Whether anything but this block uses its network."""
    name = block.params["network"]
    for graph in project.graphs():
        for node in graph:
            if (graph.name, node.id) == (network.name, block.id):
                continue
            named = node.params.get("networks")
            if node.params.get("network") == name or (isinstance(named, tuple) and name in named):
                return True
    return str(name) in inner_networks(project.networks[str(name)])


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
