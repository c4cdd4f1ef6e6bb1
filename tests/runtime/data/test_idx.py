from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from runtime.data.idx import read_idx, read_idx_array
from tests.runtime.data.making import idx_bytes, random_images, write_idx


@pytest.mark.parametrize("zipped", [True, False])
def test_both_parts_follow_one_another(tmp_path: Path, zipped: bool) -> None:
    images, labels, parts = read_idx(write_idx(tmp_path, zipped=zipped))
    assert images.shape == (50, 1, 5, 6)
    assert images.dtype == np.uint8
    np.testing.assert_array_equal(images[:40, 0], random_images(40, 5, 6))
    assert labels.tolist()[:5] == [0, 1, 2, 3, 0]
    assert labels.dtype == np.int64
    assert parts.tolist() == [0] * 40 + [2] * 10


def test_a_single_pair_has_no_parts(tmp_path: Path) -> None:
    _, labels, parts = read_idx(write_idx(tmp_path, train=0, test=7))
    assert len(labels) == 7
    assert not parts.any()


def check_refused(path: Path, content: bytes, message: str) -> None:
    path.write_bytes(content)
    with pytest.raises(ValueError, match=message):
        read_idx_array(path)


def test_files_that_are_not_whole_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "images"
    whole = idx_bytes(random_images(3, 2, 2))
    check_refused(path, b"PK\x03\x04 something", "not an IDX file")
    check_refused(path, b"", "not an IDX file")
    check_refused(path, whole[:9], "ends within its header")
    check_refused(path, whole[:-1], "expected 12 bytes of items, found only 11")
    check_refused(path, whole + b"x", "found more than 12")
    check_refused(path, b"\0\0\x0d" + whole[3:], "items of type 0x0d")
    check_refused(path, b"\0\0\x08\x03" + b"\xff" * 12, "more than 4 GiB")
    check_refused(path, gzip.compress(whole)[:-9], "damaged gzip")
    check_refused(path, gzip.compress(whole)[:-8] + b"\0" * 8, "damaged gzip")


def test_images_and_labels_must_agree_in_number(tmp_path: Path) -> None:
    write_idx(tmp_path, zipped=False)
    (tmp_path / "t10k-labels-idx1-ubyte").write_bytes(idx_bytes(np.zeros(9)))
    with pytest.raises(ValueError, match="10 images, 9 labels"):
        read_idx(tmp_path)


def test_a_pair_needs_both_files(tmp_path: Path) -> None:
    write_idx(tmp_path, zipped=False)
    (tmp_path / "t10k-labels-idx1-ubyte").unlink()
    with pytest.raises(ValueError, match="has no t10k-labels-idx1-ubyte beside it"):
        read_idx(tmp_path)


def test_an_empty_folder_names_what_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="train-images-idx3-ubyte"):
        read_idx(tmp_path)


def test_two_training_pairs_are_ambiguous(tmp_path: Path) -> None:
    write_idx(tmp_path, test=0, zipped=False)
    for file in list(tmp_path.iterdir()):
        file.with_name(f"other-{file.name}").write_bytes(file.read_bytes())
    with pytest.raises(ValueError, match="both other-train-images"):
        read_idx(tmp_path)
