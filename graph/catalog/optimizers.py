"""Optimizers of torch.optim.

Left out: LBFGS, which evaluates the loss several times in a step, and Muon, which takes matrices
only while an optimizer node updates whole networks.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import torch

from graph.catalog import schedulers
from graph.catalog.entry import REQUIRED, Call, Cost, Kind, Param, ParamType, Port, Ports
from graph.catalog.functions import argument_help, function_summary
from graph.catalog.schedulers import SchedulerKind, trial_names, try_out
from graph.catalog.writing import call_text

if TYPE_CHECKING:
    from graph.dims import TensorType
    from graph.document import Project, Value

__all__ = ["KINDS", "OptimizerKind", "SchedulerKind"]

#: Arguments that say how fast a step is computed, not which: the generator's business.
_SPEED: Final = frozenset({"capturable", "differentiable", "foreach", "fused"})
#: Classes whose fused step works on every device that has one; Adagrad's only on the CPU.
_FUSED: Final = frozenset({"Adam", "AdamW", "SGD"})
#: Ranges that the classes check, by argument.
_RANGES: Final[Mapping[str, tuple[float | None, float | None]]] = {
    "lr": (0.0, None),
    "eps": (0.0, None),
    "weight_decay": (0.0, None),
    "momentum": (0.0, None),
    "lr_decay": (0.0, None),
    "initial_accumulator_value": (0.0, None),
    "momentum_decay": (0.0, None),
    "rho": (0.0, 1.0),
    "alpha": (0.0, None),
    "beta2_decay": (None, 0.0),
    "d": (1.0, None),
}

#: Arguments that say what an optimizer step does beyond torch's class.
_STEP: Final = (
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
    Param(
        "clip_value",
        "float",
        None,
        "Largest absolute value of a gradient's elements; larger ones are cut off.",
        low=0.0,
        optional=True,
        own=True,
    ),
)


@dataclass(frozen=True)
class RangesParam(Param):
    """So many numbers, each in a range of its own: ``betas``, ``etas``, ``step_sizes``."""

    #: The lowest value of each, and the value that each must stay below.
    ranges: tuple[tuple[float, float], ...] = ()

    @property
    def expected(self) -> str:
        words = " and ".join(f"from {low:g} to below {high:g}" for low, high in self.ranges)
        return f"{len(self.ranges)} numbers, {words}"

    def _takes(self, value: Value) -> bool:
        return (
            Param._takes(self, value)
            and isinstance(value, tuple)
            and len(value) == len(self.ranges)
            and all(low <= v < high for v, (low, high) in zip(value, self.ranges, strict=True))
        )


@dataclass(frozen=True)
class AdafactorEps(Param):
    """Adafactor's two epsilons, of which the first may be None: torch then takes the dtype's."""

    @property
    def expected(self) -> str:
        return "two numbers of at least 0, the first of which may be None"

    def _takes(self, value: Value) -> bool:
        if not isinstance(value, tuple) or len(value) != 2:
            return False
        first, second = value
        return (first is None or Param._takes(self, (first,))) and Param._takes(self, (second,))


_INF: Final = float("inf")
_UNIT: Final = (0.0, 1.0)
_RANGED: Final[Mapping[str, tuple[tuple[float, float], ...]]] = {
    "betas": (_UNIT, _UNIT),
    "etas": ((1e-12, 1.0), (1.0 + 1e-12, _INF)),
    "step_sizes": ((0.0, _INF), (0.0, _INF)),
}


@dataclass(frozen=True, kw_only=True)
class OptimizerKind(Kind):
    """Updates the weights of networks from one loss."""

    __hash__ = Kind.__hash__

    torch_class: type[torch.optim.Optimizer]

    def ports(self, params: Mapping[str, Value], project: Project | None) -> Ports:
        return Ports((Port("loss"),), (Port("optimizer", carries="optimizer"),))

    def construct(self, args: Mapping[str, Value]) -> str | None:
        """Return the code that makes it; ``{params}`` stands for the parameters to update."""
        name = self.torch_class.__name__
        text = call_text(f"torch.optim.{name}", self.params, args, "{params}")
        return f"{text[:-1]}, fused=True)" if name in _FUSED else text

    def rule(
        self, args: Mapping[str, Value], inputs: Mapping[str, TensorType]
    ) -> Mapping[str, TensorType] | None:
        return {}

    def cost_rule(self, args: Mapping[str, Value], inputs: Mapping[str, TensorType]) -> Cost | None:
        return Cost()

    def check_inputs(self, args: Mapping[str, Value], inputs: Mapping[str, TensorType]) -> None:
        """Raise InputError where torch refuses the arguments, tried on a weight of its own."""
        text = (self.construct(args) or "").format(params="params")
        try_out(self.name, text, trial_names(self.torch_class.__name__))

    def call(
        self,
        module: str,
        inputs: Mapping[str, str],
        args: Mapping[str, Value],
        wanted: frozenset[str],
    ) -> Call:
        raise AssertionError("an optimizer is written as a step by the generator")


def _optimizer(name: str, *keywords: str) -> OptimizerKind:
    torch_class: Any = getattr(torch.optim, name)
    helps = argument_help(torch_class)
    return OptimizerKind(
        name=name,
        family="optimizer",
        doc=function_summary(torch_class),
        places=("training",),
        params=(
            *(
                _param(p, helps.get(p.name, ""))
                for p in inspect.signature(torch_class).parameters.values()
                if p.name != "params" and p.name not in _SPEED
            ),
            *_STEP,
        ),
        presets={"lr": 0.01} if name == "SGD" else {},
        keywords=keywords,
        torch_class=torch_class,
    )


def _param(p: inspect.Parameter, doc: str) -> Param:
    default: Any = REQUIRED if p.default is p.empty else p.default
    low, high = _RANGES.get(p.name, (None, None))
    if p.name in _RANGED:
        return RangesParam(p.name, "floats", default, doc, ranges=_RANGED[p.name])
    if isinstance(default, tuple):
        return AdafactorEps(p.name, "floats", default, doc, low=0.0)
    kind: ParamType = "bool" if isinstance(default, bool) else "float"
    return Param(p.name, kind, default, doc, low=low, high=high)


KINDS: tuple[Kind, ...] = (
    _optimizer("Adam", "adaptive"),
    _optimizer("AdamW", "adaptive", "decoupled weight decay"),
    _optimizer("SGD", "stochastic gradient descent", "momentum", "nesterov"),
    _optimizer("RMSprop"),
    _optimizer("Adagrad"),
    _optimizer("Adadelta"),
    _optimizer("Adamax"),
    _optimizer("NAdam", "nesterov"),
    _optimizer("RAdam", "rectified"),
    _optimizer("ASGD", "averaged"),
    _optimizer("Rprop", "resilient"),
    _optimizer("Adafactor"),
    _optimizer("SparseAdam", "embedding", "sparse"),
    *schedulers.KINDS,
)
