"""Arrays as pictures, and a grid of them with a caption each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QImage, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui import theme

__all__ = ["Tile", "TileGrid", "image_of"]


def image_of(array: NDArray[np.generic], low: float, high: float) -> QImage:
    """Return an array of shape (C, H, W) or (H, W) as a picture.

    `low` is drawn black and `high` white; one channel is grey, three are red, green and blue, and
    of any other number the first is shown.
    """
    values = np.asarray(array, dtype=np.float32)
    if values.ndim == 2:
        values = values[None]
    values = np.nan_to_num((values - low) / ((high - low) or 1.0))
    pixels = (values.clip(0, 1) * 255).astype(np.uint8)
    if len(pixels) == 3:
        pixels = np.ascontiguousarray(pixels.transpose(1, 2, 0))
        height, width, _ = pixels.shape
        image = QImage(pixels.data, width, height, 3 * width, QImage.Format.Format_RGB888)
    else:
        grey = np.ascontiguousarray(pixels[0])
        height, width = grey.shape
        image = QImage(grey.data, width, height, width, QImage.Format.Format_Grayscale8)
    return image.copy()  # the array's memory goes away


@dataclass(frozen=True)
class Tile:
    """A picture, or a few words in its place, with a caption beneath."""

    image: QImage | None
    caption: str
    #: A second line, quieter.
    detail: str = ""
    #: None: neither; True is marked as right, False as wrong.
    right: bool | None = None
    #: Words in place of the picture.
    text: str = ""


class TileGrid(QWidget):
    """Tiles from left to right and top to bottom. Its height follows from its width."""

    def __init__(self, size: int = 64, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._size = size
        self.tiles: Sequence[Tile] = ()
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        theme.changed.connect(self.update)

    def show_tiles(self, tiles: Sequence[Tile]) -> None:
        """Show other tiles."""
        same_number = len(tiles) == len(self.tiles)
        self.tiles = tiles
        if not same_number:
            self.updateGeometry()
        self.setAccessibleDescription(", ".join(t.caption for t in tiles[:20]))
        self.update()

    # -- geometry -----------------------------------------------------------------------------

    def _cell(self) -> QSize:
        lines = 2 if any(tile.detail for tile in self.tiles) else 1
        words = any(tile.text for tile in self.tiles)
        height = self._size if not words else 5 * self._line() + 12
        return QSize(max(self._size, 96 if not words else 168), height + lines * self._line() + 10)

    def _line(self) -> int:
        return QFontMetrics(self.font()).height()

    def _columns(self, width: int) -> int:
        return max(1, (width + 8) // (self._cell().width() + 8))

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        rows = -(-len(self.tiles) // self._columns(width))
        return max(rows, 1) * (self._cell().height() + 8)

    def sizeHint(self) -> QSize:
        width = max(self.width(), 200)
        return QSize(200, self.heightForWidth(width))

    def minimumSizeHint(self) -> QSize:
        return QSize(self._cell().width(), self._cell().height())

    def cell_rect(self, index: int) -> QRect:
        """Return where a tile is drawn."""
        columns, cell = self._columns(self.width()), self._cell()
        row, column = divmod(index, columns)
        return QRect(column * (cell.width() + 8), row * (cell.height() + 8), *cell.toTuple())

    # -- painting -----------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for index, tile in enumerate(self.tiles):
            rect = self.cell_rect(index)
            if rect.intersects(event.rect()):
                self._paint_tile(painter, tile, rect)
        painter.end()

    def _paint_tile(self, painter: QPainter, tile: Tile, rect: QRect) -> None:
        look = theme.current()
        edge = look.border if tile.right is not False else look.error
        painter.setPen(QPen(QColor(edge), 2 if tile.right is False else 1))
        painter.setBrush(QColor(look.raised))
        painter.drawRoundedRect(QRectF(rect).adjusted(1, 1, -1, -1), 6, 6)
        lines = 2 if any(t.detail for t in self.tiles) else 1
        body = rect.adjusted(6, 6, -6, -lines * self._line() - 4)
        if tile.image is not None:
            self._paint_image(painter, tile.image, body)
        elif tile.text:
            painter.setPen(QColor(look.text))
            painter.drawText(
                body, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop, tile.text
            )
        foot = QRect(rect.x() + 6, body.bottom() + 2, rect.width() - 12, self._line())
        self._paint_line(
            painter, tile.caption, foot, look.error if tile.right is False else look.text
        )
        if tile.detail:
            self._paint_line(painter, tile.detail, foot.translated(0, self._line()), look.muted)

    def _paint_image(self, painter: QPainter, image: QImage, body: QRect) -> None:
        size = image.size().scaled(body.size(), Qt.AspectRatioMode.KeepAspectRatio)
        target = QRect(body.topLeft(), size)
        target.moveCenter(body.center())
        smooth = image.width() > size.width()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
        painter.drawImage(target, image)

    def _paint_line(self, painter: QPainter, text: str, rect: QRect, color: str) -> None:
        painter.setPen(QColor(color))
        shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, rect.width())
        painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, shown)
