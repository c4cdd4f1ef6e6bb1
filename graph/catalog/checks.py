"""Checks that layers share: what arguments and what arrives must have to do with each other.

Each raises InputError in words better than torch's own. Rank, element type and sizes tied to an
argument are checked by :mod:`graph.shapes` from the port's layout; these come after.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

from graph.catalog.entry import InputError
from graph.catalog.layerkind import Check
from graph.dims import TensorType

if TYPE_CHECKING:
    from graph.document import Value

__all__ = [
    "channels_divide",
    "class_target",
    "divides",
    "each",
    "exactly_one",
    "groups_divide",
    "last_sizes",
    "pool_padding",
    "rank",
    "same_batch",
    "same_shape",
    "window_fits",
]

Args = Mapping[str, "Value"]
Types = Mapping[str, TensorType]


def each(value: Value, count: int) -> tuple[int, ...]:
    """Return a size argument as one int for each of `count` dimensions."""
    if isinstance(value, tuple):
        return tuple(value)
    return (value if isinstance(value, int) else 0,) * count


def _set(name: str, value: Value) -> str:
    return f"set:{name}={json.dumps(value)}"


def rank(port: str, low: int, high: int, layout: str) -> Check:
    """Return a check that what arrives has from `low` to `high` dimensions, as `layout` says."""

    def check(args: Args, inputs: Types) -> None:
        arriving = inputs.get(port)
        if arriving is not None and not low <= len(arriving.shape) <= high:
            many = len(arriving.shape) > high
            raise InputError(
                port,
                f"a tensor of shape {layout}",
                arriving.shape_text,
                "Insert Flatten before it." if many else "Insert unsqueeze before it.",
                ("flatten",) if many and low <= 2 else (),
            )

    return check


def divides(divisor: str, name: str, port: str) -> Check:
    """Return a check that the argument `divisor` divides the argument `name`."""

    def check(args: Args, inputs: Types) -> None:
        parts, whole = args.get(divisor), args.get(name)
        if not isinstance(parts, int) or not isinstance(whole, int) or whole % parts == 0:
            return
        best = max(d for d in range(1, parts + 1) if whole % d == 0)
        raise InputError(
            port,
            f"{name} divisible by {divisor}={parts}",
            f"{name}={whole}",
            f"Set {divisor} to a divisor of {whole}, such as {best}, or change {name}.",
            (_set(divisor, best),),
        )

    return check


def groups_divide(args: Args, inputs: Types) -> None:
    """A convolution's groups divide its channels on both sides."""
    divides("groups", "in_channels", "input")(args, inputs)
    divides("groups", "out_channels", "input")(args, inputs)


def channels_divide(name: str, power: int = 1, port: str = "input") -> Check:
    """Return a check that the channels that arrive are divisible by an argument's power."""

    def check(args: Args, inputs: Types) -> None:
        arriving, factor = inputs.get(port), args.get(name)
        if arriving is None or not isinstance(factor, int) or len(arriving.shape) < 2:
            return
        channels = arriving.shape[1]
        if isinstance(channels, int) and channels % factor**power:
            words = f"{name}={factor}" if power == 1 else f"{name}**{power}={factor**power}"
            raise InputError(
                port,
                f"a number of channels divisible by {words}",
                arriving.shape_text,
                f"Change {name}, or the channels of the layer before.",
                (f"conv1x1:{-(-channels // factor**power) * factor**power}",),
            )

    return check


def last_sizes(name: str) -> Check:
    """Return a check that the argument `name` is the last sizes of what arrives."""

    def check(args: Args, inputs: Types) -> None:
        arriving, value = inputs.get("input"), args.get(name)
        if arriving is None or value is None:
            return
        wanted = each(value, 1)
        if tuple(arriving.shape[len(arriving.shape) - len(wanted) :]) != wanted:
            raise InputError(
                "input",
                f"a tensor whose last sizes are {name}={value}",
                arriving.shape_text,
                f"Set {name} to the last sizes, or leave it out so that it follows the input.",
                (f"set:{name}",),
            )

    return check


def exactly_one(first: str, second: str, preset: Value) -> Check:
    """Return a check that one of two arguments is set and the other is not."""

    def check(args: Args, inputs: Types) -> None:
        one, other = args.get(first), args.get(second)
        if (one is None) == (other is None):
            raise InputError(
                "",
                f"either {first} or {second}",
                "neither" if one is None else f"{first}={one} and {second}={other}",
                f"Set one of {first} and {second}, and leave the other at None.",
                (_set(second, preset),) if one is None else (f"unset:{first}", f"unset:{second}"),
            )

    return check


def window_fits(args: Args, inputs: Types) -> None:
    """A kernel is no larger than the padded input; pooling's padding is at most half of it."""
    arriving = inputs.get("input")
    if arriving is None:
        return
    sizes = arriving.shape[2:]
    padding = args.get("padding", 0)
    if padding == "same":
        _same_needs_stride_one(args, len(sizes))
        return
    kernel = each(args.get("kernel_size"), len(sizes))
    dilation = each(args.get("dilation", 1), len(sizes))
    pad = each(0 if padding == "valid" else padding, len(sizes))
    if not len(sizes) == len(kernel) == len(dilation) == len(pad):
        return
    for size, k, d, p in zip(sizes, kernel, dilation, pad, strict=True):
        reach = d * (k - 1) + 1
        if isinstance(size, int) and reach > size + 2 * p:
            raise InputError(
                "input",
                f"sizes of at least {reach}, as kernel_size={args.get('kernel_size')} "
                f"with dilation={args.get('dilation', 1)} spans",
                f"{arriving.shape_text} with padding={padding}",
                "Make kernel_size smaller, add padding, or pool less before it.",
                (_set("kernel_size", min(s for s in sizes if isinstance(s, int))),),
            )


def pool_padding(args: Args, inputs: Types) -> None:
    """Pooling takes at most half a window of padding."""
    kernel, padding = each(args.get("kernel_size"), 3), each(args.get("padding", 0), 3)
    for k, p in zip(kernel, padding, strict=False):
        if 2 * p > k:
            raise InputError(
                "",
                f"padding of at most half of kernel_size={args.get('kernel_size')}",
                f"padding={args.get('padding')}",
                f"Set padding to at most {k // 2}.",
                (_set("padding", k // 2),),
            )


def _same_needs_stride_one(args: Args, count: int) -> None:
    if any(stride != 1 for stride in each(args.get("stride", 1), count)):
        raise InputError(
            "",
            "stride=1 with padding='same'",
            f"stride={args.get('stride')}",
            "Set stride to 1, or padding to a number.",
            (_set("stride", 1), _set("padding", 1)),
        )


def same_shape(first: str, *others: str) -> Check:
    """Return a check that what arrives at all these ports has one and the same shape.

    Torch would stretch the smaller one (``(N, 1)`` against ``(N,)`` gives ``(N, N)``), which is
    hardly ever meant.
    """

    def check(args: Args, inputs: Types) -> None:
        base = inputs.get(first)
        for name in others:
            other = inputs.get(name)
            if base is None or other is None or base.shape == other.shape:
                continue
            mend, fixes = _one_size_more(name, other, base) or (
                f"Bring {name} to the shape of {first}.",
                (),
            )
            raise InputError(
                name, f"the shape of {first}, {base.shape_text}", other.shape_text, mend, fixes
            )

    return check


def same_batch(first: str, at: int, *others: str) -> Check:
    """Return a check that size 0 at the other ports is size `at` of what arrives at `first`."""

    def check(args: Args, inputs: Types) -> None:
        base = inputs.get(first)
        for name in others:
            other = inputs.get(name)
            if base is None or other is None or other.shape[0] == base.shape[at]:
                continue
            swap = f"permute:{at},0" + "".join(f",{i}" for i in range(2, len(base.shape)))
            batch_first = at > 0 and base.shape[0] == other.shape[0]
            raise InputError(
                first if batch_first else name,
                f"size {at} of {first} and size 0 of {name} to be the same batch",
                f"{base.shape_text} and {other.shape_text}",
                f"Bring {first} to the batch in dimension {at}, for example by permute.",
                (swap,) if batch_first else (),
            )

    return check


def _one_size_more(
    name: str, given: TensorType, wanted: TensorType
) -> tuple[str, tuple[str, ...]] | None:
    """Return the remedy where only a size of 1 is too many or too few."""
    for operation, longer, shorter in (("unsqueeze", wanted, given), ("squeeze", given, wanted)):
        for at, size in enumerate(longer.shape):
            if size == 1 and longer.shape[:at] + longer.shape[at + 1 :] == shorter.shape:
                return f"Insert {operation}(dim={at}) before {name}.", (f"{operation}:{at}",)
    return None


def class_target(probabilities: bool) -> Check:
    """Return a check of a classification loss's logits ``(N, C, ...)`` against its target.

    The target holds class indices, whole numbers of shape ``(N, ...)``; or, with
    `probabilities`, floating-point numbers of the logits' shape.
    """

    def check(args: Args, inputs: Types) -> None:
        logits, target = inputs.get("input"), inputs.get("target")
        if logits is None or target is None:
            return
        floating = target.dtype.startswith(("float", "bfloat"))
        if floating and probabilities and len(target.shape) == len(logits.shape):
            same_shape("input", "target")(args, inputs)
            return
        shape = TensorType((logits.shape[0], *logits.shape[2:]), "int64")
        if target.dtype != "int64":
            raise InputError(
                "target",
                f"class indices, whole numbers of shape {shape.shape_text}",
                str(target.dtype) + " " + target.shape_text,
                "Insert a cast to int64"
                + (", or choose a loss for numbers, such as MSELoss." if floating else "."),
                ("cast:int64",),
            )
        if target.shape != shape.shape:
            mend, fixes = _one_size_more("target", target, shape) or (
                "The scores have the classes in dimension 1; bring both to fit.",
                (),
            )
            raise InputError(
                "target",
                f"one class index for each of {logits.shape_text}: shape {shape.shape_text}",
                target.shape_text,
                mend,
                fixes,
            )

    return check
