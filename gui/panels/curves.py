"""Charts of curves that grow while they are looked at.

A :class:`Curve` keeps every point in :class:`~gui.panels.buckets.Buckets`; a :class:`Chart` draws
what its picture can show of them, so a frame costs the same for a thousand points and a million.
"""

from __future__ import annotations

import math

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPointF, Qt, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from gui import theme
from gui.colors import mix
from gui.panels.buckets import Buckets, Floats, smooth
from gui.panels.lines import Box, Lines, Points, Range
from gui.panels.parts import FlowLayout
from gui.panels.plot import Axis, Plot

__all__ = ["Chart", "Curve", "EpochAxis"]

#: With no more points than this, a curve shows a dot at each.
DOTS = 25


class Curve:
    """One line of a chart: its points, the same smoothed, and what is drawn of them."""

    def __init__(self, name: str, label: str, steps_per_epoch: int) -> None:
        self.name = name
        self.label = label
        #: Whether it has a value at every step, or one at the end of each epoch.
        self.every_step = False
        self._per_epoch = steps_per_epoch
        self.visible = True
        self.color = "#888888"
        self.raw = Buckets()
        self.smoothed = Buckets()
        self._state = (0.0, 0.0)
        self._weight = 0.0
        #: The points that are drawn, and those drawn faintly behind them.
        self.drawn = self.shade = _NOTHING
        self.dress(self.color)

    def append(self, x: Floats, y: Floats) -> None:
        """Add points at the end."""
        if not len(self.raw) and len(x):
            self.set_density(float(x[0]))
        self.raw.append(x, y)
        if self._weight:
            values, self._state = smooth(np.asarray(y, dtype=float), self._weight, self._state)
            self.smoothed.append(x, values)

    def set_density(self, first: float) -> None:
        """Tell from the first step whether there is a value at every step: epochs end elsewhere."""
        self.every_step = self._per_epoch > 1 and first % self._per_epoch != 0
        if not self.every_step:
            self._weight = 0.0
        self.dress(self.color)

    def set_smoothing(self, weight: float) -> None:
        """Smooth with another weight of the past; 0 shows the points as they are."""
        if weight == self._weight or (len(self.raw) and not self.every_step):
            return
        self._weight = weight
        self.smoothed = Buckets()
        values, self._state = smooth(self.raw.y, weight, (0.0, 0.0))
        if weight:
            self.smoothed.append(self.raw.x, values)

    @property
    def shown(self) -> Buckets:
        """What is drawn in full colour."""
        return self.smoothed if self._weight else self.raw

    def dress(self, color: str) -> None:
        """Draw in another colour."""
        self.color = color
        faint = mix(color, theme.current().field, 0.32)
        # Wider pens cost a hundred times as much on long curves.
        self._pen = pg.mkPen(color, width=1 if self.every_step else 1.6)
        self._faint = pg.mkPen(faint, width=1)
        self._brush = pg.mkBrush(color)

    def take(self, left: float, right: float, points: int, log: bool) -> None:
        """Take up what lies between two x with about so many points."""
        self.drawn = self.shade = _NOTHING
        if self.visible:
            self.drawn = _scaled(self.shown.between(left, right, points), log)
            if self._weight > 0:
                self.shade = _scaled(self.raw.between(left, right, points), log)

    def paint_shade(self, lines: Lines, painter: QPainter) -> None:
        """Paint the points behind a smoothed curve."""
        if len(self.shade[0]):
            lines.line(painter, self.shade, self._faint)

    def paint(self, lines: Lines, painter: QPainter) -> None:
        """Paint the curve."""
        if not len(self.drawn[0]):
            return
        lines.line(painter, self.drawn, self._pen)
        if not self.every_step and len(self.raw) <= DOTS:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self._brush)
            lines.dots(painter, self.drawn, 3.0)


_NOTHING: Points = (np.empty(0), np.empty(0))


def _scaled(points: Points, log: bool) -> Points:
    """Return points with the logarithm of their values, not a number where there is none."""
    if not log:
        return points
    x, y = points
    return x, np.log10(y, out=np.full(len(y), np.nan), where=y > 0)


class EpochAxis(Axis):
    """An axis of steps whose marks are the ends of epochs; zoomed in, it counts steps."""

    def __init__(self) -> None:
        super().__init__("bottom")
        self._steps_per_epoch = 0

    @property
    def steps_per_epoch(self) -> int:
        """How many steps lie between two marks; below 1 it counts steps."""
        return self._steps_per_epoch

    @steps_per_epoch.setter
    def steps_per_epoch(self, steps: int) -> None:
        if steps != self._steps_per_epoch:
            self._steps_per_epoch = steps
            self.lay_out()

    def tickValues(self, minVal: float, maxVal: float, size: float) -> list[tuple[float, list]]:  # noqa: N803
        per = self.steps_per_epoch
        if per < 1 or maxVal - minVal < per:
            return super().tickValues(minVal, maxVal, size)
        room = max(size / 70, 1)
        stride = _round_number((maxVal - minVal) / per / room) * per
        first = math.ceil(minVal / stride)
        count = int((maxVal - first * stride) // stride) + 1
        return [(stride, [(first + i) * stride for i in range(max(count, 0))])]

    def tickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:
        per = self.steps_per_epoch
        if per >= 1 and spacing >= per:
            return [f"{value / per:,.0f}" for value in values]
        return [f"{value:,.0f}" if value >= 0 else "" for value in values]


def _round_number(at_least: float) -> int:
    """Return the first of 1, 2, 5, 10, 20, 50, ... that is not below `at_least`."""
    if at_least <= 1:
        return 1
    power = 10 ** int(math.log10(at_least))
    return next(int(f * power) for f in (1, 2, 5, 10) if f * power >= at_least)


class _LegendEntry(QCheckBox):
    """A curve's name and value, in its colour; unticked, the curve is hidden.

    Its size is fixed, so that another value does not lay out the window anew.
    """

    def __init__(self, curve: Curve) -> None:
        super().__init__(curve.label)
        self.curve = curve
        self._longest = 0
        self.setChecked(True)
        self.setProperty("role", "legend")

    def dress(self) -> None:
        color = self.curve.color
        self.setStyleSheet(
            f"QCheckBox::indicator {{ width: 10px; height: 10px; border-radius: 3px;"
            f" border: 1px solid {color}; background: transparent; image: none; }}"
            f"QCheckBox::indicator:checked {{ background: {color}; image: none; }}"
        )
        self._longest = 0

    def show_value(self, value: float | None) -> None:
        """Show a value behind the name."""
        text = self.curve.label + ("" if value is None else f"  {_short(value)}")
        if len(text) > self._longest:
            self._longest = max(len(text), len(self.curve.label) + 8)
            self.setText(text.ljust(self._longest, "0"))
            self.setFixedSize(self.sizeHint())
        self.setText(text)


def _short(value: float) -> str:
    if not math.isfinite(value):
        return str(value)
    return f"{value:.4f}" if 0.001 <= abs(value) < 1000 or value == 0 else f"{value:.3e}"


def _ends(arrays: list[Floats]) -> Range | None:
    known = [array[np.isfinite(array)] for array in arrays]
    known = [array for array in known if len(array)]
    if not known:
        return None
    return min(float(a.min()) for a in known), max(float(a.max()) for a in known)


class Chart(QWidget):
    """A plot with a title, a legend that shows values, and a line under the mouse."""

    hovered = Signal(object)  # x, or None

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.curves: dict[str, Curve] = {}
        self._entries: dict[str, _LegendEntry] = {}
        self._log = False
        self._stale = True
        self._hover: float | None = None
        self.axis = EpochAxis()
        self._box = Box(self._extent)
        self.plot = Plot(axisItems={"bottom": self.axis}, viewBox=self._box)
        if title:
            self.plot.setAccessibleName(title)
        self.plot.setMinimumHeight(80)
        self._lines = Lines(self._box, self._paint)
        self._cursor = pg.InfiniteLine(angle=90, movable=False)
        self._cursor.hide()
        self.plot.addItem(self._cursor, ignoreBounds=True)
        self.plot.viewport().installEventFilter(self)
        self._box.sigRangeChanged.connect(self._ranged)
        self._box.sigResized.connect(self._ranged)
        self.title = QLabel(title)
        self.title.setProperty("role", "chart-title")
        self._legend = QWidget()
        FlowLayout(self._legend, spacing=10)
        head = QHBoxLayout()
        head.setContentsMargins(8, 0, 8, 0)
        head.setSpacing(14)
        head.addWidget(self.title)
        head.addWidget(self._legend, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addLayout(head)
        layout.addWidget(self.plot, 1)
        theme.changed.connect(self.dress)
        self.dress()

    # -- curves -------------------------------------------------------------------------------

    def add(self, curve: Curve) -> None:
        """Add a curve; its colour is the next of the theme's."""
        self.curves[curve.name] = curve
        entry = _LegendEntry(curve)
        entry.toggled.connect(lambda on, curve=curve: self._set_visible(curve, on))
        self._entries[curve.name] = entry
        self._legend.layout().addWidget(entry)
        self.dress()

    def clear(self) -> None:
        """Remove all curves."""
        for entry in self._entries.values():
            self._legend.layout().removeWidget(entry)
            entry.deleteLater()
        self.curves.clear()
        self._entries.clear()
        self.follow()

    def set_log(self, on: bool) -> None:
        """Use a logarithmic scale for the values, or a plain one."""
        self._log = on
        self.plot.setLogMode(y=on)
        self.follow()
        self.draw()

    def set_smoothing(self, weight: float) -> None:
        """Smooth the curves that have a value at every step."""
        for curve in self.curves.values():
            curve.set_smoothing(weight)
        self.draw()

    def follow(self) -> None:
        """Show everything, and go on to as curves grow."""
        self._box.enableAutoRange()

    def draw(self, growing: bool = False) -> None:
        """Draw what the picture can show; while curves grow, with room for more."""
        self._stale = True
        self._box.growing = growing
        self._box.queueUpdateAutoRange()
        self._lines.update()
        self._show_values()

    def _ranged(self, *_: object) -> None:
        self._stale = self._stale or not self._box.autoRangeEnabled()[0]
        self._lines.update()

    def _take(self) -> None:
        """Take up the points to draw, once for all that asks for them."""
        if not self._stale:
            return
        self._stale = False
        left, right = -math.inf, math.inf
        if not self._box.autoRangeEnabled()[0]:
            left, right = self._box.viewRange()[0]
        points = max(2 * int(self._box.width()), 400)
        for curve in self.curves.values():
            curve.take(left, right, points, self._log)

    def _extent(self) -> tuple[Range | None, Range | None]:
        """The smallest and largest of what is drawn, along both axes."""
        self._take()
        drawn = [p for curve in self.curves.values() for p in (curve.drawn, curve.shade)]
        return _ends([x for x, _ in drawn]), _ends([y for _, y in drawn])

    def _paint(self, lines: Lines, painter: QPainter) -> None:
        self._take()
        for curve in self.curves.values():
            curve.paint_shade(lines, painter)
        for curve in self.curves.values():
            curve.paint(lines, painter)

    def _set_visible(self, curve: Curve, on: bool) -> None:
        curve.visible = on
        self.draw()

    # -- values under the mouse -----------------------------------------------------------------

    def eventFilter(self, watched: object, event: QEvent) -> bool:
        if event.type() == QEvent.Type.MouseMove:
            self._move(event.position())  # type: ignore[attr-defined]
        elif event.type() == QEvent.Type.Leave:
            self.hovered.emit(None)
        elif event.type() == QEvent.Type.MouseButtonDblClick:
            self.follow()
            self.draw()
        return False

    def hover(self, x: float | None) -> None:
        """Show the values at `x`; None shows the latest."""
        self._hover = x
        self._cursor.setVisible(x is not None and bool(self.curves))
        if x is not None:
            self._cursor.setValue(x)
        self._show_values()

    def _move(self, position: QPointF) -> None:
        scene = self.plot.mapToScene(position.toPoint())
        box = self.plot.getViewBox()
        if box.sceneBoundingRect().contains(scene):
            x = box.mapSceneToView(scene).x()
            self.hovered.emit(x)

    def _show_values(self) -> None:
        for name, curve in self.curves.items():
            shown = curve.shown
            x = math.inf if self._hover is None else self._hover
            self._entries[name].show_value(shown.at(x) if curve.visible and len(shown) else None)

    # -- looks --------------------------------------------------------------------------------

    def dress(self) -> None:
        """Take the colours of the theme in use."""
        look = theme.current()
        self.plot.getPlotItem().getAxis("left").setWidth(52)
        self._cursor.setPen(pg.mkPen(look.muted, width=1, style=Qt.PenStyle.DashLine))
        for i, curve in enumerate(self.curves.values()):
            curve.dress(look.series[i % len(look.series)])
            self._entries[curve.name].dress()
        self._lines.update()
