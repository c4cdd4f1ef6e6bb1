"""Random numbers beside a training: drawn from a generator of their own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode

__all__ = ["OwnDraws", "aside"]


@contextmanager
def aside(draws: bool = True) -> Iterator[None]:
    """Compute in one thread, and draw random numbers from a generator of one's own.

    Threads of its own would take the cores from the training for good. Without `draws` there must
    be none.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with torch.no_grad(), OwnDraws() if draws else nullcontext():
            yield
    finally:
        torch.set_num_threads(before)


class OwnDraws(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Within it, what draws random numbers in this thread takes them from its own generator.

    torch has one generator for all threads. Whoever draws from it while a run trains changes what
    the run draws next, and the run could not be repeated.
    """

    def __init__(self, seed: int = 0) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._generator = torch.Generator().manual_seed(seed)
        #: Whether anything may have been drawn.
        self.drawn = False

    def __torch_dispatch__(
        self,
        func: Any,
        types: Sequence[type],
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        kwargs = dict(kwargs or {})
        if torch.Tag.nondeterministic_seeded not in func.tags:
            return func(*args, **kwargs)
        self.drawn = True
        if any(argument.name == "generator" for argument in func._schema.arguments):
            kwargs["generator"] = self._generator
            return func(*args, **kwargs)
        packet = func.overloadpacket
        if any("generator" in overload for overload in packet.overloads()):
            return packet(*args, generator=self._generator, **kwargs)
        if func._schema.name.endswith("_like"):  # in older versions of torch
            return self._like(func._schema.name, args, kwargs)
        return func(*args, **kwargs)  # a layer's own dropout: evaluation draws none

    def _like(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        first, *limits = args
        dtype = kwargs.get("dtype") or first.dtype
        if name == "aten::randint_like":
            low, high = limits if len(limits) > 1 else (0, *limits)
            return torch.randint(low, high, first.shape, generator=self._generator, dtype=dtype)
        draw = torch.randn if name == "aten::randn_like" else torch.rand
        return draw(first.shape, generator=self._generator, dtype=dtype)
