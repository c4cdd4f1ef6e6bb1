"""Finding nodes, bookmarks, the next problem, the minimap and the lasso."""

import pytest
from PySide6.QtCore import QPoint, QSettings, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from graph import files
from graph.edits import set_params
from tests.gui.canvas.hand import CTRL, LEFT, NONE, SHIFT

ALT = Qt.KeyboardModifier.AltModifier


@pytest.fixture(autouse=True)
def _nothing_remembered(qapp) -> None:
    QSettings().clear()


def middle(hand):
    return hand.view.mapToScene(hand.view.viewport().rect().center())


@pytest.mark.parametrize(
    ("typed", "found"), [("relu", "act"), ("out_features=10", "fc"), ("conv kernel", "conv")]
)
def test_ctrl_f_finds_by_title_kind_and_argument(hand, typed, found):
    hand.key(Qt.Key.Key_F, CTRL)
    hand.type(typed)
    assert hand.view.selected == [found]
    assert hand.view.finding.bar.count.text() == "1 / 1"
    away = middle(hand) - hand.item(found).scene_body().center()
    assert away.manhattanLength() < 6
    QTest.keyClick(hand.view.finding.bar.field, Qt.Key.Key_Escape)
    assert not hand.view.finding.bar.isVisible()
    assert hand.view.hasFocus()
    assert hand.view.selected == [found]


def test_enter_goes_through_what_was_found(hand):
    hand.key(Qt.Key.Key_F, CTRL)
    hand.type("l")
    field = hand.view.finding.bar.field
    seen = [hand.view.selected[0]]
    for _ in range(2):
        QTest.keyClick(field, Qt.Key.Key_Return)
        seen.append(hand.view.selected[0])
    assert seen == ["conv", "act", "flat"]
    QTest.keyClick(field, Qt.Key.Key_Return, SHIFT)
    assert hand.view.selected == ["act"]
    hand.type("zz")
    assert hand.view.finding.bar.count.text() == "None"
    QTest.keyClick(field, Qt.Key.Key_Escape)


def test_a_bookmark_brings_back_place_and_zoom_and_can_be_undone(hand):
    hand.view.show_place(300.0, 40.0, 0.8)
    seen = middle(hand)
    hand.key(Qt.Key.Key_3, CTRL)
    assert hand.undo.text(0) == "Set bookmark 3"
    hand.key(Qt.Key.Key_Home)
    hand.key(Qt.Key.Key_3, ALT)
    assert hand.view.zoom == pytest.approx(0.8)
    assert (middle(hand) - seen).manhattanLength() < 4
    text = files.dumps(hand.network.project)
    loaded = files.loads(text)
    assert loaded.complete
    views = loaded.project.network("net").drawing.views
    assert views == hand.network.drawing.views
    assert files.dumps(loaded.project) == text
    spoiled = text.replace("0.8]", '"x"]')
    assert any("1 to 9, x, y, zoom" in note for note in files.loads(spoiled).notes)
    hand.undo.undo()
    assert not hand.network.drawing.views
    hand.key(Qt.Key.Key_3, ALT)
    assert "no bookmark 3" in hand.refusals[-1]
    hand.undo.redo()
    assert list(hand.network.drawing.views) == [3]
    hand.view.hint.hide()


def test_f8_goes_to_the_next_problem(hand):
    hand.key(Qt.Key.Key_F8)
    assert "no problem" in hand.refusals[-1]
    hand.view.hint.hide()
    set_params(hand.network, "conv", {"kernel_size": 99}).apply(hand.network.project)
    hand.refresh()
    hand.key(Qt.Key.Key_F8)
    assert hand.view.selected == ["conv"]


def test_the_minimap_is_shown_by_ctrl_m_and_moves_the_view(hand):
    minimap = hand.view.minimap
    assert not minimap.isVisible()
    hand.key(Qt.Key.Key_M, CTRL)
    assert minimap.isVisible()
    assert minimap.geometry().right() < hand.view.viewport().width()
    at = minimap.point(hand.item("y").scene_body().center()).toPoint()
    QTest.mouseClick(minimap, LEFT, NONE, at)
    assert (middle(hand) - hand.item("y").scene_body().center()).manhattanLength() < 60
    QTest.mousePress(minimap, LEFT, NONE, at)
    target = minimap.point(hand.item("x").scene_body().center()).toPoint()
    QTest.mouseMove(minimap, target)
    QApplication.processEvents()
    QTest.mouseRelease(minimap, LEFT, NONE, target)
    assert hand.view.selected == []
    assert hand.undo.count() == 0
    assert not minimap.grab().isNull()
    hand.key(Qt.Key.Key_M, CTRL)
    assert not minimap.isVisible()
    minimap._fresh.stop()


def test_the_lasso_selects_what_is_inside_its_line(hand):
    a = hand.item("conv").scene_body()
    b = hand.item("act").scene_body()
    top, bottom = hand.at(a.left() - 40, -60), hand.at(b.right() + 20, a.bottom() + 60)
    corners = [top, QPoint(bottom.x(), top.y()), bottom, QPoint(top.x(), bottom.y())]
    hand.press(corners[0], modifiers=ALT)
    for corner in corners[1:]:
        hand.move(corner)
    assert set(hand.view.selected) == {"conv", "act"}
    hand.release(corners[3], modifiers=ALT)
    assert set(hand.view.selected) == {"conv", "act"}
    hand.press(corners[0], modifiers=ALT)
    hand.move(corners[1])
    hand.key(Qt.Key.Key_Escape)
    assert set(hand.view.selected) == {"conv", "act"}
    assert hand.undo.count() == 0
