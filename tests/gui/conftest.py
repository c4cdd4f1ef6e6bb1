"""Windows are tested without a display, and a test that leaves something behind fails."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import pytest
import shiboken6
from PySide6.QtCore import QCoreApplication, QEvent, QTimer, QtMsgType
from PySide6.QtWidgets import QApplication

#: What Qt says on the platform without a display, and does not mean.
_HARMLESS = ("This plugin does not support",)


@pytest.fixture(scope="session")
def qapp_cls() -> type[QApplication]:
    """Use the full application."""
    return QApplication


@pytest.fixture(autouse=True)
def nothing_left(qapp: QApplication, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Fail a test that leaves a window, a running timer or a thread behind."""
    started: list[QTimer] = []
    start = QTimer.start

    def note_start(timer: QTimer, *args: int) -> None:
        started.append(timer)
        start(timer, *args)

    monkeypatch.setattr(QTimer, "start", note_start)
    windows = set(map(id, QApplication.topLevelWidgets()))
    threads = set(threading.enumerate())
    yield
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    left: list[object] = [w for w in QApplication.topLevelWidgets() if id(w) not in windows]
    left += [t for t in started if shiboken6.isValid(t) and t.isActive()]
    left += [t for t in threading.enumerate() if t not in threads and t.is_alive()]
    for thing in left:
        if isinstance(thing, QTimer):
            thing.stop()
    assert not left, f"the test left behind: {left}"


@pytest.fixture(autouse=True)
def qt_is_quiet(qtlog: object) -> Iterator[None]:
    """Fail a test during which Qt warns of something."""
    yield
    loud = (QtMsgType.QtWarningMsg, QtMsgType.QtCriticalMsg, QtMsgType.QtFatalMsg)
    said = [
        record.message
        for record in qtlog.records
        if record.type in loud and not record.message.startswith(_HARMLESS)
    ]
    assert not said, f"Qt warned: {said}"
