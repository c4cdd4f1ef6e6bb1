"""Wires cut, disconnected, swapped and walked along; nodes replaced, multiplied and copied."""

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from graph.document import Node, Wire
from graph.drawing import Frame
from graph.edits import PutFrame
from tests.gui.canvas.hand import CTRL, RIGHT, SHIFT

ALT = Qt.KeyboardModifier.AltModifier


def middle(hand, source: str, target: str) -> QPoint:
    return (hand.port(source, "output", False) + hand.port(target, "input", True)) / 2


def test_a_stroke_cuts_the_wires_that_it_crosses(hand):
    start, end = middle(hand, "conv", "act"), middle(hand, "act", "flat")
    below = QPoint(0, 80)
    hand.press(start - below, RIGHT, CTRL)
    for at in (start + below, end + below, end - below):
        hand.move(at)
    hand.release(end - below, RIGHT, CTRL)
    assert "conv.output -> act.input" not in hand.wires()
    assert "act.output -> flat.input" not in hand.wires()
    assert len(hand.wires()) == 3
    assert hand.undo.count() == 1
    hand.undo_and_redo()


def test_escape_cancels_a_stroke(hand):
    start = middle(hand, "conv", "act")
    hand.press(start - QPoint(0, 60), RIGHT, CTRL)
    hand.move(start + QPoint(0, 60))
    hand.key(Qt.Key.Key_Escape)
    hand.release(start + QPoint(0, 60), RIGHT, CTRL)
    assert len(hand.wires()) == 5
    assert not hand.view.canvas_scene.drafts


def test_alt_click_disconnects_a_wire_and_a_port(hand):
    hand.click(middle(hand, "conv", "act"), ALT)
    assert "conv.output -> act.input" not in hand.wires()
    hand.undo_and_redo()
    hand.click(hand.port("flat", "input", True), ALT)
    assert "act.output -> flat.input" not in hand.wires()
    hand.undo_and_redo()


def test_l_selects_upstream_and_downstream(hand):
    hand.click(hand.body("act"))
    hand.key(Qt.Key.Key_L)
    assert set(hand.view.selected) == {"x", "conv", "act"}
    hand.click(hand.body("act"))
    hand.key(Qt.Key.Key_L, SHIFT)
    assert set(hand.view.selected) == {"act", "flat", "fc", "y"}


def test_alt_arrows_walk_along_the_wires(hand):
    hand.click(hand.body("act"))
    hand.key(Qt.Key.Key_Right, ALT)
    assert hand.view.selected == ["flat"]
    for _ in range(2):
        hand.key(Qt.Key.Key_Left, ALT)
    assert hand.view.selected == ["conv"]
    assert hand.undo.count() == 0


@pytest.fixture
def two(hand):
    """A node with two inputs, both wired."""
    hand.network.add_node(Node("sub", "sub", {}, position=(480.0, 240.0)))
    ports = [port.name for port in hand.network.ports("sub").inputs]
    for source, port in zip(("conv", "act"), ports, strict=False):
        hand.network.connect(Wire(source, "output", "sub", port))
    hand.refresh()
    hand.view.select(["sub"])
    return hand


def test_two_inputs_are_swapped(two):
    before = {port: wire.source for port, wire in two.network.wires_in("sub").items()}
    two.key(Qt.Key.Key_S, ALT)
    after = {port: wire.source for port, wire in two.network.wires_in("sub").items()}
    assert sorted(after) == sorted(before)
    assert len(after) == 2
    assert all(after[port] != source for port, source in before.items())
    two.undo_and_redo()


def test_swapping_says_where_it_makes_no_sense(hand):
    hand.click(hand.body("act"))
    hand.key(Qt.Key.Key_S, ALT)
    assert hand.refusals == ["There are no two inputs here to swap."]


def test_a_node_is_replaced_and_keeps_its_wires(hand):
    hand.click(hand.body("act"))
    hand.key(Qt.Key.Key_S, SHIFT)
    box = hand.view.adding.search
    assert box.isVisible()
    hand.type("gelu")
    QTest.keyClick(box.field, Qt.Key.Key_Return)
    new = hand.network.by_kind("GELU")[0]
    assert "act" not in hand.network
    assert {f"conv.output -> {new.id}.input", f"{new.id}.output -> flat.input"} <= hand.wires()
    assert new.position == (480.0, 0.0)
    assert hand.undo.count() == 1
    hand.undo_and_redo()


def test_arguments_of_the_same_name_are_kept(hand):
    hand.click(hand.body("conv"))
    hand.key(Qt.Key.Key_S, SHIFT)
    hand.type("convtranspose2d")
    QTest.keyClick(hand.view.adding.search.field, Qt.Key.Key_Return)
    new = hand.network.by_kind("ConvTranspose2d")[0]
    assert new.params["out_channels"] == 8
    assert new.params["kernel_size"] == 3
    hand.undo_and_redo()


def test_after_a_replacing_that_was_left_search_adds_again(hand):
    hand.click(hand.body("act"))
    hand.key(Qt.Key.Key_S, SHIFT)
    QTest.keyClick(hand.view.adding.search.field, Qt.Key.Key_Escape)
    hand.key(Qt.Key.Key_Tab)
    hand.type("gelu")
    QTest.keyClick(hand.view.adding.search.field, Qt.Key.Key_Return)
    assert "act" in hand.network
    assert len(hand.network.by_kind("GELU")) == 1


def test_a_run_is_multiplied(hand):
    hand.view.select(["conv", "act"])
    hand.view.wire_actions.multiply(3)
    kinds, at = [], "x"
    while wires := hand.network.wires_out(at):
        at = wires[0].target
        kinds.append(hand.network.node(at).kind)
    assert kinds == ["Conv2d", "ReLU"] * 3 + ["Flatten", "Linear", "Output"]
    assert hand.undo.count() == 1
    hand.refresh()
    cards = [item.scene_body() for item in hand.view.canvas_scene.nodes.values()]
    for i, card in enumerate(cards):
        assert not any(card.intersects(other) for other in cards[:i])
    hand.undo_and_redo()


def test_copies_are_fed_by_what_feeds_the_originals(hand):
    hand.click(hand.body("act"))
    hand.key(Qt.Key.Key_D, CTRL | SHIFT)
    (copy,) = hand.view.selected
    assert f"conv.output -> {copy}.input" in hand.wires()
    assert hand.network.wires_out(copy) == []
    hand.undo_and_redo()


def test_a_node_dragged_with_alt_leaves_its_wires_joined(hand):
    start = hand.body("act")
    hand.drag(start, start + QPoint(0, 200), modifiers=ALT)
    assert "conv.output -> flat.input" in hand.wires()
    assert hand.network.graph.degree("act") == 0
    assert hand.position("act")[1] > 150
    assert hand.undo.count() == 1
    hand.undo_and_redo()


def test_a_stroke_leaves_the_wires_in_a_folded_frame(hand):
    scene = hand.view.canvas_scene
    frame = Frame("f1", size=(400.0, 200.0), held=("conv", "act"))
    hand.view.push(PutFrame(hand.network.name, frame), "Fold frame")
    inside = Wire("conv", "output", "act", "input")
    assert not scene.wires[inside].isVisible()
    at = hand.view.mapFromScene(scene.wires[inside].path().pointAtPercent(0.5))
    hand.press(at - QPoint(7, 60), RIGHT, CTRL)
    hand.move(at + QPoint(7, 60))
    hand.release(at + QPoint(7, 60), RIGHT, CTRL)
    assert inside in hand.network.wires()
