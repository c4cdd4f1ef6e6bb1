"""Operations that join tensors, take them apart, and pick elements from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch.nn import functional as F  # noqa: N812 - the name that everyone uses

from graph.catalog.entry import REQUIRED, InputError, Kind, Param, Port, Ports
from graph.catalog.fitting import (
    broadcasting,
    equal_ranks,
    equal_shapes,
    equal_sizes_but,
    operand_given,
    rank,
)
from graph.catalog.operation import (
    OperationKind,
    Writer,
    count,
    function,
    method,
    number,
    operand,
    operation,
    whole,
)
from graph.catalog.writing import call_text, literal
from graph.dims import TensorType

if TYPE_CHECKING:
    from graph.document import Project, Value

__all__ = ["KINDS"]

_INDEX = Port("index", dtype="int")


@dataclass(frozen=True)
class SectionsParam(Param):
    """The sizes of the parts of a split: at least two."""

    @property
    def expected(self) -> str:
        return "two or more sizes, such as (16, 48)"

    def _takes(self, value: Value) -> bool:
        return Param._takes(self, value) and isinstance(value, tuple) and 2 <= len(value) <= 64


@dataclass(frozen=True, kw_only=True)
class SplitKind(OperationKind):
    """Takes a tensor apart; its sections say how many outputs there are."""

    __hash__ = Kind.__hash__

    def ports(self, params: Mapping[str, Value], project: Project | None) -> Ports:
        sections = params.get("split_size_or_sections", (1, 1))
        parts = min(len(sections), 64) if isinstance(sections, tuple) else 2
        return Ports(self.inputs, tuple(Port(f"output{i}") for i in range(parts)))


@dataclass(frozen=True, kw_only=True)
class ChunkKind(OperationKind):
    """Takes a tensor apart into equal chunks, an output for each."""

    __hash__ = Kind.__hash__

    def ports(self, params: Mapping[str, Value], project: Project | None) -> Ports:
        parts = self.number_of("chunks", params)
        return Ports(self.inputs, tuple(Port(f"output{i}") for i in range(parts)))


# -- how they are written ---------------------------------------------------------------------


def _of_tuple(path: str) -> Writer:
    """Return a writer of ``torch.cat((a, b), dim=1)``."""

    def write(kind: OperationKind, inputs: Mapping[str, str], args: Mapping[str, Value]) -> str:
        return call_text(path, kind.params, args, f"({', '.join(inputs.values())})")

    return write


def _subscript(inside: str, dim: Value) -> str:
    """Return the index that applies `inside` to one dimension: ``:, 2`` or ``..., 2, :``."""
    at = dim if isinstance(dim, int) else 0
    if at >= 0:
        return ", ".join([":"] * at + [inside])
    return ", ".join(["...", inside] + [":"] * (-at - 1))


def _sliced(kind: OperationKind, inputs: Mapping[str, str], args: Mapping[str, Value]) -> str:
    start, end, step = args.get("start"), args.get("end"), args.get("step", 1)
    inside = f"{'' if start in (None, 0) else start}:{'' if end is None else end}"
    inside += "" if step == 1 else f":{step}"
    return f"{inputs['input']}[{_subscript(inside, args.get('dim'))}]"


def _selected(kind: OperationKind, inputs: Mapping[str, str], args: Mapping[str, Value]) -> str:
    return f"{inputs['input']}[{_subscript(str(args.get('index')), args.get('dim'))}]"


def _picked(name: str) -> Writer:
    """Return a writer of ``input.gather(1, index)``: torch takes dim first, then the index."""

    def write(kind: OperationKind, inputs: Mapping[str, str], args: Mapping[str, Value]) -> str:
        rest = ", ".join(inputs[port.name] for port in kind.inputs[1:])
        return f"{inputs['input']}.{name}({literal(args.get('dim'))}, {rest})"

    return write


def _where(kind: OperationKind, inputs: Mapping[str, str], args: Mapping[str, Value]) -> str:
    one, two = operand("input", inputs, args), operand("other", inputs, args)
    return f"torch.where({inputs['condition']}, {one}, {two})"


# -- what fits --------------------------------------------------------------------------------


def _size_along(args: Mapping[str, Value], arriving: TensorType) -> int | None:
    dim = args.get("dim")
    if not isinstance(dim, int) or not arriving.shape:
        return None
    size = arriving.shape[dim]
    return size if isinstance(size, int) else None


def _check_sections(args: Mapping[str, Value], inputs: Mapping[str, TensorType]) -> None:
    sections, arriving = args.get("split_size_or_sections"), inputs.get("tensor")
    if arriving is None or not isinstance(sections, tuple):
        return
    size, total = _size_along(args, arriving), sum(sections)
    if size is not None and size != total:
        raise InputError(
            "tensor",
            f"size {total} in dimension {args['dim']}, the sum of the sections {sections}",
            arriving.shape_text,
            f"Set split_size_or_sections to sizes that sum to {size}, or set dim.",
        )


def _check_chunks(args: Mapping[str, Value], inputs: Mapping[str, TensorType]) -> None:
    chunks, arriving = args.get("chunks"), inputs.get("input")
    if arriving is None or not isinstance(chunks, int):
        return
    size = _size_along(args, arriving)
    if size is not None and -(-size // -(-size // chunks)) != chunks:
        raise InputError(
            "input",
            f"a size in dimension {args['dim']} that makes {chunks} chunks",
            arriving.shape_text,
            "Set chunks to a number that divides the size, or set dim.",
        )


def _check_unbind(args: Mapping[str, Value], inputs: Mapping[str, TensorType]) -> None:
    outputs, arriving = args.get("outputs"), inputs.get("input")
    if arriving is None:
        return
    size = _size_along(args, arriving)
    if size != outputs:
        raise InputError(
            "input",
            f"size {outputs} in dimension {args['dim']}, one for each output",
            arriving.shape_text,
            f"Set outputs to {size}." if size else "Set dim to a dimension of a fixed size.",
            (f"set:outputs={size}",) if size and size <= 64 else (),
        )


def _check_index(args: Mapping[str, Value], inputs: Mapping[str, TensorType]) -> None:
    index, arriving = args.get("index"), inputs.get("input")
    if arriving is None or not isinstance(index, int):
        return
    size = _size_along(args, arriving)
    if size is not None and not -size <= index < size:
        raise InputError(
            "input",
            f"a size in dimension {args['dim']} that has the index {index}",
            arriving.shape_text,
            f"Set index to a value from {-size} to {size - 1}, or set dim.",
        )


KINDS: tuple[Kind, ...] = (
    operation(
        torch.cat,
        "joining",
        _of_tuple("torch.cat"),
        count(),
        whole("dim", 0),
        inputs=(Port("tensors*"),),
        checks=(equal_sizes_but("dim"),),
        presets={"dim": 1},
        keywords=("concat", "concatenate", "join", "merge"),
    ),
    operation(
        torch.stack,
        "joining",
        _of_tuple("torch.stack"),
        count(),
        whole("dim", 0),
        inputs=(Port("tensors*"),),
        checks=(equal_shapes,),
        presets={"dim": 1},
        new_dims=1,
        keywords=("join",),
    ),
    SplitKind(
        name="split",
        family="joining",
        doc="Splits a tensor into parts of the given sizes, an output for each.",
        write=method("split"),
        params=(
            SectionsParam(
                "split_size_or_sections",
                "ints",
                REQUIRED,
                "The size of each part. They sum to the size of the dimension.",
                low=0,
                positional=True,
            ),
            whole("dim", 0, "Dimension along which to split the tensor."),
        ),
        inputs=(Port("tensor"),),
        function=torch.split,
        checks=(_check_sections,),
        presets={"split_size_or_sections": (1, 1), "dim": 1},
        keywords=("sections", "take apart"),
    ),
    ChunkKind(
        name="chunk",
        family="joining",
        doc="Splits a tensor into a number of equal chunks, an output for each.",
        write=method("chunk"),
        params=(
            whole("chunks", REQUIRED, "Number of chunks to return.", low=1, high=64, fixed=True),
            whole("dim", 0, "Dimension along which to split the tensor."),
        ),
        function=torch.chunk,
        checks=(_check_chunks,),
        presets={"chunks": 2, "dim": 1},
        keywords=("split",),
    ),
    operation(
        torch.unbind,
        "joining",
        method("unbind"),
        count("outputs"),
        whole("dim", 0),
        doc="Removes a dimension: an output for each slice along it.",
        outputs=(Port("output*"),),
        checks=(_check_unbind,),
        presets={"dim": 1},
    ),
    operation(
        None,
        "selection",
        _sliced,
        whole("dim", 0, "The dimension to cut.", low=-16, high=15, fixed=True),
        Param("start", "int", None, "First index. None: from the beginning.", optional=True),
        Param("end", "int", None, "The index after the last. None: to the end.", optional=True),
        whole("step", 1, "Takes every step-th element.", low=1, fixed=True),
        name="slice",
        doc="A part of a dimension: input[:, start:end]. Negative indices count from the end.",
        presets={"dim": 1, "end": -1},
        keywords=("crop", "narrow", "shift", "index"),
    ),
    operation(
        torch.select,
        "selection",
        _selected,
        whole("dim", REQUIRED, positional=False, low=-16, high=15, fixed=True),
        whole("index", REQUIRED, positional=False),
        checks=(_check_index,),
        presets={"dim": 1, "index": -1},
        keywords=("last step", "index"),
    ),
    operation(
        torch.gather,
        "selection",
        _picked("gather"),
        whole("dim"),
        inputs=(Port("input"), _INDEX),
        checks=(equal_ranks,),
        presets={"dim": 1},
    ),
    operation(
        torch.take_along_dim,
        "selection",
        lambda kind, inputs, args: (
            f"torch.take_along_dim({inputs['input']}, {inputs['indices']}"
            + (")" if args.get("dim") is None else f", dim={literal(args.get('dim'))})")
        ),
        Param("dim", "int", None, optional=True),
        inputs=(Port("input"), Port("indices", dtype="int")),
        presets={"dim": 1},
    ),
    operation(
        torch.index_select,
        "selection",
        _picked("index_select"),
        whole("dim"),
        inputs=(Port("input"), _INDEX),
        checks=(rank("index", 1),),
        presets={"dim": 0},
        keywords=("rows", "lookup"),
    ),
    operation(
        torch.scatter_add,
        "selection",
        _picked("scatter_add"),
        whole("dim", REQUIRED, "The dimension along which index counts."),
        doc="Adds each element of src to the place of input that index names.",
        inputs=(Port("input"), _INDEX, Port("src")),
        presets={"dim": 1},
        checks=(equal_ranks,),
        keywords=("aggregate",),
    ),
    operation(
        torch.where,
        "selection",
        _where,
        number("input", None, "The number to use where no tensor is wired to input."),
        number("other", None, "The number to use where no tensor is wired to other."),
        inputs=(
            Port("condition", dtype="bool"),
            Port("input", optional=True),
            Port("other", optional=True),
        ),
        checks=(operand_given("input", "other"), broadcasting),
        keywords=("if", "condition", "mask"),
    ),
    operation(
        torch.Tensor.masked_fill,
        "selection",
        method("masked_fill"),
        number("value", REQUIRED, "The number to fill in.", words=("inf", "-inf")),
        doc="Fills in a number wherever mask is True.",
        inputs=(Port("input"), Port("mask", dtype="bool")),
        checks=(broadcasting,),
        presets={"value": "-inf"},
        keywords=("mask",),
    ),
    operation(
        F.one_hot,
        "selection",
        function("F.one_hot"),
        whole(
            "num_classes",
            REQUIRED,
            "Total number of classes: the size of the new last dimension.",
            low=1,
        ),
        doc="Class indices as vectors with a one at the class and zeros elsewhere (int64).",
        inputs=(Port("tensor", dtype="int"),),
        presets={"num_classes": 10},
        keywords=("classes", "categories"),
    ),
    operation(
        F.embedding,
        "selection",
        function("F.embedding"),
        Param("padding_idx", "int", None, optional=True),
        inputs=(Port("input", dtype="int"), Port("weight", dtype="float")),
        checks=(rank("weight", 2),),
        keywords=("lookup", "tied weights"),
    ),
)
