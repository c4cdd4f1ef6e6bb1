"""A run that goes on is the run that never stopped, to the bit."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from graph.document import Project
from graph.edits import set_params
from graph.errors import FileError
from runtime import checkpoint
from runtime.control import Control
from runtime.plan import prepare
from runtime.runs import Epoch, Run
from runtime.session import Session, State
from runtime.telemetry import Telemetry
from runtime.trainer import Trainer
from tests import builders, systems
from tests.runtime.training import classifier, finished, regressor, small


def _scheduled(kind: str, folder: Path, optimizer: str = "Adam", **params: Any) -> Project:
    project = regressor(folder, batch_size=32)
    training = project.training
    if optimizer != "Adam":
        loss = training.wires_in("optimizer")["loss"]
        training.disconnect(loss)
        training.remove_node("optimizer")
        builders.add(training, "optimizer", optimizer, lr=0.05)
        training.connect(loss)
    builders.add(training, "schedule", kind, **params)
    builders.connect(training, "optimizer > schedule")
    return project


CASES: dict[str, Callable[[Path], Project]] = {
    "dropout_and_batch_norm": lambda folder: classifier(batch_size=64),
    "momentum": lambda folder: _scheduled("StepLR", folder, "SGD", step_size=2),
    "plateau": lambda folder: _scheduled("ReduceLROnPlateau", folder, patience=0, threshold=0.9),
    "one_cycle": lambda folder: _scheduled("OneCycleLR", folder, max_lr=0.1),
    "cosine": lambda folder: _scheduled("CosineAnnealingLR", folder, T_max=3),
    "averaged": lambda folder: _scheduled("ExponentialLR", folder, "ASGD", gamma=0.9),
    "nadam": lambda folder: _scheduled("LinearLR", folder, "NAdam"),
    "gan": lambda folder: systems.gan(data=small(), batch_size=50),
    "averages": lambda folder: systems.momentum_teacher(
        data=small(), batch_size=50, early_stopping=1
    ),
    "patience": lambda folder: regressor(folder, {"lr": 0.02}, early_stopping=3),
}


def _stopped_after(project: Project, folder: Path, epochs: int) -> Run:
    """Train, and stop in the middle of the epoch after so many."""
    session = Session(project, base=folder, folder=folder / "runs", watch=False)
    ordinary = session._on_epoch

    def on_epoch(epoch: Epoch) -> None:
        ordinary(epoch)
        if epoch.epoch == epochs:
            session.stop()

    session._on_epoch = on_epoch  # type: ignore[method-assign]
    session.start()
    assert session.join(120)
    assert (session.state, session.failure) == (State.STOPPED, None)
    return Run.open(session.run.folder)


def _metrics(session: Session) -> list[Any]:
    return [(epoch.epoch, epoch.metrics, epoch.learning_rates) for epoch in session.outcome.epochs]


@pytest.mark.parametrize("name", CASES)
def test_stopped_and_gone_on_equals_uninterrupted(name: str, tmp_path: Path) -> None:
    project = CASES[name](tmp_path)
    project.set_settings(project.settings.model_copy(update={"epochs": 5}))
    whole = finished(project, tmp_path)
    run = _stopped_after(project, tmp_path, 2)
    rest = finished(run.project(), tmp_path, resume=run)
    assert rest.state is State.FINISHED
    assert _metrics(rest) == _metrics(whole)[2:]
    assert rest.outcome.test == whole.outcome.test
    again, first = Run.open(run.folder), Run.open(whole.run.folder)
    assert again.info.state == "finished"
    assert [e["validation"] for e in again.epochs()] == [e["validation"] for e in first.epochs()]
    assert again.info.best_epoch == first.info.best_epoch
    there, here = again.checkpoint()[0], first.checkpoint()[0]
    assert there.keys() == here.keys()
    for key, tensor in here.items():
        assert torch.equal(there[key], tensor), key
    name = next(name for name in first.steps() if name.startswith("train/"))
    steps = again.steps()[name][0]
    assert list(steps) == list(range(1, len(steps) + 1)), "the curve goes on where it was"
    assert len(steps) == len(first.steps()[name][0])


@pytest.mark.parametrize("name", ["dropout_and_batch_norm", "patience", "momentum"])
def test_a_finished_run_goes_on_for_more_epochs(name: str, tmp_path: Path) -> None:
    project = CASES[name](tmp_path)
    longer = project.settings.model_copy(update={"epochs": 4})
    project.set_settings(longer.model_copy(update={"epochs": 2}))
    run = Run.open(finished(project, tmp_path).run.folder)
    assert run.info.state == "finished"
    project.set_settings(longer)
    whole = finished(project, tmp_path)
    rest = finished(project, tmp_path, resume=run)
    assert _metrics(rest) == _metrics(whole)[2:]
    assert len(Run.open(run.folder).epochs()) == 4


def test_a_one_cycle_schedule_lasts_for_the_epochs_there_are_now(tmp_path: Path) -> None:
    project = CASES["one_cycle"](tmp_path)
    run = Run.open(finished(project, tmp_path).run.folder)
    project.set_settings(project.settings.model_copy(update={"epochs": 4}))
    rest = finished(project, tmp_path, resume=run)
    assert rest.state is State.FINISHED, rest.failure
    assert [epoch.epoch for epoch in rest.outcome.epochs] == [3, 4]


def test_a_run_of_another_project_is_refused_and_kept(tmp_path: Path) -> None:
    project = regressor(tmp_path, epochs=1)
    run = Run.open(finished(project, tmp_path).run.folder)
    before = {path.name: path.read_bytes() for path in run.folder.iterdir()}
    set_params(project.network("net"), "n1", {"out_features": 9}).apply(project)
    session = finished(project, tmp_path, resume=run)
    assert session.state is State.FAILED
    assert session.failure.message.startswith("Expected a checkpoint of this very project")
    assert "Train the project anew" in session.failure.message
    assert {path.name: path.read_bytes() for path in run.folder.iterdir()} == before


def test_a_run_without_a_checkpoint_says_so(tmp_path: Path) -> None:
    run = Run.open(finished(regressor(tmp_path, epochs=1), tmp_path).run.folder)
    for path in run.folder.glob("checkpoint*.safetensors"):
        path.unlink()
    session = finished(regressor(tmp_path), tmp_path, resume=run)
    assert session.state is State.FAILED
    assert "has no checkpoint.safetensors" in session.failure.message
    assert Run.open(run.folder).info.state == "finished"


def test_a_state_comes_back_as_it_was(tmp_path: Path) -> None:
    project = _scheduled("ReduceLROnPlateau", tmp_path, "SGD")
    set_params(project.training, "optimizer", {"momentum": 0.9}).apply(project)
    trainer = Trainer(prepare(project, tmp_path), Control(), Telemetry())
    trainer.train()
    tensors, state = checkpoint.capture(trainer)
    other = Trainer(prepare(project, tmp_path), Control(), Telemetry())
    kept = {key: tensor.clone() for key, tensor in tensors.items()}
    checkpoint.restore(other, kept, state)
    again, same = checkpoint.capture(other)
    assert same == state
    assert again.keys() == tensors.keys()
    assert all(torch.equal(again[key], tensor) for key, tensor in tensors.items())
    assert any(".momentum_buffer" in key for key in tensors)


@pytest.mark.parametrize(
    ("name", "wrong", "said"),
    [
        ("network.net.fc.weight", torch.zeros(3, 4), "is (3, 4) float32, the project's (16, 4)"),
        ("best.net.fc.bias", torch.zeros(16).double(), "is (16,) float64, the project's (16,)"),
        ("optimizer.0.0.exp_avg", torch.zeros(16, 5), "is (16, 5) float32, its parameter (16, 4)"),
        ("network.net.fc.bias", None, "is missing"),
    ],
)
def test_a_tensor_that_does_not_fit_is_named(
    tmp_path: Path, name: str, wrong: torch.Tensor | None, said: str
) -> None:
    trainer = Trainer(prepare(regressor(tmp_path, epochs=1), tmp_path), Control(), Telemetry())
    trainer.train()
    tensors, state = checkpoint.capture(trainer)
    first = next(key for key in tensors if key.startswith("network.net."))
    layer = first.removeprefix("network.net.").rpartition(".")[0]
    name = name.replace("fc", layer)
    if wrong is None:
        del tensors[name]
    else:
        tensors[name] = wrong
    with pytest.raises(FileError, match=re.escape(f"the tensor {name!r} {said}")):
        checkpoint.restore(trainer, tensors, state)


@pytest.mark.parametrize("damage", ["torn", "gone"])
def test_a_damaged_checkpoint_gives_way_to_the_one_before(tmp_path: Path, damage: str) -> None:
    project = regressor(tmp_path, epochs=4, save_steps=2)
    whole = finished(project, tmp_path)
    run = _stopped_after(project, tmp_path, 2)
    path = run.folder / "checkpoint.safetensors"
    if damage == "torn":
        path.write_bytes(path.read_bytes()[:500])
    else:
        path.unlink()
    with open(run.folder / "metrics.jsonl", "ab") as file:
        file.write(b'{"epoch": 3, "train"')  # torn as well
    (run.folder / ".0123456789abcdef.loom.tmp").write_bytes(b"unfinished")
    rest = finished(run.project(), tmp_path, resume=run)
    assert rest.state is State.FINISHED, rest.failure
    assert rest.outcome.test == whole.outcome.test
    records = Run.open(run.folder).epochs()
    assert [r["validation"] for r in records] == [e.metrics["validation"] for e in whole._epochs]
    assert not list(run.folder.glob(".*.tmp"))


@pytest.mark.parametrize("missing", ["epoch", "optimizers", "best_loss"])
def test_a_torn_state_is_refused_in_words(tmp_path: Path, missing: str) -> None:
    trainer = Trainer(prepare(regressor(tmp_path, epochs=1), tmp_path), Control(), Telemetry())
    trainer.train()
    tensors, state = checkpoint.capture(trainer)
    del state[missing]
    with pytest.raises(FileError, match="Expected a checkpoint of this very project"):
        checkpoint.restore(trainer, tensors, state)
