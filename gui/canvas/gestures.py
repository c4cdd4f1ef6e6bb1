"""Gestures: what a press of the mouse begins. One class each; each ends as one undo entry.

The view starts a gesture and hands it every movement until it ends or Escape cancels it. While it
runs nothing but the picture changes; the document is told at the end, by one edit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QPoint, QPointF, QRectF, Qt

from graph.document import Wire
from graph.edits import Batch, BendWire, Edit, move_nodes
from gui.canvas import building, rewiring
from gui.canvas.style import GRID

if TYPE_CHECKING:
    from gui.canvas.node_item import NodeItem
    from gui.canvas.view import CanvasView

__all__ = ["BoxSelect", "Gesture", "Move", "Pan", "Pointer", "snapped", "translated"]

#: How near a grid line a node jumps onto it, in scene pixels.
SNAP = 6.0


class Pointer:
    """Where the pointer is, and what is held down."""

    def __init__(
        self,
        view: CanvasView,
        at: QPoint,
        modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier,
    ) -> None:
        #: In pixels of the viewport.
        self.at = at
        #: In scene pixels.
        self.scene = view.mapToScene(at)
        self.modifiers = modifiers

    def holds(self, modifier: Qt.KeyboardModifier) -> bool:
        """Whether a modifier key is down."""
        return bool(self.modifiers & modifier)


class Gesture:
    """One movement of the mouse from press to release."""

    #: Whether the view follows when the pointer comes near its edge.
    follows = True

    def __init__(self, view: CanvasView) -> None:
        self.view = view
        self.scene = view.canvas_scene

    def start(self, pointer: Pointer) -> None:
        """The button went down, or the pointer has moved far enough for a drag."""

    def move(self, pointer: Pointer) -> None:
        """The pointer moved."""

    def end(self, pointer: Pointer) -> bool:
        """The button was released; return whether the gesture is over."""
        return True

    def cancel(self) -> None:
        """Put everything back as it was before the gesture."""

    def press(self, pointer: Pointer) -> bool:
        """A button went down while the gesture runs; return whether it is over."""
        return False


class Pan(Gesture):
    """Moves the view over the scene."""

    follows = False

    def start(self, pointer: Pointer) -> None:
        self._last = pointer.at
        self.view.viewport().setCursor(Qt.CursorShape.ClosedHandCursor)

    def move(self, pointer: Pointer) -> None:
        self.view.pan(pointer.at - self._last)
        self._last = pointer.at

    def end(self, pointer: Pointer) -> bool:
        self.cancel()
        return True

    def cancel(self) -> None:
        self.view.viewport().unsetCursor()


class BoxSelect(Gesture):
    """Selects what a box touches; Shift adds to the selection, Ctrl takes from it."""

    def start(self, pointer: Pointer) -> None:
        self._from = pointer.scene
        self._before = list(self.scene.selected)
        self._wires_before = list(self.scene.selected_wires)
        self.scene.select(self._wanted(pointer))

    def move(self, pointer: Pointer) -> None:
        self.view.set_rubber_band(QRectF(self._from, pointer.scene).normalized())
        self.scene.select(self._wanted(pointer))

    def _wanted(self, pointer: Pointer) -> list[str]:
        box = QRectF(self._from, pointer.scene).normalized()
        touched = [] if box.isEmpty() else self.scene.nodes_in(box)
        if pointer.holds(Qt.KeyboardModifier.ShiftModifier):
            return [*self._before, *(i for i in touched if i not in self._before)]
        if pointer.holds(Qt.KeyboardModifier.ControlModifier):
            gone = set(touched)
            return [i for i in self._before if i not in gone]
        return touched

    def end(self, pointer: Pointer) -> bool:
        self.move(pointer)
        self.view.set_rubber_band(None)
        return True

    def cancel(self) -> None:
        self.view.set_rubber_band(None)
        self.scene.select(self._before, self._wires_before)


class Move(Gesture):
    """Moves the selected nodes; a node without wires that is dropped on a wire goes into it.

    With Alt held at the end, nodes leave their wires, which are joined behind them.
    """

    def __init__(self, view: CanvasView, held: NodeItem) -> None:
        super().__init__(view)
        self._held = held

    def start(self, pointer: Pointer) -> None:
        self._from = pointer.scene
        pinned = {i for i in self.scene.selected if self.scene.nodes[i].node.pinned}
        self._starts = {
            i: self.scene.nodes[i].pos() for i in self.scene.selected if i not in pinned
        }
        self._bent = {
            item: item.dots
            for item in self.scene.wires.values()
            if item.dots and {item.wire.source, item.wire.target} <= self._starts.keys()
        }
        self._target: Wire | None = None

    def move(self, pointer: Pointer) -> None:
        if not self._starts:
            self.view.show_hint(translated("It is pinned; P lets it go."), pointer.at)
            return
        held = self._starts.get(self._held.node.id, next(iter(self._starts.values())))
        delta = snapped(held + pointer.scene - self._from) - held
        for node_id, start in self._starts.items():
            self.scene.place(self.scene.nodes[node_id], start + delta)
        for item, dots in self._bent.items():
            self.scene.bend(item, [dot + delta for dot in dots])
        self._aim()

    def _aim(self) -> None:
        """Light the wire that the node would go into."""
        target = None
        if list(self._starts) == [self._held.node.id] and not self._held.wires:
            item = self.view.wire_under(self._held)
            if item is not None and self._into(item.wire) is not None:
                target = item.wire
        self._target = target
        self.view.light_wire(target)

    def _into(self, wire: Wire) -> Batch | None:
        return building.put_in_wire(self.scene.network, wire, self._held.node.id)

    def end(self, pointer: Pointer) -> bool:
        self.move(pointer)
        self.view.light_wire(None)
        moved = {
            node_id: (self.scene.nodes[node_id].pos().x(), self.scene.nodes[node_id].pos().y())
            for node_id, start in self._starts.items()
            if self.scene.nodes[node_id].pos() != start
        }
        if not moved:
            return True
        bent = [
            BendWire(
                self.scene.network.name, item.wire, tuple((dot.x(), dot.y()) for dot in item.dots)
            )
            for item in self._bent
        ]
        edit: Edit = Batch((*move_nodes(self.scene.network, moved).edits, *bent))
        text = translated("Move %n node(s)", len(moved))
        if self._target is not None and (into := self._into(self._target)) is not None:
            edit, text = Batch((edit, into)), translated("Insert into wire")
        elif pointer.holds(Qt.KeyboardModifier.AltModifier):
            out = rewiring.taken_out(self.scene.network, [*self._starts], self.scene.analysis)
            edit, text = Batch((edit, out)), translated("Take out of the wire")
        if not self.view.push(edit, text):
            self.cancel()
        return True

    def cancel(self) -> None:
        self.view.light_wire(None)
        for node_id, start in self._starts.items():
            if node_id in self.scene.nodes:
                self.scene.place(self.scene.nodes[node_id], start)
        for item, dots in self._bent.items():
            if item.wire in self.scene.wires:
                self.scene.bend(item, dots)


def translated(text: str, number: int = -1) -> str:
    """Return a text of the canvas in the user's language; ``%n node(s)`` becomes ``3 nodes``."""
    found = QCoreApplication.translate("Canvas", text, None, number)
    return found.replace("(s)", "" if number == 1 else "s").replace("%n", str(number))


def snapped(position: QPointF) -> QPointF:
    """Return `position`, moved onto the grid where it is near it; whole pixels otherwise."""
    return QPointF(_snapped(position.x()), _snapped(position.y()))


def _snapped(value: float) -> float:
    line = round(value / GRID) * GRID
    return float(line if abs(value - line) <= SNAP else round(value))
