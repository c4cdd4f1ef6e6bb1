"""Operations on each element by itself, and on the elements along one dimension."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch.nn import functional as F  # noqa: N812 - the name that everyone uses

from graph.catalog.entry import Kind, Param, Port
from graph.catalog.operation import (
    OperationKind,
    flag,
    function,
    method,
    number,
    one_of,
    operation,
    whole,
)

__all__ = ["KINDS"]

_FLOAT = (Port("input", dtype="float"),)

#: Functions whose docstring only names another, with what they do.
_DOCS = {
    "erf": "Error function of each element.",
    "expm1": "exp(input) - 1 of each element, exact for small values.",
    "log1p": "log(1 + input) of each element, exact for small values.",
    "sigmoid": "1 / (1 + exp(-input)) of each element.",
    "round": "Rounds each element to the nearest whole number, halves to the even one.",
    "silu": "input * sigmoid(input) of each element, also called swish.",
    "gelu": "Gaussian error linear unit: input * Phi(input), Phi the normal distribution.",
    "softplus": "log(1 + exp(beta * input)) / beta of each element: a smooth relu.",
    "leaky_relu": "max(0, input) + negative_slope * min(0, input) of each element.",
    "softsign": "input / (1 + |input|) of each element.",
    "normalize": "Divides by the p-norm along dim, so that vectors have length 1.",
    "gumbel_softmax": "A differentiable sample of a class: softmax of the logits plus noise.",
    "logit": "log(input / (1 - input)) of each element, the inverse of sigmoid.",
}


def _torch(name: str, *params: Param, **more: Any) -> OperationKind:
    """Return the entry of ``torch.name(input)``."""
    return operation(
        getattr(torch, name),
        "elementwise",
        function(f"torch.{name}"),
        *params,
        doc=_DOCS.get(name, ""),
        **more,
    )


def _functional(name: str, *params: Param, **more: Any) -> OperationKind:
    """Return the entry of ``F.name(input)``."""
    torch_function: Callable[..., Any] = getattr(F, name)
    return operation(
        torch_function,
        more.pop("family", "elementwise"),
        function(f"F.{name}"),
        *params,
        name=name,
        inputs=more.pop("inputs", _FLOAT),
        doc=more.pop("doc", _DOCS.get(name, "")),
        **more,
    )


#: Functions of one tensor and nothing else.
_PLAIN = (
    "abs",
    "square",
    "sqrt",
    "rsqrt",
    "reciprocal",
    "exp",
    "expm1",
    "log",
    "log1p",
    "log2",
    "log10",
    "sin",
    "cos",
    "tan",
    "asin",
    "acos",
    "atan",
    "sinh",
    "cosh",
    "tanh",
    "sigmoid",
    "erf",
    "sign",
    "floor",
    "ceil",
    "trunc",
    "frac",
)

KINDS: tuple[Kind, ...] = (
    *(_torch(name) for name in _PLAIN),
    _torch("round", whole("decimals", 0)),
    _torch(
        "logit", number("eps", None, "Brings the input into eps to 1 - eps first. None: as it is.")
    ),
    _torch("nan_to_num", number("nan", 0.0), number("posinf", None), number("neginf", None)),
    operation(
        torch.clamp,
        "elementwise",
        method("clamp"),
        number("min", None),
        number("max", None),
        doc="Brings each element into the range from min to max; None: no bound on that side.",
        presets={"min": 0.0, "max": 1.0},
        keywords=("clip", "limit"),
    ),
    _functional("relu"),
    _functional("leaky_relu", number("negative_slope", 0.01, "The slope below 0.")),
    _functional(
        "elu", number("alpha", 1.0, "The value that far negative inputs tend to, negated.")
    ),
    _functional(
        "gelu", one_of("approximate", "none", "none", "tanh", doc="tanh: a quicker estimate.")
    ),
    _functional("silu", keywords=("swish",)),
    _functional("mish"),
    _functional(
        "softplus",
        number("beta", 1, "How sharp the bend is."),
        number("threshold", 20, "Where beta * input is larger, the result is the input itself."),
    ),
    _functional("softsign"),
    _functional("logsigmoid", doc="log(1 / (1 + exp(-input))) of each element."),
    _functional(
        "hardtanh",
        number("min_val", -1.0, "The lower bound."),
        number("max_val", 1.0, "The upper bound."),
    ),
    _functional(
        "softmax",
        Param("dim", "int", None, optional=True),
        family="normalization",
        doc="exp(input), divided by its sum along dim: values from 0 to 1 that sum to 1.",
        presets={"dim": -1},
    ),
    _functional(
        "log_softmax",
        Param("dim", "int", None, optional=True),
        family="normalization",
        doc="The logarithm of softmax, computed together so that it stays exact.",
        presets={"dim": -1},
    ),
    _functional(
        "gumbel_softmax",
        number("tau", 1, "Temperature, above 0: the lower, the nearer to one-hot.", low=1e-6),
        flag("hard"),
        whole("dim", -1),
        family="random",
        inputs=(Port("logits", dtype="float"),),
    ),
    _functional(
        "normalize",
        number("p", 2.0),
        whole("dim", 1),
        number("eps", 1e-12),
        family="normalization",
        presets={"dim": -1},
        keywords=("unit length", "l2"),
    ),
)
