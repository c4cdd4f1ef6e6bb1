"""The tour of a first visit: four steps, each beside its part, dismissed for good."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from gui.tour import Tour, is_done
from gui.window import MainWindow
from tests.gui.look import faults


@pytest.fixture
def tour(window: MainWindow) -> Tour:
    window.guidance.greet()
    QApplication.processEvents()
    assert window.guidance.tour is not None
    return window.guidance.tour


def test_it_goes_through_four_steps(window: MainWindow, tour: Tour) -> None:
    window.show_sized(QSize(1024, 700))
    titles = []
    for _ in range(4):
        QApplication.processEvents()
        titles.append(tour.title.text())
        step = tour.steps[tour.at]
        assert step.target.isVisible()
        around = QRect(step.target.mapTo(window, QPoint()), step.target.size())
        assert tour.frame.geometry().contains(around)
        assert window.rect().contains(tour.geometry())
        assert faults(tour) == []
        assert tour.count.text() == f"{len(titles)} of 4"
        QTest.mouseClick(tour.next, Qt.MouseButton.LeftButton)
    assert titles == ["Layers", "Canvas", "Train", "Code"]
    assert not tour.isVisible()
    assert not tour.frame.isVisible()
    assert is_done()


def test_it_goes_back_and_follows_the_window(window: MainWindow, tour: Tour) -> None:
    QTest.keyClick(tour, Qt.Key.Key_Right)
    QTest.keyClick(tour, Qt.Key.Key_Left)
    assert tour.title.text() == "Layers"
    assert not tour.back.isVisible()
    window.resize(1100, 720)
    QApplication.processEvents()
    assert window.rect().contains(tour.geometry())


@pytest.mark.parametrize("how", ["key", "button"])
def test_it_is_dismissed_for_good(window: MainWindow, tour: Tour, how: str) -> None:
    assert not is_done()
    if how == "key":
        QTest.keyClick(tour, Qt.Key.Key_Escape)
    else:
        QTest.mouseClick(tour.skip, Qt.MouseButton.LeftButton)
    assert not tour.isVisible()
    assert is_done()
    window.guidance.greet()
    assert not tour.isVisible()
    window.actions_.tour.trigger()  # asked for, it comes again
    assert tour.isVisible()
