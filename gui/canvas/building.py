"""The edits that gestures end in, worked out from a network. No Qt here, nothing is changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import networkx as nx

from graph import catalog
from graph.blocks import recursion
from graph.document import Network, Node, Wire
from graph.edits import AddNode, Batch, Connect, Disconnect, Edit, insert_node, remove_nodes

if TYPE_CHECKING:
    from graph.analysis import Analysis
    from graph.catalog.entry import Kind, Port, Ports
    from graph.dims import TensorType
    from graph.document import Project, Value

__all__ = [
    "Choice",
    "Loose",
    "add_connected",
    "bridge",
    "choices",
    "choices_for",
    "connect",
    "doubt",
    "downstream",
    "first_fit",
    "insert",
    "new_node",
    "place_of",
    "put_in_wire",
    "unreachable",
]


@dataclass(frozen=True)
class Choice:
    """Something that can be added: a kind, with arguments beyond its presets."""

    kind: Kind
    params: tuple[tuple[str, Value], ...] = ()
    label: str = ""

    @property
    def name(self) -> str:
        """What to call it in a list."""
        return self.label or self.kind.name


@dataclass(frozen=True)
class Loose:
    """The end of a wire that is not connected yet: it starts at this port."""

    node_id: str
    port: str
    is_input: bool


def place_of(network: Network) -> str:
    """Return where the kinds of a graph must be allowed: ``network`` or ``training``."""
    return "training" if network.is_training else "network"


def choices(project: Project | None, place: str, within: str = "") -> list[Choice]:
    """Return all that can be added to a graph; a use of each network by its name.

    `within` is the network to add to: no block can stand there that would hold it.
    """
    found: list[Choice] = []
    for kind in catalog.entries().values():
        if place not in kind.places:
            continue
        if kind.takes_network and project is not None:
            found += [
                Choice(kind, (("network", name),), f"{kind.name} {name}")
                for name in project.networks
                if not within or recursion(project, within, name) is None
            ]
        else:
            found.append(Choice(kind))
    return found


def choices_for(network: Network) -> list[Choice]:
    """Return all that can be added to this graph."""
    within = "" if network.is_training else network.name
    return choices(network.project, place_of(network), within)


def new_node(network: Network, choice: Choice, position: tuple[float, float]) -> Node:
    """Return a node for `choice`, with the presets of its kind."""
    params = {**choice.kind.presets, **dict(choice.params)}
    return Node(network.fresh_id(), choice.kind.name, params, position=position)


# -- what fits -------------------------------------------------------------------------------


def doubt(port: Port, arriving: TensorType | None) -> str | None:
    """Return why what arrives will not do at an input, or None where nothing speaks against it.

    Such a wire may be drawn all the same: the next edit may mend it.
    """
    if arriving is None or port.carries != "tensor":
        return None
    if port.layout is not None:
        least = len(port.layout) - ("..." in port.layout)
        rank = len(arriving.shape)
        if rank < least or (rank > least and "..." not in port.layout):
            sizes = ", ".join(port.layout)
            return f"{port.name!r} expects ({sizes}); {arriving.shape_text} arrives."
    expected = {"float": ("float", "bfloat"), "int": ("int", "uint"), "bool": ("bool",)}
    if port.dtype != "any" and not arriving.dtype.startswith(expected[port.dtype]):
        return f"{port.name!r} expects {port.dtype} numbers; {arriving.dtype} arrives."
    return None


def first_fit(
    ports: Sequence[Port], carries: str, arriving: TensorType | None = None
) -> Port | None:
    """Return the first port that carries this and has no doubt; else the first that carries it."""
    able = [port for port in ports if port.carries == carries and not port.missing]
    sure = [port for port in able if doubt(port, arriving) is None]
    return next(iter(sure or able), None)


def unreachable(network: Network, loose: Loose) -> set[str]:
    """Return the nodes at which a wire from `loose` would close a cycle."""
    walk = nx.descendants if loose.is_input else nx.ancestors
    return {loose.node_id, *walk(network.graph, loose.node_id)}


def downstream(network: Network, node_id: str) -> set[str]:
    """Return a node and all that it feeds."""
    return {node_id, *nx.descendants(network.graph, node_id)}


# -- wires -----------------------------------------------------------------------------------


def connect(network: Network, wire: Wire) -> Edit:
    """Return the edit that draws a wire, in place of the one that its input has.

    Raises
    ------
    ConnectError
        If the wire may not be drawn.
    """
    occupied = network.wires_in(wire.target).get(wire.target_port)
    network.check_connect(wire, replacing=occupied is not None)
    if occupied is None:
        return Connect(network.name, wire)
    return Batch((Disconnect(network.name, occupied), Connect(network.name, wire)))


def add_connected(
    network: Network, node: Node, loose: Loose, analysis: Analysis | None = None
) -> Edit:
    """Return the edit that adds a node and wires it to a loose end where that fits."""
    ports = catalog.lookup(node.kind).ports(node.params, network.project)
    edits: list[Edit] = [AddNode(network.name, node)]
    wire = _to_new(network, node, ports, loose, analysis)
    if wire is not None:
        occupied = network.wires_in(wire.target).get(wire.target_port) if loose.is_input else None
        if occupied is not None:
            edits.append(Disconnect(network.name, occupied))
        edits.append(Connect(network.name, wire))
    return Batch(tuple(edits))


def _to_new(
    network: Network, node: Node, ports: Ports, loose: Loose, analysis: Analysis | None
) -> Wire | None:
    own = network.ports(loose.node_id)
    start = own.input(loose.port) if loose.is_input else own.output(loose.port)
    if start is None:
        return None
    if loose.is_input:
        port = first_fit(ports.outputs, start.carries)
        return Wire(node.id, port.name, loose.node_id, loose.port) if port else None
    arriving = analysis.type_of(network.name, loose.node_id, loose.port) if analysis else None
    port = first_fit(ports.inputs, start.carries, arriving)
    return Wire(loose.node_id, loose.port, node.id, port.name) if port else None


def insert(network: Network, wire: Wire, node: Node) -> Edit | None:
    """Return the edit that puts a new node in the middle of a wire, or None where it cannot be."""
    ports = catalog.lookup(node.kind).ports(node.params, network.project)
    into, out = _through(network, wire, ports)
    if into is None or out is None:
        return None
    return insert_node(network, wire, node, into.name, out.name)


def put_in_wire(network: Network, wire: Wire, node_id: str) -> Batch | None:
    """Return the edit that puts a node that has no wires in the middle of one, or None."""
    if node_id in (wire.source, wire.target) or network.graph.degree(node_id):
        return None
    into, out = _through(network, wire, network.ports(node_id))
    if into is None or out is None:
        return None
    return Batch(
        (
            Disconnect(network.name, wire),
            Connect(network.name, Wire(wire.source, wire.source_port, node_id, into.name)),
            Connect(network.name, Wire(node_id, out.name, wire.target, wire.target_port)),
        )
    )


def _through(network: Network, wire: Wire, ports: Ports) -> tuple[Port | None, Port | None]:
    source = network.ports(wire.source).output(wire.source_port)
    carries = source.carries if source is not None else "tensor"
    return first_fit(ports.inputs, carries), first_fit(ports.outputs, carries)


# -- taking nodes out ------------------------------------------------------------------------


def bridge(network: Network, ids: Iterable[str], analysis: Analysis | None = None) -> Edit:
    """Return the edit that removes nodes and joins what stood before with what stood after them.

    A gap stays where the shape that would arrive is not one that the port takes.
    """
    gone = dict.fromkeys(ids)
    edits: list[Edit] = [remove_nodes(network, gone)]
    for node_id in gone:
        for wire in network.wires_out(node_id):
            if wire.target in gone:
                continue
            source = _before(network, node_id, gone)
            port = network.ports(wire.target).input(wire.target_port)
            if source is None or port is None:
                continue
            new = Wire(*source, wire.target, wire.target_port)
            if _joins(network, new, port, analysis):
                edits.append(Connect(network.name, new))
    return Batch(tuple(edits))


def _before(network: Network, node_id: str, gone: Mapping[str, None]) -> tuple[str, str] | None:
    """Return the output that feeds a node's first wired input, past all nodes that go."""
    seen: set[str] = set()
    while node_id not in seen:
        seen.add(node_id)
        arriving = network.wires_in(node_id)
        first = next((p.name for p in network.ports(node_id).inputs if p.name in arriving), None)
        if first is None:
            return None
        wire = arriving[first]
        if wire.source not in gone:
            return wire.source, wire.source_port
        node_id = wire.source
    return None


def _joins(network: Network, wire: Wire, port: Port, analysis: Analysis | None) -> bool:
    out = network.ports(wire.source).output(wire.source_port)
    if out is None or out.missing or port.missing or out.carries != port.carries:
        return False
    arriving = analysis.type_of(network.name, wire.source, wire.source_port) if analysis else None
    return doubt(port, arriving) is None
