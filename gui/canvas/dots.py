"""Reroute dots: points through which a wire goes. They are the wire's shape, and no nodes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from math import hypot
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QGraphicsPathItem

from graph.drawing import MOST_DOTS, Point
from graph.edits import Batch, BendWire, Edit
from gui.canvas.gestures import Gesture, Pointer, snapped, translated
from gui.canvas.wire_item import WireItem

if TYPE_CHECKING:
    from graph.document import Network, Wire
    from gui.canvas.scene import CanvasScene
    from gui.canvas.view import CanvasView

__all__ = [
    "DotStroke",
    "MoveDot",
    "add_dot",
    "dot_at",
    "double_click",
    "paint_dots",
    "remove_dot",
    "shifted",
]

#: Of a dot as it is drawn, and how near the pointer must come, in pixels of the screen.
RADIUS, REACH = 4.0, 9.0


def dot_at(scene: CanvasScene, point: QPointF, reach: float) -> tuple[WireItem, int] | None:
    """Return the wire and the number of the dot that is nearest, within `reach` of a point."""
    near = [
        (hypot(dot.x() - point.x(), dot.y() - point.y()), item.wire, number)
        for item in scene.wires_near(point, reach)
        for number, dot in enumerate(item.dots)
    ]
    best = min(near, key=lambda found: found[0], default=None)
    return (scene.wires[best[1]], best[2]) if best and best[0] <= reach else None


def double_click(view: CanvasView, point: QPointF) -> bool:
    """Put a dot onto the wire at a point, or take the dot there away; whether a wire was there."""
    scene = view.canvas_scene
    if (dot := dot_at(scene, point, REACH / view.zoom)) is not None:
        remove_dot(view, *dot)
        return True
    wire = scene.wire_at(point, 7.0 / view.zoom)
    if wire is not None:
        add_dot(view, wire, point)
    return wire is not None


def add_dot(view: CanvasView, item: WireItem, point: QPointF) -> bool:
    """Put a dot onto a wire, at the grid near a point; return whether it was put."""
    edit = with_dot(view.network, item, snapped(point))
    return edit is not None and view.push(edit, translated("Add a dot"))


def with_dot(network: Network, item: WireItem, point: QPointF) -> BendWire | None:
    """Return the edit that lets a wire go through one more point, where it comes by there."""
    if len(item.dots) >= MOST_DOTS:
        return None
    start, end = item.ends()
    stops = [start, *item.dots, end]
    detours = [_length(a, point) + _length(point, b) - _length(a, b) for a, b in pairwise(stops)]
    place = detours.index(min(detours))
    dots = [*item.dots[:place], point, *item.dots[place:]]
    return BendWire(network.name, item.wire, as_points(dots))


def remove_dot(view: CanvasView, item: WireItem, number: int) -> bool:
    """Take a dot away; return whether it was."""
    dots = [dot for i, dot in enumerate(item.dots) if i != number]
    edit = BendWire(view.network.name, item.wire, as_points(dots))
    return view.push(edit, translated("Remove the dot"))


def as_points(dots: Iterable[QPointF]) -> tuple[Point, ...]:
    """Return dots as the document has them."""
    return tuple((dot.x(), dot.y()) for dot in dots)


def shifted(
    network: Network, moved: Iterable[str], dx: float, dy: float, but: Iterable[Wire] = ()
) -> list[Edit]:
    """Return the edits that move the dots of the wires between moved nodes along."""
    inside, left = set(moved), set(but)
    return [
        BendWire(network.name, wire, tuple((x + dx, y + dy) for x, y in points))
        for wire, points in network.drawing.bends.items()
        if wire.source in inside and wire.target in inside and wire not in left
    ]


def _length(a: QPointF, b: QPointF) -> float:
    return hypot(b.x() - a.x(), b.y() - a.y())


def paint_dots(painter: QPainter, rect: QRectF, scene: CanvasScene) -> None:
    """Draw the dots of the wires in a part of the scene."""
    network = scene.network
    if network is None or not network.drawing.bends or scene.paper.zoom < 0.3:
        return
    look, radius = scene.paper.look, RADIUS / min(1.0, scene.paper.zoom)
    room = rect.adjusted(-radius, -radius, radius, radius)
    for wire in network.drawing.bends:
        item = scene.wires.get(wire)
        if item is None or item.source.box is not None or item.target.box is not None:
            continue
        seen = [dot for dot in item.dots if room.contains(dot)]
        if seen:
            painter.setPen(look.port_rim)
            painter.setBrush(item.pen().color())
            for dot in seen:
                painter.drawEllipse(dot, radius, radius)


class MoveDot(Gesture):
    """Drags one dot of a wire; a click without a drag selects the wire."""

    def __init__(self, view: CanvasView, item: WireItem, number: int) -> None:
        super().__init__(view)
        self._item, self._number = item, number
        self._before = item.dots

    def start(self, pointer: Pointer) -> None:
        self._from = pointer.scene
        self.scene.select((), [self._item.wire])

    def move(self, pointer: Pointer) -> None:
        dot = snapped(self._before[self._number] + pointer.scene - self._from)
        dots = list(self._before)
        dots[self._number] = dot
        self.scene.bend(self._item, dots)

    def end(self, pointer: Pointer) -> bool:
        dots = self._item.dots
        if as_points(dots) == as_points(self._before):
            return True
        edit = BendWire(self.scene.network.name, self._item.wire, as_points(dots))
        if not self.view.push(edit, translated("Move the dot")):
            self.cancel()
        return True

    def cancel(self) -> None:
        self.scene.bend(self._item, self._before)


class DotStroke(Gesture):
    """A stroke across wires: each that it crosses gets a dot there."""

    follows = False

    def start(self, pointer: Pointer) -> None:
        self._points: list[QPointF] = [pointer.scene]
        self._line = QGraphicsPathItem()
        pen = QPen(QColor(self.scene.paper.look.theme.accent), 1.5, Qt.PenStyle.DashLine)
        pen.setCosmetic(True)
        self._line.setPen(pen)
        self.scene.show_draft(self._line, 5)

    def move(self, pointer: Pointer) -> None:
        self._points.append(pointer.scene)
        path = QPainterPath(self._points[0])
        for point in self._points[1:]:
            path.lineTo(point)
        self._line.setPath(path)

    def end(self, pointer: Pointer) -> bool:
        self.move(pointer)
        self.cancel()
        edits = []
        for item in self.scene.wires.values():
            if item.isVisible() and (point := crossing(item, self._points)) is not None:
                edit = with_dot(self.scene.network, item, snapped(point))
                if edit is not None:
                    edits.append(edit)
        self.view.push(Batch(tuple(edits)), translated("Add %n dot(s)", len(edits)))
        return True

    def cancel(self) -> None:
        self.scene.drop_draft(self._line)


def crossing(item: WireItem, stroke: Sequence[QPointF]) -> QPointF | None:
    """Return where a stroke first crosses a wire."""
    xs, ys = [p.x() for p in stroke], [p.y() for p in stroke]
    box = QRectF(QPointF(min(xs), min(ys)), QPointF(max(xs), max(ys)))
    if not item.path().boundingRect().adjusted(-1, -1, 1, 1).intersects(box.adjusted(-1, -1, 1, 1)):
        return None
    line = item.polyline()
    for a, b in pairwise(stroke):
        for c, d in pairwise(line):
            if (found := _met(a, b, c, d)) is not None:
                return found
    return None


def _met(a: QPointF, b: QPointF, c: QPointF, d: QPointF) -> QPointF | None:
    """Return where two line segments meet."""
    r, s, across = b - a, d - c, c - a
    turn = r.x() * s.y() - r.y() * s.x()
    if not turn:
        return None
    t = (across.x() * s.y() - across.y() * s.x()) / turn
    u = (across.x() * r.y() - across.y() * r.x()) / turn
    return c + s * u if 0 <= t <= 1 and 0 <= u <= 1 else None
