"""Kills trainings with signal 9 at random moments, resumes them, and compares the end.

    python -m tests.faults.kills --kills 200 --seed 0

Each training runs in a forked process. A run that was killed goes on in the next process, which may
be killed again; when one has come to its end, all that it has written must have the very bits of a
run that was never killed. After each kill every file in the folder must be readable.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from graph.document import Project
from runtime.plan import Plan
from runtime.runs import Run, list_runs
from runtime.session import Session, State
from runtime.trainer import Trainer
from tests import builders, systems
from tests.runtime.training import classifier, small

__all__ = ["Kills", "kill_and_resume"]


@dataclass
class Kills:
    """How often what was killed, and what came of it."""

    kills: int = 0
    finished: int = 0
    different: int = 0
    unreadable: int = 0
    #: Kills before the folder of the run was complete; nothing had been trained.
    nothing_begun: int = 0


def image_classifier() -> Project:
    """Dropout, batch normalisation and a schedule per batch."""
    project = classifier(batch_size=64, epochs=12, threads=1, save_steps=2, device="cpu")
    builders.add(project.training, "schedule", "OneCycleLR", max_lr=0.1)
    builders.connect(project.training, "optimizer > schedule")
    return project


def averaged_gan() -> Project:
    """Two optimizers, and averaged weights."""
    settings = {"batch_size": 50, "epochs": 6, "threads": 1, "save_steps": 3, "device": "cpu"}
    project = systems.gan(data=small(), **settings)
    average = ("EMA", {"network": "generator", "decay": 0.9})
    systems.draw(
        project, {"average": average, "show": "ShowImages"}, ["noise > average", "average > show"]
    )
    return project


PROJECTS: tuple[Callable[[], Project], ...] = (image_classifier, averaged_gan)


def kill_and_resume(kills: int, seed: int, folder: Path) -> Kills:
    """Kill so many trainings in `folder` and return what came of it."""
    torch.set_num_threads(1)  # a fork has none of its parent's threads
    rng, found = random.Random(seed), Kills()
    for place, make in enumerate(PROJECTS):
        base = folder / make.__name__
        base.mkdir()
        project = make()
        process = _trains(project, base / "whole", None)
        began = time.monotonic()
        if os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) != 0:
            raise RuntimeError("the run that is compared with did not end")
        takes = time.monotonic() - began
        whole = _written(Run.open(list_runs(base / "whole")[0].folder))
        most, number = kills * (place + 1) // len(PROJECTS), 0
        while found.kills < most:
            number += 1
            run = _killed_until_finished(project, base / f"{number}", takes, most, rng, found)
            found.finished += 1
            found.different += _written(run) != whole
            sys.stderr.write(f"{vars(found)}\n")
    return found


def _killed_until_finished(
    project: Project, folder: Path, takes: float, most: int, rng: random.Random, found: Kills
) -> Run:
    run: Run | None = None
    while True:
        process = _trains(project, folder, run)
        if found.kills < most:
            time.sleep(rng.uniform(0.0, takes / 2))
            ended, status = os.waitpid(process, os.WNOHANG)
        else:
            ended, status = os.waitpid(process, 0)
        if not ended:
            os.kill(process, signal.SIGKILL)
            os.waitpid(process, 0)
            found.kills += 1
        runs = [info for info in list_runs(folder) if info.state != "broken"]
        run = Run.open(runs[0].folder) if runs else None
        if ended:
            if run is None or status:
                raise RuntimeError(f"a run did not end well: {run.info.reason if run else folder}")
            return run
        if run is None:
            found.nothing_begun += 1
        else:
            found.unreadable += not _is_readable(run)


def _trains(project: Project, folder: Path, run: Run | None) -> int:
    """Fork a process that trains to the end, or goes on with `run`.

    Return its number when it is about to make or change the run's folder.
    """
    there, here = os.pipe()
    process = os.fork()
    if process:
        os.close(here)
        os.read(there, 1)
        os.close(there)
        return process
    try:
        session = Session(project, base=folder, folder=folder, watch=False, resume=run)
        ordinary = session._trainer

        def prepared(plan: Plan) -> Trainer:
            os.write(here, b"1")
            return ordinary(plan)

        session._trainer = prepared  # type: ignore[method-assign]
        session.start()
        session.join()
        os._exit(0 if session.state is State.FINISHED else 1)
    finally:
        os._exit(2)


def _is_readable(run: Run) -> bool:
    """Whether all that is in the folder of a run can be read."""
    try:
        run.project()
        run.environment()
        run.epochs()
        run.steps()
        for name in ("last", "best"):
            if run.has(name):
                run.weights(name)
        if not run.is_untrained:
            run.checkpoint()
    except Exception as error:
        sys.stderr.write(f"{run.folder}: {error}\n")
        return False
    return run.can_go_on


def _written(run: Run) -> object:
    """Return all that a run has written that does not depend on the time, as plain values."""
    epochs = [{k: v for k, v in epoch.items() if k != "seconds"} for epoch in run.epochs()]
    curves = {name: (x.tobytes(), y.tobytes()) for name, (x, y) in run.steps().items()}
    tensors, state = run.checkpoint()
    ignored = ("random.python", "random.numpy")
    numbers = {k: _bytes(tensor) for k, tensor in tensors.items() if k not in ignored}
    weights = {
        (kind, network, key): _bytes(tensor)
        for kind in ("last", "best")
        for network, values in run.weights(kind).items()
        for key, tensor in values.items()
    }
    return epochs, curves, state, numbers, weights, dict(run.info.test), run.info.best_epoch


def _bytes(tensor: torch.Tensor) -> bytes:
    return np.ascontiguousarray(tensor.numpy()).tobytes()


def main() -> None:
    """Run from the command line; the exit code says whether all was as it should be."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="torchloom-kills-") as folder:
        found = kill_and_resume(given.kills, given.seed, Path(folder))
    seconds = round(time.monotonic() - began, 1)
    sys.stdout.write(json.dumps({**vars(found), "seconds": seconds}) + "\n")
    sys.exit(1 if found.different or found.unreadable else 0)


if __name__ == "__main__":
    main()
