"""Edits of wires that keep the nodes: taken out, swapped, replaced, multiplied, copied with wires.

No Qt here, nothing is changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import networkx as nx

from graph import catalog, clips
from graph.chains import input_for
from graph.document import Network, Node, Wire
from graph.edits import AddNode, Batch, Connect, Disconnect, Edit, move_nodes, remove_nodes
from graph.errors import ParamError
from graph.layout import natural_key
from gui.canvas.building import Choice, bridge, downstream

if TYPE_CHECKING:
    from graph.analysis import Analysis

__all__ = [
    "copied_with_inputs",
    "disconnect",
    "kept_wires",
    "multiplied",
    "reachable",
    "replaced",
    "swapped",
    "taken_out",
]

#: Room between a run of nodes and its copy, in scene pixels.
GAP = 240.0


def disconnect(network: Network, wires: Iterable[Wire]) -> Batch:
    """Return the edit that removes wires."""
    return Batch(tuple(Disconnect(network.name, wire) for wire in dict.fromkeys(wires)))


def _around(network: Network, ids: Sequence[str]) -> tuple[list[Wire], list[Wire]]:
    """Return the wires that come into a group of nodes, and those that leave it."""
    inside = set(ids)
    into = [w for i in ids for w in network.wires_in(i).values() if w.source not in inside]
    out = [w for i in ids for w in network.wires_out(i) if w.target not in inside]
    return into, out


def taken_out(network: Network, ids: Sequence[str], analysis: Analysis | None) -> Batch:
    """Return the edit that takes nodes out of their wires and joins what was before and behind."""
    into, out = _around(network, ids)
    whole = bridge(network, ids, analysis)
    joined = [e for e in whole.edits if isinstance(e, Connect)] if isinstance(whole, Batch) else []
    return Batch((*disconnect(network, [*into, *out]).edits, *joined))


def swapped(network: Network, node_id: str) -> Batch | None:
    """Return the edit that exchanges what arrives at a node's first two inputs, or None."""
    ports = [p for p in network.ports(node_id).inputs if not p.missing][:2]
    wires = network.wires_in(node_id)
    if len(ports) < 2 or ports[0].carries != ports[1].carries:
        return None
    first, second = (wires.get(port.name) for port in ports)
    if first is None and second is None:
        return None
    new = [
        replace(wire, target_port=port.name)
        for wire, port in ((first, ports[1]), (second, ports[0]))
        if wire is not None
    ]
    old = [wire for wire in (first, second) if wire is not None]
    connects = tuple(Connect(network.name, wire) for wire in new)
    return Batch((*disconnect(network, old).edits, *connects))


def kept_wires(network: Network, node: Node, new: Node) -> list[Wire]:
    """Return the wires of a node as they go on at another one in its place: by name, else order."""
    ports = catalog.lookup(new.kind).ports(new.params, network.project)
    own = network.ports(node.id)
    found, used = [], set()
    for port in own.inputs:
        wire = network.wires_in(node.id).get(port.name)
        left = [p for p in ports.inputs if p.name not in used]
        into = input_for(port, left) if wire is not None else None
        if wire is not None and into is not None:
            used.add(into.name)
            found.append(Wire(wire.source, wire.source_port, new.id, into.name))
    for wire in network.wires_out(node.id):
        port = own.output(wire.source_port)
        out = input_for(port, ports.outputs) if port is not None else None
        if out is not None:
            found.append(Wire(new.id, out.name, wire.target, wire.target_port))
    return found


def replaced(network: Network, node_id: str, choice: Choice) -> tuple[Batch, Node]:
    """Return the edit that puts a node of another kind in place of one, and the new node.

    Wires, arguments of the same name and the title are kept as far as the new kind takes them.
    """
    node = network.node(node_id)
    params = {**choice.kind.presets, **dict(choice.params)}
    for name, value in node.params.items():
        if name not in dict(choice.params):
            try:
                choice.kind.check_param(name, value)
            except ParamError:
                continue
            params[name] = value
    new = replace(node, id=network.fresh_id(), kind=choice.kind.name, params=params)
    wires = tuple(Connect(network.name, wire) for wire in kept_wires(network, node, new))
    gone = remove_nodes(network, [node_id])
    return Batch((*gone.edits, AddNode(network.name, new), *wires)), new


def multiplied(network: Network, ids: Sequence[str], count: int) -> tuple[Batch, list[str]] | None:
    """Return the edit by which nodes stand `count` times in a row, and the new ids; or None.

    The group must be one that a wire enters and another leaves: its copies are wired one behind
    the other, and the last one to what followed.
    """
    into, out = _around(network, ids)
    entries = dict.fromkeys((w.target, w.target_port) for w in into)
    exits = dict.fromkeys((w.source, w.source_port) for w in out)
    if not exits:  # a loose end: the only output that nothing takes
        free = [i for i in ids if not network.wires_out(i) and network.ports(i).outputs]
        exits = dict.fromkeys((i, network.ports(i).outputs[0].name) for i in free)
    if len(entries) != 1 or len(exits) != 1 or count < 2:
        return None
    (entry, into_port), (end, out_port) = next(iter(entries)), next(iter(exits))
    places = [network.node(i).position for i in ids]
    left, top = min(x for x, _ in places), min(y for _, y in places)
    step = max(x for x, _ in places) - left + GAP
    edits: list[Edit] = list(disconnect(network, out).edits)
    shift = {
        i: (x + step * (count - 1), y)
        for i in set().union(*(downstream(network, w.target) for w in out)) - set(ids)
        for x, y in [network.node(i).position]
    }
    edits += move_nodes(network, shift).edits
    text, order, added, last = clips.copy(network, ids), sorted(set(ids), key=natural_key), [], end
    for number in range(1, count):
        pasted, new = clips.paste(network, text, (left + step * number, top))
        copies = dict(zip(order, new, strict=True))
        edits += [pasted, Connect(network.name, Wire(last, out_port, copies[entry], into_port))]
        last = copies[end]
        added += new
    edits += [Connect(network.name, Wire(last, out_port, w.target, w.target_port)) for w in out]
    return Batch(tuple(edits)), added


def copied_with_inputs(
    network: Network, ids: Sequence[str], place: tuple[float, float]
) -> tuple[Batch, list[str]]:
    """Return the edit that adds copies which are fed by what feeds the originals, and their ids."""
    pasted, new = clips.paste(network, clips.copy(network, ids), place)
    copies = dict(zip(sorted(set(ids), key=natural_key), new, strict=True))
    into, _ = _around(network, ids)
    wires = tuple(Connect(network.name, replace(w, target=copies[w.target])) for w in into)
    return Batch((pasted, *wires)), new


def reachable(network: Network, ids: Iterable[str], up: bool) -> list[str]:
    """Return nodes and all that feeds them, or all that they feed."""
    walk = nx.ancestors if up else nx.descendants
    found = dict.fromkeys(ids)
    for node_id in list(found):
        found.update(dict.fromkeys(sorted(walk(network.graph, node_id), key=natural_key)))
    return list(found)
