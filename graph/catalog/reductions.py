"""Operations that reduce dimensions, order elements, or accumulate along one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from graph.catalog.entry import REQUIRED, Kind, Param, Port
from graph.catalog.operation import (
    OperationKind,
    flag,
    function,
    method,
    number,
    operation,
    several,
    whole,
)

__all__ = ["KINDS"]

_DIM_HELP = "The dimension or dimensions to reduce. None: all, so that one number is left."
_PAIR = (Port("values"), Port("indices"))
_DIMS = several("dim", None, _DIM_HELP)
_KEEP = flag("keepdim")


def _reduction(torch_function: Callable[..., Any], *params: Param, **more: Any) -> OperationKind:
    return operation(
        torch_function,
        "reduction",
        method(torch_function.__name__),
        *(params or (_DIMS, _KEEP)),
        presets=more.pop("presets", {"dim": -1}),
        **more,
    )


def _accumulating(torch_function: Callable[..., Any], **more: Any) -> OperationKind:
    return operation(
        torch_function,
        "reduction",
        method(torch_function.__name__),
        whole("dim", positional=False),
        presets={"dim": 1},
        **more,
    )


_ONE_DIM = Param("dim", "int", None, _DIM_HELP, optional=True)

KINDS: tuple[Kind, ...] = (
    _reduction(torch.sum, keywords=("total",)),
    _reduction(
        torch.mean,
        inputs=(Port("input", dtype="float"),),
        keywords=("average", "global average pooling"),
    ),
    _reduction(torch.amax, _DIMS, _KEEP, keywords=("maximum",)),
    _reduction(torch.amin, _DIMS, _KEEP, keywords=("minimum",)),
    _reduction(torch.prod, _ONE_DIM, _KEEP, keywords=("product",)),
    _reduction(torch.std, _DIMS, whole("correction", 1), _KEEP, keywords=("deviation",)),
    _reduction(torch.var, _DIMS, whole("correction", 1), _KEEP, keywords=("variance",)),
    operation(
        torch.linalg.vector_norm,
        "reduction",
        function("torch.linalg.vector_norm"),
        number("ord", 2, words=("inf", "-inf")),
        _DIMS,
        _KEEP,
        inputs=(Port("x", dtype="float"),),
        presets={"dim": -1},
        keywords=("norm", "length", "l2"),
    ),
    _reduction(torch.logsumexp, several("dim", positional=False), _KEEP),
    _reduction(torch.any, _DIMS, _KEEP),
    _reduction(torch.all, _DIMS, _KEEP),
    _reduction(torch.count_nonzero, _DIMS, detached=True),
    _reduction(
        torch.argmax, _ONE_DIM, _KEEP, keywords=("class", "index of the largest"), detached=True
    ),
    _reduction(torch.argmin, _ONE_DIM, _KEEP, detached=True),
    _reduction(torch.max, whole("dim", positional=False), _KEEP, outputs=_PAIR),
    _reduction(torch.min, whole("dim", positional=False), _KEEP, outputs=_PAIR),
    _reduction(torch.median, whole("dim", -1), _KEEP, outputs=_PAIR, presets={"dim": 1}),
    operation(
        torch.topk,
        "reduction",
        method("topk"),
        whole("k", REQUIRED, "How many elements to keep.", low=1),
        Param("dim", "int", None, "The dimension to sort along. None: the last.", optional=True),
        flag("largest", True),
        flag("sorted", True),
        outputs=_PAIR,
        presets={"k": 5},
    ),
    operation(
        torch.sort,
        "reduction",
        method("sort"),
        whole("dim", -1),
        flag("descending"),
        flag("stable"),
        outputs=_PAIR,
        keywords=("order",),
    ),
    operation(
        torch.argsort,
        "reduction",
        method("argsort"),
        whole("dim", -1),
        flag("descending"),
        detached=True,
        keywords=("order",),
    ),
    _accumulating(torch.cumsum, keywords=("running sum",)),
    _accumulating(torch.cumprod, keywords=("running product",)),
    _accumulating(torch.logcumsumexp),
    operation(
        torch.diff,
        "reduction",
        method("diff"),
        whole("n", 1, low=0),
        whole("dim", -1),
        keywords=("difference",),
    ),
)
