"""Operations on two tensors, or a tensor and a number: arithmetic, comparisons, logic."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import torch

from graph.catalog.entry import InputError, Kind, Param, Port
from graph.catalog.fitting import broadcasting, operand_given
from graph.catalog.operation import (
    OperationKind,
    Writer,
    count,
    function,
    infix,
    number,
    one_of,
    operand,
    operation,
)
from graph.catalog.writing import call_text, literal
from graph.dims import TensorType

if TYPE_CHECKING:
    from graph.document import Value

__all__ = ["KINDS"]

_SUPPORT = "The number to use where no tensor is wired to {}."


def _number(name: str = "other") -> Param:
    return number(name, None, _SUPPORT.format(name), positional=True)


def _binary(
    torch_function: Callable[..., Any],
    family: str,
    write: Writer,
    *params: Param,
    other: str = "other",
    **more: Any,
) -> OperationKind:
    """Return the entry of an operation whose second operand is a tensor or a number."""
    return operation(
        torch_function,
        family,
        write,
        _number(other),
        *params,
        inputs=(Port("input"), Port(other, optional=True)),
        checks=(operand_given(other), broadcasting),
        **more,
    )


def _of_tensors(
    torch_function: Callable[..., Any], family: str = "arithmetic", **more: Any
) -> OperationKind:
    """Return the entry of a function that takes two tensors and no numbers."""
    return operation(
        torch_function,
        family,
        function(f"torch.{torch_function.__name__}"),
        inputs=(Port("input"), Port("other")),
        checks=(broadcasting,),
        **more,
    )


def _scaled(operator: str) -> Writer:
    """Return a writer of ``input + 2 * other``, the way people write alpha."""
    plain = infix(operator)

    def write(kind: OperationKind, inputs: Mapping[str, str], args: Mapping[str, Value]) -> str:
        alpha = args.get("alpha", 1)
        if alpha == 1:
            return plain(kind, inputs, args)
        product = f"{literal(alpha)} * {operand('other', inputs, args)}"
        return plain(kind, {**inputs, "other": product}, args)

    return write


def _divided(kind: OperationKind, inputs: Mapping[str, str], args: Mapping[str, Value]) -> str:
    if args.get("rounding_mode") is None:
        return infix("/")(kind, inputs, args)
    other = operand("other", inputs, args)
    return call_text("torch.div", kind.params[1:], args, inputs["input"], other)


def _raised(kind: OperationKind, inputs: Mapping[str, str], args: Mapping[str, Value]) -> str:
    return infix("**", "exponent")(kind, inputs, args)


def _mixed(kind: OperationKind, inputs: Mapping[str, str], args: Mapping[str, Value]) -> str:
    weight = operand("weight", inputs, args)
    return f"torch.lerp({inputs['input']}, {inputs['end']}, {weight})"


def _weighted_sum(kind: OperationKind, inputs: Mapping[str, str], args: Mapping[str, Value]) -> str:
    weights = args.get("weights")
    factors: tuple[Any, ...] = weights if isinstance(weights, tuple) else ()
    text = ""
    for i, term in enumerate(inputs.values()):
        factor = factors[i] if i < len(factors) else 1
        size = literal(abs(factor))
        product = term if abs(factor) == 1 else f"{size} * {term}"
        sign = "-" if factor < 0 else "+"
        text += f" {sign} {product}" if text else product if factor >= 0 else f"-{product}"
    return text


def _check_weights(args: Mapping[str, Value], inputs: Mapping[str, TensorType]) -> None:
    weights = args.get("weights")
    number_of_weights = len(weights) if isinstance(weights, tuple) else 0
    if inputs and number_of_weights not in (0, len(inputs)):
        raise InputError(
            next(iter(inputs)),
            f"{number_of_weights} tensors, one for each weight",
            f"{len(inputs)}",
            "Set weights to one number for each input, or leave it empty for a plain sum.",
        )


KINDS: tuple[Kind, ...] = (
    _binary(
        torch.add,
        "arithmetic",
        _scaled("+"),
        number("alpha", 1, fixed=True),
        keywords=("plus", "residual", "skip", "sum"),
    ),
    _binary(
        torch.sub, "arithmetic", _scaled("-"), number("alpha", 1, fixed=True), keywords=("minus",)
    ),
    _binary(torch.mul, "arithmetic", infix("*"), keywords=("multiply", "times", "scale", "gate")),
    _binary(
        torch.div,
        "arithmetic",
        _divided,
        one_of("rounding_mode", None, "trunc", "floor"),
        keywords=("divide",),
    ),
    _binary(torch.pow, "arithmetic", _raised, other="exponent", keywords=("power",)),
    _binary(torch.remainder, "arithmetic", infix("%"), keywords=("modulo", "%")),
    _binary(
        torch.floor_divide,
        "arithmetic",
        infix("//"),
        doc="Divides, and rounds down to whole numbers.",
        keywords=("quotient",),
    ),
    operation(
        torch.neg,
        "arithmetic",
        lambda kind, inputs, args: f"-{inputs['input']}",
        keywords=("minus", "negative"),
    ),
    _of_tensors(torch.maximum),
    _of_tensors(torch.minimum),
    _of_tensors(
        torch.atan2,
        doc="The angle of the point (other, input), from -pi to pi.",
        keywords=("angle",),
    ),
    operation(
        torch.lerp,
        "arithmetic",
        _mixed,
        number("weight", None, _SUPPORT.format("weight")),
        doc="Mixes two tensors: input + weight * (end - input).",
        inputs=(Port("input"), Port("end"), Port("weight", optional=True)),
        checks=(operand_given("weight"), broadcasting),
        presets={"weight": 0.5},
        keywords=("interpolate", "mix"),
    ),
    operation(
        None,
        "arithmetic",
        _weighted_sum,
        count(),
        Param(
            "weights",
            "floats",
            (),
            "A factor for each input. Empty: a plain sum.",
            own=True,
        ),
        name="WeightedSum",
        doc="The sum of several tensors, each times its weight: w0 * input0 + w1 * input1 + ...",
        inputs=(Port("input*"),),
        checks=(_check_weights, broadcasting),
        keywords=("add", "losses", "combine", "total"),
    ),
    _binary(
        torch.eq,
        "comparison",
        infix("=="),
        doc="Whether each element equals other.",
        keywords=("equal",),
    ),
    _binary(
        torch.ne,
        "comparison",
        infix("!="),
        doc="Whether each element differs from other.",
        keywords=("not equal",),
    ),
    _binary(
        torch.lt,
        "comparison",
        infix("<"),
        doc="Whether each element is less than other.",
        keywords=("less",),
    ),
    _binary(
        torch.le,
        "comparison",
        infix("<="),
        doc="Whether each element is at most other.",
        keywords=("less", "at most"),
    ),
    _binary(
        torch.gt,
        "comparison",
        infix(">"),
        doc="Whether each element is greater than other.",
        keywords=("greater",),
    ),
    _binary(
        torch.ge,
        "comparison",
        infix(">="),
        doc="Whether each element is at least other.",
        keywords=("greater", "at least"),
    ),
    _of_tensors(torch.logical_and, "comparison"),
    _of_tensors(torch.logical_or, "comparison"),
    _of_tensors(torch.logical_xor, "comparison"),
    operation(torch.logical_not, "comparison", function("torch.logical_not")),
    operation(torch.isnan, "comparison", function("torch.isnan")),
    operation(torch.isfinite, "comparison", function("torch.isfinite")),
)
