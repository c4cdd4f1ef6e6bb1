"""The history: every user action is one entry that holds an edit of the document."""

from __future__ import annotations

import zlib

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoCommand, QUndoStack

from graph.document import Project
from graph.edits import Batch, Edit, UpdateNode
from graph.errors import TorchloomError

__all__ = ["EditCommand", "UndoStack"]


class EditCommand(QUndoCommand):
    """An edit that was made: undo applies its inverse, redo the edit again."""

    def __init__(
        self, stack: UndoStack, edit: Edit, inverse: Edit, text: str, gesture: str
    ) -> None:
        super().__init__(text)
        self._stack = stack
        self._edit = edit
        self._inverse = inverse
        self._gesture = gesture
        self._made = True

    def redo(self) -> None:
        """Make the edit; the first call, by the stack's push, finds it made already."""
        if not self._made:
            self._swap()
        self._made = True

    def undo(self) -> None:
        """Take the edit back."""
        self._swap()
        self._made = False

    def _swap(self) -> None:
        edit = self._edit if not self._made else self._inverse
        inverse = self._stack.attempt(edit)
        if inverse is None:
            self.setObsolete(True)
        elif self._made:
            self._edit = inverse
        else:
            self._inverse = inverse

    def id(self) -> int:
        """Return a number that the edits of one gesture share; -1 never merges."""
        return zlib.crc32(self._gesture.encode()) & 0x7FFFFFFF if self._gesture else -1

    def mergeWith(self, other: QUndoCommand) -> bool:
        """Take up a later edit of the same gesture."""
        if not isinstance(other, EditCommand) or other._gesture != self._gesture:
            return False
        self._edit = _joined(self._edit, other._edit)
        self._inverse = _joined(other._inverse, self._inverse)
        return True


class UndoStack(QUndoStack):
    """The history of one project.

    ``push`` makes an edit and records it. A refused edit changes nothing, is not recorded, and
    `refused` carries the message for the user.
    """

    refused = Signal(str)
    done = Signal()

    def __init__(self, project: Project, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.project = project

    def push(self, edit: Edit, text: str, gesture: str = "") -> bool:
        """Make an edit and record it as `text`; return whether it was made.

        Consecutive edits with the same `gesture` become one entry.
        """
        if isinstance(edit, Batch) and not edit.edits:
            return False
        inverse = self.attempt(edit)
        if inverse is None:
            return False
        super().push(EditCommand(self, edit, inverse, text, gesture))
        self.done.emit()
        return True

    def attempt(self, edit: Edit) -> Edit | None:
        """Apply an edit; return its inverse, or None after telling why it was refused."""
        try:
            return edit.apply(self.project)
        except TorchloomError as error:
            self.refused.emit(str(error))
            return None


def _joined(first: Edit, second: Edit) -> Edit:
    """Return both edits as one; of two versions of a node only the later is kept."""
    edits = [*_flat(first), *_flat(second)]
    if all(isinstance(edit, UpdateNode) for edit in edits):
        last = {(edit.network, edit.node.id): edit for edit in edits}
        edits = list(last.values())
    return edits[0] if len(edits) == 1 else Batch(tuple(edits))


def _flat(edit: Edit) -> list[Edit]:
    if isinstance(edit, Batch):
        return [part for inner in edit.edits for part in _flat(inner)]
    return [edit]
