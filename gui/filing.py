"""Opening and saving project files for the window, and asking before anything is lost."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, QSettings, Signal
from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget

from graph import files
from graph.document import Network, Node, Project, Wire
from graph.edits import SetData
from graph.errors import TorchloomError
from gui.workspace import Workspace

__all__ = ["Filing", "new_project"]

_RECENT = "recent_files"
_MOST_RECENT = 8


def new_project() -> Project:
    """Return a project with an empty network: an input that leads to an output."""
    project = Project("Untitled")
    network = Network("network")
    project.add_network(network)
    network.add_node(Node("input", "Input", title="input", position=(0.0, 0.0)))
    network.add_node(Node("output", "Output", title="output", position=(480.0, 0.0)))
    network.connect(Wire("input", "output", "output", "input"))
    return project


class Filing(QObject):
    """File actions. A file that cannot be read or written is told, and nothing changes."""

    recent_changed = Signal()

    def __init__(self, workspace: Workspace, window: QWidget) -> None:
        super().__init__(window)
        self._workspace = workspace
        self._window = window
        #: Called before another project takes the place of this one; False keeps it.
        self.may_replace: Callable[[], bool] = self.ask_to_save

    # -- recent files ---------------------------------------------------------------------------

    def recent(self) -> list[Path]:
        """The files opened or saved last that are still there, the latest first."""
        stored = QSettings().value(_RECENT, [])
        names = [stored] if isinstance(stored, str) else list(stored or [])
        return [Path(name) for name in names if Path(name).is_file()]

    def _remember(self, path: Path) -> None:
        names = [str(path), *(str(p) for p in self.recent() if p != path)]
        QSettings().setValue(_RECENT, names[:_MOST_RECENT])
        self.recent_changed.emit()

    # -- opening --------------------------------------------------------------------------------

    def new(self) -> bool:
        """Begin an empty project, after asking about unsaved changes; returns whether it began."""
        if not self.may_replace():
            return False
        self._workspace.open(new_project(), None)
        return True

    def ask_open(self) -> None:
        """Ask for a file and open it."""
        name, _ = QFileDialog.getOpenFileName(
            self._window,
            self.tr("Open a project"),
            str(self._workspace.place),
            self.tr("Torchloom projects (*.loom);;All files (*)"),
        )
        if name:
            self.open(Path(name))

    def open(self, path: Path) -> bool:
        """Open a file, after asking about unsaved changes; returns whether it was opened."""
        return self.may_replace() and self.load(path)

    def load(self, path: Path, *, example: bool = False) -> bool:
        """Open a file without asking. An example is opened as a project without a file."""
        try:
            loaded = files.load(path)
        except (TorchloomError, OSError) as error:
            self._workspace.told.emit("error", str(error))
            return False
        path = path.resolve()
        # Saving over a file that was not understood as a whole would lose the rest of it.
        owned = not example and loaded.complete
        origin = "example" if example else ""
        self._workspace.open(loaded.project, path if owned else None, path.parent, origin)
        if not example:
            self._remember(path)
        if loaded.notes:
            notes = " ".join(loaded.notes[:3])
            if not loaded.complete:
                notes += " " + self.tr("Save it under another name to keep the file as it is.")
            self._workspace.told.emit("warning", notes)
        return True

    def show(self, project: Project, base: Path) -> bool:
        """Open the project of a run, which has no file, after asking about unsaved changes."""
        if not self.may_replace():
            return False
        self._workspace.open(project, None, base, "run")
        return True

    # -- saving ---------------------------------------------------------------------------------

    def save(self) -> bool:
        """Save to the project's file, or ask for one; returns whether it was saved."""
        path = self._workspace.path
        return self.save_as() if path is None else self.write(path)

    def save_as(self) -> bool:
        """Ask for a file and save there; returns whether it was saved."""
        start = self._workspace.place / f"{self._workspace.project.name}.loom"
        name, _ = QFileDialog.getSaveFileName(
            self._window,
            self.tr("Save the project"),
            str(self._workspace.path or start),
            self.tr("Torchloom projects (*.loom)"),
        )
        if not name:
            return False
        path = Path(name)
        return self.write(path if path.suffix else path.with_suffix(".loom"))

    def write(self, path: Path) -> bool:
        """Save to `path`; returns whether it could be."""
        self._move_data(path.resolve().parent)
        try:
            files.save(self._workspace.project, path)
        except (TorchloomError, OSError) as error:
            self._workspace.told.emit("error", str(error))
            return False
        self._workspace.saved(path.resolve())
        self._remember(path.resolve())
        return True

    def _move_data(self, folder: Path) -> None:
        """Let a relative path of the data lead to the same place from another folder."""
        data, base = self._workspace.project.data, self._workspace.base.resolve()
        if not data.path or data.is_remote or Path(data.path).is_absolute() or folder == base:
            return
        place = (base / data.path).resolve()
        moved = place.relative_to(folder) if place.is_relative_to(folder) else place
        edit = SetData(data.model_copy(update={"path": moved.as_posix()}))
        self._workspace.push(edit, self.tr("Keep the way to the data"))

    def ask_to_save(self) -> bool:
        """Ask what to do with unsaved changes; returns whether to go on."""
        if not self._workspace.modified:
            return True
        buttons = QMessageBox.StandardButton
        box = QMessageBox(
            QMessageBox.Icon.NoIcon,
            self.tr("Unsaved changes"),
            self.tr("{0} has changes that are not saved.").format(self._workspace.name),
            buttons.Save | buttons.Discard | buttons.Cancel,
            self._window,
        )
        box.setDefaultButton(buttons.Save)
        answer = box.exec()
        if answer == buttons.Save:
            return self.save()
        return bool(answer == buttons.Discard)
