"""Selecting by click, box and key."""

from PySide6.QtCore import QPoint, Qt

from tests.gui.canvas.hand import CTRL, SHIFT


def test_a_click_selects_one_node_and_a_click_beside_none(hand, qtbot):
    with qtbot.waitSignal(hand.view.selection_changed) as told:
        hand.click(hand.body("conv"))
    assert told.args == [["conv"]]
    assert hand.item("conv").selected
    assert not hand.item("act").selected
    hand.click(hand.at(600, 250))
    assert hand.view.selected == []
    assert not hand.item("conv").selected
    assert hand.undo.count() == 0


def test_shift_click_extends_and_takes_back(hand):
    hand.click(hand.body("conv"))
    hand.click(hand.body("fc"), SHIFT)
    assert hand.view.selected == ["conv", "fc"]
    hand.click(hand.body("conv"), SHIFT)
    assert hand.view.selected == ["fc"]


def test_a_click_into_the_selection_keeps_that_one(hand):
    hand.view.select(["conv", "act", "fc"])
    hand.click(hand.body("act"))
    assert hand.view.selected == ["act"]


def test_a_box_selects_what_it_touches(hand):
    hand.drag(hand.at(250, -80), hand.at(620, 200))
    assert set(hand.view.selected) == {"conv", "act"}
    assert hand.view.rubber_band is None


def test_a_box_with_shift_adds_and_with_ctrl_removes(hand):
    hand.view.select(["fc"])
    hand.drag(hand.at(250, -80), hand.at(620, 200), modifiers=SHIFT)
    assert set(hand.view.selected) == {"fc", "conv", "act"}
    hand.drag(hand.at(250, -80), hand.at(400, 200), modifiers=CTRL)
    assert set(hand.view.selected) == {"fc", "act"}


def test_escape_cancels_a_box_and_brings_the_selection_back(hand):
    hand.view.select(["fc"])
    hand.press(hand.at(250, -80))
    hand.move(hand.at(620, 200))
    assert set(hand.view.selected) == {"conv", "act"}
    hand.key(Qt.Key.Key_Escape)
    assert hand.view.selected == ["fc"]
    assert hand.view.gesture is None
    hand.release(hand.at(620, 200))
    assert hand.view.selected == ["fc"]


def test_all_and_the_others(hand):
    hand.key(Qt.Key.Key_A, CTRL)
    assert set(hand.view.selected) == {"x", "conv", "act", "flat", "fc", "y"}
    hand.click(hand.body("fc"))
    hand.key(Qt.Key.Key_I, CTRL)
    assert set(hand.view.selected) == {"x", "conv", "act", "flat", "y"}


def test_a_wire_is_selected_by_a_click_and_deleted(hand):
    between = (hand.port("x", "output", False) + hand.port("conv", "input", True)) / 2
    hand.click(between)
    assert [str(w) for w in hand.view.canvas_scene.selected_wires] == ["x.output -> conv.input"]
    hand.key(Qt.Key.Key_Delete)
    assert "x.output -> conv.input" not in hand.wires()
    hand.undo_and_redo()


def test_escape_without_a_gesture_selects_nothing(hand):
    hand.view.select(["fc"])
    hand.key(Qt.Key.Key_Escape)
    assert hand.view.selected == []


def test_the_selection_forgets_a_node_that_is_removed_elsewhere(hand, qtbot):
    from graph.edits import remove_nodes

    hand.view.select(["conv", "act"])
    with qtbot.waitSignal(hand.view.selection_changed):
        remove_nodes(hand.network, ["conv"]).apply(hand.network.project)
    assert hand.view.selected == ["act"]
    hand.check_same()


def test_a_press_on_a_card_does_not_reach_through_to_wires(hand):
    hand.click(hand.body("act") + QPoint(0, -2))
    assert hand.view.selected == ["act"]
    assert not hand.view.canvas_scene.selected_wires
