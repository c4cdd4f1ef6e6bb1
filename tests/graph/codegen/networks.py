"""The networks and training graphs whose code is kept in golden files."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import torch
from torch import Tensor, nn

from graph.dataspec import DataPort, DataSpec
from graph.document import Network, Project, Wire
from graph.edits import set_params
from tests import builders, systems
from tests.builders import add, connect

__all__ = ["NETWORKS", "PROJECTS", "REFERENCES", "several_losses", "two_optimizers"]


def _input(*shape: object, title: str = "") -> builders.Layer:
    return ("Input", {"shape": shape}, title)


def residual() -> Network:
    """A branch that goes around two convolutions."""
    return builders.graph(
        "residual",
        {
            "image": _input(8, 8, 8, title="image"),
            "c1": ("Conv2d", {"out_channels": 8, "kernel_size": 3, "padding": 1}, "first"),
            "relu": "ReLU",
            "c2": ("Conv2d", {"out_channels": 8, "kernel_size": 3, "padding": "same"}),
            "sum": "add",
            "relu2": "ReLU",
            "pool": ("AdaptiveAvgPool2d", {"output_size": 1}),
            "flat": "Flatten",
            "head": ("Linear", {"out_features": 4}, "head"),
            "out": ("Output", {}, "logits"),
        },
        ["image > c1", "c1 > relu", "relu > c2", "c2 > sum.input", "image > sum.other",
         "sum > relu2", "relu2 > pool", "pool > flat", "flat > head", "head > out"],
    )  # fmt: skip


def several() -> Network:
    """Two inputs, three outputs, of which one is an input as it came."""
    return builders.graph(
        "several",
        {
            "a": _input(4, title="left"),
            "b": _input(4, title="right"),
            "cat": ("cat", {"dim": 1}),
            "fc": ("Linear", {"out_features": 3}),
            "mul": "mul",
            "o1": ("Output", {}, "sum"),
            "o2": ("Output", {}, "product"),
            "o3": ("Output", {}, "as it came"),
        },
        ["a > cat.tensors0", "b > cat.tensors1", "cat > fc", "a > mul.input", "b > mul.other",
         "fc > o1", "mul > o2", "a > o3"],
    )  # fmt: skip


def lstm() -> Network:
    """A recurrent layer of which only the output is used, and one of which only the states are."""
    return builders.graph(
        "lstm",
        {
            "words": _input("T", 4, title="words"),
            "first": ("LSTM", {"hidden_size": 8, "batch_first": True, "bidirectional": True}),
            "second": ("LSTM", {"hidden_size": 6, "batch_first": True}),
            "h": ("Output", {}, "h"),
            "c": ("Output", {}, "c"),
        },
        ["words > first", "first.output > second", "second.h > h", "second.c > c"],
    )


def attention() -> Network:
    """Attention of which the weights are used, and attention without."""
    return builders.graph(
        "attention",
        {
            "tokens": _input("T", 16, title="tokens"),
            "one": ("MultiheadAttention", {"num_heads": 2, "batch_first": True}),
            "two": ("MultiheadAttention", {"num_heads": 4, "batch_first": True}, "second"),
            "out": ("Output", {}, "out"),
            "map": ("Output", {}, "map"),
        },
        ["tokens > one.query", "tokens > one.key", "tokens > one.value",
         "one > two.query", "tokens > two.key", "tokens > two.value",
         "two.output > out", "two.weights > map"],
    )  # fmt: skip


def titles() -> Network:
    """Titles that are keywords, builtins, attributes of nn.Module, the same, and not ASCII."""
    given = ["class", "print", "forward", "same", "same", "größe", "神经网络", "9 lives", "train"]
    nodes: dict[str, builders.Layer] = {"x": _input(6, title="input")}
    nodes |= {f"n{i}": ("Linear", {"out_features": 6}, title) for i, title in enumerate(given)}
    nodes["out"] = "Output"
    ids = list(nodes)
    wires = [f"{a} > {b}" for a, b in itertools.pairwise(ids)]
    network = builders.graph("titles", nodes, wires)
    add(network, "self", "relu", "self")
    add(network, "torch", "add", "torch")
    network.disconnect(Wire("n8", "output", "out", "input"))
    for wire in ("n8 > self", "n8 > torch.input", "self > torch.other", "torch > out"):
        connect(network, wire)
    return network


def variadic() -> Network:
    """Operations with as many inputs or outputs as an argument says."""
    return builders.graph(
        "variadic",
        {
            "x": _input(12, title="x"),
            "chunk": ("chunk", {"chunks": 3, "dim": 1}),
            "split": ("split", {"split_size_or_sections": (4, 4, 4), "dim": 1}, "part"),
            "stack": ("stack", {"inputs": 3, "dim": 1}),
            "einsum": ("einsum", {"equation": "nij,nkj->nik"}),
            "top": ("topk", {"k": 2}),
            "out": "Output",
        },
        ["x > chunk", "x > split", "chunk.output0 > stack.tensors0",
         "chunk.output2 > stack.tensors1", "split.output1 > stack.tensors2",
         "stack > einsum.operands0", "stack > einsum.operands1", "einsum > top",
         "top.values > out"],
    )  # fmt: skip


NETWORKS: dict[str, Callable[[], Network]] = {
    "cnn": lambda: builders.chain(builders.CNN, shape=(1, 8, 8), name="cnn"),
    "residual": residual,
    "several": several,
    "lstm": lstm,
    "attention": attention,
    "titles": titles,
    "variadic": variadic,
}


# -- the same by hand ----------------------------------------------------------------------------


def _residual(m: nn.Module, image: Tensor) -> tuple[Tensor, ...]:
    c1, c2 = (x for x in m.modules() if isinstance(x, nn.Conv2d))
    x = c2(c1(image).relu()) + image
    (head,) = (x for x in m.modules() if isinstance(x, nn.Linear))
    return (head(x.relu().mean((2, 3))),)


def _cnn(m: nn.Module, image: Tensor) -> tuple[Tensor, ...]:
    (conv,) = (x for x in m.modules() if isinstance(x, nn.Conv2d))
    (head,) = (x for x in m.modules() if isinstance(x, nn.Linear))
    x = nn.functional.max_pool2d(conv(image).relu(), 2)
    return (head(x.flatten(1)),)


def _several(m: nn.Module, left: Tensor, right: Tensor) -> tuple[Tensor, ...]:
    (fc,) = (x for x in m.modules() if isinstance(x, nn.Linear))
    return fc(torch.cat((left, right), dim=1)), left * right, left


def _lstm(m: nn.Module, words: Tensor) -> tuple[Tensor, ...]:
    first, second = (x for x in m.modules() if isinstance(x, nn.LSTM))
    return second(first(words)[0])[1]


def _attention(m: nn.Module, tokens: Tensor) -> tuple[Tensor, ...]:
    one, two = (x for x in m.modules() if isinstance(x, nn.MultiheadAttention))
    return two(one(tokens, tokens, tokens)[0], tokens, tokens)


def _titles(m: nn.Module, x: Tensor) -> tuple[Tensor, ...]:
    for layer in (x for x in m.modules() if isinstance(x, nn.Linear)):
        x = layer(x)
    return (x + x.relu(),)


def _variadic(m: nn.Module, x: Tensor) -> tuple[Tensor, ...]:
    x = torch.stack((x[:, :4], x[:, 8:], x[:, 4:8]), dim=1)
    return ((x @ x.transpose(1, 2)).topk(2).values,)


REFERENCES: dict[str, Callable[..., tuple[Tensor, ...]]] = {
    "cnn": _cnn,
    "residual": _residual,
    "several": _several,
    "lstm": _lstm,
    "attention": _attention,
    "titles": _titles,
    "variadic": _variadic,
}


# -- training graphs -----------------------------------------------------------------------------


def several_losses() -> Project:
    """Two losses with weights on one optimizer, two metrics, a schedule per epoch, clipping."""
    network = builders.chain(
        [("Linear", {"out_features": 8}), "ReLU", ("Linear", {"out_features": 1})], name="regressor"
    )
    project = builders.trained(network, data=_table(1), early_stopping=2)
    training = project.training
    training.disconnect(training.wires_in("optimizer")["loss"])
    add(training, "robust", "SmoothL1Loss", "robust")
    add(training, "total", "WeightedSum", "total", weights=(1.0, 0.25))
    for wire in ("network > robust.input", "data.target > robust.target",
                 "loss > total.input0", "robust > total.input1", "total > optimizer"):  # fmt: skip
        connect(training, wire)
    add(training, "steps", "StepLR", step_size=2)
    connect(training, "optimizer > steps")
    clipped = {"lr": 0.05, "clip_norm": 1.0, "clip_value": 0.5}
    set_params(training, "optimizer", clipped).apply(project)
    return project


def two_optimizers() -> Project:
    """Two networks, each with a loss and an optimizer of its own; one steps in every second batch,
    with a schedule per batch."""
    networks = [
        builders.chain([("Linear", {"out_features": 1})], name=name) for name in ("left", "right")
    ]
    project = builders.project(*networks, data=_table(1))
    training = project.training
    add(training, "data", "Data")
    for name, loss, optimizer in (("left", "MSELoss", "Adam"), ("right", "L1Loss", "SGD")):
        add(training, name, "Network", network=name)
        add(training, f"{name}_loss", loss, f"{name} error")
        add(training, f"{name}_step", optimizer, name)
        connect(training, f"data.features > {name}.image")
        connect(training, f"{name}.logits > {name}_loss.input")
        connect(training, f"data.target > {name}_loss.target")
        connect(training, f"{name}_loss > {name}_step")
    momentum = {"lr": 0.01, "every": 2, "momentum": 0.9}
    set_params(training, "right_step", momentum).apply(project)
    add(training, "cycle", "OneCycleLR", max_lr=0.05)
    connect(training, "right_step > cycle")
    add(training, "error", "MeanAbsoluteError")
    connect(training, "left.logits > error.prediction")
    connect(training, "data.target > error.target")
    return project


def _table(width: int) -> DataSpec:
    target = DataPort(name="target", type="number", columns=("y",), shape=(width,))
    return DataSpec(source="csv", path="table.csv", ports=(builders.NUMBERS, target))


def classifier() -> Project:
    """What a new project starts with."""
    return builders.trained(builders.chain(builders.CNN, name="classifier"))


PROJECTS: dict[str, Callable[[], Project]] = {
    "classifier": classifier,
    "several_losses": several_losses,
    "two_optimizers": two_optimizers,
    "gan": systems.gan,
    "critic": systems.critic,
    "momentum_teacher": systems.momentum_teacher,
}
