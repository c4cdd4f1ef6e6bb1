"""Selecting by a line drawn round nodes."""

from __future__ import annotations

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QPen, QPolygonF
from PySide6.QtWidgets import QGraphicsPolygonItem

from gui.canvas.gestures import Gesture, Pointer

__all__ = ["Lasso"]


class Lasso(Gesture):
    """Selects the nodes whose middles are inside a line; Shift adds to the selection."""

    def start(self, pointer: Pointer) -> None:
        self._before = list(self.scene.selected)
        self._wires_before = list(self.scene.selected_wires)
        self._line = QPolygonF([pointer.scene])
        self._draft = QGraphicsPolygonItem()
        accent = QColor(self.scene.paper.look.theme.accent)
        pen = QPen(accent, 1.0)
        pen.setCosmetic(True)
        accent.setAlpha(36)
        self._draft.setPen(pen)
        self._draft.setBrush(accent)
        self.scene.show_draft(self._draft, 5)
        self.scene.select(self._wanted(pointer))

    def move(self, pointer: Pointer) -> None:
        self._line.append(pointer.scene)
        self._draft.setPolygon(self._line)
        self.scene.select(self._wanted(pointer))

    def _wanted(self, pointer: Pointer) -> list[str]:
        inside = [
            node_id
            for node_id in self.scene.nodes_in(self._line.boundingRect())
            if self._holds(self.scene.nodes[node_id].scene_body().center())
        ]
        if pointer.holds(Qt.KeyboardModifier.ShiftModifier):
            return [*self._before, *(i for i in inside if i not in self._before)]
        return inside

    def _holds(self, point: QPointF) -> bool:
        return self._line.containsPoint(point, Qt.FillRule.OddEvenFill)

    def end(self, pointer: Pointer) -> bool:
        self.move(pointer)
        self.scene.drop_draft(self._draft)
        return True

    def cancel(self) -> None:
        self.scene.drop_draft(self._draft)
        self.scene.select(self._before, self._wires_before)
