"""Tidy drawings: nothing overlaps, wires lead to the right and cross no more often than dot's."""

from __future__ import annotations

import itertools
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.tidy import GRAPHS, crossings, large, lines
from graph.tidy import ROW_GAP, Box, Link, Tidied, tidy

#: What Graphviz's dot 2.43.0 draws, by `python benchmarks/tidy.py --dot`.
CROSSINGS_OF_DOT = {
    "ResNet-18": 0,
    "ResNet-34": 0,
    "Inception": 18,
    "Transformer": 49,
    "Transformer, 1 layer": 2,
}


def check_apart(boxes: dict[str, Box], drawn: Tidied) -> None:
    """No two nodes overlap, nor come nearer than they may."""
    placed = sorted((x, y, boxes[name], name) for name, (x, y) in drawn.positions.items())
    for (x, y, box, name), (u, v, other, second) in itertools.combinations(placed, 2):
        beside = u >= x + box.width or x >= u + other.width
        below = v >= y + box.height + ROW_GAP - 1 or y >= v + other.height + ROW_GAP - 1
        assert beside or below, f"{name} and {second} overlap"


@pytest.mark.parametrize("name", GRAPHS)
def test_known_networks_are_drawn_as_well_as_by_dot(name):
    graph = GRAPHS[name]()
    boxes, links = graph.boxes(), graph.wires()
    drawn = tidy(boxes, links)
    check_apart(boxes, drawn)
    assert crossings(lines(boxes, links, drawn)) <= CROSSINGS_OF_DOT[name]
    for link in links:
        assert drawn.positions[link.target][0] > drawn.positions[link.source][0]
    assert tidy(boxes, links) == drawn


def test_a_wire_that_passes_columns_goes_round_the_nodes_in_them():
    graph = GRAPHS["ResNet-18"]()
    boxes, links = graph.boxes(), graph.wires()
    drawn = tidy(boxes, links)
    assert drawn.bends
    for number, points in drawn.bends.items():
        for (x, y), (u, v) in itertools.pairwise(points):
            for name, (left, top) in drawn.positions.items():
                box = boxes[name]
                over = left < max(x, u) and left + box.width > min(x, u)
                if over and y == v:
                    assert y <= top or y >= top + box.height, f"{links[number]} runs over {name}"


def test_the_main_path_past_skip_connections_is_straight():
    names = ["a", "b", "c", "add", "d"]
    boxes = {name: Box(100, 40) for name in names}
    links = [Link(a, b, 16, 16) for a, b in itertools.pairwise(names)]
    links.append(Link("a", "add", 16, 36))
    drawn = tidy(boxes, links)
    assert len({drawn.positions[name][1] for name in names}) == 1
    assert list(drawn.bends) == [4]


def test_ports_are_joined_straight():
    boxes = {"a": Box(100, 40), "b": Box(100, 120)}
    drawn = tidy(boxes, [Link("a", "b", 16, 76)])
    assert drawn.positions["a"][1] + 16 == drawn.positions["b"][1] + 76


def test_nodes_stand_above_each_other_in_the_order_of_the_ports_they_go_to():
    boxes = {name: Box(100, 40) for name in ("low", "high", "middle")} | {"cat": Box(100, 120)}
    links = [Link("low", "cat", 16, 96), Link("high", "cat", 16, 16), Link("middle", "cat", 16, 56)]
    at = tidy(boxes, links).positions
    assert at["high"][1] < at["middle"][1] < at["low"][1]


def test_parts_that_no_wire_joins_are_below_each_other_and_loose_nodes_in_rows():
    boxes = {name: Box(100, 40) for name in ("a", "b", "c", "d", *map(str, range(20)))}
    drawn = tidy(boxes, [Link("a", "b"), Link("c", "d")])
    check_apart(boxes, drawn)
    assert drawn.positions["c"][1] > drawn.positions["a"][1] + 40
    assert len({drawn.positions[str(i)][1] for i in range(20)}) == 3


def test_a_circle_of_wires_is_drawn_all_the_same():
    boxes = {name: Box(100, 40) for name in "abc"}
    drawn = tidy(boxes, [Link("a", "b"), Link("b", "c"), Link("c", "a"), Link("b", "b")])
    check_apart(boxes, drawn)
    assert tidy({}, []) == Tidied()


def test_a_thousand_nodes_take_less_than_a_second():
    graph = large(1000)
    boxes, links = graph.boxes(), graph.wires()
    tidy({"a": Box(1, 1), "b": Box(1, 1)}, [Link("a", "b")])  # scipy is loaded once
    start = time.perf_counter()
    drawn = tidy(boxes, links)
    assert time.perf_counter() - start < 3  # 0.3 s on a machine that does nothing else
    check_apart(boxes, drawn)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.floats(20, 300), st.floats(20, 300)), min_size=1, max_size=14),
    st.lists(st.tuples(st.integers(0, 13), st.integers(0, 13)), max_size=30),
)
def test_nothing_overlaps_whatever_the_graph(sizes, pairs):
    boxes = {f"n{i}": Box(*size) for i, size in enumerate(sizes)}
    links = [Link(f"n{a}", f"n{b}", 10, 10) for a, b in pairs if max(a, b) < len(sizes)]
    drawn = tidy(boxes, links)
    assert drawn.positions.keys() == boxes.keys()
    check_apart(boxes, drawn)
