"""Rows of things that can be added: family colour and glyph, name, and a line of help."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from gui import icons, theme
from gui.canvas.building import Choice

__all__ = ["CHOICE", "ChoiceDelegate"]

#: The role under which a model holds its :class:`Choice`.
CHOICE = Qt.ItemDataRole.UserRole + 1
Index = QModelIndex | QPersistentModelIndex


class ChoiceDelegate(QStyledItemDelegate):
    """Paints a choice in one line, or in two with the help under the name."""

    def __init__(self, parent: object, two_lines: bool) -> None:
        super().__init__(parent)
        self._two_lines = two_lines

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """Rows are as high as their lines."""
        if index.data(CHOICE) is None:
            return QSize(100, 28)
        return QSize(100, 40 if self._two_lines else 27)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Draw a row; a row without a choice is the head of a family."""
        choice = index.data(CHOICE)
        look = theme.current()
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        rect = QRectF(option.rect).adjusted(2, 1, -2, -1)
        state = option.state
        if state & QStyle.StateFlag.State_Selected or state & QStyle.StateFlag.State_MouseOver:
            chosen = bool(state & QStyle.StateFlag.State_Selected)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(look.selection if chosen else look.hover))
            painter.drawRoundedRect(rect, 5, 5)
        if choice is None:
            self._paint_family(painter, rect, option, index)
        else:
            self._paint_choice(painter, rect, option, choice)
        painter.restore()

    def _paint_family(
        self, painter: QPainter, rect: QRectF, option: QStyleOptionViewItem, index: Index
    ) -> None:
        look = theme.current()
        family = str(index.data(CHOICE + 1))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(look.family(family)))
        painter.drawRoundedRect(QRectF(rect.left() + 22, rect.center().y() - 5, 10, 10), 3, 3)
        opened = bool(option.state & QStyle.StateFlag.State_Open)
        arrow = QRectF(rect.left() + 4, rect.center().y() - 6, 12, 12)
        icons.draw(painter, "down" if opened else "right", arrow, look.muted, 2.6)
        font = QFont(option.font)
        font.setWeight(QFont.Weight.DemiBold)
        painter.setFont(font)
        painter.setPen(QColor(look.text))
        _write(painter, rect.adjusted(40, 0, -34, 0), str(index.data()))
        painter.setFont(option.font)
        painter.setPen(QColor(look.muted))
        right = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
        painter.drawText(rect.adjusted(0, 0, -12, 0), right, str(index.model().rowCount(index)))

    def _paint_choice(
        self, painter: QPainter, rect: QRectF, option: QStyleOptionViewItem, choice: Choice
    ) -> None:
        look = theme.current()
        kind = choice.kind
        inset = 0 if self._two_lines else 12
        glyph = QRectF(rect.left() + 8 + inset, rect.center().y() - 8, 16, 16)
        drawing = icons.family_drawing(kind.family, kind.name)
        icons.draw(painter, drawing, glyph, look.family(kind.family))
        text = rect.adjusted(34 + inset, 0, -8, 0)
        painter.setPen(QColor(look.text))
        if not self._two_lines:
            painter.setFont(option.font)
            _write(painter, text, choice.name)
            return
        top, below = text.adjusted(0, 3, 0, -18), text.adjusted(0, 19, 0, -2)
        small = QFont(option.font)
        small.setPointSizeF(option.font.pointSizeF() * 0.88)
        font = QFont(option.font)
        font.setWeight(QFont.Weight.DemiBold)
        painter.setFont(font)
        painter.drawText(top, _MIDDLE, choice.name)
        painter.setFont(small)
        painter.setPen(QColor(look.muted))
        right = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
        painter.drawText(top, right, kind.family)
        doc = " ".join(kind.doc.split())
        elided = QFontMetrics(small).elidedText(
            doc, Qt.TextElideMode.ElideRight, int(below.width())
        )
        painter.drawText(below, _MIDDLE, elided)


def _write(painter: QPainter, room: QRectF, text: str) -> None:
    """Write one line, cut at its end where there is no room for it."""
    metrics = painter.fontMetrics()
    cut = metrics.elidedText(text, Qt.TextElideMode.ElideRight, int(room.width()) + 1)
    painter.drawText(room, _MIDDLE, cut)


_MIDDLE = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
