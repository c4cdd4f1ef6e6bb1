"""Nodes and the wires among them as text, for copy and paste within and between windows.

The networks that the nodes stand for go with them.
"""

from __future__ import annotations

import reprlib
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from weakref import WeakKeyDictionary

from graph.blocks import check_block
from graph.carrying import carried_in, networks_behind
from graph.document import Network, Node, Project, Wire
from graph.drawing import Frame, Point
from graph.drawing_records import drawing_record, frame_record, read_bends, read_frames
from graph.edits import AddNode, Batch, Edit, PutFrame, RestoreWire, renamed_uses
from graph.errors import DocumentError, FileError
from graph.files import check_counts, fill, graph_record, parse
from graph.layout import layout, natural_key
from graph.records import NodeRecord, Report, read, read_params, read_wire, to_json

__all__ = ["FORMAT", "copy", "paste"]

FORMAT = "torchloom-nodes"
VERSION = 1
#: How far from the original a copy lands, in scene pixels, where no place is given.
OFFSET = 30.0
MOST = 10_000
MOST_NETWORKS = 1_000

#: What is copied within a project stays linked to its networks, whatever becomes of them.
_origins: WeakKeyDictionary[Project, str] = WeakKeyDictionary()


def copy(network: Network, node_ids: Iterable[str], frame_ids: Iterable[str] = ()) -> str:
    """Return the text of nodes, of the wires among them and of the networks they stand for.

    Frames go along if they are named. The order of ids does not matter.
    """
    frames = [frame_record(network.drawing.frame(i)) for i in sorted(set(frame_ids))]
    project = network.project or Project()
    ids = sorted(set(node_ids), key=natural_key)
    wires = [w for i in ids for w in network.wires_in(i).values() if w.source in ids]
    names = networks_behind(project, (network.node(i) for i in ids))
    networks = [{"name": name, **graph_record(project.networks[name])} for name in names]
    content = {
        "format": FORMAT,
        "version": VERSION,
        **({"origin": _origin(project), "networks": networks} if networks else {}),
        "nodes": [_record(network.node(i)) for i in ids],
        "wires": [[w.source, w.source_port, w.target, w.target_port] for w in wires],
        **drawing_record(network, ids),
        **({"frames": frames} if frames else {}),
    }
    return layout(content)


def _origin(project: Project) -> str:
    return _origins.setdefault(project, secrets.token_hex(16))


def _record(node: Node) -> dict[str, Any]:
    return {
        "id": node.id,
        "kind": node.kind,
        "params": {name: to_json(value) for name, value in node.params.items()},
        "title": node.title,
        "position": list(node.position),
        "comment": node.comment,
        **({"collapsed": True} if node.collapsed else {}),
        **({"pinned": True} if node.pinned else {}),
    }


def paste(
    network: Network, text: str, at: tuple[float, float] | None = None
) -> tuple[Edit, list[str]]:
    """Return the edit that adds the nodes in `text`, and the ids they will have.

    The top left of the group goes to the scene position `at`; without one, a little below and to
    the right of where it was copied. Networks that the project lacks are added; one of the same
    name with other content comes under a new name.

    Raises
    ------
    FileError
        If the text is not one that :func:`copy` has written.
    DocumentError
        If a block would hold the network that it is pasted into.
    """
    project = network.project or Project()
    try:
        clip = _read(text)
        linked = bool(clip.origin) and clip.origin == _origins.get(project)
        added, names = carried_in(project, clip.guests, linked=linked)
    except FileError as error:
        raise FileError(f"The clipboard holds no nodes: {error}") from error
    nodes = clip.nodes
    blocks = [node for node in nodes if node.kind == "Block"]
    named = [str(node.params.get("network")) for node in blocks]
    for name in dict.fromkeys([*named, *networks_behind(clip.guests, blocks)]):
        if names.get(name, name) in project.networks:
            check_block(project, network.name, name)
    ids = {node.id: network.fresh_id() for node in nodes}
    corners = [*(node.position for node in nodes), *(f.position for f in clip.frames)]
    left, top = min(x for x, _ in corners), min(y for _, y in corners)
    x, y = at if at is not None else (left + OFFSET, top + OFFSET)

    def moved(place: Point) -> Point:
        return (place[0] - left + x, place[1] - top + y)

    edits: list[Edit] = [*added]
    for node in nodes:
        params = renamed_uses(node.params, names)
        new = replace(node, id=ids[node.id], params=params, position=moved(node.position))
        edits.append(AddNode(network.name, new))
    for wire, points in clip.wires.items():
        ends = Wire(ids[wire.source], wire.source_port, ids[wire.target], wire.target_port)
        edits.append(RestoreWire(network.name, ends, tuple(map(moved, points))))
    for frame in clip.frames:
        held = tuple(ids[i] for i in frame.held if i in ids)
        new_frame = replace(
            frame, id=network.drawing.fresh_id(), position=moved(frame.position), held=held
        )
        edits.append(PutFrame(network.name, new_frame))
    return Batch(tuple(edits)), list(ids.values())


@dataclass
class _Clip:
    """What a text holds: `guests` is a project of the networks that come along."""

    nodes: list[Node]
    wires: Mapping[Wire, Sequence[Point]]
    frames: list[Frame]
    guests: Project
    origin: str


def _read(text: str) -> _Clip:
    report = Report()
    content = parse(text, report)
    if content.get("format") != FORMAT or content.get("version") != VERSION:
        raise FileError("it was not copied from a canvas of this version.")
    raw_nodes, raw_wires = content.get("nodes"), content.get("wires")
    if not isinstance(raw_nodes, list) or not isinstance(raw_wires, list):
        raise FileError("'nodes' and 'wires' should be lists.")
    frames = read_frames(content.get("frames", []), "the clipboard", report)
    if not raw_nodes and not frames:
        raise FileError("it is empty.")
    if len(raw_nodes) > MOST or len(raw_wires) > MOST:
        raise FileError(f"at most {MOST:,} nodes and wires can be pasted at once.")
    nodes: dict[str, Node] = {}
    for number, raw in enumerate(raw_nodes, 1):
        record, _ = read(NodeRecord, raw, f"node {number}", report)
        if record is not None:
            params, _ = read_params(record.params, f"node {number}", report)
            nodes[record.id] = record.node(record.id, params)
    wires: dict[tuple[str, str], Wire] = {}
    bends = read_bends(content.get("bends", []), "the clipboard", report)
    for raw in raw_wires:
        parts = read_wire(raw, "the clipboard", report)
        if parts and parts[0] in nodes and parts[2] in nodes:
            wires[parts[2], parts[3]] = Wire(*parts)
        else:
            report.left_out(f"the wire {reprlib.repr(raw)} ends at no node")
    guests = _read_networks(content.get("networks", []), report)
    if report.lost or len(nodes) < len(raw_nodes):
        raise FileError(report.notes[0] if report.notes else "two nodes have the same id.")
    dots = {
        w: bends.get((w.source, w.source_port, w.target, w.target_port), ()) for w in wires.values()
    }
    return _Clip(list(nodes.values()), dots, frames, guests, str(content.get("origin", "")))


def _read_networks(raw: object, report: Report) -> Project:
    """Return a project of the networks that come along with nodes."""
    guests = Project()
    if not isinstance(raw, list) or len(raw) > MOST_NETWORKS:
        raise FileError(f"'networks' should be a list of at most {MOST_NETWORKS:,}.")
    check_counts(raw)
    for each in raw:
        name = each.get("name") if isinstance(each, dict) else None
        try:
            guests.check_network_name(name if isinstance(name, str) else "")
        except DocumentError as error:
            raise FileError(f"a network that comes along cannot be read. {error}") from error
        network = Network(str(name), guests)
        guests.add_network(network)
        fill(network, each, guests, report)
    return guests
