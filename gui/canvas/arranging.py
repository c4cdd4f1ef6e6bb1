"""Arranging: tidy, align, distribute, collapse and pin, as actions of the canvas."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QObject, QRectF

from graph.document import Node
from graph.edits import Batch, UpdateNode, move_nodes
from gui.canvas.tidying import Tidying

if TYPE_CHECKING:
    from gui.canvas.view import CanvasView

__all__ = ["Arranging"]

translate = QCoreApplication.translate

#: Where a card goes along an edge of the rectangle round all: x and y as parts of the free room;
#: None: it stays.
ALIGN = {
    "align_left": (0.0, None),
    "align_center": (0.5, None),
    "align_right": (1.0, None),
    "align_top": (None, 0.0),
    "align_middle": (None, 0.5),
    "align_bottom": (None, 1.0),
}


def table() -> tuple[tuple[str, str, str], ...]:
    """Return the name, text and shortcut of each action, in the user's language."""
    return (
        ("tidy", translate("Canvas", "Tidy"), "Ctrl+T"),
        ("align_left", translate("Canvas", "Align left"), "Alt+Shift+Left"),
        ("align_center", translate("Canvas", "Align centres"), "Alt+Shift+C"),
        ("align_right", translate("Canvas", "Align right"), "Alt+Shift+Right"),
        ("align_top", translate("Canvas", "Align top"), "Alt+Shift+Up"),
        ("align_middle", translate("Canvas", "Align middles"), "Alt+Shift+M"),
        ("align_bottom", translate("Canvas", "Align bottom"), "Alt+Shift+Down"),
        ("distribute_across", translate("Canvas", "Distribute across"), "Alt+Shift+H"),
        ("distribute_down", translate("Canvas", "Distribute down"), "Alt+Shift+V"),
        ("collapse", translate("Canvas", "Collapse or expand"), "Alt+C"),
        ("pin", translate("Canvas", "Pin or unpin"), "P"),
    )


class Arranging(QObject):
    """What moves the selected nodes without a mouse. Each is one undo entry."""

    def __init__(self, view: CanvasView) -> None:
        super().__init__(view)
        self._view = view
        self.tidying = Tidying(view)
        for name, text, shortcut in table():
            view.commands.add(name, text, (shortcut,), self._slot(name))

    def _slot(self, name: str) -> Callable[[], object]:
        if name in ALIGN:
            return lambda: self.align(name)
        slots: dict[str, Callable[[], object]] = {
            "tidy": self.tidying.start,
            "distribute_across": lambda: self.distribute(across=True),
            "distribute_down": lambda: self.distribute(across=False),
            "collapse": self.collapse,
            "pin": self.pin,
        }
        return slots[name]

    def _bodies(self) -> dict[str, QRectF]:
        """Return the rectangles of the selected cards that are not pinned."""
        scene = self._view.canvas_scene
        return {
            i: scene.nodes[i].scene_body() for i in scene.selected if not scene.nodes[i].node.pinned
        }

    def align(self, name: str) -> None:
        """Put the selected cards in line: at a side of the rectangle round them, or its middle."""
        bodies = self._bodies()
        if len(bodies) < 2:
            self._view.tell(translate("Canvas", "Select two or more nodes to align them."))
            return
        across, down = ALIGN[name]
        around = QRectF()
        for body in bodies.values():
            around = around.united(body)
        places = {}
        for node_id, body in bodies.items():
            x, y = body.x(), body.y()
            if across is not None:
                x = round(around.x() + across * (around.width() - body.width()))
            if down is not None:
                y = round(around.y() + down * (around.height() - body.height()))
            places[node_id] = (float(x), float(y))
        self._move(places, translate("Canvas", "Align"))

    def distribute(self, across: bool) -> None:
        """Make the gaps between the selected cards equal; the first and the last one stay."""
        bodies = self._bodies()
        if len(bodies) < 3:
            self._view.tell(translate("Canvas", "Select three or more nodes to distribute them."))
            return

        def start(body: QRectF) -> float:
            return body.x() if across else body.y()

        def size(body: QRectF) -> float:
            return body.width() if across else body.height()

        order = sorted(bodies, key=lambda i: (start(bodies[i]), i))
        first, last = bodies[order[0]], bodies[order[-1]]
        inner = sum(size(bodies[i]) for i in order[:-1])
        gap = (start(last) - start(first) - inner) / (len(order) - 1)
        at, places = start(first), {}
        for node_id in order:
            body = bodies[node_id]
            place = float(round(at))
            places[node_id] = (place, body.y()) if across else (body.x(), place)
            at += size(body) + gap
        self._move(places, translate("Canvas", "Distribute"))

    def _move(self, places: dict[str, tuple[float, float]], text: str) -> None:
        network = self._view.network
        moved = {i: place for i, place in places.items() if network.node(i).position != place}
        self._view.push(move_nodes(network, moved), text)

    def collapse(self) -> None:
        """Show the selected cards with their titles alone, or whole again if all are so.

        Where frames are selected, they become boxes in place of their nodes, or open again.
        """
        if not self._view.framing.collapse():
            self._toggle(
                "collapsed", translate("Canvas", "Collapse"), translate("Canvas", "Expand")
            )

    def pin(self) -> None:
        """Keep the selected nodes where they are, or let them go if all are kept."""
        self._toggle("pinned", translate("Canvas", "Pin"), translate("Canvas", "Unpin"))

    def _toggle(self, field: str, on: str, off: str) -> None:
        network = self._view.network
        if network is None:
            return
        nodes: list[Node] = [network.node(i) for i in self._view.selected]
        value = not all(getattr(node, field) for node in nodes)
        edits = [
            UpdateNode(network.name, replace(node, **{field: value}))
            for node in nodes
            if getattr(node, field) != value
        ]
        self._view.push(Batch(tuple(edits)), on if value else off)
