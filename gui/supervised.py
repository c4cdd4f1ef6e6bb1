"""The form of an ordinary supervised training: data, target, loss, optimizer, metrics.

It writes an ordinary training graph through :mod:`graph.recipes`. A graph that has grown beyond the
form is left alone: then there is a button that opens it on the canvas.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QMenu, QVBoxLayout, QWidget

from graph import catalog, recipes
from graph.catalog.entry import DEFAULT, Param
from graph.catalog.structure import input_ports
from graph.document import TRAINING, Node
from graph.edits import set_params
from graph.errors import DocumentError
from graph.recipes import Supervised
from gui.editors import FieldLabel, MenuButton
from gui.forms import Form
from gui.panels.parts import button, clear_layout, hint
from gui.workspace import Workspace

__all__ = ["TrainingForm"]


class TrainingForm(QWidget):
    """The choices of an ordinary supervised training."""

    def __init__(self, workspace: Workspace) -> None:
        super().__init__()
        self._workspace = workspace
        self._key: object = None
        self._choices: Supervised | None = None
        self.form: Form | None = None
        self.metrics: dict[str, QAction] = {}
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(6)
        workspace.project_changed.connect(self.refresh)
        workspace.updated.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Show the training graph's choices, or why there is no form for it."""
        project = self._workspace.project
        self._choices = choices = recipes.read(project)
        ports = tuple(port.name for port in project.data.ports)
        names = tuple(project.networks)
        if choices is None:
            key: object = ("none", len(project.training) > 0, bool(ports))
        else:
            key = (names, ports, tuple(self._inputs(choices)), choices.network)
        if key != self._key:
            self._key = key
            clear_layout(self._layout)
            self.form = None
            self.metrics = {}
            if choices is None:
                self._offer(empty=not len(project.training))
            else:
                self._build(choices, names, ports)
        if choices is not None:
            self._show(choices)

    def _inputs(self, choices: Supervised) -> list[str]:
        networks = self._workspace.project.networks
        if choices.network not in networks:
            return list(choices.inputs)
        return list(input_ports(networks[choices.network]))

    def _offer(self, empty: bool) -> None:
        if empty:
            self._offer_first()
        else:
            text = self.tr("This training graph says more than a form can show.")
            self._layout.addWidget(hint(text))
        opens = button(
            self.tr("Open the training graph"), lambda: self._workspace.show_graph(TRAINING)
        )
        self._layout.addWidget(opens)

    def _offer_first(self) -> None:
        """Offer the next step of a project that has no training graph."""
        if self._workspace.project.data.ports:
            text = self.tr("There is no training graph yet. It says what is learned from what.")
            first = button(self.tr("Write a training graph"), self._guess)
        else:
            text = self.tr("Choose data to learn from; a training graph is written for it.")
            first = button(
                self.tr("Choose data"), lambda: self._workspace.panel_asked.emit("data"), True
            )
        self._layout.addWidget(hint(text))
        self._layout.addWidget(first)

    def _build(self, choices: Supervised, names: Sequence[str], ports: Sequence[str]) -> None:
        inputs = self._inputs(choices)
        params = [
            Param("network", "choice", doc=self.tr("What is trained."), choices=tuple(names)),
            *(
                Param(
                    f"input:{port}",
                    "choice",
                    doc=self.tr("The data that goes into {0}.").format(port),
                    choices=tuple(ports),
                )
                for port in inputs
            ),
            Param("target", "choice", doc=self.tr("What it shall give."), choices=tuple(ports)),
            Param("loss", "choice", doc=self.tr("How wrong it is."), choices=_pairs("loss")),
            Param("optimizer", "choice", choices=_names("optimizer")),
            Param("lr", "float", 0.001, self.tr("How far a step goes."), low=0.0, inferred=True),
            Param("schedule", "choice", None, choices=_names("scheduler"), optional=True),
            Param("clip_norm", "float", None, low=0.0, optional=True),
        ]
        labels = {
            "network": self.tr("Network"),
            "target": self.tr("Target"),
            "loss": self.tr("Loss"),
            "optimizer": self.tr("Optimizer"),
            "lr": self.tr("Learning rate"),
            "schedule": self.tr("Schedule"),
            "clip_norm": self.tr("Clip gradients"),
            **{f"input:{port}": self.tr("Input {0}").format(port) for port in inputs},
        }
        if len(inputs) == 1:
            labels[f"input:{inputs[0]}"] = self.tr("Input")
        self.form = Form(params, labels=labels)
        self.form.edited.connect(self._set)
        self._layout.addWidget(self.form)
        self._layout.addLayout(self._metrics_row())
        opens = button(
            self.tr("Open the training graph"), lambda: self._workspace.show_graph(TRAINING)
        )
        self._layout.addWidget(opens)

    def _metrics_row(self) -> QHBoxLayout:
        """Return a button that shows the chosen metrics, and opens a menu of all."""
        self.metrics_button = MenuButton()
        self.metrics_button.setAccessibleName(self.tr("Metrics"))
        menu = QMenu(self.metrics_button)
        menu.setToolTipsVisible(True)
        for name in _pairs("metric"):
            action = menu.addAction(_spaced(name))
            action.setCheckable(True)
            action.setToolTip(catalog.lookup(name).doc)
            action.triggered.connect(self._set_metrics)
            self.metrics[name] = action
        self.metrics_button.setMenu(menu)
        label = FieldLabel(self.tr("Metrics"))
        row = QHBoxLayout()
        row.setSpacing(6)
        row.addWidget(label)
        row.addWidget(self.metrics_button, 1)
        return row

    def _show(self, choices: Supervised) -> None:
        assert self.form is not None
        fields = self.form.fields
        plain = {
            "network": choices.network,
            "target": choices.target,
            "loss": choices.loss,
            "optimizer": choices.optimizer,
            **{f"input:{port}": column for port, column in choices.inputs.items()},
        }
        for name, value in plain.items():
            if name in fields:
                fields[name].show_value(value)
        kind = catalog.lookup(choices.optimizer)
        lr = kind.param("lr")
        default = lr.default if lr is not None else None
        rate = choices.optimizer_params.get("lr", DEFAULT)
        fields["lr"].show_value(rate, default)
        fields["clip_norm"].show_value(choices.optimizer_params.get("clip_norm", DEFAULT))
        editor: Any = fields["clip_norm"].editor
        editor.setPlaceholderText(self.tr("off"))
        fields["schedule"].show_value(choices.schedule or DEFAULT, None)
        for name, action in self.metrics.items():
            action.setChecked(name in choices.metrics)
        chosen = ", ".join(_spaced(name) for name in choices.metrics) or self.tr("none")
        self.metrics_button.show_text(chosen)

    # -- editing ------------------------------------------------------------------------------

    def _guess(self) -> None:
        project = self._workspace.project
        try:
            edit = recipes.supervised(project, recipes.guess(project))
        except DocumentError as error:
            self._workspace.told.emit("error", str(error))
            return
        self._workspace.push(edit, self.tr("Write a training graph"))

    def _set(self, name: str, value: Any) -> None:
        choices = self._choices
        if choices is None:
            return
        if name in ("lr", "clip_norm"):
            node = self._optimizer_node()
            edit = set_params(self._workspace.project.training, node.id, {name: value})
            self._workspace.push(edit, self.tr("Set {0}").format(name))
            return
        if value is DEFAULT:
            value = None
        if name.startswith("input:"):
            choices = replace(choices, inputs={**choices.inputs, name[6:]: value})
        elif name == "network":
            choices = self._with_network(choices, value)
        elif name == "loss":
            choices = replace(choices, loss=value, loss_params=_presets(value))
        elif name == "optimizer":
            kept = {k: v for k, v in choices.optimizer_params.items() if k in ("clip_norm",)}
            params = {**_presets(value), **kept}
            choices = replace(choices, optimizer=value, optimizer_params=params)
        elif name == "schedule":
            params = _presets(value) if value else {}
            choices = replace(choices, schedule=value, schedule_params=params)
        else:
            choices = replace(choices, target=value)
        self._write(choices)

    def _with_network(self, choices: Supervised, network: str) -> Supervised:
        ports = input_ports(self._workspace.project.networks[network])
        columns = list(choices.inputs.values())
        inputs = dict(zip(ports, columns, strict=False))
        return replace(choices, network=network, inputs=inputs)

    def _set_metrics(self) -> None:
        if self._choices is not None:
            names = tuple(name for name, one in self.metrics.items() if one.isChecked())
            self._write(replace(self._choices, metrics=names))

    def _write(self, choices: Supervised) -> None:
        try:
            edit = recipes.supervised(self._workspace.project, choices)
        except DocumentError as error:
            self._workspace.told.emit("error", str(error))
        else:
            self._workspace.push(edit, self.tr("Change the training"))
        self.refresh()

    def _optimizer_node(self) -> Node:
        training = self._workspace.project.training
        return next(n for n in training if training.kind(n.id).family == "optimizer")


def _names(family: str) -> tuple[str, ...]:
    return tuple(kind.name for kind in catalog.entries().values() if kind.family == family)


def _pairs(family: str) -> tuple[str, ...]:
    """The kinds of a family that compare one tensor with a target: what the form can wire."""
    found = []
    for kind in catalog.entries().values():
        if kind.family == family and "training" in kind.places:
            needed = [port.name for port in kind.ports({}, None).inputs if not port.optional]
            if len(needed) == 2 and needed[1] == "target":
                found.append(kind.name)
    return tuple(found)


def _presets(kind: str) -> dict[str, Any]:
    return dict(catalog.lookup(kind).presets)


def _spaced(name: str) -> str:
    """Return ``MeanAbsoluteError`` as ``Mean absolute error``."""
    words = "".join(f" {c.lower()}" if c.isupper() else c for c in name).strip()
    return words[:1].upper() + words[1:]
