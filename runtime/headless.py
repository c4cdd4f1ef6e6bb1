"""Training without a window: a session, watched until it ends."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from graph.analysis import Analysis
from graph.document import Project
from graph.errors import TorchloomError
from graph.settings import RunSettings
from runtime import interrupts
from runtime.data import from_path, match
from runtime.lookups import enlarge_tables
from runtime.plan import refuse
from runtime.refits import refits
from runtime.runs import Run, default_folder
from runtime.session import Session

if TYPE_CHECKING:
    from runtime.telemetry import Progress

__all__ = ["Outcome", "TrainingError", "Watcher", "change", "project_of", "train"]

#: Seconds between two looks at a run.
_INTERVAL = 0.1


class TrainingError(TorchloomError):
    """A run that ended in an error."""


@dataclass(frozen=True)
class Watcher:
    """What is told while a run goes on."""

    progress: Callable[[Progress], None]
    #: With each epoch's record, see :meth:`runtime.runs.Epoch.as_json`.
    epoch: Callable[[dict[str, Any]], None]
    note: Callable[[str], None]


@dataclass(frozen=True)
class Outcome:
    """What came of a run."""

    state: str
    reason: str
    epochs: list[dict[str, Any]]
    test: dict[str, float]
    examples_per_second: float
    threads: int
    folder: Path
    #: Whether it was stopped by Ctrl-C, or by a kill.
    interrupted: bool = False

    def as_json(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {
            "state": self.state,
            "reason": self.reason,
            "epochs": self.epochs,
            "test": self.test,
            "examples_per_second": round(self.examples_per_second, 1),
            "threads": self.threads,
            "run": str(self.folder),
        }


def change(
    project: Project,
    *,
    data: str | None = None,
    epochs: int | None = None,
    seed: int | None = None,
    device: str | None = None,
    threads: int | None = None,
) -> list[str]:
    """Put other data and other settings into a project, for one run.

    Layers with a size for each token or class are made to fit the other data (see `refits`).
    Returns a line for each of them.

    Raises
    ------
    DataError
        If the data does not exist, or does not have what the project's has.
    """
    lines: list[str] = []
    if data is not None:
        other = match(from_path(Path(data), project.data), project.data)
        changes = refits(project, other)
        project.set_data(other)
        for one in changes:
            one.edit.apply(project)
        lines = [*map(str, changes), *enlarge_tables(project, Path())]
    wanted = {"epochs": epochs, "seed": seed, "device": device, "threads": threads}
    given = {name: value for name, value in wanted.items() if value is not None}
    project.set_settings(RunSettings.model_validate({**project.settings.model_dump(), **given}))
    return lines


def project_of(run: Path) -> tuple[Project, Path]:
    """Return the project of a run as it was trained, and the folder of its data.

    Raises
    ------
    FileError
        If it is not the folder of a run.
    """
    found = Run.open(run)
    return found.project(), Path(found.info.base)


def train(
    project: Project,
    base: Path,
    watcher: Watcher,
    *,
    out: Path | None = None,
    resume: Path | None = None,
) -> Outcome:
    """Train a project to its end; Ctrl-C and a kill stop it cleanly after the current batch.

    Parameters
    ----------
    base
        The folder that the data's path is relative to.
    out
        The folder in which the run's folder is made; None: the user's own.
    resume
        The folder of a run to go on with.

    Raises
    ------
    TorchloomError
        If the project or its data has problems, or the training fails.
    """
    _refuse_problems(project)
    session = Session(
        project,
        base=base,
        folder=out or default_folder(),
        watch=False,
        resume=Run.open(resume) if resume else None,
    )
    told = _Told(session, watcher)
    with _Interrupt(session.stop) as interrupt:
        session.start()
        noted = False
        while not session.join(_INTERVAL):
            told.look(False)
            if interrupt.seen and not noted:
                watcher.note("Stopping after this batch. Press Ctrl-C again to leave at once.")
                noted = True
        told.look(True)
    return _outcome(session, interrupt.seen)


class _Interrupt:
    """While it is entered, the first Ctrl-C (or kill) calls a function; the second one leaves.

    No exception may come out of a join: CPython 3.11 takes the thread for dead after that.
    """

    def __init__(self, first: Callable[[], None]) -> None:
        self.seen = False
        self._first = first
        self._old: dict[int, Any] = {}

    def __enter__(self) -> Self:
        # Only the main thread may set handlers, and only it is interrupted.
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self._old[number] = signal.signal(number, self._handle)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._old.items():
            signal.signal(number, handler)

    def _handle(self, *_: object) -> None:
        if self.seen:
            interrupts.leave()
        self.seen = True
        self._first()


def _refuse_problems(project: Project) -> None:
    """Raise ProblemsError before anything is started, so that all problems can be listed."""
    analysis = Analysis(project)
    try:
        refuse(analysis.errors())
    finally:
        analysis.close()


class _Told:
    """Passes on what is new in a session's telemetry."""

    def __init__(self, session: Session, watcher: Watcher) -> None:
        self._session, self._watcher = session, watcher
        self._epoch = self._lines = 0

    def look(self, done: bool) -> None:
        telemetry = self._session.telemetry
        progress = telemetry.progress
        self._watcher.progress(progress)
        failure = self._session.failure
        for line in telemetry.log[self._lines :]:
            if failure is None or not failure.message.startswith(line):  # told as the end
                self._watcher.note(line)
            self._lines += 1
        curves = {k: v for k, v in telemetry.series().items() if k.startswith("epoch/")}
        records: dict[int, dict[str, Any]] = {}
        for name, series in curves.items():
            _, split, metric = name.split("/", 2)
            for epoch, value in zip(*series.read(), strict=True):
                # The values of an epoch arrive one by one: it is told when the next has begun.
                if self._epoch < epoch and (done or epoch < progress.epoch):
                    record = records.setdefault(int(epoch), {"epoch": int(epoch)})
                    record.setdefault(split, {})[metric] = float(value)
        for epoch in sorted(records):
            self._watcher.epoch(records[epoch])
            self._epoch = epoch


def _outcome(session: Session, interrupted: bool) -> Outcome:
    if session.failure is not None:
        raise TrainingError(session.failure.message)
    if session.run is None or session.outcome is None:
        raise TrainingError("Stopped before the training began.")
    return Outcome(
        session.run.info.state,
        session.run.info.reason,
        session.run.epochs(),
        session.outcome.test,
        session.outcome.examples_per_second,
        session.outcome.threads[-1][1] if session.outcome.threads else 0,
        session.run.folder,
        interrupted,
    )
