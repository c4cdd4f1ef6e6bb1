"""Replayed steps: the very bits of ordinary ones, and ordinary ones wherever that cannot be."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from graph import recipes
from graph.document import Project, Value
from runtime.control import Control
from runtime.plan import Plan, prepare
from runtime.replay import Stepper
from runtime.runs import Epoch
from runtime.telemetry import Telemetry
from runtime.trainer import Trainer
from tests import systems
from tests.builders import Layer, chain, trained

HEAD: tuple[Layer, ...] = ("Flatten", ("Linear", {"out_features": 10}))
MLP: tuple[Layer, ...] = ("Flatten", ("Linear", {"out_features": 12}), "ReLU", *HEAD[1:])
ROWS: Layer = ("squeeze", {"dim": 1})  # the rows of a picture as a sequence
POOL: Layer = ("MaxPool2d", {"kernel_size": 2})

NETWORKS: dict[str, tuple[Layer, ...]] = {
    "mlp": MLP,
    "cnn": (("Conv2d", {"out_channels": 4, "kernel_size": 3}), POOL, "ReLU", *HEAD),
    "batch norm": (("Conv2d", {"out_channels": 4, "kernel_size": 3}), "BatchNorm2d", *HEAD),
    "dropout": ("Flatten", ("Linear", {"out_features": 12}), "Dropout", *HEAD[1:]),
    "layer norm": ("Flatten", "LayerNorm", "GELU", *HEAD[1:]),
    "lstm": (ROWS, ("LSTM", {"hidden_size": 6, "batch_first": True}), *HEAD),
    "gru": (ROWS, ("GRU", {"hidden_size": 6, "batch_first": True, "dropout": 0.0}), *HEAD),
    "transformer": (
        ROWS,
        ("TransformerEncoderLayer", {"nhead": 2, "dim_feedforward": 8, "batch_first": True}),
        *HEAD,
    ),
    "cumulative batch norm": (("BatchNorm2d", {"momentum": None}), *HEAD),
}
SYSTEMS = (systems.gan, systems.critic, systems.vae, systems.momentum_teacher)
#: What leaves the tensors in each step, so that it cannot be replayed.
NEVER = {"cumulative batch norm"}

OPTIMIZERS: dict[str, tuple[str, dict[str, Value]]] = {
    "Adam": ("Adam", {}),
    "AdamW": ("AdamW", {"lr": 0.01, "clip_norm": 0.5}),
    "SGD": ("SGD", {"lr": 0.05, "momentum": 0.9, "nesterov": True, "clip_value": 0.01}),
    "plain SGD": ("SGD", {"lr": 0.05}),
    "RMSprop": ("RMSprop", {}),
}

SCHEDULES: dict[str, dict[str, Value]] = {
    "StepLR": {"step_size": 1},
    "OneCycleLR": {"max_lr": 0.05, "total_steps": 200},
    "CosineAnnealingLR": {"T_max": 3},
}


def classifier(
    layers: Sequence[Layer] = MLP,
    optimizer: str = "Adam",
    schedule: str | None = None,
    **settings: Any,
) -> Project:
    project = trained(chain(layers, shape=(1, 8, 8)), **{"epochs": 3, "batch_size": 64, **settings})
    kind, params = OPTIMIZERS[optimizer]
    choices = replace(
        recipes.guess(project),
        optimizer=kind,
        optimizer_params=params,
        schedule=schedule,
        schedule_params=SCHEDULES[schedule] if schedule else {},
    )
    recipes.supervised(project, choices).apply(project)
    return project


class Trained:
    """A training in this thread, with all that came of it."""

    def __init__(self, project: Project, *, replay: bool, rates: dict[int, float] | None = None):
        torch.set_num_threads(1)
        self.plan: Plan = prepare(project, Path())
        self.epochs: list[Epoch] = []
        self.telemetry = Telemetry()
        control = Control()

        def note(epoch: Epoch) -> None:
            self.epochs.append(epoch)
            if rates and epoch.epoch in rates:
                control.set_learning_rate(rates[epoch.epoch])

        trainer = Trainer(self.plan, control, self.telemetry, on_epoch=note)
        self.steppers: list[Stepper] = trainer.steppers
        if not replay:
            for stepper in self.steppers:
                stepper._turn = stepper._usual
        trainer.train()

    @property
    def outcome(self) -> list[Any]:
        """Everything that must not differ by a bit."""
        steps = {n: s.read()[1].tobytes() for n, s in self.telemetry.series().items()}
        weights = {
            (name, key): value.numpy().tobytes()
            for name, network in self.plan.networks.items()
            for key, value in network.state_dict().items()
        }
        weights |= {
            (name, key): value.numpy().tobytes()
            for name, average in self.plan.averages.items()
            for key, value in average.state_dict().items()
        }
        return [[e.metrics for e in self.epochs], steps, weights, torch.get_rng_state().tolist()]


def check_same(project: Project, **options: Any) -> Trained:
    replayed = Trained(project, replay=True, **options)
    assert replayed.outcome == Trained(project, replay=False, **options).outcome
    return replayed


@pytest.mark.parametrize("name", NETWORKS)
def test_networks_train_to_the_same_bits(name: str) -> None:
    trained = check_same(classifier(NETWORKS[name]))
    assert trained.steppers[0].replays == (name not in NEVER)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_optimizers_train_to_the_same_bits(name: str) -> None:
    assert check_same(classifier(optimizer=name)).steppers[0].replays


@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("optimizer", ["Adam", "SGD"])
def test_a_schedule_is_obeyed_without_a_new_recording(schedule: str, optimizer: str) -> None:
    trained = check_same(classifier(optimizer=optimizer, schedule=schedule))
    assert trained.steppers[0].replays
    assert trained.steppers[0].recordings == 1


def test_a_changed_learning_rate_is_obeyed() -> None:
    rates = {1: 0.02, 2: 0.0}
    trained = check_same(classifier(), rates=rates)
    assert trained.steppers[0].replays
    assert trained.epochs[2].learning_rates["optimizer"] == 0.0
    assert trained.epochs[1].metrics["validation"] != trained.epochs[0].metrics["validation"]
    assert trained.epochs[2].metrics["validation"] == trained.epochs[1].metrics["validation"]


def test_an_unfused_optimizer_is_recorded_anew_where_that_pays() -> None:
    once = check_same(classifier(optimizer="RMSprop"), rates={2: 0.02})
    assert not once.steppers[0].replays, "a recording of 40 steps did not pay"
    often = check_same(classifier(optimizer="RMSprop", batch_size=4, epochs=2), rates={1: 0.02})
    assert often.steppers[0].replays
    assert often.steppers[0].recordings == 2


@pytest.mark.parametrize(
    "make", [systems.gan, systems.critic, systems.vae, systems.momentum_teacher]
)
def test_random_numbers_and_several_optimizers_train_to_the_same_bits(
    make: Callable[..., Project],
) -> None:
    trained = check_same(make(epochs=3, batch_size=64))
    assert all(stepper.replays for stepper in trained.steppers)


def test_a_recording_that_gives_other_bits_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    from runtime.recording import Program

    def wrong(self: Program, *args: Any) -> Any:
        loss, *others = right(self, *args)
        return loss.nextafter(loss + 1), *others

    right = Program.run
    monkeypatch.setattr(Program, "run", wrong)
    assert not check_same(classifier()).steppers[0].replays


def test_what_python_decides_in_each_step_is_not_replayed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A forward pass that looks at a number, or that changes with each call."""
    project = classifier()
    plain = torch.nn.Linear.forward
    calls = iter(range(1_000_000))

    def looking(self: torch.nn.Linear, x: Tensor) -> Tensor:
        return plain(self, x if x.mean().item() < 1e9 else -x)

    def counting(self: torch.nn.Linear, x: Tensor) -> Tensor:
        return plain(self, x * (1 + 1e-3 * next(calls)))

    for forward in (looking, counting):
        monkeypatch.setattr(torch.nn.Linear, "forward", forward)
        assert not Trained(project, replay=True).steppers[0].replays


def test_an_error_in_a_replay_names_the_node() -> None:
    trained = Trained(classifier(), replay=True)
    plan, stepper = trained.plan, trained.steppers[0]
    assert stepper.replays
    batch = plan.train[: plan.project.settings.batch_size]
    plan.columns["label"][batch[3]] = 10  # there are ten classes, from 0 to 9
    with pytest.raises((IndexError, RuntimeError), match="out of bounds") as caught:
        stepper.take(batch)
    found = plan.locate(caught.value)
    assert found is not None
    assert plan.project.network(found[0]).node(found[1]).kind == "CrossEntropyLoss"
