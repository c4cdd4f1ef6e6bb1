"""Small data of every kind, written to a folder."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path

import numpy as np
from PIL import Image

CLASSES = ("cat", "dog", "fox")


def random_images(count: int, *shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (count, *shape), dtype=np.uint8)


def idx_bytes(array: np.ndarray) -> bytes:
    head = struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape)
    return head + array.astype(np.uint8).tobytes()


def write_idx(
    folder: Path, train: int = 40, test: int = 10, classes: int = 4, zipped: bool = True
) -> Path:
    folder.mkdir(exist_ok=True)
    for name, count in (("train", train), ("t10k", test)):
        if not count:
            continue
        files = {
            f"{name}-images-idx3-ubyte": random_images(count, 5, 6),
            f"{name}-labels-idx1-ubyte": np.arange(count) % classes,
        }
        for file, array in files.items():
            if zipped:
                (folder / f"{file}.gz").write_bytes(gzip.compress(idx_bytes(array)))
            else:
                (folder / file).write_bytes(idx_bytes(array))
    return folder


def write_npz(path: Path, **arrays: np.ndarray) -> Path:
    np.savez_compressed(path, **arrays)
    return path


def write_table(path: Path, rows: int = 30, separator: str = ",") -> Path:
    lines = ["length,width,kind"]
    lines += [f"{k / 2},{k * k % 7},{CLASSES[k % 3]}" for k in range(rows)]
    path.write_text("\n".join(lines).replace(",", separator) + "\n", encoding="utf-8")
    return path


def write_pictures(
    folder: Path,
    count: int = 6,
    mode: str = "RGB",
    size: tuple[int, int] = (7, 5),
    parts: tuple[str, ...] = ("",),
    ending: str = "png",
) -> Path:
    """Write `count` pictures (width, height) per class and part."""
    for part in parts:
        for label, name in enumerate(CLASSES):
            place = folder / part / name
            place.mkdir(parents=True)
            channels = (3,) if mode == "RGB" else ()
            pixels = random_images(count, size[1], size[0], *channels, seed=label)
            for number, one in enumerate(pixels):
                Image.fromarray(one).save(place / f"{number}.{ending}")
    return folder
