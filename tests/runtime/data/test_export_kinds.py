"""Exported data.py of text and what follows: run here, and compared with what the app loads."""

from __future__ import annotations

import ast
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from torch import Tensor

from graph.dataspec import DataPort, DataSpec, Split
from runtime.data import describe, from_path, load, requirements, source_code
from tests.runtime.data.making import (
    png,
    random_images,
    rows,
    sentences,
    write_json,
    write_prose,
    write_reviews,
    write_tagged,
    write_texts,
    write_translations,
    write_triples,
)
from tests.runtime.data.test_export import check_style
from tests.runtime.data.test_text import options


def check_same(spec: DataSpec, folder: Path, *, fill: bool = False) -> str:
    """Execute the exported text by itself; its tensors and rows are those that the app loads."""
    spec = describe(spec, folder) if fill else spec
    data = load(spec, folder)
    text = source_code(spec, folder)
    text.encode("ascii")
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import | ast.ImportFrom):
            assert "runtime" not in ast.unparse(node)
            assert "graph" not in ast.unparse(node)
    names: dict[str, Any] = {}
    exec(compile(text, "data.py", "exec"), names)
    columns, *parts = names["load_data"]()
    assert sorted(columns) == sorted(data.columns)
    for name, tensor in data.columns.items():
        same(columns[name], tensor, name)
    for name, part in zip(("train", "validation", "test"), parts, strict=True):
        same(part, getattr(data, name), name)
    (folder / "data.py").write_text(text, encoding="ascii")
    check_style(folder / "data.py")
    return text


def same(found: Tensor, expected: Tensor, name: str) -> None:
    assert found.dtype == expected.dtype
    assert found.shape == expected.shape
    assert found.numpy().tobytes() == expected.numpy().tobytes(), name


@pytest.mark.parametrize("changes", [{}, {"unit": "word", "lower": True}, {"unit": "bpe"}])
def test_a_text(tmp_path: Path, changes: dict[str, Any]) -> None:
    spec = options(from_path(write_prose(tmp_path / "t.txt")), length=9, **changes)
    text = check_same(spec, tmp_path)
    assert ("import Tokenizer" in text) == (changes.get("unit") == "bpe")
    assert ("tokenizers>=0.20" in requirements(spec)) == (changes.get("unit") == "bpe")


def test_a_text_in_parts(tmp_path: Path) -> None:
    for name in ("train", "test"):
        write_prose(tmp_path / f"{name}.txt")
    check_same(from_path(tmp_path), tmp_path)


@pytest.mark.parametrize("unit", ["word", "char", "bpe"])
def test_a_table_of_texts(tmp_path: Path, unit: str) -> None:
    spec = from_path(write_reviews(tmp_path / "t.csv"))
    check_same(options(spec, unit=unit, bounds=True, lower=True, size=270), tmp_path)


@pytest.mark.parametrize("changes", [{}, {"shared": True}, {"shared": True, "unit": "bpe"}])
def test_translations(tmp_path: Path, changes: dict[str, Any]) -> None:
    spec = from_path(write_translations(tmp_path / "t.tsv"))
    check_same(options(spec, bounds=True, **changes), tmp_path)


def test_labels_per_step(tmp_path: Path) -> None:
    text = check_same(from_path(write_tagged(tmp_path / "t.csv")), tmp_path)
    assert 'TAGS = ["<pad>", "NUM", "WORD"]' in text


def test_long_names_of_columns(tmp_path: Path) -> None:
    write_translations(tmp_path / "t.tsv")
    text = (tmp_path / "t.tsv").read_text()
    head = f"{'long name ' * 3}\t{'other long name ' * 8}"
    (tmp_path / "t.tsv").write_text(text.replace("english\tshsilgne", head))
    for lower in (False, True):
        spec = options(from_path(tmp_path / "t.tsv"), lower=lower, bounds=True, shared=True)
        check_same(spec, tmp_path)
        check_same(options(spec, unit="bpe"), tmp_path)


def test_texts_by_class(tmp_path: Path) -> None:
    write_texts(tmp_path / "set", parts=("train", "test"))
    spec = from_path(tmp_path / "set")
    check_same(spec, tmp_path)
    check_same(spec.model_copy(update={"ports": spec.ports[:1]}), tmp_path)


@pytest.mark.parametrize("name", ["", "all.tsv"])
def test_triples(tmp_path: Path, name: str) -> None:
    spec = from_path(write_triples(tmp_path / "set") / name)
    text = check_same(spec, tmp_path)
    assert "town" not in text
    check_same(spec.model_copy(update={"ports": spec.ports[:2]}), tmp_path)
    known = DataPort(name="known", type="number", columns=("known_tails",), shape=())
    spec = describe(spec.model_copy(update={"ports": (*spec.ports[:2], known)}), Path())
    assert "def known_answers(" in check_same(spec, tmp_path)


@pytest.mark.parametrize("name", ["t.json", "t.jsonl"])
def test_json(tmp_path: Path, name: str) -> None:
    records = [{**row, "review": text} for row, text in zip(rows(), sentences(60), strict=True)]
    spec = from_path(write_json(tmp_path / name, records))
    assert {port.type for port in spec.ports} == {"number", "tokens", "category"}
    check_same(spec, tmp_path)
    tokens = tuple(port for port in spec.ports if port.is_fitted)
    split = Split(kind="random")
    check_same(spec.model_copy(update={"ports": tokens, "split": split}), tmp_path, fill=True)


def test_parquet_and_parts(tmp_path: Path) -> None:
    parts = ["train", "train", "test"] * 10
    pictures = [png(one) for one in random_images(30, 5, 6, 3)]
    table = {"image": pictures, "split": parts, "y": [k / 3 for k in range(30)]}
    pq.write_table(pa.table(table), tmp_path / "t.parquet")
    spec = from_path(tmp_path / "t.parquet")
    assert spec.split.column == "split"
    check_same(spec, tmp_path)
    check_same(spec.model_copy(update={"image_size": (4, 4)}), tmp_path, fill=True)
    assert requirements(spec)[2:] == ["pyarrow>=16", "pillow>=10.3"]


@pytest.mark.parametrize("saved", [True, False])
def test_a_dataset(dataset: Callable[[bool], Path], saved: bool, tmp_path: Path) -> None:
    spec = from_path(dataset(saved))
    check_same(spec, tmp_path)
    assert "datasets>=4.0" in requirements(spec)


def own(spec: DataSpec, name: str, **changes: Any) -> DataSpec:
    """Return a description in which one text has options of its own."""
    ports = [
        port.model_copy(update={"text": spec.text_of(port).model_copy(update=changes), "shape": ()})
        if port.name == name
        else port
        for port in spec.ports
    ]
    return spec.model_copy(update={"ports": tuple(ports)})


@pytest.mark.parametrize(
    "changes", [{"unit": "char"}, {"unit": "bpe", "size": 270}, {"bounds": True, "length": 4}]
)
def test_texts_with_options_of_their_own(tmp_path: Path, changes: dict[str, Any]) -> None:
    spec = from_path(write_translations(tmp_path / "t.tsv"))
    usual = {port.name: (port.shape, port.vocabulary) for port in spec.ports}
    changed = own(spec, "english", **changes)
    text = check_same(changed, tmp_path, fill=True)
    found = {port.name: (port.shape, port.vocabulary) for port in describe(changed, tmp_path).ports}
    assert found["shsilgne"] == usual["shsilgne"]
    assert found["english"] != usual["english"]
    is_bpe = changes.get("unit") == "bpe"
    assert ("import Tokenizer" in text) == is_bpe
    assert ("tokenizers>=0.20" in requirements(changed)) == is_bpe
