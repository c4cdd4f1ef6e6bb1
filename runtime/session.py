"""A training in a thread of this process: commands in, a polled buffer out."""

from __future__ import annotations

import contextlib
import copy
import logging
import sys
import tempfile
import threading
import time
import traceback
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import nn

from graph.document import Project
from graph.errors import FileError, TorchloomError
from graph.files import dumps, loads
from graph.ways import Place
from runtime import checkpoint
from runtime.control import Control, State, StopTraining
from runtime.failure import Failure, in_a_sentence, named
from runtime.machine import keep_memory
from runtime.memory import advice, is_out_of_memory
from runtime.plan import Plan, ProblemsError, prepare, unwrapped
from runtime.runs import Epoch, Run, RunInfo
from runtime.sampling import Sampler
from runtime.setback import set_back
from runtime.telemetry import Telemetry
from runtime.trainer import DivergedError, Trainer

__all__ = ["Failure", "Outcome", "Session", "State", "Weights"]

_log = logging.getLogger(__name__)

_STOPPED = "Stopped by the user."

#: Seconds after which a thread that waits for the interpreter gets it from the other: a step needs
#: it a moment only, and must not wait for all that a window draws.
_SWITCH = 5e-5


@dataclass(frozen=True)
class Outcome:
    """What a run came to."""

    epochs: tuple[Epoch, ...]
    test: dict[str, float]
    examples_per_second: float
    #: (step, threads): the CPU threads used from which step on.
    threads: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Weights:
    """The networks and averages of a run as they were after a step: copies on the CPU."""

    networks: dict[str, nn.Module]
    averages: dict[str, nn.Module]
    step: int


class Session:
    """Trains a project, as it is now, in a thread of its own.

    Later edits of the project do not reach the session: it works on a copy.

    Parameters
    ----------
    base
        The folder that the data's path is relative to.
    folder
        Where the folder of the run is made; None: in the user's data folder.
    watch
        Whether somebody looks on: then predictions on samples are made while training.
    resume
        A run to go on with.
    """

    def __init__(
        self,
        project: Project,
        *,
        base: Path,
        folder: Path | None = None,
        watch: bool = True,
        resume: Run | None = None,
    ) -> None:
        self.project = loads(dumps(project)).project
        self.telemetry = Telemetry()
        self.control = Control()
        self.state = State.LOADING
        self.failure: Failure | None = None
        self.outcome: Outcome | None = None
        #: What it computes on, as torch names it; None until that has been chosen.
        self.device: str | None = None
        #: The run's folder, from when it has been made, or opened again to go on.
        self.run: Run | None = None
        #: What is trained, from when it has been prepared; only the session's thread may change it.
        self.plan: Plan | None = None
        self._base, self._folder, self._watch = base, folder, watch
        self._resume = resume
        self._epochs: list[Epoch] = []
        self._best_written = 0
        self._said_unsaved = False
        #: Why a loss was no number any more, after the trainer was set back.
        self._setback: Failure | None = None
        self._thread = threading.Thread(target=self._main, name="torchloom-training", daemon=True)

    # -- commands -------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def pause(self) -> None:
        """Stop after the current batch, and wait."""
        self.control.pause()

    def resume(self) -> None:
        """Go on after a pause."""
        self.control.resume()

    def step(self) -> None:
        """Train one batch, then wait."""
        self.control.step()

    def stop(self) -> None:
        """End the run after the current batch."""
        self.control.stop()

    def set_learning_rate(self, value: float) -> None:
        """Use another learning rate from the next batch on."""
        self.control.set_learning_rate(value)

    def weights(self, timeout: float = 0.1) -> Weights | None:
        """Return copies of the networks as they are; None where they are not at hand in time.

        While the run goes on the copies are made by its thread, between two batches.

        Parameters
        ----------
        timeout
            Seconds to wait for that.
        """
        plan = self.plan
        if plan is None:
            return None
        if not self._thread.is_alive():
            return _copied(plan, self.telemetry.progress.step)
        made: list[Weights] = []
        done = threading.Event()

        def copy_now() -> None:
            try:
                made.append(_copied(plan, self.telemetry.progress.step))
            except Exception:  # such as too little memory: the training must go on
                _log.exception("the weights could not be copied")
            done.set()

        self.control.call(copy_now)
        deadline = time.monotonic() + timeout
        while not done.wait(min(0.05, max(0.0, deadline - time.monotonic()))):
            if not self._thread.is_alive():  # it ended before it came to this
                return made[0] if made else _copied(plan, self.telemetry.progress.step)
            if time.monotonic() >= deadline:
                break
        return made[0] if made else None

    def join(self, timeout: float | None = None) -> bool:
        """Wait at most `timeout` seconds for the end; whether it has come."""
        self._thread.join(timeout)
        return not self._thread.is_alive()

    # -- the thread -------------------------------------------------------------------------------

    def _main(self) -> None:
        """Run to the end, whatever happens: nobody waits for a thread that has silently died."""
        end = State.FAILED
        try:
            end = self._run()
        except BaseException as error:  # in dealing with another one
            _log.exception("the end of a training failed")
            self.failure = self.failure or Failure(f"Training failed: {error!r:.500}")
        finally:
            self._set_state(end)

    def _run(self) -> State:
        """Train and write down what came of it; the one place where every exception arrives."""
        plan: Plan | None = None
        trainer: Trainer | None = None
        end, reason = State.FINISHED, ""
        try:
            torch.set_flush_denormal(True)
            keep_memory()
            sys.setswitchinterval(_SWITCH)
            plan = self._prepare()
            trainer = self._trainer(plan)
            self._set_state(State.RUNNING)
            self._train(trainer)
        except StopTraining:
            end, reason = State.STOPPED, self.failure.message if self.failure else _STOPPED
            self.failure = None
        except BaseException as error:
            end, reason = State.FAILED, self._fail(error, plan)
        try:
            return self._wrap_up(trainer, end, reason)
        except Exception as error:
            if end is not State.FAILED:
                reason = self._fail(error, plan)
            with contextlib.suppress(TorchloomError):
                if self.run is not None:
                    self.run.finish("failed", reason)
            if trainer is not None:
                self._rescue(trainer)
            return State.FAILED

    def _train(self, trainer: Trainer) -> None:
        """Train to the end; where a loss is no number any more and somebody looks on, pause."""
        while True:
            try:
                return trainer.train()
            except DivergedError as error:
                self._setback, is_back = self._set_back(trainer, error)
                if not (self._watch and is_back):
                    raise
                self.failure = self._setback
                self.telemetry.say(self._setback.message)
                self.control.pause()

    def _set_back(self, trainer: Trainer, error: DivergedError) -> tuple[Failure, bool]:
        """Go back to the last good step; return what went bad and where, and whether it is back."""
        self.telemetry.say(f"{error} Looking for the node where it began …")
        assert self.run is not None
        try:
            found = set_back(trainer, self.run, error)
        except (DivergedError, FileError) as other:
            _log.debug("the steps could not be taken again", exc_info=other)
            return Failure(str(error)), False
        complete = trainer.epoch - (trainer.midway is not None)
        self.telemetry.take_back(trainer.step, complete)
        self._epochs = [epoch for epoch in self._epochs if epoch.epoch <= complete]
        self._try_save(trainer)
        if found is None:
            return Failure(str(error)), True
        place = found.way[-1]
        message = f"{error} {found.message(named(self.project, found.way))}"
        return Failure(message, place.graph, place.node, found.way[:-1]), True

    def _rescue(self, trainer: Trainer) -> None:
        """Write the weights where the run's folder cannot be written to any more."""
        failure = self.failure
        if failure is None or not _is_finite(trainer):
            return
        try:
            folder = Path(tempfile.mkdtemp(prefix="torchloom-"))
            Run(folder, RunInfo(folder)).save_states("last", trainer.plan.weights())
        except (OSError, TorchloomError):
            return
        message = f"{failure.message} The weights as they are now were put into {folder}."
        self.failure = replace(failure, message=message)
        self.telemetry.say(message)

    def _prepare(self) -> Plan:
        self.telemetry.say("Reading data and writing the program …")
        began = time.perf_counter()
        plan = self.plan = prepare(self.project, self._base)
        self.device = str(plan.device)
        self.telemetry.say(
            f"{len(plan.train):,} examples to train on, {len(plan.validation):,} for validation, "
            f"{len(plan.test):,} for the test; ready after {time.perf_counter() - began:.1f} s."
        )
        return plan

    def _trainer(self, plan: Plan) -> Trainer:
        sampler = Sampler(plan) if self._watch else None
        trainer = Trainer(
            plan,
            self.control,
            self.telemetry,
            on_epoch=self._on_epoch,
            on_state=self._set_state,
            on_pause=lambda: self._try_save(trainer),
            on_save=lambda: self._try_save(trainer),
            sampler=sampler if sampler is not None and sampler.works else None,
        )
        if self._resume is None:
            self.run = Run.create(
                self.project,
                self._folder,
                seed=self.project.settings.seed,
                device=str(plan.device),
                threads=plan.threads,
                base=self._base,
            )
        else:
            self._go_on(trainer, self._resume)
        if not trainer.step:  # from now on it can be resumed
            self._save_checkpoint(trainer)
        return trainer

    def _go_on(self, trainer: Trainer, run: Run) -> None:
        """Take up a run where its checkpoint has it."""
        if run.is_untrained:
            self.telemetry.say("Nothing of the run was kept yet: it begins anew.")
        else:
            checkpoint.restore(trainer, *run.checkpoint())
            place = f"Going on after epoch {trainer.epoch}."
            if trainer.midway is not None:
                place = f"Going on in epoch {trainer.epoch}, after step {trainer.step}."
            self.telemetry.say(place)
        run.resume()
        run.save_project(self.project)  # it may train for more epochs now
        self._best_written = run.info.best_epoch or 0
        self.run = run

    def _on_epoch(self, epoch: Epoch) -> None:
        self._epochs.append(epoch)
        if self.run is not None:
            try:
                self.run.record_epoch(epoch)
            except FileError as error:
                self._unsaved(error)

    def _try_save(self, trainer: Trainer) -> None:
        """Save while training goes on; what keeps it from that is said, and training goes on."""
        try:
            if _is_finite(trainer):  # else what was saved last is better
                self._save(trainer)
                self._save_checkpoint(trainer)
                self._said_unsaved = False
        except FileError as error:
            self._unsaved(error)

    def _unsaved(self, error: FileError) -> None:
        if not self._said_unsaved:
            self.telemetry.say(f"{error} Training goes on; writing is tried again.")
        self._said_unsaved = True

    def _save(self, trainer: Trainer) -> None:
        """Write the weights, the best ones where they are new, and the curves so far."""
        run = self.run
        if run is None:
            return
        run.save_states("last", trainer.plan.weights())
        if trainer.best.epoch != self._best_written:
            self._save_best(trainer)
        run.write_epochs()
        run.record_steps({k: s.read() for k, s in self.telemetry.series().items()})

    def _save_checkpoint(self, trainer: Trainer) -> None:
        """Write all that going on needs; only between two batches."""
        if self.run is not None:
            self.run.save_checkpoint(*checkpoint.capture(trainer))

    def _wrap_up(self, trainer: Trainer | None, end: State, reason: str) -> State:
        """Write what is left to write, and measure on the test part; return the final state."""
        test: dict[str, float] = {}
        if trainer is not None:
            if _is_finite(trainer):  # else those saved last are better
                self._save(trainer)
                if end is not State.FAILED:  # that may be in the midst of a step
                    self._save_checkpoint(trainer)
            if end is State.FINISHED:
                trainer.use_best()
                try:
                    test = trainer.measure(trainer.plan.test) if len(trainer.plan.test) else {}
                except StopTraining:
                    end, reason = State.STOPPED, _STOPPED
            self.outcome = Outcome(
                tuple(self._epochs), test, trainer.examples_per_second, tuple(trainer.threads)
            )
        if self.run is None:
            return end
        if trainer is not None:
            self._save_best(trainer)
            self.run.write_epochs()
            self.run.record_steps({k: s.read() for k, s in self.telemetry.series().items()})
        self.run.finish(end.value, reason, test)  # type: ignore[arg-type]
        return end

    def _save_best(self, trainer: Trainer) -> None:
        if self.run is not None and trainer.best.weights:
            best = trainer.best
            self.run.save_states("best", best.weights | unwrapped(best.averages))
            self.run.set_best(trainer.best.epoch, trainer.best.value)
            self._best_written = trainer.best.epoch

    def _fail(self, error: BaseException, plan: Plan | None) -> str:
        """Keep what went wrong, with the node that wrote the line; return it in a sentence."""
        network = node = None
        way: tuple[Place, ...] = ()
        message = str(error)
        if isinstance(error, DivergedError) and self._setback is not None:
            failed = self._setback
            message, network, node, way = failed.message, failed.network, failed.node, failed.way
        elif isinstance(error, ProblemsError):
            first = error.problems[0]
            network, node, way = first.network, first.node, first.way
        elif not isinstance(error, TorchloomError):
            way = plan.way_to(error) if plan is not None else ()
            network, node = (way[-1].graph, way[-1].node) if way else (None, None)
            message = in_a_sentence(error, self.project, way)
            way = way[:-1]
            self._write_traceback(error)
            if plan is not None and is_out_of_memory(error):
                message = f"{message} {self._advice(error, plan)}".strip()
        self.failure = Failure(message, network, node, way)
        self.telemetry.say(message)
        return message

    def _write_traceback(self, error: BaseException) -> None:
        """Keep where an unforeseen exception came from: in the run's folder, and in the log."""
        _log.debug("training failed", exc_info=error)
        if self.run is not None:
            with contextlib.suppress(FileError):
                path = self.run.write_traceback("".join(traceback.format_exception(error)))
                self.telemetry.say(f"The traceback is in {path}.")

    def _advice(self, error: BaseException, plan: Plan) -> str:
        """Return what would help a training that ran out of memory."""
        self.telemetry.say("Looking for a batch size that fits …")
        traceback.clear_frames(error.__traceback__)  # they hold what the step has made
        try:
            return advice(plan)
        except Exception as other:  # there may be too little memory for that too
            _log.debug("memory could not be measured", exc_info=other)
            return ""

    def _set_state(self, state: State) -> None:
        if state is State.RUNNING:
            self.failure = None  # what made it pause
        self.state = state
        self.telemetry.version += 1


def _copied(plan: Plan, step: int) -> Weights:
    networks, averages = copy.deepcopy((plan.networks, plan.averages))
    modules: list[nn.Module] = [*networks.values(), *averages.values()]
    for module in modules:
        module.cpu().eval()
    return Weights(dict(networks), dict(averages), step)


def _is_finite(trainer: Trainer) -> bool:
    """Whether all weights are numbers."""
    networks = trainer.plan.networks.values()
    return all(bool(torch.isfinite(p).all()) for network in networks for p in network.parameters())
