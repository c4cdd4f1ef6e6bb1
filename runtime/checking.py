"""Everything that is wrong with a project and with the data it reads, as plain data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from graph.analysis import Analysis
from graph.document import Project
from runtime.data import check

__all__ = ["check_project"]


def check_project(project: Project, base: Path) -> list[dict[str, Any]]:
    """Return the problems of a project and of its data, errors first."""
    analysis = Analysis(project)
    try:
        found: list[dict[str, Any]] = [dict(problem.as_json()) for problem in analysis.problems()]
    finally:
        analysis.close()
    if project.data.source != "none":
        for finding in check(project.data, base):
            found.append(
                {
                    "severity": finding.severity,
                    "network": None,
                    "node": None,
                    "title": "data",
                    "port": finding.port,
                    "message": finding.message,
                }
            )
    return sorted(found, key=lambda problem: problem["severity"] != "error")
