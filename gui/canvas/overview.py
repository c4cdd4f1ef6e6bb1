"""The canvas from afar: all cards and wires in a few calls, when single cards cannot be read."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from PySide6.QtCore import QLineF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

if TYPE_CHECKING:
    from gui.canvas.scene import CanvasScene

__all__ = ["BELOW", "Overview"]

#: Zoom below which the overview is painted instead of the items: for a large network already
#: where titles are hard to read, for a small one only where they cannot be read at all.
BELOW, BELOW_SMALL, SMALL = 1 / 3, 0.2, 300


class Overview:
    """Paints a scene as rectangles in the colours of the families, and lines between them."""

    def __init__(self, scene: CanvasScene) -> None:
        self._scene = scene
        self._revision = -1
        self._cards: dict[str, list[QRectF]] = {}
        self._marked: dict[str, list[QRectF]] = {}
        self._lines: list[QLineF] = []

    def wanted(self, zoom: float) -> bool:
        """Whether the items are too small to be painted one by one."""
        return zoom < (BELOW if len(self._scene.nodes) > SMALL else BELOW_SMALL)

    def paint(self, painter: QPainter) -> None:
        """Draw everything, in scene coordinates."""
        if self._revision != self._scene.revision:
            self._build()
            self._revision = self._scene.revision
        look = self._scene.paper.look
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        pen = QPen(QColor(look.theme.wire))
        pen.setCosmetic(True)
        painter.setPen(pen)
        for item in self._scene.frames.items.values():
            if not item.frame.collapsed:
                fill = item.color()
                fill.setAlpha(60)
                painter.fillRect(item.body(), fill)
        painter.drawLines(self._lines)
        painter.setPen(Qt.PenStyle.NoPen)
        for color, rects in self._cards.items():
            painter.setBrush(look.brush(color))
            painter.drawRects(rects)
        for item in self._scene.frames.items.values():
            if item.frame.collapsed:
                painter.fillRect(item.body(), item.color())
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for color, rects in self._marked.items():
            pen = QPen(QColor(color), 2.0)
            pen.setCosmetic(True)
            painter.setPen(pen)
            painter.drawRects(rects)

    def _build(self) -> None:
        theme = self._scene.paper.look.theme
        cards: dict[str, list[QRectF]] = {}
        marked: dict[str, list[QRectF]] = {}
        for item in self._scene.nodes.values():
            if item.box is not None:
                continue
            rect = item.scene_body()
            cards.setdefault(theme.family(item.content.family), []).append(rect)
            if item.selected:
                marked.setdefault(theme.accent, []).append(rect.adjusted(-6, -6, 6, 6))
            elif item.content.severity == "error":
                marked.setdefault(theme.error, []).append(rect.adjusted(-6, -6, 6, 6))
        self._cards, self._marked = cards, marked
        self._lines = []
        for wire in self._scene.wires.values():
            start, end = wire.ends()
            inside = wire.source.box is not None and wire.source.box is wire.target.box
            if wire.dots and wire.source.box is None and wire.target.box is None:
                self._lines += [QLineF(a, b) for a, b in pairwise([start, *wire.dots, end])]
            elif not inside:
                self._lines.append(QLineF(start, end))
