from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from runtime.data.pairs import list_halves, list_pairs, pair_folders, read_halves
from runtime.data.pictures import read_images
from tests.runtime.data.making import random_images, write_halves, write_pairs


def test_equal_names_are_pairs(tmp_path: Path) -> None:
    write_pairs(tmp_path, count=3)
    assert pair_folders(tmp_path) == ["photo", "sketch"]
    first, second, parts = list_pairs(tmp_path, "photo", "sketch")
    assert [file.name for file in first] == ["0.png", "1.png", "2.png"]
    assert [file.name for file in second] == ["0.bmp", "1.bmp", "2.bmp"]
    assert not parts.any()


def test_parts_may_stand_above(tmp_path: Path) -> None:
    write_pairs(tmp_path / "train", count=3)
    write_pairs(tmp_path / "test", count=2)
    _, _, parts = list_pairs(tmp_path, "photo", "sketch")
    assert sorted(parts.tolist()) == [0, 0, 0, 2, 2]


def test_a_picture_without_its_pair_is_named(tmp_path: Path) -> None:
    write_pairs(tmp_path, count=3)
    (tmp_path / "sketch" / "1.bmp").unlink()
    with pytest.raises(ValueError, match=r"1.png: there is no picture of that name in 'sketch'"):
        list_pairs(tmp_path, "photo", "sketch")
    with pytest.raises(ValueError, match="expected a folder called 'drawing'"):
        list_pairs(tmp_path, "photo", "drawing")


def test_halves_are_the_two_pictures(tmp_path: Path) -> None:
    files, parts = list_halves(write_halves(tmp_path, count=2))
    assert not parts.any()
    left, right = read_halves(files, 0), read_halves(files, 1)
    assert left.shape == right.shape == (2, 3, 6, 5)
    np.testing.assert_array_equal(np.concatenate([left, right], axis=3), read_images(files))


def test_an_odd_width_is_named(tmp_path: Path) -> None:
    Image.fromarray(random_images(1, 4, 7)[0]).save(tmp_path / "a.png")
    with pytest.raises(ValueError, match=r"a.png: the picture is 7 pixels wide, expected an even"):
        read_halves(list_halves(tmp_path)[0], 0)
