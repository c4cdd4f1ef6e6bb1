"""Entries for the augmentations of :mod:`graph.catalog.augment`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from torch import nn

from graph.catalog import augment
from graph.catalog.entry import Call, Cost, InputError, Kind, Param, Port, Ports
from graph.catalog.functions import plain, sources_in
from graph.catalog.operation import number, one_of, whole
from graph.catalog.writing import call_text
from graph.dims import TensorType

if TYPE_CHECKING:
    from graph.document import Project, Value

__all__ = ["KINDS", "AugmentationKind"]

_SOURCES = sources_in(augment)
_PICTURES = ("N", "C", "H", "W")


@dataclass(frozen=True, kw_only=True)
class AugmentationKind(Kind):
    """A random change of pictures or spectrograms (N, C, H, W) while training."""

    __hash__ = Kind.__hash__

    module_class: type[nn.Module]

    def ports(self, params: Mapping[str, Value], project: Project | None) -> Ports:
        return Ports((Port("input", layout=_PICTURES, dtype="float"),), (Port("output"),))

    def construct(self, args: Mapping[str, Value]) -> str | None:
        return call_text(self.module_class.__name__, self.params, args)

    def call(
        self,
        module: str,
        inputs: Mapping[str, str],
        args: Mapping[str, Value],
        wanted: frozenset[str],
    ) -> Call:
        return Call(f"{module}({inputs['input']})", "output")

    def rule(
        self, args: Mapping[str, Value], inputs: Mapping[str, TensorType]
    ) -> Mapping[str, TensorType] | None:
        """Return what arrives: shape and dtype stay."""
        return {"output": inputs["input"]}

    def cost_rule(self, args: Mapping[str, Value], inputs: Mapping[str, TensorType]) -> Cost | None:
        """Return none: nothing is learned, and in evaluation nothing is done."""
        return Cost()

    def check_inputs(self, args: Mapping[str, Value], inputs: Mapping[str, TensorType]) -> None:
        for name in ("scale", "ratio", "sigma"):
            self._check_range(name, args.get(name))
        shift = args.get("translate")
        if isinstance(shift, tuple) and (len(shift) != 2 or max(shift) > 1):
            self._refuse("translate", "two numbers from 0 to 1", shift)
        size = args.get("kernel_size")
        if isinstance(size, int):
            self._check_mirrored(size // 2, "kernel_size", size, inputs)
        if args.get("padding_mode") == "reflect" and isinstance(args.get("padding"), int):
            self._check_mirrored(int(str(args["padding"])), "padding", args["padding"], inputs)

    def _check_mirrored(
        self, border: int, name: str, value: Value, inputs: Mapping[str, TensorType]
    ) -> None:
        """A border that mirrors the picture must be narrower than it."""
        arriving = inputs.get("input")
        sizes = [s for s in arriving.shape[2:] if isinstance(s, int)] if arriving else []
        if arriving is not None and sizes and border >= min(sizes):
            raise InputError(
                "input",
                f"pictures of more than {border} pixels each way, because of {name}={value}",
                arriving.shape_text,
                f"Set a smaller {name}.",
            )

    def _check_range(self, name: str, value: Value) -> None:
        if not isinstance(value, tuple):
            return
        low = value[0] if value else 0
        share = name == "scale" and self.name != "RandomAffine"
        if len(value) != 2 or not 0 < low <= value[1] or (share and value[1] > 1):
            most = ", at most 1" if share else ""
            self._refuse(name, f"two numbers above 0{most}, the smaller first", value)

    def _refuse(self, name: str, expected: str, value: Value) -> None:
        raise InputError(
            "",
            f"{name}: {expected}",
            f"{name}={value}",
            f"Correct the argument {name}, or leave it out.",
            (f"unset:{name}",),
        )


def _chance(default: float) -> Param:
    return number("p", default, "Probability that an example is changed.", low=0.0, high=1.0)


def _pair(name: str, default: tuple[float, float], doc: str) -> Param:
    return Param(name, "floats", default, doc, low=0.0)


def _kind(module_class: type[nn.Module], *params: Param, **more: Any) -> AugmentationKind:
    return AugmentationKind(
        name=module_class.__name__,
        family="augmentation",
        module_class=module_class,
        doc=plain(module_class.__doc__ or ""),
        params=params,
        definitions=(_SOURCES[module_class.__name__],),
        **more,
    )


_FORM = "Width by height, smallest and largest."

KINDS: tuple[Kind, ...] = (
    _kind(augment.RandomHorizontalFlip, _chance(0.5), keywords=("mirror",)),
    _kind(augment.RandomVerticalFlip, _chance(0.5), keywords=("mirror",)),
    _kind(
        augment.RandomCrop,
        whole("padding", 4, "Pixels of padding on each side.", low=0),
        one_of(
            "padding_mode",
            "constant",
            "constant",
            "reflect",
            "replicate",
            doc="What the padding holds: 0, the mirrored picture, or its edge.",
        ),
        keywords=("shift", "translate"),
    ),
    _kind(
        augment.RandomResizedCrop,
        _pair("scale", (0.08, 1.0), "Share of the area, smallest and largest."),
        _pair("ratio", (0.75, 4 / 3), _FORM),
        keywords=("zoom",),
    ),
    _kind(
        augment.RandomRotation,
        number("degrees", 10.0, "The largest angle.", low=0.0, high=180.0),
        keywords=("turn",),
    ),
    _kind(
        augment.RandomAffine,
        number("degrees", 10.0, "The largest angle.", low=0.0, high=180.0),
        _pair("translate", (0.1, 0.1), "Largest shift as a share of width and of height."),
        _pair("scale", (0.9, 1.1), "Factor of the size, smallest and largest."),
        keywords=("shift", "translate", "rotate", "zoom"),
    ),
    _kind(
        augment.ColorJitter,
        number("brightness", 0.0, "How far brightness changes.", low=0.0),
        number("contrast", 0.0, "How far contrast changes.", low=0.0),
        number("saturation", 0.0, "How far the strength of colours changes.", low=0.0),
        number("hue", 0.0, "How far colours turn: 0.5 is half a round.", low=0.0, high=0.5),
        presets={"brightness": 0.2, "contrast": 0.2},
    ),
    _kind(augment.RandomGrayscale, _chance(0.1)),
    _kind(
        augment.RandomErasing,
        _chance(0.5),
        _pair("scale", (0.02, 0.33), "Share of the area, smallest and largest."),
        _pair("ratio", (0.3, 3.3), "Height by width, smallest and largest."),
        number("value", 0.0, "What the rectangle holds."),
        keywords=("cutout",),
    ),
    _kind(augment.GaussianNoise, number("sigma", 0.1, "Standard deviation.", low=0.0)),
    _kind(
        augment.GaussianBlur,
        whole("kernel_size", 3, "Pixels along each side of the kernel.", low=1),
        _pair("sigma", (0.1, 2.0), "Standard deviation, smallest and largest."),
    ),
    _kind(
        augment.FrequencyMasking,
        whole("freq_mask_param", 8, "Rows at most.", low=0),
        keywords=("spectrogram", "specaugment", "audio"),
    ),
    _kind(
        augment.TimeMasking,
        whole("time_mask_param", 16, "Columns at most.", low=0),
        keywords=("spectrogram", "specaugment", "audio"),
    ),
)
