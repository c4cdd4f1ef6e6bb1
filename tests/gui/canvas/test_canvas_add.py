"""Adding nodes: search box, palette, behind the selection, into a wire."""

from itertools import pairwise

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from gui.canvas import Palette
from gui.canvas.choice_list import CHOICE
from tests.gui.canvas.hand import LEFT, NONE


def added(hand):
    """The node added last."""
    return max(hand.network, key=lambda node: int(node.id[1:]) if node.id[1:].isdigit() else 0)


def test_tab_opens_the_box_and_enter_adds_with_presets(hand):
    hand.key(Qt.Key.Key_Tab)
    box = hand.view.adding.search
    assert box.isVisible()
    assert box.field.hasFocus()
    hand.type("conv2d")
    QTest.keyClick(box.field, Qt.Key.Key_Return)
    assert not box.isVisible()
    assert hand.view.hasFocus()
    node = added(hand)
    assert node.kind == "Conv2d"
    assert node.params["out_channels"] == 32
    assert hand.view.selected == [node.id]
    assert hand.undo.count() == 1
    assert hand.undo.text(0) == "Add Conv2d"
    hand.check_same()
    hand.undo_and_redo()


def test_double_click_on_empty_canvas_adds_there(hand):
    at = hand.at(500, 240)
    hand.double_click(at)
    hand.type("relu")
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Return)
    node = added(hand)
    assert node.kind == "ReLU"
    assert node.position == (500.0, 240.0)
    assert not hand.network.wires_in(node.id)


def test_arrows_choose_and_escape_closes(hand):
    hand.key(Qt.Key.Key_Tab)
    box = hand.view.adding.search
    hand.type("conv")
    first = box.list.currentIndex().row()
    QTest.keyClick(box.field, Qt.Key.Key_Down)
    assert box.list.currentIndex().row() == first + 1
    QTest.keyClick(box.field, Qt.Key.Key_Escape)
    assert not box.isVisible()
    assert hand.undo.count() == 0
    assert hand.view.hasFocus()


def test_with_a_selection_the_new_node_is_wired_behind_it(hand):
    hand.click(hand.body("conv"))
    hand.key(Qt.Key.Key_Tab)
    hand.type("batchnorm2d")
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Return)
    node = added(hand)
    assert f"conv.output -> {node.id}.input" in hand.wires()
    assert node.position[0] > hand.position("conv")[0]
    card = hand.item(node.id).scene_body()
    others = [i for i in hand.view.canvas_scene.nodes if i != node.id]
    assert not any(hand.item(i).scene_body().intersects(card) for i in others)
    assert hand.undo.count() == 1
    hand.undo_and_redo()


def test_a_chain_grows_in_the_middle(hand):
    """Behind a node with one wire, what is added goes into that wire, and room is made for it."""
    before = hand.wires()
    wire = next(w for w in hand.network.wires_out("conv"))
    hand.click(hand.body("conv"))
    for kind in ("batchnorm2d", "relu"):
        hand.key(Qt.Key.Key_Tab)
        hand.type(kind)
        QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Return)
    relu = added(hand)
    norm = hand.network.wires_in(relu.id)["input"].source
    assert hand.network.node(norm).kind == "BatchNorm2d"
    assert hand.network.wires_in(norm)["input"].source == "conv"
    assert hand.network.wires_in(wire.target)[wire.target_port].source == relu.id
    assert len(hand.wires()) == len(before) + 2
    row = ["conv", norm, relu.id, wire.target]
    places = [hand.item(i).scene_body() for i in row]
    assert all(a.right() < b.left() for a, b in pairwise(places))
    hand.undo_and_redo()


def test_a_wire_dropped_on_nothing_opens_the_box_with_what_fits(hand):
    hand.drag(hand.port("flat", "output", False), hand.at(900, 250))
    box = hand.view.adding.search
    assert box.isVisible()
    names = {box.model.item(row).data(CHOICE).kind.name for row in range(box.model.rowCount())}
    assert "Linear" in names
    assert "Conv2d" not in names  # two sizes arrive, it takes four
    assert "Input" not in names
    hand.type("linear")
    QTest.keyClick(box.field, Qt.Key.Key_Return)
    node = added(hand)
    assert node.kind == "Linear"
    assert f"flat.output -> {node.id}.input" in hand.wires()
    hand.undo_and_redo()


def test_a_wire_dragged_from_an_input_is_fed_by_the_new_node(hand):
    from graph.document import Wire
    from graph.edits import Disconnect

    Disconnect("net", Wire("x", "output", "conv", "input")).apply(hand.network.project)
    hand.drag(hand.port("conv", "input", True), hand.at(100, 250))
    hand.type("relu")
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Return)
    assert f"{added(hand).id}.output -> conv.input" in hand.wires()
    hand.undo_and_redo()


def test_a_click_on_the_canvas_closes_the_box(hand):
    hand.key(Qt.Key.Key_Tab)
    hand.click(hand.at(10, 300))
    assert not hand.view.adding.search.isVisible()


def test_a_graph_offers_only_what_it_may_have(hand):
    hand.key(Qt.Key.Key_Tab)
    box = hand.view.adding.search
    names = {box.model.item(row).data(CHOICE).kind.name for row in range(box.model.rowCount())}
    assert "Input" in names
    assert "Data" not in names
    assert "Adam" not in names


@pytest.fixture
def palette(hand, qtbot):
    palette = Palette()
    qtbot.addWidget(palette)
    palette.resize(240, 700)
    palette.show_graph(hand.network.project, training=False)
    palette.show()
    hand.view.follow(palette)
    return palette


def find(palette: Palette, name: str):
    """The index of a kind in the palette's tree, scrolled into view."""
    for row in range(palette.model.rowCount()):
        head = palette.model.item(row)
        for child in range(head.rowCount()):
            if head.child(child).data(CHOICE).name == name:
                palette.tree.expand(head.index())
                index = head.child(child).index()
                palette.tree.scrollTo(index)
                return index
    raise AssertionError(f"no {name} in the palette")


def drag_out(palette: Palette, hand, name: str, at: QPoint, drop: bool = True) -> None:
    """Drag a kind from the palette to a place on the canvas."""
    tree = palette.tree.viewport()
    start = palette.tree.visualRect(find(palette, name)).center()
    QTest.mousePress(tree, LEFT, NONE, start)
    target = tree.mapFromGlobal(hand.view.viewport().mapToGlobal(at))
    for place in (start + QPoint(30, 0), target - QPoint(20, 0), target):
        QTest.mouseMove(tree, place)
    if drop:
        QTest.mouseRelease(tree, LEFT, NONE, target)


def test_a_kind_is_dragged_out_of_the_palette(hand, palette):
    drag_out(palette, hand, "Conv2d", hand.at(500, 250), drop=False)
    ghosts = hand.view.canvas_scene.drafts
    assert len(ghosts) == 1
    assert ghosts[0].opacity() < 1
    hand.check_same()  # the document does not know of the ghost
    QTest.mouseRelease(
        palette.tree.viewport(),
        LEFT,
        NONE,
        palette.tree.mapFromGlobal(hand.view.viewport().mapToGlobal(hand.at(500, 250))),
    )
    node = added(hand)
    assert node.kind == "Conv2d"
    assert abs(hand.item(node.id).scene_body().center().x() - 500) <= 12
    assert not hand.view.canvas_scene.drafts
    assert hand.undo.count() == 1
    hand.undo_and_redo()


def test_dropped_on_a_wire_it_is_inserted(hand, palette):
    wire = (hand.port("conv", "output", False) + hand.port("act", "input", True)) / 2
    drag_out(palette, hand, "BatchNorm2d", wire)
    node = added(hand)
    assert {f"conv.output -> {node.id}.input", f"{node.id}.output -> act.input"} <= hand.wires()
    assert "conv.output -> act.input" not in hand.wires()
    hand.undo_and_redo()


def test_nodes_behind_an_inserted_one_make_room(hand, palette):
    wire = (hand.port("conv", "output", False) + hand.port("act", "input", True)) / 2
    drag_out(palette, hand, "BatchNorm2d", wire)
    cards = [item.scene_body() for item in hand.view.canvas_scene.nodes.values()]
    for i, card in enumerate(cards):
        assert not any(card.intersects(other) for other in cards[:i])
    assert hand.position(added(hand).id)[1] == 0.0
    assert hand.position("conv") == (240.0, 0.0)
    assert hand.position("y")[0] > 1200
    hand.undo.undo()
    assert hand.position("y") == (1200.0, 0.0)


def test_dropped_beside_the_canvas_it_is_nothing(hand, palette):
    drag_out(palette, hand, "Conv2d", QPoint(-300, 100))
    assert hand.undo.count() == 0
    assert hand.view.gesture is None


def test_escape_cancels_a_drag_from_the_palette(hand, palette):
    drag_out(palette, hand, "Conv2d", hand.at(500, 250), drop=False)
    QTest.keyClick(palette.tree, Qt.Key.Key_Escape)
    assert hand.view.gesture is None
    assert not hand.view.canvas_scene.drafts
    QTest.mouseRelease(palette.tree.viewport(), LEFT, NONE, QPoint(5, 5))
    assert hand.undo.count() == 0


def test_the_palette_filters_and_enter_adds(hand, palette):
    palette.field.setFocus()
    QTest.keyClicks(palette.field, "dropout")
    heads = [palette.model.item(row).text() for row in range(palette.model.rowCount())]
    assert "Dropout" in heads
    assert "Convolution" not in heads
    QTest.keyClick(palette.field, Qt.Key.Key_Return)
    assert added(hand).kind == "Dropout"


def test_a_double_click_in_the_palette_adds(hand, palette):
    index = find(palette, "ReLU")
    at = palette.tree.visualRect(index).center()
    QTest.mouseClick(palette.tree.viewport(), LEFT, NONE, at)
    QTest.mouseDClick(palette.tree.viewport(), LEFT, NONE, at)
    assert added(hand).kind == "ReLU"
    assert hand.undo.count() == 1


def test_enter_in_the_tree_adds(hand, palette):
    palette.tree.setCurrentIndex(find(palette, "ReLU"))
    QTest.keyClick(palette.tree, Qt.Key.Key_Return)
    assert added(hand).kind == "ReLU"
    assert hand.undo.count() == 1


def test_a_click_on_a_family_opens_and_closes_it(hand, palette):
    head = palette.model.item(0).index()
    opened = palette.tree.isExpanded(head)
    at = palette.tree.visualRect(head).center()
    QTest.mouseClick(palette.tree.viewport(), LEFT, NONE, at)
    assert palette.tree.isExpanded(head) is not opened


def test_the_training_graph_is_offered_its_networks(hand, qtbot):
    palette = Palette()
    qtbot.addWidget(palette)
    palette.show_graph(hand.network.project, training=True)
    index = find(palette, "Network net")
    assert dict(index.data(CHOICE).params) == {"network": "net"}
