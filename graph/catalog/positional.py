"""Entries for what holds weights or tables besides torch.nn: positions, a token, a parameter."""

from __future__ import annotations

import inspect
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from torch import nn

from graph.catalog import modules
from graph.catalog.entry import REQUIRED, Call, Cost, InputError, Kind, Param, Port, Ports
from graph.catalog.functions import plain
from graph.catalog.operation import number, one_of, whole
from graph.catalog.writing import call_text, literal
from graph.dims import TensorType

if TYPE_CHECKING:
    from graph.document import Project, Value

__all__ = ["KINDS", "ModuleKind", "ParameterKind"]


@dataclass(frozen=True, kw_only=True)
class ModuleKind(Kind):
    """A module of :mod:`graph.catalog.modules`: its source is written into the program."""

    __hash__ = Kind.__hash__

    module_class: type[nn.Module]
    layout: tuple[str, ...]

    def ports(self, params: Mapping[str, Value], project: Project | None) -> Ports:
        return Ports((Port("input", layout=self.layout, dtype="float"),), (Port("output"),))

    def construct(self, args: Mapping[str, Value]) -> str | None:
        return call_text(self.module_class.__name__, self.params, args)

    def call(
        self,
        module: str,
        inputs: Mapping[str, str],
        args: Mapping[str, Value],
        wanted: frozenset[str],
    ) -> Call:
        return Call(f"{module}({inputs['input']})", "output")

    def check_inputs(self, args: Mapping[str, Value], inputs: Mapping[str, TensorType]) -> None:
        arriving, longest = inputs.get("input"), args.get("max_len")
        if arriving is None:
            return
        least = len(self.layout) - ("..." in self.layout)
        if len(arriving.shape) < least or (
            "..." not in self.layout and len(arriving.shape) > least
        ):
            raise InputError(
                "input",
                f"({', '.join(self.layout)})",
                arriving.shape_text,
                "Bring the tensor to this form with reshape, unsqueeze or flatten.",
            )
        length = arriving.shape[1] if len(arriving.shape) > 2 else None
        if isinstance(longest, int) and isinstance(length, int) and length > longest:
            raise InputError(
                "input",
                f"at most {longest} positions, because of max_len",
                arriving.shape_text,
                f"Set max_len to at least {length}.",
                (f"set:max_len={length}",),
            )
        if self.name == "RotaryPositions" and isinstance(args.get("dim"), int):
            self._check_pairs(int(args["dim"]), arriving)  # type: ignore[arg-type]

    def _check_pairs(self, dim: int, arriving: TensorType) -> None:
        if dim % 2:
            raise InputError(
                "input",
                "an even last size, because features are turned in pairs",
                arriving.shape_text,
                "Change the size of the layer before it.",
            )


@dataclass(frozen=True, kw_only=True)
class ParameterKind(Kind):
    """A learnable tensor: ``self.scale = nn.Parameter(torch.ones(64))``, then ``self.scale``."""

    __hash__ = Kind.__hash__

    def ports(self, params: Mapping[str, Value], project: Project | None) -> Ports:
        return Ports(outputs=(Port("output"),))

    def construct(self, args: Mapping[str, Value]) -> str | None:
        shape = args["shape"]
        sizes = ", ".join(literal(size) for size in shape) if isinstance(shape, tuple) else ""
        sizes = sizes or "()"
        value = {
            "zeros": f"torch.zeros({sizes})",
            "ones": f"torch.ones({sizes})",
            "normal": f"{literal(args['std'])} * torch.randn({sizes})",
        }[str(args["init"])]
        return f"nn.Parameter({value})"

    def call(
        self,
        module: str,
        inputs: Mapping[str, str],
        args: Mapping[str, Value],
        wanted: frozenset[str],
    ) -> Call:
        return Call(module, "output")

    def cost_rule(self, args: Mapping[str, Value], inputs: Mapping[str, TensorType]) -> Cost | None:
        shape = args.get("shape")
        return Cost(parameters=math.prod(shape)) if isinstance(shape, tuple) else None


def _module(
    module_class: type[nn.Module],
    *params: Param,
    layout: tuple[str, ...],
    keywords: tuple[str, ...],
) -> ModuleKind:
    return ModuleKind(
        name=module_class.__name__,
        family="position",
        doc=plain(inspect.getdoc(module_class) or ""),
        places=("network",),
        params=params,
        layout=layout,
        keywords=keywords,
        module_class=module_class,
        definitions=(inspect.getsource(module_class),),
    )


def _size(name: str) -> Param:
    doc = "Features of each position: the input's last size."
    return whole(name, REQUIRED, doc, low=1, inferred=True)


_SEQUENCE = ("N", "T", "d_model")
_BASE = number("base", 10000.0, "The longest wave length, divided by 2 pi.", low=1.0)

KINDS: tuple[Kind, ...] = (
    _module(
        modules.SinusoidalPositions,
        _size("d_model"),
        whole("max_len", 5000, "The longest sequence.", low=1),
        _BASE,
        layout=_SEQUENCE,
        keywords=("positional encoding", "transformer"),
    ),
    _module(
        modules.LearnedPositions,
        _size("d_model"),
        whole("max_len", 512, "The longest sequence.", low=1),
        layout=_SEQUENCE,
        keywords=("positional embedding", "transformer"),
    ),
    _module(
        modules.RotaryPositions,
        _size("dim"),
        _BASE,
        layout=("...", "T", "dim"),
        keywords=("rotary embedding", "rope", "positional encoding"),
    ),
    _module(
        modules.ClassToken,
        _size("d_model"),
        layout=_SEQUENCE,
        keywords=("cls", "vision transformer", "vit"),
    ),
    ParameterKind(
        name="Parameter",
        family="creation",
        doc="A learnable tensor of a fixed shape, the same for every example.",
        places=("network",),
        params=(
            Param("shape", "ints", REQUIRED, "The shape; () is one number.", low=1),
            one_of("init", "zeros", "zeros", "ones", "normal", doc="What it begins as.", own=True),
            number(
                "std", 0.02, "Standard deviation at the beginning, for normal.", low=0.0, own=True
            ),
        ),
        presets={"shape": (64,)},
        keywords=("learnable", "weight", "bias", "scale", "variable"),
    ),
)
