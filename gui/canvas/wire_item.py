"""A wire on the canvas: a plain path item, so that painting one runs no Python."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainterPath
from PySide6.QtWidgets import QGraphicsPathItem

from graph.document import Wire
from gui.canvas.node_item import NodeItem, Paper

__all__ = ["WireItem", "curve", "through"]

#: Radius of the corners of a wire that goes back to the left, in scene pixels.
CORNER = 14.0


class WireItem(QGraphicsPathItem):
    """The curve of one wire; it moves only when one of its two nodes does."""

    def __init__(self, wire: Wire, source: NodeItem, target: NodeItem, paper: Paper) -> None:
        super().__init__()
        self.wire = wire
        self.source = source
        self.target = target
        self.paper = paper
        self.selected = False
        self.hovered = False
        #: The points that it goes through, in scene pixels.
        self.dots: tuple[QPointF, ...] = ()
        #: Whether it is on a way from the inputs to the selected node.
        self.on_path = False
        #: The point half way along, and how far it reaches from left to right, in scene pixels.
        self.middle = QPointF()
        self.span = 0.0
        self.setZValue(-1)
        source.wires.append(self)
        target.wires.append(self)
        source.wired.add((False, wire.source_port))
        target.wired.add((True, wire.target_port))
        self.follow()
        self.restyle()

    def detach(self) -> None:
        """Let go of the nodes."""
        for item in (self.source, self.target):
            item.wires.remove(self)
            item.wired = {
                (item is other.target, port)
                for other in item.wires
                for port in [
                    other.wire.target_port if item is other.target else other.wire.source_port
                ]
            }
            item.update()

    def follow(self) -> None:
        """Draw the curve anew between the two ports."""
        start, end = self.ends()
        self.erase_label()
        if self.dots and self.source.box is None and self.target.box is None:
            self.setPath(through([start, *self.dots, end]))
            a, b = max(pairwise([start, *self.dots, end]), key=lambda ab: ab[1].x() - ab[0].x())
            self.middle, self.span = (a + b) / 2, b.x() - a.x()
            self.erase_label()
            return
        lane = self._lane(start, end)
        self.setPath(curve(start, end, lane, _row(self.target, self.wire.target_port, True)))
        self.middle = (start + end) / 2
        self.span = end.x() - start.x()
        if self.path().elementCount() > 4:  # it goes back to the left, along a lane
            self.middle.setY(lane)
            self.span = -self.span
        self.erase_label()

    def ends(self) -> tuple[QPointF, QPointF]:
        """Return where it leaves and where it arrives, in scene pixels."""
        return (
            self.source.port_point(self.wire.source_port, False),
            self.target.port_point(self.wire.target_port, True),
        )

    def _lane(self, start: QPointF, end: QPointF) -> float:
        """Return the height at which the wire would go back to the left: above the lower card.

        Wires to different ports of a card take lanes of their own.
        """
        goes_down = end.y() > start.y()
        lower, port = (
            (self.target, self.wire.target_port)
            if goes_down
            else (self.source, self.wire.source_port)
        )
        lane = lower.pos().y() - 26.0 - 10.0 * _row(lower, port, goes_down)
        upper = min(start.y(), end.y())
        return lane if lane > upper + 2 * CORNER else (start.y() + end.y()) / 2

    def restyle(self) -> None:
        """Take the pen that fits the state."""
        look = self.paper.look
        spot = self.source.card.spot(self.wire.source_port, False)
        if self.selected:
            pen = look.wire_selected
        elif self.hovered:
            pen = look.wire_hover
        elif self.wire.target_port in self.target.content.problem_ports:
            pen = look.wire_error
        elif self.source.selected or self.target.selected:
            pen = look.wire_lit
        elif self.on_path:
            pen = look.wire_path
        elif spot is not None and spot.port.carries == "optimizer":
            pen = look.wire_optimizer
        else:
            pen = look.wire
        if pen is not self.pen():
            self.setPen(pen)

    def distance(self, point: QPointF) -> float:
        """Return how far a scene point is from the curve, in scene pixels."""
        return min(_distance(point, a, b) for a, b in pairwise(self.polyline()))

    def polyline(self) -> list[QPointF]:
        """Return points along the curve, near enough for hit tests."""
        path = self.path()
        steps = max(8, min(64 + 16 * len(self.dots), int(path.length() / 12)))
        return [path.pointAtPercent(i / steps) for i in range(steps + 1)]

    def erase_label(self) -> None:
        """Have the place repainted where the view writes the shape onto the wire."""
        if self.scene() is not None:
            self.scene().update(QRectF(self.middle.x() - 90, self.middle.y() - 12, 180, 24))


def _row(item: NodeItem, port: str, is_input: bool) -> int:
    """Return the place of a port among those on its side of the card."""
    names = [spot.port.name for spot in item.card.spots if spot.is_input == is_input]
    return names.index(port) if port in names else 0


def curve(start: QPointF, end: QPointF, lane: float | None = None, row: int = 0) -> QPainterPath:
    """Return a curve that leaves to the right and arrives from the left.

    A wire back to the left, as from the end of one row to the start of the next, takes the lane
    between the rows, at the height `lane`; `row` is the place of its port among those of the card.
    """
    across = end.x() - start.x()
    path = QPainterPath(start)
    if across < 0 and abs(end.y() - start.y()) > 4 * CORNER:
        _through_lane(path, start, end, (start.y() + end.y()) / 2 if lane is None else lane, row)
        return path
    reach = max(24.0, min(abs(across) * 0.5, 180.0))
    if across < 0:
        reach = min(max(60.0, -across * 0.5), 260.0)
    path.cubicTo(start + QPointF(reach, 0), end - QPointF(reach, 0), end)
    return path


def through(stops: Sequence[QPointF]) -> QPainterPath:
    """Return a smooth curve through points; it leaves to the right and arrives from the left."""
    right = QPointF(1, 0)
    ways = [right, *(_way(a, b, c) for a, b, c in zip(stops, stops[1:], stops[2:], strict=False))]
    ways.append(right)
    path = QPainterPath(stops[0])
    for i, (a, b) in enumerate(pairwise(stops)):
        reach = 0.4 * math.hypot(b.x() - a.x(), b.y() - a.y())
        path.cubicTo(a + ways[i] * reach, b - ways[i + 1] * reach, b)
    return path


def _way(before: QPointF, at: QPointF, after: QPointF) -> QPointF:
    """Return the direction in which a curve passes a point: level, unless it turns round there."""
    if before.x() < at.x() < after.x():
        return QPointF(1, 0)
    if before.x() > at.x() > after.x():
        return QPointF(-1, 0)
    along = after - before
    length = math.hypot(along.x(), along.y())
    return along / length if length else QPointF(1, 0)


def _through_lane(path: QPainterPath, start: QPointF, end: QPointF, y: float, row: int) -> None:
    """Add a line with round corners: right, to the lane, left along it, to the end's height."""
    right, left = start.x() + 24.0, end.x() - 24.0 - 7.0 * row
    for x, first, last, turn in ((right, start.y(), y, 1), (left, y, end.y(), -1)):
        down = math.copysign(CORNER, last - first)
        path.lineTo(x - turn * CORNER, first)
        path.quadTo(x, first, x, first + down)
        path.lineTo(x, last - down)
        path.quadTo(x, last, x - turn * CORNER, last)
    path.lineTo(end)


def _distance(p: QPointF, a: QPointF, b: QPointF) -> float:
    """Return the distance of a point from a line segment."""
    along, across = b - a, p - a
    length = along.x() ** 2 + along.y() ** 2
    t = (across.x() * along.x() + across.y() * along.y()) / length if length else 0.0
    t = min(1.0, max(0.0, t))
    return math.hypot(across.x() - t * along.x(), across.y() - t * along.y())
