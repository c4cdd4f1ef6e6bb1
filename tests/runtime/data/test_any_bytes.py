"""Whatever the bytes, reading gives data or a DataError, and soon."""

from __future__ import annotations

import tempfile
import zipfile
from io import BytesIO
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from graph.dataspec import DataSpec
from graph.errors import DataError
from runtime.data import check, describe, load, preview
from tests.runtime.data.making import CLASSES, idx_bytes, random_images

bytes_or_less = st.binary(max_size=200)


def check_reading(spec: DataSpec, folder: Path) -> None:
    """Whatever the bytes are, they are read, or refused with a DataError that says why."""
    refusals = []
    for action in (describe, load, preview):
        try:
            action(spec, folder)
        except DataError as error:
            refusals.append(str(error))
    assert all(text.strip() for text in refusals)
    assert all(finding.message.strip() for finding in check(spec, folder))


@st.composite
def damaged(draw: st.DrawFn, whole: bytes) -> bytes:
    """Return `whole` cut, lengthened or with bytes changed."""
    content = bytearray(whole)
    for _ in range(draw(st.integers(1, 4))):
        content[draw(st.integers(0, len(content) - 1))] = draw(st.integers(0, 255))
    return bytes(content[: draw(st.integers(0, len(content)))]) + draw(st.binary(max_size=4))


IMAGES, LABELS = idx_bytes(random_images(6, 2, 2)), idx_bytes(np.arange(6) % 2)


@settings(deadline=5000)
@given(bytes_or_less | damaged(IMAGES), st.just(LABELS) | bytes_or_less | damaged(LABELS))
def test_idx(images: bytes, labels: bytes) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "train-images-idx3-ubyte").write_bytes(images)
        (folder / "train-labels-idx1-ubyte").write_bytes(labels)
        check_reading(DataSpec(source="idx", path="."), folder)


cells = st.text(alphabet='ab1.,;\t"\n\r\0- e\u00fc', max_size=80)


@settings(deadline=5000)
@given(
    bytes_or_less | cells.map(str.encode) | st.text(max_size=80).map(lambda t: t.encode("utf-8"))
)
def test_csv(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "t.csv").write_bytes(content)
        check_reading(DataSpec(source="csv", path="t.csv"), folder)


def archive() -> bytes:
    file = BytesIO()
    np.savez(file, x=random_images(4, 2, 2), y=np.arange(4))
    return file.getvalue()


@settings(deadline=5000)
@given(bytes_or_less | damaged(archive()))
def test_npz(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "a.npz").write_bytes(content)
        check_reading(DataSpec(source="npz", path="a.npz"), folder)


@settings(deadline=5000)
@given(bytes_or_less)
def test_arrays_in_an_npz(member: bytes) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with zipfile.ZipFile(folder / "a.npz", "w") as packed:
            packed.writestr("x.npy", b"\x93NUMPY\x01\x00" + member)
        check_reading(DataSpec(source="npz", path="a.npz"), folder)


def picture(ending: str) -> bytes:
    file = BytesIO()
    Image.fromarray(random_images(1, 4, 4, 3)[0]).save(file, ending)
    return file.getvalue()


@settings(deadline=5000)
@given(
    bytes_or_less
    | st.sampled_from(["png", "gif", "bmp", "webp", "jpeg"]).flatmap(
        lambda ending: damaged(picture(ending))
    )
)
def test_pictures(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for kind in CLASSES:
            (folder / kind).mkdir()
            (folder / kind / "one.png").write_bytes(content)
        check_reading(DataSpec(source="images", path="."), folder)
