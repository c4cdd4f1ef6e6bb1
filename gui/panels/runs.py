"""The runs panel: what was trained before, its curves, and the project as it was then."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QDateTime, Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStackedLayout,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from gui.jobs import Jobs
from gui.panels.parts import Elided, Empty, Panel, button, button_row, tool_button
from gui.workspace import Workspace
from runtime.runs import Run, RunInfo, default_folder, list_runs

__all__ = ["RunsPanel"]


class RunsPanel(Panel):
    """A table of runs, the latest first. Folders are read in a thread."""

    curves_asked = Signal(str, object, int)  # title, series by name, steps per epoch
    project_asked = Signal(object, str)  # Project as trained, name of the run

    def __init__(
        self, workspace: Workspace, folder: Path | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self.folder = folder or default_folder()
        self.runs: list[RunInfo] = []
        self._listing = Jobs("list runs", self)
        self._listing.done.connect(self.show_runs)
        self._listing.failed.connect(lambda text: workspace.told.emit("error", text))
        self._opening = Jobs("open run", self)
        self._opening.done.connect(self._opened)
        self._opening.failed.connect(lambda text: workspace.told.emit("error", text))
        self.table = QTableWidget(0, 6)
        self.table.setHorizontalHeaderLabels(
            [
                self.tr("Run"),
                self.tr("State"),
                self.tr("Started"),
                self.tr("Best epoch"),
                self.tr("Best value"),
                self.tr("Test"),
            ]
        )
        self.table.setAccessibleName(self.tr("Runs"))
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.verticalHeader().hide()
        self.table.setShowGrid(False)
        self.table.setWordWrap(False)
        self.table.setAlternatingRowColors(True)
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setStretchLastSection(True)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self.table.itemDoubleClicked.connect(lambda _: self.open_curves())
        self.table.itemSelectionChanged.connect(self._enable)
        self.curves = button(self.tr("Show curves"), self.open_curves)
        self.project = button(self.tr("Open project as trained"), self.open_project)
        refresh = tool_button(self.tr("Refresh"), self.refresh)
        place = Elided(str(self.folder))
        self.empty = Empty(
            self.tr("No runs yet"), self.tr("Each training is kept in a folder and listed here.")
        )
        holder = QWidget()
        self._stack = QStackedLayout(holder)
        self._stack.addWidget(self.empty)
        self._stack.addWidget(self.table)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 8, 12, 10)
        layout.setSpacing(6)
        layout.addLayout(button_row(refresh, self.curves, self.project, lead=place, stretched=True))
        layout.addWidget(holder, 1)
        workspace.session_changed.connect(self._refresh_if_visible)
        self._enable()

    def refresh(self) -> None:
        """Read the folder again."""
        folder = self.folder
        self._listing.start(lambda: list_runs(folder))

    def close_jobs(self) -> None:
        """Wait for the threads to end."""
        self._listing.finish()
        self._opening.finish()

    def come_up(self) -> None:
        self.refresh()

    def _refresh_if_visible(self) -> None:
        if self.seen:
            self.refresh()

    def show_runs(self, runs: Sequence[RunInfo]) -> None:
        """List these runs; the selected one stays selected."""
        chosen = self.selected()
        self.runs = list(runs)
        self.table.setRowCount(len(self.runs))
        for row, info in enumerate(self.runs):
            for column, text in enumerate(self._cells(info)):
                item = QTableWidgetItem(text)
                item.setToolTip(info.reason or str(info.folder))
                self.table.setItem(row, column, item)
            if chosen is not None and info.folder == chosen.folder:
                self.table.selectRow(row)
        self._stack.setCurrentIndex(1 if self.runs else 0)
        self._enable()

    def selected(self) -> RunInfo | None:
        """The selected run."""
        rows = self.table.selectionModel().selectedRows() if self.runs else []
        return self.runs[rows[0].row()] if rows and rows[0].row() < len(self.runs) else None

    def _cells(self, info: RunInfo) -> list[str]:
        states = {
            "running": self.tr("running"),
            "finished": self.tr("finished"),
            "stopped": self.tr("stopped"),
            "failed": self.tr("failed"),
            "broken": self.tr("cannot be read"),
        }
        when = QDateTime.fromString(info.started, Qt.DateFormat.ISODate)
        return [
            info.name,
            states[info.state],
            when.toString("yyyy-MM-dd HH:mm") if when.isValid() else "",
            "" if info.best_epoch is None else str(info.best_epoch),
            "" if info.best_value is None else f"{info.best_value:.4g}",
            ", ".join(f"{name} {value:.4g}" for name, value in info.test.items()),
        ]

    def _enable(self) -> None:
        info = self.selected()
        readable = info is not None and info.state != "broken"
        self.curves.setEnabled(readable)
        self.project.setEnabled(readable)

    def open_curves(self) -> None:
        """Read the curves of the selected run and show them."""
        info = self.selected()
        if info is not None and info.state != "broken":
            folder = info.folder
            self._opening.start(lambda: ("curves", folder.name, *_curves(Run.open(folder))))

    def open_project(self) -> None:
        """Open the project as the selected run trained it."""
        info = self.selected()
        if info is not None and info.state != "broken":
            folder = info.folder
            self._opening.start(lambda: ("project", folder.name, Run.open(folder).project()))

    def _opened(self, answer: tuple[Any, ...]) -> None:
        what, name, *rest = answer
        if what == "curves":
            self.curves_asked.emit(name, rest[0], rest[1])
        else:
            self.project_asked.emit(rest[0], name)


def _curves(run: Run) -> tuple[dict[str, tuple[Any, Any]], int]:
    """Return the curves of a run by name, and how many steps an epoch has."""
    written = run.steps()
    series = dict(written)
    epochs = run.epochs()
    last = max((float(x[-1]) for x, _ in series.values() if len(x)), default=0.0)
    per_epoch = round(last / len(epochs)) if epochs and last else 1
    for record in epochs:
        for split, values in record.items():
            if not isinstance(values, dict) or split == "learning_rates":
                continue
            for metric, value in values.items():
                name = f"{split}/{metric}"
                if name in written or value is None:
                    continue
                x, y = series.setdefault(name, ([], []))
                x.append(record["epoch"] * per_epoch)
                y.append(value)
    return series, max(per_epoch, 1)
