"""Frames and the dots of wires as parts of a project file, read leniently."""

from __future__ import annotations

import reprlib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, PlainValidator, TypeAdapter, ValidationError

from graph.drawing import COLORS, MOST_DOTS, SMALLEST, Frame, Point
from graph.errors import DocumentError
from graph.records import Coordinate, Report, Text, Word, read, read_wire

if TYPE_CHECKING:
    from graph.document import Network, Wire

__all__ = [
    "MOST_FRAMES",
    "drawing_record",
    "fill_drawing",
    "frame_record",
    "read_bends",
    "read_frames",
]

MOST_FRAMES = 10_000

Side = Annotated[Coordinate, Field(ge=SMALLEST)]


def _color(value: object) -> str:
    if value not in COLORS:
        raise ValueError(f"should be one of {', '.join(COLORS)}")
    return str(value)


class FrameRecord(BaseModel):
    """A frame as a file has it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Word
    title: Text = ""
    position: tuple[Coordinate, Coordinate] = (0.0, 0.0)
    size: tuple[Side, Side] = (SMALLEST, SMALLEST)
    color: Annotated[str, PlainValidator(_color)] = COLORS[0]
    held: tuple[Word, ...] = ()


_POINTS: TypeAdapter[list[Point]] = TypeAdapter(
    Annotated[list[tuple[Coordinate, Coordinate]], Field(min_length=1, max_length=MOST_DOTS)]
)


_VIEW: TypeAdapter[tuple[float, float, float, float]] = TypeAdapter(
    tuple[Coordinate, Coordinate, Coordinate, Annotated[Coordinate, Field(gt=0)]]
)


def drawing_record(network: Network, node_ids: Iterable[str] | None = None) -> dict[str, Any]:
    """Return the parts "frames", "bends" and "views" of a graph; what is empty is left out.

    With `node_ids`, only the dots of the wires among these nodes, and no frames.
    """
    bends = network.drawing.bends
    if node_ids is None:
        wires = [wire for wire in network.wires() if wire in bends]
        frames = sorted(network.drawing.frames.values(), key=lambda frame: frame.id)
        views = [[number, *_plain(view)] for number, view in sorted(network.drawing.views.items())]
    else:
        inside = set(node_ids)
        wires = [w for w in bends if w.source in inside and w.target in inside]
        frames, views = [], []
    parts = {
        "frames": [frame_record(frame) for frame in frames],
        "bends": sorted([*_ends(wire), *map(_plain, bends[wire])] for wire in wires),
        "views": views,
    }
    return {name: part for name, part in parts.items() if part}


def frame_record(frame: Frame) -> dict[str, Any]:
    """Return a frame's record. What is empty is left out."""
    record = {
        "id": frame.id,
        "title": frame.title,
        "position": _plain(frame.position),
        "size": _plain(frame.size),
        "color": frame.color,
        "held": list(frame.held),
    }
    return {name: value for name, value in record.items() if value}


def _ends(wire: Wire) -> list[Any]:
    return [wire.source, wire.source_port, wire.target, wire.target_port]


def _plain(point: Iterable[float]) -> list[float]:
    return [int(x) if x.is_integer() else x for x in map(float, point)]


def fill_drawing(network: Network, raw: Mapping[str, Any], where: str, report: Report) -> None:
    """Put the frames and dots in a graph's record into the network, whose wires are there."""
    for frame in read_frames(raw.get("frames", []), where, report):
        # One that is not there would hide a new node to which its id is given.
        held = tuple(node_id for node_id in frame.held if node_id in network)
        network.drawing.put_frame(replace(frame, held=held))
    for item in _listed(raw.get("views", []), f"The bookmarks of {where}", report):
        try:
            number, *view = _VIEW.validate_python(item)
            network.drawing.keep_view(int(number), (view[0], view[1], view[2]))
        except (ValidationError, DocumentError):
            report.left_out(
                f"A bookmark of {where} should be [1 to 9, x, y, zoom]; "
                f"received {reprlib.repr(item)}. It was left out."
            )
    wires = set(network.wires())
    for ends, points in read_bends(raw.get("bends", []), where, report).items():
        from graph.document import Wire

        if (wire := Wire(*ends)) in wires:
            network.drawing.bend(wire, points)
        else:
            report.left_out(f"Dots of {where} were left out: there is no wire {wire}.")


def read_frames(raw: object, where: str, report: Report) -> list[Frame]:
    """Return the frames in a list of records."""
    found: dict[str, Frame] = {}
    for number, item in enumerate(_listed(raw, f"The frames of {where}", report), 1):
        record, _ = read(FrameRecord, item, f"Frame {number} of {where}", report)
        if record is None:
            continue
        if record.id in found:
            report.left_out(f"Frame {number} of {where} has the id of another; it was left out.")
        else:
            found[record.id] = Frame(**record.model_dump())
    return list(found.values())


def read_bends(
    raw: object, where: str, report: Report
) -> dict[tuple[str, str, str, str], list[Point]]:
    """Return the dots by the ends of their wires."""
    found = {}
    for item in _listed(raw, f"The dots of {where}", report):
        ends = read_wire(item[:4] if isinstance(item, list) else item, where, report)
        if ends is None:
            continue
        try:
            found[ends] = _POINTS.validate_python(item[4:])
        except ValidationError:
            report.left_out(
                f"The dots of a wire of {where} should be [x, y] each, at most {MOST_DOTS}; "
                f"received {reprlib.repr(item[4:])}. They were left out."
            )
    return found


def _listed(raw: object, what: str, report: Report) -> list[Any]:
    if isinstance(raw, list) and len(raw) <= MOST_FRAMES:
        return raw
    report.left_out(
        f"{what} should be a list of at most {MOST_FRAMES:,}; received {reprlib.repr(raw)}."
    )
    return []
