"""Small projects built in code, for tests."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

from graph import recipes
from graph.dataspec import DataPort, DataSpec, Split
from graph.document import Network, Node, Project, Wire
from graph.settings import RunSettings

__all__ = ["CNN", "IMAGE", "LABEL", "NUMBERS", "add", "chain", "graph", "project", "trained"]

IMAGE = DataPort(name="image", type="image", columns=("image",), shape=(1, 28, 28))
LABEL = DataPort(
    name="label",
    type="category",
    columns=("label",),
    shape=(),
    dtype="int64",
    classes=tuple("0123456789"),
)
NUMBERS = DataPort(name="features", type="number", columns=("a", "b", "c", "d"), shape=(4,))

Layer = str | tuple[str, Mapping[str, Any]] | tuple[str, Mapping[str, Any], str]
"""A kind, or a kind with arguments, or these with a title."""

#: The layers of a small classifier of digits.
CNN: tuple[Layer, ...] = (
    ("Conv2d", {"out_channels": 8, "kernel_size": 3}),
    "ReLU",
    ("MaxPool2d", {"kernel_size": 2}),
    "Flatten",
    ("Linear", {"out_features": 10}),
)


def graph(
    name: str,
    nodes: Mapping[str, Layer],
    wires: Sequence[str],
    inside: Project | None = None,
) -> Network:
    """Return a network of `nodes` by id, with wires written ``"a.output > b.input"``.

    A port that is left out is the first there is. Nodes stand from left to right in their order.
    `inside` is the project whose networks may stand in it as blocks.
    """
    network = Network(name, inside)
    for i, (node_id, layer) in enumerate(nodes.items()):
        kind, params, title = _spelled_out(layer)
        network.add_node(Node(node_id, kind, params, title, (200.0 * i, 0.0)))
    for wire in wires:
        connect(network, wire)
    return network


def connect(network: Network, text: str) -> None:
    """Draw the wire ``"a.output > b.input"``; a port that is left out is the first there is."""
    network.restore_wire(parse_wire(network, text))


def parse_wire(network: Network, text: str) -> Wire:
    """Return the wire that :func:`connect` draws."""
    (source, out), (target, into) = (end.strip().partition(".")[::2] for end in text.split(">"))
    out = out or network.ports(source).outputs[0].name
    return Wire(source, out, target, into or network.ports(target).inputs[0].name)


def _spelled_out(layer: Layer) -> tuple[str, dict[str, Any], str]:
    if isinstance(layer, str):
        return layer, {}, ""
    kind, params, *title = layer
    return kind, dict(params), title[0] if title else ""


def chain(
    layers: Sequence[Layer],
    *,
    shape: tuple[Any, ...] | None = None,
    dtype: str = "float32",
    name: str = "net",
    source: str = "image",
    inside: Project | None = None,
) -> Network:
    """Return a network of layers in a row: ``input``, ``n1``, ``n2`` ..., ``output``."""
    first = {} if shape is None else {"shape": shape, "dtype": dtype}
    nodes: dict[str, Layer] = {"input": ("Input", first, source)}
    nodes |= {f"n{i}": layer for i, layer in enumerate(layers, 1)}
    nodes["output"] = ("Output", {}, "logits")
    ids = list(nodes)
    return graph(name, nodes, [f"{a} > {b}" for a, b in itertools.pairwise(ids)], inside)


def project(*networks: Network, data: DataSpec | None = None, **settings: Any) -> Project:
    """Return a project with these networks, without a training graph."""
    made = Project("Test")
    for network in networks:
        made.add_network(network)
    if data is not None:
        made.set_data(data)
    made.set_settings(RunSettings(**{"device": "cpu", "threads": 1, "epochs": 2, **settings}))
    return made


def digits(**split: Any) -> DataSpec:
    """Return the embedded digits at 8x8, so that a step takes little time."""
    image = IMAGE.model_copy(update={"shape": (1, 8, 8)})
    return DataSpec(source="digits", image_size=(8, 8), ports=(image, LABEL), split=Split(**split))


def trained(*networks: Network, data: DataSpec | None = None, **settings: Any) -> Project:
    """Return a project whose first network learns the last column of the data."""
    made = project(*networks, data=data or digits(), **settings)
    recipes.supervised(made, recipes.guess(made)).apply(made)
    return made


def add(network: Network, node_id: str, kind: str, title: str = "", /, **params: Any) -> str:
    """Add a node at the right of all others; return its id."""
    at = max((node.position[0] for node in network), default=-200.0) + 200.0
    network.add_node(Node(node_id, kind, params, title, (at, 0.0)))
    return node_id
