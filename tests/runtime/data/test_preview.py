from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from graph.dataspec import DataSpec, Split
from graph.errors import DataError
from runtime.data import describe, preview
from tests.runtime.data.making import random_images, write_idx, write_pictures, write_table


def test_pictures_labels_counts_and_balance(tmp_path: Path) -> None:
    write_idx(tmp_path)
    split = Split(kind="given", validation=0.25)
    seen = preview(DataSpec(source="idx", path=".", split=split), tmp_path, limit=7)
    images = seen.examples["image"].images
    assert len(images) == 7
    np.testing.assert_array_equal(images[3], random_images(40, 5, 6)[3])
    assert seen.examples["label"].texts == ("0", "1", "2", "3", "0", "1", "2")
    assert seen.counts == {"train": 30, "validation": 10, "test": 10}
    balance = seen.balance["label"]
    assert sum(balance["train"]) == 30
    assert balance["test"] == (3, 3, 2, 2)
    assert seen.columns[0].minimum == 0


def test_classes_are_called_as_the_project_calls_them(tmp_path: Path) -> None:
    write_idx(tmp_path, test=0)
    spec = describe(DataSpec(source="idx", path="."), tmp_path)
    named = spec.ports[1].model_copy(update={"classes": ("coat", "bag", "shirt", "boot")})
    spec = spec.model_copy(update={"ports": (spec.ports[0], named)})
    assert preview(spec, tmp_path, limit=2).examples["label"].texts == ("coat", "bag")


def test_rows_and_columns_of_a_table(tmp_path: Path) -> None:
    write_table(tmp_path / "t.csv")
    seen = preview(DataSpec(source="csv", path="t.csv"), tmp_path, limit=3)
    assert seen.examples["features"].texts == ("0.0, 0", "0.5, 1", "1.0, 4")
    assert [column.name for column in seen.columns] == ["length", "width", "kind"]
    length = seen.columns[0]
    assert (length.minimum, length.maximum, length.mean) == (0, 14.5, 7.25)
    assert length.shape == (1,)
    assert seen.columns[2].classes == ("cat", "dog", "fox")


def test_a_faulty_number_still_shows_the_rows(tmp_path: Path) -> None:
    rows = "".join(f"{k},{k}\n" for k in range(20))
    (tmp_path / "t.csv").write_text(f"a,b\nx,1\n{rows}")
    seen = preview(DataSpec(source="csv", path="t.csv"), tmp_path, limit=2)
    assert seen.examples["features"].texts == ("x", "0")
    assert [column.mean for column in seen.columns] == [None, pytest.approx(191 / 21)]


def test_colour_pictures(tmp_path: Path) -> None:
    write_pictures(tmp_path)
    seen = preview(DataSpec(source="images", path="."), tmp_path, limit=2)
    wanted = random_images(6, 5, 7, 3, seed=0)
    images = seen.examples["image"].images
    assert images[0].shape == (5, 7, 3)
    np.testing.assert_array_equal(images[0], wanted[0])


def test_missing_data_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="data is missing"):
        preview(DataSpec(source="idx", path="gone"), tmp_path)


def test_pictures_of_different_sizes(tmp_path: Path) -> None:
    write_pictures(tmp_path, mode="L")
    Image.fromarray(random_images(1, 9, 9)[0]).save(tmp_path / "cat" / "0.png")
    spec = DataSpec(source="images", path=".", image_size=(8, 8))
    images = preview(spec, tmp_path, limit=2).examples["image"].images
    assert [image.shape for image in images] == [(9, 9), (5, 7)]
