"""Layers that are watched: the numbers are right, and the training has the same bits as without."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from graph.document import Project
from runtime import probing
from runtime.control import Control
from runtime.plan import prepare
from runtime.probing import Prober, Trace, judge
from runtime.telemetry import Telemetry
from runtime.trainer import Trainer
from tests import systems
from tests.builders import Layer, chain, trained

CNN: tuple[Layer, ...] = (
    ("Conv2d", {"out_channels": 4, "kernel_size": 3}),
    "ReLU",
    "Flatten",
    ("Linear", {"out_features": 16}),
    ("Dropout", {"p": 0.2}),
    ("Linear", {"out_features": 10}),
)


def classifier(layers: tuple[Layer, ...] = CNN) -> Project:
    return trained(chain(layers, shape=(1, 8, 8)), epochs=2, batch_size=64, threads=1)


def everywhere(project: Project) -> frozenset[tuple[str, str]]:
    return frozenset((n.name, node.id) for n in project.networks.values() for node in n)


def train(
    project: Project, wanted: frozenset[tuple[str, str]]
) -> tuple[list[Tensor], dict[str, list[float]], Telemetry, Trainer]:
    """Train to the end; return weights, losses by name, telemetry and trainer."""
    plan, telemetry = prepare(project, Path()), Telemetry()
    telemetry.wanted = wanted
    trainer = Trainer(plan, Control(), telemetry)
    trainer.train()
    weights = [v.clone() for n in plan.networks.values() for v in n.state_dict().values()]
    series = {k: s.read()[1].tolist() for k, s in telemetry.series().items()}
    return weights, series, telemetry, trainer


@pytest.fixture
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have every step watched."""
    monkeypatch.setattr(probing, "_EVERY", 0.0)
    monkeypatch.setattr(probing, "_SHARE", 1e9)


@pytest.mark.parametrize("make", [classifier, systems.gan], ids=["classifier", "gan"])
def test_a_training_that_is_watched_has_the_same_bits(make, often: None) -> None:
    project = make()
    project.set_settings(project.settings.model_copy(update={"epochs": 1, "threads": 1}))
    weights, losses, plain, _ = train(project, frozenset())
    again, same, watched, _ = train(project, everywhere(project))
    assert not plain.probes
    assert watched.probes
    assert losses == same
    assert all(torch.equal(one, two) for one, two in zip(weights, again, strict=True))


def test_steps_between_those_watched_are_replayed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every third step is watched; the others go on being replayed, with the same bits."""
    monkeypatch.setattr(Prober, "due", property(lambda self: self._telemetry.wanted and next(turn)))
    turn = iter([i % 3 == 0 for i in range(10_000)])
    project = classifier()
    weights, losses, *_ = train(project, frozenset())
    again, same, watched, trainer = train(project, everywhere(project))
    assert trainer.steppers[0].replays
    assert losses == same
    assert all(torch.equal(one, two) for one, two in zip(weights, again, strict=True))
    trace = next(iter(watched.probes.values()))
    assert [b - a for a, b in zip(trace.steps, trace.steps[1:], strict=False)] == [3] * (
        len(trace.steps) - 1
    )


def test_the_numbers_are_those_of_outputs_and_gradients(often: None) -> None:
    project = classifier()
    plan, telemetry = prepare(project, Path()), Telemetry()
    relu = next(node.id for node in project.networks["net"] if node.kind == "ReLU")
    telemetry.wanted = frozenset({("net", relu)})
    prober, step = Prober(plan, telemetry), plan.steps[0]
    batch = plan.train[:64]
    state = torch.get_rng_state()
    with prober.watching(7):
        losses = step.compute(*plan.arguments(step.code.function, batch))
        losses[step.code.function.losses[0]].backward()
    torch.set_rng_state(state)
    made: list[Tensor] = []
    modules = [m for network in plan.networks.values() for m in network.modules()]
    layer = next(module for module in modules if isinstance(module, nn.ReLU))

    def look(module: nn.Module, given: object, output: Tensor) -> None:
        output.retain_grad()
        made.append(output)

    handle = layer.register_forward_hook(look)
    losses = step.compute(*plan.arguments(step.code.function, batch))
    losses[step.code.function.losses[0]].backward()
    handle.remove()
    gradient, output = made[0].grad, made[0].detach()
    assert gradient is not None
    trace = telemetry.probes["net", relu]
    assert trace.steps == (7,)
    assert trace.activation[0] == pytest.approx(float(output.square().mean().sqrt()), rel=1e-5)
    assert trace.gradient[0] == pytest.approx(float(gradient.square().mean().sqrt()), rel=1e-5)
    assert trace.zeros[0] == pytest.approx(float((output == 0).float().mean()), rel=1e-5)
    assert not layer._forward_hooks


def test_no_hook_is_left_where_a_step_fails(often: None) -> None:
    project = classifier()
    plan, telemetry = prepare(project, Path()), Telemetry()
    telemetry.wanted = everywhere(project)
    prober = Prober(plan, telemetry)
    with pytest.raises(ZeroDivisionError), prober.watching(1):
        raise ZeroDivisionError
    assert not any(m._forward_hooks for n in plan.networks.values() for m in n.modules())


def test_what_is_asked_for_no_more_is_dropped(often: None) -> None:
    project = classifier()
    *_, telemetry, trainer = train(project, everywhere(project))
    assert len(telemetry.probes) > 2
    one = next(iter(telemetry.probes))
    telemetry.wanted = frozenset({one})
    with trainer._prober.watching(99):
        pass
    assert set(telemetry.probes) == {one}


def trace(activation: list[float], gradient: list[float], zeros: list[float]) -> Trace:
    made = Trace()
    for i, sample in enumerate(zip(activation, gradient, zeros, strict=True)):
        made = made.grown(i, *sample)
    return made


def test_dead_and_exploding_are_told_apart() -> None:
    fine = trace([0.5] * 10, [1e-3] * 10, [0.4] * 10)
    assert fine.state == ""
    assert trace([0.0] * 3, [1e-3] * 3, [1.0] * 3).state == "dead"
    assert trace([0.5] * 3, [0.0] * 3, [0.1] * 3).state == "dead"
    assert trace([0.5] * 2, [0.0] * 2, [0.1] * 2).state == ""  # it may be the first steps only
    assert trace([0.5, math.inf], [0.1, 0.1], [0.0, 0.0]).state == "exploding"
    assert trace([0.5, math.nan], [0.1, 0.1], [0.0, 0.0]).state == "exploding"
    assert trace([2e4], [0.1], [0.0]).state == "exploding"
    assert trace([0.5], [2e3], [0.0]).state == "exploding"
    assert trace([0.5] * 9 + [60.0], [0.1] * 10, [0.0] * 10).state == "exploding"
    assert trace([0.5] * 3, [math.nan] * 3, [0.1] * 3).state == ""  # nothing comes back to it
    assert judge(Trace()) == ""


def test_a_trace_does_not_grow_for_ever() -> None:
    long = trace([0.5] * 500, [0.1] * 500, [0.0] * 500)
    assert len(long.steps) == len(long.activation) == 120
    assert long.steps[-1] == 499
