"""Finds where a training went bad: the first node that gave what is no number.

The steps in question are taken again in the ordinary way, while every operation and every gradient
is looked at.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

from graph.ways import Place
from runtime.plan import Plan
from runtime.recording import tensors_in

__all__ = ["Finding", "Watch"]

#: Numbers above this are taken to have grown step by step.
_LARGE = 1e8

#: Operations that write infinite numbers on purpose, such as into a mask.
_MEANT = frozenset(
    {"fill_", "full", "full_like", "masked_fill", "masked_fill_", "new_full", "triu"}
)

_CALM = "Lower the learning rate, or clip the gradients (clip_norm of the optimizer)"
#: What helps with an operation, by its name in PyTorch.
_REMEDIES: Mapping[str, str] = {
    "log": "Add a small number before the logarithm, or clamp what it takes to be above 0",
    "log2": "Add a small number before the logarithm, or clamp what it takes to be above 0",
    "log10": "Add a small number before the logarithm, or clamp what it takes to be above 0",
    "div": "Add a small number to the divisor, so that it is never 0",
    "reciprocal": "Add a small number, so that it never divides by 0",
    "sqrt": "Clamp what it takes to be above 0; at 0 the gradient of a root is infinite",
    "rsqrt": "Clamp what it takes to be above 0",
    "exp": "Clamp what it takes: above 88 the result does not fit into float32",
    "pow": "Clamp what it takes; 0 to a negative power is infinite",
    "softmax": "See that no row of a mask hides everything",
    "log_softmax": "See that no row of a mask hides everything",
}


@dataclass(frozen=True)
class Finding:
    """The first thing that was not a number, and the node that it belongs to."""

    #: The node, and before it those through which it is reached.
    way: tuple[Place, ...]
    #: What went bad: the ``output``, a ``gradient``, or the ``weights`` in an optimizer's step.
    what: str
    #: PyTorch's name of the operation.
    operation: str
    step: int
    bad: str
    given: str
    #: Whether numbers had grown beyond all bounds before: then steps before were bad as well.
    grown: bool = False

    def message(self, label: str) -> str:
        """Return it as a sentence, the node written as `label`, with what is likely to help."""
        places = {
            "output": f"the output of {label}",
            "gradient": f"the gradient that goes back through {label}",
            "weights": f"the weights of {label}",
        }
        remedy = _REMEDIES.get(self.operation, _CALM) if self.what != "weights" else _CALM
        given = f" It was given {self.given}." if self.given else ""
        return (
            f"The first to go bad was {places[self.what]} in step {self.step}: {self.bad}.{given} "
            f"{remedy}."
        )


class Watch(TorchFunctionMode):
    """While it is entered, looks at what every operation of a plan's program gives.

    Parameters
    ----------
    step
        Tells the number of the step that is being taken.
    """

    def __init__(self, plan: Plan, step: Callable[[], int]) -> None:
        super().__init__()
        self._plan, self._step = plan, step
        self._hooked: dict[int, Any] = {}
        self.found: Finding | None = None

    def __torch_function__(
        self, func: Any, types: Any, args: Any = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        given = (args, tuple((kwargs or {}).values()))
        before = [] if self.found else [t for t in _floats(given) if t.numel()]
        fine = not any(_is_bad(tensor) for tensor in before)
        stated = _range(before) if fine else ""
        result = func(*args, **(kwargs or {}))
        name = getattr(func, "__name__", "")
        if self.found is None and name not in _MEANT:
            place = self._plan.way_at(sys._getframe(1))
            if place:
                self._look(place, name, _floats(result), stated if fine else None, before)
        return result

    def _look(
        self,
        place: tuple[Place, ...],
        name: str,
        results: Iterable[Tensor],
        given: str | None,
        before: Sequence[Tensor],
    ) -> None:
        masked = any(bool(torch.isneginf(tensor.detach()).any()) for tensor in before)
        for tensor in results:
            if given is not None and _is_bad(tensor, below=not masked):
                found = Finding(place, "output", name, self._step(), _badness(tensor), given)
                self.found = replace(found, grown=_is_large(before))
                return
            if tensor.grad_fn is not None:
                self._hook(tensor.grad_fn, place, name)

    def _hook(self, function: Any, place: tuple[Place, ...], name: str) -> None:
        """Look at what goes back through an operation, and through what it is made of."""
        waiting = [function]
        while waiting:
            function = waiting.pop()
            if function is None or id(function) in self._hooked:
                continue
            self._hooked[id(function)] = function
            if type(function).__name__ != "AccumulateGrad":
                function.register_hook(partial(self._went_back, place, name))
                waiting += [one for one, _ in function.next_functions]

    def _went_back(
        self, place: tuple[Place, ...], name: str, made: Sequence[Any], given: Sequence[Any]
    ) -> None:
        if self.found is not None:
            return
        before = list(_floats(given))
        bad = next((t for t in _floats(made) if _is_bad(t)), None)
        if bad is not None and not any(_is_bad(t) for t in before):
            step = self._step()
            found = Finding(place, "gradient", name, step, _badness(bad), _range(before))
            self.found = replace(found, grown=_is_large(before))

    def look_at_weights(self, step: int) -> None:
        """After a step, look for weights that are no numbers, where nothing else was found."""
        if self.found is not None:
            return
        for network in self._plan.networks.values():
            for module in network.modules():
                place = self._plan.owners.get(id(module))
                for parameter in module.parameters(recurse=False):
                    if place is not None and _is_bad(parameter):
                        bad = _badness(parameter)
                        self.found = Finding((place,), "weights", "", step, bad, "", True)
                        return


@contextmanager
def _aside() -> Iterator[None]:
    with torch.no_grad(), torch._C.DisableTorchFunction():
        yield


def _floats(values: Any) -> list[Tensor]:
    return [tensor for tensor in tensors_in((values,)) if tensor.is_floating_point()]


def _is_bad(tensor: Tensor, below: bool = False) -> bool:
    """Whether there is a nan or a plus infinity; or a minus infinity, where `below` counts it."""
    with _aside():
        bad = tensor.isnan() | (tensor.isinf() if below else tensor.isposinf())
        return bool(bad.any())


def _is_large(tensors: Sequence[Tensor]) -> bool:
    with _aside():
        return any(bool((t.abs() > _LARGE).logical_and(t.isfinite()).any()) for t in tensors)


def _badness(tensor: Tensor) -> str:
    with _aside():
        flat = tensor.detach().reshape(-1)
        nan, infinite = int(flat.isnan().sum()), int(flat.isinf().sum())
        kinds = [f"{count:,} {name}" for count, name in ((nan, "nan"), (infinite, "infinite"))
                 if count]  # fmt: skip
        rest = _range([flat[flat.isfinite()]])
        return f"{' and '.join(kinds)} among {flat.numel():,} numbers" + (
            f", the others {rest}" if rest else ""
        )


def _range(tensors: Sequence[Tensor]) -> str:
    """Return between what the finite numbers lie."""
    with _aside():
        finite = [t.detach()[t.isfinite()].double() for t in tensors]
        finite = [t for t in finite if t.numel()]
        if not finite:
            return ""
        low, high = min(float(t.min()) for t in finite), max(float(t.max()) for t in finite)
        return f"between {low:.4g} and {high:.4g}"
