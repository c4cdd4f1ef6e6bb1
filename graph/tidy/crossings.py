"""The order of cells within their columns: few crossings of wires.

Sweeps from left to right and back sort each column by the barycentres of the neighbours, then
neighbouring cells change places as long as that saves crossings; the best order seen is kept.
After Gansner, Koutsofios, North and Vo, "A technique for drawing directed graphs" (1993).
"""

from __future__ import annotations

import random
from bisect import bisect_left, bisect_right, insort

from graph.tidy.columns import Columns

__all__ = ["in_order"]

#: Sweeps without a better order after which to stop, and starts from a shuffled order that a
#: graph of few cells can afford.
PATIENCE, SHUFFLES, FEW = 6, 4, 400
#: A port is at most this far below the place of its cell, which counts as one.
SPREAD = 0.9


def in_order(columns: Columns) -> list[list[int]]:
    """Return the cells of each column, from top to bottom."""
    search = _Search(columns)
    starts = [search.first_order(False), search.first_order(True)]
    best, fewest = search.improve(starts[0])
    shuffler = random.Random(1)
    if columns.cells <= FEW:
        for _ in range(SHUFFLES):
            starts.append([shuffler.sample(column, len(column)) for column in starts[0]])
    for start in starts[1:]:
        if not fewest:
            break
        order, count = search.improve(start)
        if count < fewest:
            best, fewest = order, count
    return best


class _Search:
    def __init__(self, columns: Columns) -> None:
        self._columns = columns
        self._width = max(columns.rank, default=-1) + 1
        spread = [SPREAD / max(height, 1.0) for height in columns.heights]
        #: For each cell: the neighbour on each side, with the place of the port on it.
        self._before = [
            [(e.source, e.out * spread[e.source]) for e in edges] for edges in columns.before
        ]
        self._after = [
            [(e.target, e.into * spread[e.target]) for e in edges] for edges in columns.after
        ]
        #: The pieces that leave each cell, by the heights of their ports.
        self._leaving = [
            sorted((e.out * spread[e.source], e.target, e.into * spread[e.target]) for e in edges)
            for edges in columns.after
        ]
        self._place = [0.0] * columns.cells

    def first_order(self, backwards: bool) -> list[list[int]]:
        """Return the order in which a walk along the wires comes by."""
        found: list[list[int]] = [[] for _ in range(self._width)]
        seen = [False] * self._columns.cells
        onward = self._before if backwards else self._after
        back = self._after if backwards else self._before
        roots = [cell for cell in range(self._columns.cells) if not back[cell]]
        for root in (*roots, *range(self._columns.cells)):
            stack = [root]
            while stack:
                cell = stack.pop()
                if seen[cell]:
                    continue
                seen[cell] = True
                found[self._columns.rank[cell]].append(cell)
                stack.extend(other for other, _ in reversed(onward[cell]) if not seen[other])
        return found

    def improve(self, order: list[list[int]]) -> tuple[list[list[int]], int]:
        """Return the best order that is found from a first one, and its crossings."""
        order = [list(column) for column in order]
        for column in order:
            self._note(column)
        best, fewest, idle = [list(column) for column in order], self._count(order), 0
        sweep = 0
        while fewest and idle < PATIENCE:
            self._sort(order, rightward=sweep % 2 == 0, flip=sweep % 4 >= 2)
            self._swap(order)
            count = self._count(order)
            if count < fewest:
                best, fewest, idle = [list(column) for column in order], count, 0
            else:
                idle += 1
            sweep += 1
        return best, fewest

    def _note(self, column: list[int]) -> None:
        for place, cell in enumerate(column):
            self._place[cell] = float(place)

    def _sort(self, order: list[list[int]], rightward: bool, flip: bool) -> None:
        """Sort each column by where the cells of the one before it are; `flip` turns equals."""
        place = self._place
        neighbours = self._before if rightward else self._after
        for column in order if rightward else reversed(order):
            wished = {}
            for cell in column:
                near = neighbours[cell]
                wished[cell] = (
                    sum(place[other] + port for other, port in near) / len(near)
                    if near
                    else place[cell]
                )
            if flip:
                column.reverse()
            column.sort(key=wished.__getitem__)
            self._note(column)

    def _swap(self, order: list[list[int]]) -> None:
        """Let neighbouring cells change places as long as that saves crossings."""
        place = self._place
        stale = set(range(len(order)))
        for _ in range(12):
            changed = set()
            for number in sorted(stale):
                column = order[number]
                keys = [
                    (
                        sorted(place[o] + p for o, p in self._before[cell]),
                        sorted(place[o] + p for o, p in self._after[cell]),
                    )
                    for cell in column
                ]
                for i in range(len(column) - 1):
                    if _gain(keys[i], keys[i + 1]) > 0:
                        column[i], column[i + 1] = column[i + 1], column[i]
                        keys[i], keys[i + 1] = keys[i + 1], keys[i]
                        changed.add(number)
                if number in changed:
                    self._note(column)
            if not changed:
                return
            stale = {n + d for n in changed for d in (-1, 0, 1) if 0 <= n + d < len(order)}

    def _count(self, order: list[list[int]]) -> int:
        """Return how many pairs of wires cross."""
        place, total = self._place, 0
        for column in order[:-1]:
            seen: list[float] = []
            for cell in column:
                pieces = self._leaving[cell]
                if len(pieces) > 1:
                    ends = sorted((out, place[other] + port) for out, other, port in pieces)
                else:
                    ends = [(out, place[other] + port) for out, other, port in pieces]
                for _, end in ends:
                    total += len(seen) - bisect_right(seen, end)
                    insort(seen, end)
        return total


Keys = tuple[list[float], list[float]]


def _gain(upper: Keys, lower: Keys) -> int:
    """Return how many crossings are saved if two neighbours change places."""
    saved = 0
    for above, below in zip(upper, lower, strict=True):
        for end in above:
            saved += bisect_left(below, end) - (len(below) - bisect_right(below, end))
    return saved
