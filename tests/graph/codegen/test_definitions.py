"""Functions written into a program are called, never hidden by a value that has their name."""

from __future__ import annotations

import torch

from graph.analysis import Analysis
from graph.catalog import formulas
from graph.codegen import generate_network, generate_training
from graph.compile import compile_source
from graph.dataspec import DataPort, DataSpec
from graph.document import Project
from tests import builders
from tests.builders import add, connect


def _run(project: Project, *inputs: torch.Tensor) -> object:
    analysis = Analysis(project)
    source = generate_network(project, "net", analysis)
    analysis.close()
    module = compile_source(source, "net").names["Net"]()
    return module(*inputs)


def test_in_a_network_whose_values_want_the_function_s_name() -> None:
    network = builders.graph(
        "net",
        {
            "features": ("Input", {"shape": (8,)}, "rotate"),
            "angle": ("Input", {"shape": (4,)}, "angle"),
            "turned": "rotate",
            "again": ("rotate", {}, "rotate"),
            "sum": "add",
            "out": "Output",
        },
        ["features > turned.input", "angle > turned.angle", "turned > again.input",
         "angle > again.angle", "turned > sum.input", "again > sum.other", "sum > out"],
    )  # fmt: skip
    features, angle = torch.randn(3, 8), torch.randn(3, 4)
    once = formulas.rotate(features, angle)
    found = _run(builders.project(network), features, angle)
    assert isinstance(found, torch.Tensor)
    torch.testing.assert_close(found, once + formulas.rotate(once, angle))


def test_in_a_training_graph_with_several_losses() -> None:
    ports = [
        DataPort(name=name, type="number", columns=("a", "b"), shape=(2,))
        for name in ("gaussian_kl", "target")
    ]
    data = DataSpec(source="csv", path="t.csv", ports=tuple(ports))
    network = builders.chain([("Linear", {"out_features": 2})], shape=(2,))
    project = builders.project(network, data=data)
    training = project.training
    add(training, "data", "Data")
    add(training, "use", "Network", network="net")
    connect(training, "data.gaussian_kl > use.image")
    terms = ("GaussianKL", "NTXentLoss", "CosineRegressionLoss")
    for name in terms:
        kind = training.kind(add(training, name, name)).ports({}, None).inputs
        connect(training, f"use.logits > {name}.{kind[0].name}")
        connect(training, f"data.target > {name}.{kind[1].name}")
    add(training, "total", "WeightedSum", inputs=3)
    add(training, "adam", "Adam")
    for i, name in enumerate(terms):
        connect(training, f"{name} > total.input{i}")
    connect(training, "total > adam.loss")
    analysis = Analysis(project)
    source = generate_training(project, analysis)
    analysis.close()
    compute = compile_source(source, "training").names["compute_loss"]
    x, y = torch.randn(5, 2), torch.randn(5, 2)
    losses = compute(torch.nn.Identity(), x, y)
    by_hand = {
        "gaussian_kl": formulas.gaussian_kl(x, y),
        "nt_xent_loss": formulas.nt_xent_loss(x, y),
        "cosine_regression_loss": formulas.cosine_regression_loss(x, y),
    }
    assert list(losses) == ["loss", *by_hand]
    for name, value in by_hand.items():
        torch.testing.assert_close(losses[name], value)
    torch.testing.assert_close(losses["loss"], sum(by_hand.values()))
