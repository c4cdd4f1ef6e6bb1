"""How tidy our layered layout is, beside Graphviz dot: wires that cross, and the time it takes.

    python benchmarks/tidy.py [--dot]

`--dot` runs Graphviz's `dot` on the same graphs from left to right, with the same sizes of nodes
and the same order of ports (records). Crossings are counted in the drawings: wires that cross
between their ends, ours as polylines, dot's splines in short pieces.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise

from graph.tidy import Box, Link, Tidied, tidy

Point = tuple[float, float]
#: How far below its top the ports of a card begin, and how far apart they are, in scene pixels.
FIRST, ROW = 16.0, 20.0


class Drawn:
    """A graph as it grows: nodes by name, and wires into the next free input."""

    def __init__(self) -> None:
        self.links: list[tuple[str, str]] = []
        self.names: dict[str, None] = {}

    def add(self, name: str, *sources: str) -> str:
        """Add a node with a wire from each source; return its name, made unlike all others."""
        name = f"{name}{len(self.names)}"
        self.names[name] = None
        self.links += [(source, name) for source in sources]
        return name

    def chain(self, start: str, *names: str) -> str:
        """Add nodes one behind the other."""
        for name in names:
            start = self.add(name, start)
        return start

    def boxes(self) -> dict[str, Box]:
        """The sizes of the nodes: the more inputs, the higher."""
        inputs = {name: sum(b == name for _, b in self.links) for name in self.names}
        return {n: Box(160.0, 60.0 + ROW * max(0, count - 1)) for n, count in inputs.items()}

    def wires(self) -> list[Link]:
        """The wires with their ports."""
        taken: dict[str, int] = {}
        found = []
        for source, target in self.links:
            row = taken.setdefault(target, 0)
            taken[target] += 1
            found.append(Link(source, target, FIRST, FIRST + ROW * row))
        return found


def resnet(blocks: Sequence[int] = (2, 2, 2, 2)) -> Drawn:
    """Residual blocks of two convolutions; the first of a stage has one on its shortcut."""
    g = Drawn()
    x = g.chain(g.add("input"), "conv", "norm", "relu", "pool")
    for stage, count in enumerate(blocks):
        for number in range(count):
            y = g.chain(x, "conv", "norm", "relu", "conv", "norm")
            short = g.chain(x, "conv", "norm") if stage and not number else x
            x = g.chain(g.add("add", y, short), "relu")
    g.chain(x, "pool", "flatten", "linear", "output")
    return g


def inception(blocks: int = 9) -> Drawn:
    """Inception blocks of four branches, as in GoogLeNet."""
    g = Drawn()
    x = g.chain(g.add("input"), "conv", "pool", "conv", "conv", "pool")
    for _ in range(blocks):
        one = g.chain(x, "conv", "relu")
        three = g.chain(x, "conv", "relu", "conv", "relu")
        five = g.chain(x, "conv", "relu", "conv", "relu")
        pool = g.chain(x, "pool", "conv", "relu")
        x = g.add("cat", one, three, five, pool)
    g.chain(x, "pool", "flatten", "linear", "output")
    return g


def transformer(layers: int = 4) -> Drawn:
    """Encoder and decoder; attention with queries, keys and values; masks go to every layer."""
    g = Drawn()

    def attend(x: str, memory: str, mask: str) -> str:
        query, key, value = g.add("q", x), g.add("k", memory), g.add("v", memory)
        out = g.add("project", g.add("attention", query, key, value, mask))
        return g.add("norm", g.add("add", x, out))

    def forward(x: str) -> str:
        return g.add("norm", g.add("add", x, g.chain(x, "linear", "relu", "linear")))

    source, target = g.add("source"), g.add("target")
    source_mask, target_mask = g.add("mask", source), g.add("mask", target)
    memory = g.add("add", g.add("embed", source), g.add("positions", source))
    x = g.add("add", g.add("embed", target), g.add("positions", target))
    for _ in range(layers):
        memory = forward(attend(memory, memory, source_mask))
    for _ in range(layers):
        x = forward(attend(attend(x, x, target_mask), memory, source_mask))
    g.chain(x, "linear", "output")
    return g


GRAPHS: Mapping[str, Callable[[], Drawn]] = {
    "ResNet-18": resnet,
    "ResNet-34": lambda: resnet((3, 4, 6, 3)),
    "Inception": inception,
    "Transformer": transformer,
    "Transformer, 1 layer": lambda: transformer(1),
}


# -- counting -------------------------------------------------------------------------------------


def lines(boxes: Mapping[str, Box], links: Sequence[Link], drawn: Tidied) -> list[list[Point]]:
    """Return each wire of a drawing of ours as the points on its way."""
    found = []
    for number, link in enumerate(links):
        (ax, ay), (bx, by) = drawn.positions[link.source], drawn.positions[link.target]
        start = (ax + boxes[link.source].width, ay + link.out)
        found.append([start, *drawn.bends.get(number, ()), (bx, by + link.into)])
    return found


def crossings(drawn: Sequence[Sequence[Point]]) -> int:
    """Return how many pairs of wires cross."""
    total = 0
    spans = [(min(x for x, _ in line), max(x for x, _ in line)) for line in drawn]
    for i, first in enumerate(drawn):
        for j in range(i):
            if spans[i][0] <= spans[j][1] and spans[j][0] <= spans[i][1]:
                total += _meet(first, drawn[j])
    return total


def _meet(first: Sequence[Point], second: Sequence[Point]) -> bool:
    return any(_cross(a, b, c, d) for a, b in pairwise(first) for c, d in pairwise(second))


def _cross(a: Point, b: Point, c: Point, d: Point) -> bool:
    return _side(a, b, c) * _side(a, b, d) < 0 and _side(c, d, a) * _side(c, d, b) < 0


def _side(a: Point, b: Point, p: Point) -> float:
    return (b[0] - a[0]) * (p[1] - a[1]) - (b[1] - a[1]) * (p[0] - a[0])


# -- dot --------------------------------------------------------------------------------------


def dot(graph: Drawn) -> list[list[Point]]:
    """Return the wires as Graphviz's dot draws them, in the order of the graph's links."""
    count: dict[str, int] = {}
    wires = []
    for number, (a, b) in enumerate(graph.links):
        port = count[b] = count.get(b, 0) + 1
        # The colour of an edge takes no part in the layout, and tells which it is.
        wires.append(f'"{a}":o:e -> "{b}":p{port}:w [color="{number}"];')
    rows = [
        f'"{name}" [width={box.width / 72}, height={box.height / 72}, label="{{{{'
        + "|".join(f"<p{i + 1}>" for i in range(count.get(name, 0)))
        + '}|<o>}"];'
        for name, box in graph.boxes().items()
    ]
    text = "digraph { rankdir=LR; node [shape=record, fixedsize=true];" + "".join([*rows, *wires])
    told = subprocess.run(
        ["dot", "-Tplain"], input=text + "}", capture_output=True, text=True, check=True
    )
    found: dict[int, list[Point]] = {}
    for row in told.stdout.splitlines():
        parts = row.split()
        if parts[0] == "edge":
            numbers = [float(x) for x in parts[4 : 4 + 2 * int(parts[3])]]
            points = list(zip(numbers[::2], numbers[1::2], strict=True))
            found[int(parts[-1])] = _sampled(points)
    return [found[i] for i in range(len(graph.links))]


def _sampled(points: Sequence[Point], pieces: int = 12) -> list[Point]:
    """Return a spline of cubic pieces as a polyline."""
    found = [points[0]]
    for at in range(0, len(points) - 1, 3):
        a, b, c, d = points[at : at + 4]
        for step in range(1, pieces + 1):
            t = step / pieces
            s = 1 - t
            weights = (s**3, 3 * s * s * t, 3 * s * t * t, t**3)
            found.append(
                (
                    sum(w * p[0] for w, p in zip(weights, (a, b, c, d), strict=True)),
                    sum(w * p[1] for w, p in zip(weights, (a, b, c, d), strict=True)),
                )
            )
    return found


def large(size: int = 1000) -> Drawn:
    """Residual blocks, Inception blocks and attention in turn, until there are `size` nodes."""
    g = Drawn()
    x = g.add("input")
    first = x
    while len(g.names) < size:
        y = g.chain(x, "conv", "norm", "relu", "conv", "norm")
        x = g.chain(g.add("add", y, x), "relu")
        x = g.add("cat", g.add("conv", x), g.chain(x, "conv", "conv"), g.chain(x, "pool", "conv"))
        query, key, value = g.add("q", x), g.add("k", x), g.add("v", first)
        x = g.add("add", x, g.add("attention", query, key, value))
        first = x if len(g.names) % 5 == 0 else first
    return g


def main() -> None:
    """Measure and print."""
    with_dot = "--dot" in sys.argv
    print(f"{'graph':22}{'nodes':>6}{'wires':>6}{'ms':>8}{'cross':>7}{'dot':>6}")
    for name, make in {**GRAPHS, "1,000 nodes": large}.items():
        graph = make()
        boxes, links = graph.boxes(), graph.wires()
        start = time.perf_counter()
        drawn = tidy(boxes, links)
        taken = 1000 * (time.perf_counter() - start)
        ours = crossings(lines(boxes, links, drawn))
        theirs = crossings(dot(graph)) if with_dot else ""
        print(f"{name:22}{len(boxes):6}{len(links):6}{taken:8.0f}{ours:7}{theirs:>6}")


if __name__ == "__main__":
    main()
