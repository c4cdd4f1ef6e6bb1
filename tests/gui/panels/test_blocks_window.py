"""Blocks by hand: made, entered, left, dissolved, given arguments, repeated and shared."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QLineEdit

from graph import clips, files
from graph.document import TRAINING, Project
from graph.edits import set_params
from graph.expressions import Argument, Expression
from graph.ways import Place
from gui import theme
from gui.canvas.link_item import LinkItem
from gui.window import MainWindow
from runtime.session import Failure
from tests.graph import nested
from tests.gui.panels.conftest import calm

LEFT = Qt.MouseButton.LeftButton
CTRL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier


class Desk:
    """A window, and what a hand does on its canvas."""

    def __init__(self, window: MainWindow) -> None:
        self.window = window
        self.canvas = window.canvas
        self.workspace = window.workspace

    def settle(self) -> None:
        self.workspace.update()
        QApplication.processEvents()

    def body(self, node_id: str):
        rect = self.canvas.canvas_scene.nodes[node_id].scene_body()
        return self.canvas.mapFromScene(QPointF(rect.center().x() + 10, rect.bottom() - 8))

    def click(self, node_id: str, modifiers=Qt.KeyboardModifier.NoModifier) -> None:
        QTest.mouseClick(self.canvas.viewport(), LEFT, modifiers, self.body(node_id))
        self.settle()

    def double_click(self, node_id: str) -> None:
        at = self.body(node_id)
        QTest.mouseClick(self.canvas.viewport(), LEFT, Qt.KeyboardModifier.NoModifier, at)
        QTest.mouseDClick(self.canvas.viewport(), LEFT, Qt.KeyboardModifier.NoModifier, at)
        QTest.mouseRelease(self.canvas.viewport(), LEFT, Qt.KeyboardModifier.NoModifier, at)
        self.settle()

    def key(self, key: Qt.Key, modifiers=Qt.KeyboardModifier.NoModifier) -> None:
        self.canvas.setFocus()
        QTest.keyClick(self.canvas, key, modifiers)
        self.settle()

    def write(self, edit: QLineEdit, text: str) -> None:
        edit.setFocus()
        QTest.keyClick(edit, Qt.Key.Key_A, CTRL)
        QTest.keyClick(edit, Qt.Key.Key_Delete)
        QTest.keyClicks(edit, text)
        QTest.keyClick(edit, Qt.Key.Key_Return)
        self.settle()

    def field(self, name: str) -> QLineEdit:
        page = self.window.inspector.page
        editor = {**page.given.fields, **page.form.fields}[name].editor
        assert isinstance(editor, QLineEdit)
        return editor


def opened(qtbot, qapp: QApplication, project: Project, folder: Path) -> Desk:
    theme.apply(qapp, "dark")
    window = MainWindow(folder / "runs")
    qtbot.addWidget(window, before_close_func=calm)
    window.workspace.open(project, None, folder)
    window.resize(1400, 860)
    window.show()
    QApplication.processEvents()
    window.canvas.setFocus()
    return Desk(window)


@pytest.fixture
def resnet(qtbot, qapp: QApplication, tmp_path: Path) -> Desk:
    return opened(qtbot, qapp, nested.resnet(), tmp_path)


@pytest.fixture
def siamese(qtbot, qapp: QApplication, tmp_path: Path) -> Desk:
    project = nested.siamese()
    desk = opened(qtbot, qapp, project, tmp_path)
    desk.workspace.show_graph("siamese")
    desk.settle()
    return desk


def test_a_block_is_made_entered_left_and_dissolved_by_hand(window: MainWindow) -> None:
    desk = Desk(window)
    project = desk.workspace.project
    before = files.dumps(project)
    desk.click("n1")
    desk.click("n2", SHIFT)
    desk.click("n3", SHIFT)
    desk.key(Qt.Key.Key_G, CTRL)
    network = project.networks["net"]
    (block,) = [node.id for node in network if node.kind == "Block"]
    assert desk.canvas.selected == [block]
    assert window.graph_tabs.names() == ["net", "block1", TRAINING]
    assert desk.workspace.errors() == []
    assert not window.trail.isVisible()
    desk.double_click(block)
    assert desk.workspace.graph == "block1"
    assert window.trail.isVisible()
    assert [button.text() for button in window.trail.buttons] == ["net"]
    desk.key(Qt.Key.Key_Escape)
    assert desk.workspace.graph == "net"
    assert desk.canvas.selected == [block]
    desk.double_click(block)
    QTest.mouseClick(window.trail.buttons[0], LEFT)
    desk.settle()
    assert desk.workspace.graph == "net"
    desk.key(Qt.Key.Key_G, CTRL | SHIFT)
    assert window.graph_tabs.names() == ["net", TRAINING]
    assert sorted(desk.canvas.selected) == ["n1", "n2", "n3"]
    assert files.dumps(project) == before
    desk.workspace.undo.undo()
    desk.settle()
    assert "block1" in project.networks
    desk.workspace.undo.undo()
    desk.settle()
    assert files.dumps(project) == before


def test_what_cannot_be_a_block_is_said(window: MainWindow) -> None:
    desk = Desk(window)
    told: list[str] = []
    desk.canvas.told.connect(told.append)
    desk.click("n1")
    desk.click("n3", SHIFT)
    desk.key(Qt.Key.Key_G, CTRL)
    assert told == ["'ReLU' stands between the selected nodes; select it too."]
    assert not desk.workspace.undo.canUndo()


def test_training_leads_into_networks_and_back(window: MainWindow) -> None:
    desk = Desk(window)
    desk.workspace.show_graph(TRAINING)
    desk.settle()
    desk.double_click("network")
    assert desk.workspace.graph == "net"
    assert desk.workspace.trail == [(TRAINING, "network")]
    desk.key(Qt.Key.Key_Escape)
    assert desk.workspace.graph == TRAINING
    desk.key(Qt.Key.Key_Escape)  # lets go of the selection
    desk.key(Qt.Key.Key_Escape)  # and then means nothing here
    assert desk.workspace.graph == TRAINING


def test_a_card_says_how_often_and_with_what(resnet: Desk) -> None:
    card = resnet.canvas.canvas_scene.nodes["n5"].content.text
    assert (card.title, card.kind, card.arguments) == (
        "stage4",
        "residual_block",
        "×3, channels 64",
    )
    assert (card.shape, card.parameters) == ("(N, 64, 4, 4)", "214k")


def test_an_entered_block_shows_the_shapes_of_that_place(resnet: Desk) -> None:
    scene = resnet.canvas.canvas_scene
    resnet.double_click("n5")
    assert resnet.window.trail.buttons[0].text() == "res_net"
    assert scene.nodes["conv1"].content.text.shape == "(N, 64, 4, 4)"
    resnet.key(Qt.Key.Key_Escape)
    resnet.double_click("n2")
    assert scene.nodes["conv1"].content.text.shape == "(N, 16, 8, 8)"


def test_values_for_a_block_are_fields_of_its_form(resnet: Desk) -> None:
    network = resnet.workspace.project.networks["res_net"]
    resnet.click("n3")
    assert resnet.field("channels").text() == "32"
    resnet.write(resnet.field("channels"), "24")
    assert network.node("n3").params["arguments"] == (("channels", 24), ("stride", 2))
    resnet.write(resnet.field("stride"), "")
    assert network.node("n3").params["arguments"] == (("channels", 24),)
    resnet.write(resnet.field("repeat"), "2")
    assert network.node("n3").params["repeat"] == 2
    assert "×2" in resnet.canvas.canvas_scene.nodes["n3"].content.text.arguments
    resnet.write(resnet.field("repeat"), "channels")
    assert network.node("n3").params["repeat"] == 2, "res_net has no arguments"
    for _ in range(3):
        resnet.workspace.undo.undo()
    resnet.settle()
    assert network.node("n3").params["arguments"] == (("channels", 32), ("stride", 2))


def test_arguments_are_declared_on_the_page_of_a_network(resnet: Desk) -> None:
    project = resnet.workspace.project
    before = files.dumps(project)
    page = resnet.window.inspector.arguments
    QTest.mouseClick(page.add, LEFT)
    resnet.settle()
    network = project.networks["res_net"]
    assert network.arguments == (Argument("size", "int", 1),)
    resnet.write(page.names[0], "width")
    resnet.write(page.defaults[0], "12")
    assert network.arguments == (Argument("width", "int", 12),)
    resnet.click("n1")
    resnet.write(resnet.field("out_channels"), "width * 2")
    assert network.node("n1").params["out_channels"] == Expression("width * 2")
    assert resnet.canvas.canvas_scene.nodes["n1"].content.text.shape == "(N, 24, 8, 8)"
    assert "width * 2" in resnet.canvas.canvas_scene.nodes["n1"].content.text.arguments
    resnet.key(Qt.Key.Key_Escape)
    resnet.write(page.names[0], "breadth")
    assert network.node("n1").params["out_channels"] == Expression("breadth * 2")
    resnet.write(page.names[0], "not a word")
    assert network.arguments == (Argument("breadth", "int", 12),)
    assert page.names[0].text() == "breadth"
    QTest.mouseClick(page.removers[0], LEFT)
    resnet.settle()
    assert network.arguments == ()
    assert any("an expression of the arguments" in p.message for p in resnet.workspace.problems())
    while resnet.workspace.undo.canUndo():
        resnet.workspace.undo.undo()
    assert files.dumps(project) == before


def test_a_truth_value_follows_an_argument_by_choice(resnet: Desk) -> None:
    block = resnet.workspace.project.networks["residual_block"]
    block.set_arguments([*block.arguments, Argument("bias", "bool", False)])
    resnet.workspace.show_graph("residual_block")
    resnet.settle()
    resnet.workspace.select(["conv2"])
    resnet.settle()
    combo = resnet.window.inspector.page.form.fields["bias"].editor
    assert isinstance(combo, QComboBox)
    assert combo.currentText() == "False"
    combo.setFocus()
    QTest.keyClick(combo, Qt.Key.Key_End)
    combo.activated.emit(combo.currentIndex())
    resnet.settle()
    assert block.node("conv2").params["bias"] == Expression("bias")
    assert combo.currentText() == "= bias"


def test_blocks_with_the_same_weights_are_linked(siamese: Desk) -> None:
    scene = siamese.canvas.canvas_scene
    assert scene.nodes["first"].content.shared == "encoder"
    assert [type(link) for link in scene.links] == [LinkItem]
    link = scene.links[0]
    assert link.pen().style() == Qt.PenStyle.DashLine
    start = link.path().pointAtPercent(0)
    at = siamese.body("first")
    QTest.mousePress(siamese.canvas.viewport(), LEFT, Qt.KeyboardModifier.NoModifier, at)
    for dy in (10, 40, 80):
        QTest.mouseMove(siamese.canvas.viewport(), at + QPointF(0, dy).toPoint())
        QApplication.processEvents()
    QTest.mouseRelease(
        siamese.canvas.viewport(),
        LEFT,
        Qt.KeyboardModifier.NoModifier,
        at + QPointF(0, 80).toPoint(),
    )
    siamese.settle()
    assert scene.links[0].path().pointAtPercent(0) != start
    siamese.click("second")
    siamese.write(siamese.field("share"), "")
    assert scene.links == []
    assert siamese.workspace.analysis.total("siamese").parameters == 2 * (64 * 12 + 12)
    siamese.workspace.undo.undo()
    siamese.settle()
    assert len(scene.links) == 1


def test_a_network_is_placed_as_a_block_from_the_search(resnet: Desk) -> None:
    resnet.click("n1")
    resnet.key(Qt.Key.Key_Tab)
    QTest.keyClicks(QApplication.focusWidget(), "block residual")
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Return)
    resnet.settle()
    network = resnet.workspace.project.networks["res_net"]
    new = [node for node in network if node.kind == "Block" and not node.title]
    assert [node.params for node in new] == [{"network": "residual_block"}]
    assert resnet.workspace.analysis.problems_of("res_net", new[0].id) == []
    inner = resnet.window.palette_
    resnet.workspace.show_graph("residual_block")
    resnet.settle()
    names = [choice.name for choice in inner._choices]
    assert "Block residual_block" not in names
    assert "Block res_net" not in names, "it would hold itself"


def test_copied_blocks_bring_their_networks_into_another_window(window: MainWindow) -> None:
    copied = clips.copy(nested.resnet().networks["res_net"], ["n3"])
    QApplication.clipboard().setText(copied)
    desk = Desk(window)
    graph, before = desk.workspace.network, list(desk.workspace.project.networks)
    desk.key(Qt.Key.Key_V, CTRL)
    assert list(desk.workspace.project.networks) == [*before, "residual_block"]
    (block,) = graph.by_kind("Block")
    assert desk.workspace.selection == (block.id,)
    assert desk.workspace.enter(block.id)
    assert len(desk.canvas.canvas_scene.nodes) == 10
    desk.key(Qt.Key.Key_Escape)
    assert desk.workspace.graph == graph.name
    desk.key(Qt.Key.Key_Z, CTRL)
    assert list(desk.workspace.project.networks) == before


def test_a_click_on_a_problem_in_a_block_enters_the_block(resnet: Desk) -> None:
    wrong = {"arguments": (("channels", 32), ("stride", 0))}
    resnet.workspace.push(set_params(resnet.workspace.project.networks["res_net"], "n3", wrong), "")
    resnet.settle()
    panel = resnet.window.problems
    card = next(c for c in panel.cards if c.problem.node == "shortcut")
    assert "in res_net › stage2: expected stride" in card.text.text().replace("In ", "in ")
    resnet.window.show_panel("problems")
    resnet.settle()
    QTest.mouseClick(card, LEFT)
    resnet.settle()
    assert resnet.workspace.graph == "residual_block"
    assert resnet.workspace.trail == [("res_net", "n3")]
    assert resnet.workspace.selection == ("shortcut",)
    assert [button.text() for button in resnet.window.trail.buttons] == ["res_net"]
    resnet.workspace.leave()
    resnet.double_click("n2")
    assert resnet.workspace.trail == [("res_net", "n2")]
    QTest.mouseClick(next(c for c in panel.cards if c.problem.node == "shortcut"), LEFT)
    assert resnet.workspace.trail == [("res_net", "n3")], "another instance of the same network"


def test_what_stopped_a_run_in_a_block_is_shown_there(resnet: Desk) -> None:
    way = (Place("training", "x"), Place("res_net", "n5", 2))
    failed = Failure("Training failed in res_net › stage4 2 › norm1: no", "residual_block", "norm1")
    resnet.window._show_failure(replace(failed, way=way[1:]))
    assert resnet.workspace.trail == [("res_net", "n5")]
    assert resnet.workspace.selection == ("norm1",)
    resnet.window._show_failure(replace(failed, way=way))
    assert resnet.workspace.graph == "residual_block", "a way that leads nowhere is left out"
