"""What tests of panels do with their hands, and the project they do it on."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QWidget

from graph.document import Project
from gui.workspace import Workspace
from tests import builders

__all__ = ["Screen", "digits_project"]


def digits_project() -> Project:
    """A small classifier of the embedded digits, with its training graph."""
    return builders.trained(builders.chain(builders.CNN), batch_size=64)


class Screen:
    """A workspace with widgets shown beside it."""

    def __init__(self, qtbot: Any, workspace: Workspace) -> None:
        self.bot = qtbot
        self.workspace = workspace

    def show(self, widget: QWidget, width: int = 700, height: int = 400) -> None:
        """Show a widget and wait until it is painted."""
        self.bot.addWidget(widget)
        widget.resize(width, height)
        widget.show()
        QApplication.processEvents()

    def settle(self) -> None:
        """Let the workspace tell what changed."""
        self.workspace.update()
        QApplication.processEvents()

    def write(self, edit: QLineEdit, text: str, enter: bool = True) -> None:
        """Put the focus into a field, write over what it holds, and press Enter."""
        edit.setFocus()
        QTest.keyClick(edit, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
        QTest.keyClick(edit, Qt.Key.Key_Delete)
        QTest.keyClicks(edit, text)
        if enter:
            QTest.keyClick(edit, Qt.Key.Key_Return)
        self.settle()

    def click(self, widget: QWidget) -> None:
        """Click into the middle of a widget."""
        QTest.mouseClick(widget, Qt.MouseButton.LeftButton)
        self.settle()

    def drop(self, widget: QWidget, data: QMimeData) -> None:
        """Drop something onto a widget."""
        more = (Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton)
        plain = Qt.KeyboardModifier.NoModifier
        enter = QDragEnterEvent(QPoint(20, 20), *more, plain)
        QApplication.sendEvent(widget, enter)
        assert enter.isAccepted()
        QApplication.sendEvent(widget, QDropEvent(QPointF(20, 20), *more, plain))
        self.settle()

    def node(self, kind: str) -> str:
        """The id of the first node of a kind in the graph that is shown."""
        return self.workspace.network.by_kind(kind)[0].id
