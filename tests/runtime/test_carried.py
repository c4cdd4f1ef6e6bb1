"""What of its data an export takes along."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from graph.dataspec import DataSpec
from graph.errors import FileError
from runtime import carried as module
from runtime.carried import carried
from runtime.data import from_path
from runtime.export import export
from tests.runtime.data.making import (
    write_clips,
    write_halves,
    write_idx,
    write_pairs,
    write_pictures,
    write_prose,
    write_sounds,
    write_table,
    write_texts,
    write_triples,
)
from tests.runtime.training import pictures


def write_parts(folder: Path) -> Path:
    folder.mkdir()
    for part in ("train", "test"):
        write_prose(folder / f"{part}.txt")
    return folder


@pytest.mark.parametrize(
    "make",
    [
        write_pictures,
        write_sounds,
        write_clips,
        write_pairs,
        write_halves,
        write_idx,
        write_texts,
        write_parts,
        write_triples,
    ],
)
def test_a_folder_takes_along_what_is_read(tmp_path: Path, make: Callable[..., Path]) -> None:
    place = make(tmp_path / "set")
    wanted = {file for file in place.rglob("*") if file.is_file()} - {place / "all.tsv"}
    (place / "notes.doc").write_text("mine")
    (place / ".hidden").write_text("mine")
    spec = from_path(place)
    found = carried(spec, tmp_path, ())
    assert found is not None
    assert (found.path, set(found.files)) == ("set", wanted)
    copied = found.copy(tmp_path / "out")
    assert {file.relative_to(tmp_path / "out" / "set") for file in copied} == {
        file.relative_to(place) for file in wanted
    }
    moved = spec.model_copy(update={"path": "set"})
    assert carried(moved, tmp_path / "out", ()).files == tuple(copied)  # type: ignore[union-attr]


def test_a_file_with_the_name_of_one_of_ours(tmp_path: Path) -> None:
    write_table(tmp_path / "Train.py")
    found = carried(
        DataSpec(source="csv", path="Train.py"), tmp_path, ("train.py", "data-train.py")
    )
    assert found is not None
    assert found.path == "data-data-Train.py"
    (copy,) = found.copy(tmp_path / "out")
    assert copy.read_bytes() == (tmp_path / "Train.py").read_bytes()


def test_a_link_in_the_folder_is_replaced_not_followed(tmp_path: Path) -> None:
    write_table(tmp_path / "table.csv")
    other, out = tmp_path / "other.txt", tmp_path / "out"
    other.write_text("mine")
    out.mkdir()
    (out / "table.csv").symlink_to(other)
    found = carried(DataSpec(source="csv", path="table.csv"), tmp_path, ())
    assert found is not None
    (copy,) = found.copy(out)
    assert other.read_text() == "mine"
    assert copy.read_bytes() == (tmp_path / "table.csv").read_bytes()


def test_what_comes_with_a_package_or_by_name_needs_no_copy(tmp_path: Path) -> None:
    assert carried(DataSpec(source="digits"), tmp_path, ()) is None
    assert carried(DataSpec(source="huggingface", path="hf://a/b"), tmp_path, ()) is None


@pytest.mark.parametrize(("bound", "value"), [("MOST_BYTES", 2000), ("MOST_FILES", 89)])
def test_what_is_too_large_stays_and_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bound: str, value: int
) -> None:
    project = pictures(tmp_path)
    monkeypatch.setattr(module, bound, value)
    written = export(project, tmp_path, tmp_path / "out")
    assert written.elsewhere == tmp_path / "pictures"
    assert written.note.startswith(f"{tmp_path / 'pictures'} was not copied: it has more than")
    assert not (tmp_path / "out" / "pictures").exists()
    assert str(tmp_path / "pictures") in (tmp_path / "out" / "data.py").read_text()
    assert "The data is not in this folder" in (tmp_path / "out" / "README.md").read_text()


def test_exporting_again_refuses_files_that_would_be_read_with_the_data(tmp_path: Path) -> None:
    project, out = pictures(tmp_path), tmp_path / "out"
    first = export(project, tmp_path, out)
    assert first.note == ""
    assert len(first.files) == 6 + 90
    assert str(tmp_path) not in (out / "data.py").read_text()
    export(project, tmp_path, out)
    (tmp_path / "pictures" / "dark" / "3.png").unlink()
    with pytest.raises(FileError, match=r"dark.3\.png is not part of the data, but would be read"):
        export(project, tmp_path, out)


def test_the_data_may_lie_in_the_folder_already(tmp_path: Path) -> None:
    project, out = pictures(tmp_path), tmp_path / "out"
    export(project, tmp_path, out)
    (out / "pictures" / "notes.txt").write_text("mine")
    assert export(project, out, out).elsewhere is None
    assert (out / "pictures" / "notes.txt").read_text() == "mine"
