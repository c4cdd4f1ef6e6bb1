"""Whatever the bytes, reading gives data or a DataError, and soon."""

from __future__ import annotations

import json
import tempfile
import zipfile
from io import BytesIO
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from graph.dataspec import ClipOptions, DataPort, DataSpec, Split, TextOptions
from graph.errors import DataError
from runtime.data import check, describe, load, preview
from tests.runtime.data.making import CLASSES, idx_bytes, random_images, tone

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


written = st.text(max_size=200).map(lambda text: text.encode("utf-8", "replace"))


@settings(deadline=5000, max_examples=30)
@given(
    bytes_or_less | written,
    st.sampled_from(["char", "word", "space", "bpe"]),
    st.booleans(),
)
def test_text(content: bytes, unit: str, bounds: bool) -> None:
    text = TextOptions.model_validate({"unit": unit, "length": 2, "size": 300, "bounds": bounds})
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "t.txt").write_bytes(content * 3)
        check_reading(DataSpec(source="text", path="t.txt", text=text), folder)
        (folder / "t.csv").write_bytes(b"text\n" + content * 3)
        port = DataPort(name="text", type="tokens", columns=("text",), shape=())
        check_reading(DataSpec(source="csv", path="t.csv", text=text, ports=(port,)), folder)


names = st.text(alphabet="ab \t\n\r\u00fc", max_size=60).map(str.encode)


@settings(deadline=5000)
@given(bytes_or_less | names)
def test_triples(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "t.tsv").write_bytes(content)
        check_reading(DataSpec(source="triples", path="t.tsv"), folder)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner),
    max_leaves=8,
)


@settings(deadline=5000)
@given(bytes_or_less | st.lists(st.dictionaries(st.sampled_from("ab"), values), max_size=9))
def test_json(content: bytes | list[object]) -> None:
    whole = content if isinstance(content, bytes) else json.dumps(content).encode()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "t.json").write_bytes(whole)
        check_reading(DataSpec(source="json", path="t.json"), folder)


def parquet_bytes() -> bytes:
    file = BytesIO()
    pq.write_table(pa.table({"a": [1.5, 2.5] * 9, "k": ["x", "y"] * 9}), file)
    return file.getvalue()


@settings(deadline=5000)
@given(bytes_or_less | damaged(parquet_bytes()))
def test_parquet(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "t.parquet").write_bytes(content)
        check_reading(DataSpec(source="parquet", path="t.parquet"), folder)


def _sound(ending: str) -> bytes:
    file = BytesIO()
    soundfile.write(file, tone(440, 8000, 400), 8000, format=ending)
    return file.getvalue()


@settings(deadline=5000, max_examples=30)
@given(
    st.sampled_from(["wav", "flac"]).flatmap(
        lambda ending: st.tuples(st.just(ending), bytes_or_less | damaged(_sound(ending)))
    )
)
def test_sounds(named: tuple[str, bytes]) -> None:
    ending, content = named
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for kind in ("high", "low"):
            (folder / kind).mkdir()
            for k in range(5):
                (folder / kind / f"{k}.{ending}").write_bytes(_sound(ending))
        (folder / "low" / f"1.{ending}").write_bytes(content)
        check_reading(DataSpec(source="audio", path="."), folder)


def _gif() -> bytes:
    file = BytesIO()
    first, *rest = [Image.fromarray(array) for array in random_images(4, 5, 6)]
    first.save(file, "gif", save_all=True, append_images=rest)
    return file.getvalue()


@settings(deadline=5000, max_examples=30)
@given(bytes_or_less | damaged(_gif()))
def test_clips(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for kind in ("left", "right"):
            (folder / kind).mkdir()
            for k in range(5):
                (folder / kind / f"{k}.gif").write_bytes(_gif())
        (folder / "left" / "2.gif").write_bytes(content)
        options = ClipOptions(frames=3)
        check_reading(DataSpec(source="clips", path=".", clips=options), folder)


@settings(deadline=5000)
@given(bytes_or_less | cells.map(str.encode), st.integers(0, 40))
def test_series(content: bytes, rows: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "s.csv").write_bytes(b"time,a\n" + b"1,2\n" * rows + content)
        split = Split(kind="ordered", validation=0.2, test=0.2)
        check_reading(DataSpec(source="series", path="s.csv", split=split), folder)
