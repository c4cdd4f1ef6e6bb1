"""What monitors of the training graph show, each drawn by its kind on a card of its own."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import (
    QColor,
    QFontMetrics,
    QImage,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QFrame, QScrollArea, QWidget

from gui import theme
from gui.colors import mix, oklch
from gui.panels.pictures import image_of

if TYPE_CHECKING:
    from runtime.telemetry import Shown

__all__ = ["Board", "Card", "cards_by_kind", "class_colors"]

Array = NDArray[Any]

_GAP = 8
#: The least width and height of a card, in pixels; below that the board scrolls.
_LEAST = (230, 150)
#: How many numbers of pictures are drawn at most, all of a card together: more cannot be seen.
_DRAWN = 400_000


class Card(QWidget):
    """A title, a note at its right, and beneath them what one monitor shows."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = ""
        self.note = ""
        theme.changed.connect(self.update)

    def show_values(self, shown: Shown) -> None:
        """Show other values; the picture follows."""
        self.title = shown.title
        self.take(shown)
        self.setAccessibleName(self.title)
        self.setAccessibleDescription(self.note)
        self.update()

    def take(self, shown: Shown) -> None:
        """Keep what is to be drawn, as cheap to draw as can be, and set the note."""
        raise NotImplementedError

    def draw(self, painter: QPainter, body: QRect) -> None:
        """Draw into `body`."""
        raise NotImplementedError

    def body(self) -> QRect:
        """The rectangle beneath the title."""
        return self.rect().adjusted(12, self.fontMetrics().height() + 14, -12, -10)

    def paintEvent(self, event: QPaintEvent) -> None:
        look = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(look.border)))
        painter.setBrush(QColor(look.raised))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 7, 7)
        self._draw_head(painter)
        body = self.body()
        if body.width() > 8 and body.height() > 8:
            painter.setClipRect(body.adjusted(-1, -1, 1, 1))
            self.draw(painter, body)
        painter.end()

    def _draw_head(self, painter: QPainter) -> None:
        look = theme.current()
        head = QRect(12, 7, self.width() - 24, self.fontMetrics().height())
        font = self.font()
        font.setWeight(font.Weight.DemiBold)
        title_width = min(QFontMetrics(font).horizontalAdvance(self.title) + 12, head.width())
        _write(painter, self.note, head.adjusted(title_width, 0, 0, 0), look.muted, right=True)
        painter.setFont(font)
        _write(painter, self.title, head, look.text)
        painter.setFont(self.font())


def _write(painter: QPainter, text: str, rect: QRect, color: str, *, right: bool = False) -> None:
    if rect.width() < 8:
        return
    painter.setPen(QColor(color))
    side = Qt.AlignmentFlag.AlignRight if right else Qt.AlignmentFlag.AlignLeft
    cut = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, rect.width())
    painter.drawText(rect, int(side | Qt.AlignmentFlag.AlignVCenter), cut)


# -- pictures -----------------------------------------------------------------------------------


class ImagesCard(Card):
    """A grid of pictures, as large as there is room for; pairs stand side by side."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        #: Rows of one picture, or of two that belong together.
        self.groups: list[list[QImage]] = []

    def take(self, shown: Shown) -> None:
        low, high = _number(shown.options, "low", 0.0), _number(shown.options, "high", 1.0)
        arrays = [_thinned(array) for array in shown.values.values()]
        self.groups = [
            [image_of(picture, low, high) for picture in row] for row in zip(*arrays, strict=False)
        ]
        size = next(iter(shown.values.values())).shape[-2:]
        text = self.tr("pairs of {0} × {1}") if len(arrays) > 1 else self.tr("{0} × {1}")
        self.note = text.format(size[1], size[0])

    def draw(self, painter: QPainter, body: QRect) -> None:
        if not self.groups:
            return
        rects = self.places(body)
        smooth = self.groups[0][0].width() > rects[0][0].width()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
        for group, places in zip(self.groups, rects, strict=False):
            for image, place in zip(group, places, strict=True):
                painter.drawImage(place, image)

    def places(self, body: QRect) -> list[list[QRect]]:
        """Return where each picture of each group is drawn, the largest that fit."""
        count, each = len(self.groups), len(self.groups[0])
        image = self.groups[0][0]
        gap = 8 if each > 1 else 4
        best = (0.0, 1)
        for columns in range(1, count + 1):
            rows = -(-count // columns)
            across = (body.width() - gap * (columns - 1)) / columns - (each - 1)
            down = (body.height() - gap * (rows - 1)) / rows
            best = max(
                best, (min(across / (each * image.width()), down / image.height()), -columns)
            )
        scale, columns = max(best[0], 0.02), -best[1] if best[1] < 0 else 1
        width, height = max(int(image.width() * scale), 1), max(int(image.height() * scale), 1)
        step = each * width + each - 1 + gap
        left = body.x() + max(0, (body.width() - columns * step + gap) // 2)
        found = []
        for i in range(count):
            row, column = divmod(i, columns)
            x, y = left + column * step, body.y() + row * (height + gap)
            found.append([QRect(x + k * (width + 1), y, width, height) for k in range(each)])
        return found


def _thinned(pictures: Array) -> Array:
    """Return pictures (n, ..., H, W) with every k-th pixel only, where there are many."""
    step = max(1, math.ceil(math.sqrt(pictures.size / _DRAWN)))
    return pictures[..., ::step, ::step]


# -- numbers ------------------------------------------------------------------------------------


class TableCard(Card):
    """A row of numbers per example, tinted by their size."""

    CELL = 64

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.values: Array = np.zeros((0, 0))
        self._texts: list[list[str]] = []

    def take(self, shown: Shown) -> None:
        found = shown.values["input"]
        self.values = np.asarray(found.reshape(len(found), -1))
        whole = self.values.dtype.kind in "iub"
        self._texts = [
            [f"{v:d}" if whole else f"{v:.3g}" for v in row] for row in self.values.tolist()
        ]
        shape = shown.options.get("shape")
        of = f"({', '.join(map(str, shape))})" if isinstance(shape, tuple) and shape else ""
        self.note = self.tr("of each example {0}").format(of) if of else ""

    def draw(self, painter: QPainter, body: QRect) -> None:
        look = theme.current()
        rows, columns = self.values.shape
        line = painter.fontMetrics().height() + 6
        fits = max(1, body.width() // self.CELL)
        shown = columns if columns <= fits else max(1, fits - 1)
        rows = min(rows, max(1, body.height() // line))
        cell = min(body.width() / min(columns, fits), 2.0 * self.CELL)
        largest = float(np.nanmax(np.abs(self.values), initial=0.0)) or 1.0
        for y in range(rows):
            for x in range(shown):
                rect = QRectF(body.x() + x * cell, body.y() + y * line, cell - 2, line - 2)
                value = float(self.values[y, x])
                color = look.error
                if math.isfinite(value):
                    part = min(abs(value) / largest, 1.0)
                    hue = look.series[0] if value >= 0 else look.series[1]
                    color = mix(hue, look.raised, 0.05 + 0.4 * part)
                painter.fillRect(rect, QColor(color))
                painter.setPen(QColor(look.text))
                painter.drawText(rect, int(Qt.AlignmentFlag.AlignCenter), self._texts[y][x])
            if shown < columns:
                rest = QRect(int(body.x() + shown * cell + 4), body.y() + y * line, self.CELL, line)
                _write(painter, f"+{columns - shown}" if y == 0 else "…", rest, look.muted)


class HistogramCard(Card):
    """How the numbers of a tensor are distributed."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.counts: Array = np.zeros(0)
        self.edges: Array = np.zeros(1)
        self._mean = math.nan

    def take(self, shown: Shown) -> None:
        self.counts, self.edges = shown.values["counts"], shown.values["edges"]
        self._mean = _number(shown.options, "mean", math.nan)
        spread = _number(shown.options, "deviation", math.nan)
        self.note = self.tr("mean {0:.3g}, deviation {1:.3g}").format(self._mean, spread)
        bad = int(_number(shown.options, "not_finite", 0))
        if bad:
            self.note = self.tr("{0:,} not finite · {1}").format(bad, self.note)

    def draw(self, painter: QPainter, body: QRect) -> None:
        look = theme.current()
        line = painter.fontMetrics().height()
        chart = QRectF(body.adjusted(0, 0, 0, -line - 4))
        most = float(self.counts.max(initial=0)) or 1.0
        width = chart.width() / max(len(self.counts), 1)
        color = QColor(look.series[0])
        for i, count in enumerate(self.counts.tolist()):
            height = chart.height() * count / most
            left, right = round(chart.x() + i * width), round(chart.x() + (i + 1) * width)
            bar = QRectF(left, chart.bottom() - height, max(right - left - 1, 1), height)
            painter.fillRect(bar, color)
        painter.fillRect(QRectF(chart.x(), chart.bottom(), chart.width(), 1), QColor(look.border))
        low, high = float(self.edges[0]), float(self.edges[-1])
        if math.isfinite(self._mean) and high > low:
            x = chart.x() + chart.width() * (self._mean - low) / (high - low)
            painter.fillRect(QRectF(x, chart.y(), 1.5, chart.height()), QColor(look.text))
        foot = QRect(body.x(), body.bottom() - line, body.width(), line)
        _write(painter, f"{low:.3g}", foot, look.muted)
        _write(painter, f"{high:.3g}", foot, look.muted, right=True)


class ScatterCard(Card):
    """Points in a plane, coloured by class or by a number."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.points: Array = np.zeros((0, 2))
        self.classes: tuple[str, ...] = ()
        #: The class of each point, or where on the scale of numbers it is, from 0 to 1.
        self.marks: Array | None = None

    def take(self, shown: Shown) -> None:
        self.points = np.asarray(shown.values["input"], float).reshape(-1, 2)
        names = shown.options.get("classes")
        self.classes = tuple(map(str, names)) if isinstance(names, tuple) else ()
        color = shown.values.get("color")
        self.marks = None
        if color is not None:
            numbers = np.nan_to_num(np.asarray(color, float).ravel())
            if not self.classes and np.asarray(color).dtype.kind in "iub":
                self.classes = tuple(str(i) for i in range(int(numbers.max(initial=0)) + 1))
            if not self.classes:
                span = float(np.ptp(numbers)) or 1.0
                numbers = (numbers - numbers.min(initial=0)) / span
            self.marks = numbers
        shares = shown.options.get("variance")
        self.note = ""
        if isinstance(shares, tuple) and len(shares) == 2:
            first, second = (float(share) for share in shares)  # type: ignore[arg-type]
            self.note = self.tr("{0:.0%} + {1:.0%} of variance").format(first, second)

    def draw(self, painter: QPainter, body: QRect) -> None:
        look = theme.current()
        legend = 0
        if self.classes and self.marks is not None:
            legend = self._draw_legend(painter, body)
        field = QRectF(body.adjusted(0, 0, -legend, 0))
        path = QPainterPath()
        path.addRoundedRect(field, 4, 4)
        painter.fillPath(path, QColor(look.field))
        spots = self._spots(field.adjusted(8, 8, -8, -8))
        radius = 3.5 if len(spots) <= 300 else 2.6
        painter.setPen(Qt.PenStyle.NoPen)
        for brush, chosen in self._brushes():
            painter.setBrush(brush)
            for x, y in spots[chosen].tolist():
                painter.drawEllipse(QPointF(x, y), radius, radius)

    def _spots(self, field: QRectF) -> Array:
        """Return the points in pixels of `field`; what is not finite goes into its middle."""
        points = np.where(np.isfinite(self.points), self.points, np.nan)
        if not len(points) or np.isnan(points).all():
            return np.full((len(points), 2), field.center().toTuple())
        low, high = np.nanmin(points, axis=0), np.nanmax(points, axis=0)
        parts = np.nan_to_num((points - low) / np.where(high > low, high - low, 1.0), nan=0.5)
        x = field.x() + parts[:, 0] * field.width()
        return np.stack((x, field.bottom() - parts[:, 1] * field.height()), axis=1)

    def _brushes(self) -> list[tuple[QColor, Array]]:
        """Return colours, each with the points that have it."""
        if self.marks is None:
            return [(_clear(theme.current().accent), np.arange(len(self.points)))]
        if self.classes:
            colors = class_colors(len(self.classes))
            return [
                (_clear(color), np.flatnonzero(self.marks == i)) for i, color in enumerate(colors)
            ]
        look = theme.current()
        bins = np.clip((self.marks * 8).astype(int), 0, 7)
        return [
            (_clear(mix(look.series[1], look.series[0], i / 7)), np.flatnonzero(bins == i))
            for i in range(8)
        ]

    def _draw_legend(self, painter: QPainter, body: QRect) -> int:
        """Draw the names of the classes at the right; return the width that they take."""
        look, metrics = theme.current(), painter.fontMetrics()
        widest = max(metrics.horizontalAdvance(name) for name in ("+999", *self.classes[:40]))
        width = min(widest + 28, body.width() // 3)
        line, left = metrics.height() + 1, body.right() - width + 10
        fits = max(1, body.height() // line)
        for i, color in enumerate(class_colors(len(self.classes))[:fits]):
            y = body.y() + i * line
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(color))
            painter.drawEllipse(QPointF(left + 4, y + line / 2), 4, 4)
            more = i == fits - 1 and len(self.classes) > fits
            name = f"+{len(self.classes) - i}" if more else self.classes[i]
            _write(painter, name, QRect(left + 14, y, width - 24, line), look.muted)
        return width


def class_colors(count: int) -> list[str]:
    """Return a colour for each of so many classes, far apart in hue."""
    look = theme.current()
    if count <= len(look.series):
        return list(look.series[:count])
    swing = 0.07
    return [
        oklch(look.lightness + (swing if i % 2 else -swing), 0.14, 360 * i / count + 20)
        for i in range(count)
    ]


def _clear(color: str) -> QColor:
    made = QColor(color)
    made.setAlpha(205)
    return made


# -- text ---------------------------------------------------------------------------------------


class TextCard(Card):
    """A paragraph per example."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.lines: list[str] = []

    def take(self, shown: Shown) -> None:
        rows = np.asarray(shown.values["input"])
        texts = shown.options.get("texts")
        self.lines = [str(text) for text in texts] if isinstance(texts, tuple) else []
        self.note = ""
        if not self.lines:
            self.lines = [" ".join(map(str, row)) for row in rows.reshape(len(rows), -1).tolist()]
            self.note = self.tr("numbers of tokens")

    def draw(self, painter: QPainter, body: QRect) -> None:
        look, y = theme.current(), body.y()
        flags = int(Qt.TextFlag.TextWordWrap) | int(Qt.AlignmentFlag.AlignTop)
        painter.setPen(QColor(look.text))
        for text in self.lines:
            room = QRect(body.x() + 10, y, body.width() - 10, body.bottom() - y)
            if room.height() < painter.fontMetrics().height():
                break
            needed = painter.boundingRect(room, flags, text)
            painter.drawText(room, flags, text)
            bar = QRectF(body.x(), y + 1, 3, min(needed.height(), room.height()) - 2)
            painter.fillRect(bar, QColor(look.border))
            y += needed.height() + 6


# -- all of them ----------------------------------------------------------------------------------


#: The card of each kind of monitor.
cards_by_kind: dict[str, type[Card]] = {
    "ShowImages": ImagesCard,
    "ShowTable": TableCard,
    "ShowHistogram": HistogramCard,
    "ShowScatter": ScatterCard,
    "ShowText": TextCard,
    "GenerateText": TextCard,
}


class Board(QScrollArea):
    """The cards of all monitors, side by side in the way that gives them the most room."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, frameShape=QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._page = QWidget()
        self._page.setProperty("role", "page")
        self.setWidget(self._page)
        self.cards: list[Card] = []
        self._of: list[tuple[str, str]] = []

    def show_all(self, shown: Sequence[Shown]) -> None:
        """Show what each monitor has; cards are made anew only when there are other monitors."""
        drawn = [one for one in shown if one.kind in cards_by_kind]
        wanted = [(one.node, one.kind) for one in drawn]
        if wanted != self._of:
            self._of = wanted
            for card in self.cards:
                card.hide()
                card.deleteLater()
            self.cards = [cards_by_kind[one.kind](self._page) for one in drawn]
            for card in self.cards:
                card.show()
            self._arrange()
        for card, one in zip(self.cards, drawn, strict=True):
            card.show_values(one)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        count, room = len(self.cards), self.viewport().size()
        if not count or room.width() < 1:
            return
        most = max(1, min(count, (room.width() + _GAP) // (_LEAST[0] + _GAP)))
        size = (room.width(), room.height())
        columns = max(range(1, most + 1), key=lambda n: (self._worth(n, *size), n))
        rows = -(-count // columns)
        height = max((room.height() - _GAP * (rows - 1)) // rows, _LEAST[1])
        self._page.resize(room.width(), rows * (height + _GAP) - _GAP)
        for i, card in enumerate(self.cards):
            row, column = divmod(i, columns)
            beside = columns if row < rows - 1 else count - columns * (rows - 1)
            width = (room.width() - _GAP * (beside - 1)) / beside
            left = round(column * (width + _GAP))
            right = round(column * (width + _GAP) + width)
            card.setGeometry(left, row * (height + _GAP), right - left, height)

    def _worth(self, columns: int, width: int, height: int) -> float:
        """Return how large a card of a usual proportion is with so many columns."""
        rows = -(-len(self.cards) // columns)
        tall = max(height / rows, _LEAST[1])
        scrolled = 1.0 if tall * rows <= height + 1 else 0.6
        return min(width / columns, 1.7 * tall) * scrolled


def _number(options: Any, name: str, otherwise: float) -> float:
    found = options.get(name)
    return float(found) if isinstance(found, int | float) else otherwise
