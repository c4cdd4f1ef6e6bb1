"""Tidy, align, distribute, collapse and pin; each is one entry that can be taken back."""

from dataclasses import replace
from itertools import pairwise

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from graph.document import Node, Wire
from graph.edits import AddNode, BendWire, Connect, UpdateNode
from tests.gui.canvas.hand import CTRL, SHIFT

ALT = Qt.KeyboardModifier.AltModifier


def settle(hand, qtbot) -> None:
    qtbot.waitUntil(lambda: not hand.view.arranging.tidying.busy)


def scatter(hand) -> None:
    """Put the nodes into disorder, and a skip connection over two of them."""
    project = hand.network.project
    AddNode("net", Node("sum", "add", position=(900.0, 400.0))).apply(project)
    for number, node in enumerate(list(hand.network)):
        place = (float(number * 37 % 400), float(number * 91 % 300))
        UpdateNode("net", replace(node, position=place)).apply(project)
    Connect("net", Wire("conv", "output", "sum", "other")).apply(project)
    Connect("net", Wire("act", "output", "sum", "input")).apply(project)


def overlapping(hand) -> list[tuple[str, str]]:
    bodies = {i: item.scene_body() for i, item in hand.view.canvas_scene.nodes.items()}
    return [(a, b) for a in bodies for b in bodies if a < b and bodies[a].intersects(bodies[b])]


def test_tidy_lays_out_all_nodes_as_one_entry(hand, qtbot):
    scatter(hand)
    assert overlapping(hand)
    hand.key(Qt.Key.Key_T, CTRL)
    assert hand.undo.count() == 1
    assert hand.undo.text(0) == "Tidy"
    settle(hand, qtbot)
    hand.check_same()
    assert not overlapping(hand)
    for wire in hand.network.wires():
        assert hand.position(wire.target)[0] > hand.position(wire.source)[0]
    shown = hand.view.mapToScene(hand.view.viewport().rect()).boundingRect()
    assert shown.contains(hand.view.canvas_scene.content_rect())
    hand.undo_and_redo()


def test_nodes_glide_to_their_places_and_undo_meanwhile_is_heeded(hand, qtbot):
    scatter(hand)
    before = hand.item("fc").pos()
    hand.key(Qt.Key.Key_T, CTRL)
    assert hand.item("fc").pos() == before
    assert hand.position("fc") != (before.x(), before.y())
    hand.undo.undo()
    settle(hand, qtbot)
    hand.check_same()
    assert hand.item("fc").pos() == before


def test_tidy_of_a_selection_leaves_the_others_and_what_is_pinned(hand, qtbot):
    scatter(hand)
    hand.view.select(["y"])
    hand.key(Qt.Key.Key_P)
    before = {node.id: node.position for node in hand.network}
    hand.view.select(["conv", "act", "sum", "y"])
    hand.key(Qt.Key.Key_T, CTRL)
    settle(hand, qtbot)
    after = {node.id: node.position for node in hand.network}
    assert {i for i in after if after[i] != before[i]} <= {"conv", "act", "sum"}
    assert after["conv"][0] < after["act"][0] < after["sum"][0]
    hand.undo_and_redo()


def test_tidy_puts_dots_where_a_wire_passes_nodes(hand, qtbot):
    scatter(hand)
    hand.key(Qt.Key.Key_T, CTRL)
    settle(hand, qtbot)
    skip = Wire("conv", "output", "sum", "other")
    assert skip in hand.network.drawing.bends
    item = hand.view.canvas_scene.wires[skip]
    act = hand.item("act").scene_body()
    assert not any(act.contains(point) for point in item.polyline())


def test_a_large_network_is_laid_out_in_a_thread(hand, qtbot):
    project = hand.network.project
    for number in range(80):
        AddNode("net", Node(f"m{number}", "ReLU")).apply(project)
    for number in range(79):
        Connect("net", Wire(f"m{number}", "output", f"m{number + 1}", "input")).apply(project)
    hand.key(Qt.Key.Key_T, CTRL)
    assert hand.undo.count() == 0
    qtbot.waitUntil(lambda: hand.undo.count() == 1, timeout=10_000)
    settle(hand, qtbot)
    assert not overlapping(hand)
    hand.undo_and_redo()


@pytest.mark.parametrize(
    ("key", "same"),
    [
        (Qt.Key.Key_Left, lambda r: r.left()),
        (Qt.Key.Key_C, lambda r: round(r.center().x())),
        (Qt.Key.Key_Right, lambda r: r.right()),
        (Qt.Key.Key_Up, lambda r: r.top()),
        (Qt.Key.Key_M, lambda r: round(r.center().y())),
        (Qt.Key.Key_Down, lambda r: r.bottom()),
    ],
)
def test_aligned_cards_stand_in_line(hand, key, same):
    scatter(hand)
    hand.view.select(["x", "conv", "sum"])
    hand.key(key, ALT | SHIFT)
    found = [same(hand.item(i).scene_body()) for i in ("x", "conv", "sum")]
    assert max(found) - min(found) <= 1
    hand.undo_and_redo()
    assert hand.undo.count() == 1


def test_distributed_cards_have_equal_gaps(hand):
    for node_id, x in (("x", 0.0), ("conv", 300.0), ("act", 390.0), ("fc", 1200.0)):
        UpdateNode("net", replace(hand.network.node(node_id), position=(x, 0.0))).apply(
            hand.network.project
        )
    hand.view.select(["fc", "x", "conv", "act"])
    hand.key(Qt.Key.Key_H, ALT | SHIFT)
    bodies = [hand.item(i).scene_body() for i in ("x", "conv", "act", "fc")]
    gaps = [b.left() - a.right() for a, b in pairwise(bodies)]
    assert max(gaps) - min(gaps) <= 2
    assert (bodies[0].x(), bodies[3].x()) == (0.0, 1200.0)
    hand.undo_and_redo()
    hand.view.select(["x", "conv"])
    hand.key(Qt.Key.Key_V, ALT | SHIFT)
    assert "three or more" in hand.refusals[-1]
    hand.view.hint.hide()


def test_alt_c_collapses_a_card_to_its_title_and_back(hand):
    before = hand.item("conv").card.height
    hand.view.select(["conv", "fc"])
    hand.key(Qt.Key.Key_C, ALT)
    assert hand.network.node("conv").collapsed
    assert hand.item("conv").card.height < before
    hand.undo_and_redo()
    hand.key(Qt.Key.Key_C, ALT)
    assert hand.item("conv").card.height == before
    assert hand.undo.count() == 2


def test_p_pins_a_node_where_it_is(hand):
    hand.view.select(["conv"])
    hand.key(Qt.Key.Key_P)
    assert hand.network.node("conv").pinned
    hand.undo_and_redo()
    hand.drag(hand.body("conv"), hand.body("conv") + QPoint(0, 100))
    assert hand.position("conv") == (240.0, 0.0)
    hand.view.select(["conv", "act"])
    hand.drag(hand.body("act"), hand.body("act") + QPoint(0, 100))
    assert hand.position("conv") == (240.0, 0.0)
    assert hand.position("act") == (480.0, 100.0)
    hand.view.hint.hide()


# -- dots ------------------------------------------------------------------------------------

WIRE = Wire("conv", "output", "act", "input")


def middle(hand) -> QPoint:
    a, b = hand.port("conv", "output", False), hand.port("act", "input", True)
    return (a + b) / 2


def test_a_double_click_on_a_wire_puts_a_dot_there_and_another_takes_it_away(hand):
    hand.double_click(middle(hand))
    assert len(hand.network.drawing.bends[WIRE]) == 1
    hand.undo_and_redo()
    assert len(hand.network) == 6
    (dot,) = hand.network.drawing.bends[WIRE]
    hand.double_click(hand.at(*dot))
    assert not hand.network.drawing.bends
    assert hand.undo.count() == 2


def test_a_dot_can_be_dragged_and_the_wire_goes_through_it(hand):
    BendWire("net", WIRE, ((430.0, 120.0),)).apply(hand.network.project)
    hand.drag(hand.at(430, 120), hand.at(430, 200))
    assert hand.network.drawing.bends[WIRE] == ((430.0, 200.0),)
    item = hand.view.canvas_scene.wires[WIRE]
    assert min((p.y() - 200) ** 2 + (p.x() - 430) ** 2 for p in item.polyline()) < 100
    hand.undo.undo()
    assert hand.network.drawing.bends[WIRE] == ((430.0, 120.0),)
    assert item.dots[0].y() == 120.0
    hand.undo.redo()
    hand.press(hand.at(430, 200))
    hand.move(hand.at(430, 260))
    hand.key(Qt.Key.Key_Escape)
    assert item.dots[0].y() == 200.0
    assert hand.undo.count() == 1


def test_a_stroke_with_shift_and_the_right_button_puts_a_dot_on_each_wire_it_crosses(hand):
    start = middle(hand) + QPoint(0, -80)
    hand.drag(start, start + QPoint(0, 160), Qt.MouseButton.RightButton, SHIFT)
    assert list(hand.network.drawing.bends) == [WIRE]
    assert hand.undo.count() == 1
    hand.undo.undo()
    assert not hand.network.drawing.bends
    hand.undo.redo()
    assert list(hand.network.drawing.bends) == [WIRE]


def test_dots_go_along_with_the_nodes_at_both_ends(hand):
    BendWire("net", WIRE, ((430.0, 120.0),)).apply(hand.network.project)
    hand.view.select(["conv", "act"])
    hand.drag(hand.body("act"), hand.body("act") + QPoint(0, 60))
    assert hand.network.drawing.bends[WIRE] == ((430.0, 180.0),)
    hand.undo.undo()
    assert hand.network.drawing.bends[WIRE] == ((430.0, 120.0),)
    QTest.keyClick(hand.view, Qt.Key.Key_Down, SHIFT)
    assert hand.network.drawing.bends[WIRE] == ((430.0, 140.0),)
    hand.undo.undo()
    assert hand.network.drawing.bends[WIRE] == ((430.0, 120.0),)
