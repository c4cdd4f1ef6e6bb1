"""A user's file is read as the data's are; what is none is refused in words."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from PIL import Image

from graph.dataspec import AudioOptions, DataSpec
from graph.errors import DataError
from runtime.data import describe, from_path, load
from runtime.given_files import load_given
from tests import builders
from tests.runtime.data.making import (
    random_images,
    tone,
    write_clips,
    write_series,
    write_sounds,
    write_table,
)


def test_a_picture_is_brought_to_the_size_of_the_data(tmp_path: Path) -> None:
    pixels = np.zeros((16, 16), np.uint8)
    pixels[:, 8:] = 255
    Image.fromarray(pixels).save(tmp_path / "half.png")
    spec = builders.digits()
    found = load_given(tmp_path / "half.png", spec.ports[0], spec, (-1.0, 1.0))
    assert found.shape == (1, 1, 8, 8)
    assert found[0, 0, 0].tolist() == pytest.approx([-1] * 4 + [1] * 4)


@pytest.mark.parametrize("form", ["waveform", "log_mel"])
def test_a_sound_is_read_as_those_of_the_data(tmp_path: Path, form: str) -> None:
    spec = from_path(write_sounds(tmp_path / "set"))
    assert spec.audio is not None
    options = AudioOptions.model_validate({**spec.audio.model_dump(), "form": form})
    spec = describe(spec.model_copy(update={"audio": options}), tmp_path)
    port = spec.ports[0]
    data = load(spec.model_copy(update={"ports": spec.ports}), tmp_path)
    files = sorted((tmp_path / "set").glob("*/*"))
    raw = data.original(port.name, data.columns[port.name].index_select(0, data.train[:1]))
    found = load_given(files[int(data.train[0])], port, spec)
    np.testing.assert_allclose(found, raw.numpy(), atol=1e-5)
    # A stereo recording of another rate, which is longer.
    wave = tone(440, 44100, 44100 * 3)
    soundfile.write(tmp_path / "mine.wav", np.stack([wave, wave], axis=1), 44100)
    mine = load_given(tmp_path / "mine.wav", port, spec)
    assert mine.shape == (1, *port.shape)
    assert np.isfinite(mine).all()


def test_a_clip_is_a_gif_or_a_folder_of_frames(tmp_path: Path) -> None:
    spec = from_path(write_clips(tmp_path / "set"))
    port = spec.ports[0]
    data = load(spec, tmp_path)
    column = data.original(port.name, data.columns[port.name].index_select(0, torch.arange(2)))
    places = [tmp_path / "set" / "left" / name for name in ("z.gif", "0")]  # files come first
    for row, place in enumerate(places):
        found = load_given(place, port, spec)
        np.testing.assert_allclose(found[0], column[row].numpy(), atol=1e-6)
    for k, frame in enumerate(random_images(30, 40, 50, 3)):
        (tmp_path / "mine").mkdir(exist_ok=True)
        Image.fromarray(frame).save(tmp_path / "mine" / f"{k}.png")
    assert load_given(tmp_path / "mine", port, spec).shape == (1, *port.shape)


def test_of_a_series_the_last_rows_are_taken(tmp_path: Path) -> None:
    spec = from_path(write_series(tmp_path / "sales.csv"))
    port = spec.ports[0]
    length = port.shape[0]
    rows = [f"{k};{2 * k}.5;x" for k in range(length + 3)]
    (tmp_path / "mine.csv").write_text("\n".join(["price;sales;note", *rows]) + "\n")
    found = load_given(tmp_path / "mine.csv", port, spec)
    assert found.shape == (1, length, 2)
    assert port.columns == ("sales", "price")
    assert found[0, -1].tolist() == [2 * (length + 2) + 0.5, length + 2]
    assert found[0, 0].tolist() == [6.5, 3]
    # Without names, and of these columns alone.
    (tmp_path / "bare.csv").write_text("\n".join(f"{k},{k + 1}" for k in range(length)) + "\n")
    assert load_given(tmp_path / "bare.csv", port, spec)[0, 0].tolist() == [0, 1]


def refused(spec: DataSpec, file: Path) -> str:
    with pytest.raises(DataError) as caught:
        load_given(file, spec.ports[0], spec)
    return str(caught.value)


def test_other_files_are_refused_in_words(tmp_path: Path) -> None:
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"\x89PNG\r\n\x1a\n" + b"\x00" * 40)
    for spec in (builders.digits(), from_path(write_sounds(tmp_path / "sounds"))):
        assert f"received {broken.name}, which cannot be read" in refused(spec, broken)
        assert "which cannot be read" in refused(spec, tmp_path / "gone.wav")
    clips = from_path(write_clips(tmp_path / "clips"))
    said = refused(clips, broken)
    assert said.startswith("Expected a clip (a GIF or a folder of pictures), received broken.png")
    (tmp_path / "empty").mkdir()
    assert "the clip has no frames" in refused(clips, tmp_path / "empty")
    soundfile.write(tmp_path / "none.wav", np.zeros(0, np.float32), 8000)
    assert "the sound is empty" in refused(from_path(tmp_path / "sounds"), tmp_path / "none.wav")


def test_a_table_of_something_else_is_refused_in_words(tmp_path: Path) -> None:
    spec = from_path(write_series(tmp_path / "sales.csv"))
    said = refused(spec, write_table(tmp_path / "other.csv"))
    assert said == (
        "Expected a CSV file with the columns 'sales', 'price', "
        "other.csv has 'length', 'width', 'kind'."
    )
    (tmp_path / "short.csv").write_text("sales,price\n1,2\n3,4\n")
    assert "Expected a series of at least" in refused(spec, tmp_path / "short.csv")
    assert "short.csv has 2" in refused(spec, tmp_path / "short.csv")
    (tmp_path / "words.csv").write_text("sales,price\n" + "1,high\n" * 50)
    assert "is not a number" in refused(spec, tmp_path / "words.csv")
    assert "received the folder" in refused(spec, tmp_path)
    (tmp_path / "bytes.csv").write_bytes(b"\xff\xfe\x00" * 40)
    assert refused(spec, tmp_path / "bytes.csv")
