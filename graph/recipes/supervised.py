"""Short forms that write ordinary training graphs.

A recipe is a few choices; what it writes can be opened on the canvas and changed at will. A
training graph that still has the recipe's form is read back into those choices.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from graph import catalog
from graph.catalog.structure import input_ports, output_ports
from graph.dataspec import DataPort
from graph.document import Network, Node, Project, Value, Wire
from graph.edits import AddNode, Batch, Connect, Edit, remove_nodes
from graph.errors import DocumentError

__all__ = [
    "Supervised",
    "begin_supervised",
    "guess",
    "is_classification",
    "read",
    "supervised",
]


@dataclass(frozen=True)
class Supervised:
    """One network learns to give one column of the data from others.

    `inputs` maps the network's input ports to data ports. Arguments are those of the kinds.
    """

    network: str
    inputs: Mapping[str, str]
    target: str
    loss: str = "CrossEntropyLoss"
    loss_params: Mapping[str, Value] = field(default_factory=dict)
    optimizer: str = "Adam"
    optimizer_params: Mapping[str, Value] = field(default_factory=dict)
    metrics: tuple[str, ...] = ()
    schedule: str | None = None
    schedule_params: Mapping[str, Value] = field(default_factory=dict)


def guess(project: Project) -> Supervised:
    """Return the choices that suit the project's data: what a new project starts with.

    Raises
    ------
    DocumentError
        If there is no network, or no data to choose from.
    """
    if not project.networks or len(project.data.ports) < 2:
        raise DocumentError(
            "A training graph needs a network and data with at least two ports, an input and a "
            "target; choose data first."
        )
    network = next(iter(project.networks.values()))
    *features, target = project.data.ports
    ports = list(input_ports(network))
    inputs = {port: data.name for port, data in zip(ports, features, strict=False)}
    return Supervised(network.name, inputs, target.name, *_loss_for(target))


def begin_supervised(project: Project, *, classify: bool) -> Edit:
    """Return the edit that begins to learn a category, or else numbers, from the other columns.

    Raises
    ------
    DocumentError
        If the data has no such column, or there is no network.
    """
    choices = guess(project)
    suits = ("category",) if classify else ("number",)
    targets = [port for port in project.data.ports if port.type in suits]
    if not targets:
        wanted = "a category" if classify else "numbers"
        there = ", ".join(f"{port.name} ({port.type})" for port in project.data.ports)
        raise DocumentError(f"This needs a column of {wanted} to learn; there are: {there}.")
    target = targets[-1]
    features = [port.name for port in project.data.ports if port.name != target.name]
    inputs = dict(zip(choices.inputs, features, strict=False))
    made = Supervised(choices.network, inputs, target.name, *_loss_for(target))
    return supervised(project, made)


def is_classification(choices: Supervised) -> bool:
    """Whether what is learned is a class."""
    return choices.loss in ("CrossEntropyLoss", "NLLLoss", "MultiMarginLoss")


def _loss_for(
    target: DataPort,
) -> tuple[str, dict[str, Value], str, dict[str, Value], tuple[str, ...]]:
    if target.type == "category":
        return "CrossEntropyLoss", {}, "Adam", {}, ("Accuracy",)
    return "MSELoss", {}, "Adam", {}, ("MeanAbsoluteError",)


def supervised(project: Project, choices: Supervised) -> Edit:
    """Return the edit that puts the training graph of `choices` in place of the present one."""
    training = project.training
    network = project.network(choices.network)
    out = next(iter(output_ports(network)), None)
    if out is None:
        raise DocumentError(f"The network {choices.network!r} has no Output to train.")
    for kind in (choices.loss, choices.optimizer, choices.schedule, *choices.metrics):
        if kind is not None and not catalog.is_known(kind):
            raise DocumentError(f"There is no loss, optimizer or metric called {kind!r}.")
    loss_in, loss_target = _two_inputs(choices.loss)
    adds: list[Edit] = []
    wires: list[Edit] = []

    def add(
        key: str,
        kind: str,
        column: float,
        row: float,
        title: str = "",
        params: Mapping[str, Value] | None = None,
    ) -> None:
        position = (column * 240.0, row * 170.0)
        adds.append(AddNode(training.name, Node(key, kind, dict(params or {}), title, position)))

    def wire(*ends: str) -> None:
        wires.append(Connect(training.name, Wire(*ends)))

    add("data", "Data", 0, 0)
    add("network", "Network", 1, 0, params={"network": network.name})
    add("loss", choices.loss, 2, 0, "loss", choices.loss_params)
    add("optimizer", choices.optimizer, 3, 0, params=choices.optimizer_params)
    for port, column in choices.inputs.items():
        wire("data", column, "network", port)
    wire("network", out, "loss", loss_in)
    wire("data", choices.target, "loss", loss_target)
    wire("loss", "loss", "optimizer", "loss")
    for i, metric in enumerate(choices.metrics):
        first, second = _two_inputs(metric)
        add(f"metric{i}", metric, 2, i + 1)
        wire("network", out, f"metric{i}", first)
        wire("data", choices.target, f"metric{i}", second)
    if choices.schedule is not None:
        add("schedule", choices.schedule, 4, 0, params=choices.schedule_params)
        wire("optimizer", "optimizer", "schedule", "optimizer")
    return Batch((remove_nodes(training, [node.id for node in training]), *adds, *wires))


def _two_inputs(kind: str) -> tuple[str, str]:
    names = [port.name for port in catalog.lookup(kind).ports({}, None).inputs]
    if len(names) < 2:
        raise DocumentError(f"{kind} does not compare a prediction with a target.")
    target = "target" if "target" in names else names[1]
    return next(name for name in names if name != target), target


def read(project: Project) -> Supervised | None:
    """Return the choices that the training graph spells out, or None where it is more than that."""
    training = project.training
    data, uses = training.by_kind("Data"), training.by_kind("Network")
    losses = _of_family(training, "loss")
    optimizers, schedules = _of_family(training, "optimizer"), _of_family(training, "scheduler")
    metrics = _of_family(training, "metric")
    parts = [*data, *uses, *losses, *optimizers, *schedules, *metrics]
    if len(parts) != len(training) or len(schedules) > 1:
        return None
    if not (len(data) == len(uses) == len(losses) == len(optimizers) == 1):
        return None
    wires = training.wires_in(losses[0].id)
    if len(wires) != 2:
        return None
    _, target_port = _two_inputs(losses[0].kind)
    target = wires.get(target_port)
    name = uses[0].params.get("network")
    if target is None or target.source != data[0].id or not isinstance(name, str):
        return None
    sources = training.wires_in(uses[0].id)
    return Supervised(
        network=name,
        inputs={port: wire.source_port for port, wire in sources.items()},
        target=target.source_port,
        loss=losses[0].kind,
        loss_params=losses[0].params,
        optimizer=optimizers[0].kind,
        optimizer_params=optimizers[0].params,
        metrics=tuple(node.kind for node in metrics),
        schedule=schedules[0].kind if schedules else None,
        schedule_params=schedules[0].params if schedules else {},
    )


def _of_family(network: Network, family: str) -> list[Node]:
    found = [node for node in network if network.kind(node.id).family == family]
    return sorted(found, key=lambda node: (node.position, node.id))
