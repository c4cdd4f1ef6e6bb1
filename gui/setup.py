"""The project's page of the inspector: what it is trained for, and for how long."""

from __future__ import annotations

from typing import Any

from PySide6.QtWidgets import (
    QLabel,
    QVBoxLayout,
    QWidget,
)

from graph.catalog.entry import DEFAULT, Param
from graph.settings import RunSettings
from gui.forms import Form
from gui.panels.parts import heading, hint
from gui.tasks import TaskForm
from gui.workspace import Workspace

__all__ = ["RunForm", "SetupPage"]

_SETTINGS = (
    Param("epochs", "int", 5, "How often the training goes through all examples.", low=1),
    Param("batch_size", "int", 32, "How many examples one step looks at.", low=1),
    Param(
        "seed",
        "int",
        0,
        "Start of all random numbers: the same seed gives the same run on the CPU.",
        low=0,
        high=2**31 - 1,
    ),
    Param(
        "device",
        "choice",
        "auto",
        "What computes: auto takes the graphics card where there is one.",
        choices=("auto", "cpu", "cuda", "mps"),
    ),
    Param("shuffle", "bool", True, "Whether examples come in another order in each epoch."),
    Param(
        "early_stopping",
        "int",
        None,
        "Stop after this many epochs without a better watched value. Empty: never.",
        low=1,
        optional=True,
    ),
    Param(
        "watch",
        "str",
        "",
        "The loss or metric of validation that says which epoch is the best, by its name in the "
        "curves. Empty: the loss of the leftmost optimizer. With several optimizers metrics are "
        "computed in validation only.",
    ),
    Param(
        "watch_mode",
        "choice",
        "auto",
        "Whether its lowest or its highest value is the best; auto: a loss the lowest, a metric as "
        "it is meant.",
        choices=("auto", "min", "max"),
    ),
    Param(
        "threads",
        "int",
        None,
        "CPU threads. Empty: as many as suit the work of a step.",
        low=1,
        high=1024,
        optional=True,
    ),
)


class SetupPage(QWidget):
    """Training graph and run settings, one form each."""

    def __init__(self, workspace: Workspace) -> None:
        super().__init__()
        self.training = TaskForm(workspace)
        self.run = RunForm(workspace)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(14, 12, 10, 14)
        layout.setSpacing(8)
        title = QLabel(self.tr("Project"))
        title.setProperty("role", "title")
        layout.addWidget(title)
        layout.addWidget(heading(self.tr("Training")))
        layout.addWidget(self.training)
        layout.addWidget(heading(self.tr("Run")))
        layout.addWidget(self.run)
        layout.addWidget(hint(self.tr("Select a node to see its arguments and shapes.")))
        layout.addStretch(1)


class RunForm(QWidget):
    """The run settings."""

    def __init__(self, workspace: Workspace) -> None:
        super().__init__()
        self._workspace = workspace
        labels = {
            "epochs": self.tr("Epochs"),
            "batch_size": self.tr("Batch size"),
            "seed": self.tr("Seed"),
            "device": self.tr("Device"),
            "shuffle": self.tr("Shuffle"),
            "early_stopping": self.tr("Early stopping"),
            "watch": self.tr("Watched value"),
            "watch_mode": self.tr("Best is"),
            "threads": self.tr("Threads"),
        }
        self._labels = labels
        self.form = Form(_SETTINGS, labels=labels)
        self.form.edited.connect(self._set)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.form)
        workspace.project_changed.connect(self.refresh)
        workspace.updated.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Show the settings as they are now."""
        settings = self._workspace.project.settings
        for param in _SETTINGS:
            value = getattr(settings, param.name)
            set_value = DEFAULT if value == param.default else value
            self.form.fields[param.name].show_value(set_value, param.default)
            if value is None:
                self._say_never(param.name)

    def _say_never(self, name: str) -> None:
        words = {"early_stopping": self.tr("never"), "threads": self.tr("auto")}
        editor: Any = self.form.fields[name].editor
        editor.setPlaceholderText(words[name])

    def _set(self, name: str, value: object) -> None:
        if value is DEFAULT:
            value = RunSettings.model_fields[name].default
        settings = self._workspace.project.settings.model_copy(update={name: value})
        self._workspace.set_settings(settings, self.tr("Set {0}").format(self._labels[name]))
