"""Triples as a graph: entities, and arrows with the names of relations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import networkx as nx
from PySide6.QtCore import QLineF, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui import theme

__all__ = ["Placed", "TripleGraph", "place"]

Triple = tuple[str, str, str]
#: More would lie over each other; and how many arrows there are beside those that bring an entity.
_ENTITIES, _FURTHER = 10, 3


@dataclass(frozen=True)
class Placed:
    """Entities with their places, each within 0 and 1, and the relations between two of them."""

    places: dict[str, tuple[float, float]]
    arrows: dict[tuple[str, str], tuple[str, ...]]


def place(triples: Sequence[Triple]) -> Placed:
    """Choose some triples that hang together, and lay them out. Slow: not in the GUI thread."""
    arrows = _neighbourhood(triples)
    graph = nx.Graph(list(arrows))
    if len(graph) > 1 and nx.is_connected(graph):
        found = nx.kamada_kawai_layout(graph)
    else:
        found = nx.spring_layout(graph, seed=0)
    places = {}
    for axis in (0, 1):
        values = [float(at[axis]) for at in found.values()]
        low, high = min(values, default=0.0), max(values, default=1.0)
        for name, at in found.items():
            part = (float(at[axis]) - low) / (high - low) if high > low else 0.5
            places[name] = (*places.get(name, ()), part)
    return Placed(places, arrows)  # type: ignore[arg-type]


def _neighbourhood(triples: Sequence[Triple]) -> dict[tuple[str, str], tuple[str, ...]]:
    """Return the relations by head and tail, growing from the first triple."""
    arrows: dict[tuple[str, str], tuple[str, ...]] = {}
    seen: set[str] = set()
    waiting = list(triples)
    while waiting and len(seen) < _ENTITIES:
        # The next that leads on from what is there; where none does, the graph has another part.
        leading = (k for k, (h, _, t) in enumerate(waiting) if len({h, t} & seen) == 1)
        head, relation, tail = waiting.pop(next(leading, 0))
        arrows.setdefault((head, tail), (relation,))
        seen |= {head, tail}
    most = len(arrows) + _FURTHER
    for head, relation, tail in triples:
        if {head, tail} <= seen and ((head, tail) in arrows or len(arrows) < most):
            before = arrows.get((head, tail), ())
            arrows[head, tail] = tuple(dict.fromkeys((*before, relation)))
    return arrows


class TripleGraph(QWidget):
    """Draws triples that were laid out, as large as there is room."""

    _TIP = 8.0

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.placed = Placed({}, {})
        self.setMinimumSize(240, 200)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(self.tr("First triples as a graph"))
        theme.changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(480, 320)

    def show_graph(self, placed: Placed) -> None:
        """Show other triples."""
        self.placed = placed
        said = [f"{head} {', '.join(of)} {tail}" for (head, tail), of in placed.arrows.items()]
        self.setAccessibleDescription("; ".join(said[:20]))
        self.update()

    def entity_rect(self, name: str) -> QRectF:
        """Return where an entity is drawn."""
        metrics = self.fontMetrics()
        widest = max(map(metrics.horizontalAdvance, self.placed.places), default=0)
        widest = min(widest, 150)
        width = min(metrics.horizontalAdvance(name), 150) + 16
        height = metrics.height() + 8
        margin_x, margin_y = widest / 2 + 12, height / 2 + 6
        x, y = self.placed.places[name]
        center = QPointF(
            margin_x + x * max(self.width() - 2 * margin_x, 1),
            margin_y + y * max(self.height() - 2 * margin_y, 1),
        )
        return QRectF(center.x() - width / 2, center.y() - height / 2, width, height)

    def paintEvent(self, event: QPaintEvent) -> None:
        look = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        rects = {name: self.entity_rect(name) for name in self.placed.places}
        for head, tail in self.placed.arrows:
            beside = head != tail and (tail, head) in self.placed.arrows
            self._paint_arrow(painter, rects[head], rects[tail], beside)
        for (head, tail), relations in self.placed.arrows.items():
            self._paint_relations(painter, rects[head], rects[tail], relations)
        for name, rect in rects.items():
            painter.setPen(QPen(QColor(look.accent), 1.2))
            painter.setBrush(QColor(look.raised))
            painter.drawRoundedRect(rect, 6, 6)
            painter.setPen(QColor(look.text))
            room = int(rect.width()) - 10
            shown = painter.fontMetrics().elidedText(name, Qt.TextElideMode.ElideRight, room)
            painter.drawText(rect, int(Qt.AlignmentFlag.AlignCenter), shown)
        painter.end()

    def _paint_arrow(self, painter: QPainter, start: QRectF, end: QRectF, beside: bool) -> None:
        look = theme.current()
        painter.setPen(QPen(QColor(look.wire), 1.2))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if start == end:  # a relation of an entity to itself
            painter.drawEllipse(QRectF(start.center().x() - 12, start.top() - 18, 24, 24))
            return
        line = _between(start, end, beside)
        painter.drawLine(line)
        unit = line.unitVector()
        along = QPointF(unit.dx(), unit.dy()) * self._TIP
        across = QPointF(-along.y(), along.x()) * 0.45
        tip = line.p2()
        painter.setBrush(QColor(look.wire))
        painter.drawPolygon(QPolygonF([tip, tip - along + across, tip - along - across]))

    def _paint_relations(
        self, painter: QPainter, start: QRectF, end: QRectF, relations: Sequence[str]
    ) -> None:
        look = theme.current()
        painter.setFont(_small(self.font()))
        metrics = painter.fontMetrics()
        more = f" +{len(relations) - 1}" if len(relations) > 1 else ""
        name = metrics.elidedText(relations[0], Qt.TextElideMode.ElideRight, 120) + more
        # Nearer to the head, so that the two ways between two entities do not meet.
        line = QLineF(start.center(), end.center())
        middle = line.pointAt(0.42)
        if start == end:
            middle = QPointF(start.center().x(), start.top() - 20)
        size = QSize(metrics.horizontalAdvance(name) + 6, metrics.height())
        rect = QRectF(
            middle.x() - size.width() / 2, middle.y() - size.height() / 2, *size.toTuple()
        )
        painter.setPen(Qt.PenStyle.NoPen)
        ground = QColor(look.panel)
        ground.setAlpha(215)
        painter.setBrush(ground)
        painter.drawRoundedRect(rect, 3, 3)
        painter.setPen(QColor(look.muted))
        painter.drawText(rect, int(Qt.AlignmentFlag.AlignCenter), name)
        painter.setFont(self.font())


def _small(font: QFont) -> QFont:
    """Return a font a little smaller than another, whose size may be in points or pixels."""
    smaller = QFont(font)
    if font.pixelSize() > 0:
        smaller.setPixelSize(max(8, round(0.85 * font.pixelSize())))
    else:
        smaller.setPointSizeF(0.85 * font.pointSizeF())
    return smaller


def _between(start: QRectF, end: QRectF, beside: bool) -> QLineF:
    """Return the line from one entity's edge to another's, beside the one that leads back."""
    line = QLineF(start.center(), end.center())
    if beside and line.length() > 0:
        normal = line.normalVector().unitVector()
        line.translate(4 * normal.dx(), 4 * normal.dy())
    return QLineF(_leaving(line, start), _leaving(QLineF(line.p2(), line.p1()), end))


def _leaving(line: QLineF, rect: QRectF) -> QPointF:
    """Return where a line that begins in a rectangle leaves it."""
    across, down = line.dx(), line.dy()
    right = (rect.right() if across > 0 else rect.left()) - line.x1()
    below = (rect.bottom() if down > 0 else rect.top()) - line.y1()
    part = min(right / across if across else 9e9, below / down if down else 9e9)
    return line.pointAt(min(part, 1.0))
