"""Deleting, bridging, the clipboard, renaming, the menu, refusals."""

import json

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QContextMenuEvent, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu

from graph.document import Node
from graph.edits import AddNode
from tests.gui.canvas.hand import CTRL


def test_delete_takes_nodes_with_their_wires(hand):
    hand.view.select(["conv", "act"])
    hand.key(Qt.Key.Key_Delete)
    assert "conv" not in hand.network
    assert hand.wires() == {"flat.output -> fc.input", "fc.output -> y.input"}
    assert hand.view.selected == []
    assert hand.undo.count() == 1
    hand.undo_and_redo()


def test_delete_without_a_selection_is_no_entry(hand):
    hand.key(Qt.Key.Key_Delete)
    assert hand.undo.count() == 0


def test_ctrl_delete_bridges(hand):
    hand.view.select(["act"])
    hand.key(Qt.Key.Key_Delete, CTRL)
    assert "act" not in hand.network
    assert "conv.output -> flat.input" in hand.wires()
    assert hand.undo.count() == 1
    hand.undo_and_redo()


def test_a_run_of_nodes_is_bridged_as_one(hand):
    hand.view.select(["conv", "act"])
    hand.key(Qt.Key.Key_Delete, CTRL)
    assert "x.output -> flat.input" in hand.wires()
    hand.undo_and_redo()


def test_no_bridge_where_the_shape_does_not_fit(hand):
    AddNode("net", Node("pool", "MaxPool2d", {"kernel_size": 2}, position=(1300, 300))).apply(
        hand.network.project
    )
    hand.drag(hand.port("flat", "output", False), hand.port("pool", "input", True))
    AddNode(
        "net",
        Node(
            "back", "Unflatten", {"dim": 1, "unflattened_size": (8, 26, 26)}, position=(1100, 300)
        ),
    ).apply(hand.network.project)
    hand.drag(hand.port("flat", "output", False), hand.port("back", "input", True))
    hand.drag(hand.port("back", "output", False), hand.port("pool", "input", True))
    hand.refresh()
    hand.view.select(["back"])
    hand.key(Qt.Key.Key_Delete, CTRL)
    assert "flat.output -> pool.input" not in hand.wires()  # two sizes do not fit four
    assert "back" not in hand.network


def test_copy_and_paste_between_two_places(hand):
    hand.view.select(["conv", "act"])
    hand.key(Qt.Key.Key_C, CTRL)
    text = QGuiApplication.clipboard().text()
    assert {node["kind"] for node in json.loads(text)["nodes"]} == {"Conv2d", "ReLU"}
    assert hand.undo.count() == 0
    hand.key(Qt.Key.Key_V, CTRL)
    new = hand.view.selected
    assert len(new) == 2
    kinds = {hand.network.node(i).kind: i for i in new}
    assert f"{kinds['Conv2d']}.output -> {kinds['ReLU']}.input" in hand.wires()
    assert hand.network.node(kinds["Conv2d"]).params["out_channels"] == 8
    hand.check_same()
    assert hand.undo.count() == 1
    hand.undo_and_redo()


def test_cut(hand):
    hand.view.select(["act"])
    hand.key(Qt.Key.Key_X, CTRL)
    assert "act" not in hand.network
    hand.undo_and_redo()
    hand.key(Qt.Key.Key_V, CTRL)
    assert [hand.network.node(i).kind for i in hand.view.selected] == ["ReLU"]


def test_duplicate_keeps_inner_wires_and_the_clipboard(hand):
    QGuiApplication.clipboard().setText("mine")
    hand.view.select(["conv", "act"])
    hand.key(Qt.Key.Key_D, CTRL)
    assert len(hand.network) == 8
    assert len(hand.wires()) == 6
    assert QGuiApplication.clipboard().text() == "mine"
    hand.undo_and_redo()


@pytest.mark.parametrize(
    "text",
    ["", "hello", "[]", '{"format": "torchloom-nodes"}', "{" * 5000, '{"nodes": [{"id": 1}]}'],
)
def test_text_that_is_not_ours_is_refused_with_a_word(hand, text):
    QGuiApplication.clipboard().setText(text)
    hand.key(Qt.Key.Key_V, CTRL)
    assert hand.undo.count() == 0
    assert "clipboard" in hand.refusals[-1].lower()
    assert hand.view.hint.isVisible()
    hand.view.hint.hide()
    hand.view.close_network()


def test_f2_renames_in_place(hand):
    hand.click(hand.body("conv"))
    hand.key(Qt.Key.Key_F2)
    assert hand.view.titles.isVisible()
    hand.type("stem")
    QTest.keyClick(hand.view.titles, Qt.Key.Key_Return)
    assert hand.network.node("conv").title == "stem"
    assert hand.item("conv").content.text.title == "stem"
    assert hand.item("conv").content.text.kind == "Conv2d"
    assert hand.view.hasFocus()
    hand.undo_and_redo()


def test_double_click_on_the_title_renames_and_escape_does_not(hand):
    hand.double_click(hand.title("conv"))
    hand.type("stem")
    QTest.keyClick(hand.view.titles, Qt.Key.Key_Escape)
    assert hand.network.node("conv").title == ""
    assert hand.undo.count() == 0


def test_a_click_elsewhere_keeps_the_title(hand):
    hand.double_click(hand.title("conv"))
    hand.type("stem")
    hand.click(hand.at(600, 280))
    assert hand.network.node("conv").title == "stem"


def test_double_click_on_a_card_opens_it(hand, qtbot):
    with qtbot.waitSignal(hand.view.node_activated) as told:
        hand.double_click(hand.body("conv"))
    assert told.args == ["conv"]


def menu_at(hand, at: QPoint) -> QMenu:
    view = hand.view.viewport()
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, at, view.mapToGlobal(at))
    QApplication.sendEvent(view, event)
    return next(menu for menu in hand.view.findChildren(QMenu) if menu.isVisible())


def test_the_menu_of_a_node(hand):
    menu = menu_at(hand, hand.body("act"))
    assert hand.view.selected == ["act"]
    action = next(a for a in menu.actions() if a.text() == "Delete and bridge")
    assert action.shortcut().toString() == "Ctrl+Del"
    action.trigger()
    menu.close()
    assert "conv.output -> flat.input" in hand.wires()


def test_the_menu_of_a_port_disconnects(hand):
    menu = menu_at(hand, hand.port("act", "input", True))
    next(a for a in menu.actions() if a.text() == "Disconnect").trigger()
    menu.close()
    assert "conv.output -> act.input" not in hand.wires()
    hand.undo_and_redo()


def test_the_menu_of_empty_canvas_pastes_there(hand):
    hand.view.select(["act"])
    hand.key(Qt.Key.Key_C, CTRL)
    menu = menu_at(hand, hand.at(400, 240))
    next(a for a in menu.actions() if a.text() == "Paste here").trigger()
    menu.close()
    assert hand.position(hand.view.selected[0]) == (400.0, 240.0)


def test_a_problem_is_mended_from_the_menu(hand):
    hand.view.select(["flat"])
    hand.key(Qt.Key.Key_Delete)
    hand.drag(hand.port("act", "output", False), hand.port("fc", "input", True))
    hand.refresh()
    problems = hand.view.canvas_scene.problems_of("fc")
    fixes = {fix.label for problem in problems for fix in problem.fixes}
    menu = menu_at(hand, hand.body("fc"))
    offered = {action.text() for action in menu.actions()}
    menu.close()
    assert fixes <= offered


def test_a_refused_edit_is_told_and_changes_nothing(hand):
    from graph.document import Wire
    from graph.edits import Connect

    before = hand.wires()
    assert not hand.view.push(Connect("net", Wire("act", "output", "conv", "input")), "Connect")
    assert hand.wires() == before
    assert hand.undo.count() == 0
    assert hand.refusals
    hand.view.hint.hide()
    hand.view.set_network(None, None, None)
