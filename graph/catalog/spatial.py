"""Layers over 1, 2 and 3 dimensions: convolutions, pooling, padding, resizing."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from graph.catalog import checks
from graph.catalog.entry import Call, Called, InputError, Kind, Param, Port
from graph.catalog.layerkind import Check, LayerKind, layer, present
from graph.catalog.writing import literal
from graph.dims import PROBES, TensorType

if TYPE_CHECKING:
    from graph.document import Value

__all__ = ["KINDS", "SPACE"]

#: The input of a layer over 1, 2 or 3 dimensions.
SPACE = {1: ("L",), 2: ("H", "W"), 3: ("D", "H", "W")}
_NOT_NEGATIVE = {"low": 0}


def _slid(args: Mapping[str, Value], arriving: TensorType) -> tuple[int, ...] | None:
    """Return the sizes after a window has slid over the spatial ones; None where torch must say.

    Each is ``(size + 2 padding - dilation (kernel_size - 1) - 1) // stride + 1``, as the help of
    torch.nn.Conv2d and MaxPool2d states.
    """
    space = len(arriving.shape) - 2
    sizes = [size for size in arriving.shape[2:] if isinstance(size, int)]
    if isinstance(args["padding"], str) or len(sizes) < space or space < 1:
        return None
    kernel, stride = args["kernel_size"], args["stride"]
    columns = (kernel, args["padding"], args["dilation"], kernel if stride is None else stride)
    windows = [checks.each(column, space) for column in columns]
    if any(len(window) != space for window in windows):
        return None
    given = tuple(
        (size + 2 * pad - dilation * (k - 1) - 1) // step + 1
        for size, k, pad, dilation, step in zip(sizes, *windows, strict=True)
    )
    return given if min(given) > 0 else None


class ConvKind(LayerKind):
    """A convolution; by rule, where nothing but sizes decides what it gives."""

    __hash__ = Kind.__hash__

    def call_rule(
        self, args: Mapping[str, Value], inputs: Mapping[str, TensorType]
    ) -> Called | None:
        arriving, out_channels = inputs["input"], args["out_channels"]
        sizes = _slid(args, arriving)
        if sizes is None or args["padding_mode"] != "zeros":
            return None
        assert isinstance(out_channels, int)
        made = TensorType((arriving.shape[0], out_channels, *sizes), arriving.dtype)
        kernel = math.prod(checks.each(args["kernel_size"], len(sizes)))
        per_value = int(str(args["in_channels"])) // int(str(args["groups"])) * kernel
        return Called({"output": made}, 2 * math.prod(made.at(*PROBES[0])) * per_value)


class MaxPoolKind(LayerKind):
    """The largest of each window; by rule, where each window lies within what arrives."""

    __hash__ = Kind.__hash__

    def call_rule(
        self, args: Mapping[str, Value], inputs: Mapping[str, TensorType]
    ) -> Called | None:
        arriving = inputs["input"]
        sizes = _slid(args, arriving)
        if sizes is None or args["ceil_mode"] or args["return_indices"]:
            return None
        return Called({"output": TensorType((*arriving.shape[:2], *sizes), arriving.dtype)})


def _convolutions(n: int) -> tuple[LayerKind | None, ...]:
    layout = ("N", "in_channels", *SPACE[n])
    fields: dict[str, Any] = {
        "change": {"padding": _NOT_NEGATIVE},
        "presets": {"out_channels": 32, "kernel_size": 3},
    }
    words = ("convolution", "kernel", "filter")
    plain = (checks.groups_divide, checks.window_fits)
    transposed: dict[str, Any] = {
        "change": {
            "padding": _NOT_NEGATIVE,
            # Every other mode is refused by torch.
            "padding_mode": {
                "type": "choice",
                "choices": ("zeros",),
                "doc": "Only 'zeros' is supported.",
            },
        },
        "presets": {"out_channels": 32, "kernel_size": 2, "stride": 2},
    }
    return (
        layer(
            f"Conv{n}d",
            "convolution",
            *layout,
            kind=ConvKind,
            checks=plain,
            keywords=words,
            **fields,
        ),
        layer(
            f"ConvTranspose{n}d",
            "convolution",
            *layout,
            checks=(checks.groups_divide, _output_padding_fits),
            keywords=(*words, "deconvolution", "upsampling"),
            **transposed,
        ),
    )


def _output_padding_fits(args: Mapping[str, Value], inputs: Mapping[str, TensorType]) -> None:
    n = len(inputs["input"].shape) - 2 if "input" in inputs else 1
    sizes = (checks.each(args.get(k), n) for k in ("output_padding", "stride", "dilation"))
    for extra, stride, dilation in zip(*sizes, strict=False):
        if extra and extra >= max(stride, dilation):
            raise InputError(
                "",
                f"output_padding smaller than stride={args.get('stride')} or "
                f"dilation={args.get('dilation')}",
                f"output_padding={args.get('output_padding')}",
                f"Set output_padding to at most {max(stride, dilation) - 1}.",
                (f"set:output_padding={max(stride, dilation) - 1}",),
            )


# -- pooling --------------------------------------------------------------------------------------


class UnpoolKind(LayerKind):
    """Puts values back where pooling took them from; may be told the size to restore."""

    __hash__ = Kind.__hash__

    def call(
        self,
        module: str,
        inputs: Mapping[str, str],
        args: Mapping[str, Value],
        wanted: frozenset[str],
    ) -> Call:
        size = args.get("output_size")
        more = f", output_size={literal(size)}" if size is not None else ""
        return Call(f"{module}({inputs['input']}, {inputs['indices']}{more})", "output")


_UNPOOLED_SIZE = Param(
    "output_size",
    "ints",
    None,
    "The sizes to restore, without batch and channels, where the pooled sizes leave it open.",
    low=1,
    optional=True,
    own=True,
)


def _pooling(n: int) -> tuple[LayerKind | None, ...]:
    layout = ("N", "C", *SPACE[n])
    two = (Port("output"), Port("indices"))
    window: dict[str, Any] = {"change": {"padding": _NOT_NEGATIVE}, "presets": {"kernel_size": 2}}
    fits = (checks.pool_padding, checks.window_fits)
    sized = {"output_size": {"optional": False}}
    one_size = {"output_size": 1}
    unpool_inputs = (
        Port("input", dtype="float", layout=layout),
        Port("indices", dtype="int", layout=layout),
    )
    fractional: dict[str, Any] = {
        "change": {"output_ratio": {"low": 0, "high": 1}},
        "presets": {"kernel_size": 2, "output_ratio": 0.5},
        "checks": (checks.exactly_one("output_size", "output_ratio", 0.5),),
    }
    entries = [
        layer(
            f"MaxPool{n}d",
            "pooling",
            *layout,
            kind=MaxPoolKind,
            outputs=two,
            checks=fits,
            **window,
        ),
        layer(f"AvgPool{n}d", "pooling", *layout, checks=fits, **window),
        layer(
            f"LPPool{n}d",
            "pooling",
            *layout,
            checks=(checks.window_fits,),
            change={
                "norm_type": {
                    "low": 1,
                    "doc": "The power p: 1 sums, higher ones favour the largest.",
                }
            },
            presets={"norm_type": 2.0, "kernel_size": 2},
        ),
        layer(
            f"MaxUnpool{n}d",
            "pooling",
            kind=UnpoolKind,
            inputs=unpool_inputs,
            checks=(checks.same_shape("input", "indices"),),
            more_params=(_UNPOOLED_SIZE,),
            **window,
        ),
        layer(
            f"AdaptiveMaxPool{n}d", "pooling", *layout, outputs=two, change=sized, presets=one_size
        ),
        layer(
            f"AdaptiveAvgPool{n}d",
            "pooling",
            *layout,
            change=sized,
            presets=one_size,
            keywords=("global average",),
        ),
    ]
    if n > 1:
        entries.append(
            layer(f"FractionalMaxPool{n}d", "pooling", *layout, outputs=two, **fractional)
        )
    return tuple(entries)


# -- padding --------------------------------------------------------------------------------------


def _paddings(n: int) -> tuple[LayerKind | None, ...]:
    layout = ("N", "C", *SPACE[n])
    one = {"padding": 1}
    value = {"value": {"doc": "The number to pad with."}}
    return (
        layer(f"ZeroPad{n}d", "padding", *layout, presets=one),
        layer(f"ConstantPad{n}d", "padding", *layout, change=value, presets={**one, "value": 0.0}),
        layer(f"ReflectionPad{n}d", "padding", *layout, presets=one, checks=(_within(0),)),
        layer(f"ReplicationPad{n}d", "padding", *layout, presets=one),
        layer(f"CircularPad{n}d", "padding", *layout, presets=one, checks=(_within(1),)),
    )


def _within(more: int) -> Check:
    """Return a check that padding, made of the input itself, is less than its size plus `more`."""

    def check(args: Mapping[str, Value], inputs: Mapping[str, TensorType]) -> None:
        arriving = inputs.get("input")
        if arriving is None:
            return
        sizes = arriving.shape[2:]
        padding = checks.each(args.get("padding"), 2 * len(sizes))
        for size, pads in zip(reversed(sizes), zip(*[iter(padding)] * 2, strict=True), strict=True):
            if isinstance(size, int) and max(pads) >= size + more:
                raise InputError(
                    "input",
                    f"sizes of at least {max(pads) + 1 - more}, as padding={args.get('padding')} "
                    "is taken from the input itself",
                    arriving.shape_text,
                    f"Set padding to at most {size - 1 + more}.",
                    (f"set:padding={size - 1 + more}",),
                )

    return check


# -- resizing and rearranging ---------------------------------------------------------------------


_MODES = {"linear": 3, "bilinear": 4, "bicubic": 4, "trilinear": 5}


def _mode_fits(args: Mapping[str, Value], inputs: Mapping[str, TensorType]) -> None:
    mode, arriving = str(args.get("mode")), inputs.get("input")
    if arriving is None or _MODES.get(mode, len(arriving.shape)) == len(arriving.shape):
        return
    right = next((m for m, rank in _MODES.items() if rank == len(arriving.shape)), "nearest")
    raise InputError(
        "input",
        f"{_MODES[mode]} dimensions with mode={mode!r}",
        arriving.shape_text,
        f"Set mode to {right!r}.",
        (f'set:mode="{right}"',),
    )


def _vision() -> tuple[LayerKind | None, ...]:
    scale: dict[str, Any] = {"presets": {"scale_factor": 2.0}}
    either = checks.exactly_one("size", "scale_factor", 2.0)
    image = ("N", "C", "H", "W")
    blocks: dict[str, Any] = {
        "padding": {"low": 0, "length": 2},
        **{name: {"length": 2} for name in ("output_size", "kernel_size", "dilation", "stride")},
    }
    return (
        layer(
            "Upsample",
            "vision",
            "N",
            "C",
            "...",
            checks=(either, _mode_fits),
            keywords=("resize", "interpolate"),
            **scale,
        ),
        layer("UpsamplingNearest2d", "vision", *image, checks=(either,), **scale),
        layer("UpsamplingBilinear2d", "vision", *image, checks=(either,), **scale),
        layer(
            "PixelShuffle",
            "vision",
            *image,
            checks=(checks.channels_divide("upscale_factor", 2),),
            presets={"upscale_factor": 2},
        ),
        layer("PixelUnshuffle", "vision", *image, presets={"downscale_factor": 2}),
        layer(
            "ChannelShuffle",
            "vision",
            "N",
            "C",
            "...",
            checks=(checks.channels_divide("groups"),),
            presets={"groups": 2},
        ),
        layer(
            "Unfold",
            "vision",
            *image,
            change=blocks,
            checks=(checks.window_fits,),
            presets={"kernel_size": 3},
            keywords=("im2col", "patches"),
        ),
        layer(
            "Fold",
            "vision",
            "N",
            "C",
            "L",
            change=blocks,
            presets={"output_size": (28, 28), "kernel_size": 3},
            keywords=("col2im",),
        ),
    )


def _over_dimensions(
    make: Callable[[int], tuple[LayerKind | None, ...]],
) -> tuple[LayerKind | None, ...]:
    return tuple(entry for n in (1, 2, 3) for entry in make(n))


KINDS: tuple[Kind, ...] = present(
    *_over_dimensions(_convolutions),
    *_over_dimensions(_pooling),
    *_vision(),
    *_over_dimensions(_paddings),
)
