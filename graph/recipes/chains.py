"""Small networks for recipes to begin with: straight chains between an input and outputs."""

from __future__ import annotations

import math
from collections.abc import Sequence

from graph.dataspec import DataPort
from graph.document import Network, Node, Project, Value, Wire

__all__ = ["Layer", "Placed", "chain", "drawn", "encoder_layers", "image_layers", "renamed"]

Layer = tuple[str, dict[str, Value]]
"""A kind and its arguments."""

Placed = tuple[str, str, dict[str, Value], str, float, float]
"""Id, kind, arguments and title of a node, with its column and row."""

#: Scene pixels between the nodes of a chain; a row holds at most so many.
_STEP, _ROW, _PER_ROW = 200.0, 150.0, 6


def chain(
    name: str,
    inputs: str,
    layers: Sequence[Layer],
    outputs: Sequence[tuple[str, Sequence[Layer]]],
    shape: tuple[int, ...] | None = None,
) -> Network:
    """Return a network of one input, a straight chain, and one branch for each output.

    `shape` is one example's, where the network does not take a column of the data.
    """
    network = Network(name)
    params: dict[str, Value] = {} if shape is None else {"shape": shape}
    network.add_node(Node("input", "Input", params, inputs))
    end = _run(network, "input", layers, 1, 0.0)
    for row, (title, branch) in enumerate(outputs):
        last = _run(network, end, branch, 1 + len(layers), row * _ROW)
        at = _place(1 + len(layers) + len(branch), row * _ROW)
        network.add_node(Node(f"output{row}", "Output", {}, title, at))
        network.connect(Wire(last, "output", f"output{row}", "input"))
    return network


def _run(network: Network, source: str, layers: Sequence[Layer], first: int, y: float) -> str:
    for i, (kind, params) in enumerate(layers):
        node_id = network.fresh_id()
        network.add_node(Node(node_id, kind, params, position=_place(first + i, y)))
        ports = network.ports(node_id)
        network.connect(Wire(source, "output", node_id, ports.inputs[0].name))
        source = node_id
    return source


def _place(column: int, y: float) -> tuple[float, float]:
    row = column // _PER_ROW
    return ((column - row * _PER_ROW) * _STEP, y + row * 2 * _ROW)


def drawn(name: str, nodes: Sequence[Placed], wires: Sequence[str]) -> Network:
    """Return a network of nodes, with wires written ``"a.output > b.input"``."""
    network = Network(name)
    for node_id, kind, params, title, column, row in nodes:
        network.add_node(Node(node_id, kind, params, title, (column * _STEP, row * _ROW)))
    for text in wires:
        source, target = (end.split(".") for end in text.split(" > "))
        network.connect(Wire(*source, *target))
    return network


def encoder_layers(hidden: int = 256) -> list[Layer]:
    """Return the layers from any example to `hidden` features."""
    return [("Flatten", {}), ("Linear", {"out_features": hidden}), ("ReLU", {})]


def image_layers(port: DataPort, last: str = "", hidden: int = 256) -> list[Layer]:
    """Return the layers from features to an example like those of `port`.

    `last` is the kind of an activation at the end, or ''.
    """
    layers: list[Layer] = [
        ("Linear", {"out_features": hidden}),
        ("ReLU", {}),
        ("Linear", {"out_features": math.prod(port.shape)}),
    ]
    if last:
        layers.append((last, {}))
    if len(port.shape) != 1:
        layers.append(("Unflatten", {"dim": 1, "unflattened_size": port.shape}))
    return layers


def renamed(project: Project, network: Network) -> Network:
    """Return `network`, with a number behind its name where the project has one so called."""
    name, number = network.name, 2
    while name in project.networks:
        name, number = f"{network.name}{number}", number + 1
    network.name = name
    return network
