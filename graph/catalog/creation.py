"""Operations that make tensors, or other types of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

from graph.catalog.entry import REQUIRED, InputError, Kind, Param, Port
from graph.catalog.operation import (
    OperationKind,
    Writer,
    function,
    method,
    number,
    operation,
    whole,
)
from graph.catalog.shaping import SizesParam, sizes_text
from graph.catalog.writing import call_text, literal
from graph.dims import TensorType

if TYPE_CHECKING:
    from graph.document import Value

__all__ = ["KINDS"]

_LIKE = (
    Port(
        "input",
        optional=True,
        doc="Gives the device, and the sizes N (its first) and T (its second).",
    ),
)
_SIZE = SizesParam(
    "size",
    "ints",
    REQUIRED,
    "The shape. N stands for the first size of what is wired to input, T for its second.",
    low=0,
)
_DTYPE = Param("dtype", "dtype", None, "Type of the numbers. None: torch's default.", optional=True)


def _made(path: str, *between: str) -> Writer:
    """Return a writer of ``torch.zeros(x.shape[0], 8, device=x.device)``.

    `between` are arguments that stand after the sizes, which then are a tuple.
    """

    def write(kind: OperationKind, inputs: Mapping[str, str], args: Mapping[str, Value]) -> str:
        source = inputs.get("input", "")
        sizes = sizes_text(args["size"], source)
        single = isinstance(args["size"], tuple) and len(args["size"]) == 1
        if between or not sizes:
            sizes = f"({sizes},)" if single else f"({sizes})"
        parts = [sizes, *(literal(args[name]) for name in between)]
        if args.get("dtype") is not None:
            parts.append(f"dtype={literal(args['dtype'], kind.param('dtype'))}")
        if source:
            parts.append(f"device={source}.device")
        return f"{path}({', '.join(parts)})"

    return write


def _arange(kind: OperationKind, inputs: Mapping[str, str], args: Mapping[str, Value]) -> str:
    source, start, end, step = (inputs.get("input"), args["start"], args["end"], args["step"])
    last = literal(end) if end is not None else f"{source}.shape[{args['dim']}]"
    parts = [last]
    if start != 0 or step != 1:
        parts.insert(0, literal(start))
    if step != 1:
        parts.append(literal(step))
    if args.get("dtype") is not None:
        parts.append(f"dtype={literal(args['dtype'], kind.param('dtype'))}")
    if source:
        parts.append(f"device={source}.device")
    return f"torch.arange({', '.join(parts)})"


def _spaced(kind: OperationKind, inputs: Mapping[str, str], args: Mapping[str, Value]) -> str:
    text = call_text("torch.linspace", kind.params, args)
    return f"{text[:-1]}, device={inputs['input']}.device)" if "input" in inputs else text


def _causal_mask(kind: OperationKind, inputs: Mapping[str, str], args: Mapping[str, Value]) -> str:
    source = inputs["input"]
    return (
        f"nn.Transformer.generate_square_subsequent_mask({source}.shape[{args['dim']}], "
        f"device={source}.device)"
    )


def _like(torch_function: Callable[..., Any], *params: Param, **more: Any) -> OperationKind:
    return operation(
        torch_function,
        more.pop("family", "creation"),
        function(f"torch.{torch_function.__name__}"),
        *params,
        _DTYPE,
        detached=True,
        **more,
    )


def _check_sizes(args: Mapping[str, Value], inputs: Mapping[str, TensorType]) -> None:
    size = args.get("size")
    words = [word for word in size if isinstance(word, str)] if isinstance(size, tuple) else []
    if words and "input" not in inputs:
        raise InputError(
            "input",
            f"a tensor that {words[0]} in size={size} is read from",
            "nothing",
            "Wire any tensor of the batch to input, or set fixed sizes.",
        )
    if "T" in words and len(inputs["input"].shape) < 2:
        raise InputError(
            "input",
            "at least 2 dimensions, because T is the second size",
            inputs["input"].shape_text,
            "Wire a sequence (N, T, ...) to input.",
        )


def _check_arange(args: Mapping[str, Value], inputs: Mapping[str, TensorType]) -> None:
    if args.get("end") is None and "input" not in inputs:
        raise InputError(
            "input",
            "a tensor whose size is the end",
            "nothing",
            "Wire a tensor to input, or set end.",
        )


@dataclass(frozen=True, kw_only=True)
class CastKind(OperationKind):
    """A conversion: no gradient flows back from whole numbers or truth values."""

    __hash__ = Kind.__hash__

    def blocks_gradient(self, params: Mapping[str, Value]) -> bool:
        """Whether the new type is not one of floating-point numbers."""
        return not str(params.get("dtype", "float32")).startswith(("float", "bfloat"))


_ALONG = whole("dim", 1, "The dimension of the input whose size is taken.", own=False)

KINDS: tuple[Kind, ...] = (
    operation(
        torch.zeros,
        "creation",
        _made("torch.zeros"),
        _SIZE,
        _DTYPE,
        inputs=_LIKE,
        checks=(_check_sizes,),
        presets={"size": ("N", 1)},
        detached=True,
        keywords=("constant",),
    ),
    operation(
        torch.ones,
        "creation",
        _made("torch.ones"),
        _SIZE,
        _DTYPE,
        inputs=_LIKE,
        checks=(_check_sizes,),
        presets={"size": ("N", 1)},
        detached=True,
        keywords=("constant",),
    ),
    operation(
        torch.full,
        "creation",
        _made("torch.full", "fill_value"),
        _SIZE,
        number("fill_value"),
        _DTYPE,
        inputs=_LIKE,
        checks=(_check_sizes,),
        presets={"size": (), "fill_value": 1.0},
        detached=True,
        keywords=("constant", "number", "scalar"),
    ),
    _like(torch.zeros_like, keywords=("constant",)),
    _like(torch.ones_like, keywords=("constant",)),
    _like(torch.full_like, number("fill_value"), presets={"fill_value": 1.0}),
    operation(
        torch.randn,
        "random",
        _made("torch.randn"),
        _SIZE,
        _DTYPE,
        inputs=_LIKE,
        checks=(_check_sizes,),
        presets={"size": ("N", 100)},
        detached=True,
        keywords=("noise", "normal"),
    ),
    operation(
        torch.rand,
        "random",
        _made("torch.rand"),
        _SIZE,
        _DTYPE,
        inputs=_LIKE,
        checks=(_check_sizes,),
        presets={"size": ("N", 100)},
        detached=True,
        keywords=("noise", "uniform"),
    ),
    _like(torch.randn_like, family="random", keywords=("noise", "normal", "reparameterize")),
    _like(torch.rand_like, family="random", keywords=("noise", "uniform")),
    operation(
        torch.bernoulli,
        "random",
        function("torch.bernoulli"),
        inputs=(Port("input", dtype="float"),),
        keywords=("sample", "binary"),
    ),
    operation(
        torch.arange,
        "creation",
        _arange,
        number("start", 0, fixed=True),
        number("end", None, "The value after the last. None: the size of the input along dim."),
        number("step", 1, fixed=True),
        _ALONG,
        _DTYPE,
        doc="The numbers from start up to end, step apart: positions of a sequence, for example.",
        inputs=(Port("input", optional=True, doc="Gives the device, and end by its size."),),
        checks=(_check_arange,),
        detached=True,
        keywords=("range", "positions", "index"),
    ),
    operation(
        torch.linspace,
        "creation",
        _spaced,
        number("start"),
        number("end"),
        whole("steps", low=0),
        doc="So many numbers from start to end, evenly spaced.",
        inputs=(Port("input", optional=True, doc="Gives the device."),),
        presets={"start": 0.0, "end": 1.0, "steps": 10},
        detached=True,
        keywords=("range",),
    ),
    operation(
        None,
        "creation",
        _causal_mask,
        _ALONG,
        name="causal_mask",
        detached=True,
        doc="The mask (T, T) that hides later positions: 0 where attention may look, -inf where "
        "not. Made by nn.Transformer.generate_square_subsequent_mask.",
        keywords=("subsequent", "autoregressive", "attention", "triangular"),
    ),
    operation(
        torch.Tensor.to,
        "creation",
        method("to"),
        Param("dtype", "dtype", REQUIRED, "The type to convert to.", positional=True),
        doc="Converts to another dtype.",
        presets={"dtype": "float32"},
        keywords=("cast", "float", "long", "convert", "dtype"),
        kind=CastKind,
    ),
    operation(
        torch.Tensor.detach,
        "creation",
        method("detach"),
        doc="The same values, through which no gradient flows back.",
        keywords=("stop gradient", "fake"),
        detached=True,
    ),
)
