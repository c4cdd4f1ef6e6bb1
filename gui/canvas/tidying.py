"""Tidy: the layered layout for the selection or for all, computed in a thread, drawn as a glide."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QEasingCurve, QObject, QPointF, QVariantAnimation

from graph.document import Network, Wire
from graph.drawing import Point
from graph.edits import Batch, BendWire, Edit, move_nodes
from graph.tidy import Box, Link, Tidied, tidy
from gui.canvas.gestures import translated
from gui.canvas.node_item import NodeItem
from gui.canvas.style import GRID
from gui.jobs import Jobs

if TYPE_CHECKING:
    from gui.canvas.view import CanvasView

__all__ = ["Tidying"]

#: A graph of more nodes is laid out in a thread; so many glide to their places.
AT_ONCE, GLIDE = 60, 400
MILLISECONDS = 220


@dataclass
class _Task:
    """What is laid out: the nodes, the wires among them, and where their top left corner was."""

    network: Network
    boxes: dict[str, Box]
    wires: list[Wire]
    links: list[Link]
    corner: Point
    whole: bool
    positions: dict[str, Point]


class Tidying(QObject):
    """Lays out the nodes of a view. What changes meanwhile makes the answer void."""

    def __init__(self, view: CanvasView) -> None:
        super().__init__(view)
        self._view = view
        self._task: _Task | None = None
        self._jobs = Jobs("tidy", self)
        self._jobs.done.connect(self._finish)
        self._jobs.failed.connect(view.tell)
        self._glide = QVariantAnimation(self, startValue=0.0, endValue=1.0, duration=MILLISECONDS)
        self._glide.setEasingCurve(QEasingCurve.Type.InOutCubic)
        self._glide.valueChanged.connect(self._show)
        self._ways: dict[str, tuple[QPointF, QPointF]] = {}

    @property
    def busy(self) -> bool:
        """Whether something is laid out, or glides to its place."""
        return self._jobs.busy or self._glide.state() == QVariantAnimation.State.Running

    def start(self) -> None:
        """Tidy the selected nodes, or all where fewer than two are selected."""
        self.settle()
        task = self._collect()
        if task is None:
            return
        self._task = task
        if len(task.boxes) <= AT_ONCE:
            self._finish(tidy(task.boxes, task.links))
        else:
            self._jobs.start(lambda: tidy(task.boxes, task.links))

    def settle(self) -> None:
        """Put what glides where it belongs, at once."""
        self._glide.stop()
        network, scene = self._view.network, self._view.canvas_scene
        ways, self._ways = self._ways, {}
        for node_id in ways:
            if network is not None and node_id in network and node_id in scene.nodes:
                scene.place(scene.nodes[node_id], QPointF(*network.node(node_id).position))

    def close(self) -> None:
        """Let go of what is under way."""
        self._task = None
        self._jobs.finish()
        self._glide.stop()
        self._ways = {}

    def _collect(self) -> _Task | None:
        network, scene = self._view.network, self._view.canvas_scene
        if network is None:
            return None
        whole = len(scene.selected) < 2
        ids = [node.id for node in network] if whole else list(scene.selected)
        items = {
            i: scene.nodes[i]
            for i in ids
            if not network.node(i).pinned and scene.nodes[i].box is None
        }
        if len(items) < 2:
            return None
        boxes = {i: Box(item.card.width, item.card.height) for i, item in items.items()}
        wires = [w for i in items for w in network.wires_in(i).values() if w.source in items]
        links = [
            Link(
                wire.source,
                wire.target,
                _port(items[wire.source], wire.source_port, False),
                _port(items[wire.target], wire.target_port, True),
            )
            for wire in wires
        ]
        positions = {i: network.node(i).position for i in items}
        corner = (min(x for x, _ in positions.values()), min(y for _, y in positions.values()))
        return _Task(network, boxes, wires, links, corner, whole, positions)

    def _finish(self, found: Tidied) -> None:
        task, self._task = self._task, None
        if task is None or not self._still(task):
            return
        left, top = (round(value / GRID) * GRID for value in task.corner)
        places = {i: (x + left, y + top) for i, (x, y) in found.positions.items()}
        bends: dict[Wire, tuple[Point, ...]] = dict.fromkeys(task.wires, ())
        for number, points in found.bends.items():
            bends[task.wires[number]] = tuple((x + left, y + top) for x, y in points)
        edits = self._edits(task.network, places, bends)
        before = {i: QPointF(*place) for i, place in task.positions.items()}
        if not edits or not self._view.push(Batch(tuple(edits)), translated("Tidy")):
            return
        if task.whole:
            self._view.fit()
        if len(places) <= GLIDE:
            self._ways = {i: (before[i], QPointF(*place)) for i, place in places.items()}
            self._show(0.0)
            self._glide.start()

    def _still(self, task: _Task) -> bool:
        """Whether the nodes and wires are as they were when the task began."""
        network = self._view.network
        return (
            network is task.network
            and self._view.gesture is None
            and all(
                i in network and network.node(i).position == p for i, p in task.positions.items()
            )
            and all(w in self._view.canvas_scene.wires for w in task.wires)
        )

    def _edits(
        self,
        network: Network,
        places: Mapping[str, Point],
        bends: Mapping[Wire, tuple[Point, ...]],
    ) -> list[Edit]:
        moved = {i: place for i, place in places.items() if network.node(i).position != place}
        edits: list[Edit] = list(move_nodes(network, moved).edits)
        for wire, points in bends.items():
            if network.drawing.bends.get(wire, ()) != points:
                edits.append(BendWire(network.name, wire, points))
        return edits

    def _show(self, part: float) -> None:
        """Show the nodes on their way; what was changed since keeps its place."""
        network, scene = self._view.network, self._view.canvas_scene
        if self._view.gesture is not None:
            self.settle()
            return
        for node_id, (start, end) in list(self._ways.items()):
            here = network is not None and node_id in network and node_id in scene.nodes
            if not here or network.node(node_id).position != (end.x(), end.y()):
                del self._ways[node_id]
                continue
            scene.place(scene.nodes[node_id], start + (end - start) * part)


def _port(item: NodeItem, name: str, is_input: bool) -> float:
    """Return how far below the top of its card a port is."""
    return item.port_point(name, is_input).y() - item.pos().y()
