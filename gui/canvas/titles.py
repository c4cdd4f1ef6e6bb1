"""Renaming in place: a line edit over the title of a card."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QPoint, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit

from graph.edits import UpdateNode
from gui.canvas.gestures import translated
from gui.canvas.node_item import NodeItem

if TYPE_CHECKING:
    from gui.canvas.view import CanvasView

__all__ = ["TitleEditor"]


class TitleEditor(QLineEdit):
    """Edits one title; Enter and a click elsewhere keep it, Escape does not."""

    def __init__(self, view: CanvasView) -> None:
        super().__init__(view.viewport())
        self._view = view
        self._item: NodeItem | None = None
        self.setObjectName("title-editor")
        self.setAccessibleName(self.tr("Title of the node"))
        self.setMaxLength(200)
        self.hide()
        self.installEventFilter(self)

    def open(self, item: NodeItem) -> None:
        """Start editing the title of a card."""
        self._item = item
        self.setText(item.node.title)
        self.setPlaceholderText(item.node.kind)
        self.reposition()
        self.show()
        self.setFocus()
        self.selectAll()

    def reposition(self) -> None:
        """Stay over the card when the view moves."""
        if self._item is None:
            return
        title = self._item.card.body.translated(self._item.pos())
        top_left = self._view.mapFromScene(title.topLeft())
        width = max(160, round(title.width() * self._view.zoom))
        self.setGeometry(top_left.x(), top_left.y(), width, 30)
        self.move(top_left + QPoint(0, 1))

    def close_editor(self, keep: bool) -> None:
        """End editing; with `keep` the title is changed, as one undo entry."""
        item, self._item = self._item, None
        if item is None:
            return
        had_focus = self.hasFocus()
        self.hide()
        if had_focus:
            self._view.setFocus()
        title = self.text().strip()
        network = self._view.network
        if keep and network is not None and item.node.id in network and title != item.node.title:
            node = replace(network.node(item.node.id), title=title)
            self._view.push(UpdateNode(network.name, node), translated("Rename"))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Enter keeps, Escape drops, losing the focus keeps."""
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Tab):
                self.close_editor(keep=True)
                return True
            if event.key() == Qt.Key.Key_Escape:
                self.close_editor(keep=False)
                return True
        elif event.type() == QEvent.Type.FocusOut:
            self.close_editor(keep=True)
        return False
