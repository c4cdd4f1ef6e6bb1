"""How fluent the canvas is with many nodes: loading, painting, panning, zooming, dragging.

    python benchmarks/canvas.py [NODES]

Draws without a display. Prints milliseconds (medians) and megabytes.
"""

from __future__ import annotations

import os
import resource
import statistics
import sys
import time
from collections.abc import Callable

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from graph import catalog
from graph.document import Network, Node, Project, Wire
from gui import theme
from gui.canvas import CanvasView
from gui.canvas.gestures import Move, Pointer
from gui.undo import UndoStack

KINDS = ("Conv2d", "BatchNorm2d", "ReLU", "MaxPool2d", "Dropout")


def build(size: int) -> Project:
    """Return a network of `size` nodes in rows: a chain with a skip over every tenth node."""
    project = Project("large")
    network = Network("net")
    project.add_network(network)
    for i in range(size):
        kind = "add" if i % 10 == 9 else KINDS[i % len(KINDS)]
        params = dict(catalog.lookup(kind).presets)
        position = (float(i % 100) * 240, float(i // 100) * 160)
        network.add_node(Node(f"n{i}", kind, params, position=position))
    for i in range(1, size):
        network.restore_wire(Wire(f"n{i - 1}", "output", f"n{i}", "input"))
        if i % 10 == 9:
            network.restore_wire(Wire(f"n{i - 8}", "output", f"n{i}", "other"))
    return project


def timed(action: Callable[[int], None], times: int = 25) -> float:
    """Return the median of `times` calls, in milliseconds."""
    taken = []
    for i in range(times):
        start = time.perf_counter()
        action(i)
        taken.append((time.perf_counter() - start) * 1000)
    return statistics.median(taken)


def memory() -> float:
    """Return the largest resident size so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Measure and print."""
    size = int(sys.argv[1]) if len(sys.argv) > 1 else 5000
    app = QApplication([])
    theme.apply(app, "dark")
    project = build(size)
    undo = UndoStack(project)
    view = CanvasView()
    view.resize(1440, 900)
    view.show()
    app.processEvents()
    before = memory()
    start = time.perf_counter()
    view.set_network(project.networks["net"], None, undo)
    view.viewport().grab()
    print(f"load to first picture       {time.perf_counter() - start:8.2f} s")
    print(f"memory of the canvas        {memory() - before:8.0f} MB")

    def paint(_: int) -> None:
        view.viewport().repaint()

    def pan(i: int) -> None:
        view.pan(QPoint(-40 if i % 2 else 40, 0))
        view.viewport().repaint()

    def zoom(i: int) -> None:
        view.zoom_by(1.1 if i % 2 else 1 / 1.1)
        view.viewport().repaint()

    print(f"repaint, all in view        {timed(paint):8.1f} ms")
    print(f"pan step, all in view       {timed(pan):8.1f} ms")
    view.zoom_by(0.4 / view.zoom)
    view.centerOn(5000, 1500)
    print(f"repaint at 40 %             {timed(paint):8.1f} ms")
    view.reset_zoom()
    view.centerOn(5000, 1500)
    print(f"repaint at 100 %            {timed(paint):8.1f} ms")
    print(f"pan step at 100 %           {timed(pan):8.1f} ms")
    print(f"zoom step at 100 %          {timed(zoom):8.1f} ms")

    node = view.canvas_scene.node_at(view.mapToScene(view.viewport().rect().center()))
    node = node or view.canvas_scene.nodes[f"n{size // 2}"]
    view.center_on(node.node.id)
    view.select([node.node.id])
    held = view.mapFromScene(node.scene_body().center())
    view.begin(Move(view, node), Pointer(view, held))

    def drag(i: int) -> None:
        view.move_gesture(Pointer(view, held + QPoint(i, i)))
        app.processEvents()

    print(f"drag a node, a step         {timed(drag):8.1f} ms")
    view.cancel()
    port = view.mapFromScene(node.port_point("output", False))

    def wire(_: int) -> None:
        QTest.mousePress(view.viewport(), Qt.MouseButton.LeftButton, pos=port)
        QTest.keyClick(view, Qt.Key.Key_Escape)
        QTest.mouseRelease(view.viewport(), Qt.MouseButton.LeftButton, pos=port)

    print(f"begin a wire                {timed(wire, 9):8.1f} ms")

    def find(i: int) -> None:
        view.canvas_scene.node_at(QPointF(5000 + i, 1500))

    print(f"find what is at a point     {timed(find):8.3f} ms")
    view.close_network()


if __name__ == "__main__":
    main()
