"""Examples read while training: the very numbers of those held in memory, within bounds."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
import torch

from graph.dataspec import DataSpec
from graph.errors import DataError
from runtime.data import check, from_path, load, source_code
from runtime.data.loading import Dataset
from runtime.data.streaming import Streamed, read_ahead
from runtime.session import State
from tests.runtime.data.making import (
    random_images,
    write_clips,
    write_halves,
    write_idx,
    write_npz,
    write_pairs,
    write_pictures,
    write_sounds,
)
from tests.runtime.data.test_export_kinds import check_style
from tests.runtime.training import finished, pictures


class Files:
    """Numbers in the place of files: what is read of them, and how much at a time."""

    def __init__(self, count: int, width: int = 4) -> None:
        self.values = np.random.default_rng(0).normal(3, 2, (count, 1, width)).astype(np.float32)
        self.paths = [Path(str(k)) for k in range(count)]
        self.read: list[int] = []
        self.threads: set[str] = set()

    def __call__(self, files: Sequence[Path]) -> np.ndarray:
        rows = [int(file.name) for file in files]
        self.read += rows
        self.threads.add(threading.current_thread().name)
        time.sleep(0.001 * (rows[0] % 3))  # threads finish out of order
        return self.values[rows]


def batches(count: int, size: int, seed: int = 0) -> tuple[torch.Tensor, ...]:
    order = torch.randperm(count, generator=torch.Generator().manual_seed(seed))
    return order.split(size)


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_batches_are_the_same_whatever_the_number_of_threads(workers: int) -> None:
    files = Files(100)
    column = Streamed(files, files.paths, workers)
    train = torch.arange(80)
    mean, deviation = column.standardize(train, (0, 2))
    wanted = (files.values - mean) / deviation
    np.testing.assert_allclose(wanted[:80].mean(), 0, atol=1e-6)
    for seed in range(2):
        for batch in read_ahead({"x": column}, batches(80, 7, seed)):
            found = column.index_select(0, batch)
            assert torch.equal(found, torch.from_numpy(wanted[batch.numpy()]))


def test_reading_ahead_is_bounded_and_reads_each_example_once() -> None:
    files = Files(200)
    column = Streamed(files, files.paths, workers=2)
    files.read.clear()
    taken = 0
    for batch in read_ahead({"x": column}, batches(200, 10)):
        column.index_select(0, batch)
        taken += len(batch)
        assert len(files.read) <= taken + 10 * (column.workers + 1)
    assert sorted(files.read) == list(range(200))
    assert len(files.threads - {threading.main_thread().name}) == 2


def test_large_examples_are_read_ahead_one_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runtime.data.streaming.BYTES_AHEAD", 100)
    files = Files(40)
    column = Streamed(files, files.paths, workers=4)
    column.expect(batches(40, 8))
    assert len(column.ahead) == 1


def test_other_rows_may_be_asked_for_between_batches_and_batches_left_out() -> None:
    files = Files(60)
    column = Streamed(files, files.paths, workers=2)
    order = batches(60, 10)
    watched = torch.tensor([3, 1, 2])
    for k, batch in enumerate(read_ahead({"x": column}, order)):
        if k in (1, 2):
            continue
        for rows in (watched, batch, batch):
            found = column.index_select(0, rows)
            assert torch.equal(found, torch.from_numpy(files.values[rows.numpy()]))
            found.zero_()  # what is done to a batch stays with it


def test_examples_are_had_in_any_thread_and_what_is_read_ahead_is_left() -> None:
    files = Files(60)
    column = Streamed(files, files.paths, 2)
    train = torch.arange(60)
    column.standardize(train, (0, 2))
    held = torch.from_numpy(files.values)
    dataset = Dataset({"file": column, "held": held}, train, train, train, DataSpec())
    rows = torch.tensor([7, 3, 59])
    wanted = [column.index_select(0, batch) for batch in (rows, *batches(60, 6))]
    found: list[torch.Tensor] = []
    ahead = read_ahead(dataset.columns, batches(60, 6))
    beside = threading.Thread(
        target=lambda: found.extend(dataset.examples("file", rows) for _ in range(30))
    )
    beside.start()
    for batch, values in zip(ahead, wanted[1:], strict=True):
        assert torch.equal(column.index_select(0, batch), values)
    beside.join()
    assert len(found) == 30
    assert all(torch.equal(one, wanted[0]) for one in found)
    assert torch.equal(dataset.examples("held", rows), held[rows])


def test_reading_that_fails_is_said_where_the_batch_is_wanted() -> None:
    def read(files: Sequence[Path]) -> np.ndarray:
        if Path("17") in files:
            raise ValueError("17: not a readable picture")
        return np.zeros((len(files), 2), np.float32)

    column = Streamed(read, [Path(str(k)) for k in range(20)], workers=2)
    first, second = read_ahead({"x": column}, torch.arange(20).split(10))
    assert column.index_select(0, first).shape == (10, 2)
    with pytest.raises(ValueError, match="17: not a readable picture"):
        column.index_select(0, second)


MADE: dict[str, Callable[[Path], Path]] = {
    "images": lambda folder: write_pictures(folder, count=8),
    "audio": write_sounds,
    "clips": lambda folder: write_clips(folder, count=4),
    "pairs": write_pairs,
    "halves": write_halves,
    "idx": write_idx,
    "arrays": lambda folder: write_npz(
        folder.with_suffix(".npz"), x=random_images(40, 5, 6, 3), y=np.arange(40) % 4
    ),
}


@pytest.mark.parametrize("kind", MADE)
def test_what_is_streamed_has_the_numbers_of_what_is_not(tmp_path: Path, kind: str) -> None:
    resident = from_path(MADE[kind](tmp_path / "d"))
    spec = resident.model_copy(update={"memory": 0.0})
    assert check(spec, tmp_path) == check(resident, tmp_path)
    held, streamed = load(resident, tmp_path), load(spec, tmp_path)
    assert isinstance(streamed.columns[spec.ports[0].name], Streamed)
    same(held, streamed)
    names: dict[str, object] = {}
    text = source_code(spec, tmp_path)
    exec(compile(text, "data.py", "exec"), names)
    columns, train, validation, test = names["load_data"]()  # type: ignore[operator]
    same(held, Dataset(columns, train, validation, test, spec))
    (tmp_path / "data.py").write_text(text, encoding="ascii")
    check_style(tmp_path / "data.py")


def same(one: Dataset, two: Dataset) -> None:
    for name, rows in {"train": one.train, "validation": one.validation, "test": one.test}.items():
        assert torch.equal(rows, getattr(two, name))
        for port, column in one.columns.items():
            assert torch.equal(
                column.index_select(0, rows), two.columns[port].index_select(0, rows)
            )


def test_what_takes_more_than_the_machine_has_is_streamed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = from_path(write_pictures(tmp_path))
    assert isinstance(load(spec, tmp_path).columns["image"], torch.Tensor)
    monkeypatch.setattr("runtime.data.source.MAX_BYTES", 1000)
    assert isinstance(load(spec, tmp_path).columns["image"], Streamed)
    assert isinstance(load(spec, tmp_path).columns["label"], torch.Tensor)


def test_training_is_the_same_to_the_last_bit(tmp_path: Path) -> None:
    results = []
    for name, reading in {"held": {}, "streamed": {"memory": 0.0}}.items():
        folder = tmp_path / name
        session = finished(pictures(folder, **reading), folder, watch=True)
        assert session.state is State.FINISHED, session.failure
        results.append([epoch.metrics for epoch in session.outcome.epochs])
    assert results[0] == results[1]
    assert results[0][0] != results[0][1]


def test_a_file_that_is_gone_ends_the_training_with_its_name(tmp_path: Path) -> None:
    spec = from_path(write_pictures(tmp_path)).model_copy(update={"memory": 0.0})
    column = load(spec, tmp_path).columns["image"]
    (tmp_path / "dog" / "3.png").unlink()
    with pytest.raises(DataError, match=r"3.png: not a readable picture"):
        column.index_select(0, torch.arange(len(column)))
