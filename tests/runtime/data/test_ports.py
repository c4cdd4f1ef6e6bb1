from __future__ import annotations

import keyword
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.dataspec import DataPort, DataSpec
from graph.errors import DataError
from runtime.data import describe
from runtime.data.naming import port_name
from tests.runtime.data.making import (
    CLASSES,
    random_images,
    write_idx,
    write_npz,
    write_pictures,
    write_table,
)


def shapes(spec: DataSpec) -> dict[str, tuple[str, tuple[int, ...], str]]:
    return {port.name: (port.type, port.shape, port.dtype) for port in spec.ports}


def test_digits(tmp_path: Path) -> None:
    spec = describe(DataSpec(source="digits"), tmp_path)
    assert shapes(spec) == {
        "image": ("image", (1, 8, 8), "float32"),
        "label": ("category", (), "int64"),
    }
    assert spec.ports[1].classes == tuple("0123456789")
    assert spec.ports[0].normalize == "standard"


def test_an_image_size_changes_the_shape(tmp_path: Path) -> None:
    spec = describe(DataSpec(source="digits"), tmp_path)
    resized = describe(spec.model_copy(update={"image_size": (28, 28)}), tmp_path)
    assert resized.ports[0].shape == (1, 28, 28)


def test_idx_by_a_relative_path(tmp_path: Path) -> None:
    write_idx(tmp_path / "set")
    spec = describe(DataSpec(source="idx", path="set"), tmp_path)
    assert shapes(spec)["image"] == ("image", (1, 5, 6), "float32")
    assert spec.ports[1].classes == ("0", "1", "2", "3")


def test_npz_of_images(tmp_path: Path) -> None:
    write_npz(tmp_path / "a.npz", y=np.arange(9), x=random_images(9, 4, 5, 3))
    spec = describe(DataSpec(source="npz", path="a.npz"), tmp_path)
    assert shapes(spec) == {
        "image": ("image", (3, 4, 5), "float32"),
        "label": ("category", (), "int64"),
    }
    assert [port.columns for port in spec.ports] == [("x",), ("y",)]


def test_npz_of_numbers(tmp_path: Path) -> None:
    arrays = {"x": np.zeros((9, 4)), "tokens": np.ones((9, 3), int), "y": np.linspace(0, 1, 9)}
    write_npz(tmp_path / "a.npz", **arrays)
    spec = describe(DataSpec(source="npz", path="a.npz"), tmp_path)
    assert {name: shape for name, (_, shape, _) in shapes(spec).items()} == {
        "x": (4,),
        "tokens": (3,),
        "y": (1,),
    }
    assert [port.normalize for port in spec.ports] == ["standard", "standard", "none"]


def test_a_table_puts_numbers_together_and_the_target_last(tmp_path: Path) -> None:
    write_table(tmp_path / "t.csv")
    spec = describe(DataSpec(source="csv", path="t.csv"), tmp_path)
    assert shapes(spec) == {
        "features": ("number", (2,), "float32"),
        "kind": ("category", (), "int64"),
    }
    assert spec.ports[0].columns == ("length", "width")
    assert spec.ports[1].classes == CLASSES


def test_a_table_of_numbers_aims_at_its_last_column(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a,Price in €\n1,2\n3,4\n5,6\n", encoding="utf-8")
    spec = describe(DataSpec(source="csv", path="t.csv"), tmp_path)
    assert shapes(spec) == {
        "features": ("number", (1,), "float32"),
        "price_in": ("number", (1,), "float32"),
    }
    assert spec.ports[1].normalize == "none"


def test_a_few_words_do_not_make_numbers_a_category(tmp_path: Path) -> None:
    rows = "".join(f"{k},{k}\n" for k in range(20))
    (tmp_path / "t.csv").write_text(f"a,b\n{rows}1,oops\n")
    assert describe(DataSpec(source="csv", path="t.csv"), tmp_path).ports[1].type == "number"


def test_free_text_is_left_out(tmp_path: Path) -> None:
    rows = "".join(f"name {k},{k},{'ab'[k % 2]}\n" for k in range(80))
    (tmp_path / "t.csv").write_text(f"name,a,kind\n{rows}")
    spec = describe(DataSpec(source="csv", path="t.csv"), tmp_path)
    assert [port.name for port in spec.ports] == ["features", "kind"]


@pytest.mark.parametrize(("mode", "channels"), [("RGB", 3), ("L", 1)])
def test_pictures(tmp_path: Path, mode: str, channels: int) -> None:
    write_pictures(tmp_path / "set", mode=mode)
    spec = describe(DataSpec(source="images", path="set"), tmp_path)
    assert spec.ports[0].shape == (channels, 5, 7)
    assert spec.ports[1].classes == CLASSES
    grey = describe(DataSpec(source="images", path="set", grey=True), tmp_path)
    assert grey.ports[0].shape == (1, 5, 7)


def test_ports_of_the_user_are_kept_and_checked(tmp_path: Path) -> None:
    write_table(tmp_path / "t.csv")
    mine = DataPort(name="both", type="number", columns=("width", "length"), shape=(9,))
    spec = DataSpec(source="csv", path="t.csv", ports=(mine,))
    assert shapes(describe(spec, tmp_path)) == {"both": ("number", (2,), "float32")}
    other = mine.model_copy(update={"columns": ("height",)})
    with pytest.raises(DataError, match=r"no column 'height' .*There are: length, width, kind"):
        describe(spec.model_copy(update={"ports": (other,)}), tmp_path)
    none = mine.model_copy(update={"columns": ()})
    with pytest.raises(DataError, match="'both' holds no column"):
        describe(spec.model_copy(update={"ports": (none,)}), tmp_path)


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (DataSpec(), "No data is chosen"),
        (DataSpec(source="csv"), "No file or folder is chosen"),
        (DataSpec(source="csv", path="gone.csv"), r"there is no file or folder .*gone\.csv"),
        (DataSpec(source="idx", path="gone"), "data is missing"),
        (DataSpec(source="images", path="a.txt"), "expected a folder"),
        (DataSpec(source="npz", path="."), "expected a file"),
        (DataSpec(source="csv", path="\0"), "null byte|no file or folder"),
        (DataSpec(source="csv", path="x" * 5000), "name too long|no file or folder"),
    ],
)
def test_what_is_not_there_is_said(tmp_path: Path, spec: DataSpec, message: str) -> None:
    (tmp_path / "a.txt").write_text("")
    with pytest.raises(DataError, match=message):
        describe(spec, tmp_path)


@settings(deadline=None)
@given(st.text(), st.sets(st.sampled_from(["column", "a", "a_2"])))
def test_port_names_are_identifiers(text: str, taken: set[str]) -> None:
    name = port_name(text, taken)
    assert name.isidentifier()
    assert name.isascii()
    assert not keyword.iskeyword(name)
    assert name not in taken


def test_port_names_are_legible() -> None:
    texts = ["Sepal Length (cm)", "Größe", "class", "2nd", "年"]
    names = ["sepal_length_cm", "groe", "column_class", "column_2nd", "column"]
    assert [port_name(text) for text in texts] == names
    assert port_name("a", ["a"]) == "a_2"


def test_examples_with_nothing_in_them_are_refused(tmp_path: Path) -> None:
    write_npz(tmp_path / "a.npz", x=np.zeros((4, 0)), y=np.arange(4))
    with pytest.raises(DataError, match=r"'x': one example has the shape \(0,\)"):
        describe(DataSpec(source="npz", path="a.npz"), tmp_path)
