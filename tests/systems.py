"""Training graphs of several networks and optimizers, drawn as a user would."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

from graph.dataspec import DataSpec
from graph.document import Network, Project
from tests import builders

__all__ = ["critic", "draw", "gan", "language_model", "momentum_teacher", "row", "vae"]


def draw(project: Project, nodes: Mapping[str, builders.Layer], wires: Sequence[str]) -> None:
    """Draw nodes, from left to right, and wires into the training graph."""
    for node_id, layer in nodes.items():
        kind, params, *title = (layer, {}) if isinstance(layer, str) else layer
        builders.add(project.training, node_id, kind, *title, **params)
    for wire in wires:
        builders.connect(project.training, wire)


def row(name: str, source: str, layers: Sequence[builders.Layer], result: str) -> Network:
    """Return a network of layers in a row, with its input and output called as given."""
    nodes: dict[str, builders.Layer] = {"in": ("Input", {}, source)}
    nodes |= {f"n{i}": layer for i, layer in enumerate(layers)}
    nodes["out"] = ("Output", {}, result)
    return builders.graph(name, nodes, [f"{a} > {b}" for a, b in itertools.pairwise(nodes)])


def _networks() -> tuple[Network, Network]:
    generator = row(
        "generator",
        "noise",
        (
            ("Linear", {"out_features": 16}),
            "BatchNorm1d",
            "ReLU",
            ("Linear", {"out_features": 64}),
            ("Unflatten", {"dim": 1, "unflattened_size": (1, 8, 8)}),
        ),
        "image",
    )
    layers = (
        "Flatten",
        ("Linear", {"out_features": 16}),
        ("LeakyReLU", {"negative_slope": 0.2}),
        ("Dropout", {"p": 0.25}),
        ("Linear", {"out_features": 1}),
    )
    return generator, row("discriminator", "image", layers, "score")


def gan(data: DataSpec | None = None, **settings: Any) -> Project:
    """A generator and a discriminator, each with its own optimizer."""
    project = builders.project(*_networks(), data=data or builders.digits(), **settings)
    loss = "BCEWithLogitsLoss"
    adam = {"lr": 2e-4, "betas": (0.5, 0.999)}
    nodes: dict[str, builders.Layer] = {
        "data": "Data",
        "noise": ("Noise", {"shape": (8,)}),
        "generate": ("Network", {"network": "generator"}, "fake"),
        "detach": "detach",
        "real": ("Network", {"network": "discriminator"}, "real score"),
        "fake": ("Network", {"network": "discriminator"}, "fake score"),
        "ones": "ones_like",
        "zeros": "zeros_like",
        "real_loss": (loss, {}, "real loss"),
        "fake_loss": (loss, {}, "fake loss"),
        "sum": "WeightedSum",
        "train_discriminator": ("Adam", dict(adam)),
        "judged": ("Network", {"network": "discriminator"}, "score"),
        "wanted": "ones_like",
        "fool": loss,
        "train_generator": ("Adam", {**adam, "networks": ("generator",)}),
    }
    wires = [
        *("noise > generate", "generate > detach", "data.image > real", "detach > fake"),
        *("real > ones", "real > real_loss.input", "ones > real_loss.target"),
        *("fake > zeros", "fake > fake_loss.input", "zeros > fake_loss.target"),
        *("real_loss > sum.input0", "fake_loss > sum.input1", "sum > train_discriminator"),
        *("generate > judged", "judged > wanted", "judged > fool.input", "wanted > fool.target"),
        "fool > train_generator",
    ]
    draw(project, nodes, wires)
    return project


def critic(data: DataSpec | None = None, **settings: Any) -> Project:
    """A generator and a critic of scores (Wasserstein, with a gradient penalty), several steps of
    which go before each of the generator's."""
    project = builders.project(*_networks(), data=data or builders.digits(), **settings)
    adam = {"lr": 1e-3, "betas": (0.0, 0.9)}
    nodes: dict[str, builders.Layer] = {
        "data": "Data",
        "noise": ("Noise", {"shape": (8,), "distribution": "uniform", "low": -1}),
        "generate": ("Network", {"network": "generator"}, "fake"),
        "detach": "detach",
        "real": ("Network", {"network": "discriminator"}, "real score"),
        "fake": ("Network", {"network": "discriminator"}, "fake score"),
        "apart": ("WassersteinCriticLoss", {}, "distance"),
        "penalty": ("GradientPenalty", {"network": "discriminator"}),
        "sum": ("WeightedSum", {"weights": (1.0, 10.0)}),
        "train_critic": ("Adam", {**adam, "networks": ("discriminator",)}),
        "judged": ("Network", {"network": "discriminator"}, "score"),
        "fool": "WassersteinGeneratorLoss",
        "train_generator": ("Adam", {**adam, "every": 2, "networks": ("generator",)}),
    }
    wires = [
        *("noise > generate", "generate > detach", "data.image > real", "detach > fake"),
        *("real > apart.real", "fake > apart.fake", "data.image > penalty.real"),
        *("generate > penalty.fake", "apart > sum.input0", "penalty > sum.input1"),
        *("sum > train_critic", "generate > judged", "judged > fool", "fool > train_generator"),
    ]
    draw(project, nodes, wires)
    return project


def vae(data: DataSpec | None = None, **settings: Any) -> Project:
    """An encoder to mean and logarithmic variance, a sample between them, and a decoder."""
    encoder = builders.graph(
        "encoder",
        {
            "in": ("Input", {}, "image"),
            "flat": "Flatten",
            "hidden": ("Linear", {"out_features": 16}),
            "relu": "ReLU",
            "mu": ("Linear", {"out_features": 4}),
            "logvar": ("Linear", {"out_features": 4}),
            "out_mu": ("Output", {}, "mu"),
            "out_logvar": ("Output", {}, "logvar"),
        },
        ["in > flat", "flat > hidden", "hidden > relu", "relu > mu", "relu > logvar",
         "mu > out_mu", "logvar > out_logvar"],
    )  # fmt: skip
    decoder = row(
        "decoder",
        "z",
        (
            ("Linear", {"out_features": 64}),
            ("Unflatten", {"dim": 1, "unflattened_size": (1, 8, 8)}),
        ),
        "image",
    )
    project = builders.project(encoder, decoder, data=data or builders.digits(), **settings)
    nodes: dict[str, builders.Layer] = {
        "data": "Data",
        "encode": ("Network", {"network": "encoder"}),
        "half": ("mul", {"other": 0.5}),
        "exp": ("exp", {}, "std"),
        "noise": ("Noise", {"shape": (4,)}, "epsilon"),
        "scale": "mul",
        "z": ("add", {}, "z"),
        "decode": ("Network", {"network": "decoder"}),
        "reconstruction": ("MSELoss", {}, "reconstruction"),
        "square": ("pow", {"exponent": 2}),
        "size": ("mean", {}, "prior"),
        "sum": ("WeightedSum", {"weights": (1.0, 0.01)}),
        "optimizer": "Adam",
    }
    wires = [
        *("data.image > encode.image", "encode.logvar > half", "half > exp"),
        *("exp > scale.input", "noise > scale.other", "encode.mu > z.input", "scale > z.other"),
        *("z > decode", "decode > reconstruction.input", "data.image > reconstruction.target"),
        *("encode.mu > square", "square > size", "reconstruction > sum.input0"),
        *("size > sum.input1", "sum > optimizer"),
    ]
    draw(project, nodes, wires)
    return project


def language_model(data: DataSpec, **settings: Any) -> Project:
    """A network that tells each token of a text from those before, and writes while it learns."""
    (port,) = data.ports
    size = len(port.vocabulary)
    layers: tuple[builders.Layer, ...] = (
        ("Embedding", {"num_embeddings": size, "embedding_dim": 8}),
        ("GRU", {"hidden_size": 16, "batch_first": True}),
        ("Linear", {"out_features": size}),
    )
    project = builders.project(row("model", "tokens", layers, "logits"), data=data, **settings)
    nodes: dict[str, builders.Layer] = {
        "data": "Data",
        "shift": "Shift",
        "model": ("Network", {"network": "model"}),
        "loss": "SequenceCrossEntropy",
        "optimizer": "Adam",
        "told": "ShowText",
        "writes": ("GenerateText", {"network": "model", "length": 12, "prompt": "the "}),
    }
    wires = ["data > shift", "shift.input > model", "model > loss.input",
             "shift.target > loss.target", "loss > optimizer", "model > told"]  # fmt: skip
    draw(project, nodes, wires)
    return project


def momentum_teacher(data: DataSpec | None = None, **settings: Any) -> Project:
    """A student that learns to say of a noisy picture what its own average says of the clean one.

    Its encoder normalises over batches, so that averages have buffers.
    """
    layers = ("Flatten", ("Linear", {"out_features": 16}), "BatchNorm1d", "ReLU")
    encoder = row("encoder", "image", layers, "features")
    predictor = row("predictor", "features", (("Linear", {"out_features": 16}),), "features")
    project = builders.project(encoder, predictor, data=data or builders.digits(), **settings)
    nodes: dict[str, builders.Layer] = {
        "data": "Data",
        "drop": "Dropout",
        "student": ("Network", {"network": "encoder"}, "student"),
        "predict": ("Network", {"network": "predictor"}, "prediction"),
        "teacher": ("EMA", {"network": "encoder", "decay": 0.9}),
        "loss": "MSELoss",
        "optimizer": ("SGD", {"lr": 0.1, "momentum": 0.9}),
    }
    wires = ["data.image > drop", "drop > student", "student > predict", "data.image > teacher",
             "predict > loss.input", "teacher > loss.target", "loss > optimizer"]  # fmt: skip
    draw(project, nodes, wires)
    return project
