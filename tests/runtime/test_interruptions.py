"""A run that is interrupted anywhere, any number of times, is to the bit the one that never was."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.document import Project
from runtime.control import Control
from runtime.data.streaming import Streamed
from runtime.runs import Run
from runtime.session import Session, State
from tests import builders, systems
from tests.runtime.training import classifier, pictures, regressor, small


class _StopsAtLook(Control):
    """Stops the training when it looks for commands for the n-th time."""

    def __init__(self, look: int | None) -> None:
        super().__init__()
        self.looks, self._last = 0, look

    @property
    def waiting(self) -> bool:
        self.looks += 1
        if self.looks == self._last:
            self.stop()
        return super().waiting


def _image_classifier() -> Project:
    """Dropout, batch normalisation, channels last, a schedule per batch."""
    project = classifier(batch_size=64, epochs=3)
    builders.add(project.training, "schedule", "OneCycleLR", max_lr=0.1)
    builders.connect(project.training, "optimizer > schedule")
    return project


def _stopping_early(folder: Path) -> Project:
    project = regressor(folder, {"lr": 0.5}, epochs=12, early_stopping=2)
    builders.add(project.training, "schedule", "ReduceLROnPlateau", patience=0)
    builders.connect(project.training, "optimizer > schedule")
    return project


def _two_optimizers(folder: Path) -> Project:
    """A GAN whose generator has averaged weights, for pictures that are shown."""
    project = systems.gan(data=small(), batch_size=50, epochs=2)
    average = ("EMA", {"network": "generator", "decay": 0.9})
    systems.draw(
        project, {"average": average, "show": "ShowImages"}, ["noise > average", "average > show"]
    )
    return project


CASES: dict[str, Callable[[Path], Project]] = {
    "cnn": lambda folder: _image_classifier(),
    "gan": _two_optimizers,
    "noise_in_evaluation": lambda folder: systems.vae(data=small(), batch_size=100, epochs=2),
    "averages": lambda folder: systems.momentum_teacher(data=small(), batch_size=50, epochs=2),
    "streamed": lambda folder: pictures(folder, memory=1e-6),
    "stopping_early": _stopping_early,
}


def _trained(
    project: Project, base: Path, look: int | None = None, resume: Run | None = None
) -> tuple[Session, int]:
    """Train until the end or until that look; return how often it looked."""
    session = Session(project, base=base, folder=base / "runs", watch=False, resume=resume)
    control = session.control = _StopsAtLook(look)
    session.start()
    assert session.join(120)
    assert session.failure is None, session.failure
    return session, control.looks


Whole = tuple[Path, Project, Run, dict[str, float], int]


@pytest.fixture(scope="module", params=CASES)
def whole(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Whole:
    """A run that was never interrupted, with its project and how often it looked for commands."""
    base = tmp_path_factory.mktemp(request.param)
    project = CASES[request.param](base)
    session, looks = _trained(project, base)
    assert session.state is State.FINISHED
    streams = any(isinstance(column, Streamed) for column in session.plan.columns.values())
    assert streams == (request.param == "streamed")
    assert bool(session.plan.averages) == (request.param in ("gan", "averages"))
    return base, project, session.run, session.outcome.test, looks


def _without_times(run: Run) -> list[dict[str, Any]]:
    return [{k: v for k, v in epoch.items() if k != "seconds"} for epoch in run.epochs()]


def _assert_same(run: Run, first: Run) -> None:
    """All that two runs have written has the same bits."""
    assert _without_times(run) == _without_times(first)
    assert (run.info.best_epoch, run.info.best_value) == (
        first.info.best_epoch,
        first.info.best_value,
    )
    here, there = run.steps(), first.steps()
    assert here.keys() == there.keys()
    for name, (x, y) in there.items():
        np.testing.assert_array_equal(here[name][0], x, err_msg=name)
        np.testing.assert_array_equal(here[name][1], y, err_msg=name)
    (tensors, state), (expected, wanted) = run.checkpoint(), first.checkpoint()
    assert state == wanted
    assert tensors.keys() == expected.keys()
    for name, tensor in expected.items():
        if name not in ("random.numpy", "random.python"):  # hypothesis draws from them
            assert torch.equal(tensors[name], tensor), name
    for kind in ("last", "best"):
        for network, weights in first.weights(kind).items():
            for key, tensor in weights.items():
                assert torch.equal(run.weights(kind)[network][key], tensor), (kind, key)


@settings(max_examples=5, deadline=None, derandomize=True)
@given(places=st.lists(st.floats(0.0, 1.0, exclude_max=True), min_size=1, max_size=2))
def test_interrupted_anywhere_equals_uninterrupted(whole: Whole, places: list[float]) -> None:
    base, project, first, test, looks = whole
    run: Run | None = None
    for place in places:
        session, _ = _trained(project, base, 1 + int(place * looks), run)
        run = Run.open(session.run.folder)
    session, _ = _trained(run.project(), base, None, run)
    assert session.state is State.FINISHED
    assert session.outcome.test == test
    _assert_same(Run.open(session.run.folder), first)
