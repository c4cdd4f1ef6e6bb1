"""The training loop.

Per batch the step of each optimizer in order, per epoch a validation; between batches commands are
obeyed. An exported ``train.py`` (:mod:`graph.codegen.script`) does the same in the same order:
change one and the other must follow, and a test compares their losses bit for bit.
"""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

import torch
from torch import Tensor, nn

from graph.codegen.meter import Mean
from graph.codegen.script import EVALUATION_BATCH
from graph.errors import TorchloomError
from runtime.control import Control, State
from runtime.data.streaming import read_ahead
from runtime.machine import ThreadChoice
from runtime.plan import Plan
from runtime.probing import Prober
from runtime.randomness import random_states
from runtime.replay import Stepper
from runtime.runs import Epoch
from runtime.sampling import Sampler
from runtime.telemetry import Progress, Telemetry

__all__ = ["DivergedError", "Trainer"]

Results = dict[str, float]

#: Seconds between two looks at what the steps have left on the device. A viewer draws as often, and
#: what it draws takes from the cores that train: 12 times a second looks fluent.
_FLUSH = 0.08

#: Seconds between two looks at the samples, and the most that they may take of the time.
_SAMPLE = 0.5
_SAMPLE_SHARE = 0.02


class DivergedError(TorchloomError):
    """A loss has become infinite or not a number, as was seen after a step."""

    def __init__(self, message: str, step: int) -> None:
        super().__init__(message)
        self.step = step


@dataclass
class Best:
    """The best epoch so far by the value that is watched, with its weights."""

    value: float = math.inf
    epoch: int = 0
    weights: dict[str, dict[str, Tensor]] = field(default_factory=dict)
    averages: dict[str, dict[str, Tensor]] = field(default_factory=dict)


@dataclass
class Midway:
    """How far an epoch is: what going on from there needs beside weights and meters."""

    #: The state of the shuffling generator before the order of the epoch was drawn.
    shuffle: Tensor
    #: Batches of the epoch that were trained.
    batches: int = 0
    #: After the last one: the results of the training part, and the random state at that moment.
    trained: Results | None = None
    random: dict[str, Tensor] = field(default_factory=dict)


class Trainer:
    """Trains a plan. Knows nothing of who listens.

    `on_save` is called between two batches, every so often as the settings say.
    """

    def __init__(
        self,
        plan: Plan,
        control: Control,
        telemetry: Telemetry,
        *,
        on_epoch: Callable[[Epoch], None] = lambda epoch: None,
        on_state: Callable[[State], None] = lambda state: None,
        on_pause: Callable[[], None] = lambda: None,
        on_save: Callable[[], None] = lambda: None,
        sampler: Sampler | None = None,
    ) -> None:
        self.plan = plan
        self.control = control
        self.telemetry = telemetry
        self.settings = plan.project.settings
        self.epoch = 0
        self.step = 0
        validated = len(plan.validation) > 0
        self._watched, self._larger = plan.code.watched(self.settings, validated=validated)
        self.best = Best(-math.inf if self._larger else math.inf)
        #: Where in an epoch it stands; None between two epochs.
        self.midway: Midway | None = None
        #: CPU threads to begin with instead of choosing, for a run that goes on.
        self.begin_with: int | None = None
        #: The step after which :meth:`train` returns early; None: at the end.
        self.until: int | None = None
        self.threads: list[tuple[int, int]] = []
        self.means = {n: Mean() for step in plan.steps for n in step.code.function.losses}
        self.steppers = [Stepper(plan, step, self.means) for step in plan.steps]
        self.shuffle = torch.Generator().manual_seed(self.settings.seed)
        self._on_epoch, self._on_state = on_epoch, on_state
        self._on_pause, self._on_save = on_pause, on_save
        self._saved_at, self._saved_step = time.perf_counter(), 0
        self._sampler = sampler
        self._sample_next = 0.0
        self._prober = Prober(plan, telemetry)
        self._choice = self._thread_choice()
        self._pending: list[tuple[int, dict[str, Tensor]]] = []
        self._flushed = 0.0
        self._seconds = 0.0
        self._examples = 0
        self._rate = 0.0

    @property
    def examples_per_second(self) -> float:
        """Speed over the whole run, validation left out."""
        return self._examples / self._seconds if self._seconds else 0.0

    # -- the loop -----------------------------------------------------------------------------

    def train(self) -> None:
        """Train until the last epoch, or until early stopping ends it."""
        self._choose_threads()
        self._saved_at, self._saved_step = time.perf_counter(), self.step
        while self.midway or (self.epoch < self.settings.epochs and not self._is_enough):
            if self.midway is None:
                self._begin_epoch()
            began = time.perf_counter()
            trained = self._train_epoch()
            if trained is None:
                return
            results = {"train": trained}
            if len(self.plan.validation):
                results["validation"] = self.measure(self.plan.validation)
            self.midway = None
            measured = results.get("validation", results["train"])
            for step in self.plan.steps:
                own = measured[step.code.function.losses[0]]
                for schedule, per, takes_loss in step.schedules:
                    if per == "epoch":
                        schedule.step(*((own,) if takes_loss else ()))
            self._note_best(measured[self._watched])
            self._report(results, time.perf_counter() - began)
            for split in results:
                for name in self.plan.code.evaluate.losses:
                    self._check_finite(name, [self.step], [results[split][name]])
        self._sample(math.inf)

    def begin_anew(self, *, recorded: bool = True) -> None:
        """Forget what was noted of steps taken so far, as a state is put in their place."""
        self.steppers = [
            Stepper(self.plan, step, self.means, recorded=recorded) for step in self.plan.steps
        ]
        self._pending, self.best = [], Best()

    def use_best(self) -> None:
        """Take the weights of the best epoch, where early stopping watches for it."""
        if self.settings.early_stopping is not None and self.best.weights:
            for name, network in self.plan.networks.items():
                network.load_state_dict(self.best.weights[name])
            for name, average in self.plan.averages.items():
                average.load_state_dict(self.best.averages[name])

    def _begin_epoch(self) -> None:
        self.epoch += 1
        self.midway = Midway(self.shuffle.get_state())
        self.means.update({name: Mean() for name in self.means})
        for metric in self.plan.metrics.values():
            metric.reset()

    def _train_epoch(self) -> Results | None:
        """Train what is left of the epoch; None where it is to end within."""
        plan, telemetry, midway = self.plan, self.telemetry, self.midway
        assert midway is not None
        if midway.trained is not None:
            return midway.trained
        for module in plan.with_mode:
            module.train()
        order = plan.train
        if self.settings.shuffle:
            self.shuffle.set_state(midway.shuffle)
            order = order[torch.randperm(len(order), generator=self.shuffle).to(plan.device)]
        self._flushed = began = time.perf_counter()
        self._choice.restart()
        batches = torch.split(order, self.settings.batch_size)[midway.batches :]
        for i, batch in enumerate(read_ahead(plan.columns, batches), start=midway.batches):
            if self.control.waiting:
                began += self._obey()
            if self.step == self.until:
                return None
            if self._prober.due:
                with self._prober.watching(self.step + 1):
                    losses = self._take_steps(i, batch, plainly=True)
            else:
                losses = self._take_steps(i, batch)
            self.step += 1
            midway.batches += 1
            self._examples += len(batch)
            self.control.batch_done()
            self._pending.append((self.step, losses))
            now = time.perf_counter()
            if now - self._flushed > _FLUSH:
                self._flush(now)
                self._sample(now)
            self._choice.stepped(now)
            if self._is_to_save(now):
                began += self._save()
        self._flush(time.perf_counter())
        self._seconds += time.perf_counter() - began
        telemetry.version += 1
        midway.trained = self._results(self.means, metrics=plan.code.metrics_in_steps)
        midway.random = random_states()
        return midway.trained

    def _take_steps(self, i: int, batch: Tensor, *, plainly: bool = False) -> dict[str, Tensor]:
        """Take the step of each optimizer whose turn it is; return their losses."""
        losses: dict[str, Tensor] = {}
        for step, stepper in zip(self.plan.steps, self.steppers, strict=True):
            if i % step.code.every == 0:
                losses.update(stepper.take(batch, plainly=plainly))
        return losses

    def measure(self, indices: Tensor) -> Results:
        """Return the mean losses and the metrics over the examples at `indices`."""
        plan, function = self.plan, self.plan.code.evaluate
        compute = plan.training.names[function.name]
        for module in plan.with_mode:
            module.eval()
        means = {name: Mean() for name in function.losses}
        for metric in plan.metrics.values():
            metric.reset()
        with torch.no_grad():
            for batch in read_ahead(plan.columns, torch.split(indices, EVALUATION_BATCH)):
                for name, value in compute(*plan.arguments(function, batch)).items():
                    means[name].update(value, len(batch))
                if self.control.waiting:
                    self._obey()
        return self._results(means)

    def _results(self, means: dict[str, Mean], *, metrics: bool = True) -> Results:
        found = {name: mean.compute() for name, mean in means.items()}
        if metrics:
            found.update({name: metric.compute() for name, metric in self.plan.metrics.items()})
        return found

    # -- epochs ---------------------------------------------------------------------------------

    def _note_best(self, value: float) -> None:
        """Keep the weights of a better epoch."""
        if value > self.best.value if self._larger else value < self.best.value:
            plan = self.plan
            self.best = Best(value, self.epoch, _copied(plan.networks), _copied(plan.averages))

    @property
    def _is_enough(self) -> bool:
        """Whether early stopping says so."""
        patience = self.settings.early_stopping
        return patience is not None and self.epoch - self.best.epoch >= patience

    def _report(self, results: dict[str, Results], seconds: float) -> None:
        for split, values in results.items():
            for name, value in values.items():
                self.telemetry.add(f"epoch/{split}/{name}", [self.epoch], [value])
                if split != "train" or name not in self.means:
                    self.telemetry.add(f"{split}/{name}", [self.step], [value])
        self._sample(time.perf_counter())  # an epoch may be shorter than that takes
        self._on_epoch(Epoch(self.epoch, results, seconds, self._learning_rates()))

    # -- between batches ------------------------------------------------------------------------

    def _obey(self) -> float:
        """Obey commands; return the seconds that this took."""
        began = time.perf_counter()
        self._flush(began)

        def say(state: State) -> None:
            if state is State.PAUSED:
                self._sample(math.inf)
                self._on_pause()
            self._on_state(state)

        rates = self._learning_rates()
        self.control.obey(self._set_learning_rate, say)
        if rates != self._learning_rates():  # no step from here on can be taken again without
            self._on_save()
        self._choice.restart()
        self._flushed = time.perf_counter()
        return self._flushed - began

    def _is_to_save(self, now: float) -> bool:
        settings = self.settings
        if settings.save_steps is not None and self.step - self._saved_step >= settings.save_steps:
            return True
        return now - self._saved_at >= settings.save_seconds

    def _save(self) -> float:
        """Have the state saved; return the seconds that this took."""
        began = time.perf_counter()
        self._flush(began)  # a loss that is no number is told before it is kept
        self._on_save()
        self._choice.restart()
        self._flushed = self._saved_at = time.perf_counter()
        self._saved_step = self.step
        return self._flushed - began

    def _sample(self, now: float) -> None:
        """Look at the samples, where somebody looks on and it is time."""
        if self._sampler is None or now < self._sample_next:
            return
        began = time.perf_counter()
        try:
            self.telemetry.samples = self._sampler.take(self.epoch, self.step)
        except Exception as error:  # whatever it is, the training can do without
            self._sampler = None
            self.telemetry.say(f"Nothing more is shown: {self._where(error)}{error}"[:500])
        self.telemetry.version += 1
        ended = time.perf_counter()
        self._sample_next = ended + max(_SAMPLE, (ended - began) / _SAMPLE_SHARE)

    def _where(self, error: Exception) -> str:
        place = self.plan.locate(error)
        if place is None:
            return ""
        return f"{self.plan.project.network(place[0]).node(place[1]).label[:80]!r} failed: "

    def _set_learning_rate(self, value: float) -> None:
        for step in self.plan.steps:
            for group in step.optimizer.param_groups:
                group["lr"] = value
            for schedule, _, _ in step.schedules:
                if hasattr(schedule, "base_lrs"):
                    schedule.base_lrs = [value] * len(schedule.base_lrs)
        self.telemetry.say(f"Learning rate {value:g} from step {self.step + 1} on.")

    def _learning_rates(self) -> dict[str, float]:
        return {
            step.code.name: float(step.optimizer.param_groups[0]["lr"]) for step in self.plan.steps
        }

    def _flush(self, now: float) -> None:
        """Read the losses that steps have left on the device, and pass them on.

        Raises
        ------
        DivergedError
            If one of them is not a number, or infinite.
        """
        pending, self._pending = self._pending, []
        if pending:
            per_second = len(pending) * self.settings.batch_size / max(now - self._flushed, 1e-9)
            self._rate = per_second if not self._rate else 0.8 * self._rate + 0.2 * per_second
            for name in dict.fromkeys(name for _, losses in pending for name in losses):
                steps = [step for step, losses in pending if name in losses]
                values = torch.stack([one[name].detach() for _, one in pending if name in one])
                numbers = values.double().tolist()
                self.telemetry.add(f"train/{name}", steps, numbers)
                self._check_finite(name, steps, numbers)
        self._flushed = now
        self._tell_progress()

    @staticmethod
    def _check_finite(name: str, steps: Iterable[int], values: Iterable[float]) -> None:
        for step, value in zip(steps, values, strict=True):
            if not math.isfinite(value):
                raise DivergedError(
                    f"Expected the loss {name!r} to be a number, received {value} at step {step}. "
                    "Lower the learning rate, clip the gradients (clip_norm of the optimizer), or "
                    "look for a logarithm or division of 0 in the network and for extreme values "
                    "in the data.",
                    int(step),
                )

    def _tell_progress(self) -> None:
        batches = math.ceil(len(self.plan.train) / self.settings.batch_size)
        left = self.settings.epochs * batches - self.step
        seconds = left * self.settings.batch_size / self._rate if self._rate else math.nan
        self.telemetry.progress = Progress(
            self.epoch,
            self.settings.epochs,
            self.step,
            batches,
            self._rate,
            seconds,
            self._learning_rates(),
            self._choice.threads,
        )
        self.telemetry.version += 1

    # -- threads ----------------------------------------------------------------------------------

    def _thread_choice(self) -> ThreadChoice:
        fixed = self.settings.threads is not None or self.plan.device.type != "cpu"
        trial = (lambda: None) if fixed else self._trial()

        def say(text: str) -> None:
            self.threads.append((self.step, self._choice.threads))
            self.telemetry.say(text)

        return ThreadChoice(self.plan.threads, trial, say, fixed=fixed)

    def _choose_threads(self) -> None:
        self._choice.start(self.begin_with)
        if not self.threads:
            self.threads.append((0, self._choice.threads))

    def _trial(self) -> Callable[[], None]:
        """Return a function that does the work of a step on copies, leaving no trace."""
        plan = self.plan
        batch = plan.train[: self.settings.batch_size]

        def run() -> None:
            random = torch.get_rng_state()
            names, kept = plan.training.names, plan.metrics
            names.update(copy.deepcopy(kept))
            copies = replace(
                plan,
                networks=copy.deepcopy(plan.networks),
                averages=copy.deepcopy(plan.averages),
            )
            try:
                for step in plan.steps:
                    losses = step.compute(*copies.arguments(step.code.function, batch))
                    losses[step.code.function.losses[0]].backward()  # type: ignore[no-untyped-call]
            finally:
                names.update(kept)
                torch.set_rng_state(random)

        return run


def _copied(modules: Mapping[str, nn.Module]) -> dict[str, dict[str, Tensor]]:
    """Return copies of the states of modules."""
    return {
        name: {key: value.clone() for key, value in module.state_dict().items()}
        for name, module in modules.items()
    }
