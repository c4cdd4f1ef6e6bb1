"""Choices and nodes that several recipes share."""

from __future__ import annotations

from graph import catalog
from graph.catalog.entry import REQUIRED, Param
from graph.dataspec import DataPort
from graph.document import Project, Value
from graph.errors import DocumentError
from graph.recipes.recipe import Choice, Choices, Sketch

__all__ = [
    "first_column",
    "network_choice",
    "network_for",
    "optimize",
    "optimizer_choices",
    "optimizer_guess",
]


def network_choice(name: str, label: str, doc: str, node: str) -> Choice:
    """Return the choice of a network that the node `node` uses."""
    return Choice(
        Param(name, "choice", REQUIRED, doc), label, ("param", node, "network"), "network"
    )


def network_for(project: Project, role: str) -> str:
    """Return the first network whose name says that it has a role; DocumentError without one."""
    found = next((name for name in project.networks if role in name.lower()), None)
    if found is None:
        raise DocumentError(f"There is no network called {role!r}; add one.")
    return found


def first_column(project: Project, *types: str) -> DataPort:
    """Return the first column of the data of one of these types; DocumentError without one."""
    for port in project.data.ports:
        if not types or port.type in types:
            return port
    wanted = " or ".join(types) or "any"
    there = ", ".join(f"{port.name} ({port.type})" for port in project.data.ports) or "none"
    raise DocumentError(
        f"This needs data with a column of type {wanted}; there are: {there}. Choose other data."
    )


def optimizer_choices(
    node: str = "optimizer",
    prefix: str = "",
    labels: tuple[str, str] = ("Optimizer", "Learning rate"),
) -> tuple[Choice, Choice]:
    """Return the choices of an optimizer and its learning rate."""
    kinds = tuple(k.name for k in catalog.entries().values() if k.family == "optimizer")
    rate = Param(f"{prefix}lr", "float", 0.001, "How far a step goes.", low=0.0)
    return (
        Choice(
            Param(f"{prefix}optimizer", "choice", REQUIRED, "How weights are updated.", kinds),
            labels[0],
            ("kind", node),
        ),
        Choice(rate, labels[1], ("param", node, "lr")),
    )


def optimizer_guess(lr: float = 0.001, prefix: str = "") -> dict[str, Value]:
    """Return Adam with a learning rate."""
    return {f"{prefix}optimizer": "Adam", f"{prefix}lr": lr}


def optimize(
    sketch: Sketch,
    choices: Choices,
    loss: tuple[str, str],
    place: tuple[float, float],
    node: str = "optimizer",
    title: str = "",
    prefix: str = "",
    **params: Value,
) -> None:
    """Add the optimizer of `choices` behind a loss."""
    kind, rate = str(choices[f"{prefix}optimizer"]), choices[f"{prefix}lr"]
    sketch.add(node, kind, place, title, lr=rate, **params)
    sketch.wire(*loss, node, "loss")
