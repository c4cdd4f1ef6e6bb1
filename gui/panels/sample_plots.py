"""Plots of predictions: truth against prediction, and what a plane of two inputs gives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor

from gui import theme
from gui.panels.plot import Plot
from runtime.chances import chances_of

if TYPE_CHECKING:
    from runtime.telemetry import Samples

__all__ = ["Scatter", "Surface"]

Array = NDArray[Any]


class Scatter(Plot):
    """Truth against prediction; what is right lies on the line."""

    def __init__(self) -> None:
        self._line = pg.InfiniteLine(pos=(0, 0), angle=45)
        self.points = pg.ScatterPlotItem(size=7)
        super().__init__()
        self.addItem(self._line, ignoreBounds=True)
        self.addItem(self.points)
        self.setLabel("bottom", self.tr("truth"))
        self.setLabel("left", self.tr("prediction"))

    def show_pairs(self, truth: Array, prediction: Array) -> None:
        """Show a point per example."""
        self.points.setData(np.asarray(truth, float), np.asarray(prediction, float))

    def dress(self) -> None:
        super().dress()
        look = theme.current()
        self._line.setPen(pg.mkPen(look.muted))
        color = QColor(look.accent)
        color.setAlpha(190)
        self.points.setBrush(color)
        self.points.setPen(None)


class Surface(Plot):
    """What a network of two inputs gives all over its plane, with the examples upon it."""

    def __init__(self) -> None:
        self.image = pg.ImageItem()
        self.points = pg.ScatterPlotItem(size=12)
        super().__init__()
        self.addItem(self.image)
        self.addItem(self.points)
        self.getViewBox().setAspectLocked(True)

    def show_samples(self, samples: Samples) -> None:
        """Show the surface of these samples, row 0 at the bottom, and the examples upon it."""
        values = np.asarray(samples.surface)
        values = values if values.ndim == 3 else values[..., None]
        left, right, bottom, top = samples.bounds
        chances = chances_of(values, samples.loss_kind)
        self.image.setImage(self._colored(chances), axisOrder="row-major")
        self.image.setRect(QRectF(left, bottom, right - left, top - bottom))
        look = theme.current()
        points = np.concatenate(
            [np.reshape(a, (len(a), -1)) for a in samples.inputs.values()], axis=1
        ).astype(float)
        target = np.zeros(len(points)) if samples.target is None else samples.target
        numbers = np.asarray(target, dtype=float).reshape(len(points)).round().astype(int)
        colors = [QColor(look.series[int(n) % len(look.series)]) for n in numbers]
        self.points.setData(
            points[:, 0], points[:, 1], brush=colors, pen=pg.mkPen("#ffffff", width=2)
        )

    def _colored(self, values: Array) -> Array:
        """Return (H, W, 3) colours: class colours mixed by probability over the background."""
        look = theme.current()
        ground = np.array(QColor(look.field).getRgb()[:3], float)
        if values.shape[-1] == 1:
            values = np.concatenate([1 - values, values], axis=-1)
        palette = np.array(
            [
                QColor(look.series[i % len(look.series)]).getRgb()[:3]
                for i in range(values.shape[-1])
            ],
            float,
        )
        mixed = np.clip(values, 0, 1) @ palette
        return (0.5 * ground + 0.5 * mixed).clip(0, 255).astype(np.ubyte)
