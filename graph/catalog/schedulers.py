"""Learning-rate schedules of torch.optim.

Left out: LambdaLR and MultiplicativeLR, whose argument is a function; SequentialLR and
ChainedScheduler, which join others: on the canvas, schedules are chained by wires.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final, Literal

import torch

from graph.catalog.entry import (
    REQUIRED,
    Call,
    Cost,
    InputError,
    Kind,
    Param,
    ParamType,
    Port,
    Ports,
)
from graph.catalog.functions import argument_help, function_summary
from graph.catalog.writing import call_text

if TYPE_CHECKING:
    from graph.dims import TensorType
    from graph.document import Project, Value

__all__ = ["KINDS", "SchedulerKind", "trial_names", "try_out"]

#: Arguments that resuming sets, that hold a function, or that another one stands for.
_SKIPPED: Final = frozenset(
    {"optimizer", "last_epoch", "verbose", "scale_fn", "scale_mode", "epochs", "steps_per_epoch"}
)
_ABOVE_0: Final = 1e-12
_BELOW_1: Final = 1 - 1e-12
_RANGES: Final[Mapping[str, tuple[float | None, float | None]]] = {
    "step_size": (1, None),
    "milestones": (1, None),
    "total_iters": (1, None),
    "T_max": (1, None),
    "T_0": (1, None),
    "T_mult": (1, None),
    "total_steps": (1, None),
    "step_size_up": (1, None),
    "step_size_down": (1, None),
    "patience": (0, None),
    "cooldown": (0, None),
    "factor": (_ABOVE_0, _BELOW_1),
    "gamma": (0.0, None),
    "eta_min": (0.0, None),
    "base_lr": (0.0, None),
    "max_lr": (0.0, None),
    "min_lr": (0.0, None),
    "eps": (0.0, None),
    "threshold": (0.0, None),
    "power": (0.0, None),
    "pct_start": (0.0, 1.0),
    "base_momentum": (0.0, 1.0),
    "max_momentum": (0.0, 1.0),
    "div_factor": (_ABOVE_0, None),
    "final_div_factor": (_ABOVE_0, None),
    "start_factor": (_ABOVE_0, 1.0),
    "end_factor": (0.0, 1.0),
}


@dataclass(frozen=True, kw_only=True)
class SchedulerKind(Kind):
    """Changes an optimizer's learning rate; several on one optimizer are stepped in order."""

    __hash__ = Kind.__hash__

    torch_class: type
    #: When it is stepped.
    per: Literal["epoch", "batch"] = "epoch"
    #: Whether its step takes the validation loss.
    takes_loss: bool = False
    #: What stands for an argument that is not set: a placeholder that the generator fills in,
    #: ``{epochs}`` or ``{steps}``, the epochs or the batches of the whole run.
    unset: Mapping[str, str] = field(default_factory=dict)

    def ports(self, params: Mapping[str, Value], project: Project | None) -> Ports:
        wire = Port("optimizer", carries="optimizer")
        return Ports((wire,), (wire,))

    def construct(self, args: Mapping[str, Value]) -> str | None:
        """Return the code that makes it; ``{optimizer}`` stands for its optimizer."""
        text = call_text(
            f"torch.optim.lr_scheduler.{self.torch_class.__name__}",
            self.params,
            args,
            "{optimizer}",
        )
        for name, placeholder in self.unset.items():
            if args.get(name) is None:
                text = f"{text[:-1]}, {name}={placeholder})"
        return text

    def rule(
        self, args: Mapping[str, Value], inputs: Mapping[str, TensorType]
    ) -> Mapping[str, TensorType] | None:
        return {}

    def cost_rule(self, args: Mapping[str, Value], inputs: Mapping[str, TensorType]) -> Cost | None:
        return Cost()

    def check_inputs(self, args: Mapping[str, Value], inputs: Mapping[str, TensorType]) -> None:
        """Raise InputError where torch refuses the arguments, tried on an optimizer of its own."""
        text = (self.construct(args) or "").format(optimizer="optimizer", epochs=10, steps=100)
        optimizer = eval("torch.optim.SGD(params, lr=0.1, momentum=0.9)", trial_names("SGD"))
        try_out(self.name, text, {"optimizer": optimizer})

    def call(
        self,
        module: str,
        inputs: Mapping[str, str],
        args: Mapping[str, Value],
        wanted: frozenset[str],
    ) -> Call:
        raise AssertionError("a schedule is written as a step by the generator")


def trial_names(optimizer: str) -> dict[str, Any]:
    """Return the names for code that makes an optimizer of a weight of its own, ``params``."""
    optim = SimpleNamespace(**{optimizer: _trial_class(optimizer)})
    return {
        "torch": SimpleNamespace(optim=optim),
        "params": [torch.zeros(1, requires_grad=True)],
    }


@cache
def _trial_class(name: str) -> Any:
    """Return a class that takes and refuses what ``torch.optim``'s class does, to try that out.

    PyTorch keeps its compiler away from ``add_param_group``, and imports it for that: a second.
    Nothing is compiled here, so the function itself will do.
    """
    torch_class = getattr(torch.optim, name)
    plain = inspect.unwrap(torch_class.add_param_group)
    return type(name, (torch_class,), {"add_param_group": plain})


def try_out(name: str, text: str, names: Mapping[str, object]) -> None:
    """Run generated code that makes an object; raise InputError where torch refuses."""
    try:
        eval(text, {"torch": torch, **names})
    except (ValueError, TypeError, ZeroDivisionError, RuntimeError) as error:
        said = " ".join(str(error).split())[:300]
        raise InputError(
            "", f"arguments that {name} takes", text[:300], f"PyTorch says: {said}."
        ) from error


def _scheduler(name: str, *keywords: str, **more: Any) -> SchedulerKind:
    torch_class: Any = getattr(torch.optim.lr_scheduler, name)
    helps = argument_help(torch_class)
    unset = more.get("unset", {})
    return SchedulerKind(
        name=name,
        family="scheduler",
        doc=function_summary(torch_class),
        places=("training",),
        params=tuple(
            _param(p, helps.get(p.name, ""), unset.get(p.name, ""))
            for p in inspect.signature(torch_class).parameters.values()
            if p.name not in _SKIPPED
        ),
        keywords=("learning rate", "schedule", *keywords),
        torch_class=torch_class,
        **more,
    )


def _param(p: inspect.Parameter, doc: str, unset: str) -> Param:
    annotation = str(p.annotation)
    low, high = _RANGES.get(p.name, (None, None))
    default: Any = REQUIRED if p.default is p.empty else p.default
    if unset:
        words = {"{epochs}": "epochs", "{steps}": "batches"}[unset]
        return Param(
            p.name,
            "int",
            None,
            f"{doc} None: all {words} of the run.".strip(),
            low=low,
            optional=True,
        )
    choices = tuple(re.findall(r"'(\w+)'", annotation)) if "Literal" in annotation else ()
    kind: ParamType
    if choices:
        kind = "choice"
    elif p.name == "milestones":
        kind = "ints"
    elif isinstance(default, bool):
        kind = "bool"
    else:
        kind = "int" if re.match(r"int\b", annotation) else "float"
    return Param(
        p.name,
        kind,
        default,
        doc,
        choices=choices,
        low=low,
        high=high,
        optional=default is None,
    )


KINDS: tuple[Kind, ...] = (
    _scheduler("StepLR", presets={"step_size": 5}),
    _scheduler("MultiStepLR", presets={"milestones": (5, 8)}),
    _scheduler("ConstantLR"),
    _scheduler("LinearLR", "warm-up"),
    _scheduler("ExponentialLR", presets={"gamma": 0.9}),
    _scheduler("PolynomialLR", "decay"),
    _scheduler("CosineAnnealingLR", unset={"T_max": "{epochs}"}),
    _scheduler("CosineAnnealingWarmRestarts", presets={"T_0": 10}),
    _scheduler(
        "OneCycleLR",
        "warm-up",
        "super-convergence",
        per="batch",
        unset={"total_steps": "{steps}"},
        presets={"max_lr": 0.01},
    ),
    _scheduler("CyclicLR", "triangular", per="batch", presets={"base_lr": 1e-4, "max_lr": 0.01}),
    _scheduler("ReduceLROnPlateau", "patience", takes_loss=True),
)
