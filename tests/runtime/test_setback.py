"""Where a loss is no number any more: back to the last good step, and the node where it began."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
import torch

from graph.document import TRAINING, Node, Project
from graph.edits import insert_node, set_params
from runtime.runs import Run
from runtime.session import Session, State
from tests import builders
from tests.runtime.training import finished, regressor, table


def _with(folder: Path, kind: str, node: str = "bad", **params: object) -> Project:
    project = regressor(folder, epochs=2)
    network = project.network("net")
    wire = network.wires_in("n3")["input"]
    insert_node(network, wire, Node(node, kind, dict(params), f"the {kind}")).apply(project)
    return project


def test_the_node_whose_output_went_bad_is_named(tmp_path: Path) -> None:
    """The hyperbolic tangent before it gives negative numbers."""
    session = finished(_with(tmp_path, "log"), tmp_path)
    assert session.state is State.FAILED
    assert (session.failure.network, session.failure.node) == ("net", "bad")
    assert "The first to go bad was the output of 'the log' in step 1: " in session.failure.message
    assert " nan among 512 numbers, the others between -" in session.failure.message
    assert "It was given between -0." in session.failure.message
    assert session.failure.message.endswith("clamp what it takes to be above 0.")
    assert Run.open(session.run.folder).info.reason == session.failure.message


def test_the_node_whose_gradient_went_bad_is_named(tmp_path: Path) -> None:
    """A root of squares: the output is fine at 0, its gradient is not."""
    project = _with(tmp_path, "sqrt")
    network = project.network("net")
    wire = network.wires_in("bad")["input"]
    insert_node(network, wire, Node("nothing", "mul", {"other": 0.0})).apply(project)
    session = finished(project, tmp_path)
    assert session.state is State.FAILED
    message = session.failure.message
    assert "The first to go bad was the gradient that goes back through 'the sqrt' in step" in (
        message
    )
    assert "at 0 the gradient of a root is infinite" in message
    (weights,) = session.run.weights("last").values()
    assert all(torch.isfinite(tensor).all() for tensor in weights.values())


def test_it_is_found_after_many_steps_in_the_midst_of_an_epoch(tmp_path: Path) -> None:
    """One row of the data is far larger than the others: its exponential is infinite."""
    data = table(tmp_path, rows=400)
    lines = (tmp_path / "table.csv").read_text().splitlines()
    lines[200] = "900,900,900,900,1.0"
    (tmp_path / "table.csv").write_text("\n".join(lines) + "\n")
    port = data.ports[0].model_copy(update={"normalize": "none"})
    data = data.model_copy(update={"ports": (port, data.ports[1])})
    layers = [("exp", {}, "growth"), ("Linear", {"out_features": 1})]
    project = builders.trained(builders.chain(layers), data=data, batch_size=1, epochs=3)
    set_params(project.training, "optimizer", {"lr": 1e-6}).apply(project)
    session = finished(project, tmp_path)
    assert session.state is State.FAILED
    assert (session.failure.network, session.failure.node) == ("net", "n1")
    steps, _ = session.telemetry.series()["train/loss"].read()
    bad = int(session.failure.message.split("in step ")[1].split(":")[0])
    assert bad > 5
    assert list(steps) == list(range(1, bad)), "the curve ends at the last good step"
    state = session.run.checkpoint()[1]
    assert state["step"] == bad - 1


def test_a_rate_that_is_too_high_is_the_cause_of_what_it_is_the_cause_of(tmp_path: Path) -> None:
    session = finished(regressor(tmp_path, {"lr": 1e30}, epochs=5), tmp_path)
    assert session.failure.network in ("net", TRAINING)
    assert session.failure.node is not None
    assert "Lower the learning rate, or clip the gradients" in session.failure.message


def test_training_pauses_and_goes_on_with_a_lower_rate(tmp_path: Path) -> None:
    """The run continues from the last good step, as if the rate had been lower from there on."""
    project = regressor(tmp_path, {"lr": 1e30}, epochs=3, threads=1)
    session = Session(project, base=tmp_path, folder=tmp_path / "runs")
    session.start()
    end = time.monotonic() + 60
    while session.failure is None or session.state is not State.PAUSED:
        assert time.monotonic() < end
        time.sleep(0.01)
    assert session.telemetry.progress.step == 0 or session.run.checkpoint()[1]["step"] == 0
    assert session.failure.node is not None
    session.set_learning_rate(0.001)
    session.resume()
    assert session.join(60)
    assert (session.state, session.failure) == (State.FINISHED, None)
    assert [epoch.epoch for epoch in session.outcome.epochs] == [1, 2, 3]
    steps, losses = Run.open(session.run.folder).steps()["train/loss"]
    assert list(steps) == list(range(1, len(steps) + 1))
    assert all(loss == loss for loss in losses)


@pytest.mark.parametrize("what", ["gone", "torn"])
def test_without_a_checkpoint_it_fails_in_words(
    tmp_path: Path, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(run: Run) -> None:
        (run.folder / "checkpoint.safetensors").unlink()
        if what == "torn":
            (run.folder / "checkpoint.safetensors").write_bytes(b"torn")
        return checkpoint(run)

    checkpoint = Run.checkpoint
    monkeypatch.setattr(Run, "checkpoint", broken)
    session = finished(_with(tmp_path, "log"), tmp_path, watch=True)
    assert session.state is State.FAILED
    assert session.failure.message.startswith("Expected the loss 'loss' to be a number")
