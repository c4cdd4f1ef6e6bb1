"""Moving nodes: by drag, by arrows, into a wire; panning and zooming."""

from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from graph.edits import AddNode, UpdateNode
from tests.gui.canvas.hand import CTRL, MIDDLE, NONE, SHIFT, small_project


def test_a_dragged_node_moves_with_its_wires_as_one_entry(hand):
    hand.drag(hand.body("conv"), hand.body("conv") + QPoint(40, 100))
    assert hand.position("conv") == (280.0, 100.0)
    assert hand.undo.count() == 1
    assert hand.undo.text(0) == "Move 1 node"
    hand.check_same()
    hand.undo_and_redo()


def test_the_whole_selection_moves(hand):
    hand.view.select(["conv", "act"])
    hand.drag(hand.body("act"), hand.body("act") + QPoint(0, 60))
    assert hand.position("conv") == (240.0, 60.0)
    assert hand.position("act") == (480.0, 60.0)
    assert hand.position("fc") == (960.0, 0.0)
    hand.undo_and_redo()


@pytest.mark.parametrize(("dragged", "landed"), [(45, 40), (50, 50), (55, 60)])
def test_a_node_jumps_onto_the_grid_only_near_it(hand, dragged, landed):
    hand.drag(hand.body("conv"), hand.body("conv") + QPoint(0, dragged))
    assert hand.position("conv") == (240.0, float(landed))


def test_escape_puts_the_node_back(hand):
    hand.press(hand.body("conv"))
    hand.move(hand.body("conv") + QPoint(20, 20))
    hand.move(hand.body("conv") + QPoint(100, 100))
    assert hand.item("conv").pos() != QPointF(240, 0)
    hand.key(Qt.Key.Key_Escape)
    hand.check_same()
    hand.release(hand.body("conv") + QPoint(100, 100))
    assert hand.undo.count() == 0
    assert hand.position("conv") == (240.0, 0.0)


def test_shortcuts_wait_while_a_gesture_runs(hand):
    hand.press(hand.body("conv"))
    hand.move(hand.body("conv") + QPoint(20, 20))
    hand.move(hand.body("conv") + QPoint(60, 60))
    hand.key(Qt.Key.Key_Delete)
    hand.key(Qt.Key.Key_A, CTRL)
    assert "conv" in hand.network
    assert hand.view.selected == ["conv"]
    hand.release(hand.body("conv"))


def test_a_click_without_movement_is_no_edit(hand):
    hand.drag(hand.body("conv"), hand.body("conv") + QPoint(1, 1))
    assert hand.undo.count() == 0


def test_arrows_nudge_by_one_and_with_shift_by_a_step(hand):
    hand.view.select(["conv"])
    hand.key(Qt.Key.Key_Right)
    assert hand.position("conv") == (241.0, 0.0)
    hand.key(Qt.Key.Key_Down, SHIFT)
    assert hand.position("conv") == (241.0, 20.0)
    assert hand.undo.count() == 2
    hand.undo_and_redo()


def test_a_repeating_arrow_is_one_entry(hand):
    hand.view.select(["conv"])
    event = QTest.keyClick
    event(hand.view, Qt.Key.Key_Right)
    from PySide6.QtCore import QEvent
    from PySide6.QtGui import QKeyEvent

    for _ in range(5):
        repeated = QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_Right, NONE, "", True)
        QApplication.sendEvent(hand.view, repeated)
    assert hand.position("conv") == (246.0, 0.0)
    assert hand.undo.count() == 1
    hand.undo.undo()
    assert hand.position("conv") == (240.0, 0.0)
    hand.undo.redo()
    assert hand.position("conv") == (246.0, 0.0)


def test_a_loose_node_dropped_on_a_wire_goes_into_it(hand):
    from graph.document import Node

    AddNode("net", Node("drop", "Dropout", position=(600.0, 300.0))).apply(hand.network.project)
    wire = (hand.port("conv", "output", False) + hand.port("act", "input", True)) / 2
    item = hand.item("drop")
    middle = hand.view.mapFromScene(item.scene_body().center())
    hand.drag(hand.body("drop"), hand.body("drop") + (wire - middle))
    assert {"conv.output -> drop.input", "drop.output -> act.input"} <= hand.wires()
    assert "conv.output -> act.input" not in hand.wires()
    assert hand.undo.count() == 1
    hand.undo_and_redo()


def test_the_view_follows_a_move_in_the_document(hand):
    node = hand.network.node("fc")
    UpdateNode("net", replace(node, position=(900.0, 222.0))).apply(hand.network.project)
    hand.check_same()


def test_middle_drag_and_space_drag_pan(hand):
    before = hand.at(0, 0)
    start = hand.at(500, 250)
    hand.drag(start, start + QPoint(60, -40), button=MIDDLE)
    assert hand.at(0, 0) == before + QPoint(60, -40)
    QTest.keyPress(hand.view, Qt.Key.Key_Space)
    hand.drag(start, start + QPoint(-60, 40))
    QTest.keyRelease(hand.view, Qt.Key.Key_Space)
    assert hand.at(0, 0) == before
    assert hand.undo.count() == 0
    assert hand.view.selected == []


def wheel(hand, at: QPoint, steps: int) -> None:
    view = hand.view.viewport()
    event = QWheelEvent(
        QPointF(at),
        QPointF(view.mapToGlobal(at)),
        QPoint(),
        QPoint(0, 120 * steps),
        Qt.MouseButton.NoButton,
        NONE,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(view, event)


def test_the_wheel_zooms_at_the_pointer(hand):
    at = hand.body("fc")
    scene = hand.view.mapToScene(at)
    wheel(hand, at, 3)
    assert hand.view.zoom == pytest.approx(1.18**3)
    moved = hand.view.mapFromScene(scene) - at
    assert moved.manhattanLength() <= 2
    wheel(hand, at, -200)
    assert hand.view.zoom == 0.02


def test_zoom_by_keys(hand):
    hand.key(Qt.Key.Key_Plus, CTRL)
    assert hand.view.zoom == pytest.approx(1.25)
    hand.key(Qt.Key.Key_Minus, CTRL)
    assert hand.view.zoom == pytest.approx(1.0)
    hand.key(Qt.Key.Key_Home)
    shown = hand.view.mapToScene(hand.view.viewport().rect()).boundingRect()
    assert shown.contains(hand.view.canvas_scene.content_rect())
    hand.view.select(["conv"])
    hand.key(Qt.Key.Key_F)
    assert hand.view.zoom == 1.0  # never larger than its own size
    middle = hand.view.mapToScene(hand.view.viewport().rect().center())
    assert (middle - hand.item("conv").scene_body().center()).manhattanLength() < 4
    hand.key(Qt.Key.Key_Plus, CTRL)
    hand.key(Qt.Key.Key_0, CTRL)
    assert hand.view.zoom == pytest.approx(1.0)


def test_the_view_follows_when_a_drag_comes_near_its_edge(hand, qtbot):
    before = hand.at(0, 0)
    hand.press(hand.body("conv"))
    hand.move(hand.body("conv") + QPoint(20, 20))
    edge = QPoint(hand.view.width() - 5, 300)
    hand.move(edge)
    qtbot.waitUntil(lambda: hand.at(0, 0).x() < before.x() - 100)
    hand.release(edge)
    assert hand.position("conv")[0] > 700
    hand.undo.undo()
    hand.check_same()


def test_another_network_is_shown_and_the_first_let_go(hand):
    other = small_project()
    old = hand.network
    hand.view.set_network(other.networks["net"], None, None)
    AddNode("net", replace(old.node("x"), id="new")).apply(old.project)
    assert "new" not in hand.view.canvas_scene.nodes
    hand.view.close_network()
    assert not hand.view.canvas_scene.items()
    assert len(old.node_added) + len(old.wire_added) + len(old.node_changed) == 3  # the analysis
