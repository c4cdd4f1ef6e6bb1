"""Examples that go on in time, one beneath the other: sounds, clips, curves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui import theme

__all__ = ["Strip", "Strips", "envelope"]

Array = NDArray[Any]


@dataclass(frozen=True)
class Strip:
    """One example: what is there is drawn from left to right."""

    caption: str
    #: A second line, quieter.
    detail: str = ""
    #: Of a sound: its lowest and highest numbers from left to right, (2, n).
    wave: Array | None = None
    spectrogram: QImage | None = None
    #: Of a clip.
    frames: Sequence[QImage] = ()
    #: Of a series: (T, k).
    curve: Array | None = None


def envelope(wave: Array, most: int = 600) -> Array:
    """Return the lowest and the highest of each of up to `most` pieces of a wave (S,): (2, n)."""
    size = -(-len(wave) // most)
    starts = np.arange(0, len(wave), size)
    ends = [np.minimum.reduceat(wave, starts), np.maximum.reduceat(wave, starts)]
    return np.stack(ends)


class Strips(QWidget):
    """Strips beneath each other, their captions to the left."""

    _CAPTION = 128
    _GAP = 8

    def __init__(self, row: int = 74, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        #: The height of a strip and the gap beneath it.
        self.row = row
        self.strips: Sequence[Strip] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(self.tr("First examples"))
        theme.changed.connect(self.update)

    def show_strips(self, strips: Sequence[Strip]) -> None:
        """Show other strips."""
        self.strips = strips
        self.setFixedHeight(max(1, len(strips) * self.row))
        self.setAccessibleDescription(", ".join(strip.caption for strip in strips[:20]))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(400, len(self.strips) * self.row)

    def body(self, row: int) -> QRect:
        """Return where a strip is drawn, beside its caption."""
        left = self._CAPTION + self._GAP
        return QRect(left, row * self.row, max(self.width() - left - 2, 40), self.row - self._GAP)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        for row, strip in enumerate(self.strips):
            body = self.body(row)
            if not QRect(0, body.y(), self.width(), body.height()).intersects(event.rect()):
                continue
            self._paint_caption(painter, strip, body)
            if strip.wave is not None and strip.spectrogram is not None:
                half = (body.width() - self._GAP) // 2
                room = body.adjusted(0, 0, -half - self._GAP, 0)
                _paint_wave(painter, strip.wave, _field(painter, room))
                _paint_spectrogram(
                    painter, strip.spectrogram, body.adjusted(half + self._GAP, 0, 0, 0)
                )
            elif strip.wave is not None:
                _paint_wave(painter, strip.wave, _field(painter, body))
            elif strip.spectrogram is not None:
                _paint_spectrogram(painter, strip.spectrogram, body)
            elif strip.curve is not None:
                _paint_curve(painter, strip.curve, _field(painter, body))
            else:
                _paint_frames(painter, strip.frames, body)
        painter.end()

    def _paint_caption(self, painter: QPainter, strip: Strip, body: QRect) -> None:
        look = theme.current()
        line = painter.fontMetrics().height()
        lines = [(strip.caption, look.text), (strip.detail, look.muted)]
        top = body.center().y() - line * (2 if strip.detail else 1) // 2
        for number, (text, color) in enumerate(lines):
            painter.setPen(QColor(color))
            shown = painter.fontMetrics().elidedText(
                text, Qt.TextElideMode.ElideMiddle, self._CAPTION
            )
            place = QRect(0, top + number * line, self._CAPTION, line)
            painter.drawText(place, Qt.AlignmentFlag.AlignLeft, shown)


def _paint_spectrogram(painter: QPainter, image: QImage, body: QRect) -> None:
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    painter.drawImage(body, image)
    painter.setPen(QColor(theme.current().border))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRect(body.adjusted(0, 0, -1, -1))


def _paint_frames(painter: QPainter, images: Sequence[QImage], body: QRect) -> None:
    """Paint frames side by side, as high as the row, or as all have room."""
    if not images:
        return
    first = images[0]
    room = (body.width() - 2 * (len(images) - 1)) / len(images)
    height = min(body.height(), room * first.height() / first.width())
    width = height * first.width() / first.height()
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, first.width() > width)
    top = body.y() + (body.height() - height) / 2
    for number, image in enumerate(images):
        painter.drawImage(QRectF(body.x() + number * (width + 2), top, width, height), image)


def _field(painter: QPainter, rect: QRect) -> QRectF:
    """Paint what curves are drawn upon; return the room for them."""
    look = theme.current()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QColor(look.border))
    painter.setBrush(QColor(look.field))
    painter.drawRoundedRect(QRectF(rect).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
    return QRectF(rect).adjusted(5, 5, -5, -5)


def _paint_wave(painter: QPainter, wave: Array, room: QRectF) -> None:
    look = theme.current()
    middle, half = room.center().y(), room.height() / 2
    scale = half / max(float(np.abs(wave).max(initial=0)), 1e-6)
    xs = np.linspace(room.left(), room.right(), wave.shape[1]).tolist()
    lows, highs = (middle - scale * wave).tolist()
    painter.setPen(QPen(QColor(look.series[0]), 1))
    painter.drawLines(
        [QLineF(x, low + 0.5, x, high - 0.5) for x, low, high in zip(xs, lows, highs, strict=True)]
    )


def _paint_curve(painter: QPainter, curve: Array, room: QRectF) -> None:
    """Paint each column of a series (T, k), each within its own bounds."""
    look = theme.current()
    painter.setBrush(Qt.BrushStyle.NoBrush)
    xs = np.linspace(room.left(), room.right(), max(len(curve), 2))
    for number, column in enumerate(np.nan_to_num(curve).T[: len(look.series)]):
        low, high = float(column.min()), float(column.max())
        ys = room.bottom() - (column - low) / ((high - low) or 1.0) * room.height()
        painter.setPen(QPen(QColor(look.series[number]), 1.4))
        points = zip(xs.tolist(), ys.tolist(), strict=False)
        painter.drawPolyline(QPolygonF([QPointF(x, y) for x, y in points]))
