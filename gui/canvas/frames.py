"""The frames of a scene: their items follow the document; a collapsed one hides its nodes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF

from gui.canvas.frame_item import FrameItem
from gui.canvas.node_item import NodeItem

if TYPE_CHECKING:
    from gui.canvas.scene import CanvasScene

__all__ = ["Frames"]


class Frames:
    """The items of the frames by id, and which are selected."""

    def __init__(self, scene: CanvasScene) -> None:
        self._scene = scene
        self.items: dict[str, FrameItem] = {}
        self.selected: dict[str, None] = {}

    def load(self) -> None:
        """Show the frames of the scene's network."""
        for frame_id in self._scene.network.drawing.frames:
            self.follow(frame_id)

    def clear(self) -> None:
        """Forget the items; the scene removes them."""
        self.items.clear()
        self.selected.clear()

    def follow(self, frame_id: str) -> None:
        """Show a frame as the document has it now."""
        frame = self._scene.network.drawing.frames.get(frame_id)
        item = self.items.get(frame_id)
        if frame is None:
            if item is not None:
                self._scene.removeItem(self.items.pop(frame_id))
                self.selected.pop(frame_id, None)
        elif item is None:
            item = self.items[frame_id] = FrameItem(frame, self._scene.paper)
            self._scene.addItem(item)
        else:
            item.show_frame(frame)
        self.hide_held()
        self._scene.structure_changed.emit()

    def hide_held(self) -> None:
        """Hide the nodes that collapsed frames stand for; lead their wires to the boxes."""
        boxes: dict[str, FrameItem] = {}
        for item in self.items.values():
            for node_id in item.frame.held:
                boxes.setdefault(node_id, item)
        stale = [
            node
            for node_id, node in self._scene.nodes.items()
            if node.box is not boxes.get(node_id) or node.box is not None
        ]
        for node in stale:
            node.box = boxes.get(node.node.id)
            node.setVisible(node.box is None)
        for wire in {wire for node in stale for wire in node.wires}:
            inside = wire.source.box is not None and wire.source.box is wire.target.box
            wire.setVisible(not inside)
            wire.follow()

    def select(self, ids: Iterable[str]) -> None:
        """Select these frames and no others."""
        wanted = {i: None for i in ids if i in self.items}
        for frame_id in self.selected.keys() ^ wanted.keys():
            if frame_id in self.items:
                self.items[frame_id].selected = frame_id in wanted
                self.items[frame_id].update()
        self.selected = wanted

    def title_at(self, point: QPointF) -> FrameItem | None:
        """Return the frame whose title, or box, is under a scene point; the smallest of several."""
        return self._smallest(item for item in self.items.values() if item.grip().contains(point))

    def corner_at(self, point: QPointF) -> FrameItem | None:
        """Return the frame whose resizing corner is under a scene point."""
        return self._smallest(item for item in self.items.values() if item.corner().contains(point))

    def _smallest(self, items: Iterable[FrameItem]) -> FrameItem | None:
        return min(items, key=lambda i: i.body().width() * i.body().height(), default=None)

    def nodes_of(self, item: FrameItem) -> list[NodeItem]:
        """Return the nodes that a frame carries: those it stands for, or that lie in it."""
        nodes = self._scene.nodes
        if item.frame.collapsed:
            return [nodes[i] for i in item.frame.held if i in nodes]
        body = item.body()
        return [
            node
            for node in nodes.values()
            if node.box is None and body.contains(node.scene_body().center())
        ]

    def frames_of(self, item: FrameItem) -> list[FrameItem]:
        """Return the frames that lie in a frame."""
        if item.frame.collapsed:
            return []
        body = item.body()
        return [i for i in self.items.values() if i is not item and body.contains(i.body())]
