"""What is done when a loss is no number any more: back to the last good step, and the cause."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from torch import Tensor

from graph.errors import FileError
from runtime import checkpoint
from runtime.control import Control
from runtime.diagnosis import Finding, Watch
from runtime.plan import Plan
from runtime.runs import Run
from runtime.telemetry import Telemetry
from runtime.trainer import DivergedError, Trainer

__all__ = ["set_back"]


def set_back(trainer: Trainer, run: Run, error: DivergedError) -> Finding | None:
    """Put a trainer into the state before the first bad step; return what went bad there.

    Where numbers had grown for some steps before, that is the state of the last checkpoint.

    The steps since the last checkpoint are taken again, which gives the same numbers, and the last
    two of them are watched: the gradient of one step shows in the loss of the next. Commands are
    obeyed meanwhile, so StopTraining may be raised.

    Raises
    ------
    FileError
        If the run has no checkpoint that can be read.
    """
    plan, control = trainer.plan, trainer.control
    tensors, state = kept = run.checkpoint()
    if int(state["step"]) > error.step:
        raise FileError("The checkpoint is of a later step.")
    again = _begun(plan, control, tensors, state)
    again.until = max(error.step - 2, int(state["step"]))
    again.train()
    tensors, state = _copied(again)
    again = _begun(plan, control, tensors, state, recorded=False)
    watch = Watch(plan, lambda: again.step + 1)
    for step in range(again.step + 1, error.step + 1):
        again.until = step
        try:
            with watch:
                again.train()
        except DivergedError:
            break
        finally:
            watch.look_at_weights(again.step)
        if watch.found:
            break
    found = watch.found
    good = min(error.step, found.step if found is not None else error.step) - 1
    if found is None or found.grown:
        tensors, state = kept
    elif good > int(state["step"]):
        again = _begun(plan, control, tensors, state)
        again.until = good
        again.train()
        tensors, state = _copied(again)
    trainer.begin_anew()
    checkpoint.restore(trainer, tensors, state)
    return found


def _begun(
    plan: Plan,
    control: Control,
    tensors: Mapping[str, Tensor],
    state: Mapping[str, Any],
    *,
    recorded: bool = True,
) -> Trainer:
    """Return a trainer that nobody watches, in this state."""
    trainer = Trainer(plan, control, Telemetry())
    trainer.begin_anew(recorded=recorded)
    checkpoint.restore(trainer, tensors, state)
    return trainer


def _copied(trainer: Trainer) -> tuple[dict[str, Tensor], dict[str, Any]]:
    tensors, state = checkpoint.capture(trainer)
    return {name: tensor.clone() for name, tensor in tensors.items()}, copy.deepcopy(state)
