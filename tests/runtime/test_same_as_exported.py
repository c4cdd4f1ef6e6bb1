"""What trains here and what is exported give the same losses, to the last bit."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from graph import recipes
from graph.document import Node, Project
from graph.edits import insert_node, set_params
from runtime.export import export
from runtime.session import State
from tests import builders, systems
from tests.graph import nested
from tests.runtime.training import classifier, finished, pictures, regressor, small, table

#: Runs the train.py of every folder named, each as if it were alone.
_DRIVER = """
import os, runpy, sys
for folder in sys.argv[1:]:
    os.chdir(folder)
    sys.path.insert(0, folder)
    print("folder", os.path.basename(folder))
    runpy.run_path("train.py", run_name="__main__")
    sys.path.remove(folder)
    for name in ("data", "model"):
        del sys.modules[name]
"""

Results = dict[str, float]


def _scheduled(kind: str, folder: Path, **params: float) -> Project:
    project = regressor(folder, {"lr": 0.05, "clip_norm": 0.8}, epochs=4, batch_size=32)
    training = project.training
    builders.add(training, "schedule", kind, **params)
    builders.connect(training, "optimizer > schedule")
    return project


def _two_optimizers(folder: Path) -> Project:
    """Two networks with a loss and an optimizer each; the second steps every third time."""
    layers = [("Linear", {"out_features": 8}), "ReLU", ("Linear", {"out_features": 1})]
    networks = [builders.chain(layers, name=name) for name in ("left", "Right")]
    project = builders.project(*networks, data=table(folder), epochs=3, batch_size=16)
    training = project.training
    builders.add(training, "data", "Data")
    for name, loss, kind in (("left", "MSELoss", "Adam"), ("Right", "L1Loss", "SGD")):
        builders.add(training, name, "Network", network=name)
        builders.add(training, f"{name}_loss", loss, f"{name} error")
        builders.add(training, f"{name}_step", kind)
        for wire in (
            f"data.features > {name}.image",
            f"{name}.logits > {name}_loss.input",
            f"data.target > {name}_loss.target",
            f"{name}_loss > {name}_step",
        ):
            builders.connect(training, wire)
    sgd = {"lr": 0.01, "momentum": 0.9, "every": 3, "clip_value": 0.1}
    set_params(training, "Right_step", sgd).apply(project)
    builders.add(training, "plateau", "ReduceLROnPlateau", patience=0, threshold=0.5)
    builders.connect(training, "Right_step > plateau")
    builders.add(training, "error", "MeanAbsoluteError")
    builders.connect(training, "left.logits > error.prediction")
    builders.connect(training, "data.target > error.target")
    return project


def _several_losses(folder: Path) -> Project:
    project = regressor(folder, {"lr": 0.02}, epochs=3)
    training = project.training
    builders.add(training, "robust", "SmoothL1Loss")
    builders.connect(training, "network > robust.input")
    builders.connect(training, "data.target > robust.target")
    builders.add(training, "total", "WeightedSum", weights=(0.5, 2.0))
    training.disconnect(training.wires_in("optimizer")["loss"])
    for wire in ("loss > total.input0", "robust > total.input1", "total > optimizer"):
        builders.connect(training, wire)
    return project


def _noisy(folder: Path) -> Project:
    """Random numbers inside of the network, in training and in validation."""
    project = regressor(folder, epochs=3)
    network = project.network("net")
    wire = network.wires_in("n1")["input"]
    insert_node(network, wire, Node("noise", "randn_like")).apply(project)
    builders.add(network, "sum", "add")
    network.disconnect(network.wires_in("n1")["input"])
    for text in ("input > sum.input", "noise > sum.other", "sum > n1"):
        builders.connect(network, text)
    return project


def _weighted_classes(folder: Path) -> Project:
    project = classifier(epochs=2, shuffle=False, batch_size=50)
    set_params(project.training, "loss", {"label_smoothing": 0.1}).apply(project)
    return project


def _averages(folder: Path) -> Project:
    """Averaged weights under early stopping, which puts the best ones back at the end."""
    return systems.momentum_teacher(data=small(), epochs=30, batch_size=50, early_stopping=1)


def _contrastive(folder: Path) -> Project:
    """Two views of each picture, augmented in the network and before it, are told from others."""
    layers: list[builders.Layer] = [
        ("RandomAffine", {"degrees": 15.0}),
        ("RandomErasing", {"p": 0.8}),
        "Flatten",
        ("Linear", {"out_features": 16}),
    ]
    network = builders.chain(layers)
    project = builders.project(network, data=small(), epochs=3, batch_size=50)
    training = project.training
    builders.add(training, "data", "Data")
    builders.add(training, "noise", "GaussianNoise", sigma=0.2)
    builders.add(training, "contrast", "NTXentLoss", temperature=0.2)
    builders.add(training, "likeness", "CosineRegressionLoss")
    builders.add(training, "hits", "HitsAtK", k=3)
    builders.add(training, "adam", "Adam")
    for use, contrast, likeness in (("one", "z1", "input"), ("two", "z2", "target")):
        builders.add(training, use, "Network", network="net")
        builders.connect(training, f"{'data.image' if use == 'one' else 'noise'} > {use}.image")
        builders.connect(training, f"{use}.logits > contrast.{contrast}")
        builders.connect(training, f"{use}.logits > likeness.{likeness}")
    builders.connect(training, "data.image > noise")
    builders.connect(training, "one.logits > hits.scores")
    builders.connect(training, "data.label > hits.target")
    builders.connect(training, "contrast > adam.loss")
    return project


def _blocks(folder: Path) -> Project:
    """Blocks in a row, repeated, with sizes of their own; and two with the same weights."""
    project = nested.resnet()
    project.set_data(small())
    net = project.networks["res_net"]
    for wire in (*net.wires_in("n2").values(), *net.wires_in("n3").values()):
        net.disconnect(wire)
    shared = {"network": "residual_block", "share": "same"}
    net.add_node(Node("a", "Block", shared, position=(390.0, 200.0)))
    net.add_node(Node("b", "Block", shared, position=(395.0, 200.0)))
    for wire in ("n1 > a", "a > b", "b > n2", "n2 > n3"):
        builders.connect(net, wire)
    project.set_settings(project.settings.model_copy(update={"epochs": 2, "batch_size": 50}))
    recipes.supervised(project, recipes.guess(project)).apply(project)
    return project


CASES: dict[str, Callable[[Path], Project]] = {
    "dropout_and_batch_norm": lambda folder: classifier(epochs=3, batch_size=37),
    "shuffle_off": _weighted_classes,
    "step": lambda folder: _scheduled("StepLR", folder, step_size=2),
    "plateau": lambda folder: _scheduled("ReduceLROnPlateau", folder, patience=0, threshold=0.5),
    "one_cycle": lambda folder: _scheduled("OneCycleLR", folder, max_lr=0.1),
    "cosine": lambda folder: _scheduled("CosineAnnealingLR", folder),
    "early_stopping": lambda folder: regressor(
        folder, {"lr": 0.5}, epochs=60, early_stopping=2, batch_size=64
    ),
    "watched_metric": lambda folder: classifier(
        epochs=40, batch_size=64, early_stopping=2, watch="accuracy"
    ),
    "two_optimizers": _two_optimizers,
    "several_losses": _several_losses,
    "noise": _noisy,
    "blocks": _blocks,
    "gan": lambda folder: systems.gan(data=small(), epochs=3, batch_size=50),
    "critic": lambda folder: systems.critic(data=small(), epochs=3, batch_size=50),
    "vae": lambda folder: systems.vae(data=small(), epochs=3, batch_size=50),
    "averages": _averages,
    "streamed": lambda folder: pictures(folder, memory=0),
    "contrastive": _contrastive,
}


@pytest.fixture(scope="module")
def results(
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[str, tuple[list[Results], list[Results]]]:
    """By case: what the session measured and what train.py printed, epochs first, then the test."""
    here, folders = {}, []
    for name, make in CASES.items():
        folder = tmp_path_factory.mktemp(name)
        project = make(folder)
        project.set_name(name)
        folders.append(folder / name)
        export(project, folder, folders[-1])
        session = finished(project, folder, watch=name == "noise")
        assert session.state is State.FINISHED, session.failure
        here[name] = [_flat(epoch.metrics) for epoch in session.outcome.epochs]
        here[name].append(session.outcome.test)
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", _DRIVER, *map(str, folders)],
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    there: dict[str, list[Results]] = {}
    for line in done.stdout.splitlines():
        if line.startswith("folder "):
            there[line.split()[1]] = found = []
        else:
            text = line.partition(": ")[2]
            found.append({k: float(v) for k, v in re.findall(r"([^,]+?) ([^ ,]+)(?:, |$)", text)})
    return {name: (here[name], there[name]) for name in CASES}


def _flat(metrics: dict[str, dict[str, float]]) -> Results:
    return {f"{split} {name}": v for split, found in metrics.items() for name, v in found.items()}


@pytest.mark.parametrize("name", CASES)
def test_every_number_is_the_same(
    name: str, results: dict[str, tuple[list[Results], list[Results]]]
) -> None:
    here, there = results[name]
    assert here == there
    assert len(here) > 2
    assert here[0] != here[1]


def test_early_stopping_watches_the_metric_that_the_settings_name(
    results: dict[str, tuple[list[Results], list[Results]]],
) -> None:
    here, _ = results["watched_metric"]
    assert len(here) < 41
    values = [epoch["validation accuracy"] for epoch in here[:-1]]
    assert values.index(max(values)) == len(values) - 3


def test_early_stopping_stops(
    results: dict[str, tuple[list[Results], list[Results]]],
) -> None:
    here, _ = results["early_stopping"]
    assert len(here) < 61
    losses = [epoch["validation loss"] for epoch in here[:-1]]
    assert min(losses) == losses[-3], "two epochs without a better loss, then the end"
