"""Form fields made from the catalogue's typed parameters.

A :class:`Field` is a name, an editor, a button that goes back to the default, and a line beneath
for help or for what is wrong. It shows one value, or that several nodes differ, and tells a new
value only when it is one that the parameter takes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QSizePolicy,
    QToolButton,
    QWidget,
)

from graph.catalog.entry import DEFAULT, DTYPES, REQUIRED, Param
from graph.errors import ParamError
from graph.expressions import Argument, Expression
from gui.editors import Combo, FieldLabel, NumberEdit, RangeSlider, restyle
from gui.units import range_text, slides, unit_of

__all__ = ["MIXED", "Field", "Form"]


class _Mixed:
    def __repr__(self) -> str:
        return "MIXED"


#: Shown by a field whose nodes have different values.
MIXED: Final[Any] = _Mixed()


class Field(QWidget):
    """One parameter in a form; expressions may use the `arguments` that fit its type.

    Signals
    -------
    edited
        A new value that the parameter takes, or ``DEFAULT``.
    """

    edited = Signal(object)

    def __init__(
        self,
        param: Param,
        choices: Sequence[str] = (),
        label: str = "",
        parent: QWidget | None = None,
        arguments: Sequence[Argument] = (),
    ) -> None:
        super().__init__(parent)
        self.param = param
        self._names = _usable(param, arguments)
        self._name = label or param.name
        self._value: Any = DEFAULT
        self._choices = tuple(choices) or param.choices
        if param.type == "dtype":
            self._choices = DTYPES
        self.editor = self._make_editor()
        self.editor.setObjectName(f"field-{param.name}")
        self.editor.setAccessibleName(self._name)
        self.editor.installEventFilter(self)
        self.label = FieldLabel(self._name)
        self.label.setBuddy(self.editor)
        self.reset = QToolButton(text="↺", autoRaise=True)
        self.reset.setProperty("role", "reset")
        self.reset.setAccessibleName(self.tr("Reset {0} to its default").format(self._name))
        self.reset.setToolTip(self.tr("Back to the default"))
        self.reset.setCursor(Qt.CursorShape.ArrowCursor)
        self.reset.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.reset.clicked.connect(lambda: self._tell(DEFAULT))
        self.reset.setFixedWidth(20)
        #: Beside the number, where it has a natural range.
        self.slider = self._make_slider()
        self.unit = QLabel(unit_of(param)) if unit_of(param) else None
        self.message = QLabel(wordWrap=True, visible=False)
        self.message.setProperty("role", "hint")
        for widget in (self.label, self.editor):
            widget.setToolTip(self._tooltip())
        self._lay_out()

    # -- showing ------------------------------------------------------------------------------

    def show_value(self, value: object, effective: object = None) -> None:
        """Show what is set (``DEFAULT``: nothing, ``MIXED``: nodes differ) and what holds then."""
        self._value = value
        is_set = value is not DEFAULT
        self.reset.setVisible(is_set and not self.param.required)
        self.label.show_set(is_set)
        editor = self.editor
        editor.blockSignals(True)
        if isinstance(editor, QCheckBox):
            self._show_check(editor, value, effective)
        elif isinstance(editor, QComboBox):
            self._show_choice(editor, value, effective)
        elif isinstance(editor, QLineEdit):
            self._show_text(editor, value, effective)
        editor.blockSignals(False)
        shown = effective if value is DEFAULT else value
        if self.slider is not None and isinstance(shown, int | float):
            self.slider.show_number(shown)

    def show_error(self, text: str) -> None:
        """Show what is wrong beneath the field; the empty text shows that nothing is."""
        self._say(text, "error" if text else "hint")
        if not text and self.editor.hasFocus():
            self._help()

    @property
    def has_error(self) -> bool:
        """Whether the text in the editor is no value of the parameter."""
        return self.editor.property("invalid") is True

    def _show_check(self, box: QCheckBox, value: object, effective: object) -> None:
        shown = effective if value is DEFAULT else value
        unclear = value is MIXED or not isinstance(shown, bool)
        box.setTristate(unclear)
        box.setCheckState(
            Qt.CheckState.PartiallyChecked
            if unclear
            else Qt.CheckState.Checked
            if shown
            else Qt.CheckState.Unchecked
        )
        box.setText(self.tr("differs") if value is MIXED else "")

    def _show_choice(self, box: QComboBox, value: object, effective: object) -> None:
        shown = effective if value is DEFAULT else value
        text = "" if value is MIXED else _choice_text(shown)
        index = box.findText(text)
        if index < 0 and text and value is not DEFAULT:
            box.addItem(text)  # what a file holds is shown even where it is no choice
            index = box.count() - 1
        box.setCurrentIndex(index)
        box.setPlaceholderText(self.tr("differs") if value is MIXED else self.tr("choose"))

    def _show_text(self, edit: QLineEdit, value: object, effective: object) -> None:
        if edit.hasFocus() and edit.isModified():
            return  # somebody is typing
        if value is MIXED:
            edit.setText("")
            edit.setPlaceholderText(self.tr("differs"))
        elif value is DEFAULT:
            edit.setText("")
            edit.setPlaceholderText(self._placeholder(effective))
        else:
            edit.setText(self.param.format(value))  # type: ignore[arg-type]
            edit.setCursorPosition(0)
        edit.setModified(False)
        self._mark(False)
        if not edit.hasFocus():
            self._say("", "hint")

    def _placeholder(self, effective: object) -> str:
        if effective is None and not self.param.optional:
            return self.tr("auto") if self._can_infer() else self.tr("needed")
        text = self.param.format(effective)  # type: ignore[arg-type]
        return self.tr("auto: {0}").format(text) if self._can_infer() else text

    def _can_infer(self) -> bool:
        return self.param.inferred or self.param.infer is not None

    # -- editing ------------------------------------------------------------------------------

    def _make_editor(self) -> QWidget:
        if self.param.type == "bool" and not self.param.optional and not self._names:
            box = QCheckBox()
            box.clicked.connect(lambda: self._tell(box.checkState() != Qt.CheckState.Unchecked))
            return box
        if self._choices or self.param.type == "bool":
            combo = Combo()
            combo.addItems([str(choice) for choice in self._choices or (True, False)])
            combo.addItems([f"{_LINK}{name}" for name in self._names])
            if self.param.optional and "None" not in self._choices:
                combo.insertItem(0, "None")
            combo.activated.connect(lambda: self._tell(self._chosen(combo.currentText())))
            return combo
        edit = NumberEdit(self.param.type in ("int", "size"))
        edit.textEdited.connect(self._check)
        edit.editingFinished.connect(self._commit)
        edit.escaped.connect(self._take_back)
        return edit

    def _make_slider(self) -> RangeSlider | None:
        low, high = self.param.low, self.param.high
        if not slides(self.param) or low is None or high is None:
            return None
        slider = RangeSlider(low, high)
        slider.setAccessibleName(self.tr("{0}, from {1:g} to {2:g}").format(self._name, low, high))
        slider.setToolTip(self._tooltip())
        slider.moved.connect(self._slid)
        slider.chosen.connect(self._tell)
        return slider

    def _slid(self, number: float) -> None:
        """Show the number under the handle; it is told when the handle is let go."""
        edit = self.editor
        assert isinstance(edit, QLineEdit)
        edit.setText(self.param.format(number))
        self._mark(False)

    def _chosen(self, text: str) -> object:
        """Return the value that an entry of a list stands for."""
        if text.startswith(_LINK) and text.removeprefix(_LINK) in self._names:
            return Expression(text.removeprefix(_LINK))
        if self.param.type == "bool" and text in ("True", "False"):
            return text == "True"
        return None if text == "None" else text

    def _check(self, text: str) -> None:
        """Say while typing what the text lacks."""
        if not text.strip():
            self._mark(self.param.required)
            self._say(self.tr("A value is needed.") if self.param.required else "", "error")
            return
        try:
            value = self.param.parse(text, self._names)
        except ParamError as error:
            self._mark(True)
            self._say(self.tr("Expected {0}.").format(error.expected), "error")
            return
        self._mark(False)
        if self.param.type != "str" and any(sign in text for sign in "+*/%") and value != text:
            self._say(f"= {self.param.format(value)}", "hint")
        else:
            self._help()

    def _commit(self) -> None:
        edit = self.editor
        assert isinstance(edit, QLineEdit)
        if not edit.isModified() or self.has_error:
            return
        text = edit.text().strip()
        edit.setModified(False)
        if not text and (self.param.type != "str" or self.param.default is not REQUIRED):
            if self._value is not DEFAULT:
                self._tell(DEFAULT)
            return
        self._tell(self.param.parse(text, self._names))

    def _take_back(self) -> None:
        edit = self.editor
        assert isinstance(edit, QLineEdit)
        edit.setModified(False)
        value = self._value
        edit.setText("" if value in (DEFAULT, MIXED) else self.param.format(value))
        self._mark(False)
        self._help()

    def _tell(self, value: object) -> None:
        if value is DEFAULT and isinstance(self.editor, QLineEdit):
            self.editor.setModified(False)
        if value is not self._value and (
            value != self._value or type(value) is not type(self._value)
        ):
            self.edited.emit(value)

    # -- help and messages ----------------------------------------------------------------------

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.editor:
            if event.type() == QEvent.Type.FocusIn and not self.has_error:
                self._help()
            elif event.type() == QEvent.Type.FocusOut and not self.has_error:
                self._say("", "hint")
        return super().eventFilter(watched, event)

    def _help(self) -> None:
        doc = self.param.doc
        doc = doc if len(doc) <= 160 else doc[:157].rsplit(" ", 1)[0] + " …"
        self._say(" ".join(part for part in (doc, range_text(self.param)) if part), "hint")

    def _say(self, text: str, role: str) -> None:
        if self.message.property("role") != role:
            self.message.setProperty("role", role)
            restyle(self.message)
        self.message.setText(text)
        self.message.setVisible(bool(text))

    def _mark(self, invalid: bool) -> None:
        if self.editor.property("invalid") is not invalid:
            self.editor.setProperty("invalid", invalid)
            restyle(self.editor)

    def _tooltip(self) -> str:
        param = self.param
        lines = [f"<b>{self._name}</b>: {param.expected}"]
        if param.default is not REQUIRED:
            lines.append(self.tr("Default: {0}").format(param.format(param.default)))
        if param.doc:
            lines.append(param.doc.replace("<", "&lt;"))
        return "<p style='white-space:normal'>" + "<br>".join(lines) + "</p>"

    def _lay_out(self) -> None:
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(6)
        grid.setVerticalSpacing(2)
        self.editor.setMinimumWidth(60)
        self.editor.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        grid.addWidget(self.label, 0, 0)
        beside = QHBoxLayout()
        beside.setSpacing(4)
        beside.addWidget(self.editor, 1)
        if isinstance(self.editor, QLineEdit):
            self._fill_editor(self.editor)
        else:
            beside.addWidget(self.reset)
        if self.slider is not None:
            beside.addWidget(self.slider, 1)
        grid.addLayout(beside, 0, 1)
        grid.addWidget(self.message, 1, 1)
        grid.setColumnStretch(1, 1)

    def _fill_editor(self, edit: QLineEdit) -> None:
        """Put the unit and the way back to the default into the right end of a line edit."""
        inside = QHBoxLayout(edit)
        inside.setContentsMargins(0, 0, 4, 0)
        inside.setSpacing(2)
        inside.addStretch(1)
        room = 18
        if self.unit is not None:
            self.unit.setProperty("role", "hint")
            self.unit.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
            inside.addWidget(self.unit)
            room += self.unit.sizeHint().width() + 2
        inside.addWidget(self.reset)
        edit.setTextMargins(0, 0, room, 0)


class Form(QWidget):
    """Fields one below the other.

    Signals
    -------
    edited
        Name of a parameter, and its new value or ``DEFAULT``.
    """

    edited = Signal(str, object)

    def __init__(
        self,
        params: Sequence[Param],
        choices: Mapping[str, Sequence[str]] | None = None,
        labels: Mapping[str, str] | None = None,
        parent: QWidget | None = None,
        arguments: Sequence[Argument] = (),
    ) -> None:
        super().__init__(parent)
        self.fields: dict[str, Field] = {}
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setVerticalSpacing(6)
        for row, param in enumerate(params):
            name = param.name
            field = Field(
                param, (choices or {}).get(name, ()), (labels or {}).get(name, ""), None, arguments
            )
            field.edited.connect(lambda value, name=param.name: self.edited.emit(name, value))
            grid.addWidget(field, row, 0)
            self.fields[param.name] = field
        self._fit_labels()

    def _fit_labels(self) -> None:
        """Give the column of names as much room as the longest needs, within limits."""
        labels = [field.label for field in self.fields.values()]
        needed = max((label.needed for label in labels), default=0)
        for label in labels:
            label.setFixedWidth(min(max(needed, FieldLabel.WIDTH), _WIDEST_NAME))


#: The most that the column of names takes, in pixels; longer ones are cut and have a tool tip.
_WIDEST_NAME = 136
#: Before the name of an argument in a list of choices.
_LINK = "= "
#: Types of arguments that may stand in expressions of a parameter's type; numbers for the others.
_LINKED = {"bool": ("bool",), "choice": ("str",), "str": ("str",)}


def _usable(param: Param, arguments: Sequence[Argument]) -> tuple[str, ...]:
    if not param.takes_expressions:
        return ()
    fitting = _LINKED.get(param.type, ("int", "float"))
    return tuple(a.name for a in arguments if a.type in fitting)


def _choice_text(value: object) -> str:
    return f"{_LINK}{value}" if isinstance(value, Expression) else str(value)
