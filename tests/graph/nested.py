"""Projects with networks inside networks, for tests."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from graph.document import Network, Project
from graph.expressions import Argument, Expression
from tests import builders

__all__ = ["PROJECTS", "block", "decoder", "residual_block", "resnet", "siamese", "widening"]

C = Expression("channels")


def residual_block(name: str = "residual_block") -> Network:
    """Return a residual block of two convolutions, with a convolution beside them."""
    block = builders.graph(
        name,
        {
            "input": ("Input", {}, "x"),
            "conv1": ("Conv2d", {"out_channels": C, "kernel_size": 3, "padding": 1,
                                 "stride": Expression("stride"), "bias": False}, "conv1"),
            "norm1": ("BatchNorm2d", {}, "norm1"),
            "relu": "relu",
            "conv2": ("Conv2d", {"out_channels": C, "kernel_size": 3, "padding": 1,
                                 "bias": False}, "conv2"),
            "norm2": ("BatchNorm2d", {}, "norm2"),
            "shortcut": ("Conv2d", {"out_channels": C, "kernel_size": 1,
                                    "stride": Expression("stride"), "bias": False}, "shortcut"),
            "sum": "add",
            "out": "relu",
            "output": ("Output", {}, "y"),
        },
        ["input > conv1", "conv1 > norm1", "norm1 > relu", "relu > conv2", "conv2 > norm2",
         "input > shortcut", "norm2 > sum.input", "shortcut > sum.other", "sum > out",
         "out > output"],
    )  # fmt: skip
    block.set_arguments([Argument("channels", "int", 16), Argument("stride", "int", 1)])
    return block


def block(name: str, title: str = "", **params: Any) -> builders.Layer:
    """Return a block of a network with these arguments, and `repeat` and `share`."""
    own = {k: params.pop(k) for k in ("repeat", "share") if k in params}
    given = {"arguments": tuple(params.items())} if params else {}
    return ("Block", {"network": name, **given, **own}, title)


def resnet() -> Project:
    """Return a small ResNet for pictures of digits."""
    project = builders.project(residual_block(), data=builders.digits())
    name = "residual_block"
    layers = [
        ("Conv2d", {"out_channels": 16, "kernel_size": 3, "padding": 1}, "stem"),
        block(name, "stage1", channels=16, repeat=3),
        block(name, "stage2", channels=32, stride=2),
        block(name, "stage3", channels=32, repeat=2),
        block(name, "stage4", channels=64, repeat=3),
        ("AdaptiveAvgPool2d", {"output_size": 1}, "head"),
        "Flatten",
        ("Linear", {"out_features": 10}),
    ]
    net = builders.chain(layers, shape=(1, 8, 8), name="res_net", inside=project)
    project.add_network(net, 0)
    return project


def decoder() -> Project:
    """Return a stack of decoder layers, each of which is also given the memory."""
    layer = builders.graph(
        "decoder_layer",
        {
            "x": ("Input", {}, "x"),
            "memory": ("Input", {}, "memory"),
            "attention": ("MultiheadAttention", {"num_heads": Expression("heads"),
                                                 "batch_first": True}, "attention"),
            "sum": "add",
            "norm": ("LayerNorm", {}, "norm"),
            "wide": ("Linear", {"out_features": Expression("heads * 8")}, "wide"),
            "narrow": ("Linear", {"out_features": 16}, "narrow"),
            "output": ("Output", {}, "x"),
        },
        ["x > attention.query", "memory > attention.key", "attention > sum.input",
         "x > sum.other", "sum > norm", "norm > wide", "wide > narrow", "narrow > output"],
    )  # fmt: skip
    layer.set_arguments([Argument("heads", "int", 2)])
    project = builders.project(layer)
    network = builders.graph(
        "decoder",
        {
            "target": ("Input", {"shape": ("T", 16)}, "target"),
            "memory": ("Input", {"shape": (5, 16)}, "memory"),
            "layers": block("decoder_layer", "layers", heads=4, repeat=Expression("depth")),
            "head": ("Linear", {"out_features": 7}, "head"),
            "output": ("Output", {}, "logits"),
        },
        ["target > layers.x", "memory > layers.memory", "layers > head", "head > output"],
        project,
    )
    network.set_arguments([Argument("depth", "int", 3)])
    project.add_network(network)
    return project


def siamese() -> Project:
    """Return two branches with the same weights, and what lies between their codes."""
    encoder = builders.chain(
        ["Flatten", ("Linear", {"out_features": Expression("size")}), "ReLU"],
        name="encoder",
        source="image",
    )
    encoder.set_arguments([Argument("size", "int", 8)])
    project = builders.project(encoder)
    network = builders.graph(
        "siamese",
        {
            "left": ("Input", {"shape": (1, 8, 8)}, "left"),
            "right": ("Input", {"shape": (1, 8, 8)}, "right"),
            "first": block("encoder", size=12, share="encoder"),
            "second": block("encoder", size=12, share="encoder"),
            "distance": "sub",
            "output": ("Output", {}, "distance"),
        },
        ["left > first", "right > second", "first > distance.input", "second > distance.other",
         "distance > output"],
        project,
    )  # fmt: skip
    project.add_network(network)
    return project


def widening() -> Project:
    """Return a stage of blocks, of which the first has another input, in two widths."""
    project = builders.project(residual_block())
    stage = builders.chain(
        [
            block(
                "residual_block", "blocks", channels=Expression("width"), repeat=Expression("depth")
            )
        ],
        name="stage",
        source="x",
        inside=project,
    )
    stage.set_arguments([Argument("width", "int", 4), Argument("depth", "int", 2)])
    project.add_network(stage)
    layers = [
        block("stage", "narrow", width=4, depth=2),
        block("stage", "wide", width=6, depth=3),
        "Flatten",
        ("Linear", {"out_features": 3}, "head"),
    ]
    net = builders.chain(layers, shape=(3, 6, 6), name="net", inside=project)
    project.add_network(net, 0)
    return project


PROJECTS: dict[str, Callable[[], Project]] = {
    "resnet": resnet,
    "decoder": decoder,
    "siamese": siamese,
    "widening": widening,
}
