from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest

from runtime.data.npz import read_npz
from tests.runtime.data.making import random_images, write_npz


@pytest.mark.parametrize("names", [("x_train", "x_val", "x_test"), ("train_x", "val_x", "test_x")])
def test_parts_in_the_names_are_put_together(tmp_path: Path, names: tuple[str, ...]) -> None:
    arrays = {name: random_images(k + 2, 3, 3, seed=k) for k, name in enumerate(names)}
    arrays |= {name.replace("x", "y"): np.arange(k + 2) for k, name in enumerate(names)}
    columns, parts = read_npz(write_npz(tmp_path / "a.npz", **arrays))
    assert sorted(columns) == ["x", "y"]
    assert parts.tolist() == [0, 0, 1, 1, 1, 2, 2, 2, 2]
    assert columns["y"].tolist() == [0, 1, 0, 1, 2, 0, 1, 2, 3]


def test_plain_names_stay(tmp_path: Path) -> None:
    path = write_npz(tmp_path / "a.npz", images=random_images(4, 2, 2), labels=np.arange(4))
    columns, parts = read_npz(path)
    assert list(columns) == ["images", "labels"]
    assert parts.tolist() == [0, 0, 0, 0]


def test_lengths_must_agree(tmp_path: Path) -> None:
    path = write_npz(tmp_path / "a.npz", x=np.zeros(4), y=np.zeros(5))
    with pytest.raises(ValueError, match=r"x and y differ in length: \[4\] and \[5\]"):
        read_npz(path)


def test_pickled_objects_are_refused_and_never_built(tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> tuple[object, tuple[object, ...]]:
            return (Path(tmp_path / "sprung").touch, ())

    path = write_npz(tmp_path / "a.npz", x=np.array([Trap(), Trap()], dtype=object))
    with pytest.raises(ValueError, match="not a readable NPZ file"):
        read_npz(path)
    assert not (tmp_path / "sprung").exists()


def test_an_archive_that_declares_too_much_is_refused(tmp_path: Path) -> None:
    header = io.BytesIO()
    shape = {"descr": "<f8", "fortran_order": False, "shape": (2**50,)}
    np.lib.format.write_array_header_1_0(header, shape)
    path = tmp_path / "a.npz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x.npy", header.getvalue())
    with pytest.raises(ValueError, match="not a readable NPZ file"):
        read_npz(path)


def test_what_is_no_archive_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    path.write_bytes(b"hello")
    with pytest.raises(ValueError, match="not a readable NPZ file"):
        read_npz(path)


def test_a_lone_number_is_no_example(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="one entry per example"):
        read_npz(write_npz(tmp_path / "a.npz", x=np.float32(3)))
