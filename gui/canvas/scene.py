"""The scene: one item per node and per wire, which follow the document's signals."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPointF, QRectF, Qt, Signal
from PySide6.QtWidgets import QGraphicsItem, QGraphicsScene

from graph.document import Network, Node, Wire
from gui.canvas import paths
from gui.canvas.card import PortSpot
from gui.canvas.content import content_of, problems_by_node
from gui.canvas.frames import Frames
from gui.canvas.link_item import LinkItem, shared_pairs
from gui.canvas.node_item import NodeItem, Paper
from gui.canvas.style import style
from gui.canvas.wire_item import WireItem

if TYPE_CHECKING:
    from graph.analysis import Analysis, Changes
    from graph.dataspec import DataSpec
    from graph.problems import Problem

__all__ = ["CanvasScene"]

#: Free room round the nodes, in scene pixels, so that one can pan beyond them.
ROOM = 4000.0


class CanvasScene(QGraphicsScene):
    """Shows one network. It changes nothing in the document; gestures and actions do."""

    selection_changed = Signal(object)
    structure_changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.paper = Paper(style())
        self.network: Network | None = None
        self.analysis: Analysis | None = None
        self.nodes: dict[str, NodeItem] = {}
        self.wires: dict[Wire, WireItem] = {}
        #: Between blocks that have the same weights.
        self.links: list[LinkItem] = []
        self.frames = Frames(self)
        self.selected: dict[str, None] = {}
        self.selected_wires: dict[Wire, None] = {}
        #: The wires on the ways from the inputs to the selected node.
        self.path: set[Wire] = set()
        #: Grows with every change of what is seen; the overview is built anew from it.
        self.revision = 0
        self.drafts: list[QGraphicsItem] = []
        #: Where a run failed, to be marked like the problems that the analysis finds.
        self.failed: Problem | None = None
        self._problems: Mapping[str, list[Problem]] = {}
        self.structure_changed.connect(self._note)
        self.setSceneRect(-ROOM, -ROOM, 2 * ROOM, 2 * ROOM)

    # -- following the document -----------------------------------------------------------------

    def set_network(self, network: Network | None, analysis: Analysis | None) -> None:
        """Show another network, or none."""
        self.close_network()
        self.network, self.analysis = network, analysis
        if network is None:
            return
        self._problems = problems_by_node(network, analysis, self.failed)
        self._weigh()
        self._load(network)
        for signal, slot in self._subscriptions(network):
            signal.connect(slot)
        self.structure_changed.emit()

    def close_network(self) -> None:
        """Let go of the network and clear the scene."""
        if self.network is None:
            return
        for signal, slot in self._subscriptions(self.network):
            signal.disconnect(slot)
        self.network = self.analysis = None
        had_selection = bool(self.selected)
        for held in (
            self.nodes,
            self.wires,
            self.links,
            self.selected,
            self.selected_wires,
            self.path,
        ):
            held.clear()
        self.frames.clear()
        self.clear()
        if had_selection:
            self.selection_changed.emit([])
        self.structure_changed.emit()

    def _subscriptions(self, network: Network) -> list[tuple]:
        found = [
            (network.node_added, self._on_node_added),
            (network.node_removed, self._on_node_removed),
            (network.node_changed, self._on_node_changed),
            (network.wire_added, self._on_wire_added),
            (network.wire_removed, self._on_wire_removed),
            (network.drawing.wire_bent, self._on_wire_bent),
            (network.drawing.frame_changed, self._on_frame_changed),
        ]
        if network.project is not None:
            found.append((network.project.data_changed, self._on_data_changed))
        return found

    def _load(self, network: Network) -> None:
        # The order is what makes picking fast: all items first, then the index, then its extent.
        self.setItemIndexMethod(QGraphicsScene.ItemIndexMethod.NoIndex)
        for node in network:
            self._add_node(node)
        for wire in network.wires():
            self._add_wire(wire)
        self._link_shared()
        self.frames.load()
        self.setItemIndexMethod(QGraphicsScene.ItemIndexMethod.BspTreeIndex)
        self.setSceneRect(self.content_rect().adjusted(-ROOM, -ROOM, ROOM, ROOM))

    def _on_node_added(self, node: Node) -> None:
        self._add_node(node)
        self.frames.hide_held()
        self._grow(self.nodes[node.id].scene_body())
        if node.kind == "Block":
            self._link_shared()
        self.structure_changed.emit()

    def _on_node_removed(self, node: Node) -> None:
        item = self.nodes.pop(node.id)
        if item.links:
            self._link_shared()
        self.removeItem(item)
        if node.id in self.selected:
            del self.selected[node.id]
            self.selection_changed.emit(list(self.selected))
        self.structure_changed.emit()

    def _on_node_changed(self, node: Node, old: Node) -> None:
        item = self.nodes[node.id]
        item.node = node
        if node.position != old.position or item.pos() != QPointF(*node.position):
            self.place(item, QPointF(*node.position))
            self._grow(item.scene_body())
        if node.comment != old.comment:
            item.fit_rect()
            item.update()
        if replace(node, position=old.position, comment=old.comment) != old:
            self._show(item)
            if node.kind == "Block":
                self._link_shared()
        self.structure_changed.emit()

    def _link_shared(self) -> None:
        """Draw the lines between blocks with the same weights anew, where they differ."""
        pairs = shared_pairs(self.nodes.values())
        if [link.ends for link in self.links] == pairs:
            return
        for link in self.links:
            link.detach()
            self.removeItem(link)
        self.links = [LinkItem(*pair) for pair in pairs]
        for link in self.links:
            self.addItem(link)

    def _on_wire_added(self, wire: Wire) -> None:
        self._add_wire(wire)
        self.frames.hide_held()
        self._show(self.nodes[wire.source])
        self._show(self.nodes[wire.target])
        self.structure_changed.emit()

    def _on_wire_removed(self, wire: Wire) -> None:
        item = self.wires.pop(wire)
        self.selected_wires.pop(wire, None)
        item.detach()
        self.removeItem(item)
        self._show(self.nodes[wire.source])
        self._show(self.nodes[wire.target])
        self.structure_changed.emit()

    def _on_frame_changed(self, frame_id: str) -> None:
        self.frames.follow(frame_id)

    def _on_wire_bent(self, wire: Wire) -> None:
        points = self.network.drawing.bends.get(wire, ())
        if wire in self.wires:
            self.bend(self.wires[wire], [QPointF(*point) for point in points])

    def _on_data_changed(self, data: DataSpec) -> None:
        for item in self.nodes.values():
            if item.node.kind == "Data":
                self._show(item)

    def refresh(self, changes: Changes) -> None:
        """Show what an update of the analysis found."""
        if self.network is None:
            return
        stale = {node_id for name, node_id in changes.nodes if name == self.network.name}
        if changes.problems:
            stale |= self._find_problems()
        for node_id in stale & self.nodes.keys():
            self._show(self.nodes[node_id])
        self._weigh()
        paths.light(self)

    def _weigh(self) -> None:
        """Take over how much the network learns as a whole: the bars on cards are parts of it."""
        if self.analysis is None or self.network is None:
            return
        total = self.analysis.total(self.network.name).parameters
        if total != self.paper.parameters:
            self.paper.parameters = total
            self.update()

    def mark_failed(self, failed: Problem | None) -> None:
        """Mark the node at which a run failed, or none."""
        self.failed = failed
        for node_id in self._find_problems() & self.nodes.keys():
            self._show(self.nodes[node_id])

    def _find_problems(self) -> set[str]:
        """Take over the problems as they are now; return the nodes for which they differ."""
        if self.network is None:
            return set()
        before = self._problems
        self._problems = problems_by_node(self.network, self.analysis, self.failed)
        return {
            node_id
            for node_id in {*before, *self._problems}
            if before.get(node_id) != self._problems.get(node_id)
        }

    def restyle(self) -> None:
        """Take up the theme in use."""
        self.paper.look = style()
        for item in self.nodes.values():
            item.restyle()
        for wire in self.wires.values():
            wire.follow()
            wire.restyle()
        for link in self.links:
            link.restyle()
        self.structure_changed.emit()

    def _add_node(self, node: Node) -> None:
        network = self.network
        content = content_of(network, node, self.analysis, self._problems.get(node.id, ()))
        item = NodeItem(node, content, self.paper)
        self.nodes[node.id] = item
        self.addItem(item)

    def _add_wire(self, wire: Wire) -> None:
        item = WireItem(wire, self.nodes[wire.source], self.nodes[wire.target], self.paper)
        if points := self.network.drawing.bends.get(wire):
            item.dots = tuple(QPointF(*point) for point in points)
            item.follow()
        self.wires[wire] = item
        self.addItem(item)

    def _show(self, item: NodeItem) -> None:
        problems = self._problems.get(item.node.id, ())
        changed = item.show_content(content_of(self.network, item.node, self.analysis, problems))
        item.update()
        self.revision += 1
        for wire in item.wires:
            if changed:
                wire.follow()
            wire.restyle()

    def _note(self) -> None:
        self.revision += 1

    def problems_of(self, node_id: str) -> list[Problem]:
        """Return the problems of a node as they were last told."""
        return list(self._problems.get(node_id, ()))

    # -- geometry -----------------------------------------------------------------------------

    def place(self, item: NodeItem, position: QPointF) -> None:
        """Move an item and its wires; the document is told when the gesture ends."""
        item.setPos(position)
        for line in (*item.wires, *item.links):
            line.follow()
        self.revision += 1

    def bend(self, item: WireItem, dots: Iterable[QPointF]) -> None:
        """Let a wire go through points; the document is told when the gesture ends."""
        item.dots = tuple(dots)
        item.follow()
        self.update(item.path().boundingRect().adjusted(-20, -20, 20, 20))
        self.revision += 1

    def content_rect(self, ids: Iterable[str] | None = None) -> QRectF:
        """Return the rectangle round all nodes, or round those in `ids`."""
        items = self.nodes.values() if ids is None else [self.nodes[i] for i in ids]
        found = QRectF()
        for item in items:
            found = found.united(item.scene_body())
        if ids is None:
            for frame in self.frames.items.values():
                found = found.united(frame.body())
        return found

    def _grow(self, rect: QRectF) -> None:
        wanted = rect.adjusted(-ROOM / 2, -ROOM / 2, ROOM / 2, ROOM / 2)
        if not self.sceneRect().contains(wanted):
            self.setSceneRect(self.sceneRect().united(rect.adjusted(-ROOM, -ROOM, ROOM, ROOM)))

    def node_at(self, point: QPointF) -> NodeItem | None:
        """Return the topmost node whose card is under a scene point."""
        for item in self._near(point, 1.0):
            if isinstance(item, NodeItem) and item.node.id and item.scene_body().contains(point):
                return item
        return None

    def port_at(self, point: QPointF, reach: float) -> tuple[NodeItem, PortSpot] | None:
        """Return the port within `reach` scene pixels of a point."""
        for item in self._near(point, reach):
            if isinstance(item, NodeItem) and item.node.id:
                spot = item.port_at(point, reach)
                if spot is not None:
                    return item, spot
        return None

    def wire_at(self, point: QPointF, reach: float) -> WireItem | None:
        """Return the wire that passes nearest, within `reach` scene pixels."""
        near = [
            (item.distance(point), i, item) for i, item in enumerate(self.wires_near(point, reach))
        ]
        best = min(near, default=None)
        return best[2] if best and best[0] <= reach else None

    def wires_near(self, point: QPointF, reach: float) -> list[WireItem]:
        """Return the wires whose bounds come within `reach` of a point."""
        return [i for i in self._near(point, reach) if isinstance(i, WireItem) and i.isVisible()]

    def _near(self, point: QPointF, reach: float) -> list:
        rect = QRectF(point.x() - reach, point.y() - reach, 2 * reach, 2 * reach)
        return self.items(rect, Qt.ItemSelectionMode.IntersectsItemBoundingRect)

    def show_draft(self, item: QGraphicsItem, height: float) -> None:
        """Show an item of a gesture, a ghost or the draft of a wire, over all nodes."""
        item.setZValue(height)
        self.addItem(item)
        self.drafts.append(item)

    def drop_draft(self, item: QGraphicsItem) -> None:
        """Take an item of a gesture away; one that is gone already is let be."""
        if item in self.drafts:
            self.drafts.remove(item)
            self.removeItem(item)

    def nodes_in(self, rect: QRectF) -> list[str]:
        """Return the ids of the nodes whose cards touch a rectangle."""
        return [
            item.node.id
            for item in self.items(rect, Qt.ItemSelectionMode.IntersectsItemBoundingRect)
            if isinstance(item, NodeItem) and item.node.id and item.scene_body().intersects(rect)
        ]

    @property
    def anything_selected(self) -> bool:
        """Whether a node, a wire or a frame is selected."""
        return bool(self.selected or self.selected_wires or self.frames.selected)

    # -- selection ----------------------------------------------------------------------------

    def select(self, ids: Iterable[str], wires: Iterable[Wire] = ()) -> None:
        """Select these nodes and wires and no others."""
        self.frames.select(())
        wanted = {node_id: None for node_id in ids if node_id in self.nodes}
        wanted_wires = {wire: None for wire in wires if wire in self.wires}
        changed = self.selected.keys() ^ wanted.keys()
        changed_wires = self.selected_wires.keys() ^ wanted_wires.keys()
        self.selected, self.selected_wires = wanted, wanted_wires
        for node_id in changed:
            item = self.nodes[node_id]
            item.selected = node_id in wanted
            item.setZValue(1 if item.selected else 0)
            item.update()
            for wire in item.wires:
                wire.restyle()
        for wire in changed_wires:
            if wire in self.wires:
                self.wires[wire].selected = wire in wanted_wires
                self.wires[wire].restyle()
        if changed or changed_wires:
            paths.light(self)
            self.revision += 1
            self.selection_changed.emit(list(wanted))
