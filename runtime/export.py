"""A project as a folder of plain PyTorch that runs without Torchloom."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from graph.analysis import Analysis
from graph.atomic import write_bytes
from graph.codegen import generate_model, generate_script
from graph.document import Project
from graph.errors import FileError
from runtime.carried import MOST_BYTES, MOST_FILES, Carried, carried
from runtime.data import load, requirements, source_code
from runtime.feasible import lone_examples
from runtime.lookups import short_tables
from runtime.plan import facts, refuse

__all__ = ["MARK", "Export", "export", "exported_files"]

#: The first line of requirements.txt, by which a folder is known to be an export.
MARK = "# Written by Torchloom; exporting here again replaces its files."
_TOO_MUCH = f"it has more than {MOST_BYTES // 2**20} MiB or {MOST_FILES:,} files"


@dataclass(frozen=True)
class Export:
    """What an export has written."""

    files: list[Path]
    #: Where the data is, if it was too large to be copied.
    elsewhere: Path | None = None

    @property
    def note(self) -> str:
        """What a user has to know of it, or nothing."""
        if self.elsewhere is None:
            return ""
        return f"{self.elsewhere} was not copied: {_TOO_MUCH}. data.py holds its path."


def exported_files(project: Project, base: Path) -> dict[str, str]:
    """Return the texts of an export by file name.

    Raises
    ------
    ProblemsError
        If the project has errors.
    DataError
        If its data cannot be used.
    """
    return _exported(project, base)[0]


def export(project: Project, base: Path, folder: Path) -> Export:
    """Write an export into `folder`, the files of its data copied beside.

    Raises
    ------
    FileError
        If the folder holds something else, or cannot be written.
    """
    _check_folder(folder)
    texts, data = _exported(project, base)
    try:
        if data is not None:
            data.check(folder)
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            write_bytes(folder / name, text.encode("utf-8"))
        written = [folder / name for name in texts]
        if data is not None:
            written += data.copy(folder)
    except OSError as error:
        raise FileError(f"{folder} could not be written: {error.strerror}.") from error
    return Export(written, data.source if data is not None and data.stays else None)


def _exported(project: Project, base: Path) -> tuple[dict[str, str], Carried | None]:
    """Return the texts by file name, and the data that belongs to them."""
    analysis = Analysis(project)
    try:
        refuse(analysis.errors())
        dataset = load(project.data, base)
        refuse(list(short_tables(project, analysis, dataset)))
        refuse(list(lone_examples(project, analysis, len(dataset.train))))
        script = generate_script(project, analysis, facts(project, analysis, dataset))
        model = generate_model(project, analysis)
    finally:
        analysis.close()
    texts = {
        "model.py": model.text,
        "data.py": "",
        "train.py": script.text,
        "requirements.txt": "\n".join([MARK, *requirements(project.data), ""]),
        # Wherever ruff is run from, it then knows data and model as files of this folder.
        "ruff.toml": "line-length = 88\n",
        "README.md": "",
    }
    data = carried(project.data, base, texts)
    path = None if data is None else data.path
    texts["data.py"] = source_code(project.data, base, path)
    texts["README.md"] = _readme(project, data)
    return texts, data


def _check_folder(folder: Path) -> None:
    """Raise FileError where exporting would mix with or replace what is not ours."""
    try:
        if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
            return
        if not folder.is_dir():
            raise FileError(f"{folder} is a file; expected a folder to export into.")
        marked = folder / "requirements.txt"
        if marked.is_file() and marked.read_text("utf-8", "replace").startswith(MARK):
            return
    except OSError as error:
        raise FileError(f"{folder} could not be read: {error.strerror}.") from error
    raise FileError(
        f"{folder} already holds other files, which are left alone; choose an empty or a new "
        "folder with --out."
    )


def _readme(project: Project, data: Carried | None) -> str:
    """Return how to run the export."""
    about = ""
    if data is not None and data.stays:
        about = (
            f"\nThe data is not in this folder: {_TOO_MUCH}. Its path is that of `load_data` in\n"
            "data.py; where the folder is moved to another machine, copy the data and set it.\n"
        )
    elif data is not None:
        about = "\nThe data lies beside them, where `load_data` in data.py says.\n"
    return (
        "# Training in plain PyTorch\n\n"
        "```\n"
        "python3 -m venv .venv\n"
        ".venv/bin/pip install -r requirements.txt\n"
        ".venv/bin/python train.py\n"
        "```\n\n"
        "- `model.py`: the networks\n"
        "- `data.py`: reading, dividing and normalising the data\n"
        "- `train.py`: the training, which writes the weights as `.pt` files at its end\n"
        f"{about}\n"
        f"With seed {project.settings.seed} on the CPU it prints the losses that the app showed.\n"
    )
