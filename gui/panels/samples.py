"""The samples panel: what the network says of fixed validation examples while it learns."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QStackedLayout, QVBoxLayout, QWidget

from gui.panels.monitors import Board
from gui.panels.parts import Empty, Line, Panel, scrolled
from gui.panels.pictures import Tile, TileGrid, image_of
from gui.workspace import Workspace
from runtime.chances import chances_of

if TYPE_CHECKING:
    from gui.panels.sample_plots import Scatter, Surface
    from runtime.telemetry import Samples

__all__ = ["SamplesPanel", "classify"]

Array = NDArray[Any]


def classify(output: Array, target: Array | None, loss: str) -> tuple[Array, Array, Array | None]:
    """Return predicted class, its probability, and whether it is right, of raw outputs (N, C).

    With a single output, (N, 1) or (N,), the classes are 0 and 1.
    """
    chances = chances_of(np.reshape(output, (len(output), -1)), loss)
    if chances.shape[1] == 1:
        chance = chances[:, 0]
        predicted = (chance > 0.5).astype(int)
        confidence = np.where(predicted == 1, chance, 1 - chance)
    else:
        predicted = chances.argmax(axis=1)
        confidence = chances.max(axis=1)
    right = None if target is None else predicted == np.asarray(target).reshape(len(output)).round()
    return predicted, confidence, right


class SamplesPanel(Panel):
    """What monitors show or, without any, predictions: pictures, a scatter or a surface."""

    def __init__(self, workspace: Workspace, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self._shown: object = None
        self._images: dict[int, Any] = {}
        self._images_of: object = None
        self.grid = TileGrid()
        self.board = Board()
        self.empty = Empty(
            self.tr("No samples yet"),
            self.tr("While it trains, predictions on the same validation examples appear here."),
        )
        self.summary = Line()
        self.summary.setProperty("role", "value")
        self._when = Line()
        self._when.setProperty("role", "hint")
        self._when.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        holder = QWidget()
        self._stack = QStackedLayout(holder)
        page = QWidget()
        inner = QVBoxLayout(page)
        inner.setContentsMargins(0, 0, 4, 0)
        inner.addWidget(self.grid)
        inner.addStretch(1)
        for widget in (self.empty, scrolled(page), self.board):
            self._stack.addWidget(widget)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 8, 8, 8)
        layout.setSpacing(6)
        row = QHBoxLayout()
        row.addWidget(self.summary, 1)
        row.addWidget(self._when, 1)
        layout.addLayout(row)
        layout.addWidget(holder, 1)
        workspace.polled.connect(self.refresh)
        workspace.session_changed.connect(self.refresh)

    @cached_property
    def scatter(self) -> Scatter:
        """Truth against prediction. Made when it is needed, as it brings a library for plots."""
        from gui.panels.sample_plots import Scatter

        scatter = Scatter()
        self._stack.addWidget(scatter)
        return scatter

    @cached_property
    def surface(self) -> Surface:
        """What a network of two inputs gives all over its plane; made when it is needed."""
        from gui.panels.sample_plots import Surface

        surface = Surface()
        self._stack.addWidget(surface)
        return surface

    def refresh(self) -> None:
        """Show the latest samples, if the panel can be seen."""
        session = self._workspace.session
        samples = None if session is None else session.telemetry.samples
        if samples is self._shown or not self.seen:
            return
        self._shown = samples
        if samples is None:
            self._stack.setCurrentWidget(self.empty)
            self.summary.setText("")
            self._when.setText("")
            return
        self._show(samples)

    def come_up(self) -> None:
        self.refresh()

    def _show(self, samples: Samples) -> None:
        part = self.tr("validation") if samples.held_out else self.tr("training")
        when = self.tr("{0} examples, after step {1:,} in epoch {2}")
        self._when.setText(when.format(part, samples.step, samples.epoch))
        if samples.output is None:
            self._show_monitors(samples)
        elif samples.surface is not None:
            self.surface.show_samples(samples)
            self.summary.setText(self.tr("Decision surface"))
            self._stack.setCurrentWidget(self.surface)
        elif samples.classes:
            self._show_classes(samples)
            self._stack.setCurrentIndex(1)
        elif samples.target is not None and samples.output.size == samples.target.size:
            self.scatter.show_pairs(samples.target.ravel(), samples.output.ravel())
            error = float(np.abs(samples.target.ravel() - samples.output.ravel()).mean())
            self.summary.setText(self.tr("Mean absolute error {0:.4g}").format(error))
            self._stack.setCurrentWidget(self.scatter)
        else:
            self._show_pictures(samples)
            self._stack.setCurrentIndex(1)

    # -- tiles --------------------------------------------------------------------------------

    def _show_classes(self, samples: Samples) -> None:
        predicted, confidence, right = classify(samples.output, samples.target, samples.loss_kind)
        names = samples.classes
        tiles = []
        for i in range(len(predicted)):
            guess = _class_name(names, int(predicted[i]))
            sure = f"{guess}  {confidence[i]:.0%}"
            truth = ""
            if samples.target is not None:
                number = int(np.asarray(samples.target).reshape(len(predicted))[i].round())
                truth = self.tr("is {0}").format(_class_name(names, number))
            ok = None if right is None else bool(right[i])
            image, text = self._input(samples, i)
            tiles.append(Tile(image, sure, truth, ok, text))
        self.grid.show_tiles(tiles)
        if right is not None:
            text = self.tr("{0} of {1} right").format(int(right.sum()), len(right))
            self.summary.setText(text)

    def _show_pictures(self, samples: Samples) -> None:
        count = len(samples.output)
        tiles = []
        for i in range(count):
            image, text = self._input(samples, i)
            row = np.asarray(samples.output[i]).ravel()[:4]
            tiles.append(Tile(image, ", ".join(f"{v:.3g}" for v in row), text=text))
        self.grid.show_tiles(tiles)
        self.summary.setText(self.tr("{0} examples").format(count))

    def _show_monitors(self, samples: Samples) -> None:
        self.board.show_all(samples.shown)
        count = len(samples.shown)
        text = self.tr("1 monitor") if count == 1 else self.tr("{0} monitors").format(count)
        self.summary.setText(text)
        self._stack.setCurrentWidget(self.board)

    def _input(self, samples: Samples, index: int) -> tuple[Any, str]:
        """Return the picture of an example, or its numbers as text."""
        name, array = next(iter(samples.inputs.items()))
        if self._images_of is not array:
            self._images_of, self._images = array, {}
        if (array.ndim in (3, 4) and array.shape[1] in (1, 3)) or array.ndim == 3:
            if index not in self._images:
                low, high = float(array.min()), float(array.max())
                self._images[index] = image_of(array[index], low, high)
            return self._images[index], ""
        values = np.asarray(array[index]).ravel()
        rows = [f"{v:.4g}" for v in values[:5]]
        if len(values) > 5:
            rows[4] = "…"
        return None, f"{name}\n" + "\n".join(rows[:4]) if len(values) > 1 else rows[0]


def _class_name(names: Any, index: int) -> str:
    return str(names[index]) if 0 <= index < len(names) else str(index)
