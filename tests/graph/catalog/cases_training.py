"""Cases for the kinds that only the training graph has."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from graph.catalog import monitors
from graph.document import Value
from tests.graph.catalog.case import Case

__all__ = ["CASES"]


def _noise(label: str, by: Callable[[], Tensor], **params: Value) -> Case:
    like = {"like": torch.zeros(3, 5)}
    return Case(params=params, inputs=like, reference=lambda like: by(), label=label)


CASES: dict[str, tuple[Case, ...]] = {
    **{kind.name: (Case(),) for kind in monitors.KINDS},  # they have no code of their own
    "Noise": (
        _noise("normal", lambda: torch.randn(3, 64)),
        _noise("shape", lambda: torch.randn(3, 2, 4), shape=(2, 4)),
        _noise("a number each", lambda: torch.randn(3), shape=()),
        _noise("unit", lambda: torch.rand(3, 2), shape=(2,), distribution="uniform"),
        _noise(
            "uniform",
            lambda: torch.empty(3, 2).uniform_(-1, 2.5),
            shape=(2,),
            distribution="uniform",
            low=-1,
            high=2.5,
        ),
    ),
}
