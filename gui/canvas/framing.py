"""Frames in the hand: dragging, resizing, and the actions that make, name and colour them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QObject, QPointF
from PySide6.QtGui import QAction, QColor, QIcon, QPixmap
from PySide6.QtWidgets import QMenu

from graph.drawing import COLORS, SMALLEST, Frame
from graph.edits import Batch, BendWire, Edit, PutFrame, RemoveFrame, move_nodes
from gui.canvas.dots import as_points
from gui.canvas.frame_item import HUES, TITLE, FrameItem
from gui.canvas.gestures import Gesture, Pointer, snapped
from gui.canvas.node_item import NodeItem
from gui.canvas.wire_item import WireItem

if TYPE_CHECKING:
    from gui.canvas.view import CanvasView

__all__ = ["Framing", "MoveFrame", "ResizeFrame"]

translate = QCoreApplication.translate

#: Free room between a frame and the nodes it is drawn round, in scene pixels.
ROOM = 24.0


class MoveFrame(Gesture):
    """Drags the selected frames and what they carry."""

    def __init__(self, view: CanvasView, held: FrameItem) -> None:
        super().__init__(view)
        self._held = held

    def start(self, pointer: Pointer) -> None:
        self._from = pointer.scene
        frames = self.scene.frames
        carried = [frames.items[i] for i in frames.selected]
        carried += [inner for item in carried for inner in frames.frames_of(item)]
        self._frames: dict[FrameItem, Frame] = {item: item.frame for item in carried}
        nodes = {node.node.id: node for item in carried for node in frames.nodes_of(item)}
        self._starts: dict[NodeItem, QPointF] = {
            node: node.pos() for node in nodes.values() if not node.node.pinned
        }
        ids = {node.node.id for node in self._starts}
        self._bent: dict[WireItem, tuple[QPointF, ...]] = {
            item: item.dots
            for item in self.scene.wires.values()
            if item.dots and item.wire.source in ids and item.wire.target in ids
        }

    def move(self, pointer: Pointer) -> None:
        delta = snapped(pointer.scene - self._from)
        for item, frame in self._frames.items():
            x, y = frame.position
            item.show_frame(replace(frame, position=(x + delta.x(), y + delta.y())))
        for node, start in self._starts.items():
            self.scene.place(node, start + delta)
        for wire, dots in self._bent.items():
            self.scene.bend(wire, [dot + delta for dot in dots])
        for node in self._starts:
            if node.box is not None:
                for wire in node.wires:
                    wire.follow()

    def end(self, pointer: Pointer) -> bool:
        self.move(pointer)
        network = self.scene.network
        if self._held.frame == self._frames[self._held]:
            return True
        edits: list[Edit] = [PutFrame(network.name, item.frame) for item in self._frames]
        places = {n.node.id: (n.pos().x(), n.pos().y()) for n in self._starts}
        edits += move_nodes(network, places).edits
        edits += [BendWire(network.name, w.wire, as_points(w.dots)) for w in self._bent]
        if not self.view.push(Batch(tuple(edits)), translate("Canvas", "Move the frame")):
            self.cancel()
        return True

    def cancel(self) -> None:
        for item, frame in self._frames.items():
            if item.frame.id in self.scene.frames.items:
                item.show_frame(frame)
        for node, start in self._starts.items():
            if node.node.id in self.scene.nodes:
                self.scene.place(node, start)
        for wire, dots in self._bent.items():
            if wire.wire in self.scene.wires:
                self.scene.bend(wire, dots)


class ResizeFrame(Gesture):
    """Drags the corner of a frame; what lies in it stays."""

    def __init__(self, view: CanvasView, item: FrameItem) -> None:
        super().__init__(view)
        self._item, self._before = item, item.frame

    def start(self, pointer: Pointer) -> None:
        body = self._item.body()
        self._off = body.bottomRight() - pointer.scene

    def move(self, pointer: Pointer) -> None:
        end = snapped(pointer.scene + self._off)
        x, y = self._before.position
        size = (max(SMALLEST, end.x() - x), max(SMALLEST, end.y() - y))
        self._item.show_frame(replace(self._before, size=size))

    def end(self, pointer: Pointer) -> bool:
        self.move(pointer)
        edit = PutFrame(self.scene.network.name, self._item.frame)
        if self._item.frame != self._before and not self.view.push(
            edit, translate("Canvas", "Resize the frame")
        ):
            self.cancel()
        return True

    def cancel(self) -> None:
        self._item.show_frame(self._before)


class Framing(QObject):
    """What is done to frames without dragging. Each is one undo entry."""

    def __init__(self, view: CanvasView) -> None:
        super().__init__(view)
        self._view = view
        self.action: QAction = view.commands.add(
            "frame", translate("Canvas", "Frame round the selection"), ("C",), self.add
        )

    def press(self, pointer: Pointer) -> bool:
        """Begin what a press on a frame begins; return whether one was there."""
        frames = self._view.canvas_scene.frames
        if (item := frames.corner_at(pointer.scene)) is not None:
            self._view.begin(ResizeFrame(self._view, item), pointer)
            return True
        if (item := frames.title_at(pointer.scene)) is None:
            return False
        if item.frame.id not in frames.selected:
            self.select(item.frame.id)
        self._view.begin(MoveFrame(self._view, item), pointer)
        return True

    def double_click(self, point: QPointF) -> bool:
        """Name the frame whose title is there, or open a box; return whether one was there."""
        item = self._view.canvas_scene.frames.title_at(point)
        if item is None:
            return False
        if item.frame.collapsed:
            self.select(item.frame.id)
            self.collapse()
        else:
            self.rename(item)
        return True

    def select(self, frame_id: str) -> None:
        """Select one frame, and nothing else."""
        self._view.select(())
        self._view.canvas_scene.frames.select([frame_id])

    def chosen(self) -> list[FrameItem]:
        """Return the selected frames."""
        frames = self._view.canvas_scene.frames
        return [frames.items[i] for i in frames.selected]

    def add(self) -> None:
        """Draw a frame round the selected nodes, and ask for its title."""
        network, scene = self._view.network, self._view.canvas_scene
        if network is None or not scene.selected:
            self._view.tell(translate("Canvas", "Select the nodes that the frame should hold."))
            return
        around = scene.content_rect(scene.selected).adjusted(-ROOM, -ROOM - TITLE, ROOM, ROOM)
        around = around.toAlignedRect()
        frame = Frame(
            network.drawing.fresh_id(),
            position=(float(around.x()), float(around.y())),
            size=(max(SMALLEST, float(around.width())), max(SMALLEST, float(around.height()))),
        )
        if self._view.push(PutFrame(network.name, frame), translate("Canvas", "Add a frame")):
            self.select(frame.id)
            self.rename(scene.frames.items[frame.id])

    def rename(self, item: FrameItem) -> None:
        """Edit the title of a frame in its place."""
        frame_id = item.frame.id

        def keep(title: str) -> None:
            self._change(frame_id, translate("Canvas", "Name the frame"), title=title)

        name = translate("Canvas", "Frame")
        self._view.titles.edit(item.frame.title, name, item.grip, keep)

    def recolor(self, color: str) -> None:
        """Give the selected frames another colour."""
        for item in self.chosen():
            self._change(item.frame.id, translate("Canvas", "Colour the frame"), color=color)

    def _change(self, frame_id: str, text: str, **changes: object) -> None:
        network = self._view.network
        if network is None or frame_id not in network.drawing.frames:
            return
        before = network.drawing.frame(frame_id)
        frame = replace(before, **changes)  # type: ignore[arg-type]
        if frame != before:
            self._view.push(PutFrame(network.name, frame), text)

    def collapse(self) -> bool:
        """Make boxes of the selected frames, or open them; return whether any was selected."""
        frames, network = self._view.canvas_scene.frames, self._view.network
        chosen = self.chosen()
        edits: list[Edit] = []
        opening = bool(chosen) and all(item.frame.collapsed for item in chosen)
        for item in chosen:
            held = () if opening else tuple(node.node.id for node in frames.nodes_of(item))
            if opening or (held and not item.frame.collapsed):
                edits.append(PutFrame(network.name, replace(item.frame, held=held)))
        if chosen and not edits:
            self._view.tell(translate("Canvas", "There is no node in the frame."))
        open_text, fold_text = translate("Canvas", "Open frame"), translate("Canvas", "Fold frame")
        self._view.push(Batch(tuple(edits)), open_text if opening else fold_text)
        return bool(chosen)

    def removed(self) -> list[Edit]:
        """Return the edits that remove the selected frames; an open one leaves its nodes."""
        return [RemoveFrame(self._view.network.name, item.frame.id) for item in self.chosen()]

    def fill_menu(self, menu: QMenu, point: QPointF) -> bool:
        """Offer what can be done with the frame whose title is at a point, if there is one."""
        item = self._view.canvas_scene.frames.title_at(point)
        if item is None:
            return False
        self.select(item.frame.id)
        menu.addAction(translate("Canvas", "Rename"), lambda: self.rename(item))
        menu.addAction(self._view.actions_by_name["collapse"])
        colors = menu.addMenu(translate("Canvas", "Colour"))
        for name, text in zip(COLORS, _color_names(), strict=True):
            chip = QPixmap(16, 16)
            chip.fill(QColor(HUES[name]))
            colors.addAction(QIcon(chip), text, lambda name=name: self.recolor(name))
        menu.addSeparator()
        menu.addAction(self._view.actions_by_name["copy"])
        menu.addAction(self._view.actions_by_name["delete"])
        return True


def _color_names() -> tuple[str, ...]:
    """Return the names of the colours in the user's language."""
    return (
        translate("Canvas", "Grey"),
        translate("Canvas", "Blue"),
        translate("Canvas", "Green"),
        translate("Canvas", "Yellow"),
        translate("Canvas", "Orange"),
        translate("Canvas", "Red"),
        translate("Canvas", "Purple"),
    )
