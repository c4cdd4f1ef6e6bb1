"""Paired pictures: two folders, or halves of one picture. The functions are exported."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from runtime.data.folders import entries_of, part_folders
from runtime.data.pictures import ENDINGS, read_image
from runtime.data.transforms import resize

__all__ = ["list_halves", "list_pairs", "pair_folders", "read_halves"]


def pair_folders(folder: str | Path) -> list[str]:
    """Return the names of the two folders in each part, or nothing if they are not two."""
    found = [
        [inside.name for inside in entries_of(top, folders=True)]
        for top in part_folders(folder)
    ]
    same = all(names == found[0] for names in found)
    return found[0] if same and len(found[0]) == 2 else []


def list_pairs(
    folder: str | Path,
    first: str,
    second: str,
) -> tuple[list[Path], list[Path], np.ndarray]:
    """Return the pictures in the folders `first` and `second` by equal names, and parts.

    Endings may differ. Folders called train and test (or val) may stand above the two.
    """
    lefts: list[Path] = []
    rights: list[Path] = []
    parts: list[int] = []
    for top, part in part_folders(folder).items():
        sides: list[dict[str, Path]] = []
        for name in (first, second):
            if not (top / name).is_dir():
                raise ValueError(f"{top}: expected a folder called {name!r}")
            files = entries_of(top / name, folders=False)
            shown = [file for file in files if file.suffix.lower() in ENDINGS]
            sides.append({file.stem: file for file in shown})
        for here, there, name in ((0, 1, second), (1, 0, first)):
            alone = sorted(set(sides[here]) - set(sides[there]))
            if alone:
                lonely = sides[here][alone[0]]
                message = f"{lonely}: there is no picture of that name in {name!r}"
                raise ValueError(f"{message}. Add it, or remove this one")
        if not sides[0]:
            raise ValueError(f"{top / first}: there are no pictures in it")
        lefts += sides[0].values()
        rights += [sides[1][stem] for stem in sides[0]]
        parts += [part] * len(sides[0])
    return lefts, rights, np.array(parts)


def list_halves(folder: str | Path) -> tuple[list[Path], np.ndarray]:
    """Return the pictures in a folder, each two side by side, and the part of each.

    Folders called train and test (or val) may hold the pictures.
    """
    files: list[Path] = []
    parts: list[int] = []
    for top, part in part_folders(folder).items():
        inside = entries_of(top, folders=False)
        found = [file for file in inside if file.suffix.lower() in ENDINGS]
        if not found:
            raise ValueError(f"{top}: there are no pictures in it")
        files += found
        parts += [part] * len(found)
    return files, np.array(parts)


def read_halves(
    files: Sequence[Path],
    side: int,
    mode: str = "RGB",
    size: tuple[int, int] | None = None,
) -> np.ndarray:
    """Return the left (`side` 0) or right (1) halves of pictures: (N, C, H, W) float32.

    In [0, 1], resized to `size` if given.
    """
    images = np.empty(0, dtype=np.float32)
    for place, file in enumerate(files):
        whole = read_image(file, mode)
        if whole.shape[2] % 2:
            wide = f"the picture is {whole.shape[2]} pixels wide"
            raise ValueError(f"{file}: {wide}, expected an even number for two halves")
        half = np.split(whole, 2, axis=2)[side][None]
        image = half.astype(np.float32) / np.float32(255)
        image = resize(image, size) if size else image
        if not place:
            images = np.empty((len(files), *image.shape[1:]), dtype=np.float32)
        if image.shape[1:] != images.shape[1:]:
            sizes = f"{image.shape[2:]} pixels, the first {images.shape[2:]}"
            raise ValueError(f"{file}: pictures differ in size ({sizes}); set a size")
        images[place] = image[0]
    return images
