"""A trainer's state as tensors and JSON values, and back: what going on after an end needs.

It may be taken between any two batches, and in a validation. A run that goes on from it is, on the
CPU, to the bit the run that never stopped.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from graph.errors import FileError
from runtime.plan import Plan, Step
from runtime.randomness import random_states, set_random_states
from runtime.trainer import Midway, Trainer

__all__ = ["capture", "restore"]


#: How long a schedule lasts is the project's business: a run may go on for more epochs.
_LENGTHS = ("total_steps", "T_max")

State = dict[str, Any]


# -- taking it --------------------------------------------------------------------------------


def capture(trainer: Trainer) -> tuple[dict[str, Tensor], State]:
    """Return the state of a trainer between two batches; tensors are its own, not copies."""
    plan, midway = trainer.plan, trainer.midway
    tensors: dict[str, Tensor] = {}
    for (kind, name), module in _modules(plan).items():
        for key, value in module.state_dict().items():
            tensors[f"{kind}.{name}.{key}"] = value
    for kind, best in (("best", trainer.best.weights), ("best_average", trainer.best.averages)):
        for name, weights in best.items():
            for key, value in weights.items():
                tensors[f"{kind}.{name}.{key}"] = value
    shuffle, states = trainer.shuffle.get_state(), None
    if midway is not None and midway.trained is None:
        shuffle = midway.shuffle
    elif midway is not None:
        states = midway.random
    tensors["random.shuffle"] = shuffle
    for name, value in (states or random_states()).items():
        tensors[f"random.{name}"] = value
    state: State = {
        "epoch": trainer.epoch,
        "step": trainer.step,
        "threads": trainer.threads[-1][1] if trainer.threads else trainer.begin_with,
        "best_loss": trainer.best.value if trainer.best.weights else None,
        "best_epoch": trainer.best.epoch,
        "optimizers": [_optimizer(i, step, tensors) for i, step in enumerate(plan.steps)],
        "midway": None,
    }
    if midway is not None:
        state["midway"] = {
            "batches": midway.batches,
            "trained": midway.trained,
            "meters": None if midway.trained is not None else _meters(trainer, tensors),
        }
    return tensors, state


def _modules(plan: Plan) -> dict[tuple[str, str], nn.Module]:
    """Return all that has a state dict, by kind and name: what the training graph holds too."""
    found: dict[tuple[str, str], nn.Module] = {}
    found.update({("network", name): network for name, network in plan.networks.items()})
    found.update({("average", name): average for name, average in plan.averages.items()})
    for name, value in plan.training.names.items():
        if isinstance(value, nn.Module):
            found["training", name] = value
    return found


def _optimizer(i: int, step: Step, tensors: dict[str, Tensor]) -> State:
    """Return what JSON holds of an optimizer and its schedules; put the rest into `tensors`."""
    found = step.optimizer.state_dict()
    numbers: dict[str, State] = {}
    for index, values in found["state"].items():
        for key, value in values.items():
            if isinstance(value, Tensor):
                tensors[f"optimizer.{i}.{index}.{key}"] = value
            else:
                numbers.setdefault(str(index), {})[key] = value
    return {
        "numbers": numbers,
        "groups": [_plain(group) for group in found["param_groups"]],
        "schedules": [_plain(schedule.state_dict()) for schedule, _, _ in step.schedules],
    }


def _meters(trainer: Trainer, tensors: dict[str, Tensor]) -> State:
    """Return the plain numbers of the sums over this epoch; put the rest into `tensors`."""
    found: State = {}
    for name, meter in _sums(trainer).items():
        found[name] = _plain(vars(meter))
        for key, value in vars(meter).items():
            if isinstance(value, Tensor):
                tensors[f"meter.{name}.{key}"] = value
    return found


def _sums(trainer: Trainer) -> dict[str, Any]:
    """Return the objects that add up over an epoch; they have plain attributes."""
    means = {f"loss.{name}": mean for name, mean in trainer.means.items()}
    return means | {f"metric.{name}": metric for name, metric in trainer.plan.metrics.items()}


def _plain(values: Mapping[str, Any]) -> State:
    """Return the entries that JSON can hold."""
    return {key: value for key, value in values.items() if _is_plain(value)}


def _is_plain(value: object) -> bool:
    if isinstance(value, list | tuple):
        return all(_is_plain(item) for item in value)
    return value is None or isinstance(value, bool | int | float | str)


# -- putting it back ----------------------------------------------------------------------------


def restore(trainer: Trainer, tensors: Mapping[str, Tensor], state: Mapping[str, Any]) -> None:
    """Put a trainer into a state that :func:`capture` returned, which stays as it is.

    Raises
    ------
    FileError
        If the state is of another project; where a tensor does not fit, it is named.
    """
    try:
        _restore(trainer, tensors, state)
    except (KeyError, ValueError, TypeError, RuntimeError, IndexError, AttributeError) as error:
        raise _misfit(str(error)[:300]) from error


def _misfit(reason: str) -> FileError:
    return FileError(
        "Expected a checkpoint of this very project, received one that does not fit it: "
        f"{reason}. Train the project anew instead of resuming."
    )


def _restore(trainer: Trainer, tensors: Mapping[str, Tensor], state: Mapping[str, Any]) -> None:
    plan = trainer.plan
    for (kind, name), module in _modules(plan).items():
        saved = _part(tensors, f"{kind}.{name}.")
        if saved or kind != "training":  # those of older versions have none of these
            _check_like(f"{kind}.{name}", module.state_dict(), saved)
            module.load_state_dict(saved)
    for i, (step, numbers) in enumerate(zip(plan.steps, state["optimizers"], strict=True)):
        _restore_optimizer(i, step, tensors, numbers)
    if state["best_loss"] is not None:
        _restore_best(trainer, tensors, state)
    trainer.epoch, trainer.step = int(state["epoch"]), int(state["step"])
    trainer.begin_with = state.get("threads")
    trainer.shuffle.set_state(tensors["random.shuffle"])
    midway = state.get("midway")
    trainer.midway = None
    if midway is not None:
        trainer.midway = Midway(trainer.shuffle.get_state(), int(midway["batches"]))
        if midway["trained"] is not None:
            results = {str(name): float(value) for name, value in midway["trained"].items()}
            trainer.midway.trained = results
            random = _part(tensors, "random.")
            trainer.midway.random = {k: t for k, t in random.items() if k != "shuffle"}
        else:
            _restore_meters(trainer, tensors, midway["meters"])
    set_random_states(_part(tensors, "random."))


def _restore_optimizer(
    i: int, step: Step, tensors: Mapping[str, Tensor], saved: Mapping[str, Any]
) -> None:
    parameters = [p for group in step.optimizer.param_groups for p in group["params"]]
    values: dict[int, State] = {
        int(index): dict(numbers) for index, numbers in saved["numbers"].items()
    }
    for key, tensor in _part(tensors, f"optimizer.{i}.").items():
        index, _, name = key.partition(".")
        parameter = parameters[int(index)]
        _check_belongs(f"optimizer.{i}.{key}", tensor, parameter)
        if tensor.shape == parameter.shape:  # fused steps go through both in the same order
            tensor = torch.empty_like(parameter, dtype=tensor.dtype).copy_(tensor)
        else:
            tensor = tensor.clone()
        values.setdefault(int(index), {})[name] = tensor
    present = step.optimizer.state_dict()["param_groups"]
    groups = [{**a, **_tuples(a, b)} for a, b in zip(present, saved["groups"], strict=True)]
    step.optimizer.load_state_dict({"state": values, "param_groups": groups})
    for (schedule, _, _), numbers in zip(step.schedules, saved["schedules"], strict=True):
        kept = {key: value for key, value in numbers.items() if key not in _LENGTHS}
        schedule.load_state_dict({**schedule.state_dict(), **kept})


def _restore_best(
    trainer: Trainer, tensors: Mapping[str, Tensor], state: Mapping[str, Any]
) -> None:
    plan, best = trainer.plan, trainer.best
    best.value, best.epoch = float(state["best_loss"]), int(state["best_epoch"])
    best.weights = {name: _part(tensors, f"best.{name}.") for name in plan.networks}
    best.averages = {name: _part(tensors, f"best_average.{name}.") for name in plan.averages}
    for name, network in plan.networks.items():
        _check_like(f"best.{name}", network.state_dict(), best.weights[name])
    for name, average in plan.averages.items():
        _check_like(f"best_average.{name}", average.state_dict(), best.averages[name])


def _restore_meters(
    trainer: Trainer, tensors: Mapping[str, Tensor], saved: Mapping[str, Mapping[str, Any]]
) -> None:
    for name, meter in _sums(trainer).items():
        part = _part(tensors, f"meter.{name}.")
        for key, before in vars(meter).items():
            if key in part:
                setattr(meter, key, part[key].to(trainer.plan.device, copy=True))
            else:
                value = saved[name][key]
                setattr(meter, key, tuple(value) if isinstance(before, tuple) else value)


def _check_like(where: str, wanted: Mapping[str, Tensor], found: Mapping[str, Tensor]) -> None:
    """Raise FileError, naming the tensor, unless `found` has all that is wanted and no more."""
    for key, tensor in wanted.items():
        name = f"{where}.{key}"
        if key not in found:
            raise _misfit(f"the tensor {name!r} is missing")
        if found[key].shape != tensor.shape or found[key].dtype != tensor.dtype:
            is_there = _described(found[key])
            raise _misfit(f"the tensor {name!r} is {is_there}, the project's {_described(tensor)}")
    for key in found:
        if key not in wanted:
            raise _misfit(f"the project has no tensor {f'{where}.{key}'!r}")


def _check_belongs(name: str, tensor: Tensor, parameter: Tensor) -> None:
    """Raise FileError unless an optimizer could have noted this tensor beside a parameter."""
    shape = parameter.shape
    fits = tensor.dim() <= len(shape) and all(
        one in (1, whole)
        for one, whole in zip(reversed(tensor.shape), reversed(shape), strict=False)
    )
    if not fits or not (tensor.is_floating_point() or tensor.dim() == 0):
        raise _misfit(
            f"the tensor {name!r} is {_described(tensor)}, its parameter {_described(parameter)}"
        )


def _described(tensor: Tensor) -> str:
    return f"{tuple(tensor.shape)} {str(tensor.dtype).removeprefix('torch.')}"


def _tuples(present: Mapping[str, Any], saved: Mapping[str, Any]) -> State:
    """Return `saved` with lists as tuples where the optimizer has tuples, such as betas."""
    return {
        key: tuple(value) if isinstance(present.get(key), tuple) else value
        for key, value in saved.items()
    }


def _part(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {k.removeprefix(prefix): t for k, t in tensors.items() if k.startswith(prefix)}
