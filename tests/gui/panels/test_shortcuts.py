"""All shortcuts on one page: found, changed, kept, told of conflicts, reset."""

from __future__ import annotations

from collections import Counter

import pytest
from PySide6.QtCore import QEvent, QSettings, Qt
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from gui.shortcut_page import ShortcutPage
from gui.shortcuts import Shortcuts, latin_key
from gui.window import MainWindow
from tests.gui.look import faults

CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def page(window: MainWindow) -> ShortcutPage:
    window.activateWindow()
    window.canvas.setFocus()
    QTest.keyClick(window.canvas, Qt.Key.Key_F1)
    QApplication.processEvents()
    assert window.guidance.page is not None
    return window.guidance.page


def choose(page: ShortcutPage, name: str) -> None:
    page.list.setCurrentItem(page._items[name])


def shown(page: ShortcutPage) -> list[str]:
    items = [page.list.topLevelItem(i) for i in range(page.list.topLevelItemCount())]
    return [item.text(0) for item in items if not item.isHidden()]


def press(page: ShortcutPage, key: Qt.Key, modifiers: Qt.KeyboardModifier) -> None:
    page.keys.setFocus()
    QTest.keyClick(page.keys, key, modifiers)


def test_f1_lists_every_action(window: MainWindow, page: ShortcutPage) -> None:
    assert page.isVisible()
    names = {*window.canvas.actions_by_name.values(), *window.actions_.by_name.values()}
    listed = shown(page)
    assert {one.text().replace("&", "").replace("…", "") for one in names} <= set(listed)
    assert "Zoom at the pointer" in listed  # what the mouse does stands there too
    assert faults(page) == []


def test_no_two_actions_have_the_same_keys(window: MainWindow) -> None:
    every = Counter(k for s in window.guidance.shortcuts.by_name.values() for k in s.defaults)
    assert [keys for keys, count in every.items() if count > 1] == []


def test_it_is_searched_by_words_and_by_keys(page: ShortcutPage) -> None:
    QTest.keyClicks(page.search, "bridge")
    assert shown(page) == ["Delete and bridge"]
    page.search.clear()
    QTest.keyClicks(page.search, "ctrl+shift+g")
    assert shown(page) == ["Dissolve block"]
    assert page.chosen is not None
    assert page.chosen.name == "canvas.dissolve"


def test_keys_are_changed_work_and_are_kept(window: MainWindow, page: ShortcutPage) -> None:
    choose(page, "canvas.duplicate")
    assert not page.use.isEnabled()
    press(page, Qt.Key.Key_J, CTRL)
    page.use.click()
    action = window.canvas.actions_by_name["duplicate"]
    assert action.shortcut() == QKeySequence("Ctrl+J")
    assert page._items["canvas.duplicate"].text(1) == "Ctrl+J"
    assert page._items["canvas.duplicate"].font(1).bold()
    page.close()
    window.activateWindow()
    QApplication.processEvents()
    window.canvas.select([window.workspace.network.by_kind("Conv2d")[0].id])
    window.canvas.setFocus()
    before = len(window.workspace.network)
    QTest.keyClick(window.canvas, Qt.Key.Key_J, CTRL)
    assert len(window.workspace.network) == before + 1
    again = Shortcuts()
    fresh = QAction("Duplicate")
    fresh.setShortcut(QKeySequence("Ctrl+D"))
    again.add("canvas", {"duplicate": fresh})
    assert fresh.shortcut() == QKeySequence("Ctrl+J")


def test_a_conflict_is_told_and_taken_over(window: MainWindow, page: ShortcutPage) -> None:
    choose(page, "canvas.duplicate")
    press(page, Qt.Key.Key_Z, CTRL)
    assert "Undo" in page.note.text()
    assert page.use.text() == "Take them over"
    assert window.actions_.undo.shortcuts() == [QKeySequence("Ctrl+Z")]  # nothing happened yet
    page.use.click()
    assert window.actions_.undo.shortcuts() == []
    assert window.actions_.undo.toolTip() == "Undo"
    assert page._items["window.undo"].text(1) == ""
    choose(page, "window.undo")
    page.reset.click()
    assert window.actions_.undo.shortcuts() == [QKeySequence("Ctrl+Z")]
    assert window.actions_.undo.toolTip() == "Undo (Ctrl+Z)"
    assert window.canvas.actions_by_name["duplicate"].shortcuts() == []


def test_all_are_reset(window: MainWindow, page: ShortcutPage) -> None:
    choose(page, "canvas.copy")
    page.none.click()
    assert window.canvas.actions_by_name["copy"].shortcuts() == []
    choose(page, "window.run")
    press(page, Qt.Key.Key_R, CTRL)
    page.use.click()
    page.reset_all.click()
    assert window.canvas.actions_by_name["copy"].shortcut() == QKeySequence("Ctrl+C")
    assert window.actions_.run.shortcut() == QKeySequence("F5")
    assert not [k for k in QSettings().allKeys() if k.startswith("shortcuts/")]


def test_what_the_mouse_does_cannot_be_changed(page: ShortcutPage) -> None:
    last = page.list.topLevelItem(page.list.topLevelItemCount() - 1)
    page.list.setCurrentItem(last)
    assert page.chosen is None
    assert not page.keys.isEnabled()
    assert not page.use.isEnabled()
    assert "stays" in page.note.text()


# -- keyboards that are not Latin -----------------------------------------------------------------


def cyrillic(letter: str, scan: int, virtual: int, modifiers: Qt.KeyboardModifier) -> QKeyEvent:
    kind = QEvent.Type.KeyPress
    return QKeyEvent(kind, ord(letter.upper()), modifiers, scan, virtual, 0, letter)


@pytest.mark.parametrize(
    ("platform", "scan", "virtual"),
    [("linux", 55, 0), ("win32", 0, ord("V")), ("darwin", 0, 9)],
)
def test_a_key_is_read_by_its_place(platform: str, scan: int, virtual: int) -> None:
    event = cyrillic("м", scan, virtual, CTRL)
    assert latin_key(event, platform) is Qt.Key.Key_V


@pytest.mark.parametrize("letter", ["v", "é"])
def test_latin_letters_are_left_to_qt(letter: str) -> None:
    event = QKeyEvent(QEvent.Type.KeyPress, ord("V"), CTRL, 55, 0, 0, letter)
    assert latin_key(event, "linux") is None


def test_shortcuts_work_on_a_cyrillic_keyboard(window: MainWindow) -> None:
    window.activateWindow()
    window.canvas.setFocus()
    conv = window.workspace.network.by_kind("Conv2d")[0].id
    window.canvas.select([conv])
    QApplication.sendEvent(window.canvas, cyrillic("в", 40, ord("D"), CTRL))  # Ctrl+D: duplicate
    assert len(window.workspace.network.by_kind("Conv2d")) == 2
    QApplication.sendEvent(window.canvas, cyrillic("я", 52, ord("Z"), CTRL))  # Ctrl+Z: undo
    assert len(window.workspace.network.by_kind("Conv2d")) == 1
