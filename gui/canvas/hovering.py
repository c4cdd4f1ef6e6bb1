"""What is under the pointer while no button is down: it is lit, and a note says what it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gui.canvas import hints
from gui.canvas.gestures import Pointer
from gui.canvas.node_item import NodeItem
from gui.canvas.wire_item import WireItem

if TYPE_CHECKING:
    from gui.canvas.view import CanvasView

__all__ = ["Hovering"]


class Hovering:
    """Lights the node, port or wire under the pointer of a view."""

    def __init__(self, view: CanvasView) -> None:
        self._view = view
        self.item: NodeItem | WireItem | None = None

    def look(self, pointer: Pointer) -> None:
        """Light what is under the pointer, and say what it is."""
        view = self._view
        scene = view.canvas_scene
        found = scene.port_at(pointer.scene, view.reach) if view.zoom >= 0.2 else None
        if found is not None:
            self.light(*found)
            view.show_hint(hints.port_hint(scene, *found), pointer.at)
            return
        over = scene.node_at(pointer.scene) or scene.wire_at(pointer.scene, 6.0 / view.zoom)
        self.light(over)
        view.show_hint(hints.hover_hint(scene, over, pointer.scene), pointer.at)

    def light(self, item: NodeItem | WireItem | None, port: object = None) -> None:
        """Light an item, or a port of it, and nothing else."""
        before, self.item = self.item, item
        if before is not None and before is not item:
            before.hovered = False
            if isinstance(before, NodeItem):
                before.hovered_port = None
            hints.repaint(before)
        if item is not None:
            changed = not item.hovered
            item.hovered = True
            if isinstance(item, NodeItem):
                changed = changed or item.hovered_port != port
                item.hovered_port = port
            if changed:
                hints.repaint(item)
        else:
            self._view.show_hint("")
