"""A session: obeys between batches, says what went wrong and where, and always ends."""

from __future__ import annotations

import errno
import json
import math
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors import SafetensorError
from safetensors.torch import save_file

from graph.document import TRAINING, Node
from graph.edits import insert_node, remove_nodes, set_params
from runtime.data import load
from runtime.runs import Run, RunInfo
from runtime.session import Session, State
from runtime.trainer import Trainer
from tests import builders, systems
from tests.runtime.training import classifier, finished, regressor, small, table


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Session]:
    """A session that trains for as long as nobody stops it."""
    session = Session(
        classifier(epochs=100_000, batch_size=64), base=tmp_path, folder=tmp_path / "runs"
    )
    session.start()
    yield session
    session.stop()
    assert session.join(60)
    assert not [t for t in threading.enumerate() if t.name == "torchloom-training"]


def wait_for(condition: Callable[[], bool], seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.005)


def steps(session: Session) -> int:
    series = session.telemetry.series().get("train/loss")
    return len(series) if series else 0


# -- commands ----------------------------------------------------------------------------------


def test_pause_step_and_go_on(running: Session) -> None:
    wait_for(lambda: steps(running) > 2)
    running.pause()
    wait_for(lambda: running.state is State.PAUSED)
    at = running.telemetry.progress.step
    time.sleep(0.1)
    assert running.telemetry.progress.step == steps(running) == at
    running.step()
    wait_for(lambda: steps(running) == at + 1 and running.state is State.PAUSED)
    running.step()
    running.step()
    wait_for(lambda: steps(running) == at + 3 and running.state is State.PAUSED)
    running.resume()
    wait_for(lambda: steps(running) > at + 10)
    assert running.state is State.RUNNING


def test_a_paused_run_has_its_weights_on_disk(running: Session) -> None:
    wait_for(lambda: steps(running) > 2)
    running.pause()
    wait_for(lambda: running.state is State.PAUSED)
    assert running.run is not None
    assert set(running.run.weights("last")) == {"net"}


def test_another_learning_rate_from_the_next_batch_on(running: Session) -> None:
    wait_for(lambda: steps(running) > 2)
    running.pause()
    wait_for(lambda: running.state is State.PAUSED)
    running.set_learning_rate(0.0)
    running.step()
    wait_for(lambda: running.telemetry.progress.learning_rates == {"optimizer": 0.0})
    assert any("Learning rate 0 from step" in line for line in running.telemetry.log)
    for wrong in (math.nan, -1.0, math.inf):
        with pytest.raises(ValueError, match="a learning rate is a number of at least 0"):
            running.set_learning_rate(wrong)


def test_a_stopped_run_says_so(running: Session) -> None:
    wait_for(lambda: running.telemetry.progress.epoch > 1)
    running.stop()
    assert running.join(60)
    assert running.state is State.STOPPED
    assert running.failure is None
    assert running.outcome is not None
    assert running.outcome.epochs
    run = Run.open(running.run.folder)
    assert (run.info.state, run.info.reason) == ("stopped", "Stopped by the user.")
    x, _ = run.steps()["train/loss"]
    assert len(x) == steps(running)


def test_stopped_while_paused_and_before_the_first_batch(tmp_path: Path) -> None:
    session = Session(classifier(), base=tmp_path, folder=tmp_path)
    session.pause()
    session.start()
    wait_for(lambda: session.state is State.PAUSED)
    assert steps(session) == 0
    session.stop()
    assert session.join(60)
    assert session.state is State.STOPPED


def test_pausing_in_a_validation_leaves_its_numbers_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Looking at samples must not leave batch normalisation and dropout in training mode."""
    project = classifier(epochs=2)
    expected = finished(project, tmp_path).outcome
    session = Session(project, base=tmp_path, folder=tmp_path / "runs")
    ordinary, paused = Trainer.measure, []

    def pausing(trainer: Trainer, indices: torch.Tensor) -> dict[str, float]:
        session.pause()  # obeyed after the first batch of the validation
        session.resume()
        paused.append(len(indices))
        return ordinary(trainer, indices)

    monkeypatch.setattr(Trainer, "measure", pausing)
    session.start()
    assert session.join(60)
    assert len(paused) == 3
    assert session.outcome.test == expected.test
    assert [e.metrics for e in session.outcome.epochs] == [e.metrics for e in expected.epochs]


def test_stopped_in_the_final_test(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    session = Session(classifier(epochs=1), base=tmp_path, folder=tmp_path)
    ordinary = Trainer.use_best

    def stopping(trainer: Trainer) -> None:
        session.stop()
        ordinary(trainer)

    monkeypatch.setattr(Trainer, "use_best", stopping)
    session.start()
    assert session.join(60)
    assert (session.state, session.failure) == (State.STOPPED, None)
    assert Run.open(session.run.folder).info.state == "stopped"


# -- what a viewer sees ----------------------------------------------------------------------------


def test_curves_progress_and_samples(tmp_path: Path) -> None:
    session = finished(classifier(epochs=3, batch_size=50), tmp_path, watch=True)
    telemetry = session.telemetry
    curves = telemetry.series()
    batches = telemetry.progress.steps_per_epoch
    assert set(curves) == {
        "train/loss", "train/accuracy", "validation/loss", "validation/accuracy",
        "epoch/train/loss", "epoch/train/accuracy",
        "epoch/validation/loss", "epoch/validation/accuracy",
    }  # fmt: skip
    assert list(curves["train/loss"].read()[0]) == list(range(1, 3 * batches + 1))
    assert list(curves["validation/loss"].read()[0]) == [batches, 2 * batches, 3 * batches]
    assert list(curves["epoch/validation/loss"].read()[0]) == [1, 2, 3]
    assert (telemetry.progress.step, telemetry.progress.fraction) == (3 * batches, 1.0)
    samples = telemetry.samples
    assert samples is not None
    assert samples.held_out
    assert samples.inputs["image"].shape[1:] == (1, 8, 8)
    assert samples.output.shape == (len(samples.target), 10)
    assert (samples.target_port, samples.loss_kind) == ("label", "CrossEntropyLoss")
    assert samples.epoch == 3


def test_looking_on_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Predictions on samples after every batch: dropout draws no other numbers for that."""
    project = classifier(epochs=2)
    alone = finished(project, tmp_path).outcome
    monkeypatch.setattr("runtime.trainer._SAMPLE", 0.0)
    monkeypatch.setattr("runtime.trainer._FLUSH", 0.0)
    watched = finished(project, tmp_path, watch=True).outcome
    assert [e.metrics for e in watched.epochs] == [e.metrics for e in alone.epochs]
    assert watched.test == alone.test


def test_a_session_trains_what_was_there_at_its_start(tmp_path: Path) -> None:
    project = classifier(epochs=1)
    session = Session(project, base=tmp_path, folder=tmp_path)
    remove_nodes(project.network("net"), ["n1"]).apply(project)
    session.start()
    assert session.join(60)
    assert session.state is State.FINISHED


# -- failures ------------------------------------------------------------------------------------


def test_a_loss_that_is_no_number_any_more(tmp_path: Path) -> None:
    session = finished(regressor(tmp_path, {"lr": 1e30}, epochs=5), tmp_path)
    assert session.state is State.FAILED
    message = session.failure.message
    assert message.startswith("Expected the loss 'loss' to be a number, received ")
    assert "Lower the learning rate, clip the gradients" in message
    run = Run.open(session.run.folder)
    assert (run.info.state, run.info.reason) == ("failed", message)


def test_a_loss_that_is_no_number_in_validation_alone(tmp_path: Path) -> None:
    """The last step of an epoch may be the one that breaks the weights."""
    project = regressor(tmp_path, {"lr": 1e38}, epochs=1, batch_size=1000)
    set_params(project.training, "optimizer", {"lr": 1e38}).apply(project)
    session = finished(project, tmp_path)
    assert session.state is State.FAILED
    assert session.failure.message.startswith("Expected the loss 'loss' to be a number")


def test_a_logarithm_of_negative_numbers(tmp_path: Path) -> None:
    project = regressor(tmp_path, epochs=2)
    network = project.network("net")
    insert_node(network, network.wires_in("n1")["input"], Node("log", "log")).apply(project)
    session = finished(project, tmp_path)
    assert session.state is State.FAILED
    assert "received nan at step 1" in session.failure.message


@pytest.mark.parametrize("batch_size", [8, 160])
def test_an_exception_is_found_on_the_node_that_wrote_the_line(
    tmp_path: Path, batch_size: int
) -> None:
    """An embedding is asked for a row that it does not have: late, when steps are replayed too."""
    lines = [f"{i % 5},{i % 3}.5" for i in range(200)]
    (tmp_path / "words.csv").write_text("\n".join(["word,y", *lines]) + "\n")
    layers = [
        ("to", {"dtype": "int64"}),
        ("Embedding", {"num_embeddings": 5, "embedding_dim": 3}, "the words"),
        "Flatten",
        ("Linear", {"out_features": 1}),
    ]
    data = table(tmp_path)
    word = data.ports[0].model_copy(
        update={"name": "word", "columns": ("word",), "shape": (1,), "normalize": "none"}
    )
    data = data.model_copy(update={"path": "words.csv", "ports": (word, data.ports[1])})
    project = builders.trained(
        builders.chain(layers, source="word"), data=data, shuffle=False, batch_size=batch_size
    )
    last = int(load(project.data, tmp_path).train[-1])
    lines[last] = "7,1.5"
    (tmp_path / "words.csv").write_text("\n".join(["word,y", *lines]) + "\n")
    session = finished(project, tmp_path)
    assert session.state is State.FAILED
    assert (session.failure.network, session.failure.node) == ("net", "n2")
    assert session.failure.message.startswith("Training failed in 'the words': index out of range")
    assert Run.open(session.run.folder).info.state == "failed"


def test_a_shape_that_only_fits_some_batches(tmp_path: Path) -> None:
    """Checked at several batch sizes beforehand, wrong for the last batch of an epoch."""
    project = regressor(tmp_path, epochs=1, batch_size=32)
    network = project.network("net")
    wire = network.wires_in("n1")["input"]
    pair = Node("pair", "reshape", {"shape": (-1, 2, 4)}, "in pairs")
    insert_node(network, wire, pair).apply(project)
    back = Node("back", "reshape", {"shape": (-1, 4)})
    insert_node(network, network.wires_in("n1")["input"], back).apply(project)
    session = finished(project, tmp_path)
    assert session.state is State.FAILED
    assert (session.failure.network, session.failure.node) == ("net", "pair")
    assert session.failure.message.startswith("Training failed in 'in pairs': shape '[-1, 2, 4]'")


def test_an_error_in_the_training_graph_itself(tmp_path: Path) -> None:
    project = classifier(epochs=1)
    port = project.data.ports[1].model_copy(update={"classes": ()})
    project.set_data(project.data.model_copy(update={"ports": (project.data.ports[0], port)}))
    set_params(project.network("net"), "n6", {"out_features": 7}).apply(project)
    session = finished(project, tmp_path)
    assert session.state is State.FAILED
    assert (session.failure.network, session.failure.node) == (TRAINING, "loss")
    assert session.failure.message.startswith("Training failed in 'loss': Target ")


def test_problems_keep_it_from_starting(tmp_path: Path) -> None:
    project = classifier()
    remove_nodes(project.network("net"), ["n6"]).apply(project)
    session = finished(project, tmp_path)
    assert session.state is State.FAILED
    assert (session.failure.network, session.failure.node) == ("net", "output")
    assert session.failure.message.startswith("logits: at 'input': expected a wire, received none.")
    assert session.run is None
    assert not (tmp_path / "runs").exists()


def test_data_that_is_not_there(tmp_path: Path) -> None:
    project = regressor(tmp_path)
    (tmp_path / "table.csv").unlink()
    session = finished(project, tmp_path)
    assert session.state is State.FAILED
    assert "table.csv" in session.failure.message


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "runs").write_text("a file where the folder should be")
    session = finished(classifier(epochs=1), tmp_path)
    assert session.state is State.FAILED
    assert "could not be made" in session.failure.message


@pytest.mark.skipif(os.name == "nt", reason="a folder in use cannot be taken away there")
def test_a_folder_that_goes_away_while_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = Session(classifier(epochs=50), base=tmp_path, folder=tmp_path / "runs")
    session.pause()
    session.start()
    wait_for(lambda: session.state is State.PAUSED)
    session.run.folder.rename(tmp_path / "elsewhere")
    session.resume()
    assert session.join(60)
    assert session.state is State.FAILED
    assert "could not be written" in session.failure.message
    rescued(session)


def test_a_watched_value_that_is_not_computed_is_refused_with_those_that_are(
    tmp_path: Path,
) -> None:
    session = finished(classifier(epochs=1, watch="recall"), tmp_path)
    assert session.state is State.FAILED
    assert session.failure.message == (
        "Expected the watched value to be one of loss, accuracy, received 'recall'. Choose one of "
        "them under Run, or leave it empty."
    )


def test_the_best_epoch_is_that_of_the_watched_value(tmp_path: Path) -> None:
    session = finished(classifier(epochs=3, watch="loss", watch_mode="max"), tmp_path)
    losses = [epoch.metrics["validation"]["loss"] for epoch in session.outcome.epochs]
    assert session.run.info.best_epoch == losses.index(max(losses)) + 1
    assert session.run.info.best_value == max(losses)


def test_the_weights_of_a_run_hold_its_averages(tmp_path: Path) -> None:
    session = finished(systems.momentum_teacher(data=small(), epochs=2), tmp_path)
    (name,) = session.plan.averages
    assert session.run is not None
    for which in ("last", "best"):
        weights = session.run.weights(which)
        assert list(weights) == ["encoder", "predictor", name]
        assert list(weights[name]) == list(weights["encoder"])
    assert session.run.info.best_epoch == 2, "so the best ones are the last ones"
    for key, value in session.plan.averages[name].module.state_dict().items():
        assert torch.equal(session.run.weights("last")[name][key], value)
        assert torch.equal(session.run.weights("best")[name][key], value)
    weights = session.run.weights("last")
    first = next(iter(weights["encoder"]))
    assert not torch.equal(weights[name][first], weights["encoder"][first])


def rescued(session: Session) -> None:
    """Check that the weights are where the message says."""
    found = re.search(r"The weights as they are now were put into (.*)\.$", session.failure.message)
    assert found
    weights = Run(Path(found[1]), RunInfo(Path(found[1]))).weights("last")
    assert set(weights) == {"net"}
    shutil.rmtree(found[1])


@pytest.mark.parametrize("what", ["os.replace", "safetensors.torch.save_file"])
def test_a_disk_that_is_full_at_the_end(
    what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one who trained for hours finds the weights elsewhere."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    original = {"os.replace": os.replace, "safetensors.torch.save_file": save_file}[what]

    def full(*args: Any, **more: Any) -> None:
        if any("runs" in str(arg) for arg in args) and session.telemetry.progress.epoch:
            if what == "os.replace":
                raise OSError(errno.ENOSPC, "No space left on device")
            raise SafetensorError("I/O error: No space left on device (os error 28)")
        original(*args, **more)

    monkeypatch.setattr(what, full)
    session = Session(classifier(epochs=1), base=tmp_path, folder=tmp_path / "runs")
    session.start()
    assert session.join(60)
    assert session.state is State.FAILED
    assert "could not be written: " in session.failure.message
    rescued(session)


def test_weights_that_are_no_numbers_do_not_replace_better_ones(tmp_path: Path) -> None:
    session = Session(regressor(tmp_path, epochs=10_000), base=tmp_path, folder=tmp_path / "runs")
    session.pause()
    session.start()
    wait_for(lambda: session.state is State.PAUSED)  # they are written down
    session.set_learning_rate(1e38)
    session.resume()
    wait_for(lambda: session.failure is not None)
    session.stop()
    assert session.join(60)
    assert "The first to go bad was" in session.run.info.reason
    (tensors,) = session.run.weights("last").values()
    assert all(torch.isfinite(tensor).all() for tensor in tensors.values())


def test_an_error_in_dealing_with_an_error_ends_it_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: object) -> None:
        raise ZeroDivisionError("twice")

    monkeypatch.setattr("runtime.trainer.Trainer._train_epoch", broken)
    monkeypatch.setattr("runtime.plan.Plan.way_to", broken)
    session = finished(classifier(), tmp_path)
    assert session.state is State.FAILED
    assert "twice" in session.failure.message


def test_a_run_that_another_process_trains_is_not_resumed(tmp_path: Path) -> None:
    first = finished(classifier(epochs=1), tmp_path)
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        path = first.run.folder / "run.json"
        values = {**json.loads(path.read_text()), "state": "running", "process": other.pid}
        path.write_text(json.dumps(values))
        session = finished(classifier(epochs=2), tmp_path, resume=Run.open(first.run.folder))
        other.communicate(b"\n")
    assert session.state is State.FAILED
    assert f"which the process {other.pid} is training" in session.failure.message
    assert json.loads(path.read_text()) == values


@pytest.mark.parametrize("kind", [torch.OutOfMemoryError, MemoryError])
def test_out_of_memory_is_said_with_what_takes_most_and_what_fits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: type[Exception]
) -> None:
    ordinary = torch.nn.functional.linear

    def full(input: torch.Tensor, *args: Any) -> torch.Tensor:
        if len(input) > 20:
            raise kind("CUDA out of memory")
        return ordinary(input, *args)

    monkeypatch.setattr("torch.nn.functional.linear", full)
    session = finished(classifier(batch_size=64, threads=1), tmp_path)
    assert session.state is State.FAILED
    assert (session.failure.network, session.failure.node) == ("net", "n6")
    assert session.failure.message == (
        "Training ran out of memory in 'Linear'. Lower the batch size, or make the layers smaller. "
        "The most is taken, at a batch size of 64, by 'Conv2d' 36.6 KiB, 'BatchNorm2d' 36.1 KiB, "
        "'ReLU' 36 KiB. A batch size of 16 fits."
    )


def test_the_traceback_of_an_unforeseen_exception_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: object) -> None:
        raise ZeroDivisionError("once")

    monkeypatch.setattr("runtime.trainer.Trainer._train_epoch", broken)
    session = finished(classifier(), tmp_path)
    text = (session.run.folder / "traceback.txt").read_text()
    assert text.startswith("Traceback (most recent call last):")
    assert text.endswith("ZeroDivisionError: once\n")
    assert any("traceback.txt" in line for line in session.telemetry.log)
    assert session.failure.message == "Training failed: once"
    assert set(session.run.weights("last")) == {"net"}
