"""The layered layout as a whole: parts that no wire joins are drawn one below the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import networkx as nx

from graph.tidy.columns import Box, Columns, Link, into_columns
from graph.tidy.crossings import in_order
from graph.tidy.heights import heights

__all__ = ["COLUMN_GAP", "ROW_GAP", "Point", "Tidied", "tidy"]

Point = tuple[float, float]

#: Free room between columns, between the nodes of a column, and between unconnected parts.
COLUMN_GAP, ROW_GAP, PART_GAP = 60.0, 32.0, 60.0
#: Nodes without wires stand beside each other, this many in a row.
LOOSE_IN_ROW = 8


@dataclass
class Tidied:
    """Where everything goes, in scene pixels; the top left corner is at (0, 0)."""

    positions: dict[str, Point] = field(default_factory=dict)
    #: By the index of a link: the points through which a wire that passes columns should go.
    bends: dict[int, tuple[Point, ...]] = field(default_factory=dict)

    def taken(self, other: Tidied, dy: float) -> None:
        """Take another drawing in, `dy` further down."""
        for name, (x, y) in other.positions.items():
            self.positions[name] = (x, y + dy)
        for link, points in other.bends.items():
            self.bends[link] = tuple((x, y + dy) for x, y in points)


def tidy(boxes: Mapping[str, Box], links: Sequence[Link]) -> Tidied:
    """Return the drawing of a graph: no node overlaps another, and wires cross seldom.

    Links that close a circle are not taken into account.
    """
    graph: nx.Graph = nx.Graph()
    graph.add_nodes_from(boxes)
    graph.add_edges_from((link.source, link.target) for link in links)
    place = {name: i for i, name in enumerate(boxes)}
    parts = [sorted(part, key=place.__getitem__) for part in nx.connected_components(graph)]
    tidied, top = Tidied(), 0.0
    by_part = _links_by_part(parts, links)
    for part, numbers in zip(parts, by_part, strict=True):
        if len(part) > 1:
            drawn = _draw({name: boxes[name] for name in part}, links, numbers)
            tidied.taken(drawn, top)
            top += _bottom(drawn, boxes) + PART_GAP
    loose = [part[0] for part in parts if len(part) == 1]
    tidied.taken(_rows(loose, boxes), top)
    return tidied


def _links_by_part(parts: Sequence[Sequence[str]], links: Sequence[Link]) -> list[list[int]]:
    """Return the indices of the links in each part."""
    part_of = {name: i for i, part in enumerate(parts) for name in part}
    found: list[list[int]] = [[] for _ in parts]
    for number, link in enumerate(links):
        found[part_of[link.source]].append(number)
    return found


def _bottom(drawn: Tidied, boxes: Mapping[str, Box]) -> float:
    ends = [y + boxes[name].height for name, (_, y) in drawn.positions.items()]
    passed = [y for points in drawn.bends.values() for _, y in points]
    return max((*ends, *passed), default=0.0)


def _rows(names: Sequence[str], boxes: Mapping[str, Box]) -> Tidied:
    """Draw nodes without wires in rows."""
    drawn, x, y, tallest = Tidied(), 0.0, 0.0, 0.0
    for number, name in enumerate(names):
        if number and number % LOOSE_IN_ROW == 0:
            x, y, tallest = 0.0, y + tallest + ROW_GAP, 0.0
        drawn.positions[name] = (x, y)
        x += boxes[name].width + ROW_GAP
        tallest = max(tallest, boxes[name].height)
    return drawn


def _draw(boxes: Mapping[str, Box], links: Sequence[Link], numbers: Sequence[int]) -> Tidied:
    """Draw one connected part; `numbers` are the indices of its links."""
    columns = into_columns(boxes, [links[n] for n in numbers])
    order = in_order(columns)
    tops = heights(columns, order, ROW_GAP)
    highest = min(tops)
    tops = [round(top - highest) for top in tops]
    lefts, widths = _lefts(boxes, columns)
    drawn = Tidied()
    for cell, name in enumerate(boxes):
        drawn.positions[name] = (lefts[columns.rank[cell]], tops[cell])
    for number, passed in zip(numbers, columns.passes, strict=True):
        if passed:
            link = links[number]
            (ax, ay), (bx, by) = drawn.positions[link.source], drawn.positions[link.target]
            line = [(ax + boxes[link.source].width, ay + link.out)]
            for cell in passed:
                left, width = lefts[columns.rank[cell]], widths[columns.rank[cell]]
                line += [(left, tops[cell]), (left + width, tops[cell])]
            corners = _corners([*line, (bx, by + link.into)])
            if len(corners) > 2:
                drawn.bends[number] = tuple(corners[1:-1])
    return drawn


def _lefts(boxes: Mapping[str, Box], columns: Columns) -> tuple[list[float], list[float]]:
    """Return where each column begins, and how wide it is."""
    widths = [0.0] * (max(columns.rank) + 1)
    for cell, box in enumerate(boxes.values()):
        widths[columns.rank[cell]] = max(widths[columns.rank[cell]], box.width)
    lefts, x = [], 0.0
    for width in widths:
        lefts.append(x)
        x += width + COLUMN_GAP
    return lefts, widths


def _corners(line: Sequence[Point]) -> list[Point]:
    """Return the points of a line at which its direction changes, and its ends."""
    return [
        point
        for i, point in enumerate(line)
        if i in (0, len(line) - 1) or not line[i - 1][1] == point[1] == line[i + 1][1]
    ]
