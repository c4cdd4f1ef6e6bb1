"""A chain of layers typed into the search box."""

from itertools import pairwise

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from graph.document import Node, Wire
from graph.edits import AddNode, Batch, Connect, Disconnect, remove_nodes
from tests.gui.canvas.hand import LEFT, NONE, SHIFT

CNN = "Conv2d 32 3 > ReLU > MaxPool2d 2 > Flatten > Linear 10"


def box(hand):
    return hand.view.adding.search


def type_chain(hand, text: str) -> None:
    hand.key(Qt.Key.Key_Tab)
    hand.type(text)
    QTest.keyClick(box(hand).field, Qt.Key.Key_Return)
    hand.refresh()


def kinds_from(hand, node_id: str) -> list[str]:
    """The kinds along the wires from a node, following the first wire of each."""
    found = [hand.network.node(node_id).kind]
    while wires := hand.network.wires_out(node_id):
        node_id = wires[0].target
        found.append(hand.network.node(node_id).kind)
    return found


def problems(hand) -> list:
    return [p for p in hand.analysis.problems() if p.network == "net"]


def check_row(hand) -> None:
    """No card lies on another, and every wire leads to the right."""
    cards = {i: item.scene_body() for i, item in hand.view.canvas_scene.nodes.items()}
    for i, card in cards.items():
        assert not [j for j, other in cards.items() if j != i and card.intersects(other)]
    for wire in hand.network.wires():
        assert cards[wire.source].right() < cards[wire.target].left()


@pytest.fixture
def bare(hand):
    """Only the input and the output, and no wire."""
    network = hand.network
    remove_nodes(network, ["conv", "act", "flat", "fc"]).apply(network.project)
    hand.refresh()
    hand.view.fit()
    return hand


def test_a_chain_is_wired_from_the_input_to_the_output(bare):
    type_chain(bare, CNN)
    assert kinds_from(bare, "x") == [
        "Input", "Conv2d", "ReLU", "MaxPool2d", "Flatten", "Linear", "Output",
    ]  # fmt: skip
    assert bare.undo.count() == 1
    assert problems(bare) == []
    check_row(bare)
    bare.undo_and_redo()
    bare.undo.undo()
    assert len(bare.network) == 2
    assert bare.wires() == set()


def test_it_goes_into_the_wire_of_a_new_network(bare):
    Connect("net", Wire("x", "output", "y", "input")).apply(bare.network.project)
    type_chain(bare, CNN)
    assert len(kinds_from(bare, "x")) == 7
    assert len(bare.network.wires_out("x")) == 1
    check_row(bare)
    bare.undo_and_redo()


def test_what_needs_no_input_is_wired_to_none(bare):
    type_chain(bare, "zeros (3,) > Linear 3")
    assert bare.network.wires_in(bare.network.by_kind("zeros")[0].id) == {}


def test_shift_enter_makes_a_branch(hand):
    hand.click(hand.body("act"))
    hand.key(Qt.Key.Key_Tab)
    hand.type("Flatten > Linear 2")
    QTest.keyClick(box(hand).field, Qt.Key.Key_Return, SHIFT)
    hand.refresh()
    assert len(hand.network.wires_out("act")) == 2
    check_row(hand)
    hand.view.select(["act"])
    hand.key(Qt.Key.Key_Tab)
    hand.type("tanh")
    QTest.keyClick(box(hand).field, Qt.Key.Key_Return, SHIFT)
    assert len(hand.network.wires_out("act")) == 3
    hand.undo_and_redo()


def test_a_branch_that_ends_does_not_go_into_a_wire(hand):
    hand.click(hand.body("act"))
    type_chain(hand, "Flatten > Output as features")
    assert sorted(n.title for n in hand.network.by_kind("Output")) == ["", "features"]
    assert len(hand.network.wires_out("act")) == 2
    check_row(hand)


def test_from_nothing_the_chain_brings_its_own_ends(bare):
    remove_nodes(bare.network, ["x", "y"]).apply(bare.network.project)
    type_chain(bare, f"Input 1 28 28 > {CNN} > Output")
    first = bare.network.by_kind("Input")[0]
    assert first.params["shape"] == (1, 28, 28)
    assert len(kinds_from(bare, first.id)) == 7
    assert problems(bare) == []
    check_row(bare)


def test_it_goes_behind_the_selection(hand):
    """Into the only wire there, with room made for it."""
    hand.click(hand.body("conv"))
    type_chain(hand, "2x(BatchNorm2d > ReLU)")
    assert kinds_from(hand, "x") == [
        "Input", "Conv2d", "BatchNorm2d", "ReLU", "BatchNorm2d", "ReLU",
        "ReLU", "Flatten", "Linear", "Output",
    ]  # fmt: skip
    assert hand.undo.count() == 1
    check_row(hand)
    hand.undo_and_redo()


def test_the_last_node_is_selected_so_that_one_can_go_on(bare):
    type_chain(bare, "Conv2d 8 3 > ReLU")
    type_chain(bare, "Flatten > Linear 10")
    assert kinds_from(bare, "x") == ["Input", "Conv2d", "ReLU", "Flatten", "Linear", "Output"]
    check_row(bare)
    bare.undo_and_redo()


def test_a_second_branch_goes_below(hand):
    Disconnect("net", Wire("fc", "output", "y", "input")).apply(hand.network.project)
    hand.click(hand.body("x"))
    hand.view.push(Batch((AddNode("net", Node("far", "ReLU", {}, position=(0.0, 400.0))),)), "far")
    hand.view.select(["fc"])
    type_chain(hand, "ReLU > Linear 3")
    assert kinds_from(hand, "fc") == ["Linear", "ReLU", "Linear", "Output"]
    check_row(hand)


def test_a_wire_dropped_on_nothing_takes_a_chain(hand):
    hand.drag(hand.port("flat", "output", False), hand.at(900, 250))
    hand.type("Linear 32 > ReLU > Linear 2")
    QTest.keyClick(box(hand).field, Qt.Key.Key_Return)
    hand.refresh()
    added = [w.target for w in hand.network.wires_out("flat") if w.target != "fc"]
    assert kinds_from(hand, added[0]) == ["Linear", "ReLU", "Linear"]
    hand.undo_and_redo()


def test_what_will_be_added_stands_below_while_one_types(bare):
    bare.key(Qt.Key.Key_Tab)
    bare.type("conv2d 8 3 > drop 0.5")
    assert box(bare).note.text() == "Adds 2 nodes: Conv2d(8, 3) > Dropout(0.5)"
    assert box(bare).note.property("role") == "muted"
    bare.type(" > ")
    assert box(bare).note.text() == ("At 25: Expected the name of a layer, and the text ends here.")
    assert box(bare).note.property("role") == "error"


def test_enter_on_what_cannot_be_read_goes_to_the_place(bare):
    bare.key(Qt.Key.Key_Tab)
    bare.type("Conv2d 8 3 > Linaer 10 > ReLU")
    QTest.keyClick(box(bare).field, Qt.Key.Key_Return)
    assert box(bare).isVisible()
    assert box(bare).field.cursorPosition() == 13
    assert bare.undo.count() == 0


def test_tab_completes_the_name_that_is_being_typed(bare):
    bare.key(Qt.Key.Key_Tab)
    bare.type("Conv2d 8 3 > batchnorm2")
    QTest.keyClick(box(bare).field, Qt.Key.Key_Tab)
    assert box(bare).field.text() == "Conv2d 8 3 > BatchNorm2d "
    bare.type("> fla")
    index = box(bare).model.index(0, 0)
    at = box(bare).list.visualRect(index).center()
    QTest.mouseClick(box(bare).list.viewport(), LEFT, NONE, at)
    assert box(bare).field.text() == "Conv2d 8 3 > BatchNorm2d > Flatten "
    QTest.keyClick(box(bare).field, Qt.Key.Key_Return)
    assert kinds_from(bare, "x") == ["Input", "Conv2d", "BatchNorm2d", "Flatten", "Output"]


def test_a_layer_with_arguments_is_a_chain_of_one(bare):
    type_chain(bare, "linear 24")
    added = bare.network.by_kind("Linear")[0]
    assert added.params["out_features"] == 24
    assert kinds_from(bare, "x") == ["Input", "Linear", "Output"]


def test_two_words_are_still_searched_for(bare):
    bare.key(Qt.Key.Key_Tab)
    bare.type("batch norm")
    assert box(bare).model.rowCount() >= 3
    assert "Adds" not in box(bare).note.text()
    QApplication.processEvents()


def test_a_long_chain_is_shown_whole(bare):
    type_chain(bare, "8x(Linear 32 > ReLU)")
    shown = bare.view.mapToScene(bare.view.viewport().rect()).boundingRect()
    assert shown.contains(bare.view.canvas_scene.content_rect())
    chain = kinds_from(bare, "x")
    assert len(chain) == 18
    ends = [n.position[0] for n in bare.network.by_kind("Linear")]
    assert all(a < b for a, b in pairwise(ends))
