"""Draws the window with a project as a picture, without a display."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["run"]


def run(
    path: Path, out: Path, size: tuple[int, int] = (1440, 900), theme_name: str = "dark"
) -> int:
    """Write a PNG of the window; return the exit code.

    Raises
    ------
    FileError
        If the project cannot be read or the picture cannot be written.
    """
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    from PySide6.QtCore import QEvent, QLoggingCategory, QSize
    from PySide6.QtWidgets import QApplication

    from graph import files
    from graph.errors import FileError
    from gui.app import make_application
    from gui.window import MainWindow

    # The platform without a display says at every window that it knows no size hints.
    QLoggingCategory.setFilterRules("qt.qpa.*=false\ndefault.warning=false")
    project = files.load(path).project
    app = make_application(theme_name)
    window = MainWindow()
    window.workspace.open(project, path)
    window.show_panel("code")
    window.show_sized(QSize(*size))
    window.show_panel("code")
    app.processEvents()
    window.canvas.fit()
    app.processEvents()
    saved = window.grab().save(str(out), "PNG")
    window.let_go()
    window.deleteLater()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    if not saved:
        raise FileError(f"{out} could not be written as a PNG picture.")
    return 0
