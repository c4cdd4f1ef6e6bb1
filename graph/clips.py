"""Nodes and the wires among them as text, for copy and paste within and between windows."""

from __future__ import annotations

import reprlib
from collections.abc import Iterable
from typing import Any

from graph.document import Network, Node, Wire
from graph.edits import AddNode, Batch, Edit, RestoreWire
from graph.errors import FileError
from graph.files import parse
from graph.layout import layout, natural_key
from graph.records import NodeRecord, Report, read, read_params, read_wire, to_json

__all__ = ["FORMAT", "copy", "paste"]

FORMAT = "torchloom-nodes"
VERSION = 1
#: How far from the original a copy lands, in scene pixels, where no place is given.
OFFSET = 30.0
MOST = 10_000


def copy(network: Network, node_ids: Iterable[str]) -> str:
    """Return the text of nodes and of the wires among them; the order of ids does not matter."""
    ids = sorted(set(node_ids), key=natural_key)
    wires = [w for i in ids for w in network.wires_in(i).values() if w.source in ids]
    content = {
        "format": FORMAT,
        "version": VERSION,
        "nodes": [_record(network.node(i)) for i in ids],
        "wires": [[w.source, w.source_port, w.target, w.target_port] for w in wires],
    }
    return layout(content)


def _record(node: Node) -> dict[str, Any]:
    return {
        "id": node.id,
        "kind": node.kind,
        "params": {name: to_json(value) for name, value in node.params.items()},
        "title": node.title,
        "position": list(node.position),
        "comment": node.comment,
    }


def paste(
    network: Network, text: str, at: tuple[float, float] | None = None
) -> tuple[Edit, list[str]]:
    """Return the edit that adds the nodes in `text`, and the ids they will have.

    The top left of the group goes to the scene position `at`; without one, a little below and to
    the right of where it was copied.

    Raises
    ------
    FileError
        If the text is not one that :func:`copy` has written.
    """
    try:
        nodes, wires = _read(text)
    except FileError as error:
        raise FileError(f"The clipboard holds no nodes: {error}") from error
    ids = {node.id: network.fresh_id() for node in nodes}
    left = min(node.position[0] for node in nodes)
    top = min(node.position[1] for node in nodes)
    x, y = at if at is not None else (left + OFFSET, top + OFFSET)
    edits: list[Edit] = [
        AddNode(
            network.name,
            Node(
                ids[node.id],
                node.kind,
                node.params,
                node.title,
                (node.position[0] - left + x, node.position[1] - top + y),
                node.comment,
            ),
        )
        for node in nodes
    ]
    for wire in wires:
        new = Wire(ids[wire.source], wire.source_port, ids[wire.target], wire.target_port)
        edits.append(RestoreWire(network.name, new))
    return Batch(tuple(edits)), list(ids.values())


def _read(text: str) -> tuple[list[Node], list[Wire]]:
    report = Report()
    content = parse(text, report)
    if content.get("format") != FORMAT or content.get("version") != VERSION:
        raise FileError("it was not copied from a canvas of this version.")
    raw_nodes, raw_wires = content.get("nodes"), content.get("wires")
    if not isinstance(raw_nodes, list) or not isinstance(raw_wires, list) or not raw_nodes:
        raise FileError("'nodes' and 'wires' should be lists.")
    if len(raw_nodes) > MOST or len(raw_wires) > MOST:
        raise FileError(f"at most {MOST:,} nodes and wires can be pasted at once.")
    nodes: dict[str, Node] = {}
    for number, raw in enumerate(raw_nodes, 1):
        record, _ = read(NodeRecord, raw, f"node {number}", report)
        if record is not None:
            params, _ = read_params(record.params, f"node {number}", report)
            nodes[record.id] = Node(
                record.id, record.kind, params, record.title, record.position, record.comment
            )
    wires: dict[tuple[str, str], Wire] = {}
    for raw in raw_wires:
        parts = read_wire(raw, "the clipboard", report)
        if parts and parts[0] in nodes and parts[2] in nodes:
            wires[parts[2], parts[3]] = Wire(*parts)
        else:
            report.left_out(f"the wire {reprlib.repr(raw)} ends at no node")
    if report.lost or len(nodes) < len(raw_nodes):
        raise FileError(report.notes[0] if report.notes else "two nodes have the same id.")
    return list(nodes.values()), list(wires.values())
