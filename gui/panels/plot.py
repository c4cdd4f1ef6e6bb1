"""A plot in the theme's colours, without pyqtgraph's own menus and buttons."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QCoreApplication, QRectF
from PySide6.QtGui import QColor, QPainter

from gui import theme

__all__ = ["Axis", "Plot"]


class Axis(pg.AxisItem):
    """An axis that draws itself straight onto the plot.

    pyqtgraph's plays a recorded picture, which looks every font up again: five milliseconds per
    axis and frame. What is drawn is kept as pixels, and put under curves without Python.
    """

    def __init__(self, side: str) -> None:
        self._specs: tuple[Any, ...] | None = None
        super().__init__(side)
        self.setCacheMode(self.CacheMode.DeviceCoordinateCache)

    def lay_out(self) -> None:
        """Lay marks and numbers out again: what they say has changed."""
        self.picture = None
        self.update()

    def paint(self, painter: QPainter, option: object, widget: object = None) -> None:
        """Draw line, grid and numbers; they are laid out again only when something changed."""
        painter.save()
        if self.picture is None:  # pyqtgraph's sign that something changed
            self._specs = self.generateDrawSpecs(painter)
            self.picture = _LAID_OUT
        if self._specs is not None:
            self._draw(painter, *self._specs)
        painter.restore()

    def _draw(
        self, painter: QPainter, axis: Sequence[Any], ticks: Sequence[Any], texts: Sequence[Any]
    ) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        for pen, start, end in (axis, *ticks):  # thin rectangles: a see-through pen is slow
            across, down = end.x() - start.x(), end.y() - start.y()
            painter.fillRect(QRectF(start.x(), start.y(), across or 1, down or 1), pen.color())
        painter.setPen(self.textPen())
        painter.setClipRect(self.boundingRect())
        for rect, flags, text in texts:
            painter.drawText(rect, int(flags), text)


_LAID_OUT = object()


class Plot(pg.PlotWidget):
    """A plot that follows the theme; what it draws is its subclass's or its owner's."""

    def __init__(self, **items: Any) -> None:
        axes = {side: Axis(side) for side in ("left", "bottom")} | items.pop("axisItems", {})
        super().__init__(enableMenu=False, axisItems=axes, **items)
        self.setAccessibleName(QCoreApplication.translate("Plot", "Plot"))
        self.hideButtons()
        # The menu exists all the same; without a parent it would outlive the plot.
        menu = self.getPlotItem().ctrlMenu
        menu.setParent(self, menu.windowFlags())
        theme.changed.connect(self.dress)
        self.dress()

    def dress(self) -> None:
        """Take the colours of the theme in use."""
        look = theme.current()
        self.setBackground(QColor(look.field))
        item = self.getPlotItem()
        for side in ("left", "bottom"):
            axis = item.getAxis(side)
            axis.setPen(pg.mkPen(look.border))
            axis.setTextPen(pg.mkPen(look.muted))
            axis.setStyle(tickLength=0, tickTextOffset=6)
        item.showGrid(x=True, y=True, alpha=0.18)
