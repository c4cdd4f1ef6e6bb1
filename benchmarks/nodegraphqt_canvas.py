"""NodeGraphQt on the graph that canvas.py draws. Run by it, under an interpreter that has it.

    python benchmarks/nodegraphqt_canvas.py FILE

FILE is a project. Prints a JSON object of the same figures.
"""

from __future__ import annotations

import json
import os
import resource
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from NodeGraphQt import BaseNode, NodeGraph
from PySide6.QtWidgets import QApplication


class Layer(BaseNode):
    """A node with the ports that layers and additions have."""

    __identifier__ = "bench"
    NODE_NAME = "Layer"

    def __init__(self) -> None:
        super().__init__()
        self.add_input("input")
        self.add_input("other")
        self.add_output("output")


def memory() -> float:
    """Return the resident size, in MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


def timed(action: Callable[[int], None], times: int = 9) -> float:
    """Return the median of `times` calls, in milliseconds."""
    taken = []
    for i in range(times):
        start = time.process_time()
        action(i)
        taken.append((time.process_time() - start) * 1000)
    return statistics.median(taken)


def main() -> None:
    """Measure and print."""
    network = json.loads(Path(sys.argv[1]).read_text())["networks"][0]
    app = QApplication([])
    graph = NodeGraph()
    graph.register_node(Layer)
    view = graph.viewer()
    graph.widget.resize(1440, 900)
    graph.widget.show()
    app.processEvents()
    before = memory()
    start = time.process_time()
    nodes = {}
    for record in network["nodes"]:
        node = graph.create_node(
            "bench.Layer", name=record["kind"], selected=False, push_undo=False
        )
        node.set_pos(*record.get("position", (0, 0)))
        nodes[record["id"]] = node
    for source, _, target, into in network["wires"]:
        port = 1 if into == "other" else 0
        nodes[source].output(0).connect_to(nodes[target].input(port), push_undo=False)
    view.fitInView(view.scene().itemsBoundingRect())
    view.viewport().grab()
    figures = {"load": time.process_time() - start}
    figures["memory"] = memory() - before

    def paint(_: int) -> None:
        view.viewport().repaint()

    def pan(i: int) -> None:
        view._set_viewer_pan(-40 if i % 2 else 40, 0)
        view.viewport().repaint()

    def zoom(i: int) -> None:
        view.set_zoom(0.05 if i % 2 else 0.0)
        view.viewport().repaint()

    figures["repaint_all"] = timed(paint)
    figures["pan_all"] = timed(pan)
    view.reset_zoom()
    middle = nodes[f"n{len(nodes) // 2}"]
    view.centerOn(middle.view)
    figures["repaint"] = timed(paint)
    figures["pan"] = timed(pan)
    figures["zoom"] = timed(zoom)
    x, y = middle.x_pos(), middle.y_pos()

    def drag(i: int) -> None:
        middle.view.setPos(x + i, y + i)
        middle.view.xy_pos = [x + i, y + i]
        view.viewport().repaint()

    figures["drag"] = timed(drag)
    print(json.dumps(figures), flush=True)
    os._exit(0)


if __name__ == "__main__":
    main()
