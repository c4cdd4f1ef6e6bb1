"""A wire on the canvas: a plain path item, so that painting one runs no Python."""

from __future__ import annotations

import math
from itertools import pairwise

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainterPath
from PySide6.QtWidgets import QGraphicsPathItem

from graph.document import Wire
from gui.canvas.node_item import NodeItem, Paper

__all__ = ["WireItem", "curve"]


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
        start = self.source.port_point(self.wire.source_port, False)
        end = self.target.port_point(self.wire.target_port, True)
        self.erase_label()
        self.middle = (start + end) / 2
        self.span = end.x() - start.x()
        self.setPath(curve(start, end))
        self.erase_label()

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
        elif spot is not None and spot.port.carries == "optimizer":
            pen = look.wire_optimizer
        else:
            pen = look.wire
        if pen is not self.pen():
            self.setPen(pen)

    def distance(self, point: QPointF) -> float:
        """Return how far a scene point is from the curve, in scene pixels."""
        path = self.path()
        steps = max(8, min(64, int(path.length() / 12)))
        points = [path.pointAtPercent(i / steps) for i in range(steps + 1)]
        return min(_distance(point, a, b) for a, b in pairwise(points))

    def erase_label(self) -> None:
        """Have the place repainted where the view writes the shape onto the wire."""
        if self.scene() is not None:
            self.scene().update(QRectF(self.middle.x() - 90, self.middle.y() - 12, 180, 24))


def curve(start: QPointF, end: QPointF) -> QPainterPath:
    """Return a curve that leaves to the right and arrives from the left."""
    across = end.x() - start.x()
    reach = max(24.0, min(abs(across) * 0.5, 180.0))
    if across < 0:
        reach = min(max(60.0, -across * 0.5), 260.0)
    path = QPainterPath(start)
    path.cubicTo(start + QPointF(reach, 0), end - QPointF(reach, 0), end)
    return path


def _distance(p: QPointF, a: QPointF, b: QPointF) -> float:
    """Return the distance of a point from a line segment."""
    along, across = b - a, p - a
    length = along.x() ** 2 + along.y() ** 2
    t = (across.x() * along.x() + across.y() * along.y()) / length if length else 0.0
    t = min(1.0, max(0.0, t))
    return math.hypot(across.x() - t * along.x(), across.y() - t * along.y())
