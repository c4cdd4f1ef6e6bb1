from __future__ import annotations

from importlib import resources
from pathlib import Path

import numpy as np
import pytest
import torch

from graph.dataspec import DataPort, DataSpec, Split
from graph.errors import DataError
from runtime.data import check, describe, load
from tests.runtime.data.making import (
    random_images,
    write_idx,
    write_npz,
    write_pictures,
    write_table,
)

PLAIN = Split(validation=0, test=0)


def test_digits_are_resized_and_normalised(tmp_path: Path) -> None:
    split = Split(kind="stratified", validation=0.1, test=0.2)
    data = load(DataSpec(source="digits", image_size=(28, 28), split=split), tmp_path)
    image = data.columns["image"]
    assert image.shape == (1797, 1, 28, 28)
    assert image.dtype == torch.float32
    assert image.is_contiguous()
    assert abs(float(image[data.train].mean())) < 1e-5
    assert abs(float(image[data.train].std()) - 1) < 1e-4
    assert len(data.train) + len(data.validation) + len(data.test) == 1797
    assert data.classes("label") == tuple("0123456789")
    back = data.original("image", image)
    assert -1e-5 < float(back.min()) < float(back.max()) < 1 + 1e-5
    assert data.original("label", data.columns["label"]) is data.columns["label"]


def test_idx_keeps_its_test_part(tmp_path: Path) -> None:
    write_idx(tmp_path)
    split = Split(kind="given", validation=0.25)
    data = load(DataSpec(source="idx", path=".", split=split), tmp_path)
    assert data.test.tolist() == list(range(40, 50))
    assert (len(data.train), len(data.validation)) == (30, 10)


def test_a_table(tmp_path: Path) -> None:
    write_table(tmp_path / "t.csv")
    data = load(DataSpec(source="csv", path="t.csv"), tmp_path)
    assert data.columns["features"].shape == (30, 2)
    assert data.columns["kind"].tolist() == [0, 1, 2] * 10
    first = data.original("features", data.columns["features"])[3]
    np.testing.assert_allclose(first, [1.5, 2], rtol=1e-5)


def test_a_split_column(tmp_path: Path) -> None:
    rows = "".join(f"{k},{k % 2},{'test' if k > 15 else 'train'}\n" for k in range(20))
    (tmp_path / "t.csv").write_text(f"a,b,use\n{rows}")
    split = Split(kind="given", column="use", validation=0)
    data = load(DataSpec(source="csv", path="t.csv", split=split), tmp_path)
    assert data.test.tolist() == [16, 17, 18, 19]
    assert len(data.validation) == 0
    assert list(data.columns) == ["features", "b"]


def test_pictures_in_parts(tmp_path: Path) -> None:
    write_pictures(tmp_path, parts=("train", "test"))
    split = Split(kind="given", validation=0)
    data = load(DataSpec(source="images", path=".", split=split, image_size=(8, 8)), tmp_path)
    assert data.columns["image"].shape == (36, 3, 8, 8)
    assert (len(data.train), len(data.test)) == (18, 18)


def test_npz_of_everything(tmp_path: Path) -> None:
    arrays = {
        "picture": random_images(9, 4, 4),
        "series": np.random.default_rng(0).normal(size=(9, 5, 2)),
        "kind": np.array(["b", "a", "a"] * 3),
        "y": np.linspace(0, 1, 9),
    }
    write_npz(tmp_path / "a.npz", **arrays)
    data = load(DataSpec(source="npz", path="a.npz", split=PLAIN), tmp_path)
    shapes = {name: tuple(column.shape) for name, column in data.columns.items()}
    assert shapes == {"image": (9, 1, 4, 4), "series": (9, 5, 2), "label": (9,), "y": (9, 1)}
    assert data.columns["label"].tolist() == [1, 0, 0] * 3
    mean, deviation = data.normalization["series"]
    assert mean.shape == deviation.shape == (1, 1, 2)


def test_whole_numbers_stay_whole(tmp_path: Path) -> None:
    write_npz(tmp_path / "a.npz", tokens=np.arange(12).reshape(4, 3))
    port = DataPort(name="tokens", type="number", columns=("tokens",), shape=(3,), dtype="int64")
    spec = DataSpec(source="npz", path="a.npz", ports=(port,), split=PLAIN)
    assert load(spec, tmp_path).columns["tokens"].dtype == torch.int64


def faults(spec: DataSpec, base: Path) -> str:
    """Return load's message, which check must find too."""
    with pytest.raises(DataError) as caught:
        load(spec, base)
    errors = [finding.message for finding in check(spec, base) if finding.severity == "error"]
    assert str(caught.value) in errors
    return str(caught.value)


def test_text_in_a_number_column(tmp_path: Path) -> None:
    write_table(tmp_path / "t.csv")
    path = tmp_path / "t.csv"
    path.write_text(path.read_text().replace("2.0,", "two,"))
    spec = DataSpec(source="csv", path="t.csv")
    assert faults(spec, tmp_path) == (
        "row 6, column 'length': 'two' is not a number. Correct it, or make the column a category."
    )


def test_several_bad_columns_are_found_at_once(tmp_path: Path) -> None:
    rows = "".join(f"{k},{k},{k}\n" for k in range(20))
    (tmp_path / "t.csv").write_text(f"a,b,c\n{rows}x,y,1\n1,2,\n")
    messages = [
        finding.message for finding in check(DataSpec(source="csv", path="t.csv"), tmp_path)
    ]
    assert messages == [
        "row 22, column 'a': 'x' is not a number. Correct it, or make the column a category.",
        "row 22, column 'b': 'y' is not a number. Correct it, or make the column a category.",
        "row 23, column 'c': the value is missing. Fill it in, or remove the row or the column.",
    ]


def test_labels_out_of_range(tmp_path: Path) -> None:
    write_npz(tmp_path / "a.npz", x=np.zeros((6, 2)), y=np.array([0, 1, 2, 0, 1, 5]))
    spec = describe(DataSpec(source="npz", path="a.npz", split=PLAIN), tmp_path)
    fewer = spec.ports[1].model_copy(update={"classes": ("a", "b", "c")})
    spec = spec.model_copy(update={"ports": (spec.ports[0], fewer)})
    assert "example 5 has label 5, expected 0 to 2" in faults(spec, tmp_path)
    write_npz(tmp_path / "a.npz", x=np.zeros((6, 2)), y=np.array([0, 1, 2, -1, 1, 2]))
    assert "example 3 has label -1" in faults(spec, tmp_path)


def test_nan_in_an_array(tmp_path: Path) -> None:
    values = np.zeros((6, 2))
    values[4, 1] = np.nan
    write_npz(tmp_path / "a.npz", x=values, y=np.arange(6) % 2)
    message = faults(DataSpec(source="npz", path="a.npz", split=PLAIN), tmp_path)
    assert "example 4, position (1,): nan is not a finite number" in message


def test_a_class_without_training_example(tmp_path: Path) -> None:
    labels = np.array([0, 1] * 10)
    arrays = {"x_train": np.zeros((20, 2)), "y_train": labels}
    arrays |= {"x_test": np.zeros((2, 2)), "y_test": np.array([1, 2])}
    write_npz(tmp_path / "a.npz", **arrays)
    spec = DataSpec(source="npz", path="a.npz", split=Split(kind="given"))
    assert "no training example has the class '2'" in faults(spec, tmp_path)


def test_an_empty_class_folder(tmp_path: Path) -> None:
    write_pictures(tmp_path)
    (tmp_path / "wolf").mkdir()
    message = faults(DataSpec(source="images", path="."), tmp_path)
    assert message.endswith("the class 'wolf' has no pictures")


def test_empty_data(tmp_path: Path) -> None:
    write_npz(tmp_path / "a.npz", x=np.zeros((0, 2)), y=np.zeros(0))
    assert "the data is empty" in faults(DataSpec(source="npz", path="a.npz"), tmp_path)


def test_too_few_to_stratify(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a,k\n" + "1,x\n" * 20 + "2,y\n")
    spec = DataSpec(source="csv", path="t.csv", split=Split(kind="stratified"))
    assert "class 1: 1 examples are too few" in faults(spec, tmp_path)


def test_stratified_needs_a_category(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a,b\n" + "1,2\n" * 9)
    spec = DataSpec(source="csv", path="t.csv", split=Split(kind="stratified"))
    assert "needs a category" in faults(spec, tmp_path)


def test_given_needs_parts(tmp_path: Path) -> None:
    spec = DataSpec(source="digits", split=Split(kind="given"))
    assert "no validation or test part of its own" in faults(spec, tmp_path)


def test_shapes_that_changed_are_refused(tmp_path: Path) -> None:
    write_npz(tmp_path / "a.npz", x=random_images(6, 4, 4), y=np.arange(6) % 2)
    spec = describe(DataSpec(source="npz", path="a.npz", split=PLAIN), tmp_path)
    write_npz(tmp_path / "a.npz", x=random_images(6, 5, 5), y=np.arange(6) % 2)
    with pytest.raises(DataError, match=r"expects \(1, 4, 4\) float32, the data has \(1, 5, 5\)"):
        load(spec, tmp_path)
    assert check(spec, tmp_path)[0].severity == "error"


def test_warnings_do_not_stop_loading(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a,b,k\n" + "1,2,x\n" * 50 + "3,2,y\n3,2,y\n3,2,y\n")
    spec = DataSpec(source="csv", path="t.csv", split=Split(kind="stratified"))
    load(spec, tmp_path)
    findings = check(spec, tmp_path)
    assert [finding.severity for finding in findings] == ["warning", "warning"]
    assert findings[0].message == "features: b has the same value in every example."
    assert "'x' has 50 examples, 'y' only 3" in findings[1].message


def test_numbers_beyond_float32_once_normalised(tmp_path: Path) -> None:
    rows = "".join(f"{k % 2 * 1e-9},{k % 2},train\n" for k in range(20))
    (tmp_path / "t.csv").write_text(f"a,k,use\n{rows}1e38,1,test\n")
    split = Split(kind="given", column="use", validation=0)
    spec = DataSpec(source="csv", path="t.csv", split=split)
    with pytest.raises(DataError, match="'features' holds numbers that do not fit"):
        load(spec, tmp_path)


@pytest.mark.parametrize(
    ("name", "columns"),
    [
        ("xor", {"features": (4, 2), "y": (4, 1)}),
        ("iris", {"features": (150, 4), "species": (150,)}),
        ("diabetes", {"features": (442, 10), "progression": (442, 1)}),
    ],
)
def test_shipped_tables(name: str, columns: dict[str, tuple[int, ...]]) -> None:
    spec = DataSpec(source="csv", path=f"{name}.csv", split=PLAIN)
    folder = Path(str(resources.files("assets.examples")))
    data = load(spec, folder)
    assert {key: tuple(value.shape) for key, value in data.columns.items()} == columns
    assert [finding.message for finding in check(spec, folder)] == []
