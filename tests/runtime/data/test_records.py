from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from graph.dataspec import DataSpec, Split
from graph.errors import DataError
from runtime.data import check, describe, from_path, load, match, preview
from runtime.data.records import read_json
from tests.runtime.data.making import (
    CLASSES,
    png,
    random_images,
    rows,
    sentences,
    write_json,
    write_table,
)


@pytest.mark.parametrize("name", ["t.json", "t.jsonl"])
def test_records_become_ports(tmp_path: Path, name: str) -> None:
    spec = from_path(write_json(tmp_path / name, rows()))
    assert spec.source == "json"
    assert [(port.name, port.type, port.columns, port.shape) for port in spec.ports] == [
        ("features", "number", ("length", "width"), (2,)),
        ("curve", "number", ("curve",), (3,)),
        ("extra_wild", "category", ("extra.wild",), ()),
        ("label", "category", ("label",), ()),
    ]
    assert spec.split.kind == "stratified"
    data = load(spec, Path())
    original = data.original("curve", data.columns["curve"])
    np.testing.assert_allclose(original[5], [5, 6, 7], rtol=1e-5)
    assert data.columns["extra_wild"][:2].tolist() == [1, 0]
    seen = preview(spec, Path(), limit=1)
    assert seen.examples["features"].texts == ("0.0, 0",)
    assert [fact.maximum for fact in seen.columns[:2]] == [29.5, 4]


def test_the_forms_that_json_comes_in(tmp_path: Path) -> None:
    expected = {"a": [1, 2], "b": [None, "x"]}
    records = [{"a": 1}, {"a": 2, "b": "x"}]
    forms = [records, {"version": 1, "data": records}, {"a": [1, 2], "b": [None, "x"]}]
    for content in forms:
        (tmp_path / "t.json").write_text(json.dumps(content))
        assert read_json(tmp_path / "t.json") == expected


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("t.json", "[{", "not JSON"),
        ("t.json", "3", "expected a list of objects"),
        ("t.json", "[1]", "row 1: expected an object, found int"),
        ("t.json", "[]", "there are no records"),
        ("t.json", '{"a": [1], "b": [1, 2]}', "differ in length"),
        ("t.json", "[" * 100_000, "nested too deep"),
        ("t.jsonl", '{"a": 1}\n{"a": }\n', "line 2: not JSON, Expecting value at character 7"),
    ],
)
def test_broken_json(tmp_path: Path, name: str, text: str, message: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(ValueError, match=message):
        read_json(tmp_path / name)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"width": None}, "row 4, column 'width': the value is missing"),
        ({"width": "wide"}, "row 4, column 'width': 'wide' is not a number"),
        ({"width": float("inf")}, "row 4, column 'width': 'inf' is not a finite number"),
        ({"curve": [1]}, r"row 4, column 'curve': a list of the shape \(1,\)"),
        ({"label": "bear"}, "row 4: 'bear' is none of the classes"),
        ({"label": None}, "row 4: the label is missing"),
    ],
)
def test_faulty_cells_are_named(tmp_path: Path, change: dict[str, Any], message: str) -> None:
    records = rows()
    spec = from_path(write_json(tmp_path / "t.jsonl", records))
    records[3] |= change
    write_json(tmp_path / "t.jsonl", records)
    with pytest.raises(DataError, match=message):
        load(spec, Path())
    assert any(finding.severity == "error" for finding in check(spec, Path()))


def test_words_in_lists_and_their_labels(tmp_path: Path) -> None:
    texts = [text.split() for text in sentences(60)]
    tags = [["NUM" if word[0].isdigit() else "WORD" for word in text] for text in texts]
    records = [{"words": w, "tags": t} for w, t in zip(texts, tags, strict=True)]
    spec = from_path(write_json(tmp_path / "t.jsonl", records))
    assert [(port.name, port.type) for port in spec.ports] == [
        ("words", "tokens"),
        ("tags", "tags"),
    ]
    data = load(spec, Path())
    assert ((data.columns["words"] > 0) == (data.columns["tags"] > 0)).all()


def test_pictures_in_a_parquet_file(tmp_path: Path) -> None:
    pictures = [png(one) for one in random_images(30, 5, 6)]
    features = {"label": {"_type": "ClassLabel", "names": ["zebra", "ant"]}}
    metadata = {"huggingface": json.dumps({"info": {"features": features}})}
    table = pa.table(
        {"image": [{"bytes": one, "path": None} for one in pictures], "label": [0, 1] * 15}
    )
    pq.write_table(table.replace_schema_metadata(metadata), tmp_path / "t.parquet")
    spec = from_path(tmp_path / "t.parquet")
    assert [(port.name, port.shape) for port in spec.ports] == [("image", (1, 5, 6)), ("label", ())]
    assert spec.ports[1].classes == ("zebra", "ant")
    data = load(spec, Path())
    assert data.columns["label"][:2].tolist() == [0, 1]
    pixels = data.original("image", data.columns["image"][:1]) * 255
    np.testing.assert_allclose(pixels[0, 0], random_images(30, 5, 6)[0], atol=0.01)
    assert len(preview(spec, Path(), limit=3).examples["image"].images) == 3
    digits = describe(DataSpec(source="digits", image_size=(8, 8)), tmp_path)
    other = match(spec, digits)
    assert load(other, Path()).columns["image"].shape == (30, 1, 8, 8)


def test_a_broken_parquet_file(tmp_path: Path) -> None:
    (tmp_path / "t.parquet").write_bytes(b"PAR1 no")
    with pytest.raises(DataError, match="not a readable Parquet file"):
        from_path(tmp_path / "t.parquet")


def test_a_column_of_parts(tmp_path: Path) -> None:
    records = [{**row, "split": ("train", "test")[k % 4 == 0]} for k, row in enumerate(rows())]
    spec = from_path(write_json(tmp_path / "t.jsonl", records))
    assert spec.split == Split(kind="given", column="split")
    assert len(load(spec, Path()).test) == 15


def test_columns_of_no_type_are_said(tmp_path: Path) -> None:
    records = [{**row, "odd": [k] * (k % 3), "id": f"n{k}"} for k, row in enumerate(rows())]
    spec = from_path(write_json(tmp_path / "t.jsonl", records))
    messages = [finding.message for finding in check(spec, Path())]
    assert "The column 'odd' is left out: it fits no type of port." in messages
    assert "The column 'id' is left out: it fits no type of port." in messages


def test_json_in_place_of_a_table(tmp_path: Path) -> None:
    wanted = from_path(write_table(tmp_path / "t.csv"))
    records = [{"length": k, "width": k % 3, "kind": CLASSES[k % 3]} for k in range(30)]
    spec = match(from_path(write_json(tmp_path / "t.json", records)), wanted)
    assert [port.columns for port in spec.ports] == [("length", "width"), ("kind",)]
    assert load(spec, Path()).columns["features"].shape == (30, 2)


@pytest.mark.parametrize("saved", [True, False])
def test_a_dataset_in_a_folder(dataset: Callable[[bool], Path], saved: bool) -> None:
    spec = from_path(dataset(saved))
    assert (spec.source, spec.split.kind) == ("huggingface", "given")
    assert spec.ports[-1].classes == (CLASSES[::-1] if saved else CLASSES)
    data = load(spec, Path())
    assert (len(data.train) + len(data.validation), len(data.test)) == (48, 12)
    names = [spec.ports[-1].classes[k] for k in data.columns["label"][:3].tolist()]
    assert names == list(CLASSES)


def test_a_dataset_by_name_without_a_network(
    dataset: Callable[[bool], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runtime.data.sources.records._reaches", lambda endpoint: False)
    with pytest.raises(DataError, match=r"hf://nobody/nothing: no dataset was found\. .*network"):
        from_path("hf://nobody/nothing")
    with pytest.raises(DataError, match="expected a dataset as hf://owner/name"):
        from_path(Path("hf://nothing"))
