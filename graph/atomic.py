"""Files that are there whole or not at all: written beside their place, then moved into it."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import stat
from collections.abc import Iterator
from pathlib import Path

from graph.errors import FileError

__all__ = ["TEMP_SUFFIX", "keep_beside", "remove_unfinished", "replacing", "write_bytes"]

#: How the name of a file ends that is not yet in its place.
TEMP_SUFFIX = ".loom.tmp"

_REASONS = {
    errno.EACCES: "this account may not write there",
    errno.EPERM: "this account may not write there",
    errno.EROFS: "the disk is read-only",
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk quota is used up",
    errno.ENOENT: "the folder does not exist",
    errno.ENOTDIR: "a part of the path is not a folder",
    errno.EISDIR: "there is a folder of this name",
    errno.ENAMETOOLONG: "the name is too long",
}


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a new, empty file beside `path`; on leaving, move it to `path` in one step.

    The new file takes the permissions of the one it replaces. When anything fails, what was at
    `path` is still there unchanged and the new file is gone.

    Raises
    ------
    FileError
        If the file cannot be written, with the reason in words.
    """
    path = Path(os.path.realpath(path))
    temp = path.parent / f".{secrets.token_hex(8)}{TEMP_SUFFIX}"
    try:
        _refuse_read_only(path)
        # Not tempfile: this way a new file gets the permissions that the user's umask asks for.
        os.close(os.open(temp, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
        try:
            yield temp
            _put_in_place(temp, path)
        except BaseException:
            with contextlib.suppress(OSError):
                temp.unlink()
            raise
    except OSError as error:
        reason = _REASONS.get(error.errno or 0, error.strerror or str(error))
        raise FileError(
            f"{path} could not be written: {reason}. What was there before is unchanged; "
            "free some space or choose another folder."
        ) from error


def write_bytes(path: Path, data: bytes) -> None:
    """Put a file with `data` at `path` in one step; see :func:`replacing`."""
    with replacing(path) as temp:
        temp.write_bytes(data)


def keep_beside(path: Path, other: Path) -> None:
    """Have the file at `path` at `other` too, in one step; nothing is copied.

    Where the disk knows no links, it is at `other` alone.

    Raises
    ------
    OSError
        If neither can be done.
    """
    temp = path.parent / f".{secrets.token_hex(8)}{TEMP_SUFFIX}"
    try:
        os.link(path, temp)
    except OSError:
        os.replace(path, other)
        return
    try:
        os.replace(temp, other)
        temp.unlink(missing_ok=True)  # a rename between two links of one file does nothing
    except OSError:
        with contextlib.suppress(OSError):
            temp.unlink()
        raise


def remove_unfinished(folder: Path) -> None:
    """Remove what a killed process left of files that were not yet in their place.

    Only where no other process writes into `folder`.
    """
    with contextlib.suppress(OSError):
        for path in folder.glob(f".*{TEMP_SUFFIX}"):
            path.unlink(missing_ok=True)


def _refuse_read_only(path: Path) -> None:
    if path.exists() and not os.access(path, os.W_OK):
        raise PermissionError(errno.EACCES, "read-only", str(path))
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, "a folder", str(path))


def _put_in_place(temp: Path, path: Path) -> None:
    if path.exists():
        os.chmod(temp, stat.S_IMODE(path.stat().st_mode))
    with open(temp, "rb+") as file:
        os.fsync(file.fileno())
    os.replace(temp, path)
    # The rename itself must reach the disk too; Windows cannot open a folder for that.
    with contextlib.suppress(OSError):
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
