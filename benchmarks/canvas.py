"""How fluent the canvas is with many nodes: loading, painting, panning, zooming, dragging.

    python benchmarks/canvas.py [NODES] [--nodegraphqt-python PATH]

Draws without a display: a project is saved, loaded, analysed and shown as in the window. Prints
medians of processor time, which other work on the machine changes little; painting is done by one
thread. With an interpreter that has NodeGraphQt, the same graph is drawn by it as well.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from graph import catalog, files
from graph.analysis import Analysis
from graph.document import Network, Node, Project, Wire
from gui import theme
from gui.canvas import CanvasView
from gui.canvas.gestures import Move, Pointer
from gui.canvas.node_item import NodeItem
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
        start = time.process_time()
        action(i)
        taken.append((time.process_time() - start) * 1000)
    return statistics.median(taken)


def memory() -> float:
    """Return the resident size, in MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


#: What is measured: name, unit, and the figure that must not be exceeded.
FIGURES = {
    "load": ("file to first picture", "s", 3.0),
    "memory": ("memory of the canvas", "MB", 150.0),
    "repaint_all": ("repaint, all in view", "ms", 16.0),
    "pan_all": ("pan step, all in view", "ms", 16.0),
    "repaint_far": ("repaint at 40 %", "ms", None),
    "repaint": ("repaint at 100 %", "ms", 16.0),
    "pan": ("pan step at 100 %", "ms", 16.0),
    "zoom": ("zoom step at 100 %", "ms", 16.0),
    "drag": ("drag a node, a step", "ms", 8.0),
    "wire": ("begin a wire", "ms", None),
    "find": ("find what is at a point", "ms", None),
}


def measure(path: Path, app: QApplication) -> dict[str, float]:
    """Return the figures of our canvas for a project file."""
    view = CanvasView()
    view.resize(1440, 900)
    view.show()
    app.processEvents()
    start = time.process_time()
    project = files.load(path).project
    analysis = Analysis(project)
    analysis.update()
    before = memory()
    network = project.networks["net"]
    view.set_network(network, analysis, UndoStack(project))
    view.viewport().grab()
    figures = {"load": time.process_time() - start, "memory": memory() - before}

    def paint(_: int) -> None:
        view.viewport().repaint()

    def pan(i: int) -> None:
        view.pan(QPoint(-40 if i % 2 else 40, 0))
        view.viewport().repaint()

    def zoom(i: int) -> None:
        view.zoom_by(1.1 if i % 2 else 1 / 1.1)
        view.viewport().repaint()

    figures["repaint_all"] = timed(paint)
    figures["pan_all"] = timed(pan)
    middle = view.canvas_scene.nodes[f"n{len(network) // 2 + 20}"]
    view.show_place(middle.pos().x(), middle.pos().y(), 0.4)
    figures["repaint_far"] = timed(paint)
    view.show_place(middle.pos().x(), middle.pos().y(), 1.0)
    figures["repaint"] = timed(paint)
    figures["pan"] = timed(pan)
    figures["zoom"] = timed(zoom)
    hold(view, middle, app, figures)
    view.close_network()
    analysis.close()
    return figures


def hold(view: CanvasView, node: NodeItem, app: QApplication, figures: dict[str, float]) -> None:
    """Measure what a hand does with a node: dragging, drawing a wire, pointing."""
    view.center_on(node.node.id)
    view.select([node.node.id])
    app.processEvents()
    held = view.mapFromScene(node.scene_body().center())
    view.begin(Move(view, node), Pointer(view, held))

    def drag(i: int) -> None:
        # What a drag paints is drawn within the step, so that it is part of the figure.
        view.move_gesture(Pointer(view, held + QPoint(25 * (i % 4), 20 * (i % 3))))
        app.processEvents()
        view.viewport().repaint(view.mapFromScene(node.sceneBoundingRect()).boundingRect())

    figures["drag"] = timed(drag)
    view.cancel()
    port = view.mapFromScene(node.port_point("output", False))

    def wire(_: int) -> None:
        QTest.mousePress(view.viewport(), Qt.MouseButton.LeftButton, pos=port)
        QTest.keyClick(view, Qt.Key.Key_Escape)
        QTest.mouseRelease(view.viewport(), Qt.MouseButton.LeftButton, pos=port)

    figures["wire"] = timed(wire, 9)

    def find(i: int) -> None:
        view.canvas_scene.node_at(QPointF(5000 + i, 1500))

    figures["find"] = timed(find)


def beside(python: str, path: Path) -> dict[str, float]:
    """Return NodeGraphQt's figures for the same file, measured by another interpreter."""
    script = Path(__file__).with_name("nodegraphqt_canvas.py")
    told = subprocess.run([python, str(script), str(path)], capture_output=True, text=True)
    if told.returncode:
        sys.exit(f"NodeGraphQt could not be measured:\n{told.stderr[-2000:]}")
    found: dict[str, float] = json.loads(told.stdout.splitlines()[-1])
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("nodes", type=int, nargs="?", default=5000)
    parser.add_argument("--nodegraphqt-python", metavar="PATH", default="")
    options = parser.parse_args()
    app = QApplication([])
    theme.apply(app, "dark")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "large.loom")
        files.save(build(options.nodes), path)
        figures = measure(path, app)
        theirs = {}
        if options.nodegraphqt_python:
            theirs = beside(options.nodegraphqt_python, path)
    print(f"{options.nodes} nodes, load {os.getloadavg()[0]:.1f}")
    for name, (text, unit, most) in FIGURES.items():
        told = f"{text:26}{figures[name]:9.3g} {unit:3}"
        told += f"  asked < {most:g}" if most is not None else ""
        told += f"{'':4}NodeGraphQt {theirs[name]:9.4g}" if name in theirs else ""
        print(told)


if __name__ == "__main__":
    main()
