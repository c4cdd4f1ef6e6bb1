"""From nodes and wires to columns: each wire leads to a column further right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

__all__ = ["Box", "Columns", "Edge", "Link", "into_columns"]


@dataclass(frozen=True, slots=True)
class Box:
    """The size of a node, in scene pixels."""

    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Link:
    """A wire: the nodes at its ends, and how far below their tops it leaves and arrives."""

    source: str
    target: str
    out: float = 0.0
    into: float = 0.0


@dataclass(frozen=True, slots=True)
class Edge:
    """A piece of a wire between two neighbouring columns; ends are indices of cells."""

    source: int
    target: int
    out: float
    into: float


@dataclass
class Columns:
    """The graph in columns. A cell is a node, or the place where a long wire passes a column.

    The first cells are the nodes, in their given order; `rank` is the column of each cell.
    """

    rank: list[int]
    heights: list[float]
    nodes: int
    edges: list[Edge] = field(default_factory=list)
    #: The cells through which each link passes between its ends; None: a link that is not drawn.
    passes: list[list[int] | None] = field(default_factory=list)
    #: The edges that arrive at, and leave, each cell.
    before: list[list[Edge]] = field(default_factory=list)
    after: list[list[Edge]] = field(default_factory=list)

    @property
    def cells(self) -> int:
        """How many cells there are."""
        return len(self.rank)

    def is_pass(self, cell: int) -> bool:
        """Whether a cell is the place of a wire that passes."""
        return cell >= self.nodes


def into_columns(boxes: Mapping[str, Box], links: Sequence[Link]) -> Columns:
    """Return the graph in columns; links that would close a circle are left out."""
    index = {name: i for i, name in enumerate(boxes)}
    ends = [(index[link.source], index[link.target]) for link in links]
    order = _order(len(boxes), ends)
    drawn = [order[a] < order[b] for a, b in ends]
    rank = _ranks(
        len(boxes), [pair for pair, is_drawn in zip(ends, drawn, strict=True) if is_drawn]
    )
    columns = Columns(rank, [box.height for box in boxes.values()], len(boxes))
    shared: dict[tuple[int, float, int], int] = {}
    for link, (a, b), is_drawn in zip(links, ends, drawn, strict=True):
        columns.passes.append(_add(columns, shared, link, a, b) if is_drawn else None)
    columns.before = [[] for _ in columns.rank]
    columns.after = [[] for _ in columns.rank]
    for edge in columns.edges:
        columns.after[edge.source].append(edge)
        columns.before[edge.target].append(edge)
    return columns


def _add(
    columns: Columns,
    shared: dict[tuple[int, float, int], int],
    link: Link,
    source: int,
    target: int,
) -> list[int]:
    """Add the pieces of a link; return the cells through which it passes.

    Links from the same port go together as far as they pass the same columns.
    """
    passed: list[int] = []
    at, out = source, link.out
    for column in range(columns.rank[source] + 1, columns.rank[target]):
        key = (source, link.out, column)
        cell = shared.get(key, columns.cells)
        if key not in shared:
            shared[key] = cell
            columns.rank.append(column)
            columns.heights.append(0.0)
            columns.edges.append(Edge(at, cell, out, 0.0))
        passed.append(cell)
        at, out = cell, 0.0
    columns.edges.append(Edge(at, target, out, link.into))
    return passed


def _order(count: int, ends: Sequence[tuple[int, int]]) -> list[int]:
    """Return the place of each node in an order that follows the links, as far as one can."""
    after: list[list[int]] = [[] for _ in range(count)]
    waiting = [0] * count
    for a, b in ends:
        after[a].append(b)
        waiting[b] += 1
    ready = [node for node in reversed(range(count)) if not waiting[node]]
    place, left = [-1] * count, 0
    for number in range(count):
        if not ready:  # a circle: go on with the first node that is left
            while place[left] >= 0:
                left += 1
            ready = [left]
        node = ready.pop()
        place[node] = number
        for other in after[node]:
            waiting[other] -= 1
            if not waiting[other] and place[other] < 0 and other not in ready:
                ready.append(other)
    return place


def _ranks(count: int, ends: Sequence[tuple[int, int]]) -> list[int]:
    """Return the column of each node: each wire leads at least one further, all together least far.

    A linear program whose corners are whole numbers, as its matrix is one of differences (Gansner
    et al. 1993 solve the same by their network simplex).
    """
    if not ends:
        return [0] * count
    # Here, as it takes a moment and most of what needs a graph tidies nothing.
    import numpy as np
    from scipy.optimize import linprog
    from scipy.sparse import csr_array

    pairs = sorted(set(ends))
    cost = np.zeros(count)
    for source, target in ends:
        cost[source] -= 1.0
        cost[target] += 1.0
    rows = np.repeat(np.arange(len(pairs)), 2)
    signs = np.tile([1.0, -1.0], len(pairs))
    steps = csr_array((signs, (rows, np.array(pairs).ravel())), shape=(len(pairs), count))
    found = linprog(cost, A_ub=steps, b_ub=-np.ones(len(pairs)), bounds=(0, count))
    rank = [round(float(x)) for x in found.x]
    first = min(rank)
    return [column - first for column in rank]
