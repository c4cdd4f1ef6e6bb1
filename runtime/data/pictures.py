"""Folders of pictures, one sub-folder per class. The functions are exported as they stand."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import Image, ImageOps

from runtime.data.folders import list_by_class
from runtime.data.transforms import resize

__all__ = [
    "ENDINGS",
    "list_images",
    "opened_image",
    "pixels_of",
    "read_image",
    "read_images",
]

#: Of the files that are taken for pictures, and what may be in them.
ENDINGS = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp")
FORMATS = ("PNG", "JPEG", "BMP", "GIF", "WEBP")


def list_images(folder: str | Path) -> tuple[list[Path], list[str], np.ndarray]:
    """Return the pictures in a folder of classes, the class of each and its part."""
    return list_by_class(folder, ENDINGS, "pictures")


@contextmanager
def opened_image(file: Path | BinaryIO) -> Iterator[Image.Image]:
    """Open a picture; ValueError names the file if it cannot be read."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(file, formats=FORMATS) as opened:
                yield opened
    except Exception as error:  # a damaged picture raises whatever its bytes provoke
        where = f"{file}: " if isinstance(file, Path) else ""
        raise ValueError(f"{where}not a readable picture ({error})") from error


def pixels_of(opened: Image.Image, mode: str) -> np.ndarray:
    """Return the pixels of an open picture as (C, H, W) uint8, upright."""
    upright = ImageOps.exif_transpose(opened)
    if upright.mode.startswith("I"):  # 16 bits per pixel
        wide = np.asarray(upright).astype(np.int64) // 256
        upright = Image.fromarray(wide.clip(0, 255).astype(np.uint8))
    pixels = np.array(upright.convert(mode), dtype=np.uint8)
    return pixels[None] if pixels.ndim == 2 else pixels.transpose(2, 0, 1)


def read_image(file: Path, mode: str = "RGB") -> np.ndarray:
    """Return a picture as (C, H, W) uint8; `mode` is RGB, or L for grey."""
    with opened_image(file) as opened:
        return pixels_of(opened, mode)


def read_images(
    files: Sequence[Path],
    mode: str = "RGB",
    size: tuple[int, int] | None = None,
) -> np.ndarray:
    """Return pictures as (N, C, H, W) float32 in [0, 1], resized to `size` if given."""
    images = np.empty(0, dtype=np.float32)
    for place, file in enumerate(files):
        image = read_image(file, mode)[None].astype(np.float32) / np.float32(255)
        image = resize(image, size) if size else image
        if not place:
            images = np.empty((len(files), *image.shape[1:]), dtype=np.float32)
        if image.shape[1:] != images.shape[1:]:
            sizes = f"{image.shape[2:]} pixels, the first {images.shape[2:]}"
            raise ValueError(f"{file}: pictures differ in size ({sizes}); set a size")
        images[place] = image[0]
    return images
