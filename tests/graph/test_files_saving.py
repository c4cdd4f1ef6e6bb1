"""Saving: the old file or the new one is there at every moment, and nothing else."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from graph import files
from graph.document import Project
from graph.errors import FileError


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_saved_file_is_loaded_again(tmp_path: Path) -> None:
    files.save(Project("first"), tmp_path / "p.loom")
    files.save(Project("second"), tmp_path / "p.loom")
    assert files.load(tmp_path / "p.loom").project.name == "second"
    assert names(tmp_path) == ["p.loom"]


@pytest.mark.skipif(os.name == "nt", reason="POSIX permissions")
def test_permissions_are_kept_and_new_files_follow_the_umask(tmp_path: Path) -> None:
    path = tmp_path / "p.loom"
    old = os.umask(0o027)
    try:
        files.save(Project(), path)
    finally:
        os.umask(old)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    path.chmod(0o664)
    files.save(Project("x"), path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o664


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    real, link = tmp_path / "real" / "p.loom", tmp_path / "link.loom"
    files.save(Project("old"), real)
    link.symlink_to(real)
    files.save(Project("new"), link)
    assert link.is_symlink()
    assert files.load(real).project.name == "new"


@pytest.mark.parametrize("function", ["write", "fsync", "replace", "chmod", "open"])
@pytest.mark.parametrize(
    ("number", "said"),
    [
        (errno.ENOSPC, "the disk is full"),
        (errno.EACCES, "may not write there"),
        (errno.EIO, "error"),
    ],
)
def test_a_failure_at_any_step_leaves_the_old_file_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, function: str, number: int, said: str
) -> None:
    path = tmp_path / "p.loom"
    files.save(Project("old"), path)

    def fail(*_: object, **__: object) -> int:
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patch:
        if function == "write":
            patch.setattr(Path, "write_bytes", fail)
        else:
            patch.setattr(os, function, fail)
        with pytest.raises(FileError, match=r"p\.loom could not be written: ") as refusal:
            files.save(Project("new"), path)
    assert said in str(refusal.value)
    assert "unchanged" in str(refusal.value)
    assert files.load(path).project.name == "old"
    assert names(tmp_path) == ["p.loom"]


def test_an_interrupt_while_writing_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "write_bytes", interrupt)
    with pytest.raises(KeyboardInterrupt):
        files.save(Project("new"), tmp_path / "p.loom")
    assert names(tmp_path) == []


def _missing(folder: Path) -> Path:
    return folder / "none" / "p.loom"


def _under_a_file(folder: Path) -> Path:
    (folder / "file").write_text("")
    return folder / "file" / "p.loom"


def _a_folder(folder: Path) -> Path:
    (folder / "p.loom").mkdir()
    return folder / "p.loom"


def _long(folder: Path) -> Path:
    return folder / ("x" * 300)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (_missing, "the folder does not exist"),
        (_under_a_file, "not a folder|does not exist"),
        (_a_folder, "there is a folder of this name"),
        (_long, "name is too long|File name too long"),
    ],
)
def test_places_that_cannot_be_written_are_named(
    tmp_path: Path, make: Callable[[Path], Path], said: str
) -> None:
    with pytest.raises(FileError, match=said):
        files.save(Project(), make(tmp_path))


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere"
)
def test_a_read_only_file_or_folder_is_respected(tmp_path: Path) -> None:
    path = tmp_path / "p.loom"
    files.save(Project("old"), path)
    path.chmod(0o444)
    with pytest.raises(FileError, match="may not write there"):
        files.save(Project("new"), path)
    path.chmod(0o644)
    tmp_path.chmod(0o555)
    try:
        with pytest.raises(FileError, match="may not write there"):
            files.save(Project("new"), path)
    finally:
        tmp_path.chmod(0o755)
    assert files.load(path).project.name == "old"


def test_a_project_that_cannot_be_written_harms_nothing(tmp_path: Path) -> None:
    path = tmp_path / "p.loom"
    files.save(Project("old"), path)
    endless = Project("new")
    endless.unknown["number"] = 10**6_000
    with pytest.raises(FileError, match="cannot be written as a file"):
        files.save(endless, path)
    assert files.load(path).project.name == "old"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"\xff\xfe{\x00}\x00", "expected text in UTF-8, received the byte 0xff at offset 0"),
        (b"PK\x03\x04\x80", "byte 0x80 at offset 4"),
        (b"", "it is empty"),
    ],
)
def test_items_of_other_kinds_are_refused(tmp_path: Path, data: bytes, said: str) -> None:
    (tmp_path / "p.loom").write_bytes(data)
    with pytest.raises(FileError, match=said):
        files.load(tmp_path / "p.loom")


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    text = files.dumps(Project("x"))
    (tmp_path / "p.loom").write_bytes(b"\xef\xbb\xbf" + text.encode())
    assert files.load(tmp_path / "p.loom").project.name == "x"


def test_missing_files_folders_and_giants_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(FileError, match="does not exist"):
        files.load(tmp_path / "p.loom")
    with pytest.raises(FileError, match="is a folder"):
        files.load(tmp_path)
    with pytest.raises(FileError, match="p\x00"):
        files.load("p\x00.loom")
    (tmp_path / "p.loom").write_bytes(b" " * 2_000)
    monkeypatch.setattr(files, "LARGEST_FILE", 1_999)
    with pytest.raises(FileError, match="is larger than"):
        files.load(tmp_path / "p.loom")
