"""The shapes that one node gives, found by running its own generated code on the meta device.

Meta tensors have a shape and a dtype but no numbers, so a run costs a fraction of a millisecond
and no memory. Batch and time stay symbolic: the node is run at a few sizes of N and T
(:data:`graph.dims.PROBES`) and the sizes of its outputs are fitted to the results.
"""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import CodeType
from typing import TYPE_CHECKING, Any

import torch
import torch.nn.functional as F  # noqa: N812 - everyone's name for it
from torch import nn

from graph.catalog.entry import Cost, InputError, Kind, Pattern, Port, match_layout
from graph.dims import PROBES, Sym, TensorType, fit, probes_for
from graph.errors import ParamError
from graph.flops import FlopCount

if TYPE_CHECKING:
    from graph.document import Value

__all__ = ["Result", "evaluate", "namespace"]


@dataclass(frozen=True)
class Result:
    """What is known of a node: its arguments, what it gives, what it costs, what is wrong."""

    args: Mapping[str, Value] = field(default_factory=dict)
    outputs: Mapping[str, TensorType] = field(default_factory=dict)
    cost: Cost = field(default_factory=Cost)
    error: InputError | None = None


def evaluate(kind: Kind, params: Mapping[str, Value], inputs: Mapping[str, TensorType]) -> Result:
    """Return what a node of `kind` gives for `inputs`, remembered for equal questions."""
    key = (
        kind.name,
        tuple(sorted((name, _exact(value)) for name, value in params.items())),
        tuple(sorted(inputs.items())),
    )
    return _evaluate(_Question(key, kind, params, inputs))


class _Question:
    """The arguments of :func:`evaluate`, hashed by value, so that they can be remembered."""

    def __init__(
        self,
        key: object,
        kind: Kind,
        params: Mapping[str, Value],
        inputs: Mapping[str, TensorType],
    ) -> None:
        self.key, self.kind, self.params, self.inputs = key, kind, params, inputs

    def __hash__(self) -> int:
        return hash(self.key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Question) and self.key == other.key


def _exact(value: Value) -> object:
    """Return a key that tells True from 1 and 1 from 1.0."""
    if isinstance(value, tuple):
        return tuple(_exact(item) for item in value)
    return (type(value).__name__, value)


@functools.lru_cache(maxsize=20_000)
def _evaluate(question: _Question) -> Result:
    kind, params, inputs = question.kind, question.params, question.inputs
    args: dict[str, Value] = {}
    try:
        _check_params(kind, params)
        args = kind.resolve(params, inputs)
        _check_layouts(kind, params, args, inputs)
        _check_complete(kind, args)
        kind.check_inputs(args, inputs)
        outputs = kind.rule(args, inputs)
        cost = kind.cost_rule(args, inputs)
        if cost is not None and cost.parameters:
            _check_weights(kind, inputs)
        if outputs is None or cost is None:
            run_outputs, run_cost = _run(kind, args, inputs)
            outputs = run_outputs if outputs is None else outputs
            cost = run_cost if cost is None else cost
    except InputError as error:
        return Result(args=args, error=error)
    return Result(args, outputs, cost)


def _check_params(kind: Kind, params: Mapping[str, Value]) -> None:
    for name, value in params.items():
        if kind.param(name) is None:
            continue  # kept for a version that knows it, and reported by graph.problems
        try:
            kind.check_param(name, value)
        except ParamError as error:
            raise InputError(
                "", f"{name}: {error.expected}", repr(value)[:200], f"Correct the argument {name}."
            ) from None


def _check_complete(kind: Kind, args: Mapping[str, Value]) -> None:
    for param in kind.params:
        if param.name not in args and (param.required or param.inferred) and not param.own:
            raise InputError(
                "",
                f"{param.name}: {param.expected}",
                "nothing",
                f"Set the argument {param.name} of {kind.name}; it has no default.",
            )


def _check_layouts(
    kind: Kind,
    params: Mapping[str, Value],
    args: Mapping[str, Value],
    inputs: Mapping[str, TensorType],
) -> None:
    for port in kind.ports(params, None).inputs:
        arriving = inputs.get(port.name)
        if arriving is None:
            continue
        _check_dtype(port, arriving)
        if port.layout is None:
            continue
        sizes = match_layout(port.layout, arriving)
        tied_names = {param.name for param in kind.params if param.inferred}
        wanted = ", ".join(_size_text(name, args) for name in port.layout)
        expected = f"({wanted})"
        if not sizes and set(port.layout) != {"..."}:
            raise InputError(
                port.name,
                f"a tensor of shape {expected}",
                arriving.shape_text,
                _rank_advice(port.layout, arriving),
                _rank_fixes(port.layout, arriving),
            )
        for name, size in sizes.items():
            value = args.get(name)
            if isinstance(size, Sym) and name in tied_names:
                raise InputError(
                    port.name,
                    f"{expected} with a fixed size for {name}",
                    f"{arriving.shape_text}, whose size {size} differs from batch to batch",
                    f"Insert permute so that a fixed size stands where {name} is expected.",
                    ("permute",) if len(arriving.shape) == 3 else (),
                )
            if isinstance(value, int) and name in params and size != value:
                raise InputError(
                    port.name,
                    f"{expected}, with {name}={value}",
                    arriving.shape_text,
                    f"Set {name} to {size}, or leave it out so that it follows the input.",
                    (f"set:{name}", "flatten", "linear")
                    if port.layout[-1] == name
                    else (f"set:{name}", "conv1x1"),
                )


def _size_text(name: str, args: Mapping[str, Value]) -> str:
    value = args.get(name)
    return str(value) if isinstance(value, int) else name


def _check_dtype(port: Port, arriving: TensorType) -> None:
    floating = arriving.dtype in ("float32", "float64", "float16", "bfloat16")
    right = {
        "float": floating,
        "int": not floating and arriving.dtype != "bool",
        "bool": arriving.dtype == "bool",
        "any": True,
    }[port.dtype]
    if not right:
        words = {"float": "floating-point numbers", "int": "whole numbers", "bool": "truth values"}
        raise InputError(
            port.name,
            words[port.dtype],
            arriving.dtype,
            f"Insert a cast to {_CAST[port.dtype]}.",
            ("cast",),
        )


_CAST = {"float": "float32", "int": "int64", "bool": "bool"}


def _check_weights(kind: Kind, inputs: Mapping[str, TensorType]) -> None:
    """Raise InputError where numbers meet weights of another precision.

    On the meta device some layers let that pass which then fail on every other.
    """
    fine = {"float32"} | ({"float16", "bfloat16"} if kind.family == "normalization" else set())
    for port, arriving in inputs.items():
        if arriving.dtype in ("float64", "float16", "bfloat16") and arriving.dtype not in fine:
            raise InputError(
                port,
                f"float32, as the weights of {kind.name} are",
                arriving.dtype,
                "Insert a cast to float32.",
                ("cast:float32",),
            )


def _rank_advice(layout: tuple[str, ...], arriving: TensorType) -> str:
    wanted, given = len(layout), len(arriving.shape)
    if "..." in layout:
        return f"It needs at least {wanted - 1} dimensions."
    if given > wanted:
        remedy = "insert Flatten before it" if wanted > 1 else "select or average what is meant"
        return f"It has {given - wanted} dimension(s) too many: {remedy}."
    return f"It lacks {wanted - given} dimension(s): insert Unflatten or unsqueeze before it."


def _rank_fixes(layout: tuple[str, ...], arriving: TensorType) -> tuple[str, ...]:
    if "..." in layout:
        return ()
    missing = len(layout) - len(arriving.shape)
    if missing < 0:
        return (f"flatten:{len(layout) - 1}",) if len(layout) > 1 else ()
    return ("unsqueeze",) if missing == 1 else ()


# -- running ------------------------------------------------------------------------------------


@functools.lru_cache(maxsize=4096)
def _compiled(text: str) -> CodeType:
    return compile(text, "<node>", "eval")


@functools.cache
def _defined(definitions: tuple[str, ...]) -> dict[str, Any]:
    names: dict[str, Any] = {
        "torch": torch,
        "nn": nn,
        "F": F,
        "math": math,
        "Tensor": torch.Tensor,
    }
    for definition in definitions:
        exec(compile(definition, "<definition>", "exec"), names)
    return names


def namespace(kind: Kind) -> dict[str, Any]:
    """Return the names that the code of a node of `kind` may use."""
    return dict(_defined(kind.definitions))


def _run(
    kind: Kind, args: Mapping[str, Value], inputs: Mapping[str, TensorType]
) -> tuple[dict[str, TensorType], Cost]:
    """Run the node's code on the meta device; raise InputError where torch refuses.

    Where the kind knows by rule what its call gives, only its module is made.
    """
    names = namespace(kind)
    known = kind.call_rule(args, inputs)
    indices = probes_for(inputs)
    ports = [port.name for port in kind.ports(args, None).inputs]
    given = {port: f"arriving_{i}" for i, port in enumerate(ports) if port in inputs}
    runs: list[list[tuple[str, torch.Tensor]]] = []
    flops = 0
    try:
        with torch.device("meta"), torch.no_grad():
            constructor = kind.construct(args)
            if constructor is not None:
                names["module"] = module = eval(_compiled(constructor), names)
                if isinstance(module, nn.Module) and any(True for _ in module.parameters()):
                    _check_weights(kind, inputs)
            wanted = frozenset(port.name for port in kind.ports(args, None).outputs)
            call = kind.call("module", given, args, wanted)
            for index in indices if known is None else ():
                batch, time = PROBES[index]
                for port, name in given.items():
                    kind_of = inputs[port]
                    names[name] = torch.empty(
                        kind_of.at(batch, time), dtype=getattr(torch, kind_of.dtype)
                    )
                if index == indices[0]:
                    with FlopCount() as counter:
                        value = eval(_compiled(call.expression), names)
                    flops = counter.total
                else:
                    value = eval(_compiled(call.expression), names)
                runs.append(list(_unpack(call.targets, value)))
    except InputError:
        raise
    except Exception as error:
        raise _refusal(kind, inputs, error) from error
    symbolic = any(isinstance(size, Sym) for one in inputs.values() for size in one.shape)
    module = names.get("module")
    parameters = sum(p.numel() for p in module.parameters()) if isinstance(module, nn.Module) else 0
    if known is not None:
        outputs, flops = dict(known.outputs), known.flops
    else:
        outputs = _fitted(kind, inputs, indices, runs)
    per_example = flops // PROBES[0][0] if symbolic else flops
    return outputs, Cost(parameters, per_example)


def _unpack(pattern: Pattern, value: Any) -> list[tuple[str, torch.Tensor]]:
    if isinstance(pattern, str):
        return [(pattern, value)] if isinstance(value, torch.Tensor) else []
    return [
        item for part, inner in zip(pattern, value, strict=False) for item in _unpack(part, inner)
    ]


def _fitted(
    kind: Kind,
    inputs: Mapping[str, TensorType],
    indices: tuple[int, ...],
    runs: list[list[tuple[str, torch.Tensor]]],
) -> dict[str, TensorType]:
    outputs: dict[str, TensorType] = {}
    for same in zip(*runs, strict=True):
        name, first = same[0]
        if any(tensor.dim() != first.dim() for _, tensor in same):
            raise InputError(
                next(iter(inputs), ""),
                "a shape with the same number of dimensions for every batch size",
                ", ".join(str(tuple(t.shape)) for _, t in same),
                f"Choose arguments of {kind.name} that do not depend on the batch size.",
            )
        sizes = zip(*(tensor.shape for _, tensor in same), strict=True)
        shape = tuple(fit(indices, dims) for dims in sizes)
        outputs[name] = TensorType(shape, str(first.dtype).removeprefix("torch."))
    return outputs


def _refusal(kind: Kind, inputs: Mapping[str, TensorType], error: Exception) -> InputError:
    """Return torch's refusal as a problem, with its words cleaned of internals."""
    said = re.sub(r"\s+", " ", str(error)).split(" Exception raised from")[0]
    said = re.sub(r"\barriving_(\d)\b", r"input \1", said)[:300] or type(error).__name__
    received = ", ".join(f"{port} {kind_of.shape_text}" for port, kind_of in inputs.items())
    return InputError(
        next(iter(inputs), ""),
        f"an input that {kind.name} takes",
        received or "these arguments",
        f"PyTorch says: {said}",
        ("flatten",) if kind.family == "linear" else (),
    )
