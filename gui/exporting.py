"""Writes the project as plain PyTorch, off the GUI thread."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog, QWidget

from graph.files import dumps, loads
from gui.jobs import Jobs
from gui.workspace import Workspace

if TYPE_CHECKING:
    from runtime.export import Export

__all__ = ["Exporting", "folder_name", "target"]


def folder_name(project: str) -> str:
    """Return a name for the folder of an export: ``convolutional-network``."""
    words = re.findall(r"[a-z0-9]+", project.removesuffix(".loom").lower())
    return "-".join(words)[:60] or "exported"


def target(chosen: Path, called: str) -> Path:
    """Return where to export: an empty folder, or an earlier export, else a new folder in it."""
    try:
        own = not any(chosen.iterdir()) or (chosen / "train.py").is_file()
    except OSError:
        own = True  # writing says what is wrong with it
    return chosen if own else chosen / called


class Exporting(QObject):
    """Asks for a folder and exports into it; the outcome is told."""

    def __init__(self, workspace: Workspace, window: QWidget) -> None:
        super().__init__(window)
        self._workspace = workspace
        self._window = window
        self._jobs = Jobs("export", self)
        self._jobs.done.connect(self._done)
        self._jobs.failed.connect(lambda text: workspace.told.emit("error", text))
        self.folder: Path | None = None

    def ask(self) -> None:
        """Ask for a place, and export into a folder there."""
        called = folder_name(self._workspace.name)
        caption = self.tr("Where shall the folder {0} be?").format(called)
        name = QFileDialog.getExistingDirectory(self._window, caption, str(self._workspace.place))
        if name:
            self.export_to(target(Path(name), called))

    def export_to(self, folder: Path) -> None:
        """Export into a folder; a copy of the project is exported, so editing may go on."""
        project = loads(dumps(self._workspace.project)).project
        base = self._workspace.base
        self.folder = folder

        def write() -> Export:
            from runtime.export import export

            return export(project, base, folder)

        self._jobs.start(write)

    def show_folder(self) -> None:
        """Open the folder that was written last in the system's file manager."""
        if self.folder is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(self.folder)))

    def close_jobs(self) -> None:
        """Wait for the thread to end."""
        self._jobs.finish()

    def _done(self, written: Export) -> None:
        text = self.tr("{0} files were written into {1}.").format(len(written.files), self.folder)
        if written.elsewhere is not None:
            stays = self.tr("{0} is too large to be copied; data.py holds its path.")
            text = f"{text} {stays.format(written.elsewhere)}"
        self._workspace.told.emit("info", text)
