"""A picture that is drawn with the mouse, for a network to look at."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui import theme
from gui.panels.pictures import image_of

__all__ = ["Canvas"]

Array = NDArray[Any]

#: The longer side of a canvas as it is drawn on, in pixels, where pictures are smaller.
_FINE = 280


class Canvas(QWidget):
    """A picture of the network's size that can be drawn on with the mouse.

    Parameters
    ----------
    shape
        Of the picture: channels (1 or 3), height, width.
    bounds
        The numbers that are black and white.
    paper
        What an empty picture is, from 0 for black to 1 for white.
    """

    changed = Signal()

    def __init__(
        self,
        shape: tuple[int, ...],
        bounds: tuple[float, float] = (0.0, 1.0),
        paper: float = 0.0,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._channels, self._height, self._width = shape
        self._bounds = bounds
        grey = round(255 * paper)
        self._paper = QColor(grey, grey, grey)
        self.ink = QColor("#ffffff" if paper < 0.5 else "#000000")
        #: The width of the brush, as a share of the picture's longer side.
        self.brush = 0.09
        self._fine = max(1, _FINE // max(self._height, self._width))
        self._exact: Array | None = None
        self._last: QPointF | None = None
        self._image = QImage()
        self._wipe()
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(96, 96)
        self.setAccessibleName(self.tr("Drawing"))
        self.setToolTip(self.tr("Draw with the mouse, or drop a picture here"))
        theme.changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(190, 190)

    # -- the picture --------------------------------------------------------------------------

    def clear(self) -> None:
        """Begin anew with empty paper."""
        self._wipe()
        self.changed.emit()

    def _wipe(self) -> None:
        self._exact = None
        size = QSize(self._width * self._fine, self._height * self._fine)
        self._image = QImage(size, QImage.Format.Format_RGB32)
        self._image.fill(self._paper)
        self.update()

    def array(self) -> Array:
        """Return the picture (1, C, H, W), as its numbers are in the data."""
        if self._exact is not None:
            return self._exact
        small = self._image.scaled(
            self._width,
            self._height,
            Qt.AspectRatioMode.IgnoreAspectRatio,
            Qt.TransformationMode.SmoothTransformation,
        ).convertToFormat(QImage.Format.Format_RGB888)
        rows = np.frombuffer(small.constBits(), np.uint8).reshape(self._height, -1)
        pixels = rows[:, : 3 * self._width].reshape(self._height, self._width, 3)
        parts = pixels[..., : self._channels].transpose(2, 0, 1).astype(np.float32)[None]
        if self._channels == 1 and self.ink.saturation():
            parts = pixels.mean(axis=2, dtype=np.float32)[None, None]
        low, high = self._bounds
        return np.asarray(low + parts / np.float32(255) * (high - low), np.float32)

    def show_array(self, array: Array) -> None:
        """Show a picture (C, H, W); it is given exactly as it is, until it is drawn upon."""
        image = image_of(array, *self._bounds).convertToFormat(QImage.Format.Format_RGB32)
        self._image = image.scaled(self._width * self._fine, self._height * self._fine)
        self._exact = np.asarray(array, np.float32)[None]
        self.update()

    # -- drawing ------------------------------------------------------------------------------

    def paper_rect(self) -> QRect:
        """Return where in the widget the picture is."""
        room = self.rect().adjusted(1, 1, -1, -1)
        aspect = QSize(self._width, self._height)
        size = aspect.scaled(room.size(), Qt.AspectRatioMode.KeepAspectRatio)
        rect = QRect(0, 0, size.width(), size.height())
        rect.moveCenter(room.center())
        return rect

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._last = self._on_paper(event.position())
            self._stroke(self._last, self._last)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._last is not None:
            here = self._on_paper(event.position())
            self._stroke(self._last, here)
            self._last = here

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._last = None

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.clear()
        else:
            super().keyPressEvent(event)

    def _on_paper(self, place: QPointF) -> QPointF:
        rect = self.paper_rect()
        scale = self._image.width() / max(rect.width(), 1)
        return (place - QPointF(rect.topLeft())) * scale

    def _stroke(self, start: QPointF, end: QPointF) -> None:
        painter = QPainter(self._image)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        width = self.brush * max(self._image.width(), self._image.height())
        cap, join = Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin
        painter.setPen(QPen(self.ink, max(width, 1.0), Qt.PenStyle.SolidLine, cap, join))
        if start == end:
            painter.drawPoint(start)
        else:
            painter.drawLine(start, end)
        painter.end()
        self._exact = None
        self.update()
        self.changed.emit()

    def paintEvent(self, event: QPaintEvent) -> None:
        look = theme.current()
        painter = QPainter(self)
        rect = self.paper_rect()
        smooth = self._exact is None or self._image.width() > rect.width()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
        painter.drawImage(rect, self._image)
        painter.setPen(QColor(look.accent if self.hasFocus() else look.border))
        painter.drawRect(rect.adjusted(-1, -1, 0, 0))
        painter.end()
