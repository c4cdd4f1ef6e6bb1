"""What a network says: chances as bars, pictures, numbers, words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui import theme
from gui.colors import mix

__all__ = ["Bars", "Pictures", "Strip"]

Array = NDArray[Any]


class Bars(QWidget):
    """A bar per class or number, as many as there is room for."""

    ROW = 27

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rows: list[tuple[str, float]] = []
        self._chances = True
        self.best = -1
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(150, 60)
        theme.changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(260, 180)

    def show_chances(self, names: Sequence[str], chances: Array) -> None:
        """Show the probability of each class."""
        self._chances = True
        self._show(names, chances)
        self.best = int(np.argmax(np.nan_to_num(chances))) if len(chances) else -1

    def show_numbers(self, names: Sequence[str], numbers: Array) -> None:
        """Show numbers, those below zero to the left."""
        self._chances = False
        self._show(names, numbers)
        self.best = -1

    def _show(self, names: Sequence[str], values: Array) -> None:
        numbers = np.asarray(values, float).ravel().tolist()
        self.rows = [
            (names[i] if i < len(names) else str(i + 1), number) for i, number in enumerate(numbers)
        ]
        said = [f"{name} {self._text(number)}" for name, number in self.rows[:20]]
        self.setAccessibleDescription(", ".join(said))
        self.update()

    def _text(self, number: float) -> str:
        return f"{number:.1%}" if self._chances else f"{number:.4g}"

    def shown(self) -> list[int]:
        """Return the rows that are drawn: all, or the likeliest or first that there is room for."""
        fits = max(1, self.height() // 17)
        if len(self.rows) <= fits:
            return list(range(len(self.rows)))
        if not self._chances:
            return list(range(fits))
        return sorted(range(len(self.rows)), key=lambda i: -self.rows[i][1])[:fits]

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        shown = self.shown()
        if shown:
            self._paint(painter, shown)
        painter.end()

    def _paint(self, painter: QPainter, shown: list[int]) -> None:
        metrics = painter.fontMetrics()
        row = min(self.height() / len(shown), self.ROW)
        names = max(metrics.horizontalAdvance(self.rows[i][0]) for i in shown)
        left = min(names, self.width() // 3) + 10
        right = max(metrics.horizontalAdvance(self._text(self.rows[i][1])) for i in shown) + 10
        room = max(self.width() - left - max(right, 56), 20)
        finite = [abs(self.rows[i][1]) for i in shown if np.isfinite(self.rows[i][1])]
        largest = 1.0 if self._chances else max(finite, default=0.0) or 1.0
        signed = any(self.rows[i][1] < 0 for i in shown)
        for place, i in enumerate(shown):
            self._paint_row(painter, i, place * row, row, left, room, largest, signed)

    def _paint_row(
        self,
        painter: QPainter,
        index: int,
        top: float,
        row: float,
        left: int,
        room: float,
        largest: float,
        signed: bool,
    ) -> None:
        look = theme.current()
        name, number = self.rows[index]
        best = index == self.best
        metrics = painter.fontMetrics()
        painter.setPen(QColor(look.text if best or not self._chances else look.muted))
        cut = metrics.elidedText(name, Qt.TextElideMode.ElideRight, left - 8)
        middle = int(Qt.AlignmentFlag.AlignVCenter)
        painter.drawText(QRectF(0, top, left - 8, row), middle, cut)
        track = QRectF(left, top + row * 0.22, room, row * 0.56)
        path = QPainterPath()
        path.addRoundedRect(track, 3, 3)
        painter.fillPath(path, QColor(mix(look.border, look.panel, 0.55)))
        share = min(abs(number) / largest, 1.0) if np.isfinite(number) else 0.0
        start, width = track.x(), track.width() * share
        if signed:
            width /= 2
            start = track.center().x() - (width if number < 0 else 0)
        color = look.accent if best or not self._chances else mix(look.accent, look.raised, 0.55)
        painter.setClipPath(path)
        painter.fillRect(QRectF(start, track.y(), max(width, 1.0), track.height()), QColor(color))
        painter.setClipping(False)
        painter.setPen(QColor(look.text if best or not self._chances else look.muted))
        place = QRectF(left + room + 8, top, self.width() - left - room - 8, row)
        painter.drawText(place, middle, self._text(number))


class Pictures(QWidget):
    """Pictures side by side, each with its name, as large as there is room for."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.images: list[tuple[str, QImage]] = []
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(120, 80)
        theme.changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(360, 180)

    def show_images(self, images: Sequence[tuple[str, QImage]]) -> None:
        """Show pictures with their names."""
        self.images = list(images)
        self.setAccessibleDescription(", ".join(name for name, _ in self.images))
        self.update()

    def places(self) -> list[QRect]:
        """Return where each picture is drawn."""
        count, line = len(self.images), self.fontMetrics().height() + 4
        if not any(name for name, _ in self.images):
            line = 0
        gap = 12 if line else 4
        if not count:
            return []
        image = self.images[0][1]
        across = (self.width() - gap * (count - 1)) // count
        size = image.size().scaled(
            max(across, 1), max(self.height() - line, 1), Qt.AspectRatioMode.KeepAspectRatio
        )
        return [
            QRect(i * (size.width() + gap), line, size.width(), size.height()) for i in range(count)
        ]

    def paintEvent(self, event: QPaintEvent) -> None:
        look = theme.current()
        painter = QPainter(self)
        for (name, image), place in zip(self.images, self.places(), strict=True):
            smooth = image.width() > place.width()
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
            painter.drawImage(place, image)
            if name:
                painter.setPen(QColor(look.muted))
                metrics = painter.fontMetrics()
                cut = metrics.elidedText(name, Qt.TextElideMode.ElideRight, place.width())
                head = QRect(place.x(), 0, place.width(), place.y())
                painter.drawText(head, int(Qt.AlignmentFlag.AlignVCenter), cut)
        painter.end()


class Strip(Pictures):
    """A row of small pictures without names: the way from one example to another."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMinimumSize(120, 56)

    def sizeHint(self) -> QSize:
        return QSize(360, 60)
