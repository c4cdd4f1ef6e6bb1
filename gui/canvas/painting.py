"""What the view paints besides the items: the grid, shapes on wires, the box of a selection."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QStaticText

from gui.canvas import hints
from gui.canvas.gestures import translated
from gui.canvas.node_item import COMMENT, FULL, NodeItem, Paper
from gui.canvas.probe_item import ProbeItem
from gui.canvas.scene import CanvasScene
from gui.canvas.style import GRID
from gui.canvas.wire_item import WireItem

if TYPE_CHECKING:
    from gui.canvas.view import CanvasView

__all__ = ["background", "overlay_items", "rubber_band", "welcome", "wire_labels"]


def background(painter: QPainter, rect: QRectF, paper: Paper) -> None:
    """Draw the canvas and its grid; lines that would lie too close are left out."""
    look = paper.look.theme
    painter.fillRect(rect, look.color("canvas"))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    if paper.zoom >= FULL:
        _lines(painter, rect, GRID, look.grid)
    if paper.zoom >= 0.15:
        _lines(painter, rect, GRID * 5, look.grid_strong)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)


def _lines(painter: QPainter, rect: QRectF, step: float, color: str) -> None:
    pen = QPen(QColor(color), 1.0)
    pen.setCosmetic(True)
    painter.setPen(pen)
    first, last = math.floor(rect.left() / step), math.ceil(rect.right() / step)
    lines = [QLineF(x * step, rect.top(), x * step, rect.bottom()) for x in range(first, last + 1)]
    first, last = math.floor(rect.top() / step), math.ceil(rect.bottom() / step)
    lines += [QLineF(rect.left(), y * step, rect.right(), y * step) for y in range(first, last + 1)]
    painter.drawLines(lines)


def wire_labels(painter: QPainter, rect: QRectF, scene: CanvasScene) -> None:
    """Write the shape onto each wire that has room for it, and comments over their cards."""
    if scene.paper.zoom < FULL or scene.analysis is None or scene.paper.fits is not None:
        return
    look = scene.paper.look
    painter.setFont(look.small_font)
    items = scene.items(rect, Qt.ItemSelectionMode.IntersectsItemBoundingRect)
    probes = [item.sceneBoundingRect() for item in items if isinstance(item, ProbeItem)]
    for item in items:
        if isinstance(item, NodeItem) and item.node.comment:
            _comment(painter, item, scene.paper)
        if not isinstance(item, WireItem) or not item.isVisible() or item.span < 90:
            continue
        text = hints.wire_text(scene, item)
        width = look.small_metrics.horizontalAdvance(text)
        if not text or item.span < width + 40:
            continue
        at = item.middle
        box = QRectF(at.x() - width / 2 - 6, at.y() - 9, width + 12, 18)
        if not any(box.intersects(probe) for probe in probes):
            _label(painter, box, text, scene.paper)


def _comment(painter: QPainter, item: NodeItem, paper: Paper) -> None:
    """Write the first line of a node's comment over its card."""
    body, look = item.scene_body(), paper.look
    line = item.node.comment.strip().partition("\n")[0]
    text = look.small_metrics.elidedText(line, Qt.TextElideMode.ElideRight, body.width() - 8)
    place = QRectF(body.left() + 4, body.top() - COMMENT + 3, body.width() - 8, COMMENT - 6)
    painter.setPen(look.muted)
    painter.drawText(place, Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine, text)


def _label(painter: QPainter, box: QRectF, text: str, paper: Paper) -> None:
    look = paper.look
    painter.setPen(look.no_pen)
    painter.setBrush(look.brush(look.theme.canvas))
    painter.drawRoundedRect(box, 5, 5)
    painter.setPen(look.muted)
    static = QStaticText(text)
    static.setTextFormat(Qt.TextFormat.PlainText)
    painter.drawStaticText(QPointF(box.left() + 6, box.top() + 2), static)


def rubber_band(painter: QPainter, rect: QRectF | None, paper: Paper) -> None:
    """Draw the box of a selection."""
    if rect is None:
        return
    accent = paper.look.theme.color("accent")
    pen = QPen(accent, 1.0)
    pen.setCosmetic(True)
    painter.setPen(pen)
    fill = QColor(accent)
    fill.setAlpha(36)
    painter.setBrush(fill)
    painter.drawRect(rect)


def overlay_items(painter: QPainter, scene: CanvasScene) -> None:
    """Draw the draft of a wire and a ghost on the overview."""
    for item in scene.drafts:
        painter.save()
        painter.translate(item.pos())
        item.paint(painter, None, None)
        painter.restore()


def welcome(view: CanvasView) -> None:
    """Say on an empty canvas how to begin."""
    look = view.canvas_scene.paper.look
    painter = QPainter(view.viewport())
    painter.setPen(look.muted)
    painter.setFont(look.title_font)
    lines = translated(
        "Empty so far.\nPress Tab or double-click to search for a layer,\n"
        "or drag one in from the palette."
    )
    painter.drawText(view.viewport().rect(), Qt.AlignmentFlag.AlignCenter, lines)
    painter.end()
