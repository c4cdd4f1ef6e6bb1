"""Colours by lightness, chroma and hue as people see them, so that two themes can share hues.

OKLCH after Björn Ottosson, "A perceptual color space for image processing" (2020).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

__all__ = ["contrast", "mix", "oklab", "oklch", "rgb_of"]


def oklch(lightness: float, chroma: float, hue: float) -> str:
    """Return ``#rrggbb`` for a lightness of 0-1, a chroma of 0-0.3 and a hue in degrees.

    Chroma is lowered until the colour exists on a screen.
    """
    while True:
        a, b = (chroma * f(math.radians(hue)) for f in (math.cos, math.sin))
        linear = _linear(lightness, a, b)
        if chroma <= 0 or all(-1e-4 <= c <= 1.0001 for c in linear):
            return "#" + "".join(f"{round(_encode(c) * 255):02x}" for c in linear)
        chroma = max(0.0, chroma - 0.005)


def _linear(lightness: float, a: float, b: float) -> tuple[float, float, float]:
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
    )


def _encode(c: float) -> float:
    c = min(1.0, max(0.0, c))
    return 12.92 * c if c <= 0.0031308 else 1.055 * c ** (1 / 2.4) - 0.055


def _decode(c: float) -> float:
    return c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4


def rgb_of(color: str) -> tuple[float, float, float]:
    """Return the linear red, green and blue, 0-1, of ``#rrggbb``."""
    red, green, blue = (_decode(int(color[i : i + 2], 16) / 255) for i in (1, 3, 5))
    return red, green, blue


def oklab(rgb: Sequence[float]) -> tuple[float, float, float]:
    """Return lightness, a and b of linear red, green and blue."""
    red, green, blue = rgb
    long = math.cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue)
    medium = math.cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue)
    short = math.cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue)
    return (
        0.2104542553 * long + 0.7936177850 * medium - 0.0040720468 * short,
        1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short,
        0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short,
    )


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours, 1-21, as WCAG 2 defines it."""
    low, high = sorted(
        0.2126 * r + 0.7152 * g + 0.0722 * b for r, g, b in (rgb_of(one), rgb_of(other))
    )
    return (high + 0.05) / (low + 0.05)


def mix(over: str, under: str, part: float) -> str:
    """Return `over` laid on `under` with an opacity of `part`, 0-1."""
    pairs = ((int(over[i : i + 2], 16), int(under[i : i + 2], 16)) for i in (1, 3, 5))
    return "#" + "".join(f"{round(a * part + b * (1 - part)):02x}" for a, b in pairs)
