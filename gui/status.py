"""The status bar: device, size of the network, problems, and whether all is saved."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLabel, QStatusBar, QToolButton, QWidget

from gui.panels.parts import count_text
from gui.workspace import Workspace

__all__ = ["StatusBar"]


class StatusBar(QStatusBar):
    """What is true of the project as a whole. A click on the problems opens their panel."""

    problems_clicked = Signal()

    def __init__(self, workspace: Workspace, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self.setSizeGripEnabled(False)
        self.saved = QLabel()
        self.device = QLabel()
        self.size = QLabel()
        self.problems = QToolButton()
        self.problems.setProperty("role", "status")
        self.problems.clicked.connect(self.problems_clicked)
        for widget in (self.problems, self.size, self.device, self.saved):
            self.addPermanentWidget(widget)
        for signal in (
            workspace.project_changed,
            workspace.updated,
            workspace.graph_changed,
            workspace.session_changed,
            workspace.name_changed,
        ):
            signal.connect(self.refresh)
        workspace.polled.connect(lambda: self.device.setText(self._device()))
        self.refresh()

    def refresh(self) -> None:
        """Show how things are now."""
        workspace = self._workspace
        total = workspace.analysis.total(workspace.graph)
        self.size.setText(
            self.tr("{0} parameters · {1} FLOPs").format(
                f"{total.parameters:,}", count_text(total.flops)
            )
        )
        self.size.setToolTip(self.tr("FLOPs of one example's forward pass"))
        self.device.setText(self._device())
        self.saved.setText(self._saved())

    def show_problems(self, errors: int, warnings: int) -> None:
        """Show how many problems there are."""
        if errors:
            text = self.tr("1 error") if errors == 1 else self.tr("{0} errors").format(errors)
        elif warnings:
            one, many = self.tr("1 warning"), self.tr("{0} warnings")
            text = one if warnings == 1 else many.format(warnings)
        else:
            text = self.tr("No problems")
        self.problems.setText(text)
        self.problems.setProperty("severity", "error" if errors else "warning" if warnings else "")
        self.problems.style().unpolish(self.problems)
        self.problems.style().polish(self.problems)

    def _saved(self) -> str:
        workspace = self._workspace
        if workspace.modified:
            return self.tr("Unsaved changes")
        if workspace.path is not None:
            return self.tr("Saved")
        words = {"example": self.tr("Example"), "run": self.tr("As a run trained it")}
        return words.get(workspace.origin, self.tr("New"))

    def _device(self) -> str:
        session = self._workspace.session
        used = None if session is None else session.device
        device = used or self._workspace.project.settings.device
        names = {"cpu": "CPU", "cuda": "CUDA", "mps": "MPS", "auto": self.tr("Automatic device")}
        text = names.get(device, device)
        threads = session.telemetry.progress.threads if session is not None else 0
        if not threads or device != "cpu":
            return text
        if threads == 1:
            return self.tr("{0}, 1 thread").format(text)
        return self.tr("{0}, {1} threads").format(text, threads)
