"""The random states of a process as tensors, to be kept in a file and put back."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from graph.errors import FileError

__all__ = ["random_states", "set_random_states"]


def random_states() -> dict[str, Tensor]:
    """Return the states of all generators that a training may draw from, by name.

    ``torch`` and a device such as ``cuda.0`` or ``mps`` as torch gives them; ``numpy``, ``python``:
    the Mersenne Twister's 624 words, the place within them, and the normal number drawn ahead, if
    there is one, as (0 or 1, bits of a float64): whole numbers, (627,).
    """
    found = {"torch": torch.get_rng_state()}
    if torch.cuda.is_available():
        for i, state in enumerate(torch.cuda.get_rng_state_all()):
            found[f"cuda.{i}"] = state
    if torch.backends.mps.is_available():
        found["mps"] = torch.mps.get_rng_state()
    twister: Any = np.random.get_state(legacy=True)
    _, words, place, has_normal, normal = twister
    found["numpy"] = _twister([*words.tolist(), place], normal if has_normal else None)
    _, numbers, ahead = random.getstate()
    found["python"] = _twister(numbers, ahead)
    return found


def set_random_states(states: Mapping[str, Tensor]) -> None:
    """Put back what :func:`random_states` returned; a device that is not here is passed over.

    Raises
    ------
    FileError
        If one of them is not the state of a generator.
    """
    name = "torch"
    try:
        torch.set_rng_state(states["torch"])
        devices = torch.cuda.device_count() if torch.cuda.is_available() else 0
        for i in range(devices):
            name = f"cuda.{i}"
            if name in states:
                torch.cuda.set_rng_state(states[name], i)
        name = "mps"
        if "mps" in states and torch.backends.mps.is_available():
            torch.mps.set_rng_state(states["mps"])
        name = "numpy"
        if name in states:
            numbers, ahead = _numbers(states[name])
            words = np.array(numbers[:-1], dtype=np.uint32)
            has_normal = int(ahead is not None)
            np.random.set_state(("MT19937", words, numbers[-1], has_normal, ahead or 0.0))
        name = "python"
        if name in states:
            numbers, ahead = _numbers(states[name])
            random.setstate((3, tuple(numbers), ahead))
    except (KeyError, ValueError, TypeError, RuntimeError, OverflowError) as error:
        raise FileError(
            f"Expected 'random.{name}' to be the state of a generator of random numbers: "
            f"{str(error)[:200]}."
        ) from error


def _twister(numbers: Iterable[int], ahead: float | None) -> Tensor:
    bits = int(np.float64(ahead or 0.0).view(np.int64))
    return torch.tensor([*numbers, int(ahead is not None), bits], dtype=torch.int64)


def _numbers(state: Tensor) -> tuple[list[int], float | None]:
    if state.dtype != torch.int64 or state.shape != (627,):
        raise ValueError(f"it has the shape {tuple(state.shape)} and the dtype {state.dtype}")
    *numbers, has_ahead, bits = state.tolist()
    return numbers, float(np.int64(bits).view(np.float64)) if has_ahead else None
