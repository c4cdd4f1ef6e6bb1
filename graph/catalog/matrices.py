"""Matrix products, triangles, similarities and attention."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch.nn import functional as F  # noqa: N812 - the name that everyone uses

from graph.catalog.entry import REQUIRED, InputError, Kind, Param, Port, Ports
from graph.catalog.fitting import broadcasting, multiplying, rank
from graph.catalog.operation import (
    OperationKind,
    flag,
    function,
    method,
    number,
    operation,
    whole,
)
from graph.catalog.writing import literal
from graph.dims import Dim, TensorType

if TYPE_CHECKING:
    from graph.document import Project, Value

__all__ = ["KINDS"]

_TERM = r"(?:[A-Za-z]|\.\.\.)*"
_EQUATION = re.compile(rf"({_TERM}(?:,{_TERM})*)(?:->({_TERM}))?", re.ASCII)
_LONGEST = 300
_MOST_OPERANDS = 16


@dataclass(frozen=True)
class EquationParam(Param):
    """An equation of :func:`torch.einsum`: letters, commas, ``...`` and one ``->``."""

    @property
    def expected(self) -> str:
        return "an equation such as 'bij,bjk->bik': letters, commas, '...' and one '->'"

    def _takes(self, value: Value) -> bool:
        if not isinstance(value, str) or len(value) > _LONGEST:
            return False
        match = _EQUATION.fullmatch(value)
        if match is None:
            return False
        operands, result = match.group(1).split(","), match.group(2)
        if len(operands) > _MOST_OPERANDS or any(term.count("...") > 1 for term in operands):
            return False
        letters = (result or "").replace(".", "")
        known = set("".join(operands))
        once = len(letters) == len(set(letters)) and (result or "").count("...") <= 1
        return once and set(result or "") <= known


@dataclass(frozen=True, kw_only=True)
class EinsumKind(OperationKind):
    """A sum of products; its equation says how many inputs there are."""

    __hash__ = Kind.__hash__

    def ports(self, params: Mapping[str, Value], project: Project | None) -> Ports:
        operands = len(_terms(params.get("equation")))
        return Ports(tuple(Port(f"operands{i}") for i in range(operands)), self.outputs)


def _terms(equation: Value) -> list[str]:
    text = equation if isinstance(equation, str) else ","
    return text.split("->")[0].split(",")[:_MOST_OPERANDS]


def _check_einsum(args: Mapping[str, Value], inputs: Mapping[str, TensorType]) -> None:
    sizes: dict[str, tuple[Dim, str]] = {}
    for i, term in enumerate(_terms(args.get("equation"))):
        port = f"operands{i}"
        if port not in inputs or "..." in term:
            continue
        shape = inputs[port].shape
        if len(shape) != len(term):
            raise InputError(
                port,
                f"{len(term)} dimensions, one for each letter of {term!r}",
                inputs[port].shape_text,
                "Change the equation, or the shape.",
            )
        for letter, size in zip(term, shape, strict=True):
            wanted, first = sizes.setdefault(letter, (size, port))
            if wanted != size and wanted != 1 and size != 1:
                raise InputError(
                    port,
                    f"size {wanted} for the letter {letter!r}, as at {first}",
                    inputs[port].shape_text,
                    "Equal letters stand for equal sizes: change the equation, or the shape.",
                )


def _einsum(kind: OperationKind, inputs: Mapping[str, str], args: Mapping[str, Value]) -> str:
    return f"torch.einsum({literal(args['equation'])}, {', '.join(inputs.values())})"


def _matmul(kind: OperationKind, inputs: Mapping[str, str], args: Mapping[str, Value]) -> str:
    return f"{inputs['input']} @ {inputs['other']}"


def _check_attention(args: Mapping[str, Value], inputs: Mapping[str, TensorType]) -> None:
    query, key, value = (inputs.get(name) for name in ("query", "key", "value"))
    if query and key and query.shape[-1:] != key.shape[-1:]:
        raise InputError(
            "key",
            f"last size {query.shape[-1] if query.shape else 'none'}, as at query "
            f"{query.shape_text}",
            key.shape_text,
            "Make the queries and the keys with Linear layers of one and the same size.",
            (f"linear:{query.shape[-1]}",)
            if query.shape and isinstance(query.shape[-1], int)
            else (),
        )
    if key and value and key.shape[-2:-1] != value.shape[-2:-1]:
        raise InputError(
            "value",
            f"as many positions as at key {key.shape_text}",
            value.shape_text,
            "Make the keys and the values from the same sequence.",
        )
    if "attn_mask" in inputs and args.get("is_causal"):
        raise InputError(
            "attn_mask",
            "no mask, because is_causal is set",
            inputs["attn_mask"].shape_text,
            "Set is_causal to False, or remove the wire.",
            ("set:is_causal=false",),
        )


KINDS: tuple[Kind, ...] = (
    operation(
        torch.matmul,
        "matrix",
        _matmul,
        inputs=(Port("input"), Port("other")),
        checks=(multiplying("input", "other"),),
        keywords=("dot product", "@", "product"),
    ),
    operation(
        torch.bmm,
        "matrix",
        function("torch.bmm"),
        inputs=(Port("input"), Port("mat2")),
        checks=(rank("input", 3), rank("mat2", 3), multiplying("input", "mat2")),
        keywords=("batch", "product"),
    ),
    EinsumKind(
        name="einsum",
        family="matrix",
        doc="Sums products of elements along the dimensions that the equation names by letters.",
        write=_einsum,
        params=(
            EquationParam(
                "equation",
                "str",
                REQUIRED,
                "The letters of each input's dimensions, and after '->' those of the result.",
            ),
        ),
        function=torch.einsum,
        checks=(_check_einsum,),
        presets={"equation": "bij,bjk->bik"},
        keywords=("einstein", "contraction", "product"),
    ),
    operation(
        F.linear,
        "matrix",
        function("F.linear"),
        inputs=(
            Port("input", dtype="float"),
            Port("weight", dtype="float"),
            Port("bias", optional=True, dtype="float"),
        ),
        doc="input @ weight.T + bias, with weights that come in by wire.",
        keywords=("tied weights", "functional"),
    ),
    operation(
        torch.tril, "matrix", method("tril"), whole("diagonal", 0), keywords=("lower triangle",)
    ),
    operation(
        torch.triu, "matrix", method("triu"), whole("diagonal", 0), keywords=("upper triangle",)
    ),
    operation(
        torch.diagonal,
        "matrix",
        method("diagonal"),
        whole("offset", 0),
        whole("dim1", 0),
        whole("dim2", 1),
        presets={"dim1": -2, "dim2": -1},
    ),
    operation(
        torch.cdist,
        "matrix",
        function("torch.cdist"),
        number("p", 2.0, low=0),
        inputs=(Port("x1", dtype="float"), Port("x2", dtype="float")),
        keywords=("distance",),
    ),
    operation(
        F.cosine_similarity,
        "matrix",
        function("F.cosine_similarity"),
        whole("dim", 1),
        number("eps", 1e-8),
        inputs=(Port("x1", dtype="float"), Port("x2", dtype="float")),
        checks=(broadcasting,),
        presets={"dim": -1},
    ),
    operation(
        F.scaled_dot_product_attention,
        "matrix",
        function("F.scaled_dot_product_attention"),
        flag("is_causal"),
        number("scale", None),
        flag("enable_gqa"),
        doc="softmax(query @ key.T / sqrt(E) + mask) @ value, over the last two dimensions. "
        "Without dropout: nn.MultiheadAttention has it.",
        inputs=(
            Port("query", dtype="float"),
            Port("key", dtype="float"),
            Port("value", dtype="float"),
            Port("attn_mask", optional=True),
        ),
        checks=(_check_attention,),
        keywords=("attention", "transformer", "sdpa"),
    ),
)
