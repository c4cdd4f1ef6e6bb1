"""Adding nodes: from the search box, from the palette, behind the selection, into a wire."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint, QPointF, QRectF

from graph.chains import Step
from graph.document import Node, Wire
from graph.edits import AddNode, Batch, Edit, move_nodes
from gui.canvas import building, rewiring
from gui.canvas.building import Choice, Loose
from gui.canvas.card import HEAD, lay_out
from gui.canvas.chaining import add_chain
from gui.canvas.content import ghost_content
from gui.canvas.gestures import Pointer, translated
from gui.canvas.search import SearchBox
from gui.canvas.style import GRID
from gui.canvas.wiring import PlaceNode

if TYPE_CHECKING:
    from gui.canvas.palette import Palette
    from gui.canvas.view import CanvasView

__all__ = ["Adding"]

#: Free room between a node and one added behind it, in scene pixels.
GAP = 60.0
#: Free room beside a node put into a wire, and how far apart nodes of one row may stand in height.
SPACE, ROW = 40.0, 60.0


class Adding(QObject):
    """Adds nodes to the network of a view; each addition is one undo entry."""

    def __init__(self, view: CanvasView) -> None:
        super().__init__(view)
        self._view = view
        self._at = QPointF()
        self._replaced = ""
        self.search = SearchBox(view)
        self.search.chosen.connect(self._on_chosen)
        self.search.typed.connect(self._on_typed)
        self.search.closed.connect(view.setFocus)

    def open_search(self, at: QPointF | None = None, loose: Loose | None = None) -> None:
        """Open the search box at a scene point; with a loose end only for what fits it."""
        if self._view.network is None:
            return
        self._replaced = ""
        inside = self._view.pointer_inside()
        middle = self._view.mapToScene(self._view.viewport().rect().center())
        self._at = at or inside or middle
        self.search.open(self._view.mapFromScene(self._at), self._view.canvas_scene, loose)

    def open_replacing(self, node_id: str, pool: list[Choice]) -> None:
        """Open the search box beside a node, for what can take its place."""
        body = self._view.canvas_scene.nodes[node_id].scene_body()
        self._at = body.bottomLeft()
        scene = self._view.canvas_scene
        self.search.open(self._view.mapFromScene(self._at), scene, pool=pool)
        self._replaced = node_id

    def _replace(self, choice: Choice) -> None:
        edit, node = rewiring.replaced(self._view.network, self._replaced, choice)
        self._replaced = ""
        if self._view.push(edit, self.tr("Replace")):
            self._view.select([node.id])

    def _on_chosen(self, choice: Choice, loose: Loose | None) -> None:
        if self._replaced in self._view.canvas_scene.nodes:
            self._replace(choice)
        elif loose is None and self._view.selected:
            self.add_after(choice, self._view.selected[-1])
        elif self._view.network is not None:
            at = self._at
            if loose is not None:  # its port, not its corner, stands where the wire was dropped
                at = at - QPointF(160 if loose.is_input else 0, HEAD / 2)
            self._add(building.new_node(self._view.network, choice, _on_grid(at)), loose)

    def _on_typed(self, steps: Sequence[Step], loose: Loose | None, branch: bool) -> None:
        """Add a typed chain; its last node is selected, so that the next goes on from there."""
        view = self._view
        if view.network is None:
            return
        edit, ids = add_chain(view, steps, self._at, loose, branch)
        if view.push(edit, translated("Add %n node(s)", len(ids))):
            view.select(ids[-1:])
            view.show_nodes(ids)

    def add(self, choice: Choice) -> None:
        """Add something after the selection, or in the middle of the view."""
        view = self._view
        if view.network is None:
            return
        if view.selected:
            self.add_after(choice, view.selected[-1])
            return
        middle = view.mapToScene(view.viewport().rect().center()) - QPointF(80, 30)
        place = _on_grid(self._free_place(middle))
        self.place(building.new_node(view.network, choice, place))

    def add_kind(self, name: str) -> None:
        """Add a node of the kind called `name`, where the graph may have one."""
        network = self._view.network
        if network is None:
            return
        for choice in building.choices_for(network):
            if choice.kind.name == name:
                self.add(choice)
                return

    def add_after(self, choice: Choice, node_id: str) -> None:
        """Add something behind a node: into its only wire, or wired to its first free output."""
        view = self._view
        item = view.canvas_scene.nodes[node_id]
        ports = view.network.ports(node_id)
        leaving = list(view.network.wires_out(node_id))
        if len(leaving) == len(ports.outputs) == 1:
            at = item.pos() + QPointF(item.card.width + SPACE, 0)
            node = building.new_node(view.network, choice, _on_grid(at))
            if building.insert(view.network, leaving[0], node) is not None:
                content = ghost_content(choice.kind, node, view.network)
                self.place(node, leaving[0], lay_out(content, view.canvas_scene.paper.look).width)
                return
        used = {wire.source_port for wire in leaving}
        ends = [p for p in ports.outputs if p.name not in used] or list(ports.outputs)
        at = self._free_place(item.pos() + QPointF(item.card.width + GAP, 0))
        node = building.new_node(view.network, choice, _on_grid(at))
        self._add(node, Loose(node_id, ends[0].name, False) if ends else None)

    def _free_place(self, at: QPointF) -> QPointF:
        """Return the first place at or below a point where a card covers no other."""
        for _ in range(40):
            if not self._view.canvas_scene.nodes_in(QRectF(at.x(), at.y(), 160, 80)):
                break
            at = at + QPointF(0, 2 * GRID)
        return at

    def _add(self, node: Node, loose: Loose | None) -> None:
        view = self._view
        edit: Edit = AddNode(view.network.name, node)
        if loose is not None:
            edit = building.add_connected(view.network, node, loose, view.canvas_scene.analysis)
        self._push(edit, node)

    def place(self, node: Node, wire: Wire | None = None, width: float = 0.0) -> None:
        """Add a node where it is; or into a wire, with room made for its card of `width`."""
        network = self._view.network
        if wire is not None:
            node, moved = self._room_in(wire, node, width)
            into = building.insert(network, wire, node)
            if into is not None:
                self._push(Batch((into, move_nodes(network, moved))), node)
                return
        self._push(AddNode(network.name, node), node)

    def _room_in(
        self, wire: Wire, node: Node, width: float
    ) -> tuple[Node, dict[str, tuple[float, float]]]:
        """Return the node in line with the wire, and where those behind it in the row move to."""
        network, items = self._view.network, self._view.canvas_scene.nodes
        before, behind = items[wire.source].scene_body(), items[wire.target].scene_body()
        x, y = node.position
        if behind.left() < before.right() or abs(behind.top() - before.top()) > ROW:
            return node, {}
        x, y = max(x, before.right() + SPACE), before.top()
        lacking = x + width + SPACE - behind.left()
        if lacking <= 0:
            return replace(node, position=(x, y)), {}
        shift = GRID * math.ceil(lacking / GRID)
        moved = {
            node_id: (at[0] + shift, at[1])
            for node_id in building.downstream(network, wire.target)
            for at in [network.node(node_id).position]
            if at[0] >= behind.left() and abs(at[1] - behind.top()) <= ROW
        }
        return replace(node, position=(x, y)), moved

    def _push(self, edit: Edit, node: Node) -> None:
        view = self._view
        if view.push(edit, translated("Add {kind}").format(kind=node.kind)):
            view.select([node.id])
            view.ensureVisible(view.canvas_scene.nodes[node.id].scene_body(), 40, 40)

    # -- the palette ----------------------------------------------------------------------------

    def follow(self, palette: Palette) -> None:
        """Take what is chosen in, or dragged from, a palette."""
        palette.chosen.connect(self.add)
        palette.dragged.connect(self._on_drag)
        palette.dropped.connect(self._on_drop)
        palette.drag_cancelled.connect(self._view.cancel)

    def _on_drag(self, choice: Choice, at: QPoint) -> None:
        view = self._view
        local = view.viewport().mapFromGlobal(at)
        inside = view.viewport().rect().contains(local)
        if isinstance(view.gesture, PlaceNode):
            if inside:
                view.move_gesture(Pointer(view, local))
            else:
                view.cancel()
        elif inside and view.gesture is None and view.network is not None:
            view.begin(PlaceNode(view, choice), Pointer(view, local))

    def _on_drop(self, at: QPoint) -> None:
        view = self._view
        if isinstance(view.gesture, PlaceNode):
            view.end_gesture(Pointer(view, view.viewport().mapFromGlobal(at)))
            view.setFocus()


def _on_grid(at: QPointF) -> tuple[float, float]:
    """Return a place on the grid."""
    return (round(at.x() / GRID) * GRID, round(at.y() / GRID) * GRID)
