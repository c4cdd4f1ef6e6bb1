from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file

from graph.dataspec import DataPort, DataSpec, Split
from graph.errors import DataError
from runtime.data import describe, from_path, load, requirements, source_code
from runtime.data.export import quoted
from tests.runtime.data.making import (
    random_images,
    write_idx,
    write_npz,
    write_pictures,
    write_table,
)

HOSTILE = 'a"\'\\\n"""); import os #\u202e\U0001f600' + "x" * 60

SAVE = """
from safetensors.torch import save_file
from data import load_data
columns, train, validation, test = load_data()
parts = {"train": train, "validation": validation, "test": test}
save_file({**columns, **{f"part {k}": v.contiguous() for k, v in parts.items()}}, "out")
"""


def check_same(spec: DataSpec, folder: Path) -> str:
    """Run the exported text alone, and ruff over it; compare with what the app loads."""
    data = load(spec, folder)
    text = source_code(spec, folder)
    text.encode("ascii")
    (folder / "data.py").write_text(text, encoding="ascii")
    (folder / "run.py").write_text(SAVE)
    command = [sys.executable, "-W", "error", "run.py"]
    ran = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    tensors = load_file(folder / "out")
    expected = dict(data.columns)
    for part in ("train", "validation", "test"):
        expected[f"part {part}"] = getattr(data, part)
    assert sorted(tensors) == sorted(expected)
    for name, tensor in expected.items():
        assert tensors[name].dtype == tensor.dtype
        assert tensors[name].shape == tensor.shape
        assert tensors[name].numpy().tobytes() == tensor.numpy().tobytes(), name
    check_style(folder / "data.py")
    return text


def check_style(file: Path) -> None:
    ruff = [sys.executable, "-m", "ruff"]
    lint = ["check", "--isolated", "--extend-select", "I,UP,B"]
    for options in (lint, ["format", "--isolated", "--check", "--diff"]):
        command = [*ruff, *options, "--no-cache", str(file)]
        ran = subprocess.run(command, capture_output=True, text=True, check=False)
        assert ran.returncode == 0, ran.stdout + ran.stderr


def test_digits(tmp_path: Path) -> None:
    spec = DataSpec(source="digits", image_size=(28, 28), split=Split(kind="stratified"))
    text = check_same(describe(spec, tmp_path), tmp_path)
    assert "def read_idx" not in text
    assert "runtime" not in text


def test_idx(tmp_path: Path) -> None:
    write_idx(tmp_path / "set")
    spec = DataSpec(source="idx", path="set", split=Split(kind="given", seed=3))
    text = check_same(describe(spec, tmp_path), tmp_path)
    assert 'path: str = "set",' in text
    assert "def resize" not in text


def test_the_path_can_be_another(tmp_path: Path) -> None:
    write_idx(tmp_path / "set")
    spec = DataSpec(source="idx", path="set")
    assert 'path: str = "/data/set",' in source_code(spec, tmp_path, path="/data/set")


def test_npz(tmp_path: Path) -> None:
    arrays = {
        "picture": random_images(12, 4, 4, 3),
        "series": np.random.default_rng(0).normal(size=(12, 5, 2)),
        "kind": np.array(["b", "a", HOSTILE] * 4),
        "label": np.arange(12) % 3 + 1,
        "y": np.linspace(0, 1, 12),
        HOSTILE.replace("/", ""): np.arange(36).reshape(12, 3),
    }
    write_npz(tmp_path / "a.npz", **arrays)
    spec = describe(DataSpec(source="npz", path="a.npz", image_size=(6, 6)), tmp_path)
    whole = {"dtype": "int64", "normalize": "none"}
    ports = tuple(
        port.model_copy(update=whole) if port.shape == (3,) else port for port in spec.ports
    )
    spec = spec.model_copy(update={"ports": ports})
    check_same(spec, tmp_path)


@pytest.mark.parametrize("kind", ["random", "stratified", "ordered"])
def test_csv(tmp_path: Path, kind: str) -> None:
    write_table(tmp_path / "t.csv", separator=";")
    spec = from_path(tmp_path / "t.csv")
    spec = spec.model_copy(update={"split": Split(kind=kind, seed=9), "path": "t.csv"})
    text = check_same(spec, tmp_path)
    assert 'delimiter=";"' in text


def test_csv_without_header_and_with_hostile_text(tmp_path: Path) -> None:
    quotes = HOSTILE.replace('"', '""')
    rows = "".join(f'{k},{k * k},"{(quotes, "b")[k % 2]}"\n' for k in range(12))
    (tmp_path / "t.csv").write_text(rows, encoding="utf-8")
    spec = describe(DataSpec(source="csv", path="t.csv"), tmp_path)
    assert HOSTILE in spec.ports[1].classes
    check_same(spec, tmp_path)


def test_csv_with_hostile_names_and_a_part_column(tmp_path: Path) -> None:
    quotes = HOSTILE.replace('"', '""')
    rows = "".join(f"{k},{k % 3},{('train', 'test')[k % 4 == 0]}\n" for k in range(12))
    (tmp_path / "t.csv").write_text(f'"{quotes}1","{quotes}2",use\n{rows}', encoding="utf-8")
    port = DataPort(
        name="long " * 30, type="number", columns=(HOSTILE + "1",), shape=(1,), normalize="standard"
    )
    label = DataPort(name='"', type="category", columns=(HOSTILE + "2",), shape=(), dtype="int64")
    spec = DataSpec(
        source="csv", path="t.csv", ports=(port, label), split=Split(kind="given", column="use")
    )
    check_same(describe(spec, tmp_path), tmp_path)


def test_many_columns_fold(tmp_path: Path) -> None:
    names = [f"column number {k}" for k in range(30)]
    rows = "".join(",".join(str(k * j % 11) for j in range(30)) + "\n" for k in range(12))
    (tmp_path / "t.csv").write_text(",".join(names) + "\n" + rows)
    check_same(describe(DataSpec(source="csv", path="t.csv"), tmp_path), tmp_path)


@pytest.mark.parametrize("size", [None, (6, 9)])
def test_pictures(tmp_path: Path, size: tuple[int, int] | None) -> None:
    write_pictures(tmp_path / "set", parts=("train", "test"))
    split = Split(kind="given", validation=0.2)
    spec = DataSpec(source="images", path="set", image_size=size, grey=size is None, split=split)
    check_same(describe(spec, tmp_path), tmp_path)


def test_one_port_alone(tmp_path: Path) -> None:
    write_pictures(tmp_path / "set")
    spec = describe(DataSpec(source="images", path="set"), tmp_path)
    check_same(spec.model_copy(update={"ports": spec.ports[:1]}), tmp_path)
    write_idx(tmp_path / "idx", test=0)
    spec = describe(DataSpec(source="idx", path="idx"), tmp_path)
    check_same(spec.model_copy(update={"ports": spec.ports[1:]}), tmp_path)


@pytest.mark.parametrize("length", [30, 60, 77, 84, 90, 200])
def test_long_paths_are_formatted(tmp_path: Path, length: int) -> None:
    write_table(tmp_path / "t.csv")
    text = source_code(DataSpec(source="csv", path="t.csv"), tmp_path, path="p" * length)
    (tmp_path / "data.py").write_text(text)
    check_style(tmp_path / "data.py")


def test_missing_data_cannot_be_exported(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="data is missing"):
        source_code(DataSpec(source="csv", path="gone.csv"), tmp_path)


def test_requirements() -> None:
    assert requirements(DataSpec(source="csv", path="a")) == ["torch>=2.6", "numpy>=1.26"]
    assert "scikit-learn>=1.4" in requirements(DataSpec(source="digits"))
    assert "pillow>=10.3" in requirements(DataSpec(source="images", path="a"))


@settings(deadline=None)
@given(st.text(alphabet=st.characters()) | st.text(alphabet="a\"'\\\n"))
def test_quoted_texts_are_the_same_text(text: str) -> None:
    assert ast.literal_eval(quoted(text)) == text
    assert quoted(text).isascii()
    assert "\n" not in quoted(text)
