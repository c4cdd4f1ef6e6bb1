"""How long shapes and problems take in a network of 1,000 nodes, after one changed argument.

    python benchmarks/analysis.py [--blocks 250] [--edits 200]

The network is a row of residual blocks: convolution, batch normalisation, ReLU, addition. Times
are of the edit, the update and the list of problems together, as the window does them.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import networkx as nx

from graph.analysis import Analysis
from graph.document import Network, Node, Project, Wire
from graph.edits import set_params
from graph.flow import Flow
from graph.shapes import _evaluate

CHANNELS = 16


def residual_network(blocks: int) -> Network:
    """Return a network of 4 nodes per block, and an input and an output."""
    network = Network("net")
    network.add_node(Node("input", "Input", {"shape": (CHANNELS, 16, 16)}, "image"))
    last = "input"
    for i in range(blocks):
        conv = {"out_channels": CHANNELS, "kernel_size": 3, "padding": 1}
        for name, kind, params in (
            (f"conv{i}", "Conv2d", conv),
            (f"norm{i}", "BatchNorm2d", {}),
            (f"relu{i}", "ReLU", {}),
            (f"add{i}", "add", {}),
        ):
            network.add_node(Node(name, kind, params))
        network.connect(Wire(last, "output", f"conv{i}", "input"))
        network.connect(Wire(f"conv{i}", "output", f"norm{i}", "input"))
        network.connect(Wire(f"norm{i}", "output", f"relu{i}", "input"))
        network.connect(Wire(f"relu{i}", "output", f"add{i}", "input"))
        network.connect(Wire(last, "output", f"add{i}", "other"))
        last = f"add{i}"
    network.add_node(Node("output", "Output", {}, "features"))
    network.connect(Wire(last, "output", "output", "input"))
    return network


class Visits:
    """Notes which nodes an analysis looks at."""

    def __init__(self) -> None:
        self.nodes: set[str] = set()
        plain = Flow._visit

        def visit(flow: Flow, node_id: str, *args: Any) -> None:
            self.nodes.add(node_id)
            plain(flow, node_id, *args)

        Flow._visit = visit  # type: ignore[method-assign]


def edits(blocks: int, count: int) -> dict[str, list[tuple[str, str, list[Any]]]]:
    """Return edits of a kind: (node, argument, the values to give it in turn)."""
    chosen = random.Random(0)

    def some(name: str) -> list[str]:
        return [f"{name}{chosen.randrange(blocks)}" for _ in range(count)]

    def fresh() -> float:
        return chosen.random()

    return {
        "nothing downstream changes": [(n, "momentum", [fresh()]) for n in some("norm")],
        "another kernel, the same shape": [
            (n, "padding_mode", ["reflect", "zeros"]) for n in some("conv")
        ],
        "a channel too many breaks the block": [
            (n, "out_channels", [chosen.randrange(17, 10_000), CHANNELS]) for n in some("conv")
        ],
        "all shapes change": [("input", "shape", [(CHANNELS, 16, s)]) for s in range(17, 37)],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--blocks", type=int, default=250)
    parser.add_argument("--edits", type=int, default=200)
    given = parser.parse_args()
    visits = Visits()
    project = Project("Large")
    network = residual_network(given.blocks)
    project.add_network(network)
    _evaluate.cache_clear()
    began = time.perf_counter()
    analysis = Analysis(project)
    found = [p for p in analysis.problems() if p.network == "net" and p.severity == "error"]
    print(f"{len(network)} nodes: full check {1000 * (time.perf_counter() - began):.0f} ms")
    assert not found, found[0].message
    every: list[float] = []
    for name, cases in edits(given.blocks, given.edits).items():
        times, looked = [], []
        for node, argument, values in cases:
            allowed = {node, *nx.descendants(network.graph, node)}
            for value in values:
                visits.nodes.clear()
                began = time.perf_counter()
                set_params(network, node, {argument: value}).apply(project)
                analysis.update()
                analysis.problems()
                times.append(1000 * (time.perf_counter() - began))
                looked.append(len(visits.nodes))
                assert visits.nodes <= allowed, f"upstream of {node}: {visits.nodes - allowed}"
        if len(cases) > 20:
            every += times
        report(name, times, f"{statistics.median(looked):.0f} nodes looked at, none upstream")
    report("median of all but the last", every, "")
    analysis.close()


def report(name: str, times: list[float], text: str) -> None:
    median, worst = statistics.median(times), max(times)
    print(f"{name:<38} median {median:6.2f} ms, worst {worst:6.1f} ms   {text}")


if __name__ == "__main__":
    main()
