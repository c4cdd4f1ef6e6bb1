"""Rules about what tensors fit together, in words that say how to mend it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from graph.catalog.entry import InputError
from graph.dims import Dim, TensorType

if TYPE_CHECKING:
    from graph.document import Value

__all__ = [
    "broadcasting",
    "equal_ranks",
    "equal_shapes",
    "equal_sizes_but",
    "multiplying",
    "operand_given",
    "rank",
]

Args = Mapping[str, "Value"]
Types = Mapping[str, TensorType]
Check = Callable[[Args, Types], None]


def broadcast_shape(one: Sequence[Dim], two: Sequence[Dim]) -> tuple[Dim, ...] | None:
    """Return the shape that two shapes broadcast to, or None where they do not."""
    longest = max(len(one), len(two))
    sizes: list[Dim] = []
    for a, b in zip(
        (*[1] * (longest - len(one)), *one), (*[1] * (longest - len(two)), *two), strict=True
    ):
        if a != b and a != 1 and b != 1:
            return None
        sizes.append(b if a == 1 else a)
    return tuple(sizes)


def broadcasting(args: Args, inputs: Types) -> None:
    """All inputs must broadcast to one shape."""
    shape: tuple[Dim, ...] = ()
    for port, arriving in inputs.items():
        joined = broadcast_shape(shape, arriving.shape)
        if joined is None:
            before = TensorType(shape)
            raise InputError(
                port,
                f"a shape that broadcasts with {before.shape_text}",
                arriving.shape_text,
                "Counted from the right, each pair of sizes must be equal, or one of them 1. "
                + _advice(shape, arriving.shape),
                _remedies(shape, arriving.shape),
            )
        shape = joined


def _advice(wanted: Sequence[Dim], shape: Sequence[Dim]) -> str:
    if len(wanted) == len(shape):
        at = [i for i, (a, b) in enumerate(zip(wanted, shape, strict=True)) if a != b]
        if len(at) == 1:
            return f"Here size {at[0]} must be {wanted[at[0]]}, as with a layer that gives so many."
    return "Add a dimension with unsqueeze, or bring both to one shape first."


def _remedies(wanted: Sequence[Dim], shape: Sequence[Dim]) -> tuple[str, ...]:
    if len(wanted) != len(shape):
        return ("unsqueeze",)
    differing = [i for i, (a, b) in enumerate(zip(wanted, shape, strict=True)) if a != b]
    if not all(isinstance(wanted[i], int) for i in differing):
        return ()
    if differing == [1] and len(shape) == 4:
        return (f"conv1x1:{wanted[1]}",)
    return (f"linear:{wanted[-1]}",) if differing == [len(shape) - 1] else ()


def equal_shapes(args: Args, inputs: Types) -> None:
    """All inputs must have one and the same shape."""
    for (first, a), (port, b) in pairwise(inputs.items()):
        if a.shape != b.shape:
            raise InputError(
                port,
                f"{a.shape_text}, the shape at {first}",
                b.shape_text,
                "Bring both to one shape first.",
                _remedies(a.shape, b.shape),
            )


def equal_ranks(args: Args, inputs: Types) -> None:
    """All inputs must have the same number of dimensions."""
    for (first, a), (port, b) in pairwise(inputs.items()):
        if len(a.shape) != len(b.shape):
            raise InputError(
                port,
                f"{len(a.shape)} dimensions, as many as at {first} {a.shape_text}",
                b.shape_text,
                "Add a dimension with unsqueeze, or join dimensions with flatten.",
                ("unsqueeze",) if len(b.shape) < len(a.shape) else ("flatten",),
            )


def equal_sizes_but(name: str) -> Check:
    """Return the rule that all sizes but that along the argument `name` must be equal."""

    def check(args: Args, inputs: Types) -> None:
        equal_ranks(args, inputs)
        dim = args.get(name)
        for (first, a), (port, b) in pairwise(inputs.items()):
            if not isinstance(dim, int) or not a.shape:
                return
            along = dim % len(a.shape)
            for i, (wanted, size) in enumerate(zip(a.shape, b.shape, strict=True)):
                if i != along and wanted != size:
                    raise InputError(
                        port,
                        f"size {wanted} in dimension {i}, as at {first} {a.shape_text}",
                        b.shape_text,
                        f"Only dimension {along} may differ, because {name}={dim}. Set {name} to "
                        "the dimension along which to join, or bring the sizes together first.",
                        (f"set:{name}={i}",) if _only(a.shape, b.shape) == i else (),
                    )

    return check


def _only(one: Sequence[Dim], two: Sequence[Dim]) -> int | None:
    """Return the only dimension in which two shapes differ."""
    differing = [i for i, (a, b) in enumerate(zip(one, two, strict=True)) if a != b]
    return differing[0] if len(differing) == 1 else None


def _swap(rank: int) -> tuple[str, ...]:
    """Return the remedy that swaps the last two dimensions."""
    if rank < 2:
        return ()
    dims = [*range(rank - 2), rank - 1, rank - 2]
    return (f"permute:{','.join(map(str, dims))}",)


def multiplying(left: str, right: str) -> Check:
    """Return the rule of a matrix product: the inner sizes are equal."""

    def check(args: Args, inputs: Types) -> None:
        if left not in inputs or right not in inputs:
            return
        a, b = inputs[left].shape, inputs[right].shape
        if not a or not b:
            port = right if a else left
            raise InputError(
                port,
                "at least 1 dimension",
                inputs[port].shape_text,
                "For a scalar, use mul.",
            )
        inner = b[-2] if len(b) > 1 else b[0]
        if a[-1] != inner:
            fixes = _swap(len(b)) if b[-1] == a[-1] else ()
            raise InputError(
                right,
                f"size {a[-1]} in its second-last dimension, the last size of {left} "
                f"{inputs[left].shape_text}",
                inputs[right].shape_text,
                f"Swap the last two dimensions of {right} with transpose, or bring the sizes "
                "together with a Linear layer.",
                fixes,
            )

    return check


def rank(port: str, *dimensions: int) -> Check:
    """Return the rule that `port` takes tensors with so many dimensions."""

    def check(args: Args, inputs: Types) -> None:
        arriving = inputs.get(port)
        if arriving is None or len(arriving.shape) in dimensions:
            return
        has = len(arriving.shape)
        raise InputError(
            port,
            f"{' or '.join(map(str, dimensions))} dimensions",
            arriving.shape_text,
            "Add a dimension with unsqueeze." if has < min(dimensions) else "Use flatten first.",
            ("unsqueeze",) if has < min(dimensions) else ("flatten",),
        )

    return check


def operand_given(*names: str) -> Check:
    """Return the rule that each of `names` is either wired or set as an argument."""

    def check(args: Args, inputs: Types) -> None:
        for name in names:
            if name not in inputs and args.get(name) is None:
                raise InputError(
                    name,
                    "a tensor, or a number",
                    "nothing",
                    f"Wire a tensor to {name}, or set the argument {name}.",
                )

    return check
