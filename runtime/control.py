"""Commands to a running training, obeyed between batches."""

from __future__ import annotations

import math
import queue
from collections.abc import Callable
from enum import Enum
from typing import Any

__all__ = ["Control", "State", "StopTraining"]


class State(Enum):
    """Where a run is in its life."""

    LOADING = "loading"
    RUNNING = "running"
    PAUSED = "paused"
    STOPPED = "stopped"
    FINISHED = "finished"
    FAILED = "failed"

    @property
    def over(self) -> bool:
        """Whether the run has ended."""
        return self in (State.STOPPED, State.FINISHED, State.FAILED)


class StopTraining(Exception):  # noqa: N818 - not an error
    """Raised between batches when the user has stopped the run."""


class Control:
    """The queue of commands between whoever gives them and the training thread."""

    def __init__(self) -> None:
        self._commands: queue.SimpleQueue[tuple[str, Any]] = queue.SimpleQueue()
        self._batches_left = math.inf

    # -- any thread -----------------------------------------------------------------------------

    def pause(self) -> None:
        """Stop after the current batch, and wait."""
        self._commands.put(("pause", 0.0))

    def resume(self) -> None:
        """Go on."""
        self._commands.put(("resume", 0.0))

    def step(self) -> None:
        """Train one batch, then wait again."""
        self._commands.put(("step", 0.0))

    def stop(self) -> None:
        """End the run after the current batch."""
        self._commands.put(("stop", 0.0))

    def set_learning_rate(self, value: float) -> None:
        """Use another learning rate from the next batch on."""
        if not (math.isfinite(value) and value >= 0):
            raise ValueError(f"a learning rate is a number of at least 0, not {value!r}")
        self._commands.put(("rate", value))

    def call(self, function: Callable[[], object]) -> None:
        """Call a function in the training thread, between two batches; it must not raise."""
        self._commands.put(("call", function))

    # -- the training thread ----------------------------------------------------------------------

    @property
    def waiting(self) -> bool:
        """Whether there is anything to obey before the next batch."""
        return self._batches_left <= 0 or not self._commands.empty()

    def batch_done(self) -> None:
        """Count a batch, for single steps."""
        self._batches_left -= 1

    def obey(self, set_rate: Callable[[float], None], say_state: Callable[[State], None]) -> None:
        """Obey all commands; while paused, wait for the next. Raises StopTraining."""
        told = False
        while self.waiting:
            if self._batches_left <= 0 and not told:
                say_state(State.PAUSED)
                told = True
            name, value = self._commands.get()
            if name == "stop":
                raise StopTraining
            if name == "rate":
                set_rate(value)
            elif name == "call":
                value()
            else:
                one_more = 1 if math.isinf(self._batches_left) else self._batches_left + 1
                self._batches_left = {"pause": 0, "step": one_more, "resume": math.inf}[name]
        say_state(State.RUNNING)
