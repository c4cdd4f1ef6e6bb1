"""Optimizers and schedules: what they write makes the torch object and works."""

from __future__ import annotations

import inspect
from typing import Any

import pytest
import torch
from torch import nn
from torch.optim import lr_scheduler

from graph import catalog
from graph.catalog import optimizers, schedulers
from graph.catalog.entry import REQUIRED, Kind
from graph.catalog.optimizers import OptimizerKind, SchedulerKind
from graph.document import Value
from graph.errors import ParamError
from graph.shapes import evaluate

OPTIMIZERS = [kind for kind in optimizers.KINDS if isinstance(kind, OptimizerKind)]
SCHEDULERS = [kind for kind in schedulers.KINDS if isinstance(kind, SchedulerKind)]


def made(kind: OptimizerKind, module: nn.Module, **params: Value) -> Any:
    """Return the optimizer that the code of a node makes for a module."""
    text = kind.construct(kind.resolve({**kind.presets, **params}, {})) or ""
    return eval(text.replace("{params}", "params"), {"torch": torch, "params": module.parameters()})


def scheduled(kind: SchedulerKind, optimizer: Any, **params: Value) -> Any:
    text = kind.construct(kind.resolve({**kind.presets, **params}, {})) or ""
    for placeholder, value in (("{optimizer}", "optimizer"), ("{epochs}", "8"), ("{steps}", "40")):
        text = text.replace(placeholder, value)
    return eval(text, {"torch": torch, "optimizer": optimizer})


@pytest.mark.parametrize("kind", OPTIMIZERS, ids=lambda kind: kind.name)
def test_a_step_changes_the_weights_and_lowers_the_loss(kind: OptimizerKind) -> None:
    torch.manual_seed(0)
    module: nn.Module = (
        nn.Embedding(4, 3, sparse=True) if kind.name == "SparseAdam" else nn.Linear(4, 3)
    )
    batch = torch.arange(4) if kind.name == "SparseAdam" else torch.randn(8, 4)
    before = [p.detach().clone() for p in module.parameters()]
    optimizer = made(kind, module)
    assert type(optimizer) is getattr(torch.optim, kind.name)
    losses = []
    for _ in range(5):
        optimizer.zero_grad()
        loss = module(batch).square().mean()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0]
    assert all((p != b).any() for p, b in zip(module.parameters(), before, strict=True))


@pytest.mark.parametrize("kind", OPTIMIZERS, ids=lambda kind: kind.name)
def test_names_and_defaults_are_those_of_torch(kind: OptimizerKind) -> None:
    theirs = inspect.signature(kind.torch_class).parameters
    for param in kind.params:
        if not param.own:
            assert repr(param.default) == repr(theirs[param.name].default)
    left_out = set(theirs) - {p.name for p in kind.params} - {"params"}
    assert left_out <= {"capturable", "differentiable", "foreach", "fused"}


@pytest.mark.parametrize("kind", OPTIMIZERS, ids=lambda kind: kind.name)
def test_arguments_arrive(kind: OptimizerKind) -> None:
    optimizer = made(kind, nn.Linear(2, 2), lr=0.125, maximize=True)
    assert optimizer.defaults["lr"] == 0.125
    assert optimizer.defaults["maximize"] is True


def test_code_of_an_optimizer() -> None:
    kind = catalog.lookup("Adam")
    assert kind.construct(kind.resolve({}, {})) == "torch.optim.Adam({params}, fused=True)"
    args = kind.resolve({"lr": 0.01, "betas": (0.5, 0.999), "clip_norm": 1.0, "every": 2}, {})
    assert kind.construct(args) == (
        "torch.optim.Adam({params}, lr=0.01, betas=(0.5, 0.999), fused=True)"
    )


def test_every_optimizer_of_torch_is_there_or_has_a_reason() -> None:
    classes = {
        name
        for name, thing in vars(torch.optim).items()
        if isinstance(thing, type) and issubclass(thing, torch.optim.Optimizer)
    }
    assert classes - {kind.name for kind in OPTIMIZERS} <= {"Optimizer", "LBFGS", "Muon"}


def test_every_schedule_of_torch_is_there_or_has_a_reason() -> None:
    classes = {
        name
        for name, thing in vars(lr_scheduler).items()
        if isinstance(thing, type)
        and issubclass(thing, lr_scheduler.LRScheduler)
        and not name.startswith("_")
    }
    assert classes - {kind.name for kind in SCHEDULERS} <= {
        "LRScheduler",
        "LambdaLR",
        "MultiplicativeLR",
        "SequentialLR",
        "ChainedScheduler",
    }


@pytest.mark.parametrize(
    ("name", "param", "value"),
    [
        ("Adam", "lr", -0.1),
        ("Adam", "lr", "fast"),
        ("Adam", "betas", (0.9,)),
        ("Adam", "betas", (0.9, 1.0)),
        ("Adam", "every", 0),
        ("SGD", "momentum", -1.0),
        ("Rprop", "etas", (1.2, 0.5)),
        ("Adafactor", "eps", (0.1, None)),
        ("Adafactor", "d", 0.5),
        ("StepLR", "step_size", 0),
        ("StepLR", "step_size", None),
        ("CyclicLR", "mode", "square"),
        ("LinearLR", "start_factor", 0.0),
        ("ReduceLROnPlateau", "factor", 1.0),
        ("ConstantLR", "factor", 0.0),
    ],
)
def test_bad_arguments_are_refused(name: str, param: str, value: Value) -> None:
    with pytest.raises(ParamError, match=f"^{param}: expected .*, received "):
        catalog.lookup(name).check_param(param, value)


def test_adafactor_takes_none_as_its_first_epsilon() -> None:
    catalog.lookup("Adafactor").check_param("eps", (None, 1e-3))


@pytest.mark.parametrize(
    ("name", "params", "said"),
    [
        ("SGD", {"nesterov": True}, "Nesterov momentum requires a momentum"),
        ("MultiStepLR", {"milestones": (5,), "gamma": 0.1}, ""),
        ("ConstantLR", {"factor": 0.5}, ""),
        ("Adam", {"betas": (0.0, 0.5)}, ""),
    ],
)
def test_what_torch_refuses_is_a_problem(name: str, params: dict[str, Value], said: str) -> None:
    error = evaluate(catalog.lookup(name), params, {}).error
    assert (said in error.mend) if said and error else (error is None and not said)


@pytest.mark.parametrize("kind", optimizers.KINDS, ids=lambda kind: kind.name)
def test_new_nodes_are_accepted(kind: Kind) -> None:
    assert evaluate(kind, kind.presets, {}).error is None


# -- schedules ------------------------------------------------------------------------------------


def rates(name: str, steps: int, optimizer: str = "SGD", **params: Value) -> list[float]:
    """Return the learning rate before each of `steps` steps, beginning from 1."""
    kind, inner = catalog.lookup(name), catalog.lookup(optimizer)
    assert isinstance(kind, SchedulerKind)
    assert isinstance(inner, OptimizerKind)
    stepped = made(inner, nn.Linear(2, 2), lr=1.0)
    schedule = scheduled(kind, stepped, **params)
    found = []
    for _ in range(steps):
        found.append(stepped.param_groups[0]["lr"])
        stepped.step()
        schedule.step(*([1.0] if kind.takes_loss else []))
    return found


@pytest.mark.parametrize(
    ("name", "params", "expected"),
    [
        ("StepLR", {"step_size": 2, "gamma": 0.5}, [1, 1, 0.5, 0.5, 0.25]),
        ("MultiStepLR", {"milestones": (1, 3), "gamma": 0.1}, [1, 0.1, 0.1, 0.01, 0.01]),
        ("ExponentialLR", {"gamma": 0.5}, [1, 0.5, 0.25, 0.125, 0.0625]),
        ("ConstantLR", {"factor": 0.5, "total_iters": 2}, [0.5, 0.5, 1, 1, 1]),
        ("LinearLR", {"start_factor": 0.5, "total_iters": 2}, [0.5, 0.75, 1, 1, 1]),
        ("PolynomialLR", {"total_iters": 4}, [1, 0.75, 0.5, 0.25, 0]),
        ("CosineAnnealingLR", {"T_max": 2}, [1, 0.5, 0, 0.5, 1]),
        ("CosineAnnealingWarmRestarts", {"T_0": 2}, [1, 0.5, 1, 0.5, 1]),
        ("CyclicLR", {"base_lr": 0.0, "max_lr": 1.0, "step_size_up": 2}, [0, 0.5, 1, 0.5, 0]),
        ("ReduceLROnPlateau", {"patience": 0, "factor": 0.5}, [1, 1, 0.5, 0.25, 0.125]),
    ],
)
def test_a_schedule_changes_the_rate(
    name: str, params: dict[str, Value], expected: list[float]
) -> None:
    assert rates(name, 5, **params) == pytest.approx(expected, abs=1e-9)


def test_cosine_and_one_cycle_take_the_length_of_the_run() -> None:
    cosine = rates("CosineAnnealingLR", 9)
    assert cosine[-1] == pytest.approx(0.0, abs=1e-9)
    assert cosine[4] == pytest.approx(0.5)
    cycle = rates("OneCycleLR", 40, max_lr=2.0)
    assert max(cycle) == pytest.approx(2.0)
    assert cycle[-1] < 1e-4


def test_placeholders_are_only_for_what_is_not_set() -> None:
    kind = catalog.lookup("CosineAnnealingLR")
    text = "torch.optim.lr_scheduler.CosineAnnealingLR({optimizer}, T_max="
    assert kind.construct(kind.resolve({}, {})) == text + "{epochs})"
    assert kind.construct(kind.resolve({"T_max": 5}, {})) == text + "5)"
    cycle = catalog.lookup("OneCycleLR")
    assert "total_steps={steps}" in str(cycle.construct(cycle.resolve({"max_lr": 0.1}, {})))


def test_schedules_chain() -> None:
    for kind in SCHEDULERS:
        ports = kind.ports({}, None)
        assert [port.carries for port in (*ports.inputs, *ports.outputs)] == ["optimizer"] * 2
    per_batch = {kind.name for kind in SCHEDULERS if kind.per == "batch"}
    assert per_batch == {"OneCycleLR", "CyclicLR"}
    assert {kind.name for kind in SCHEDULERS if kind.takes_loss} == {"ReduceLROnPlateau"}


@pytest.mark.parametrize("kind", SCHEDULERS, ids=lambda kind: kind.name)
def test_schedule_names_and_defaults_are_those_of_torch(kind: SchedulerKind) -> None:
    theirs = inspect.signature(kind.torch_class).parameters
    for param in kind.params:
        default = theirs[param.name].default
        if param.name in kind.unset:
            assert param.default is None
        elif default is inspect.Parameter.empty:
            assert param.default is REQUIRED
        else:
            assert repr(param.default) == repr(default)
