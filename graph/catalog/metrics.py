"""Metrics: what is reported beside the loss. Each is a function of plain torch code."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from graph.catalog.entry import Call, Kind, Port, Ports
from graph.catalog.signature import summary_of

if TYPE_CHECKING:
    from graph.document import Project, Value

__all__ = ["KINDS", "MetricKind"]


def accuracy(logits: Tensor, target: Tensor) -> Tensor:
    """Share of examples whose largest logit is the target's."""
    return (logits.argmax(dim=1) == target).float().mean()


def mean_absolute_error(prediction: Tensor, target: Tensor) -> Tensor:
    """Mean of the absolute differences."""
    return torch.mean(torch.abs(prediction - target))


@dataclass(frozen=True, kw_only=True)
class MetricKind(Kind):
    """A value per batch, averaged over an epoch with the batch sizes as weights."""

    __hash__ = Kind.__hash__

    function: Callable[..., Tensor]
    #: Whether a larger value is a better one.
    maximize: bool = True

    def ports(self, params: Mapping[str, Value], project: Project | None) -> Ports:
        names = list(inspect.signature(self.function).parameters)[:2]
        return Ports(tuple(Port(name) for name in names), (Port("value"),))

    def call(
        self,
        module: str,
        inputs: Mapping[str, str],
        args: Mapping[str, Value],
        wanted: frozenset[str],
    ) -> Call:
        return Call(f"{self.function.__name__}({', '.join(inputs.values())})", "value")


def _metric(name: str, function: Callable[..., Tensor], maximize: bool) -> MetricKind:
    return MetricKind(
        name=name,
        family="metric",
        doc=summary_of(function),
        places=("training",),
        function=function,
        maximize=maximize,
        definitions=(inspect.getsource(function),),
    )


KINDS: tuple[Kind, ...] = (
    _metric("Accuracy", accuracy, maximize=True),
    _metric("MeanAbsoluteError", mean_absolute_error, maximize=False),
)
