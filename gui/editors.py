"""What a form is made of: editors of numbers and choices, and labels that cut their words."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFontMetrics, QKeyEvent, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import (
    QComboBox,
    QLabel,
    QLineEdit,
    QPushButton,
    QSizePolicy,
    QSlider,
    QStyle,
    QStyleOptionComboBox,
    QStylePainter,
    QWidget,
)

__all__ = ["Combo", "FieldLabel", "MenuButton", "NumberEdit", "RangeSlider", "restyle"]


class NumberEdit(QLineEdit):
    """A line edit in which the arrow keys step a number; Escape takes back what was typed."""

    escaped = Signal()

    def __init__(self, whole: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._whole = whole

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {Qt.Key.Key_Up: 1, Qt.Key.Key_Down: -1}.get(Qt.Key(event.key()), 0)
        if steps:
            if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
                steps *= 10
            self._step(steps)
            event.accept()
        elif event.key() == Qt.Key.Key_Escape and self.isModified():
            self.escaped.emit()
            event.accept()
        else:
            super().keyPressEvent(event)

    def _step(self, steps: int) -> None:
        text = self.text().strip() or self.placeholderText()
        try:
            number = int(text) + steps if self._whole else _step_digit(float(text), steps)
        except ValueError:
            return
        self.setText(str(number) if self._whole else f"{number:.12g}")
        self.setModified(True)
        self.textEdited.emit(self.text())


def _step_digit(number: float, steps: int) -> float:
    """Return `number` with its first digit raised by `steps`: 0.001 -> 0.002, 0.01 -> 0.009."""
    if number == 0.0:
        return steps * 0.1
    unit = 10.0 ** int(f"{abs(number):e}".split("e")[1])
    if abs(number) <= unit * 1.0000001 and (steps > 0) != (number > 0):
        unit /= 10
    return number + steps * unit


class Combo(QComboBox):
    """A combo box that the wheel does not change while a form is scrolled; it cuts a long text."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(6)

    def wheelEvent(self, event: Any) -> None:
        event.ignore()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QStylePainter(self)
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        style = QStyle.ComplexControl.CC_ComboBox
        painter.drawComplexControl(style, option)
        part = QStyle.SubControl.SC_ComboBoxEditField
        room = self.style().subControlRect(style, option, part, self).width() - 8
        option.currentText = self.fontMetrics().elidedText(
            option.currentText or self.placeholderText(), Qt.TextElideMode.ElideRight, room
        )
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)
        painter.end()


class FieldLabel(QLabel):
    """The name of a field, cut where its column is too narrow."""

    #: Width of the column of names in a form, in pixels.
    WIDTH = 104

    def __init__(self, text: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._full = text
        self.setProperty("role", "field")
        self.setFixedWidth(self.WIDTH)
        self._cut()

    @property
    def needed(self) -> int:
        """The width that shows the whole name, also where it is bold."""
        font = self.font()
        font.setBold(True)
        return QFontMetrics(font).horizontalAdvance(self._full) + 2

    def _cut(self) -> None:
        font = self.font()
        font.setBold(bool(self.property("set")))
        end = Qt.TextElideMode.ElideRight
        self.setText(QFontMetrics(font).elidedText(self._full, end, self.width() - 2))

    def show_set(self, is_set: bool) -> None:
        """Show whether the field has a value of its own."""
        if self.property("set") is not is_set:
            self.setProperty("set", is_set)
            restyle(self)
            self._cut()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._cut()


class MenuButton(QPushButton):
    """A button that opens a menu of choices and shows those taken, cut to its width."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._full = ""
        self.setProperty("role", "menu")
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def show_text(self, text: str) -> None:
        """Show a text, as much of it as fits."""
        self._full = text
        self.setToolTip(text)
        self._elide()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._elide()

    def _elide(self) -> None:
        room = max(self.width() - 40, 20)
        # Style sheets give a button with a menu no padding at its left; a space stands for it.
        elided = "\u2002" + self.fontMetrics().elidedText(
            self._full, Qt.TextElideMode.ElideRight, room
        )
        if elided != self.text():
            self.setText(elided)


class RangeSlider(QSlider):
    """A slider over the range of a number, in hundredths of it.

    Signals
    -------
    moved
        The number under the handle while it is dragged.
    chosen
        The number that it was left at, by mouse or keys.
    """

    moved = Signal(float)
    chosen = Signal(float)

    #: Positions of the handle; a range of 0 to 1 is told to two digits.
    STEPS = 100

    def __init__(self, low: float, high: float, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self._low, self._high = low, high
        self.setRange(0, self.STEPS)
        self.setPageStep(10)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.valueChanged.connect(self._tell)
        self.sliderReleased.connect(lambda: self.chosen.emit(self.number))

    @property
    def number(self) -> float:
        """The number that the handle stands at."""
        part = self.value() / self.STEPS
        return float(f"{self._low + part * (self._high - self._low):.4g}")

    def show_number(self, number: float) -> None:
        """Put the handle at a number, and tell nobody."""
        if self.isSliderDown():
            return
        part = (number - self._low) / (self._high - self._low)
        self.blockSignals(True)
        self.setValue(round(self.STEPS * min(1.0, max(0.0, part))))
        self.blockSignals(False)

    def wheelEvent(self, event: Any) -> None:
        event.ignore()  # the form is being scrolled

    def _tell(self) -> None:
        if self.isSliderDown():
            self.moved.emit(self.number)
        else:
            self.chosen.emit(self.number)


def restyle(widget: QWidget) -> None:
    """Apply the style sheet again, after a property that it asks for has changed."""
    widget.style().unpolish(widget)
    widget.style().polish(widget)
