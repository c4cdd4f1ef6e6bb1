"""Renaming in place: a line edit over the title of a card or a frame."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QPoint, QRectF, Qt
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
        #: Where the title is; None: nothing is edited.
        self._place: Callable[[], QRectF] | None = None
        self._keep: Callable[[str], object] = lambda title: None
        self._before = ""
        self.setObjectName("title-editor")
        self.setAccessibleName(self.tr("Title of the node"))
        self.setMaxLength(200)
        self.hide()
        self.installEventFilter(self)

    def open(self, item: NodeItem) -> None:
        """Start editing the title of a card."""
        node_id = item.node.id

        def keep(title: str) -> None:
            network = self._view.network
            if network is not None and node_id in network:
                node = replace(network.node(node_id), title=title)
                self._view.push(UpdateNode(network.name, node), translated("Rename"))

        self.edit(item.node.title, item.node.kind, item.scene_body, keep)

    def edit(
        self, title: str, kind: str, place: Callable[[], QRectF], keep: Callable[[str], object]
    ) -> None:
        """Start editing a title at a place of the scene; `keep` is called if another is kept."""
        self._place, self._keep, self._before = place, keep, title
        self.setText(title)
        self.setPlaceholderText(kind)
        self.reposition()
        self.show()
        self.setFocus()
        self.selectAll()

    def reposition(self) -> None:
        """Stay over the title when the view moves."""
        if self._place is None:
            return
        place = self._place()
        top_left = self._view.mapFromScene(place.topLeft())
        width = max(160, round(place.width() * self._view.zoom))
        self.setGeometry(top_left.x(), top_left.y(), width, 30)
        self.move(top_left + QPoint(0, 1))

    def close_editor(self, keep: bool) -> None:
        """End editing; with `keep` the title is changed, as one undo entry."""
        place, self._place = self._place, None
        if place is None:
            return
        had_focus = self.hasFocus()
        self.hide()
        if had_focus:
            self._view.setFocus()
        title = self.text().strip()
        if keep and title != self._before:
            self._keep(title)

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
