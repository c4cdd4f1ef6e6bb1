"""Frames: made, named, dragged with their nodes, resized, folded, coloured, copied, removed."""

from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from graph.edits import UpdateNode
from gui.canvas import menu
from tests.gui.canvas.hand import CTRL

ALT = Qt.KeyboardModifier.AltModifier


def frames(hand) -> dict:
    return hand.network.drawing.frames


@pytest.fixture
def framed(hand):
    """A frame round conv and act, called Body."""
    hand.view.select(["conv", "act"])
    hand.key(Qt.Key.Key_C)
    hand.type("Body")
    QTest.keyClick(hand.view.titles, Qt.Key.Key_Return)
    return hand


def item(hand):
    (found,) = hand.view.canvas_scene.frames.items.values()
    return found


def title(hand) -> QPoint:
    grip = item(hand).grip()
    return hand.at(grip.x() + 60, grip.center().y())


def test_c_draws_a_frame_round_the_selection_and_asks_for_its_title(framed):
    (frame,) = frames(framed).values()
    assert frame.title == "Body"
    body = item(framed).body()
    for node_id in ("conv", "act"):
        assert body.contains(framed.item(node_id).scene_body())
    framed.undo_and_redo()
    framed.undo.undo()
    framed.undo_and_redo()
    assert framed.undo.count() == 2
    framed.undo.undo()
    framed.check_same()


def test_without_a_selection_there_is_no_frame(hand):
    hand.key(Qt.Key.Key_C)
    assert not frames(hand)
    assert "Select the nodes" in hand.refusals[-1]
    hand.view.hint.hide()


def test_a_dragged_frame_carries_its_nodes_as_one_entry(framed):
    (before,) = frames(framed).values()
    framed.drag(title(framed), title(framed) + QPoint(40, 80))
    (after,) = frames(framed).values()
    assert after.position == (before.position[0] + 40, before.position[1] + 80)
    assert framed.position("conv") == (280.0, 80.0)
    assert framed.position("act") == (520.0, 80.0)
    assert framed.position("fc") == (960.0, 0.0)
    framed.undo_and_redo()
    assert framed.undo.count() == 3


def test_escape_puts_frame_and_nodes_back(framed):
    (before,) = frames(framed).values()
    framed.press(title(framed))
    framed.move(title(framed) + QPoint(60, 90))
    assert framed.position("conv") == (240.0, 0.0)
    assert framed.item("conv").pos().y() > 50
    framed.key(Qt.Key.Key_Escape)
    framed.check_same()
    assert item(framed).frame == before


def test_the_corner_resizes(framed):
    (before,) = frames(framed).values()
    corner = item(framed).corner().center()
    at = framed.at(corner.x(), corner.y())
    framed.drag(at, at + QPoint(0, 100))
    (after,) = frames(framed).values()
    assert after.position == before.position
    assert after.size[1] > before.size[1] + 80
    framed.undo_and_redo()
    body = item(framed).corner().center()
    framed.drag(framed.at(body.x(), body.y()), title(framed) - QPoint(300, 300))
    (least,) = frames(framed).values()
    assert min(least.size) == 80.0


def test_a_frame_is_folded_to_a_box_that_stands_for_its_nodes_and_opened_again(framed):
    framed.click(title(framed))
    framed.key(Qt.Key.Key_C, ALT)
    (frame,) = frames(framed).values()
    assert frame.held == ("conv", "act")
    scene = framed.view.canvas_scene
    assert not framed.item("conv").isVisible()
    shown = {str(w): i.isVisible() for w, i in scene.wires.items()}
    assert not shown["conv.output -> act.input"]
    assert shown["x.output -> conv.input"]
    into = next(i for w, i in scene.wires.items() if w.source == "x")
    assert into.ends()[1] == item(framed).side(True)
    assert scene.node_at(framed.item("conv").pos()) is None
    framed.undo_and_redo()
    framed.drag(title(framed), title(framed) + QPoint(0, 60))
    assert framed.position("conv") == (240.0, 60.0)
    framed.undo_and_redo()
    framed.key(Qt.Key.Key_A, CTRL)
    assert "conv" not in framed.view.selected
    framed.double_click(title(framed))
    assert framed.item("conv").isVisible()
    assert not next(iter(frames(framed).values())).held
    framed.undo_and_redo()


def test_a_frame_is_renamed_by_f2_and_by_a_double_click(framed):
    framed.click(title(framed))
    framed.key(Qt.Key.Key_F2)
    framed.type("Trunk")
    QTest.keyClick(framed.view.titles, Qt.Key.Key_Return)
    assert next(iter(frames(framed).values())).title == "Trunk"
    framed.undo_and_redo()
    framed.double_click(title(framed))
    framed.type("Stem")
    QTest.keyClick(framed.view.titles, Qt.Key.Key_Escape)
    assert next(iter(frames(framed).values())).title == "Trunk"


def test_its_menu_colours_it(framed):
    at = title(framed)
    opened = menu.open_at(framed.view, at, framed.view.viewport().mapToGlobal(at))
    colors = next(a.menu() for a in opened.actions() if a.menu() is not None)
    next(a for a in colors.actions() if a.text() == "Green").trigger()
    opened.close()
    QApplication.processEvents()
    assert next(iter(frames(framed).values())).color == "green"
    framed.undo_and_redo()


def test_copies_bring_a_frame_and_its_nodes(framed):
    framed.click(title(framed))
    framed.key(Qt.Key.Key_C, CTRL)
    framed.move(framed.at(300, 250))
    framed.key(Qt.Key.Key_V, CTRL)
    assert len(frames(framed)) == 2
    assert len(framed.network) == 8
    framed.undo_and_redo()


def test_delete_removes_the_frame_and_leaves_the_nodes(framed):
    framed.click(title(framed))
    assert framed.view.selected == []
    framed.key(Qt.Key.Key_Delete)
    assert not frames(framed)
    assert len(framed.network) == 6
    framed.undo_and_redo()


def test_a_node_that_comes_back_into_a_box_is_hidden_again(framed):
    framed.click(title(framed))
    framed.key(Qt.Key.Key_C, ALT)
    framed.view.select(["conv"])
    framed.key(Qt.Key.Key_Delete)
    framed.undo.undo()
    assert not framed.item("conv").isVisible()
    framed.check_same()


def test_frames_are_painted_near_and_far(framed):
    for zoom in (1.0, 0.4, 0.1):
        framed.view.zoom_by(zoom / framed.view.zoom)
        assert not framed.view.viewport().grab().isNull()


def test_the_comment_of_a_node_stands_over_its_card(hand):
    plain = hand.item("conv").boundingRect().top()
    before = hand.view.viewport().grab().toImage()
    node = replace(hand.network.node("conv"), comment="Edges and strokes")
    hand.view.push(UpdateNode("net", node), "Comment")
    assert hand.item("conv").boundingRect().top() < plain
    after = hand.view.viewport().grab().toImage()
    corner = hand.view.mapFromScene(hand.item("conv").pos())
    strip = QRect(corner.x(), corner.y() - 22, 120, 16)
    assert before.copy(strip) != after.copy(strip)
    hand.undo.undo()
    assert hand.view.viewport().grab().toImage().copy(strip) == before.copy(strip)
    hand.undo.redo()
    assert hand.item("conv").boundingRect().top() < plain
