"""Gestures and actions on wires: cut, disconnect, swap, replace, multiply, walk along."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPointF
from PySide6.QtGui import QPainterPath
from PySide6.QtWidgets import QGraphicsPathItem

from gui.canvas import building, rewiring
from gui.canvas.building import Choice
from gui.canvas.gestures import Gesture, Pointer, translated
from gui.canvas.style import GRID

if TYPE_CHECKING:
    from gui.canvas.view import CanvasView

__all__ = ["CutWires", "WireActions", "disconnect_at"]


def disconnect_at(view: CanvasView, pointer: Pointer) -> bool:
    """Disconnect the port or the wire under the pointer; return whether there is one."""
    network, scene = view.network, view.canvas_scene
    if network is None:
        return False
    port = scene.port_at(pointer.scene, view.reach)
    if port is not None:
        item, spot = port
        node_id, name = item.node.id, spot.port.name
        if spot.is_input:
            wires = [w for p, w in network.wires_in(node_id).items() if p == name]
        else:
            wires = [w for w in network.wires_out(node_id) if w.source_port == name]
    elif scene.node_at(pointer.scene) is None:
        wire = scene.wire_at(pointer.scene, 7.0 / view.zoom)
        wires = [wire.wire] if wire is not None else []
    else:
        return False
    view.push(rewiring.disconnect(network, wires), translated("Disconnect"))
    return port is not None or bool(wires)


class CutWires(Gesture):
    """Cuts every wire that a stroke crosses."""

    def start(self, pointer: Pointer) -> None:
        self._path = QPainterPath(pointer.scene)
        self._line = QGraphicsPathItem()
        self._line.setPen(self.scene.paper.look.wire_refused)
        self.scene.show_draft(self._line, 5)

    def move(self, pointer: Pointer) -> None:
        self._path.lineTo(pointer.scene)
        self._line.setPath(self._path)

    def end(self, pointer: Pointer) -> bool:
        self.move(pointer)
        self.cancel()
        network = self.view.network
        seen = [(w, item) for w, item in self.scene.wires.items() if item.isVisible()]
        cut = [w for w, item in seen if _crosses(self._path, item)]
        if network is not None and cut:
            self.view.push(rewiring.disconnect(network, cut), translated("Cut wires"))
        return True

    def cancel(self) -> None:
        self.scene.drop_draft(self._line)


def _crosses(stroke: QPainterPath, item: QGraphicsPathItem) -> bool:
    """Whether a stroke crosses a wire; both are open lines, so their areas do not count."""
    path = item.mapToScene(item.path())
    near = stroke.controlPointRect().adjusted(-1, -1, 1, 1)
    if not near.intersects(path.controlPointRect().adjusted(-1, -1, 1, 1)):
        return False
    points = [path.pointAtPercent(i / 24) for i in range(25)]
    corners = [stroke.elementAt(i) for i in range(stroke.elementCount())]
    line = [QPointF(corner.x, corner.y) for corner in corners]
    return any(
        _side(a, b, p) != _side(a, b, q) and _side(p, q, a) != _side(p, q, b)
        for a, b in pairwise(line)
        for p, q in pairwise(points)
    )


def _side(a: QPointF, b: QPointF, p: QPointF) -> bool:
    """Whether a point lies left of the line from `a` to `b`."""
    return (b.x() - a.x()) * (p.y() - a.y()) - (b.y() - a.y()) * (p.x() - a.x()) > 0


class WireActions(QObject):
    """The actions on the wires of the selected nodes; each edit is one undo entry."""

    def __init__(self, view: CanvasView) -> None:
        super().__init__(view)
        self._view = view
        add = view.commands.add
        up, down = (lambda: self._select_reachable(True)), (lambda: self._select_reachable(False))
        add("upstream", self.tr("Select upstream"), ("L",), up)
        add("downstream", self.tr("Select downstream"), ("Shift+L",), down)
        add("swap", self.tr("Swap the inputs"), ("Alt+S",), self.swap)
        add("replace", self.tr("Replace…"), ("Shift+S",), self.replace)
        copies = self.tr("Duplicate with incoming wires")
        add("duplicate_wired", copies, ("Ctrl+Shift+D",), self.duplicate)
        for key, back in (("Left", True), ("Right", False)):
            text = self.tr("Go back along the wire") if back else self.tr("Go on along the wire")
            add(f"walk_{key.lower()}", text, (f"Alt+{key}",), lambda back=back: self.walk(back))

    def _select_reachable(self, up: bool) -> None:
        view = self._view
        if view.network is not None:
            view.select(rewiring.reachable(view.network, view.selected, up))

    def walk(self, back: bool) -> None:
        """Select what the first wire of the node selected last comes from, or leads to."""
        view = self._view
        if view.network is None or not view.selected:
            return
        node_id = view.selected[-1]
        arriving = view.network.wires_in(node_id)
        order = [p.name for p in view.network.ports(node_id).inputs if p.name in arriving]
        near = (
            [arriving[name].source for name in order]
            if back
            else [wire.target for wire in view.network.wires_out(node_id)]
        )
        if near:
            view.select(near[:1])
            view.show_nodes(near[:1])

    def swap(self) -> None:
        """Exchange what arrives at the first two inputs."""
        view = self._view
        if view.network is not None and view.selected:
            edit = rewiring.swapped(view.network, view.selected[-1])
            if edit is None:
                view.tell(self.tr("There are no two inputs here to swap."))
            else:
                view.push(edit, self.tr("Swap the inputs"))

    def duplicate(self) -> None:
        """Add copies of the selected nodes, fed by what feeds them."""
        view = self._view
        if view.network is None or not view.selected:
            return
        places = [view.network.node(i).position for i in view.selected]
        corner = (min(x for x, _ in places) + 2 * GRID, min(y for _, y in places) + 5 * GRID)
        edit, ids = rewiring.copied_with_inputs(view.network, view.selected, corner)
        if view.push(edit, self.tr("Duplicate with incoming wires")):
            view.select(ids)

    def multiply(self, count: int) -> None:
        """Put the selected run of nodes `count` times in a row."""
        view = self._view
        found = (
            rewiring.multiplied(view.network, view.selected, count)
            if view.network is not None
            else None
        )
        if found is None:
            view.tell(self.tr("A run has one wire that enters it and one output that leaves it."))
        elif view.push(found[0], self.tr("Multiply")):
            view.select([*view.selected, *found[1]])

    def replace(self) -> None:
        """Search for another kind in place of the node selected last."""
        view = self._view
        if view.network is None or not view.selected:
            return
        node_id = view.selected[-1]
        node = view.network.node(node_id)
        kept: dict[Choice, int] = {}
        for choice in building.choices_for(view.network):
            new = building.new_node(view.network, choice, node.position)
            kept[choice] = len(rewiring.kept_wires(view.network, node, new))
        most = max(kept.values(), default=0)
        view.adding.open_replacing(node_id, [c for c, number in kept.items() if number == most])
