"""A frame on the canvas: a titled, coloured rectangle behind nodes, or a box in their place."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen
from PySide6.QtWidgets import QGraphicsRectItem, QStyleOptionGraphicsItem, QWidget

from graph.drawing import Frame
from gui.canvas.node_item import Paper
from gui.canvas.style import Style

__all__ = ["HUES", "TITLE", "FrameItem"]

#: The height of the title; the size of a collapsed frame; the side of the corner that resizes.
TITLE, BOX, CORNER = 30.0, (180.0, 52.0), 16.0
RADIUS = 8.0
HUES = {
    "grey": "#8a8f98",
    "blue": "#4f8cd6",
    "green": "#4aa564",
    "yellow": "#c9a227",
    "orange": "#d9822b",
    "red": "#d5504f",
    "purple": "#8b6fd1",
}


class FrameItem(QGraphicsRectItem):
    """Shows one frame; what it looks like follows the document, and a gesture meanwhile."""

    def __init__(self, frame: Frame, paper: Paper) -> None:
        super().__init__()
        self.frame = frame
        self.paper = paper
        self.selected = False
        self.setPen(QPen(Qt.PenStyle.NoPen))
        self.show_frame(frame)

    def show_frame(self, frame: Frame) -> None:
        """Show another version of the frame."""
        self.frame = frame
        self.setZValue(0.5 if frame.collapsed else -3)
        self.setRect(self.body().adjusted(-4, -4, 4, 4))
        self.update()

    def body(self) -> QRectF:
        """Return the rectangle that is drawn, in scene pixels."""
        return QRectF(*self.frame.position, *(BOX if self.frame.collapsed else self.frame.size))

    def grip(self) -> QRectF:
        """Return where it is taken hold of: its title, or all of a box."""
        body = self.body()
        if self.frame.collapsed:
            return body
        return QRectF(body.x(), body.y(), body.width(), TITLE)

    def corner(self) -> QRectF:
        """Return the corner that resizes; empty for a box."""
        body = self.body()
        if self.frame.collapsed:
            return QRectF()
        return QRectF(body.right() - CORNER, body.bottom() - CORNER, CORNER, CORNER)

    def side(self, is_input: bool) -> QPointF:
        """Return where the wires of a box arrive or leave."""
        body = self.body()
        return QPointF(body.left() if is_input else body.right(), body.center().y())

    def color(self) -> QColor:
        """Return the frame's colour."""
        return QColor(HUES[self.frame.color])

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        """Draw the frame; when it is small on the screen, its title grows."""
        look, body = self.paper.look, self.body()
        if self.frame.collapsed:
            self._paint_box(painter, look, body)
            return
        fill, head = self.color(), self.color()
        fill.setAlpha(30)
        head.setAlpha(64)
        painter.setPen(look.selected_border if self.selected else QPen(self.color(), 1.0))
        painter.setBrush(fill)
        painter.drawRoundedRect(body, RADIUS, RADIUS)
        painter.setPen(look.no_pen)
        painter.setBrush(head)
        painter.drawRoundedRect(self.grip(), RADIUS, RADIUS)
        self._write(painter, look, self.grip(), self.frame.title)
        painter.setPen(QPen(self.color(), 1.5))
        end = body.bottomRight()
        for reach in (5.0, 10.0):
            painter.drawLine(end + QPointF(-reach, -3), end + QPointF(-3, -reach))

    def _paint_box(self, painter: QPainter, look: Style, body: QRectF) -> None:
        fill = self.color()
        fill.setAlpha(70)
        painter.setPen(look.no_pen)
        painter.setBrush(look.card)
        painter.drawRoundedRect(body, RADIUS, RADIUS)
        painter.setPen(look.selected_border if self.selected else QPen(self.color(), 1.4))
        painter.setBrush(fill)
        painter.drawRoundedRect(body, RADIUS, RADIUS)
        painter.drawRoundedRect(body.adjusted(-3, -3, 3, 3), RADIUS + 3, RADIUS + 3)
        self._write(painter, look, QRectF(body.x(), body.y() + 2, body.width(), 26), self.label())
        count = QCoreApplication.translate("Canvas", "%n node(s)", None, len(self.frame.held))
        painter.setFont(look.small_font)
        painter.setPen(look.muted)
        below = QRectF(body.x() + 12, body.y() + 26, body.width() - 24, 20)
        painter.drawText(below, Qt.AlignmentFlag.AlignVCenter, _counted(count, self.frame))

    def label(self) -> str:
        """Return what to call the frame."""
        return self.frame.title or QCoreApplication.translate("Canvas", "Frame")

    def _write(self, painter: QPainter, look: Style, place: QRectF, text: str) -> None:
        font = look.title_font if self.paper.zoom >= 0.6 else look.big_font
        painter.setFont(font)
        painter.setPen(look.text)
        room = place.adjusted(12, 0, -12, 0)
        shown = QFontMetricsF(font).elidedText(text, Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, shown)


def _counted(text: str, frame: Frame) -> str:
    """Return a text with ``%n node(s)`` filled in where no translation did."""
    count = len(frame.held)
    return text.replace("%n", str(count)).replace("(s)", "" if count == 1 else "s")
