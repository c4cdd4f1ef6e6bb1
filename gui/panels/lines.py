"""The curves of a chart, painted in one go, and the view that makes room for them.

While Python paints, a training in another thread waits for the interpreter. So a frame has one item
for all curves instead of pyqtgraph's two or three for each, in pixels of the view; and the view
keeps its range while what grows still fits, so that axes are laid out now and then only.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QGraphicsItem

from gui.panels.buckets import Floats

__all__ = ["Box", "Lines", "Points", "Range"]

Points = tuple[Floats, Floats]
Range = tuple[float, float]

#: Room at the two ends of an axis, as parts of what is shown: always, and while curves grow.
_PAD = 0.03
_AHEAD = ((_PAD, 0.25), (0.1, 0.1))
#: A view that is filled by less than this part is drawn in.
_FILLED = 0.6


class Box(pg.ViewBox):
    """A view that shows all of `extent`, which is None for an axis without points."""

    def __init__(self, extent: Callable[[], tuple[Range | None, Range | None]]) -> None:
        super().__init__(enableMenu=False)
        self._extent = extent
        #: Whether there is more to come: then the view is changed seldom, and leaves some room.
        self.growing = False

    def updateAutoRange(self) -> None:
        """Make room for everything along the axes that nobody has zoomed."""
        if self._updatingRange:
            return
        self._updatingRange = True
        try:
            following, shown = self.autoRangeEnabled(), self.viewRange()
            wanted: dict[str, Range] = {}
            for axis, extent in enumerate(self._extent()):
                if following[axis] and extent is not None:
                    room = self._room(axis, shown[axis], extent)
                    if room != tuple(shown[axis]):
                        wanted["xRange" if axis == 0 else "yRange"] = room
            if wanted:
                self.setRange(**wanted, padding=0.0, disableAutoRange=False)
        finally:
            self._autoRangeNeedsUpdate = False
            self._updatingRange = False

    def _room(self, axis: int, shown: Range, extent: Range) -> Range:
        low, high = extent
        if low == high:
            half = abs(low) / 2 or 0.5
            return low - half, high + half
        left, right = shown
        size, before, after = high - low, _PAD, _PAD
        if self.growing:
            edge = 0.01 * size  # a dot at the very end is seen whole
            inside = left <= low - edge and high + edge <= right
            if inside and size >= _FILLED * (right - left):
                return left, right
            before, after = _AHEAD[axis]
        return low - before * size, high + after * size


class Lines(QGraphicsItem):
    """Lies over a view; its `paint_on` draws there, in pixels of the view."""

    def __init__(self, box: Box, paint_on: Callable[[Lines, QPainter], None]) -> None:
        super().__init__(box)
        self._box, self._paint_on = box, paint_on
        self._area = box.rect()
        box.sigResized.connect(self._resize)

    def _resize(self, *_: object) -> None:
        self.prepareGeometryChange()
        self._area = self._box.rect()

    def boundingRect(self) -> QRectF:
        return self._area

    def shape(self) -> QPainterPath:
        """Nothing: the mouse goes to the view."""
        return QPainterPath()

    def paint(self, painter: QPainter, option: object, widget: object = None) -> None:
        painter.setClipRect(self._area)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_on(self, painter)

    # -- for who paints -----------------------------------------------------------------------

    def line(self, painter: QPainter, points: Points, pen: QPen) -> None:
        """Draw points joined by a line, which has a gap where one is not a number."""
        x, y = self._mapped(points)
        painter.setPen(pen)
        known = np.isfinite(y)
        if known.all():
            painter.drawPolyline(pg.functions.arrayToQPolygonF(x, y))
            return
        ends = np.flatnonzero(np.diff(known)) + 1
        for xs, ys in zip(np.split(x, ends), np.split(y, ends), strict=True):
            if np.isfinite(ys[0]):
                painter.drawPolyline(pg.functions.arrayToQPolygonF(xs, ys))

    def dots(self, painter: QPainter, points: Points, radius: float) -> None:
        """Draw a dot of so many pixels at each point, with the painter's brush."""
        for x, y in zip(*self._mapped(points), strict=True):
            if math.isfinite(y):
                painter.drawEllipse(QPointF(x, y), radius, radius)

    def _mapped(self, points: Points) -> Points:
        x, y = points
        (left, right), (bottom, top) = self._box.viewRange()
        width, height = self._area.width(), self._area.height()
        return (x - left) * (width / (right - left)), (top - y) * (height / (top - bottom))
