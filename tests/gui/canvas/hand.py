"""A hand that uses mouse and keys as a person does, and a small network for it."""

from __future__ import annotations

from dataclasses import fields
from itertools import pairwise

from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from graph.analysis import Analysis
from graph.document import Network, Node, Project, Wire
from gui.canvas import CanvasView
from gui.canvas.node_item import NodeItem
from gui.undo import UndoStack

LEFT, MIDDLE, RIGHT = (
    Qt.MouseButton.LeftButton,
    Qt.MouseButton.MiddleButton,
    Qt.MouseButton.RightButton,
)
NONE = Qt.KeyboardModifier.NoModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
CTRL = Qt.KeyboardModifier.ControlModifier


class Hand:
    """Mouse and keys on one canvas; nodes are named by their ids."""

    def __init__(self, view: CanvasView, analysis: Analysis) -> None:
        self.view = view
        self.analysis = analysis
        self.network: Network = view.network
        self.undo: UndoStack = view.undo
        self.refusals: list[str] = []
        view.told.connect(self.refusals.append)

    def item(self, node_id: str) -> NodeItem:
        return self.view.canvas_scene.nodes[node_id]

    def body(self, node_id: str) -> QPoint:
        """A place on a card that is neither a port nor the title."""
        rect = self.item(node_id).scene_body()
        return self.view.mapFromScene(QPointF(rect.center().x() + 10, rect.bottom() - 8))

    def title(self, node_id: str) -> QPoint:
        item = self.item(node_id)
        return self.view.mapFromScene(item.pos() + item.card.title.center())

    def port(self, node_id: str, name: str, is_input: bool) -> QPoint:
        return self.view.mapFromScene(self.item(node_id).port_point(name, is_input))

    def at(self, x: float, y: float) -> QPoint:
        return self.view.mapFromScene(QPointF(x, y))

    def press(self, at: QPoint, button: Qt.MouseButton = LEFT, modifiers=NONE) -> None:
        QTest.mousePress(self.view.viewport(), button, modifiers, at)

    def move(self, at: QPoint) -> None:
        QTest.mouseMove(self.view.viewport(), at)
        QApplication.processEvents()

    def release(self, at: QPoint, button: Qt.MouseButton = LEFT, modifiers=NONE) -> None:
        QTest.mouseRelease(self.view.viewport(), button, modifiers, at)

    def drag(self, start: QPoint, end: QPoint, button=LEFT, modifiers=NONE) -> None:
        self.press(start, button, modifiers)
        for step in (0.1, 0.5, 1.0):
            self.move(start + (QPointF(end - start) * step).toPoint())
        self.release(end, button, modifiers)

    def click(self, at: QPoint, modifiers=NONE) -> None:
        QTest.mouseClick(self.view.viewport(), LEFT, modifiers, at)

    def double_click(self, at: QPoint) -> None:
        QTest.mouseClick(self.view.viewport(), LEFT, NONE, at)
        QTest.mouseDClick(self.view.viewport(), LEFT, NONE, at)
        QTest.mouseRelease(self.view.viewport(), LEFT, NONE, at)

    def key(self, key: Qt.Key, modifiers=NONE) -> None:
        QTest.keyClick(self.view, key, modifiers)

    def type(self, text: str) -> None:
        """Type into whatever has the focus."""
        QTest.keyClicks(QApplication.focusWidget(), text)

    def position(self, node_id: str) -> tuple[float, float]:
        return self.network.node(node_id).position

    def wires(self) -> set[str]:
        return {str(wire) for wire in self.network.wires()}

    def refresh(self) -> None:
        self.view.refresh(self.analysis.update())

    def check_same(self) -> None:
        """The view shows exactly the document."""
        scene = self.view.canvas_scene
        assert set(scene.nodes) == {node.id for node in self.network}
        assert set(scene.wires) == set(self.network.wires())
        for node in self.network:
            item = scene.nodes[node.id]
            assert item.node == node
            assert (item.pos().x(), item.pos().y()) == node.position
        for wire, item in scene.wires.items():
            start = scene.nodes[wire.source].port_point(wire.source_port, False)
            assert item.path().pointAtPercent(0) == start
            bends = self.network.drawing.bends.get(wire, ())
            assert tuple((dot.x(), dot.y()) for dot in item.dots) == bends

        shown = {i: item.frame for i, item in scene.frames.items.items()}
        assert shown == self.network.drawing.frames

    def undo_and_redo(self) -> None:
        """The last entry can be taken back and made again, and the view follows both."""
        after = snapshot(self.network)
        self.undo.undo()
        self.check_same()
        before = snapshot(self.network)
        assert before != after
        self.undo.redo()
        self.check_same()
        assert snapshot(self.network) == after


def snapshot(network: Network) -> tuple[frozenset, ...]:
    """Everything in a network, comparable."""
    nodes = frozenset(
        (*(getattr(n, f.name) for f in fields(n) if f.name != "params"), tuple(n.params.items()))
        for n in network
    )
    drawing = network.drawing
    return (
        nodes,
        frozenset(network.wires()),
        frozenset(drawing.bends.items()),
        frozenset(drawing.frames.values()),
    )


def small_project() -> Project:
    """An image classifier in a row: x -> conv -> act -> flat -> fc -> y."""
    project = Project("small")
    network = Network("net")
    project.add_network(network)
    rows = (
        ("x", "Input", {"shape": (1, 28, 28)}),
        ("conv", "Conv2d", {"out_channels": 8, "kernel_size": 3}),
        ("act", "ReLU", {}),
        ("flat", "Flatten", {}),
        ("fc", "Linear", {"out_features": 10}),
        ("y", "Output", {}),
    )
    for i, (node_id, kind, params) in enumerate(rows):
        network.add_node(Node(node_id, kind, params, position=(240.0 * i, 0.0)))
    for (source, *_), (target, *_) in pairwise(rows):
        network.connect(Wire(source, "output", target, "input"))
    return project
