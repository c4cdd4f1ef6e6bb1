"""What a training that ran out of memory needs it for, and how many examples would fit."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch.overrides import TorchFunctionMode

from runtime.plan import Plan
from runtime.recording import tensors_in

__all__ = ["advice", "is_out_of_memory"]

#: A graph and a node of it.
Node = tuple[str, str]

#: Weights, their gradients, and the two averages of Adam.
_PER_WEIGHT = 4
#: Examples that are measured, and nodes that are told.
_MEASURED, _TOLD = 2, 3


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an exception says that there is too little memory."""
    kinds = (torch.OutOfMemoryError, MemoryError)
    return isinstance(error, kinds) or "can't allocate" in str(error)


def advice(plan: Plan) -> str:
    """Return in a sentence which nodes need most, and a batch size that fits; empty: not known.

    Steps are tried with ever fewer examples, without changing weights. What they leave in buffers
    is put back.
    """
    size = plan.project.settings.batch_size
    with _kept_as_it_is(plan):
        fits = _fitting(plan, size)
        found = _consumers(plan, size) if fits is not None else {}
    sentences = []
    if found:
        names = [
            f"{plan.project.network(network).node(node).label[:60]!r} {_amount(amount)}"
            for (network, node), amount in Counter(found).most_common(_TOLD)
        ]
        sentences.append(f"The most is taken, at a batch size of {size:,}, by {', '.join(names)}.")
    if fits is not None:
        sentences.append(f"A batch size of {fits:,} fits.")
    return " ".join(sentences)


@contextmanager
def _kept_as_it_is(plan: Plan) -> Iterator[None]:
    modules = [*plan.networks.values(), *plan.averages.values()]
    buffers = [(b, b.clone()) for module in modules for b in module.buffers()]
    try:
        yield
    finally:
        for buffer, kept in buffers:
            buffer.copy_(kept)
        _forget_gradients(plan)


def _fitting(plan: Plan, size: int) -> int | None:
    """Return the largest half, quarter and so on of `size` with which a step succeeds."""
    while size > 1:
        size //= 2
        _forget_gradients(plan)
        try:
            _try(plan, size)
            return size
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                return None
    return None


def _try(plan: Plan, size: int) -> None:
    """Take all steps but for the change of weights."""
    for step in plan.steps:
        losses = step.compute(*plan.arguments(step.code.function, plan.train[:size]))
        losses[step.code.function.losses[0]].backward()  # type: ignore[no-untyped-call]


def _forget_gradients(plan: Plan) -> None:
    for step in plan.steps:
        step.optimizer.zero_grad()


def _consumers(plan: Plan, size: int) -> Mapping[Node, int]:
    """Return how many bytes nodes need: for weights, and for what they give in a step."""
    found: Counter[Node] = Counter()
    for network in plan.networks.values():
        for module in network.modules():
            place = plan.owners.get(id(module))
            if place is not None:
                weights = sum(p.nbytes for p in module.parameters(recurse=False))
                found[place.graph, place.node] += _PER_WEIGHT * weights
    few = min(_MEASURED, len(plan.train), size)
    with _Results(plan) as results:
        _try(plan, few)
    for place, amount in results.bytes.items():
        found[place] += amount * size // few
    return found


class _Results(TorchFunctionMode):
    """While it is entered, adds up by node what operations make anew."""

    def __init__(self, plan: Plan) -> None:
        super().__init__()
        self._plan = plan
        self.bytes: Counter[Node] = Counter()

    def __torch_function__(
        self, func: Any, types: Any, args: Any = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        result = func(*args, **(kwargs or {}))
        way = self._plan.way_at(sys._getframe(1))
        if way:
            place = (way[-1].graph, way[-1].node)
            given = tensors_in((args, tuple((kwargs or {}).values())))
            held = {tensor.untyped_storage().data_ptr() for tensor in given}
            for tensor in tensors_in((result,)):
                if tensor.untyped_storage().data_ptr() not in held:
                    self.bytes[place] += tensor.nbytes
        return result


def _amount(count: int) -> str:
    for unit, size in (("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10)):
        if count >= size:
            return f"{count / size:.3g} {unit}"
    return f"{count} bytes"
