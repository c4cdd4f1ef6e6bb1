"""Start of the window: something on screen at once, PyTorch beneath it, then the window."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QSettings
from PySide6.QtWidgets import QApplication

from gui import theme
from gui.interrupt import CloseOnInterrupt
from gui.splash import Splash

if TYPE_CHECKING:
    from gui.window import MainWindow

__all__ = ["make_application", "make_window", "run"]


def make_application(name: str | None = None) -> QApplication:
    """Return the application, dressed in a theme: `name`, or the one used last."""
    app = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(app, QApplication)
    app.setOrganizationName("torchloom")
    app.setApplicationName("torchloom")
    app.setApplicationDisplayName("Torchloom")
    app.setDesktopFileName("torchloom")
    chosen = name or str(QSettings().value("window/theme", "dark"))
    theme.apply(app, chosen if chosen in ("dark", "light") else "dark")
    return app


def make_window(splash: Splash, runs: Path | None = None) -> MainWindow:
    """Return the main window. Everything that is slow the first time happens here, under `splash`.

    Importing PyTorch holds the interpreter for seconds and its first shapes take another; a window
    that takes input must not wait for either.
    """
    translate = QCoreApplication.translate
    splash.say(translate("Start", "Loading PyTorch"), 0.1)
    import torch  # noqa: F401

    splash.say(translate("Start", "Reading the catalogue of layers"), 0.5)
    from graph import catalog
    from graph.shapes import warm_up

    catalog.entries()
    splash.say(translate("Start", "Trying the first shapes"), 0.7)
    warm_up()
    splash.say(translate("Start", "Opening the window"), 0.85)
    from gui.window import MainWindow

    return MainWindow(runs)


def run(path: Path | None) -> int:
    """Open the window with a project file, or with the first example; return the exit code."""
    app = make_application()
    splash = Splash()
    splash.show()
    window = make_window(splash)
    window.take_layout()
    if path is None or not window.filing.load(path):
        window.open_first()
    else:
        window.show_panel("training")
    window.show()
    splash.close()
    splash.deleteLater()
    interrupts = CloseOnInterrupt(window)
    try:
        return int(app.exec())
    finally:
        interrupts.let_go()
