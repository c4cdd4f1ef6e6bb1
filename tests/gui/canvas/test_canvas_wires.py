"""Drawing, moving and removing wires."""

import pytest
from PySide6.QtCore import QPoint, Qt

from graph.document import Node, Wire
from graph.edits import AddNode, Connect, Disconnect


@pytest.fixture
def add(hand):
    """An `add` with two free inputs, below the row."""
    AddNode("net", Node("sum", "add", position=(480.0, 200.0))).apply(hand.network.project)
    hand.refresh()
    return hand


def test_drag_from_an_output_to_an_input(add):
    hand = add
    hand.drag(hand.port("conv", "output", False), hand.port("sum", "input", True))
    assert "conv.output -> sum.input" in hand.wires()
    assert hand.undo.count() == 1
    hand.check_same()
    hand.undo_and_redo()


def test_drag_from_an_input_to_an_output(add):
    hand = add
    hand.drag(hand.port("sum", "other", True), hand.port("conv", "output", False))
    assert "conv.output -> sum.other" in hand.wires()
    hand.undo_and_redo()


def test_a_click_on_a_port_and_on_another(add):
    hand = add
    hand.click(hand.port("conv", "output", False))
    assert hand.view.gesture is not None
    hand.move(hand.port("sum", "input", True))
    hand.click(hand.port("sum", "input", True))
    assert hand.view.gesture is None
    assert "conv.output -> sum.input" in hand.wires()
    hand.undo_and_redo()


def test_a_wire_dropped_on_a_card_takes_its_first_free_input(add):
    hand = add
    hand.drag(hand.port("conv", "output", False), hand.port("sum", "input", True))
    hand.drag(hand.port("x", "output", False), hand.title("sum"))
    assert "x.output -> sum.other" in hand.wires()


def test_dropped_on_an_occupied_input_it_takes_the_place(hand):
    hand.drag(hand.port("conv", "output", False), hand.port("flat", "input", True))
    assert "conv.output -> flat.input" in hand.wires()
    assert "act.output -> flat.input" not in hand.wires()
    assert hand.undo.count() == 1
    hand.undo_and_redo()


def test_a_connected_input_is_picked_up_and_dropped_elsewhere(add):
    hand = add
    hand.drag(hand.port("flat", "input", True), hand.port("sum", "input", True))
    assert "act.output -> sum.input" in hand.wires()
    assert "act.output -> flat.input" not in hand.wires()
    assert hand.undo.count() == 1
    hand.undo_and_redo()


def test_picked_up_and_dropped_on_nothing_it_is_gone(hand):
    hand.drag(hand.port("flat", "input", True), hand.at(600, 280))
    assert "act.output -> flat.input" not in hand.wires()
    assert not hand.view.adding.search.isVisible()
    hand.undo_and_redo()


def test_picked_up_and_put_back_it_is_no_edit(hand):
    start = hand.port("flat", "input", True)
    hand.press(start)
    hand.move(start + QPoint(0, 60))
    assert not hand.view.canvas_scene.wires[Wire("act", "output", "flat", "input")].isVisible()
    hand.move(start)
    hand.release(start)
    assert hand.undo.count() == 0
    assert hand.view.canvas_scene.wires[Wire("act", "output", "flat", "input")].isVisible()


def test_escape_cancels_and_leaves_nothing(add):
    hand = add
    items = len(hand.view.canvas_scene.items())
    hand.press(hand.port("flat", "input", True))
    hand.move(hand.at(600, 250))
    hand.key(Qt.Key.Key_Escape)
    assert hand.view.gesture is None
    assert hand.view.canvas_scene.paper.fits is None
    assert len(hand.view.canvas_scene.items()) == items
    assert not hand.view.hint.isVisible()
    hand.release(hand.at(600, 250))
    assert "act.output -> flat.input" in hand.wires()
    assert hand.undo.count() == 0


def test_a_cycle_is_refused_with_its_path(hand):
    start, end = hand.port("act", "output", False), hand.port("conv", "input", True)
    hand.press(start)
    hand.move(end + QPoint(0, 40))
    hand.move(end)
    assert "cycle: Conv2d -> ReLU -> Conv2d" in hand.view.hint.text()
    assert hand.view.hint.isVisible()
    hand.release(end)
    assert hand.undo.count() == 0
    assert "cycle" in hand.refusals[-1]
    assert hand.network.wires_in("conv")["input"].source == "x"


def test_ports_that_fit_light_up_and_others_do_not(add):
    hand = add
    hand.press(hand.port("conv", "output", False))
    hand.move(hand.at(500, 260))
    fits = hand.view.canvas_scene.paper.fits
    assert fits["sum", True, "input"] == "fits"
    assert fits["flat", True, "input"] == "fits"
    assert ("conv", True, "input") not in fits
    assert ("act", False, "output") not in fits
    hand.key(Qt.Key.Key_Escape)
    hand.release(hand.at(500, 260))


def test_a_port_that_expects_another_shape_says_so_and_takes_the_wire(hand):
    AddNode(
        "net", Node("c2", "Conv2d", {"out_channels": 4, "kernel_size": 3}, position=(1200.0, 200.0))
    ).apply(hand.network.project)
    hand.refresh()
    start, end = hand.port("flat", "output", False), hand.port("c2", "input", True)
    hand.press(start)
    hand.move(end + QPoint(-30, 0))
    assert hand.view.canvas_scene.paper.fits["c2", True, "input"] == "doubtful"
    hand.move(end)
    assert "expects (N, in_channels, H, W)" in hand.view.hint.text()
    assert "(N, 5408)" in hand.view.hint.text()
    hand.release(end)
    assert "flat.output -> c2.input" in hand.wires()


def test_output_to_output_is_refused(hand):
    start, end = hand.port("conv", "output", False), hand.port("act", "output", False)
    hand.drag(start, end)
    assert hand.undo.count() == 0
    assert "expects" in hand.refusals[-1] or "input" in hand.refusals[-1]


def test_the_view_follows_wires_of_the_document(hand):
    project = hand.network.project
    Disconnect("net", Wire("act", "output", "flat", "input")).apply(project)
    hand.check_same()
    assert (True, "input") not in hand.item("flat").wired
    Connect("net", Wire("conv", "output", "flat", "input")).apply(project)
    hand.check_same()
    assert (True, "input") in hand.item("flat").wired


def test_hovering_a_port_shows_shape_and_dtype(hand):
    hand.move(hand.at(600, 280))
    hand.move(hand.port("conv", "output", False))
    assert hand.view.hint.isVisible()
    assert "(N, 8, 26, 26)" in hand.view.hint.text()
    assert "float32" in hand.view.hint.text()
    hand.move(hand.at(600, 280))
    assert not hand.view.hint.isVisible()
