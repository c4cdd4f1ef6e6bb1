"""A user's own file in the place of an example: read, resized and resampled as the data's are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from graph.dataspec import DataPort, DataSpec
from graph.errors import DataError
from runtime.data.faults import data_faults
from runtime.data.pictures import read_image
from runtime.data.sources.audio import Audio
from runtime.data.sources.clips import Clips
from runtime.data.sources.tables import sniff_csv
from runtime.data.table import numbers, read_csv
from runtime.data.transforms import resize
from runtime.draws import aside

__all__ = ["load_given"]

Array = NDArray[Any]


def load_given(
    file: Path, port: DataPort, spec: DataSpec, bounds: tuple[float, float] = (0.0, 1.0)
) -> Array:
    """Return what a file holds as an example of a port, before normalisation: (1, *port.shape).

    Pictures and clips are brought to the size of the data's, sounds to their rate and length; of a
    series the last rows are taken. `bounds` are the numbers that are black and white in pictures.

    Raises
    ------
    DataError
        If it is no such file; the message says what was expected.
    """
    with aside():
        if port.type == "image":
            return _picture(file, port, *bounds)[None]
        if port.type == "audio":
            return _sound(file, port, spec)
        if port.type == "clip":
            return _clip(file, port, spec)
        return _window(file, port)[None]


def _picture(file: Path, port: DataPort, low: float, high: float) -> Array:
    channels, *size = port.shape
    try:
        pixels = read_image(file, "L" if channels == 1 else "RGB")
    except (ValueError, OSError) as error:
        raise DataError(
            f"Expected a picture (PNG, JPEG, BMP, GIF or WebP), received {file.name}, which cannot "
            "be read as one. Choose another file, or save it anew."
        ) from error
    images = pixels[None].astype(np.float32) / np.float32(255)
    found = resize(images, (size[0], size[1]))[0]
    return np.asarray(low + found * (high - low) if (low, high) != (0, 1) else found)


def _sound(file: Path, port: DataPort, spec: DataSpec) -> Array:
    try:
        return Audio(path=file).read_items([file], port, spec)
    except (ValueError, OSError) as error:
        raise DataError(
            f"Expected a sound (WAV, FLAC or OGG), received {file.name}, which cannot be read as "
            f"one: {_reason(error, file)}. Choose another file, or save it anew."
        ) from error


def _clip(file: Path, port: DataPort, spec: DataSpec) -> Array:
    height, width = port.shape[-2:]
    sized = spec.model_copy(update={"image_size": (height, width)})
    try:
        return Clips(path=file).read_items([file], port, sized)
    except (ValueError, OSError) as error:
        raise DataError(
            f"Expected a clip (a GIF or a folder of pictures), received {file.name}, which cannot "
            f"be read as one: {_reason(error, file)}. Choose another."
        ) from error


def _window(file: Path, port: DataPort) -> Array:
    """Return the last rows of a table: (T, k)."""
    rows = port.shape[0]
    if file.is_dir():
        raise DataError(f"Expected a CSV file of a series, received the folder {file.name}.")
    with data_faults():
        delimiter, names = sniff_csv(file)
        if names is not None and len(names) == len(port.columns):
            names = port.columns  # a file without a header, of these columns alone
        cells = read_csv(file, delimiter, names)
        lacking = [name for name in port.columns if name not in cells]
        if lacking:
            wanted = ", ".join(map(repr, port.columns))
            found = ", ".join(map(repr, cells))
            raise DataError(
                f"Expected a CSV file with the columns {wanted:.300}, {file.name} has {found:.300}."
            )
        values = numbers(cells, port.columns, 2 if names is None else 1)
    if len(values) < rows:
        raise DataError(
            f"Expected a series of at least {rows} rows, which is a window; {file.name} has "
            f"{len(values)}."
        )
    return np.asarray(values[-rows:])


def _reason(error: Exception, file: Path) -> str:
    """Return what an error says, without the file's path before it."""
    return str(error).removeprefix(f"{file}: ").rstrip(".")[:500]
