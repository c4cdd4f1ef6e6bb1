from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from graph.dataspec import DataSpec, Split
from graph.errors import DataError
from runtime.data import describe, from_path, load, match
from tests.runtime.data.making import (
    random_images,
    write_idx,
    write_npz,
    write_pictures,
    write_table,
)


@pytest.fixture
def digits(tmp_path: Path) -> DataSpec:
    split = Split(kind="stratified", validation=0.2, test=0.1, seed=5)
    return describe(DataSpec(source="digits", image_size=(28, 28), split=split), tmp_path)


def test_every_kind_is_recognised(tmp_path: Path) -> None:
    write_idx(tmp_path / "idx")
    write_npz(tmp_path / "a.npz", x=random_images(9, 4, 4), y=np.arange(9) % 3)
    write_table(tmp_path / "t.csv")
    write_pictures(tmp_path / "pictures")
    names = {"idx": "idx", "npz": "a.npz", "csv": "t.csv", "images": "pictures"}
    for kind, name in names.items():
        spec = from_path(tmp_path / name)
        assert spec.source == kind
        assert Path(spec.path).is_absolute()
        assert spec.split.kind == ("given" if kind == "idx" else "stratified")
        assert load(spec, Path("elsewhere")).columns


def test_a_column_of_parts_is_used(tmp_path: Path) -> None:
    rows = "".join(f"{k},{'test' if k % 3 == 0 else 'train'},{k}\n" for k in range(12))
    (tmp_path / "t.csv").write_text(f"a,split,b\n{rows}")
    spec = from_path(tmp_path / "t.csv")
    assert spec.split == Split(kind="given", column="split")
    assert [port.columns for port in spec.ports] == [("a",), ("b",)]


@pytest.mark.parametrize("name", ["gone", "empty", "a.pdf"])
def test_what_is_no_data_is_said(tmp_path: Path, name: str) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "a.pdf").write_text("")
    with pytest.raises(DataError, match=r"no file or folder|not recognised as data"):
        from_path(tmp_path / name)


def test_idx_in_place_of_digits(tmp_path: Path, digits: DataSpec) -> None:
    write_idx(tmp_path, classes=3)
    spec = match(from_path(tmp_path), digits)
    assert [port.name for port in spec.ports] == ["image", "label"]
    assert spec.ports[0].shape == (1, 28, 28)
    assert spec.ports[1].classes == ("0", "1", "2")
    assert spec.split == Split(kind="given", validation=0.2, test=0.1, seed=5)
    data = load(spec, tmp_path)
    assert data.columns["image"].shape == (50, 1, 28, 28)
    assert (len(data.validation), len(data.test)) == (8, 10)


def test_names_are_those_of_the_project(tmp_path: Path, digits: DataSpec) -> None:
    renamed = (
        digits.ports[0].model_copy(update={"name": "scan", "normalize": "none"}),
        digits.ports[1].model_copy(update={"name": "digit"}),
    )
    write_npz(tmp_path / "a.npz", x=random_images(20, 4, 4), y=np.arange(20) % 2)
    wanted = digits.model_copy(update={"ports": renamed[::-1]})
    spec = match(from_path(tmp_path / "a.npz"), wanted)
    assert [(port.name, port.columns) for port in spec.ports] == [
        ("digit", ("y",)),
        ("scan", ("x",)),
    ]
    data = load(spec, tmp_path)
    assert data.normalization == {}
    assert data.spec.split.kind == "stratified"


def test_colour_pictures_are_read_as_grey_where_grey_is_wanted(
    tmp_path: Path, digits: DataSpec
) -> None:
    write_pictures(tmp_path, count=10)
    spec = match(from_path(tmp_path), digits)
    assert spec.grey
    assert load(spec, tmp_path).columns["image"].shape == (30, 1, 28, 28)


def test_other_sizes_need_an_image_size(tmp_path: Path, digits: DataSpec) -> None:
    write_idx(tmp_path)
    as_they_are = describe(
        digits.model_copy(update={"image_size": None, "ports": digits.ports}), tmp_path
    )
    with pytest.raises(DataError, match=r"'image' \(image \(1, 8, 8\)\) .* Set an image size"):
        match(from_path(tmp_path), as_they_are)


def test_colour_arrays_do_not_fit_grey(tmp_path: Path, digits: DataSpec) -> None:
    write_npz(tmp_path / "a.npz", x=random_images(9, 4, 4, 3), y=np.arange(9) % 3)
    with pytest.raises(DataError, match=r"'image' .* has no counterpart"):
        match(from_path(tmp_path / "a.npz"), digits)


def test_a_table_with_the_same_columns(tmp_path: Path) -> None:
    write_table(tmp_path / "t.csv")
    wanted = from_path(tmp_path / "t.csv")
    one = wanted.ports[0].model_copy(update={"columns": ("width",), "shape": (1,)})
    wanted = wanted.model_copy(update={"ports": (one, wanted.ports[1])})
    spec = match(from_path(write_table(tmp_path / "u.csv", rows=60)), wanted)
    assert spec.ports[0].columns == ("width",)
    assert load(spec, tmp_path).columns["features"].shape == (60, 1)


def test_a_table_with_other_columns_but_the_same_shapes(tmp_path: Path) -> None:
    wanted = from_path(write_table(tmp_path / "t.csv"))
    text = (tmp_path / "t.csv").read_text()
    (tmp_path / "u.csv").write_text(text.replace("length,width,kind", "a,b,c"))
    spec = match(from_path(tmp_path / "u.csv"), wanted)
    assert [port.name for port in spec.ports] == ["features", "kind"]
    assert spec.ports[0].columns == ("a", "b")
    (tmp_path / "v.csv").write_text("a,c\n1,x\n2,y\n1,x\n2,y\n1,x\n2,y\n")
    with pytest.raises(DataError, match=r"'features' \(number \(2,\)\) has no counterpart"):
        match(from_path(tmp_path / "v.csv"), wanted)


def test_a_column_of_another_type(tmp_path: Path) -> None:
    wanted = from_path(write_table(tmp_path / "t.csv"))
    (tmp_path / "u.csv").write_text("length,width,kind\n" + "1,2,3\n" * 9)
    with pytest.raises(DataError, match="'kind' is a category, in the new data"):
        match(from_path(tmp_path / "u.csv"), wanted)
