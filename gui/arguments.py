"""The arguments of a network: what blocks of it can be given, declared on its page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtWidgets import (
    QComboBox,
    QGridLayout,
    QLineEdit,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from graph.catalog.entry import Param
from graph.document import Network
from graph.errors import DocumentError
from graph.expressions import ARGUMENT_TYPES, Argument
from graph.grouping import declare_arguments
from gui.panels.parts import clear_layout, heading, hint
from gui.workspace import Workspace

__all__ = ["ArgumentsPage"]

#: What an argument is worth when it gets another type.
_FIRST = {"int": 1, "float": 1.0, "bool": False, "str": ""}


class ArgumentsPage(QWidget):
    """A row for each argument of the shown network: name, type, default, and a way to remove it."""

    def __init__(self, workspace: Workspace, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self._shown: object = None
        self.heading = heading(self.tr("Arguments of this network"))
        self.note = hint(
            self.tr(
                "Write their names into fields of its layers, as in channels * 2. Each block of "
                "it can give them other values."
            )
        )
        self._rows = QGridLayout()
        self._rows.setHorizontalSpacing(4)
        self._rows.setColumnStretch(0, 2)
        self._rows.setColumnStretch(2, 1)
        self.names: list[QLineEdit] = []
        self.types: list[QComboBox] = []
        self.defaults: list[QLineEdit] = []
        self.removers: list[QToolButton] = []
        self.add = QPushButton(self.tr("Add an argument"))
        self.add.clicked.connect(self._add)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(14, 2, 10, 12)
        layout.setSpacing(6)
        layout.addWidget(self.heading)
        layout.addWidget(self.note)
        layout.addLayout(self._rows)
        layout.addWidget(self.add)
        workspace.project_changed.connect(self.refresh)
        workspace.graph_changed.connect(self.refresh)
        workspace.updated.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Show the arguments as they are now."""
        network = self._workspace.network
        self.setVisible(not network.is_training)
        key = (network, network.arguments)
        if key == self._shown:
            return
        self._shown = key
        clear_layout(self._rows)
        self.names, self.types, self.defaults, self.removers = [], [], [], []
        for row, argument in enumerate(network.arguments):
            self._add_row(row, argument)
        self.note.setVisible(bool(network.arguments))

    def _add_row(self, row: int, argument: Argument) -> None:
        name, kind, default = QLineEdit(argument.name), QComboBox(), QLineEdit(_text(argument))
        remove = QToolButton(text="×", autoRaise=True)
        name.setAccessibleName(self.tr("Name of argument {0}").format(row + 1))
        kind.setAccessibleName(self.tr("Type of {0}").format(argument.name))
        default.setAccessibleName(self.tr("Default of {0}").format(argument.name))
        remove.setAccessibleName(self.tr("Remove {0}").format(argument.name))
        remove.setToolTip(self.tr("Remove {0}").format(argument.name))
        kind.addItems(list(ARGUMENT_TYPES))
        kind.setCurrentText(argument.type)
        name.editingFinished.connect(lambda: self._rename(row, name.text().strip()))
        kind.activated.connect(lambda: self._retype(row, kind.currentText()))
        default.editingFinished.connect(lambda: self._set_default(row, default.text()))
        remove.clicked.connect(lambda: self._remove(row))
        self.names.append(name)
        self.types.append(kind)
        self.defaults.append(default)
        self.removers.append(remove)
        for column, widget in enumerate((name, kind, default, remove)):
            self._rows.addWidget(widget, row, column)

    # -- editing ------------------------------------------------------------------------------

    @property
    def _network(self) -> Network:
        return self._workspace.network

    def _put(
        self, arguments: Sequence[Argument], text: str, renamed: Mapping[str, str] | None = None
    ) -> None:
        try:
            edit = declare_arguments(self._network, arguments, renamed)
        except DocumentError as error:
            self._refuse(error)
            return
        if not self._workspace.push(edit, text):
            self._shown = None  # what was typed was refused
        self._workspace.update()
        self.refresh()

    def _refuse(self, error: DocumentError) -> None:
        """Say why something that was typed will not do, and show again what holds."""
        self._workspace.told.emit("error", str(error))
        self._shown = None
        self.refresh()

    def _replaced(self, row: int, argument: Argument) -> list[Argument]:
        arguments = list(self._network.arguments)
        arguments[row] = argument
        return arguments

    def _add(self) -> None:
        taken = {argument.name for argument in self._network.arguments}
        wishes = ("size", *(f"size{i}" for i in range(2, 1000)))
        name = next(wish for wish in wishes if wish not in taken)
        arguments = [*self._network.arguments, Argument(name, "int", 1)]
        self._put(arguments, self.tr("Add argument {0}").format(name))
        self.names[-1].setFocus()
        self.names[-1].selectAll()

    def _rename(self, row: int, name: str) -> None:
        old = self._network.arguments[row]
        if name != old.name:
            arguments = self._replaced(row, Argument(name, old.type, old.default))
            self._put(arguments, self.tr("Rename argument {0}").format(old.name), {old.name: name})

    def _retype(self, row: int, kind: str) -> None:
        old = self._network.arguments[row]
        if kind != old.type:
            argument = Argument(old.name, kind, _FIRST[kind])  # type: ignore[arg-type]
            text = self.tr("Change type of {0}").format(old.name)
            self._put(self._replaced(row, argument), text)

    def _set_default(self, row: int, text: str) -> None:
        old = self._network.arguments[row]
        if text == _text(old):
            return
        try:
            value = Param(old.name, old.type).parse(text)
        except DocumentError as error:
            self._refuse(error)
            return
        argument = Argument(old.name, old.type, value)  # type: ignore[arg-type]
        self._put(self._replaced(row, argument), self.tr("Set {0}").format(old.name))

    def _remove(self, row: int) -> None:
        arguments = list(self._network.arguments)
        gone = arguments.pop(row)
        self._put(arguments, self.tr("Remove argument {0}").format(gone.name))


def _text(argument: Argument) -> str:
    return str(argument.default)
