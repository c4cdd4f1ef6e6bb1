"""A project as a folder of plain PyTorch that runs without Torchloom."""

from __future__ import annotations

import shutil
from pathlib import Path

from graph.analysis import Analysis
from graph.atomic import write_bytes
from graph.codegen import generate_model, generate_script
from graph.dataspec import DataSpec
from graph.document import Project
from graph.errors import FileError
from runtime.data import load, requirements, source_code
from runtime.feasible import lone_examples
from runtime.lookups import short_tables
from runtime.plan import facts, refuse

__all__ = ["MARK", "export", "exported_files"]

#: The first line of requirements.txt, by which a folder is known to be an export.
MARK = "# Written by Torchloom; exporting here again replaces its files."
#: Data files up to this many bytes are copied into the folder.
_COPIED = 50 * 2**20


def exported_files(project: Project, base: Path) -> dict[str, str]:
    """Return the texts of an export by file name.

    Raises
    ------
    ProblemsError
        If the project has errors.
    DataError
        If its data cannot be used.
    """
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
    path = None
    if project.data.path and not project.data.is_remote:
        source = _source(project.data, base)
        path = source.name if _is_copied(source) else str(source)
    return {
        "model.py": model.text,
        "data.py": source_code(project.data, base, path),
        "train.py": script.text,
        "requirements.txt": "\n".join([MARK, *requirements(project.data), ""]),
        # Wherever ruff is run from, it then knows data and model as files of this folder.
        "ruff.toml": "line-length = 88\n",
        "README.md": _readme(project, path),
    }


def export(project: Project, base: Path, folder: Path) -> list[Path]:
    """Write an export into `folder` and return the files; data files are copied beside.

    Raises
    ------
    FileError
        If the folder holds something else, or cannot be written.
    """
    _check_folder(folder)
    texts = exported_files(project, base)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            write_bytes(folder / name, text.encode("utf-8"))
        written = [folder / name for name in texts]
        if project.data.path and _is_copied(source := _source(project.data, base)):
            target = folder / source.name
            if not (target.exists() and target.samefile(source)):
                shutil.copyfile(source, target)
            written.append(target)
    except OSError as error:
        raise FileError(f"{folder} could not be written: {error.strerror}.") from error
    return written


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


def _source(data: DataSpec, base: Path) -> Path:
    return (base / Path(data.path).expanduser()).resolve()


def _is_copied(source: Path) -> bool:
    return source.is_file() and source.stat().st_size <= _COPIED


def _readme(project: Project, path: str | None) -> str:
    """Return how to run the export."""
    data = "" if path is None else "\nThe data is read from where `load_data` in data.py says.\n"
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
        f"{data}\n"
        f"With seed {project.settings.seed} on the CPU it prints the losses that the app showed.\n"
    )
