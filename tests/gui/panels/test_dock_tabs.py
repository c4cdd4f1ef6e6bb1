"""Panels that are tabs are taken out, closed and brought back by the mouse."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QTabBar

from gui.window import MainWindow

LEFT, MIDDLE = Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton


def tab(window: MainWindow, title: str) -> tuple[QTabBar, QPoint]:
    """The tab bar that Qt made for the panels, and the middle of a tab."""
    QApplication.processEvents()
    direct = Qt.FindChildOption.FindDirectChildrenOnly
    for bar in window.findChildren(QTabBar, options=direct):
        titles = [bar.tabText(i) for i in range(bar.count())]
        if bar.isVisible() and title in titles:
            return bar, bar.tabRect(titles.index(title)).center()
    raise AssertionError(f"no tab {title!r}")


def test_a_double_click_takes_a_panel_out(window: MainWindow) -> None:
    bar, at = tab(window, "Code")
    QTest.mouseDClick(bar, LEFT, pos=at)
    QApplication.processEvents()
    assert window.docks["code"].isFloating()
    assert window.docks["code"].isVisible()
    window.actions_.restore.trigger()
    QApplication.processEvents()
    assert not window.docks["code"].isFloating()


def test_a_middle_click_closes_a_panel_and_the_menu_brings_it_back(window: MainWindow) -> None:
    bar, at = tab(window, "Runs")
    QTest.mouseClick(bar, MIDDLE, pos=at)
    QApplication.processEvents()
    assert window.docks["runs"].isHidden()
    window.docks["runs"].toggleViewAction().trigger()
    QApplication.processEvents()
    assert not window.docks["runs"].isHidden()
    bar, at = tab(window, "Runs")  # also on a tab bar that Qt has made since
    QTest.mouseClick(bar, MIDDLE, pos=at)
    assert window.docks["runs"].isHidden()


def test_the_menu_of_a_tab(window: MainWindow) -> None:
    bar, at = tab(window, "Log")
    dock = window.dock_tabs.dock_at(bar, at)
    assert dock is window.docks["log"]
    menu = window.dock_tabs.menu(bar, dock)
    assert [action.text() for action in menu.actions()] == ["In a window of its own", "Close"]
    menu.actions()[1].trigger()
    menu.deleteLater()
    assert window.docks["log"].isHidden()
