"""A plot in the theme's colours, without pyqtgraph's own menus and buttons."""

from __future__ import annotations

from typing import Any

import pyqtgraph as pg
from PySide6.QtGui import QColor

from gui import theme

__all__ = ["Plot"]


class Plot(pg.PlotWidget):
    """A plot that follows the theme; what it draws is its subclass's or its owner's."""

    def __init__(self, **items: Any) -> None:
        super().__init__(enableMenu=False, **items)
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
