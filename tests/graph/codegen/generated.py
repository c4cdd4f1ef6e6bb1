"""Generating whole programs for tests, and asking ruff what it thinks of them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from graph.analysis import Analysis
from graph.codegen import Facts, Source, generate_model, generate_script
from graph.document import Project

__all__ = ["model", "ruff_says", "script"]


def model(project: Project) -> Source:
    """Return a project's model.py."""
    analysis = Analysis(project)
    try:
        return generate_model(project, analysis)
    finally:
        analysis.close()


def script(project: Project, **facts: bool) -> Source:
    """Return a project's train.py, for data that has all parts."""
    given = {"channels_last": False, "has_validation": True, "has_test": True} | facts
    analysis = Analysis(project)
    try:
        return generate_script(project, analysis, Facts(project.settings, 1, **given))
    finally:
        analysis.close()


def ruff_says(files: Mapping[str, str], folder: Path) -> str:
    """Return what ruff, with its defaults, has against files; '' where it has nothing."""
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8", newline="")
    said = []
    for command in (["check"], ["format", "--diff"]):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *command, "--isolated", "--quiet", "."],
            cwd=folder,
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        said.append(done.stdout + done.stderr)
    return "".join(said)
