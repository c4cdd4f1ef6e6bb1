"""Start of the window: something on screen at once, PyTorch beneath it, then the window."""

from __future__ import annotations

import builtins
import gc
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QSettings
from PySide6.QtWidgets import QApplication

from gui import theme
from gui.interrupt import CloseOnInterrupt
from gui.later import Later
from gui.splash import Splash
from gui.surprise import Surprises

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


def import_plainly() -> None:
    """Have ``import`` do no more than import.

    PySide replaces it, to search the source of every module for ``from __feature__ import``, which
    nobody uses here; that costs a tenth of the time of importing PyTorch and keeps its source in
    memory. PySide leaves the original beside it.
    """
    plain = getattr(builtins, "__orig_import__", None)
    if plain is not None:
        builtins.__import__ = plain


def make_window(splash: Splash, runs: Path | None = None) -> MainWindow:
    """Return the main window. Everything that is slow the first time happens here, under `splash`.

    Importing PyTorch holds the interpreter for a second; a window that takes input must not wait
    for that. What is made here stays, so the garbage collector need never look at it.
    """
    translate = QCoreApplication.translate
    import_plainly()
    gc.disable()
    splash.say(translate("Start", "Loading PyTorch"), 0.1)
    import torch  # noqa: F401

    splash.say(translate("Start", "Reading the catalogue of layers"), 0.6)
    from graph import catalog

    catalog.entries()
    splash.say(translate("Start", "Opening the window"), 0.8)
    from gui.window import MainWindow

    window = MainWindow(runs)
    gc.freeze()
    gc.enable()
    return window


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
    later = Later(window.layout_, window)
    later.done.connect(window.guidance.greet)
    later.start()
    interrupts = CloseOnInterrupt(window)
    surprises = Surprises(window)
    surprises.told.connect(window.tell_surprise)
    try:
        return int(app.exec())
    finally:
        surprises.let_go()
        interrupts.let_go()
