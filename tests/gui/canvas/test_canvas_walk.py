"""A random walk of gestures: the view stays the document, and undo leads back to the start."""

import random

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from tests.gui.canvas.hand import CTRL, LEFT, MIDDLE, NONE, RIGHT, SHIFT, snapshot

ALT = Qt.KeyboardModifier.AltModifier


class Walk:
    """Does one thing after another that a hand might do, on purpose or by accident."""

    def __init__(self, hand, seed: int) -> None:
        self.hand = hand
        self.random = random.Random(seed)

    def place(self) -> QPoint:
        view = self.hand.view.viewport()
        return QPoint(self.random.randrange(view.width()), self.random.randrange(view.height()))

    def node_place(self) -> QPoint:
        ids = list(self.hand.view.canvas_scene.nodes)
        return self.hand.body(self.random.choice(ids)) if ids else self.place()

    def port_place(self) -> QPoint:
        items = [i for i in self.hand.view.canvas_scene.nodes.values() if i.card.spots]
        if not items:
            return self.place()
        item = self.random.choice(items)
        spot = self.random.choice(item.card.spots)
        return self.hand.port(item.node.id, spot.port.name, spot.is_input)

    def step(self) -> None:
        getattr(self, self.random.choice(self.STEPS))()

    STEPS = (
        "drag_node", "drag_node", "draw_wire", "draw_wire", "draw_wire", "drop_wire", "box",
        "click", "click_ports", "key", "key", "search", "rename", "undo", "redo", "pan",
        "cancel", "wheel", "arrange", "frame", "drag_frame", "dot", "lasso",
        "cut", "disconnect", "take_out", "chain", "replace", "multiply", "wire_key",
    )  # fmt: skip

    def drag_node(self) -> None:
        start = self.node_place()
        by = QPoint(self.random.randrange(-200, 200), self.random.randrange(-150, 150))
        self.hand.drag(start, start + by)

    def draw_wire(self) -> None:
        self.hand.drag(self.port_place(), self.port_place())

    def drop_wire(self) -> None:
        self.hand.drag(self.port_place(), self.place())
        self.answer_search()

    def answer_search(self) -> None:
        box = self.hand.view.adding.search
        if box.isVisible():
            key = self.random.choice([Qt.Key.Key_Return, Qt.Key.Key_Escape])
            QTest.keyClick(box.field, key)

    def box(self) -> None:
        modifiers = self.random.choice([NONE, SHIFT, CTRL])
        self.hand.drag(self.place(), self.place(), modifiers=modifiers)
        self.answer_search()

    def click(self) -> None:
        self.hand.click(self.node_place(), self.random.choice([NONE, SHIFT]))

    def click_ports(self) -> None:
        self.hand.click(self.port_place())
        self.hand.click(self.port_place())

    def key(self) -> None:
        key, modifiers = self.random.choice(
            [
                (Qt.Key.Key_Delete, NONE),
                (Qt.Key.Key_Delete, CTRL),
                (Qt.Key.Key_D, CTRL),
                (Qt.Key.Key_C, CTRL),
                (Qt.Key.Key_V, CTRL),
                (Qt.Key.Key_A, CTRL),
                (Qt.Key.Key_I, CTRL),
                (Qt.Key.Key_Right, SHIFT),
                (Qt.Key.Key_Up, NONE),
                (Qt.Key.Key_Home, NONE),
                (Qt.Key.Key_F, NONE),
                (Qt.Key.Key_Escape, NONE),
            ]
        )
        if key == Qt.Key.Key_A and self.random.random() < 0.7:
            return  # not everything is selected, and then deleted, too often
        self.hand.key(key, modifiers)

    def search(self) -> None:
        self.hand.key(Qt.Key.Key_Tab)
        QTest.keyClicks(
            QApplication.focusWidget(), self.random.choice(["relu", "add", "conv", "lstm"])
        )
        self.answer_search()

    def rename(self) -> None:
        self.hand.key(Qt.Key.Key_F2)
        if self.hand.view.titles.isVisible():
            self.hand.type("name")
            QTest.keyClick(self.hand.view.titles, Qt.Key.Key_Return)

    def cut(self) -> None:
        self.hand.drag(self.place(), self.place(), button=RIGHT, modifiers=CTRL)

    def disconnect(self) -> None:
        self.hand.click(self.port_place(), ALT)
        self.answer_search()

    def take_out(self) -> None:
        start = self.node_place()
        by = QPoint(self.random.randrange(-200, 200), self.random.randrange(-150, 150))
        self.hand.drag(start, start + by, modifiers=ALT)

    def chain(self) -> None:
        text = self.random.choice(
            ["Conv2d 8 3 > ReLU", "2x(Linear 4 > tanh)", "Flatten > Linear 2 > Output", "relu > "]
        )
        self.hand.key(Qt.Key.Key_Tab)
        field = self.hand.view.adding.search.field
        QTest.keyClicks(field, text)
        QTest.keyClick(field, Qt.Key.Key_Return, self.random.choice([NONE, SHIFT]))
        self.answer_search()
        if self.hand.view.adding.search.isVisible():
            QTest.keyClick(field, Qt.Key.Key_Escape)

    def replace(self) -> None:
        self.hand.key(Qt.Key.Key_S, SHIFT)
        if self.hand.view.adding.search.isVisible():
            word = self.random.choice(["relu", "linear", "add", "output"])
            QTest.keyClicks(self.hand.view.adding.search.field, word)
        self.answer_search()

    def multiply(self) -> None:
        if len(self.hand.view.selected) < 5:  # the network does not grow without end
            self.hand.view.wire_actions.multiply(2)

    def wire_key(self) -> None:
        key, modifiers = self.random.choice(
            [
                (Qt.Key.Key_L, NONE),
                (Qt.Key.Key_L, SHIFT),
                (Qt.Key.Key_S, ALT),
                (Qt.Key.Key_Left, ALT),
                (Qt.Key.Key_Right, ALT),
                (Qt.Key.Key_D, CTRL | SHIFT),
            ]
        )
        if key != Qt.Key.Key_D or len(self.hand.view.selected) < 5:
            self.hand.key(key, modifiers)

    def undo(self) -> None:
        self.hand.undo.undo()

    def redo(self) -> None:
        self.hand.undo.redo()

    def pan(self) -> None:
        self.hand.drag(self.place(), self.place(), button=MIDDLE)
        self.hand.key(Qt.Key.Key_Home)

    def cancel(self) -> None:
        start = self.random.choice([self.node_place, self.port_place, self.place])()
        self.hand.press(start)
        for _ in range(3):
            self.hand.move(self.place())
        self.hand.key(Qt.Key.Key_Escape)
        QTest.mouseRelease(self.hand.view.viewport(), LEFT, NONE, start)

    def arrange(self) -> None:
        alt = Qt.KeyboardModifier.AltModifier
        key, modifiers = self.random.choice(
            [
                (Qt.Key.Key_T, CTRL),
                (Qt.Key.Key_Left, alt | SHIFT),
                (Qt.Key.Key_V, alt | SHIFT),
                (Qt.Key.Key_C, alt),
                (Qt.Key.Key_P, NONE),
                (Qt.Key.Key_1, CTRL),
                (Qt.Key.Key_1, alt),
            ]
        )
        self.hand.key(key, modifiers)
        self.hand.view.arranging.tidying.settle()

    def frame(self) -> None:
        self.hand.key(Qt.Key.Key_C)
        if self.hand.view.titles.isVisible():
            self.hand.type("part")
            QTest.keyClick(self.hand.view.titles, Qt.Key.Key_Return)

    def drag_frame(self) -> None:
        items = list(self.hand.view.canvas_scene.frames.items.values())
        if items:
            item = self.random.choice(items)
            grip = self.random.choice([item.grip(), item.corner()]).center()
            start = self.hand.view.mapFromScene(grip)
            self.hand.drag(start, start + QPoint(self.random.randrange(-90, 90), 40))

    def dot(self) -> None:
        wires = list(self.hand.view.canvas_scene.wires.values())
        if wires:
            at = self.random.choice(wires).path().pointAtPercent(0.5)
            self.hand.double_click(self.hand.view.mapFromScene(at))
            self.answer_search()
            self.hand.view.titles.close_editor(keep=False)
        stroke = (Qt.MouseButton.RightButton, SHIFT)
        self.hand.drag(self.place(), self.place(), *stroke)

    def lasso(self) -> None:
        self.hand.drag(self.place(), self.place(), modifiers=Qt.KeyboardModifier.AltModifier)

    def wheel(self) -> None:
        self.hand.view.zoom_by(self.random.choice([0.8, 1.25]), self.place())


@pytest.mark.parametrize("seed", range(3))
def test_a_walk_ends_in_agreement_and_leads_back(hand, seed):
    wander(hand, seed, 250)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_ten_thousand_gestures(hand):
    """In walks from the start: a network that only grew would soon be all that is tested."""
    for seed in range(40):
        wander(hand, 1000 + seed, 250)
        while hand.undo.canUndo():
            hand.undo.undo()
        hand.undo.clear()


def wander(hand, seed: int, gestures: int) -> None:
    """Make gestures at random, go back to the start and forth again."""
    walk = Walk(hand, seed)
    start = snapshot(hand.network)
    for number in range(gestures):
        walk.step()
        if number % 10 == 0:
            hand.refresh()
            hand.check_same()
    hand.view.cancel()
    hand.check_same()
    assert hand.undo.count() > 20
    end = snapshot(hand.network)
    steps = hand.undo.index()
    while hand.undo.canUndo():
        hand.undo.undo()
    hand.check_same()
    assert snapshot(hand.network) == start
    for _ in range(steps):
        hand.undo.redo()
    hand.check_same()
    assert snapshot(hand.network) == end
    hand.view.hint.hide()
