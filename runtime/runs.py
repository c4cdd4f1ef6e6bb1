"""A folder per run: what was trained, on what, how it went, and the weights.

    NAME-20250131-1/
        project.loom             the project as trained
        environment.json         versions, platform, threads, device, seed
        run.json                 the state, and why it ended; the best epoch so far
        metrics.jsonl            one object per epoch
        steps.npz                series by name: `NAME/x` and `NAME/y`
        traceback.txt            where an unforeseen exception came from, if one ended the run
        best.safetensors         weights, tensors named `NETWORK.PARAMETER`
        last.safetensors         the same after the last epoch
        checkpoint.safetensors   all that a resumed run needs: weights, optimizers, random states,
                                 the place in the epoch and its sums so far
        checkpoint-before.safetensors   the one before, should that one turn out to be damaged

All of it is data: nothing is pickled. Every file but metrics.jsonl is replaced in one step, and
of metrics.jsonl at most the last line can be torn, which reading leaves out.
"""

from __future__ import annotations

import json
import os
import platform
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from graph import files
from graph.atomic import remove_unfinished, replacing, write_bytes
from graph.errors import FileError
from graph.records import finite
from runtime.runinfo import ENDS, RunInfo, RunState, default_folder, list_runs, read_info, read_json
from runtime.tensorfiles import load_tensors, save_tensors

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor, nn

    from graph.document import Project

__all__ = ["Epoch", "Run", "RunInfo", "RunState", "default_folder", "list_runs"]

#: The name of the checkpoint before the last.
_BEFORE = "checkpoint-before"

_PACKAGES = ("torchloom", "torch", "numpy", "safetensors", "scikit-learn", "PySide6-Essentials")


@dataclass(frozen=True)
class Epoch:
    """What is known after an epoch; `metrics` by split and name, such as ``["train"]["loss"]``."""

    epoch: int
    metrics: Mapping[str, Mapping[str, float]]
    #: Seconds that the epoch took, validation included.
    seconds: float = 0.0
    learning_rates: Mapping[str, float] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON values; a loss that is no number any more becomes null."""
        return {
            "epoch": self.epoch,
            "seconds": self.seconds,
            **{split: finite(dict(values)) for split, values in self.metrics.items()},
            "learning_rates": finite(dict(self.learning_rates)),
        }


class Run:
    """One run's folder, open for writing or for reading."""

    def __init__(self, folder: Path, info: RunInfo) -> None:
        self.folder = folder
        self.info = info
        #: The curves of the part before this one, for a run that goes on.
        self._before: dict[str, tuple[np.ndarray, np.ndarray]] = {}
        #: Epochs that could not be written down yet.
        self._unwritten: list[str] = []

    @classmethod
    def create(
        cls,
        project: Project,
        parent: str | os.PathLike[str] | None = None,
        *,
        seed: int | None = None,
        device: str = "cpu",
        threads: int | None = None,
        base: str | os.PathLike[str] = "",
    ) -> Run:
        """Make a new folder in `parent` and write down what is trained on what.

        Parameters
        ----------
        base
            The folder that the data's path is relative to.

        Raises
        ------
        FileError
            If the folder cannot be made.
        """
        now = datetime.now().astimezone()
        folder = _new_folder(Path(parent or default_folder()), project.name, now)
        run = cls(
            folder,
            RunInfo(
                folder,
                project.name,
                "running",
                started=now.isoformat(timespec="seconds"),
                process=os.getpid(),
                base=os.path.abspath(base) if base else "",
            ),
        )
        run.save_project(project)
        settings = project.settings
        environment = _environment() | {
            "seed": settings.seed if seed is None else seed,
            "device": device,
            "threads": threads,
        }
        run._write_json("environment.json", environment)
        run._write_info()
        return run

    @classmethod
    def open(cls, folder: str | os.PathLike[str]) -> Run:
        """Open a run's folder for reading, or for going on with it.

        Raises
        ------
        FileError
            If it is not the folder of a run.
        """
        folder = Path(folder)
        return cls(folder, read_info(folder))

    # -- writing ------------------------------------------------------------------------------

    def save_project(self, project: Project) -> None:
        """Write down what is trained."""
        files.save(project, self.folder / "project.loom")

    def set_threads(self, threads: int) -> None:
        """Write down how many CPU threads were chosen."""
        self._write_json("environment.json", self.environment() | {"threads": threads})

    def record_epoch(self, epoch: Epoch) -> None:
        """Append an epoch's metrics; what cannot be written is tried again with the next.

        Raises
        ------
        FileError
            If it cannot be written now.
        """
        self._unwritten.append(json.dumps(epoch.as_json(), allow_nan=False) + "\n")
        self.write_epochs()

    def write_epochs(self) -> None:
        """Write down the epochs that could not be written; raises FileError as before."""
        if not self._unwritten:
            return
        path = self.folder / "metrics.jsonl"
        try:
            with open(path, "ab") as file:
                if file.tell() and not _ends_a_line(path):  # torn by a crash or a full disk
                    file.write(b"\n")
                file.write("".join(self._unwritten).encode("ascii"))
                file.flush()
                os.fsync(file.fileno())
            self._unwritten.clear()
        except OSError as error:
            raise FileError(
                f"The metrics of {self.folder} could not be written: {error.strerror}."
            ) from error

    def record_steps(self, series: Mapping[str, tuple[np.ndarray, np.ndarray]]) -> None:
        """Write the curves by step: x and y by name, in place of those written before."""
        import numpy as np

        arrays: dict[str, np.ndarray] = {}
        for name in dict.fromkeys([*self._before, *series]):
            x, y = series.get(name, (np.empty(0), np.empty(0)))
            if name in self._before:
                old_x, old_y = self._before[name]
                kept = old_x < x[0] if len(x) else np.full(len(old_x), True)
                x, y = np.concatenate([old_x[kept], x]), np.concatenate([old_y[kept], y])
            arrays[f"{name}/x"], arrays[f"{name}/y"] = x, y
        with replacing(self.folder / "steps.npz") as temp, open(temp, "wb") as file:
            cast(Any, np.savez_compressed)(file, **arrays)

    def save_weights(self, name: str, modules: Mapping[str, nn.Module]) -> None:
        """Write the weights of networks as ``NAME.safetensors``; buffers are part of them."""
        self.save_states(name, {n: module.state_dict() for n, module in modules.items()})

    def save_states(self, name: str, states: Mapping[str, Mapping[str, Tensor]]) -> None:
        """Write state dicts of networks as ``NAME.safetensors``."""
        tensors = {
            f"{network}.{key}": tensor
            for network, state in states.items()
            for key, tensor in state.items()
        }
        save_tensors(self._path(name), tensors, {"networks": json.dumps(list(states))})

    def save_checkpoint(self, tensors: Mapping[str, Tensor], state: Mapping[str, Any]) -> None:
        """Write what going on needs: tensors by name, and JSON values beside them.

        The one written before is kept beside it.
        """
        metadata = {"state": json.dumps(state)}
        save_tensors(self._path("checkpoint"), tensors, metadata, self._path(_BEFORE))

    def write_traceback(self, text: str) -> Path:
        """Write down where the exception came from that ended the run; return the file."""
        path = self.folder / "traceback.txt"
        write_bytes(path, text.encode("utf-8", errors="backslashreplace"))
        return path

    def set_best(self, epoch: int, value: float) -> None:
        """Write down which epoch the best weights are from."""
        self.info = replace(self.info, best_epoch=epoch, best_value=finite(value))
        self._write_info()

    def resume(self) -> None:
        """Say that the run goes on; the curves written so far are kept as far as it goes on.

        Files that a killed process left unfinished are removed.

        Raises
        ------
        FileError
            If another process is training it.
        """
        if self.info.state == "running" and self.info.process != os.getpid():
            raise FileError(
                f"Expected a run that has ended, received {self.folder}, which the process "
                f"{self.info.process} is training. Stop that first, or wait for it."
            )
        remove_unfinished(self.folder)
        self._before = self.steps()
        self.info = replace(self.info, state="running", reason="", ended="", process=os.getpid())
        self._write_info()

    def finish(
        self, state: RunState, reason: str = "", test: Mapping[str, float] | None = None
    ) -> None:
        """Say that the run has ended, how and why, with the final metrics of the test part."""
        if state not in ENDS:
            raise ValueError(f"a run ends {' or '.join(ENDS)}, not {state!r}")
        ended = datetime.now().astimezone().isoformat(timespec="seconds")
        self.info = replace(
            self.info, state=state, reason=reason, ended=ended, test=finite(dict(test or {}))
        )
        self._write_info()

    def _write_info(self) -> None:
        values = {k: v for k, v in vars(self.info).items() if k != "folder"}
        self._write_json("run.json", values)

    def _write_json(self, name: str, values: Mapping[str, Any]) -> None:
        text = json.dumps(values, indent=2, allow_nan=False) + "\n"
        write_bytes(self.folder / name, text.encode("ascii"))

    # -- reading ------------------------------------------------------------------------------

    def project(self) -> Project:
        """Return the project as it was trained; raises FileError where it cannot be read."""
        return files.load(self.folder / "project.loom").project

    def environment(self) -> dict[str, Any]:
        """Return the versions, platform, threads, device and seed of the run."""
        return read_json(self.folder / "environment.json")

    def epochs(self) -> list[dict[str, Any]]:
        """Return the metrics of each epoch; a line that was torn by a crash is left out.

        A run that went on from an earlier epoch has that epoch's successors twice in its file:
        the later ones count.
        """
        found: list[dict[str, Any]] = []
        for record in _lines(self.folder / "metrics.jsonl"):
            while found and found[-1]["epoch"] >= record["epoch"]:
                found.pop()
            found.append(record)
        return found

    def steps(self) -> dict[str, tuple[np.ndarray, np.ndarray]]:
        """Return the curves by step, as far as they were written."""
        import numpy as np

        path = self.folder / "steps.npz"
        if not path.exists():
            return {}
        try:
            with np.load(path, allow_pickle=False) as arrays:
                names = dict.fromkeys(key.rpartition("/")[0] for key in arrays.files)
                return {name: (arrays[f"{name}/x"], arrays[f"{name}/y"]) for name in names}
        except Exception as error:  # zipfile, zlib and numpy each have their own for a torn file
            raise FileError(f"{path} cannot be read: {error}") from error

    def weights(self, name: str = "best") -> dict[str, dict[str, Tensor]]:
        """Return the state of each network and average, for ``load_state_dict`` of a network.

        Raises
        ------
        FileError
            If the file is missing or broken.
        """
        tensors, metadata = load_tensors(self._path(name))
        found: dict[str, dict[str, Tensor]] = {n: {} for n in _names(metadata)}
        for key, tensor in tensors.items():
            network, _, parameter = key.partition(".")
            found.setdefault(network, {})[parameter] = tensor
        return found

    def checkpoint(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """Return what :meth:`save_checkpoint` wrote last, or before that where it is damaged.

        Raises
        ------
        FileError
            If there is none that can be read.
        """
        try:
            return self._checkpoint("checkpoint")
        except FileError:
            if not self.has(_BEFORE):
                raise
            return self._checkpoint(_BEFORE)

    def _checkpoint(self, name: str) -> tuple[dict[str, Tensor], dict[str, Any]]:
        tensors, metadata = load_tensors(self._path(name))
        try:
            return tensors, dict(json.loads(metadata["state"]))
        except (KeyError, ValueError, TypeError, RecursionError) as error:
            raise FileError(f"The checkpoint of {self.folder} has no readable state.") from error

    @property
    def can_go_on(self) -> bool:
        """Whether the run can be resumed: by a checkpoint, or as nothing was trained yet."""
        return self.has("checkpoint") or self.has(_BEFORE) or self.is_untrained

    @property
    def is_untrained(self) -> bool:
        """Whether it was ended before anything of it was kept, so that it begins anew."""
        kept = any(self.has(name) for name in ("checkpoint", _BEFORE, "last", "best"))
        return not kept and self.info.state != "finished" and not self.epochs()

    def has(self, name: str) -> bool:
        """Whether there are tensors called `name`: ``best``, ``last`` or ``checkpoint``."""
        return self._path(name).is_file()

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}.safetensors"


def _new_folder(parent: Path, project: str, now: datetime) -> Path:
    word = re.sub(r"[^A-Za-z0-9]+", "-", project)[:40].strip("-").lower() or "run"
    number = 1
    while True:
        folder = parent / f"{word}-{now:%Y%m%d}-{number}"
        try:
            folder.mkdir(parents=True)
            return folder
        except FileExistsError:
            number += 1
        except OSError as error:
            raise FileError(
                f"The folder {folder} for the run could not be made: {error.strerror}. "
                "Choose another with --out."
            ) from error


def _environment() -> dict[str, Any]:
    found: dict[str, Any] = {"python": platform.python_version(), "platform": platform.platform()}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found | {"cpus": os.cpu_count()}


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return
    for line in text.splitlines():
        try:
            values = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(values, dict) and isinstance(values.get("epoch"), int):
            yield values


def _ends_a_line(path: Path) -> bool:
    with open(path, "rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read(1) == b"\n"


def _names(metadata: Mapping[str, str]) -> list[str]:
    try:
        names = json.loads(metadata.get("networks", "[]"))
    except (ValueError, RecursionError):
        return []
    return [n for n in names if isinstance(n, str)] if isinstance(names, list) else []
