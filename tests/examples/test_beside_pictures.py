"""The trivial baselines of examples whose data has one of its own kind, and data in folders."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch

from graph import files
from graph.errors import FileError
from runtime import examples
from runtime.data import Dataset, load
from runtime.headless import Watcher, change, train


def data_of(name: str) -> Dataset:
    path = examples.find(name).path
    return load(files.load(path).project.data, path.parent)


def baseline(name: str) -> float:
    return examples.find(name).result.baseline


def test_next_year_brings_as_many_sunspots_as_this_one() -> None:
    data = data_of("lstm-series")
    years, target = (data.columns[name][data.test].double() for name in ("years", "next_year"))
    error = (years[:, -1] - target).square().mean()
    found = float(1 - error / target.var(correction=0))
    assert found == pytest.approx(baseline("lstm-series"), abs=0.001)


def test_entities_in_random_order() -> None:
    data = data_of("transe")
    sides = [data.columns[name][data.test] for name in ("known_heads", "known_tails")]
    # The answer itself and all that is not known to be right as well.
    left = torch.cat([known.shape[1] - known.sum(1) + 1 for known in sides]).tolist()
    expected = [sum(1 / k for k in range(1, int(n) + 1)) / n for n in left]
    assert sum(expected) / len(expected) == pytest.approx(baseline("transe"), abs=0.001)


def test_the_mean_picture_is_a_poor_guess() -> None:
    data = data_of("pix2pix")
    pictures = data.columns["picture"]
    assert isinstance(pictures, torch.Tensor)
    pictures = pictures.double()
    error = (pictures[data.test] - pictures[data.train].mean(0)).square().mean()
    assert 10 * math.log10(1 / float(error)) == pytest.approx(baseline("pix2pix"), abs=0.01)


def test_a_folder_of_data_is_copied_file_by_file(tmp_path: Path) -> None:
    written = examples.copy("transe", tmp_path / "mine.loom")
    assert {str(path.relative_to(tmp_path)) for path in written} == {
        "mine.loom",
        *(f"nations/{part}.txt" for part in ("train", "valid", "test")),
    }
    examples.copy("transe", tmp_path / "mine.loom")
    (tmp_path / "nations" / "test.txt").write_text("a\tb\tc\n")
    with pytest.raises(FileError, match=r"test.txt is there already"):
        examples.copy("transe", tmp_path / "mine.loom")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "nations").write_text("a file of mine")
    with pytest.raises(FileError, match=r"nations cannot be made: File exists"):
        examples.copy("transe", tmp_path / "other" / "mine.loom")


def test_another_graph_has_the_entities_it_has(tmp_path: Path) -> None:
    lines = [f"town {k}\t{way}\ttown {(k + 1) % 40}\n" for k in range(40) for way in "ab"]
    (tmp_path / "towns.tsv").write_text("".join(lines))
    path = examples.find("transe").path
    project = files.load(path).project
    change(project, data=str(tmp_path / "towns.tsv"), epochs=1, threads=1)
    silent = Watcher(lambda progress: None, lambda record: None, lambda note: None)
    outcome = train(project, path.parent, silent, out=tmp_path)
    assert 0 < outcome.test["mrr"] <= 1
    sizes = {
        node.params["num_embeddings"] for node in project.networks["transe"].by_kind("Embedding")
    }
    assert 40 in sizes
