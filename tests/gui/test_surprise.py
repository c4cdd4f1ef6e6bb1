"""An exception that nobody foresaw is shown in the window, which stays alive."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QPushButton

from graph.document import Project
from gui.surprise import Surprises
from gui.window import MainWindow
from tests.gui.panels.conftest import calm


@pytest.fixture
def surprises() -> Iterator[Surprises]:
    before = sys.excepthook, threading.excepthook
    made = Surprises()
    yield made
    made.let_go()
    assert (sys.excepthook, threading.excepthook) == before


def fail() -> None:
    raise RuntimeError("the loom is out of thread\nand of patience")


def test_a_failing_slot_is_told_in_the_window(qtbot, tmp_path: Path, surprises, caplog) -> None:
    window = MainWindow(tmp_path / "runs")
    qtbot.addWidget(window, before_close_func=calm)
    window.workspace.open(Project(), None, tmp_path)
    window.show()
    surprises.told.connect(window.tell_surprise)
    button = QPushButton("Fail", window)
    button.clicked.connect(fail)
    button.show()
    with caplog.at_level(logging.CRITICAL, "gui.surprise"):
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert window.banner.isVisible()
    assert "RuntimeError: the loom is out of thread." in window.banner.text.text()
    written = window.log.text.toPlainText()
    assert written.startswith("Traceback")
    assert "and of patience" in written
    qtbot.mouseClick(window.banner.action, Qt.MouseButton.LeftButton)
    QApplication.processEvents()
    assert not window.log.visibleRegion().isEmpty()
    window.banner.hide()
    other = QPushButton("Count", window)
    clicks: list[int] = []
    other.clicked.connect(lambda: clicks.append(1))
    other.show()
    qtbot.mouseClick(other, Qt.MouseButton.LeftButton)
    assert clicks == [1]


def test_the_same_exception_is_told_once_in_a_while(qtbot, surprises, caplog, monkeypatch) -> None:
    told: list[str] = []
    surprises.told.connect(lambda line, _: told.append(line))
    button = QPushButton()
    qtbot.addWidget(button)
    button.clicked.connect(fail)
    for _ in range(3):
        button.click()
    assert len(told) == 1
    assert len(caplog.records) == 3  # the terminal has them all
    monkeypatch.setattr("gui.surprise._ONCE", 0.0)
    button.click()
    assert len(told) == 2


def test_a_failing_thread_is_told_in_the_window_s_own(qtbot, surprises, caplog) -> None:
    told: list[threading.Thread] = []
    surprises.told.connect(lambda *_: told.append(threading.current_thread()))
    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()
    qtbot.waitUntil(lambda: len(told) == 1)
    assert told == [threading.main_thread()]


def test_an_interrupt_goes_where_it_went_before(qtbot, monkeypatch) -> None:
    seen: list[type[BaseException]] = []
    monkeypatch.setattr(sys, "excepthook", lambda kind, *_: seen.append(kind))
    surprises = Surprises()
    try:
        sys.excepthook(KeyboardInterrupt, KeyboardInterrupt(), None)
    finally:
        surprises.let_go()
    QApplication.processEvents()
    assert seen == [KeyboardInterrupt]
