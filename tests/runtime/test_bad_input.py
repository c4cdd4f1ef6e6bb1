"""Bad input from end to end: a message that says what to do, exit code 1, nothing written."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from runtime import examples
from runtime.runs import list_runs
from tests.runtime.test_cli import spoil, torchloom

Break = Callable[[Path], list[str | Path]]
"""Spoils what lies in a folder with the example `iris`; returns more arguments of `train`."""


def newer(folder: Path) -> list[str | Path]:
    path = folder / "iris.loom"
    path.write_text(json.dumps({**json.loads(path.read_text()), "version": 1000, "needs": "9"}))
    return []


def missing_data(folder: Path) -> list[str | Path]:
    (folder / "iris.csv").unlink()
    return []


def text_among_numbers(folder: Path) -> list[str | Path]:
    spoil(folder / "iris.csv", "5.1,3.5", "5.1,tall")
    return []


def no_number(folder: Path) -> list[str | Path]:
    spoil(folder / "iris.csv", "5.1,3.5", "5.1,nan")
    return []


def another_class(folder: Path) -> list[str | Path]:
    spoil(folder / "iris.csv", "5.1,3.5,1.4,0.2,setosa", "5.1,3.5,1.4,0.2,tulip")
    return []


def nothing_but_a_header(folder: Path) -> list[str | Path]:
    path = folder / "iris.csv"
    path.write_text(path.read_text().splitlines()[0] + "\n")
    return []


def arrays(folder: Path, **more: np.ndarray) -> list[str | Path]:
    rng = np.random.default_rng(1)
    values = {"x": rng.random((60, 4)).astype("f4"), "y": np.arange(60) % 3, **more}
    np.savez(folder / "a.npz", **values)
    return ["--data", folder / "a.npz"]


def nan_in_an_array(folder: Path) -> list[str | Path]:
    return arrays(folder, x=np.full((60, 4), np.nan, "f4"))


def negative_labels(folder: Path) -> list[str | Path]:
    return arrays(folder, y=np.arange(60) % 3 - 1)


def objects(folder: Path) -> list[str | Path]:
    return arrays(folder, x=np.array([{}] * 60, dtype=object))


def an_empty_class(folder: Path) -> list[str | Path]:
    for name in ("a", "b", "c"):
        (folder / "pictures" / name).mkdir(parents=True)
        if name != "b":
            for i in range(6):
                Image.new("L", (9, 9)).save(folder / "pictures" / name / f"{i}.png")
    return ["--data", folder / "pictures"]


@pytest.mark.parametrize(
    ("spoiled", "said"),
    [
        (newer, "has the file format 1000; this version reads up to 1. Install "),
        (missing_data, "iris.csv"),
        (text_among_numbers, "row 2, column 'sepal_width': 'tall' is not a number. Correct it, or"),
        (no_number, "row 2, column 'sepal_width': the value is missing. Fill it in"),
        (another_class, "'tulip'"),
        (nothing_but_a_header, "the table has no rows"),
        (nan_in_an_array, "nan is not a finite number"),
        (negative_labels, "labels: example 0 has label -1, expected 0 to"),
        (objects, "Object arrays cannot be loaded"),
        (an_empty_class, "the class 'b' has no pictures"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_training_says_what_is_wrong(spoiled: Break, said: str, tmp_path: Path) -> None:
    examples.copy("iris", tmp_path / "iris.loom")
    more = spoiled(tmp_path)
    before = (tmp_path / "iris.loom").read_bytes()
    done = torchloom("train", tmp_path / "iris.loom", *more, "--out", tmp_path / "runs")
    assert done.returncode == 1
    assert said in done.stderr
    assert done.stdout == ""
    assert list_runs(tmp_path / "runs") == []
    assert (tmp_path / "iris.loom").read_bytes() == before
    if not more:
        checked = torchloom("check", tmp_path / "iris.loom")
        assert checked.returncode == 1
        assert said in checked.stdout + checked.stderr


def test_two_runs_at_once_have_a_folder_each(tmp_path: Path) -> None:
    from concurrent.futures import ThreadPoolExecutor

    def train(_: int) -> dict[str, object]:
        done = torchloom("train", "xor", "--epochs", "1", "--out", tmp_path, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.splitlines()[-1])

    with ThreadPoolExecutor(2) as pool:
        one, other = pool.map(train, range(2))
    assert one["run"] != other["run"]
    assert [run.state for run in list_runs(tmp_path)] == ["finished", "finished"]


def test_other_data_may_have_more_classes(tmp_path: Path) -> None:
    more = arrays(tmp_path, y=np.arange(60) % 7)
    done = torchloom("train", "iris", *more, "--epochs", "1", "--out", tmp_path / "runs")
    assert done.returncode == 0
    assert "out_features is 7 instead of 3, one for each class of 'species'." in done.stderr
