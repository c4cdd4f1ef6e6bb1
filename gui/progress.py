"""Progress of a training in the tool bar: epoch, speed, time left."""

from __future__ import annotations

import math
from collections.abc import Mapping

from PySide6.QtWidgets import QProgressBar, QVBoxLayout, QWidget

from gui.panels.parts import Line
from gui.workspace import Workspace

__all__ = ["ProgressStrip", "duration"]


def duration(seconds: float) -> str:
    """Return a time as ``45 s``, ``3 min 20 s``, ``2 h 5 min``."""
    whole = max(0, math.ceil(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


class ProgressStrip(QWidget):
    """A line of text over a thin bar."""

    def __init__(self, workspace: Workspace, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self.text = Line()
        self.bar = QProgressBar(textVisible=False)
        self.bar.setProperty("role", "run")
        self.bar.setRange(0, 1000)
        self.bar.setAccessibleName(self.tr("Progress of the training"))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(10, 2, 10, 2)
        layout.setSpacing(3)
        layout.addStretch(1)
        layout.addWidget(self.text)
        layout.addWidget(self.bar)
        layout.addStretch(1)
        workspace.polled.connect(self.refresh)
        workspace.session_changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Show how far the session is."""
        session = self._workspace.session
        self.bar.setVisible(session is not None)
        if session is None:
            self.text.setText("")
            return
        progress = session.telemetry.progress
        self.bar.setValue(round(1000 * progress.fraction))
        words = self._state()
        if progress.epochs:
            epoch = min(progress.epoch, progress.epochs)
            words.append(self.tr("epoch {0}/{1}").format(epoch, progress.epochs))
        if progress.examples_per_second > 0:
            speed = round(progress.examples_per_second)
            words.append(self.tr("{0:,} examples/s").format(speed))
        if self._workspace.training and math.isfinite(progress.seconds_left):
            words.append(self.tr("{0} left").format(duration(progress.seconds_left)))
        tip = " · ".join(words)
        if session.outcome is not None and session.outcome.test:
            graph = session.project.training
            metrics = sum(graph.kind(node.id).family == "metric" for node in graph)
            words = [*self._state(), self._test(session.outcome.test, metrics), *words[1:2]]
        text = " · ".join(words)
        self.text.setText(text)
        self.text.setToolTip(tip)

    def _test(self, values: Mapping[str, float], metrics: int) -> str:
        """Say the test part's first metric, or what was minimised where there is no metric.

        Losses come first, what was minimised before all others; then so many metrics.
        """
        name = [*values, "loss"][len(values) - metrics if metrics else 0]
        spaced = name.replace("_", " ")
        return self.tr("test {0} {1:.4g}").format(spaced, values.get(name, math.nan))

    def _state(self) -> list[str]:
        session = self._workspace.session
        words = {
            "LOADING": self.tr("Loading data"),
            "PAUSED": self.tr("Paused"),
            "STOPPED": self.tr("Stopped"),
            "FINISHED": self.tr("Finished"),
            "FAILED": self.tr("Failed"),
        }
        return [words[session.state.name]] if session and session.state.name in words else []
