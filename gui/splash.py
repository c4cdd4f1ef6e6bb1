"""The picture that is on screen while PyTorch is loaded."""

from __future__ import annotations

from itertools import pairwise

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QGuiApplication, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QApplication, QWidget

from gui import theme

__all__ = ["Splash"]

#: Columns of a network whose wires cross like threads on a loom.
_COLUMNS = (3, 4, 4, 2)


class Splash(QWidget):
    """A small window without a frame: the name, a woven network, and what is being done."""

    def __init__(self) -> None:
        super().__init__(None, Qt.WindowType.SplashScreen | Qt.WindowType.FramelessWindowHint)
        self.setAccessibleName("Torchloom")
        self._text = ""
        self._done = 0.0
        self.resize(520, 300)
        screen = QGuiApplication.primaryScreen()
        if screen is not None:
            self.move(screen.availableGeometry().center() - self.rect().center())

    def say(self, text: str, done: float) -> None:
        """Say what is being done, and which share of all is done; painted at once."""
        self._text, self._done = text, done
        self.repaint()
        QApplication.processEvents()

    def paintEvent(self, event: QPaintEvent) -> None:
        look = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), QColor(look.canvas))
        painter.setPen(QColor(look.border))
        painter.drawRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5))
        self._paint_weave(painter)
        font = QFont(self.font())
        font.setPointSizeF(26)
        font.setWeight(QFont.Weight.DemiBold)
        painter.setFont(font)
        painter.setPen(QColor(look.text))
        painter.drawText(QPointF(36, 216), "Torchloom")
        painter.setFont(self.font())
        painter.setPen(QColor(look.muted))
        painter.drawText(QPointF(38, 246), self._text)
        painter.fillRect(QRectF(0, self.height() - 4, self.width(), 4), QColor(look.raised))
        done = QRectF(0, self.height() - 4, self.width() * self._done, 4)
        painter.fillRect(done, QColor(look.accent))
        painter.end()

    def _paint_weave(self, painter: QPainter) -> None:
        look = theme.current()
        columns = [
            [QPointF(60 + 132 * x, 96 + (y - (count - 1) / 2) * 38) for y in range(count)]
            for x, count in enumerate(_COLUMNS)
        ]
        for x, (left, right) in enumerate(pairwise(columns)):
            for i, start in enumerate(left):
                for j, end in enumerate(right):
                    color = QColor(look.series[(i + x) % len(look.series)])
                    color.setAlpha(190 if i == j else 60)
                    painter.setPen(QPen(color, 1.6 if i == j else 1.0))
                    path = QPainterPath(start)
                    path.cubicTo(start + QPointF(60, 0), end - QPointF(60, 0), end)
                    painter.drawPath(path)
        painter.setPen(QPen(QColor(look.canvas), 2))
        for x, column in enumerate(columns):
            for i, place in enumerate(column):
                painter.setBrush(QColor(look.series[(i + x) % len(look.series)]))
                painter.drawEllipse(place, 7, 7)
