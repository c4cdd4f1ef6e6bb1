"""Operations that change the shape of a tensor and keep its elements."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch.nn import functional as F  # noqa: N812 - the name that everyone uses

from graph.catalog.entry import REQUIRED, Kind, Param, Port, split_commas
from graph.catalog.operation import (
    OperationKind,
    Writer,
    flag,
    function,
    method,
    number,
    one_of,
    operation,
    several,
    whole,
)
from graph.catalog.writing import literal
from graph.expressions import Expression

if TYPE_CHECKING:
    from graph.document import Value

__all__ = ["KINDS", "SizesParam", "sizes_text"]

_ALONG = {"N": 0, "T": 1}


@dataclass(frozen=True)
class SizesParam(Param):
    """Sizes of a shape: ints, and the words ``N`` and ``T`` for the first two of an input."""

    @property
    def expected(self) -> str:
        return (
            f"sizes of at least {self.low or 0:g}, such as (4, 8), or N for the batch size and T "
            "for the length"
        )

    def _takes(self, value: Value) -> bool:
        low = self.low or 0
        return isinstance(value, tuple) and all(
            size in _ALONG
            if isinstance(size, str)
            else isinstance(size, Expression)
            or (isinstance(size, int) and not isinstance(size, bool) and size >= low)
            for size in value
        )

    def parse(self, text: str, names: Collection[str] = ()) -> Value:
        """Return the sizes written as ``N, -1, 8``."""
        words = text.strip("()[] ").replace("x", ",").replace(",", " ").split()
        value: Value = tuple(int(word) if _is_whole(word) else word for word in words)
        if names and not self._takes(value):
            words = split_commas(
                text.removeprefix("(").removesuffix(")") if text[:1] == "(" else text
            )
            value = tuple(
                int(w) if _is_whole(w) else w if w in _ALONG else self._parse_expressions(w, names)
                for w in words
            )
        self.check(value)
        return value

    def _parse_expressions(self, text: str, names: Collection[str]) -> Value:
        found = super()._parse_expressions(text, names)
        return found[0] if isinstance(found, tuple) and len(found) == 1 else found


def _is_whole(word: str) -> bool:
    digits = word.removeprefix("-")
    return digits.isascii() and digits.isdigit() and len(digits) <= 18


def sizes_text(value: Value, source: str) -> str:
    """Return sizes as the arguments of a call; N and T are read from the tensor `source`."""
    sizes = value if isinstance(value, tuple) else ()
    return ", ".join(
        f"{source}.shape[{_ALONG[size]}]" if isinstance(size, str) else literal(size)
        for size in sizes
    )


def _with_sizes(name: str, argument: str, more: str = "") -> Writer:
    """Return a writer of ``input.name(2, 3)``, for methods that take sizes one by one."""

    def write(kind: OperationKind, inputs: Mapping[str, str], args: Mapping[str, Value]) -> str:
        source = inputs["input"]
        return f"{source}.{name}({sizes_text(args[argument], source)})"

    return write


def _interpolate_modes() -> tuple[str, ...]:
    return ("nearest", "linear", "bilinear", "bicubic", "trilinear", "area", "nearest-exact")


def _sizes(name: str, doc: str, low: int = -1) -> SizesParam:
    return SizesParam(name, "ints", REQUIRED, doc, low=low, positional=True)


_SHAPE_DOC = (
    "The new shape. One size may be -1: it follows from the others. N stands for the input's "
    "first size, the batch, and T for its second, the length."
)


def _moving(
    torch_function: Callable[..., object], *params: Param, presets: Mapping[str, Value]
) -> OperationKind:
    return operation(
        torch_function,
        "shape",
        method(torch_function.__name__),
        *params,
        presets=presets,
    )


KINDS: tuple[Kind, ...] = (
    operation(
        torch.reshape,
        "shape",
        _with_sizes("reshape", "shape"),
        _sizes("shape", _SHAPE_DOC),
        presets={"shape": ("N", -1)},
        keywords=("view",),
    ),
    operation(
        torch.Tensor.view,
        "shape",
        _with_sizes("view", "shape"),
        _sizes("shape", _SHAPE_DOC),
        doc="Another shape of the same memory; reshape copies where this is not possible.",
        presets={"shape": ("N", -1)},
    ),
    operation(
        torch.flatten,
        "shape",
        method("flatten"),
        whole("start_dim", 0, positional=True),
        whole("end_dim", -1, positional=True),
        presets={"start_dim": 1},
    ),
    operation(
        torch.unflatten,
        "shape",
        method("unflatten"),
        whole("dim"),
        Param("sizes", "ints", REQUIRED, low=-1, positional=True),
        presets={"dim": -1, "sizes": (4, -1)},
        keywords=("split heads",),
    ),
    operation(
        torch.permute,
        "shape",
        _with_sizes("permute", "dims"),
        Param("dims", "ints", REQUIRED, positional=True),
        presets={"dims": (0, 2, 1)},
        keywords=("channels last", "reorder"),
    ),
    _moving(torch.transpose, whole("dim0"), whole("dim1"), presets={"dim0": 1, "dim1": 2}),
    _moving(
        torch.movedim,
        several("source"),
        several("destination"),
        presets={"source": -1, "destination": 1},
    ),
    operation(
        torch.squeeze,
        "shape",
        method("squeeze"),
        several("dim", None, "Only these dimensions. None: every one of size 1.", positional=True),
        presets={"dim": -1},
    ),
    operation(
        torch.unsqueeze, "shape", method("unsqueeze"), whole("dim"), presets={"dim": 1}, new_dims=1
    ),
    operation(
        torch.Tensor.expand,
        "shape",
        _with_sizes("expand", "sizes"),
        _sizes("sizes", "The size of each dimension; -1 keeps it. N: the input's first size."),
        doc="Repeats dimensions of size 1 without a copy.",
        presets={"sizes": (-1, 4)},
        keywords=("broadcast",),
    ),
    operation(
        torch.Tensor.repeat,
        "shape",
        _with_sizes("repeat", "repeat"),
        _sizes("repeat", "The number of times to repeat this tensor along each dimension.", 0),
        presets={"repeat": (1, 2)},
        keywords=("tile",),
    ),
    operation(
        torch.repeat_interleave,
        "shape",
        method("repeat_interleave"),
        whole("repeats", REQUIRED, "How often each element is repeated, in place.", low=0),
        Param("dim", "int", None, optional=True),
        presets={"repeats": 2, "dim": 1},
        keywords=("upsample",),
    ),
    operation(
        torch.flip,
        "shape",
        method("flip"),
        several("dims", REQUIRED, "The dimensions along which to turn the order round."),
        presets={"dims": (1,)},
        keywords=("reverse", "mirror"),
    ),
    operation(
        torch.roll,
        "shape",
        method("roll"),
        several("shifts"),
        several("dims", None),
        presets={"shifts": 1, "dims": 1},
        keywords=("shift", "cyclic"),
    ),
    operation(
        torch.Tensor.unfold,
        "shape",
        method("unfold"),
        whole("dimension"),
        whole("size", low=1),
        whole("step", low=1),
        presets={"dimension": 1, "size": 3, "step": 1},
        keywords=("sliding window", "patches"),
    ),
    operation(
        F.pad,
        "shape",
        function("F.pad"),
        Param(
            "pad",
            "ints",
            REQUIRED,
            "Sizes (left, right, top, bottom, ...), from the last "
            "dimension on; negative ones cut off.",
            positional=True,
        ),
        one_of("mode", "constant", "constant", "reflect", "replicate", "circular"),
        number("value", None),
        presets={"pad": (1, 1)},
    ),
    operation(
        F.interpolate,
        "shape",
        function("F.interpolate"),
        several("size", None, "The size to come to, such as 32 or (32, 48).", low=1),
        number("scale_factor", None, "How many times larger each size becomes.", low=1e-6),
        one_of("mode", "nearest", *_interpolate_modes()),
        Param("align_corners", "bool", None, optional=True),
        flag("antialias"),
        inputs=(Port("input"),),
        presets={"scale_factor": 2.0},
        keywords=("upsample", "resize"),
    ),
)
