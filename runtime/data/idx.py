"""IDX files, as MNIST and Fashion-MNIST are distributed.

The format (Y. LeCun, C. Cortes, "The MNIST database of handwritten digits"): two zero bytes, one
byte for the item type, one for the number of dimensions, each size as a big-endian 32-bit number,
then the items. The functions here are exported as they stand.
"""

from __future__ import annotations

import gzip
import math
import struct
import zlib
from pathlib import Path

import numpy as np

__all__ = ["idx_pairs", "read_idx", "read_idx_array"]


def read_idx_array(path: Path) -> np.ndarray:
    """Return the array of unsigned bytes in an IDX file, gzipped or plain."""
    with path.open("rb") as plain:
        zipped = plain.read(2) == b"\x1f\x8b"
    try:
        with gzip.open(path) if zipped else path.open("rb") as file:
            head = file.read(4)
            if len(head) < 4 or head[:2] != b"\0\0" or not head[3]:
                raise ValueError(f"{path}: not an IDX file, it begins with {head!r}")
            if head[2] != 0x08:
                raise ValueError(f"{path}: items of type {head[2]:#04x}, expected 0x08")
            sizes = file.read(4 * head[3])
            if len(sizes) < 4 * head[3]:
                raise ValueError(f"{path}: the file ends within its header")
            shape = struct.unpack(f">{head[3]}I", sizes)
            count = math.prod(shape)
            if count > 2**32:
                raise ValueError(f"{path}: declares {count} bytes, more than 4 GiB")
            data = bytearray()
            while len(data) <= count and (block := file.read(1 << 20)):
                data += block
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise ValueError(f"{path}: damaged gzip file ({error})") from error
    if len(data) != count:
        amount = f"more than {count}" if len(data) > count else f"only {len(data)}"
        raise ValueError(f"{path}: expected {count} bytes of items, found {amount}")
    return np.frombuffer(data, dtype=np.uint8).reshape(shape)


def idx_pairs(folder: Path) -> dict[int, tuple[Path, Path]]:
    """Return image and label file by part: 0 training, 1 validation, 2 test."""
    pairs: dict[int, tuple[Path, Path]] = {}
    for images in sorted(folder.iterdir(), key=lambda file: file.name):
        name = images.name.removesuffix(".gz")
        if "images" not in name or "idx3" not in name:
            continue
        wanted = name.replace("images", "labels").replace("idx3", "idx1")
        found = [folder / end for end in (wanted, f"{wanted}.gz")]
        labels = next((file for file in found if file.is_file()), None)
        if labels is None:
            raise ValueError(f"{folder}: {images.name} has no {wanted} beside it")
        is_test = "t10k" in name or "test" in name
        part = 2 if is_test else 1 if "val" in name else 0
        other = pairs.setdefault(part, (images, labels))[0]
        if other.name.removesuffix(".gz") != name:
            raise ValueError(f"{folder}: both {other.name} and {images.name} are there")
    if not pairs:
        raise ValueError(f"{folder}: no IDX files like train-images-idx3-ubyte.gz")
    return pairs


def read_idx(folder: str | Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return images (N, 1, H, W) uint8, labels (N,) int64 and each one's part.

    Parts are 0 for training, 1 for validation, 2 for test.
    """
    images, labels, parts = [], [], []
    pairs = idx_pairs(Path(folder))
    # A single pair is all there is, whatever its name.
    for part, (image_file, label_file) in sorted(pairs.items()):
        pixels = read_idx_array(image_file)
        classes = read_idx_array(label_file)
        if pixels.ndim != 3 or classes.ndim != 1:
            raise ValueError(f"{image_file}: expected images (N, H, W) and labels (N,)")
        if len(pixels) != len(classes):
            counts = f"{len(pixels)} images, {len(classes)} labels"
            raise ValueError(f"{image_file} and {label_file.name} differ: {counts}")
        images.append(pixels[:, None])
        labels.append(classes.astype(np.int64))
        parts.append(np.full(len(pixels), part if len(pairs) > 1 else 0))
        if pixels.shape[1:] != images[0].shape[2:]:
            raise ValueError(
                f"{image_file}: images of another size than the first part"
            )
    return np.concatenate(images), np.concatenate(labels), np.concatenate(parts)
