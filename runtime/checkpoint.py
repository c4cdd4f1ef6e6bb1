"""A trainer's state as tensors and JSON values, and back: what going on after an end needs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from graph.errors import FileError
from runtime.trainer import Trainer

__all__ = ["capture", "restore"]


#: How long a schedule lasts is the project's business: a run may go on for more epochs.
_LENGTHS = ("total_steps", "T_max")


def capture(trainer: Trainer) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Return the state of a trainer at the end of an epoch."""
    plan = trainer.plan
    tensors: dict[str, Tensor] = {
        "random.torch": torch.get_rng_state(),
        "random.shuffle": trainer.shuffle.get_state(),
    }
    for name, network in plan.networks.items():
        for key, value in network.state_dict().items():
            tensors[f"network.{name}.{key}"] = value
    for name, average in plan.averages.items():
        for key, value in average.state_dict().items():
            tensors[f"average.{name}.{key}"] = value
    for kind, best in (("best", trainer.best.weights), ("best_average", trainer.best.averages)):
        for name, weights in best.items():
            for key, value in weights.items():
                tensors[f"{kind}.{name}.{key}"] = value
    optimizers = []
    for i, step in enumerate(plan.steps):
        found = step.optimizer.state_dict()
        numbers: dict[str, dict[str, Any]] = {}
        for index, values in found["state"].items():
            for key, value in values.items():
                if isinstance(value, Tensor):
                    tensors[f"optimizer.{i}.{index}.{key}"] = value
                else:
                    numbers.setdefault(str(index), {})[key] = value
        schedules = [schedule.state_dict() for schedule, _, _ in step.schedules]
        optimizers.append(
            {
                "numbers": numbers,
                "groups": [_plain(group) for group in found["param_groups"]],
                "schedules": [_plain(values) for values in schedules],
            }
        )
    plain: dict[str, Any] = {
        "epoch": trainer.epoch,
        "step": trainer.step,
        "best_loss": trainer.best.loss if trainer.best.weights else None,
        "best_epoch": trainer.best.epoch,
        "optimizers": optimizers,
    }
    return tensors, plain


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the entries that JSON can hold."""
    return {key: value for key, value in values.items() if _is_plain(value)}


def _is_plain(value: object) -> bool:
    if isinstance(value, list | tuple):
        return all(_is_plain(item) for item in value)
    return value is None or isinstance(value, bool | int | float | str)


def restore(trainer: Trainer, tensors: Mapping[str, Tensor], state: Mapping[str, Any]) -> None:
    """Put a trainer into a state that :func:`capture` returned.

    Raises
    ------
    FileError
        If the state is of another project.
    """
    try:
        _restore(trainer, tensors, state)
    except (KeyError, ValueError, TypeError, RuntimeError, IndexError, AttributeError) as error:
        raise FileError(
            "Expected a checkpoint of this very project, received one that does not fit it: "
            f"{str(error)[:300]}. Train the project anew instead of resuming."
        ) from error


def _restore(trainer: Trainer, tensors: Mapping[str, Tensor], state: Mapping[str, Any]) -> None:
    plan = trainer.plan
    for name, network in plan.networks.items():
        network.load_state_dict(_part(tensors, f"network.{name}."))
    for name, average in plan.averages.items():
        average.load_state_dict(_part(tensors, f"average.{name}."))
    for i, (step, saved) in enumerate(zip(plan.steps, state["optimizers"], strict=True)):
        values: dict[int, dict[str, Any]] = {
            int(index): dict(numbers) for index, numbers in saved["numbers"].items()
        }
        for key, tensor in _part(tensors, f"optimizer.{i}.").items():
            index, _, field = key.partition(".")
            values.setdefault(int(index), {})[field] = tensor
        present = step.optimizer.state_dict()["param_groups"]
        groups = [{**a, **_tuples(a, b)} for a, b in zip(present, saved["groups"], strict=True)]
        step.optimizer.load_state_dict({"state": values, "param_groups": groups})
        for (schedule, _, _), numbers in zip(step.schedules, saved["schedules"], strict=True):
            kept = {key: value for key, value in numbers.items() if key not in _LENGTHS}
            schedule.load_state_dict({**schedule.state_dict(), **kept})
    if state["best_loss"] is not None:
        trainer.best.loss = float(state["best_loss"])
        trainer.best.epoch = int(state["best_epoch"])
        trainer.best.weights = {name: _part(tensors, f"best.{name}.") for name in plan.networks}
        trainer.best.averages = {
            name: _part(tensors, f"best_average.{name}.") for name in plan.averages
        }
    trainer.epoch, trainer.step = int(state["epoch"]), int(state["step"])
    trainer.shuffle.set_state(tensors["random.shuffle"])
    torch.set_rng_state(tensors["random.torch"])


def _tuples(present: Mapping[str, Any], saved: Mapping[str, Any]) -> dict[str, Any]:
    """Return `saved` with lists as tuples where the optimizer has tuples, such as betas."""
    return {
        key: tuple(value) if isinstance(present.get(key), tuple) else value
        for key, value in saved.items()
    }


def _part(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {k.removeprefix(prefix): t for k, t in tensors.items() if k.startswith(prefix)}
