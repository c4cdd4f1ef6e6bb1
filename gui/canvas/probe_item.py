"""What a probe reads from a node while it trains, drawn beneath its card."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QGraphicsRectItem, QStyleOptionGraphicsItem, QWidget

from gui.canvas.node_item import FULL, NodeItem

if TYPE_CHECKING:
    from runtime.probing import Trace

__all__ = ["ProbeItem", "points"]

HEIGHT, GAP, ROOM = 40.0, 5.0, 56.0


class ProbeItem(QGraphicsRectItem):
    """Two small curves with their last numbers: the scale of the output, that of the gradient.

    A child of the card, so that it moves with it; there is one for each node that is probed only.
    """

    def __init__(self, item: NodeItem) -> None:
        super().__init__(item)
        self.trace: Trace | None = None
        self.setPen(item.paper.look.no_pen)
        self.place()

    def place(self) -> None:
        """Stand beneath the card, which may have grown."""
        card = self.parentItem().card
        self.setRect(QRectF(0, card.height + GAP, card.width, HEIGHT))

    def show_trace(self, trace: Trace | None) -> None:
        """Show what has been seen, or that nothing has been seen yet."""
        self.trace = trace
        self.place()
        self.update()

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        """Draw frame, curves, numbers, and what is wrong."""
        paper = self.parentItem().paper
        look, trace, rect = paper.look, self.trace, self.rect().adjusted(1, 1, -1, -1)
        wrong = trace.state if trace is not None else ""
        painter.setPen(look.error_border if wrong else look.border)
        painter.setBrush(look.card)
        painter.drawRoundedRect(rect, 5, 5)
        if paper.zoom < FULL:
            return
        painter.setFont(look.small_font)
        if trace is None or not trace.steps:
            painter.setPen(look.muted)
            painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, _text("not read yet"))
            return
        half = rect.height() / 2
        rows = ((trace.activation, look.theme.series[0]), (trace.gradient, look.theme.series[1]))
        for i, (values, color) in enumerate(rows):
            row = QRectF(rect.left() + 6, rect.top() + i * half + 2, rect.width() - 12, half - 4)
            self._paint_row(painter, row, values, color, "x" if i == 0 else "∇")
        if wrong:
            words = {"dead": _text("dead"), "exploding": _text("exploding")}
            painter.setPen(QColor(look.theme.error))
            painter.drawText(
                rect.adjusted(6, 0, -ROOM, 0), Qt.AlignmentFlag.AlignCenter, words[wrong]
            )

    def _paint_row(
        self, painter: QPainter, row: QRectF, values: Sequence[float], color: str, name: str
    ) -> None:
        pen = QPen(QColor(color), 1.4)
        painter.setPen(pen)
        painter.drawPolyline(points(values, row.adjusted(0, 0, -ROOM, 0)))
        last = values[-1]
        text = f"{name} {last:.2g}" if not math.isnan(last) else f"{name} –"
        painter.setPen(self.parentItem().paper.look.text)
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(row, right, text)


def points(values: Sequence[float], box: QRectF) -> list[QPointF]:
    """Return a curve of positive numbers in a box: left to right, by the logarithm of each.

    What has no logarithm is left out. Less than a factor of 2 does not fill the height: noise would
    look like growth.
    """
    known = [(i, math.log(v)) for i, v in enumerate(values) if v > 0 and math.isfinite(v)]
    if not known:
        return []
    low, high = min(v for _, v in known), max(v for _, v in known)
    middle, reach = (low + high) / 2, max(high - low, math.log(2)) / 2
    across = box.width() / max(len(values) - 1, 1)
    return [
        QPointF(box.left() + i * across, box.center().y() - (v - middle) / reach * box.height() / 2)
        for i, v in known
    ]


def _text(words: str) -> str:
    known = {
        "not read yet": QCoreApplication.translate("Probe", "not read yet"),
        "dead": QCoreApplication.translate("Probe", "dead"),
        "exploding": QCoreApplication.translate("Probe", "exploding"),
    }
    return known[words]
