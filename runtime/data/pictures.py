"""Folders of pictures, one sub-folder per class. The functions are exported as they stand."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from runtime.data.transforms import resize

__all__ = ["class_indices", "list_images", "read_image", "read_images"]


def list_images(folder: str | Path) -> tuple[list[Path], list[str], np.ndarray]:
    """Return the pictures in a folder, the class of each and its part.

    A class is a sub-folder. Folders called train and test (or val) may stand above the
    classes. Parts are 0 for training, 1 for validation, 2 for test.
    """
    endings = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp")
    kinds = {"train": 0, "training": 0, "test": 2, "testing": 2}
    kinds |= {"val": 1, "valid": 1, "validation": 1}

    def inside(place: Path, *, folders: bool) -> list[Path]:
        entries = sorted(place.iterdir(), key=lambda entry: entry.name)
        shown = [entry for entry in entries if not entry.name.startswith(".")]
        return [entry for entry in shown if entry.is_dir() == folders]

    folder = Path(folder)
    tops = {
        top: kinds.get(top.name.lower(), -1) for top in inside(folder, folders=True)
    }
    if 0 not in tops.values():
        tops = {folder: 0}
    files: list[Path] = []
    names: list[str] = []
    parts: list[int] = []
    for top, part in tops.items():
        classes = inside(top, folders=True) if part >= 0 else []
        if part >= 0 and not classes:
            raise ValueError(f"{top}: expected one folder of pictures per class")
        for kind in classes:
            entries = inside(kind, folders=False)
            found = [file for file in entries if file.suffix.lower() in endings]
            if not found:
                raise ValueError(f"{kind}: the class {kind.name!r} has no pictures")
            files += found
            names += [kind.name] * len(found)
            parts += [part] * len(found)
    return files, names, np.array(parts)


def read_image(file: Path, mode: str = "RGB") -> np.ndarray:
    """Return a picture as (C, H, W) uint8; `mode` is RGB, or L for grey."""
    from PIL import Image, ImageOps

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            formats = ("PNG", "JPEG", "BMP", "GIF", "WEBP")
            with Image.open(file, formats=formats) as opened:
                upright = ImageOps.exif_transpose(opened)
                if upright.mode.startswith("I"):  # 16 bits per pixel
                    wide = np.asarray(upright).astype(np.int64) // 256
                    upright = Image.fromarray(wide.clip(0, 255).astype(np.uint8))
                pixels = np.array(upright.convert(mode), dtype=np.uint8)
    except Exception as error:  # a damaged picture raises whatever its bytes provoke
        raise ValueError(f"{file}: not a readable picture ({error})") from error
    return pixels[None] if pixels.ndim == 2 else pixels.transpose(2, 0, 1)


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


def class_indices(names: Sequence[str], classes: Sequence[str]) -> np.ndarray:
    """Return the index of each name in `classes`: (N,) int64."""
    index = {name: place for place, name in enumerate(classes)}
    for place, name in enumerate(names):
        if name not in index:
            known = f"none of the classes {list(classes)!r:.200}"
            raise ValueError(f"example {place}: {name!r:.80} is {known}")
    return np.array([index[name] for name in names], dtype=np.int64)
