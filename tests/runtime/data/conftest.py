from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.runtime.data.making import CLASSES, rows, write_json


@pytest.fixture
def dataset(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[bool], Path]]:
    """Return a function that writes a dataset as `datasets` saves it, or as files of lines."""
    datasets = pytest.importorskip("datasets")
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    shown = datasets.are_progress_bars_disabled()
    datasets.disable_progress_bars()

    def write(saved: bool) -> Path:
        folder = tmp_path / "set"
        parts = {"train": rows()[:48], "test": rows()[48:]}
        if not saved:
            folder.mkdir()
            for name, records in parts.items():
                write_json(folder / f"{name}.jsonl", records)
            return folder
        kind = datasets.ClassLabel(names=list(CLASSES)[::-1])
        found = {}
        for name, records in parts.items():
            made = datasets.Dataset.from_list(records)
            found[name] = made.cast_column("label", kind)
        datasets.DatasetDict(found).save_to_disk(folder)
        return folder

    yield write
    if not shown:
        datasets.enable_progress_bars()
