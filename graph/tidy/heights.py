"""Heights of cells whose order is known: long wires straight, others as straight as can be.

After Brandes and Köpf, "Fast and simple horizontal coordinate assignment" (2001), with sizes and
ports as in Rüegg, Schulze, Carstens and von Hanxleden (2015): cells that a wire joins are made
rows, and rows are set as close as sizes allow. That is done four times, from each corner; the
drawing with the straightest wires is taken.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from graph.tidy.columns import Columns, Edge

__all__ = ["heights"]


def heights(columns: Columns, order: Sequence[Sequence[int]], gap: float) -> list[float]:
    """Return the top of each cell; within a column cells are at least `gap` apart."""
    if not columns.cells:
        return []
    crossed = _crossed(columns, order)
    drawn = [
        _Rows(columns, order, crossed, gap, rightward, downward).tops()
        for rightward in (True, False)
        for downward in (True, False)
    ]
    return min(drawn, key=lambda tops: (_bent(columns, tops), _extent(columns, tops)))


def _bent(columns: Columns, tops: Sequence[float]) -> float:
    """Return by how much wires go up and down; between neighbours it counts most."""
    total = 0.0
    for edge in columns.edges:
        weight = 1 if columns.is_pass(edge.source) or columns.is_pass(edge.target) else 3
        total += weight * abs(tops[edge.source] + edge.out - tops[edge.target] - edge.into)
    return total


def _extent(columns: Columns, tops: Sequence[float]) -> float:
    bottoms = (top + height for top, height in zip(tops, columns.heights, strict=True))
    return max(bottoms) - min(tops)


def _crossed(columns: Columns, order: Sequence[Sequence[int]]) -> set[tuple[int, int]]:
    """Return the pieces that cross a piece of a long wire: they give way to it."""
    place = {cell: i for column in order for i, cell in enumerate(column)}
    found: set[tuple[int, int]] = set()
    for column in order:
        edges = [edge for cell in column for edge in columns.after[cell]]
        inner = [e for e in edges if columns.is_pass(e.source) and columns.is_pass(e.target)]
        for edge in edges if inner else ():
            if columns.is_pass(edge.source) and columns.is_pass(edge.target):
                continue
            a, b = place[edge.source], place[edge.target]
            for other in inner:
                if (a - place[other.source]) * (b - place[other.target]) < 0:
                    found.add((edge.source, edge.target))
                    break
    return found


class _Rows:
    """One of the four drawings: rows are made from one side, and set from above or below."""

    def __init__(
        self,
        columns: Columns,
        order: Sequence[Sequence[int]],
        crossed: set[tuple[int, int]],
        gap: float,
        rightward: bool,
        downward: bool,
    ) -> None:
        self._columns, self._crossed, self._gap = columns, crossed, gap
        self._rightward, self._downward = rightward, downward
        turned = [list(column) if downward else list(column)[::-1] for column in order]
        self._order = turned if rightward else turned[::-1]
        self._place = [0] * columns.cells
        for column in turned:
            for place, cell in enumerate(column):
                self._place[cell] = place
        #: The first cell of each cell's row, and how far below its top the cell's own top is.
        self._row = list(range(columns.cells))
        self._below = [0.0] * columns.cells

    def tops(self) -> list[float]:
        """Return the top of each cell."""
        self._make_rows()
        top = self._set_rows()
        return [top[self._row[cell]] + self._below[cell] for cell in range(self._columns.cells)]

    # -- making rows ----------------------------------------------------------------------------

    def _make_rows(self) -> None:
        """Join each cell to a row of the column before it, where rows do not cross."""
        for column in self._order[1:]:
            last = -1
            for cell in column:
                for edge in self._wished(cell):
                    other = edge.source if self._rightward else edge.target
                    if self._place[other] <= last or (edge.source, edge.target) in self._crossed:
                        continue
                    shift = edge.out - edge.into if self._rightward else edge.into - edge.out
                    self._row[cell] = self._row[other]
                    self._below[cell] = self._below[other] + shift
                    last = self._place[other]
                    break

    def _wished(self, cell: int) -> list[Edge]:
        """Return the pieces along which a cell may be joined, the one in the middle first.

        A node goes with a neighbour that is a node, so that the main path of a network with skip
        connections is straight.
        """
        columns = self._columns
        edges = columns.before[cell] if self._rightward else columns.after[cell]

        def end(edge: Edge) -> int:
            return edge.source if self._rightward else edge.target

        if columns.is_pass(cell):
            edges = [e for e in edges if columns.is_pass(end(e)) or not self._has_node(end(e))]
        if len(edges) < 2:
            return edges
        edges = sorted(edges, key=lambda e: (self._place[end(e)], e.out, e.into))
        middle = (len(edges) - 1) / 2
        ranked = sorted(
            range(len(edges)),
            key=lambda i: (self._columns.is_pass(end(edges[i])), abs(i - middle), i),
        )
        return [edges[i] for i in ranked]

    def _has_node(self, cell: int) -> bool:
        """Whether a node is joined to one of the column that is being joined to its own."""
        if self._rightward:
            return any(not self._columns.is_pass(e.target) for e in self._columns.after[cell])
        return any(not self._columns.is_pass(e.source) for e in self._columns.before[cell])

    # -- setting rows ---------------------------------------------------------------------------

    def _set_rows(self) -> dict[int, float]:
        """Return the top of each row's first cell: as far up as can be, then drawn together."""
        sign = 1.0 if self._downward else -1.0
        before: dict[int, dict[int, float]] = {row: {} for row in dict.fromkeys(self._row)}
        after: dict[int, dict[int, float]] = {row: {} for row in before}
        for column in self._order:
            for upper, lower in pairwise(column):
                a, b = self._row[upper], self._row[lower]
                room = self._room(upper, lower)
                before[b][a] = max(before[b].get(a, room), room)
                after[a][b] = before[b][a]
        rows = _sorted(before, after)
        at: dict[int, float] = {}
        for row in rows:
            at[row] = max((at[other] + room for other, room in before[row].items()), default=0.0)
        for row in reversed(rows):
            if after[row]:
                lowest = min(at[other] - room for other, room in after[row].items())
                at[row] = max(at[row], lowest)
        return {row: sign * y for row, y in at.items()}

    def _room(self, upper: int, lower: int) -> float:
        """Return by how much the row of `lower` must be after that of `upper`."""
        gap = self._gap
        if self._columns.is_pass(upper) and self._columns.is_pass(lower):
            gap = gap / 2
        if self._downward:
            size = self._columns.heights[upper]
            return size + gap + self._below[upper] - self._below[lower]
        size = self._columns.heights[lower]
        return size + gap - self._below[upper] + self._below[lower]


def _sorted(before: dict[int, dict[int, float]], after: dict[int, dict[int, float]]) -> list[int]:
    """Return rows so that each comes after those before it."""
    waiting = {row: len(found) for row, found in before.items()}
    ready = [row for row, count in waiting.items() if not count]
    found: list[int] = []
    while ready:
        row = ready.pop()
        found.append(row)
        for other in after[row]:
            waiting[other] -= 1
            if not waiting[other]:
                ready.append(other)
    return found
