"""The data panel: where examples come from, what they look like, how many there are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QMimeData, Qt
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from graph import recipes
from graph.dataspec import DataPort, DataSpec
from graph.document import Wire
from graph.edits import Batch, Connect, Disconnect, Edit, SetData
from graph.errors import DataError, DocumentError
from gui.jobs import Jobs
from gui.panels.data_examples import ExamplesView, Look, look_at
from gui.panels.data_form import DataForm
from gui.panels.data_views import BalanceBars, PortTable
from gui.panels.parts import Panel, button, button_row, hint, scrolled
from gui.workspace import Workspace
from runtime.data.ports import describe
from runtime.data.recognise import from_path, match
from runtime.data.sources import KINDS
from runtime.refits import Refit, refits

__all__ = ["DataPanel"]


class DataPanel(Panel):
    """Shows the project's data description and a look at what it describes.

    Everything that reads runs in a thread. A change is one entry of the history, made when what
    it describes could be read; what is wrong with it is said in place.
    """

    def __init__(self, workspace: Workspace, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self._previewed: object = None
        self.setAcceptDrops(True)
        self.form = DataForm()
        self.form.changed.connect(self._describe_and_set)
        self.form.chosen.connect(self.choose)
        self.form.digits_chosen.connect(self._choose_digits)
        self.form.kind_chosen.connect(self._read_as)
        self._previews = Jobs("preview data", self)
        self._previews.done.connect(self._show_preview)
        self._previews.failed.connect(self._show_error)
        self._reading = Jobs("describe data", self)
        self._reading.done.connect(self._set)
        self._reading.failed.connect(self._refuse)
        self.error = QLabel(wordWrap=True, visible=False)
        self.error.setProperty("role", "error")
        self.error.setTextFormat(Qt.TextFormat.PlainText)
        self.counts = hint()
        self.tabs = QTabWidget(documentMode=True)
        self.tabs.setAccessibleName(self.tr("Views of the data"))
        self.examples = ExamplesView()
        self.tabs.addTab(self.examples, self.tr("Examples"))
        self.tabs.addTab(self._ports_page(), self.tr("Columns"))
        self.tabs.addTab(self._classes_page(), self.tr("Classes"))
        left = scrolled(self.form)
        left.setFixedWidth(272)
        right = QVBoxLayout()
        right.setSpacing(4)
        right.addWidget(self.error)
        right.addWidget(self.tabs, 1)
        right.addWidget(self.counts)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 8, 12, 8)
        layout.setSpacing(12)
        layout.addWidget(left)
        layout.addLayout(right, 1)
        workspace.project_changed.connect(self.refresh)
        workspace.updated.connect(self.refresh)
        self.refresh()

    def _ports_page(self) -> QWidget:
        self.ports = PortTable()
        self.ports.changed.connect(self._set_port)
        self.add_port = button(self.tr("Add a port"), self._add_port)
        self.remove_port = button(self.tr("Remove"), self._remove_port)
        page = QWidget()
        inner = QVBoxLayout(page)
        inner.setContentsMargins(0, 4, 0, 0)
        inner.addWidget(self.ports, 1)
        inner.addLayout(button_row(self.add_port, self.remove_port))
        return page

    def _classes_page(self) -> QWidget:
        self.bars = BalanceBars()
        self._bars_note = hint()
        page = QWidget()
        inner = QVBoxLayout(page)
        inner.setContentsMargins(4, 8, 4, 4)
        inner.addWidget(self._bars_note)
        inner.addWidget(self.bars)
        inner.addStretch(1)
        return scrolled(page)

    # -- showing ------------------------------------------------------------------------------

    def refresh(self) -> None:
        """Show the description; read its data again if it has changed and can be seen."""
        spec = self._workspace.project.data
        self.form.show_spec(spec)
        table = _has_columns(spec)
        if list(self.ports._ports) != list(spec.ports):
            self.ports.show_ports(spec.ports, editable=table)
        self.add_port.setVisible(table)
        self.remove_port.setVisible(table)
        if self.seen:
            self._preview()

    def close_jobs(self) -> None:
        """Wait for the threads to end."""
        self._previews.finish()
        self._reading.finish()

    def come_up(self) -> None:
        self._preview()

    def _preview(self) -> None:
        spec, base = self._workspace.project.data, self._workspace.base
        if (spec, base) == self._previewed:
            return
        self._previewed = (spec, base)
        if spec.source == "none":
            text = self.tr("Choose a source, or drop a file here.")
            self.examples.say(self.tr("No data yet"), text)
            self.counts.setText("")
            self._say("")
            return
        self.counts.setText("")
        self.examples.say(self.tr("Reading…"), "")
        self._previews.start(lambda: look_at(spec, base))

    def _show_preview(self, look: Look) -> None:
        self._say("")
        self.examples.show_look(look)
        found = look[0]
        total = sum(found.counts.values())
        self.counts.setText(
            self.tr("{0:,} examples: {1:,} to train, {2:,} to validate, {3:,} to test").format(
                total, *(found.counts.get(part, 0) for part in ("train", "validation", "test"))
            )
        )
        categories = [port for port in found.spec.ports if port.type == "category"]
        self.bars.setVisible(bool(categories))
        if categories:
            port = categories[-1]
            self.bars.show_balance(port.classes, found.balance.get(port.name, {}))
            self._bars_note.setText(
                self.tr("Examples by class of {0}: training, validation, test").format(port.name)
            )
        else:
            self._bars_note.setText(self.tr("No column of this data holds classes."))

    def _show_error(self, text: str) -> None:
        self._say(text)
        self.counts.setText("")
        self.examples.say(self.tr("This data cannot be read"), "")

    def _refuse(self, text: str) -> None:
        spec = self._workspace.project.data
        self.ports.show_ports(spec.ports, editable=_has_columns(spec))
        self.form.show_spec(spec)
        self._say(text)

    def _say(self, text: str) -> None:
        self.error.setText(text)
        self.error.setVisible(bool(text))

    # -- editing ------------------------------------------------------------------------------

    def choose(self, path: Path) -> None:
        """Take another source: a file or a folder, recognised by what it holds."""
        wanted = self._workspace.project.data
        self._read(lambda: _in_place_of(path, wanted), self.tr("Choose data"))

    def _choose_digits(self) -> None:
        base, spec = self._workspace.base, DataSpec(source="digits")
        self._read(lambda: describe(spec, base), self.tr("Choose data"))

    def _read_as(self, kind: str) -> None:
        spec = self._workspace.project.data
        if kind == spec.source:
            return
        path = self._workspace.base / Path(spec.path)
        like = DataSpec.model_validate({"source": kind, "split": spec.split})
        self._read(lambda: from_path(path, like), self.tr("Read the data in another way"))

    def _describe_and_set(self, spec: DataSpec, text: str) -> None:
        base = self._workspace.base
        if spec.source == "none":
            self._set((spec, text, ()))
        else:
            self._read(lambda: describe(spec, base), text)

    def _read(
        self, function: Callable[[], DataSpec], text: str, renamed: tuple[str, ...] = ()
    ) -> None:
        self._say("")
        self._reading.start(lambda: (function(), text, renamed))

    def _set(self, answer: tuple[DataSpec, str, tuple[str, ...]]) -> None:
        spec, text, renamed = answer
        if spec == self._workspace.project.data:
            return
        edit: Edit = SetData(spec)
        if renamed:
            edit = self._with_wires(edit, *renamed)
        changes = refits(self._workspace.project, spec)
        edit = Batch((edit, *(change.edit for change in changes))) if changes else edit
        gesture = "" if len(self._workspace.project.training) else spec.model_dump_json()
        if not self._workspace.push(edit, text, gesture):
            return
        if changes:
            self._workspace.told.emit("info", self._said(changes))
        if gesture:
            self._begin_training(text, gesture)

    def _said(self, changes: Sequence[Refit]) -> str:
        """Say which layers were made to fit other data."""
        text = self.tr("{0} of {1} is {2} now, as there are so many entries at {3}.")
        return " ".join(text.format(c.param, c.title, c.after, c.port) for c in changes)

    def _begin_training(self, text: str, gesture: str) -> None:
        """Write a training graph for the first data of a project, as one change with it."""
        project = self._workspace.project
        try:
            edit = recipes.supervised(project, recipes.guess(project))
        except DocumentError:
            return  # no network or no target yet; the form offers it when there are
        self._workspace.push(edit, text, gesture)

    def _with_wires(self, edit: Edit, old: str, new: str) -> Edit:
        """Let the wires of a port follow its new name."""
        training = self._workspace.project.training
        before: list[Edit] = []
        after: list[Edit] = []
        for node in training.by_kind("Data"):
            for wire in training.wires_out(node.id):
                if wire.source_port == old:
                    again = Wire(wire.source, new, wire.target, wire.target_port)
                    before.append(Disconnect(training.name, wire))
                    after.append(Connect(training.name, again))
        return Batch((*before, edit, *after))

    def _set_port(self, row: int, port: DataPort) -> None:
        spec, base = self._workspace.project.data, self._workspace.base
        old = spec.ports[row].name
        ports = (*spec.ports[:row], port, *spec.ports[row + 1 :])
        names = [p.name for p in ports]
        if len(set(names)) != len(names):
            self._refuse(self.tr("Each port needs its own name; {0} is taken.").format(port.name))
            return
        changed = spec.model_copy(update={"ports": ports})
        renamed = (old, port.name) if old != port.name else ()
        self._read(lambda: describe(changed, base), self.tr("Change {0}").format(old), renamed)

    def _add_port(self) -> None:
        spec, base = self._workspace.project.data, self._workspace.base

        def add() -> DataSpec:
            usual = describe(spec.model_copy(update={"ports": ()}), base)
            columns = [c for port in usual.ports for c in port.columns]
            used = {c for port in spec.ports for c in port.columns}
            free = next((c for c in columns if c not in used), columns[0])
            names = {port.name for port in spec.ports}
            name = next(n for i in range(1, 999) if (n := f"port{i}") not in names)
            port = DataPort(name=name, type="number", columns=(free,), shape=())
            return describe(spec.model_copy(update={"ports": (*spec.ports, port)}), base)

        self._read(add, self.tr("Add a port"))

    def _remove_port(self) -> None:
        spec = self._workspace.project.data
        row = self.ports.currentRow()
        if 0 <= row < len(spec.ports):
            ports = (*spec.ports[:row], *spec.ports[row + 1 :])
            text = self.tr("Remove {0}").format(spec.ports[row].name)
            self._set((spec.model_copy(update={"ports": ports}), text, ()))

    # -- dropping files ---------------------------------------------------------------------------

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if _dropped(event.mimeData()) is not None:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        path = _dropped(event.mimeData())
        if path is not None:
            event.acceptProposedAction()
            self.choose(path)


def _dropped(data: QMimeData) -> Path | None:
    """Return the local file or folder that is dropped, where it can be data."""
    paths = [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]
    return paths[0] if len(paths) == 1 and paths[0].suffix != ".loom" else None


def _has_columns(spec: DataSpec) -> bool:
    """Whether a source has columns that ports can be put together from."""
    return spec.source in KINDS and KINDS[spec.source].named_columns


def _in_place_of(path: Path, wanted: DataSpec) -> DataSpec:
    """Return a new source under the port names of the old one, where it has the same kind of ports.

    Then the wires of the training graph still fit; otherwise the source keeps its own names.
    """
    try:
        if wanted.ports:
            return match(from_path(path, wanted), wanted)
    except DataError:
        pass  # recognised by itself, it tells what is wrong if anything is
    return from_path(path)
