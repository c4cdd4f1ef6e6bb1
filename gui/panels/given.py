"""What one gives to a network: what all ways of giving have in common."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from numpy.typing import NDArray
from PySide6.QtCore import Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QWidget

__all__ = ["Array", "FileInput", "Given", "Input"]

Array = NDArray[Any]
Given = Array | str


class Input(QWidget):
    """Something that a user gives. `changed` is told of the user's changes alone."""

    changed = Signal()

    def value(self) -> Given:
        """Return what is given, (1, ...) as it is in the data; text as it is written."""
        raise NotImplementedError

    def show_value(self, value: Array, origin: str = "") -> None:
        """Show an example of the data, or what was read from the file called `origin`."""
        raise NotImplementedError


class FileInput(Input):
    """Something that a file or a folder can be dropped on; what it holds is read by the panel."""

    file_chosen = Signal(object)  # Path

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAcceptDrops(True)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        urls = event.mimeData().urls()
        if len(urls) == 1 and urls[0].isLocalFile() and not urls[0].fileName().endswith(".loom"):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        event.acceptProposedAction()
        self.file_chosen.emit(Path(event.mimeData().urls()[0].toLocalFile()))
