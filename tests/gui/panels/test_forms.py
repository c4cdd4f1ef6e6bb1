"""Fields: what is typed becomes a value, or a message beneath; never half a value."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QCheckBox, QComboBox, QLineEdit

from graph import catalog
from graph.catalog.entry import DEFAULT, Param
from gui.forms import MIXED, Field
from tests.gui.panels.screen import Screen

WHOLE = Param("channels", "int", 8, "How many.", low=1)
SIZE = Param("kernel", "size", doc="How large.", length=2, low=1, words=("same",))
FREE = Param("rate", "float", None, low=0.0, optional=True)
TIED = Param("in_features", "int", inferred=True)


@pytest.fixture
def told() -> list[object]:
    return []


def field(screen: Screen, param: Param, told: list[object], **more: object) -> Field:
    made = Field(param, **more)
    made.edited.connect(told.append)
    screen.show(made, 320, 80)
    return made


def edit(one: Field) -> QLineEdit:
    assert isinstance(one.editor, QLineEdit)
    return one.editor


def test_enter_tells_the_value(screen: Screen, told: list[object]) -> None:
    one = field(screen, WHOLE, told)
    one.show_value(DEFAULT, 8)
    assert edit(one).text() == ""
    assert edit(one).placeholderText() == "8"
    screen.write(edit(one), "16")
    assert told == [16]


@pytest.mark.parametrize("text", ["0", "-3", "1.5", "many", "1, 2"])
def test_a_wrong_value_is_said_beneath_and_not_told(
    screen: Screen, told: list[object], text: str
) -> None:
    one = field(screen, WHOLE, told)
    one.show_value(4)
    screen.write(edit(one), text)
    assert told == []
    assert one.has_error
    assert "whole number of at least 1" in one.message.text()
    assert one.message.isVisible()
    screen.write(edit(one), "5")
    assert told == [5]
    assert not one.has_error


def test_sizes_take_one_number_several_or_a_word(screen: Screen, told: list[object]) -> None:
    one = field(screen, SIZE, told)
    one.show_value(3)
    for text in ("3, 5", "2x4", "same"):
        screen.write(edit(one), text)
    assert told == [(3, 5), (2, 4), "same"]


def test_emptied_it_goes_back_to_the_default(screen: Screen, told: list[object]) -> None:
    one = field(screen, WHOLE, told)
    one.show_value(4)
    screen.write(edit(one), "")
    assert told == [DEFAULT]


def test_a_value_that_is_needed_cannot_be_emptied(screen: Screen, told: list[object]) -> None:
    one = field(screen, SIZE, told)
    one.show_value(3)
    screen.write(edit(one), "")
    assert told == []
    assert one.message.text() == "A value is needed."
    assert not one.reset.isVisible()


def test_the_reset_button_tells_the_default(screen: Screen, told: list[object]) -> None:
    one = field(screen, WHOLE, told)
    one.show_value(DEFAULT, 8)
    assert not one.reset.isVisible()
    one.show_value(4)
    assert one.reset.isVisible()
    screen.click(one.reset)
    assert told == [DEFAULT]


def test_escape_takes_back_what_was_typed(screen: Screen, told: list[object]) -> None:
    one = field(screen, WHOLE, told)
    one.show_value(4)
    screen.write(edit(one), "77", enter=False)
    QTest.keyClick(edit(one), Qt.Key.Key_Escape)
    assert edit(one).text() == "4"
    QTest.keyClick(edit(one), Qt.Key.Key_Return)
    assert told == []


@pytest.mark.parametrize(
    ("param", "start", "keys", "value"),
    [
        (WHOLE, 4, [Qt.Key.Key_Up], 5),
        (WHOLE, 4, [Qt.Key.Key_Down, Qt.Key.Key_Down], 2),
        (FREE, 0.001, [Qt.Key.Key_Up], 0.002),
        (FREE, 0.01, [Qt.Key.Key_Down], 0.009),
    ],
)
def test_arrows_step(
    screen: Screen, told: list[object], param: Param, start: float, keys: list, value: float
) -> None:
    one = field(screen, param, told)
    one.show_value(start)
    edit(one).setFocus()
    for key in keys:
        QTest.keyClick(edit(one), key)
    QTest.keyClick(edit(one), Qt.Key.Key_Return)
    assert told == [pytest.approx(value)]


def test_an_inferred_value_is_shown_as_such(screen: Screen, told: list[object]) -> None:
    one = field(screen, TIED, told)
    one.show_value(DEFAULT, 64)
    assert edit(one).placeholderText() == "auto: 64"
    one.show_value(DEFAULT, None)
    assert edit(one).placeholderText() == "auto"


def test_nodes_that_differ_are_not_changed_by_looking(screen: Screen, told: list[object]) -> None:
    one = field(screen, WHOLE, told)
    one.show_value(MIXED, None)
    assert edit(one).placeholderText() == "differs"
    edit(one).setFocus()
    QTest.keyClick(edit(one), Qt.Key.Key_Return)
    assert told == []


def test_a_check_box_is_clicked(screen: Screen, told: list[object]) -> None:
    one = field(screen, Param("bias", "bool", True), told)
    one.show_value(DEFAULT, True)
    box = one.editor
    assert isinstance(box, QCheckBox)
    assert box.isChecked()
    QTest.mouseClick(box, Qt.MouseButton.LeftButton, pos=box.rect().center() * 0 + _left(box))
    assert told == [False]


def _left(box: QCheckBox):
    return QPoint(8, box.height() // 2)


def test_a_choice_is_made_by_keys(screen: Screen, told: list[object]) -> None:
    param = Param("mode", "choice", "zeros", choices=("zeros", "reflect", "circular"))
    one = field(screen, param, told)
    one.show_value(DEFAULT, "zeros")
    box = one.editor
    assert isinstance(box, QComboBox)
    assert box.currentText() == "zeros"
    box.setFocus()
    QTest.keyClick(box, Qt.Key.Key_Down)
    assert told == ["reflect"]


def test_help_stands_beneath_the_field_in_use(screen: Screen, told: list[object]) -> None:
    one = field(screen, WHOLE, told)
    other = field(screen, FREE, told)
    one.show_value(4)
    one.activateWindow()
    edit(one).setFocus()
    screen.bot.waitUntil(lambda: one.message.isVisible())
    assert one.message.text() == "How many. At least 1."
    other.activateWindow()
    edit(other).setFocus()
    screen.bot.waitUntil(lambda: not one.message.isVisible())


# -- arithmetic, units, sliders -------------------------------------------------------------------

CHANCE = Param("p", "float", 0.5, "Probability of an element to be zeroed.", low=0.0, high=1.0)


@pytest.mark.parametrize(
    ("param", "text", "value"),
    [
        (WHOLE, "28*28", 784),
        (WHOLE, "(3 + 5) * 2 ** 3 // 2", 32),
        (WHOLE, "784 / 2", 392),
        (WHOLE, "min(64, 10 * 10)", 64),
        (SIZE, "2*2, 9-4", (4, 5)),
        (FREE, "1/8", 0.125),
        (Param("n", "int", 1, own=True), "6*7", 42),
    ],
)
def test_arithmetic_is_worked_out(
    screen: Screen, told: list[object], param: Param, text: str, value: object
) -> None:
    one = field(screen, param, told)
    one.show_value(4)
    screen.write(edit(one), text, enter=False)
    assert one.message.text() == f"= {param.format(value)}"
    QTest.keyClick(edit(one), Qt.Key.Key_Return)
    assert told == [value]


@pytest.mark.parametrize(
    "text", ["7/2", "1/0", "9**9**9", "__import__('os')", "open('x')", "3 if 1 else 2", "(1).real"]
)
def test_what_is_no_whole_number_or_no_arithmetic_is_refused(
    screen: Screen, told: list[object], text: str
) -> None:
    one = field(screen, WHOLE, told)
    one.show_value(4)
    screen.write(edit(one), text)
    assert told == []
    assert "whole number" in one.message.text()


def test_a_probability_has_a_slider(screen: Screen, told: list[object]) -> None:
    one = field(screen, CHANCE, told)
    one.show_value(DEFAULT, 0.5)
    slider = one.slider
    assert slider is not None
    assert slider.value() == 50
    assert slider.accessibleName() == "p, from 0 to 1"
    slider.setFocus()
    QTest.keyClick(slider, Qt.Key.Key_Right)
    assert told == [0.51]
    one.show_value(0.25)
    assert slider.value() == 25
    assert told == [0.51]  # what is shown is not told


def test_a_slider_that_is_dragged_tells_where_it_was_left(
    screen: Screen, told: list[object]
) -> None:
    one = field(screen, CHANCE, told)
    one.show_value(0.0)
    slider = one.slider
    assert slider is not None
    middle = slider.height() // 2
    QTest.mousePress(slider, Qt.MouseButton.LeftButton, pos=QPoint(5, middle))
    QTest.mouseMove(slider, QPoint(slider.width() // 2, middle))
    assert told == []
    shown = float(edit(one).text())
    assert 0.2 < shown < 0.8
    QTest.mouseRelease(slider, Qt.MouseButton.LeftButton, pos=QPoint(slider.width() // 2, middle))
    assert told == [shown]


def test_numbers_without_a_natural_range_have_no_slider(screen: Screen, told: list[object]) -> None:
    assert field(screen, WHOLE, told).slider is None
    assert field(screen, FREE, told).slider is None


def test_a_unit_stands_in_the_field(screen: Screen, told: list[object]) -> None:
    one = field(screen, Param("degrees", "float", 10.0, low=0.0, high=180.0), told)
    assert one.unit is not None
    assert one.unit.text() == "°"
    assert one.unit.isVisible()
    assert field(screen, WHOLE, told).unit is None


def test_the_documentation_of_an_argument_is_under_the_mouse(
    screen: Screen, told: list[object]
) -> None:
    """PyTorch's own words, from the layer's docstring."""
    param = catalog.lookup("Conv2d").param("dilation")
    assert param is not None
    one = field(screen, param, told)
    for widget in (one.label, one.editor):
        assert "Spacing between kernel elements" in widget.toolTip()
        assert "Default: 1" in widget.toolTip()
