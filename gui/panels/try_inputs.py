"""What one gives to a network: a drawing, a picture, numbers, a class, words, or a code."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import (
    QColor,
    QIcon,
    QPixmap,
    QResizeEvent,
)
from PySide6.QtWidgets import (
    QComboBox,
    QCompleter,
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QSizePolicy,
    QSlider,
    QVBoxLayout,
)

from graph.dataspec import DataPort
from gui.editors import NumberEdit
from gui.panels.drawing import Canvas
from gui.panels.given import Array, FileInput, Given, Input
from gui.panels.parts import button, hint
from gui.panels.try_files import StripInput
from runtime.trials import Code

if TYPE_CHECKING:
    from runtime.tryout import Paper

__all__ = [
    "CategoryInput",
    "CodeInput",
    "ExampleInput",
    "ImageInput",
    "NumbersInput",
    "TextInput",
    "input_for",
]

#: How many numbers have a field or a slider each.
_FIELDS, _SLIDERS = 64, 8
_INKS = ("#ffffff", "#000000", "#e53935", "#fb8c00", "#fdd835", "#43a047", "#1e88e5", "#8e24aa")


# -- pictures -----------------------------------------------------------------------------------


def _quiet(text: str) -> QLabel:
    """Return quiet words in one line; those that wrap would ask for too much height."""
    label = QLabel(text)
    label.setProperty("role", "hint")
    return label


class ImageInput(FileInput):
    """A canvas with a brush, and the way to a file."""

    def __init__(self, port: DataPort, paper: Paper, place: Path) -> None:
        super().__init__()
        self._place = place
        self._aspect = port.shape[2] / port.shape[1]
        self.canvas = Canvas(port.shape, (paper.low, paper.high), paper.empty)
        self.canvas.brush = paper.stroke
        self.canvas.changed.connect(self.changed)
        self.size_ = QSlider(Qt.Orientation.Horizontal, minimum=2, maximum=30)
        self.size_.setValue(round(100 * paper.stroke))
        self.size_.setAccessibleName(self.tr("Width of the brush"))
        self.size_.valueChanged.connect(lambda v: setattr(self.canvas, "brush", v / 100))
        self.clear = button(self.tr("Clear"), self.canvas.clear)
        self.open = button(self.tr("Open…"), self._ask)
        self.open.setToolTip(self.tr("Take a picture from a file"))
        side = QVBoxLayout()
        side.setSpacing(6)
        side.addWidget(self.open)
        side.addWidget(self.clear)
        side.addWidget(_quiet(self.tr("Brush")))
        side.addWidget(self.size_)
        if port.shape[0] == 3:
            side.addWidget(self._make_inks())
        side.addStretch(1)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(10)
        layout.addWidget(self.canvas, 1)
        layout.addLayout(side)
        layout.addStretch(0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the buttons next to the picture."""
        super().resizeEvent(event)
        self.canvas.setMaximumWidth(max(96, round(self.height() * self._aspect) + 2))

    def _make_inks(self) -> QComboBox:
        self.inks = QComboBox()
        self.inks.setAccessibleName(self.tr("Colour of the brush"))
        names = (
            *(self.tr("White"), self.tr("Black"), self.tr("Red"), self.tr("Orange")),
            *(self.tr("Yellow"), self.tr("Green"), self.tr("Blue"), self.tr("Violet")),
        )
        for color, name in zip(_INKS, names, strict=True):
            swatch = QPixmap(14, 14)
            swatch.fill(QColor(color))
            self.inks.addItem(QIcon(swatch), name, color)
        self.inks.setCurrentIndex(_INKS.index(self.canvas.ink.name()))
        self.inks.currentIndexChanged.connect(
            lambda _: setattr(self.canvas, "ink", QColor(self.inks.currentData()))
        )
        return self.inks

    def value(self) -> Given:
        return self.canvas.array()

    def show_value(self, value: Array, origin: str = "") -> None:
        self.canvas.show_array(value[0])

    def _ask(self) -> None:
        kinds = self.tr("Pictures (*.png *.jpg *.jpeg *.bmp *.gif *.webp)")
        title = self.tr("Open a picture")
        chosen, _ = QFileDialog.getOpenFileName(self, title, str(self._place), kinds)
        if chosen:
            self.file_chosen.emit(Path(chosen))


# -- numbers, classes, words --------------------------------------------------------------------


class NumbersInput(Input):
    """A field for each number."""

    def __init__(self, port: DataPort) -> None:
        super().__init__()
        self._whole = port.dtype == "int64"
        self._shape = port.shape
        count = math.prod(port.shape)
        names: Sequence[str] = port.columns
        if len(names) != count:
            names = [port.name] if count == 1 else [f"{port.name} {i + 1}" for i in range(count)]
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 6, 0)
        grid.setVerticalSpacing(6)
        across = 1 if count <= 5 else 2
        self.fields: list[NumberEdit] = []
        for i, name in enumerate(names):
            field = NumberEdit(self._whole)
            field.setText("0")
            field.setAccessibleName(name)
            field.setMinimumWidth(70)
            field.textEdited.connect(self._edited)
            label = QLabel(name)
            label.setToolTip(name)
            label.setBuddy(field)
            row, column = divmod(i, across)
            grid.addWidget(label, row, 2 * column)
            grid.addWidget(field, row, 2 * column + 1)
            grid.setColumnStretch(2 * column + 1, 1)
            self.fields.append(field)
        grid.setRowStretch(grid.rowCount(), 1)

    def value(self) -> Given:
        numbers = [_number(field.text(), self._whole) or 0 for field in self.fields]
        kind = np.int64 if self._whole else np.float32
        return np.array(numbers, kind).reshape(1, *self._shape)

    def show_value(self, value: Array, origin: str = "") -> None:
        for field, number in zip(self.fields, np.asarray(value).ravel().tolist(), strict=True):
            field.setText(f"{number:.6g}")
            _mark(field, True)

    def _edited(self) -> None:
        right = True
        for field in self.fields:
            fits = _number(field.text(), self._whole) is not None
            _mark(field, fits)
            right = right and fits
        if right:
            self.changed.emit()


def _number(text: str, whole: bool) -> float | None:
    try:
        found = int(text) if whole else float(text.replace(",", "."))
    except ValueError:
        return None
    return found if math.isfinite(found) and abs(found) < 3e38 else None


def _mark(field: NumberEdit, right: bool) -> None:
    if field.property("invalid") != (not right):
        field.setProperty("invalid", not right)
        field.style().unpolish(field)
        field.style().polish(field)
        words = "" if right else field.tr("Expected a number")
        field.setToolTip(words)


class CategoryInput(Input):
    """A choice among the classes; of many, one can write the beginning of the name."""

    def __init__(self, port: DataPort) -> None:
        super().__init__()
        self.box = QComboBox()
        self.box.addItems(list(port.classes))
        self.box.setAccessibleName(port.name)
        if len(port.classes) > 20:
            self.box.setEditable(True)
            self.box.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
            completer = self.box.completer()
            completer.setFilterMode(Qt.MatchFlag.MatchContains)
            completer.setCompletionMode(QCompleter.CompletionMode.PopupCompletion)
        self.box.activated.connect(lambda _: self.changed.emit())
        self.label = QLabel(port.name)
        self.label.setBuddy(self.box)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 6, 0)
        layout.addWidget(self.label)
        layout.addWidget(self.box, 1)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def value(self) -> Given:
        return np.array([max(self.box.currentIndex(), 0)], np.int64)

    def show_value(self, value: Array, origin: str = "") -> None:
        self.box.setCurrentIndex(int(np.asarray(value).ravel()[0]))


class TextInput(Input):
    """Words, which are cut into tokens as those of the data are."""

    def __init__(self, port: DataPort) -> None:
        super().__init__()
        self.edit = QPlainTextEdit()
        self.edit.setAccessibleName(port.name)
        self.edit.setPlaceholderText(self.tr("Write something"))
        self.edit.setTabChangesFocus(True)
        self.edit.textChanged.connect(self._edited)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 6, 0)
        layout.addWidget(self.edit)
        self._showing = False

    def value(self) -> Given:
        return self.edit.toPlainText()

    def show_text(self, text: str) -> None:
        """Show the words of an example."""
        self._showing = True
        self.edit.setPlainText(text)
        self._showing = False

    def show_value(self, value: Array, origin: str = "") -> None:
        self.show_text(str(value))

    def _edited(self) -> None:
        if not self._showing:
            self.changed.emit()


class ExampleInput(Input):
    """What cannot be written down: one takes an example of the data."""

    def __init__(self, port: DataPort) -> None:
        super().__init__()
        kind = np.int64 if port.dtype == "int64" else np.float32
        self._value: Array = np.zeros((1, *port.shape), kind)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 6, 0)
        sizes = " × ".join(map(str, port.shape))
        layout.addWidget(
            hint(self.tr("{0}: {1} numbers of an example of the data").format(port.name, sizes))
        )
        layout.addStretch(1)

    def value(self) -> Given:
        return self._value

    def show_value(self, value: Array, origin: str = "") -> None:
        self._value = np.asarray(value)


class CodeInput(Input):
    """Sliders on the first numbers of a code, and chance for all of them."""

    def __init__(self, code: Code) -> None:
        super().__init__()
        self._code = code
        self._chance = np.random.default_rng(0)
        self._vector = np.zeros(math.prod(code.shape), np.float32)
        self.sliders: list[QSlider] = []
        self._labels: list[QLabel] = []
        grid = QGridLayout()
        grid.setVerticalSpacing(3)
        count = min(_SLIDERS, len(self._vector))
        rows = -(-count // 2)
        for i in range(count):
            slider = QSlider(Qt.Orientation.Horizontal, minimum=0, maximum=200)
            slider.setAccessibleName(self.tr("Number {0} of {1}").format(i + 1, code.name))
            slider.setMinimumWidth(60)
            slider.valueChanged.connect(lambda v, i=i: self._slid(i, v))
            label = QLabel()
            label.setProperty("role", "hint")
            label.setMinimumWidth(label.fontMetrics().horizontalAdvance("-0.00 "))
            column, row = divmod(i, rows)
            grid.addWidget(QLabel(str(i + 1)), row, 3 * column)
            grid.addWidget(slider, row, 3 * column + 1)
            grid.addWidget(label, row, 3 * column + 2)
            grid.setColumnStretch(3 * column + 1, 1)
            self.sliders.append(slider)
            self._labels.append(label)
        self.new = button(self.tr("New noise"), self.draw)
        self.middle = button(self.tr("Middle"), self._center)
        self.middle.setToolTip(self.tr("Set every number to the middle of its range"))
        words = self.tr("{0} numbers").format(len(self._vector))
        if count < len(self._vector):
            words = self.tr("the first {0} of {1} numbers").format(count, len(self._vector))
        row = QHBoxLayout()
        row.addWidget(self.new)
        row.addWidget(self.middle)
        row.addWidget(_quiet(words), 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 6, 0)
        layout.addLayout(row)
        layout.addLayout(grid)
        layout.addStretch(1)
        self._take(self._drawn())

    def draw(self) -> None:
        """Draw all numbers anew."""
        self._take(self._drawn())
        self.changed.emit()

    def _drawn(self) -> Array:
        return self._code.draw(self._chance).ravel()

    def _center(self) -> None:
        self._take(np.full_like(self._vector, (self._code.low + self._code.high) / 2))
        self.changed.emit()

    def _take(self, vector: Array) -> None:
        self._vector = vector
        low, high = self._code.low, self._code.high
        for i, slider in enumerate(self.sliders):
            slider.blockSignals(True)
            slider.setValue(round(200 * (float(vector[i]) - low) / (high - low)))
            slider.blockSignals(False)
            self._labels[i].setText(f"{float(vector[i]):.2f}")

    def _slid(self, index: int, value: int) -> None:
        low, high = self._code.low, self._code.high
        self._vector = self._vector.copy()
        self._vector[index] = low + (high - low) * value / 200
        self._labels[index].setText(f"{float(self._vector[index]):.2f}")
        self.changed.emit()

    def value(self) -> Given:
        return self._vector.reshape(1, *self._code.shape)

    def show_value(self, value: Array, origin: str = "") -> None:
        self._take(np.asarray(value, np.float32).ravel())


def input_for(port: DataPort, paper: Paper | None, place: Path) -> Input:
    """Return the widget in which a port's value is given; `paper` is that of pictures."""
    if paper is not None and port.shape[0] in (1, 3):
        return ImageInput(port, paper, place)
    if port.type == "category":
        return CategoryInput(port)
    if port.type == "tokens":
        return TextInput(port)
    if port.type == "number" and math.prod(port.shape) <= _FIELDS:
        return NumbersInput(port)
    if port.type in ("audio", "clip", "series"):
        return StripInput(port, place)
    return ExampleInput(port)
