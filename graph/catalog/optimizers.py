"""Optimizers and learning-rate schedules of torch.optim."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from graph.catalog.entry import Call, Kind, Param, Port, Ports
from graph.catalog.signature import params_of, summary_of
from graph.catalog.writing import call_text

if TYPE_CHECKING:
    from graph.document import Project, Value

__all__ = ["KINDS", "OptimizerKind", "SchedulerKind"]

#: Arguments that say what an optimizer step does beyond torch's class.
_STEP = (
    Param(
        "networks",
        "names",
        (),
        "Names of the networks whose weights it updates. Empty: all that the loss depends on.",
        own=True,
    ),
    Param("every", "int", 1, "Steps only in every k-th batch.", low=1, own=True),
    Param(
        "clip_norm",
        "float",
        None,
        "Largest norm of all gradients together; larger ones are scaled down to it.",
        low=0.0,
        optional=True,
        own=True,
    ),
)


@dataclass(frozen=True, kw_only=True)
class OptimizerKind(Kind):
    """Updates the weights of networks from one loss."""

    __hash__ = Kind.__hash__

    torch_class: type[torch.optim.Optimizer]

    def ports(self, params: Mapping[str, Value], project: Project | None) -> Ports:
        return Ports((Port("loss"),), (Port("optimizer", carries="optimizer"),))

    def construct(self, args: Mapping[str, Value]) -> str | None:
        """Return the code that makes it; ``{params}`` stands for the parameters to update."""
        fused = {"fused": True} if self.param("fused") is not None else {}
        return call_text(
            f"torch.optim.{self.torch_class.__name__}",
            self.params,
            {**fused, **{k: v for k, v in args.items() if v is not None}},
            "{params}",
        )

    def call(
        self,
        module: str,
        inputs: Mapping[str, str],
        args: Mapping[str, Value],
        wanted: frozenset[str],
    ) -> Call:
        raise AssertionError("an optimizer is written as a step by the generator")


@dataclass(frozen=True, kw_only=True)
class SchedulerKind(Kind):
    """Changes an optimizer's learning rate, once an epoch."""

    __hash__ = Kind.__hash__

    torch_class: type
    #: Whether its step takes the validation loss.
    takes_loss: bool = False

    def ports(self, params: Mapping[str, Value], project: Project | None) -> Ports:
        return Ports((Port("optimizer", carries="optimizer"),))

    def construct(self, args: Mapping[str, Value]) -> str | None:
        """Return the code that makes it; ``{optimizer}`` stands for its optimizer."""
        return call_text(
            f"torch.optim.lr_scheduler.{self.torch_class.__name__}",
            self.params,
            args,
            "{optimizer}",
        )

    def call(
        self,
        module: str,
        inputs: Mapping[str, str],
        args: Mapping[str, Value],
        wanted: frozenset[str],
    ) -> Call:
        raise AssertionError("a schedule is written as a step by the generator")


def _optimizer(name: str) -> OptimizerKind:
    torch_class = getattr(torch.optim, name)
    own = params_of(torch_class)
    return OptimizerKind(
        name=name,
        family="optimizer",
        doc=summary_of(torch_class),
        places=("training",),
        params=(*(p for p in own if p.name != "params"), *_STEP),
        torch_class=torch_class,
    )


KINDS: tuple[Kind, ...] = (_optimizer("Adam"), _optimizer("SGD"))
