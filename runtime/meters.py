"""What a step adds to beside the weights: means of losses and metrics, as a recording sees them.

A meter is any object with plain attributes. A recorded step takes the tensors among them as
inputs and gives the new ones; whole numbers grow by the same amount in each step.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import torch
from torch import Tensor

from runtime.recording import UnrecordableError

__all__ = ["Growth", "Meters"]

Attribute = tuple[int, str]


class Meters:
    """The meters of a step: looked up anew each time, as some are made anew in each epoch."""

    def __init__(self, find: Sequence[Callable[[], Any]]) -> None:
        self._find = find

    def found(self) -> list[Any]:
        """Return the meters."""
        return [find() for find in self._find]

    def attributes(self) -> dict[Attribute, Any]:
        """Return all that the meters hold, by meter and name; the very tensors, not copies."""
        return {
            (i, name): value
            for i, meter in enumerate(self.found())
            for name, value in vars(meter).items()
        }

    def copied(self) -> dict[Attribute, Any]:
        """Return all that the meters hold, with copies of tensors."""
        found = self.attributes()
        return {k: v.clone() if isinstance(v, Tensor) else v for k, v in found.items()}

    def set(self, attributes: dict[Attribute, Any]) -> None:
        """Have the meters hold copies of these values."""
        meters = self.found()
        for (i, name), value in attributes.items():
            setattr(meters[i], name, value.clone() if isinstance(value, Tensor) else value)

    def hold(self, attributes: dict[Attribute, Any]) -> bool:
        """Whether the meters hold these very values."""
        found = self.attributes()
        return found.keys() == attributes.keys() and all(
            _equal(value, attributes[key]) for key, value in found.items()
        )


class Growth:
    """How a step changes meters, found by comparing them before and after.

    Raises UnrecordableError where an attribute changes in another way.
    """

    def __init__(self, before: dict[Attribute, Any], after: dict[Attribute, Any]) -> None:
        #: Attributes that are tensors before each step.
        self.read = [key for key, value in before.items() if isinstance(value, Tensor)]
        #: Those among them that a step replaces by others, with the tensors after this one.
        self.replaced: dict[Attribute, Tensor] = {}
        self._added: dict[Attribute, int] = {}
        if before.keys() != after.keys():
            raise UnrecordableError("a metric has got other attributes")
        for key, old in before.items():
            new = after[key]
            if isinstance(old, Tensor) and isinstance(new, Tensor):
                if new is not old:
                    self.replaced[key] = new
            elif type(old) is int and type(new) is int:
                if new != old:
                    self._added[key] = new - old
            elif not _equal(old, new):
                raise UnrecordableError(f"a metric's {key[1]} became a {type(new).__name__}")

    def inputs(self, meters: Sequence[Any]) -> list[Tensor] | None:
        """Return what a step reads of the meters; None where they hold something else now."""
        found = [getattr(meters[i], name) for i, name in self.read]
        return found if all(isinstance(value, Tensor) for value in found) else None

    def apply(self, meters: Sequence[Any], replaced: Iterator[Tensor]) -> None:
        """Change the meters as a step does, given the tensors that it made."""
        for (i, name), value in zip(self.replaced, replaced, strict=True):
            setattr(meters[i], name, value)
        for (i, name), amount in self._added.items():
            setattr(meters[i], name, getattr(meters[i], name) + amount)


def _equal(one: Any, two: Any) -> bool:
    if isinstance(one, Tensor) and isinstance(two, Tensor):
        return one.dtype == two.dtype and torch.equal(one, two)
    return type(one) is type(two) and bool(one == two)
