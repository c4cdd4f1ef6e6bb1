from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from runtime.data.clips import even_places, list_clips, read_clip, read_clips
from tests.runtime.data.making import random_images, write_clips


@pytest.mark.parametrize(
    ("count", "wanted", "places"),
    [
        (9, 3, [0, 4, 8]),
        (4, 4, [0, 1, 2, 3]),
        (2, 4, [0, 0, 1, 1]),
        (5, 1, [2]),
        (1, 3, [0, 0, 0]),
    ],
)
def test_places_are_even(count: int, wanted: int, places: list[int]) -> None:
    assert even_places(count, wanted) == places


def test_folders_of_frames_and_gifs_are_clips(tmp_path: Path) -> None:
    places, names, parts = list_clips(write_clips(tmp_path, count=2, frames=12))
    assert names == ["left"] * 3 + ["right"] * 3  # two folders and a GIF each
    assert not parts.any()
    clips = read_clips(places, 4, "L")
    assert clips.shape == (6, 1, 4, 6, 8)
    assert clips.dtype == np.float32
    assert 0 <= clips.min() < clips.max() <= 1


def test_frame_10_follows_frame_9(tmp_path: Path) -> None:
    pictures = random_images(12, 4, 5, 3)
    for k, picture in enumerate(pictures):
        Image.fromarray(picture).save(tmp_path / f"frame{k}.png")
    found = read_clip(tmp_path, 12)
    np.testing.assert_array_equal(found, pictures.transpose(0, 3, 1, 2))


def test_a_gif_gives_its_frames(tmp_path: Path) -> None:
    frames = [Image.fromarray(np.full((4, 5), shade, np.uint8)) for shade in (0, 80, 160, 240)]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:])
    found = read_clip(tmp_path / "a.gif", 4, "L")
    assert found[:, 0, 0, 0].tolist() == [0, 80, 160, 240]
    assert read_clip(tmp_path / "a.gif", 2, "L")[:, 0, 0, 0].tolist() == [0, 240]


def test_faults_are_named(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match=r"empty: the clip has no frames. Add pictures"):
        read_clip(tmp_path / "empty", 2)
    (tmp_path / "bad.gif").write_bytes(b"GIF89a")
    with pytest.raises(ValueError, match=r"bad.gif: not a readable picture"):
        read_clip(tmp_path / "bad.gif", 2)
    Image.fromarray(random_images(1, 4, 4)[0]).save(tmp_path / "empty" / "1.png")
    Image.fromarray(random_images(1, 4, 5)[0]).save(tmp_path / "empty" / "2.png")
    with pytest.raises(ValueError, match=r"empty: the frames differ in size"):
        read_clip(tmp_path / "empty", 2)


def test_clips_that_differ_in_size_are_resized(tmp_path: Path) -> None:
    places, _, _ = list_clips(write_clips(tmp_path, count=1, frames=3))
    Image.fromarray(random_images(1, 9, 9)[0]).save(tmp_path / "right" / "z.gif")
    places, _, _ = list_clips(tmp_path)
    with pytest.raises(ValueError, match=r"z.gif: clips differ in size .* set a size"):
        read_clips(places, 2)
    assert read_clips(places, 2, size=(3, 3)).shape == (4, 3, 2, 3, 3)
