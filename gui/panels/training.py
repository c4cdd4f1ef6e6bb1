"""The training panel: curves of loss and metrics, and the controls that belong to them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import (
    QCheckBox,
    QHBoxLayout,
    QLabel,
    QSlider,
    QSplitter,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from gui.editors import NumberEdit
from gui.panels.parts import Empty, Panel, hint, tool_button
from gui.workspace import Workspace

if TYPE_CHECKING:
    from gui.panels.curves import Chart, Curve
    from runtime.telemetry import Series

__all__ = ["TrainingPanel"]

#: Milliseconds after which a panel that has been opened makes ready for a training.
_IDLE = 500


class TrainingPanel(Panel):
    """Follows the session's telemetry, or shows the curves of a run of the past.

    Charts, and the library that draws them, come when they are needed or the window is idle: the
    panel is part of a window that is to open at once.
    """

    def __init__(self, workspace: Workspace, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._stale: set[Chart] = set()
        self._workspace = workspace
        self._session: object = None
        self._read: dict[str, int] = {}
        self._per_epoch = 1
        self._split = QSplitter(Qt.Orientation.Horizontal)
        self._split.setChildrenCollapsible(False)
        #: One chart for all losses, and one for each metric.
        self.charts: dict[str, Chart] = {}
        self._spare: list[Chart] = []
        # A chart takes a while to make: not when a training has just begun.
        self._ahead = QTimer(self, singleShot=True, interval=_IDLE)
        self._ahead.timeout.connect(self._make_ahead)
        self.empty = Empty(
            self.tr("Nothing has been trained yet"),
            self.tr("Press Run, or F5. The curves appear here as they grow."),
        )
        holder = QWidget()
        self._stack = QStackedLayout(holder)
        self._stack.addWidget(self.empty)
        self._stack.addWidget(self._split)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 6, 12, 8)
        layout.setSpacing(4)
        layout.addLayout(self._controls())
        layout.addWidget(holder, 1)
        workspace.polled.connect(self.refresh)
        workspace.session_changed.connect(self.refresh)
        workspace.project_changed.connect(self.clear)
        QTimer.singleShot(0, self._ahead.start)  # idleness counts from when events are handled

    def _controls(self) -> QHBoxLayout:
        self.smoothing = QSlider(Qt.Orientation.Horizontal)
        self.smoothing.setRange(0, 99)
        self.smoothing.setValue(30)
        self.smoothing.setFixedWidth(110)
        self.smoothing.setAccessibleName(self.tr("Smoothing"))
        self.smoothing.setToolTip(self.tr("How much a point leans on those before it"))
        self.smoothing.valueChanged.connect(self._smooth)
        self.log = QCheckBox(self.tr("Log scale"))
        self.log.toggled.connect(lambda on: self.loss.set_log(on))
        self.rate = NumberEdit(whole=False)
        self.rate.setObjectName("learning-rate")
        self.rate.setEnabled(False)
        self.rate.setFixedWidth(88)
        self.rate.setAccessibleName(self.tr("Learning rate"))
        self.rate.setToolTip(self.tr("Takes effect at the next step, when Enter is pressed"))
        self.rate.editingFinished.connect(self._set_rate)
        self.rate.escaped.connect(lambda: self.rate.setModified(False))
        self.title = QLabel("")
        self.title.setProperty("role", "value")
        fit = tool_button(
            self.tr("Fit"), self._follow, self.tr("Show everything (double-click a chart)")
        )
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.title)
        row.addStretch(1)
        for text, widget in (
            (self.tr("Learning rate"), self.rate),
            (self.tr("Smoothing"), self.smoothing),
        ):
            label = hint(text)
            label.setWordWrap(False)
            row.addWidget(label)
            row.addWidget(widget)
        row.addWidget(self.log)
        row.addWidget(fit)
        return row

    @property
    def loss(self) -> Chart:
        """The chart of all losses, the first one."""
        return self.charts.get("loss") or self._chart("loss", self.tr("Loss"))

    def _chart(self, name: str, title: str) -> Chart:
        chart = self._spare.pop() if self._spare else self._new_chart()
        chart.title.setText(title)
        chart.show()
        self.charts[name] = chart
        return chart

    def _new_chart(self) -> Chart:
        from gui.panels.curves import Chart

        chart = Chart("")
        chart.hovered.connect(self._hover)
        self._split.addWidget(chart)
        return chart

    def _make_ahead(self) -> None:
        _ = self.loss
        if not self._spare and not self._workspace.training:
            self._spare.append(self._new_chart())
            self._spare[0].hide()

    def _hover(self, x: float | None) -> None:
        for chart in self.charts.values():
            chart.hover(x)

    # -- showing ------------------------------------------------------------------------------

    def clear(self) -> None:
        """Forget all curves."""
        self._read.clear()
        self._stale.clear()
        for name, chart in list(self.charts.items()):
            chart.clear()
            if name != "loss":
                del self.charts[name]
                chart.hide()
                self._spare.append(chart)
        self.title.setText("")
        self._stack.setCurrentIndex(0)

    def refresh(self) -> None:
        """Take over what the telemetry has that was not shown yet."""
        session = self._workspace.session
        if session is not self._session:
            self._session = session
            if session is not None:
                self.clear()
        running = self._workspace.training
        self.rate.setEnabled(running)
        if session is None:
            return
        progress = session.telemetry.progress
        steps = progress.steps_per_epoch or 0
        self._per_epoch = steps
        for name, series in list(session.telemetry.series().items()):
            self._take(name, series)
        if not (self.rate.hasFocus() and self.rate.isModified()):
            rate = next(iter(progress.learning_rates.values()), None)
            text = "" if rate is None else f"{rate:.4g}"
            if text != self.rate.text():
                self.rate.setText(text)
                self.rate.setCursorPosition(0)
            self.rate.setModified(False)
        if self.seen:
            self._draw(self._stale if running else self.charts.values(), growing=running)

    def show_run(self, title: str, series: Mapping[str, tuple[Any, Any]], per_epoch: int) -> None:
        """Show the curves of a run of the past, by name."""
        self.clear()
        self.title.setText(title)
        self._per_epoch = per_epoch
        for name, (x, y) in series.items():
            curve = self._curve(name)
            if curve is not None:
                curve.append(np.asarray(x, dtype=float), np.asarray(y, dtype=float))
        self._draw(self.charts.values())

    def come_up(self) -> None:
        self._draw(self.charts.values(), growing=self._workspace.training)

    def _take(self, name: str, series: Series) -> None:
        x, y = series.read(self._read.get(name, 0))
        if not len(x):
            return
        self._read[name] = self._read.get(name, 0) + len(x)
        curve = self._curve(name)
        if curve is not None:
            curve.append(x, y)
            self._stale.update(c for c in self.charts.values() if name in c.curves)

    def _curve(self, name: str) -> Curve | None:
        """Return the curve of a series; None for one that is not drawn."""
        for chart in self.charts.values():
            if name in chart.curves:
                return chart.curves[name]
        if name.startswith("epoch/"):
            return None  # the same values by epoch; the charts count in steps
        from gui.panels.curves import Curve

        split, _, metric = name.rpartition("/")
        is_loss = metric.endswith("loss")
        loss = self.loss  # made first: it stands on the left
        title = metric.replace("_", " ").capitalize()
        chart = loss if is_loss else self.charts.get(metric) or self._chart(metric, title)
        words = {"train": self.tr("train"), "validation": self.tr("valid")}
        label = words.get(split, split)
        if is_loss and metric != "loss":
            label = f"{metric.replace('_', ' ')} {label}"
        curve = Curve(name, label, self._per_epoch)
        curve.set_smoothing(self._weight())
        chart.add(curve)
        self._stack.setCurrentIndex(1)
        return curve

    def _draw(self, charts: Iterable[Chart], growing: bool = False) -> None:
        for chart in charts:
            chart.axis.steps_per_epoch = self._per_epoch
            if chart.isVisible():
                chart.draw(growing)
        self._stale.clear()

    # -- controls -----------------------------------------------------------------------------

    def _weight(self) -> float:
        value = self.smoothing.value()
        return 0.0 if value == 0 else 1 - 10 ** (-value / 33)

    def _smooth(self) -> None:
        for chart in self.charts.values():
            chart.set_smoothing(self._weight())

    def _follow(self) -> None:
        for chart in self.charts.values():
            chart.follow()
            chart.draw()

    def _set_rate(self) -> None:
        session = self._workspace.session
        if session is None or not self.rate.isModified():
            return
        self.rate.setModified(False)
        try:
            rate = float(self.rate.text())
        except ValueError:
            rate = -1.0
        if not 0 <= rate < float("inf"):
            text = self.tr("Learning rate: expected a number of at least 0, received {0!r}.")
            self._workspace.told.emit("error", text.format(self.rate.text()))
            return
        session.set_learning_rate(rate)
