"""Clips: folders of frames, or GIF files, by class. The functions are exported as they stand."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from runtime.data.folders import entries_of, in_order, list_by_class
from runtime.data.pictures import ENDINGS, opened_image, pixels_of, read_image
from runtime.data.transforms import resize

__all__ = ["even_places", "list_clips", "read_clip", "read_clips"]


def list_clips(folder: str | Path) -> tuple[list[Path], list[str], np.ndarray]:
    """Return the clips in a folder of classes, the class of each and its part.

    A clip is a GIF file or a folder of pictures.
    """
    return list_by_class(folder, (".gif",), "clips", folders=True)


def even_places(count: int, wanted: int) -> list[int]:
    """Return `wanted` places spread evenly over `count` frames, first and last among them.

    Of fewer frames than wanted some are taken again.
    """
    if wanted == 1:
        return [(count - 1) // 2]
    return [round(k * (count - 1) / (wanted - 1)) for k in range(wanted)]


def read_clip(place: Path, frames: int, mode: str = "RGB") -> np.ndarray:
    """Return `frames` frames of a clip, evenly chosen: (frames, C, H, W) uint8."""
    if place.is_dir():
        inside = sorted(entries_of(place, folders=False), key=in_order)
        files = [file for file in inside if file.suffix.lower() in ENDINGS]
        if not files:
            raise ValueError(f"{place}: the clip has no frames. Add pictures to it")
        chosen = [files[k] for k in even_places(len(files), frames)]
        read = {file: read_image(file, mode) for file in dict.fromkeys(chosen)}
        pictures = [read[file] for file in chosen]
    else:
        pictures = []
        with opened_image(place) as gif:
            for k in even_places(getattr(gif, "n_frames", 1), frames):
                gif.seek(k)
                pictures.append(pixels_of(gif, mode))
    for frame in pictures:
        if frame.shape != pictures[0].shape:
            sizes = f"{frame.shape[1:]} and {pictures[0].shape[1:]} pixels"
            raise ValueError(f"{place}: the frames differ in size ({sizes})")
    return np.stack(pictures)


def read_clips(
    places: Sequence[Path],
    frames: int,
    mode: str = "RGB",
    size: tuple[int, int] | None = None,
) -> np.ndarray:
    """Return clips as (N, C, frames, H, W) float32 in [0, 1], resized to `size` if given."""
    clips = np.empty(0, dtype=np.float32)
    for k, place in enumerate(places):
        clip = read_clip(place, frames, mode).astype(np.float32) / np.float32(255)
        clip = resize(clip, size) if size else clip
        clip = clip.transpose(1, 0, 2, 3)
        if not k:
            clips = np.empty((len(places), *clip.shape), dtype=np.float32)
        if clip.shape != clips.shape[1:]:
            sizes = f"{clip.shape[2:]} pixels, the first {clips.shape[3:]}"
            raise ValueError(f"{place}: clips differ in size ({sizes}); set a size")
        clips[k] = clip
    return clips
