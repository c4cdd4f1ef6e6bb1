"""The data that an export takes along, so that it runs wherever the folder is moved to."""

from __future__ import annotations

import shutil
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from graph.dataspec import DataSpec
from graph.errors import FileError
from runtime.data.faults import data_faults
from runtime.data.sources import KINDS

__all__ = ["MOST_BYTES", "MOST_FILES", "Carried", "carried"]

#: Data up to so many bytes and files is copied into the folder of an export.
MOST_BYTES = 50 * 2**20
MOST_FILES = 20_000


@dataclass(frozen=True)
class Carried:
    """What a project's data is read from, and what an export has of it."""

    #: The file or folder, as an absolute path.
    source: Path
    #: Its place in the export's folder; where the data stays, its place on this machine.
    path: str
    #: The files to be copied; none where the data stays.
    files: tuple[Path, ...] = ()

    @property
    def stays(self) -> bool:
        """Whether the data is too large to be taken along."""
        return not self.files

    def _targets(self, folder: Path) -> dict[Path, Path]:
        """Return the place in `folder` of each file."""
        place = folder / self.path
        return {file: place / file.relative_to(self.source) for file in self.files}

    def check(self, folder: Path) -> None:
        """Raise FileError where other files lie where the data's will be, and would be read."""
        place = folder / self.path
        if self.stays or not place.is_dir() or _same(place, self.source):
            return
        wanted = set(self._targets(folder).values())
        other = next((f for f in place.rglob("*") if f.is_file() and f not in wanted), None)
        if other is not None:
            raise FileError(
                f"{other} is not part of the data, but would be read with it; remove it or choose "
                "another --out."
            )

    def copy(self, folder: Path) -> list[Path]:
        """Copy the files into `folder`; return where they are. Raises OSError."""
        targets = self._targets(folder)
        for file, target in targets.items():
            if not _same(target, file):
                target.parent.mkdir(parents=True, exist_ok=True)
                target.unlink(missing_ok=True)  # a link there would lead out of the folder
                shutil.copyfile(file, target)
        return list(targets.values())


def carried(data: DataSpec, base: Path, taken: Collection[str]) -> Carried | None:
    """Return what an export takes along; None where the data comes with a package or by name.

    `taken` are names of files in the export that the data's must differ from.

    Raises
    ------
    DataError
        If the data cannot be read.
    """
    if not data.path or data.is_remote:
        return None
    source = (base / Path(data.path).expanduser()).resolve()
    with data_faults():
        files = _within_bounds(KINDS[data.source].files_at(source))
    if not files:
        return Carried(source, str(source))
    name = source.name or "data"
    while name.lower() in {other.lower() for other in taken}:
        name = f"data-{name}"
    return Carried(source, name, files)


def _within_bounds(files: Iterable[Path]) -> tuple[Path, ...]:
    """Return the files, or none if they are too many or too large to be copied."""
    found: list[Path] = []
    size = 0
    for file in files:
        found.append(file)
        size += file.stat().st_size
        if size > MOST_BYTES or len(found) > MOST_FILES:
            return ()
    return tuple(found)


def _same(one: Path, other: Path) -> bool:
    return one.exists() and one.samefile(other)
