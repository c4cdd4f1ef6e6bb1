"""What a run's folder says about the run: its state, why it ended, its best epoch."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, cast

from graph.errors import FileError

__all__ = ["ENDS", "RunInfo", "RunState", "default_folder", "list_runs", "read_info", "read_json"]

RunState = Literal["running", "finished", "stopped", "failed", "broken"]
#: What a run can end with.
ENDS: tuple[RunState, ...] = ("finished", "stopped", "failed")


@dataclass(frozen=True)
class RunInfo:
    """The state of a run as its folder has it."""

    folder: Path
    project: str = ""
    state: RunState = "broken"
    reason: str = ""
    #: Local time, ISO 8601, to the second.
    started: str = ""
    ended: str = ""
    #: Which epoch the best weights are from, and the value by which it was judged.
    best_epoch: int | None = None
    best_value: float | None = None
    #: Final metrics by name on the test part.
    test: Mapping[str, float] = field(default_factory=dict)
    #: The process that trains, to tell a run that was killed from one that goes on.
    process: int = 0
    #: The folder that the data's path is relative to; empty where that is not known.
    base: str = ""

    @property
    def name(self) -> str:
        """The folder's own name."""
        return self.folder.name


def default_folder() -> Path:
    """Return the folder where runs go when nobody says where."""
    import platformdirs

    return Path(platformdirs.user_data_dir("torchloom", appauthor=False)) / "runs"


def list_runs(parent: str | os.PathLike[str] | None = None) -> list[RunInfo]:
    """Return the runs in a folder, the latest first; what cannot be read is listed as broken.

    A run that says it is running while its process is gone is listed as stopped.
    """
    found: list[RunInfo] = []
    try:
        folders = [p for p in Path(parent or default_folder()).iterdir() if p.is_dir()]
    except OSError:
        return []
    for folder in folders:
        if not any((folder / name).exists() for name in ("run.json", "project.loom")):
            continue
        try:
            found.append(read_info(folder))
        except FileError as error:
            found.append(RunInfo(folder, state="broken", reason=str(error)))
    return sorted(found, key=lambda info: (info.started, info.name), reverse=True)


def read_info(folder: Path) -> RunInfo:
    """Return what a run's folder says; raises FileError where it is not one or is broken."""
    values = read_json(folder / "run.json")
    state = values.get("state")
    process = values.get("process")
    reason = str(values.get("reason", ""))
    if state not in ("running", *ENDS):
        raise FileError(f"The run {folder} has the unknown state {state!r:.80}.")
    if state == "running" and not (isinstance(process, int) and _is_alive(process)):
        state, reason = "stopped", "The program ended before the run did."
    best_epoch, best_value, test = (values.get(k) for k in ("best_epoch", "best_value", "test"))
    return RunInfo(
        folder,
        str(values.get("project", "")),
        cast(RunState, state),
        reason,
        str(values.get("started", "")),
        str(values.get("ended", "")),
        best_epoch if isinstance(best_epoch, int) else None,
        float(best_value) if isinstance(best_value, int | float) else None,
        {k: v for k, v in test.items() if isinstance(v, int | float)}
        if isinstance(test, dict)
        else {},
        process if isinstance(process, int) else 0,
        str(values.get("base", "")),
    )


def _is_alive(process: int) -> bool:
    if process == os.getpid():
        return True
    if process <= 0 or os.name == "nt":
        return False
    try:
        os.kill(process, 0)
    except OSError as error:
        return isinstance(error, PermissionError)
    except OverflowError:
        return False
    return _is_python(process)


def _is_python(process: int) -> bool:
    """Whether a process may be one of ours; numbers of ended processes are given out again."""
    try:
        command = Path(f"/proc/{process}/cmdline").read_bytes()
    except OSError:  # not on Linux, or not ours to look at
        return True
    return b"python" in command or b"torchloom" in command


def read_json(path: Path) -> dict[str, Any]:
    """Return the JSON object in a file of a run; raises FileError where there is none."""
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError) as error:
        raise FileError(
            f"{path.parent} is not the folder of a run: it has no {path.name}."
        ) from error
    except (OSError, ValueError, RecursionError) as error:
        raise FileError(f"{path} cannot be read: {error}") from error
    if not isinstance(values, dict):
        raise FileError(f"{path} should hold a JSON object.")
    return values
