"""Everything that is wrong with a project and with the data it reads, as plain data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from graph.analysis import Analysis
from graph.document import Project
from runtime.data import check, load
from runtime.data.checking import Finding
from runtime.feasible import infeasible
from runtime.machine import choose_device

__all__ = ["check_project"]


def check_project(project: Project, base: Path) -> list[dict[str, Any]]:
    """Return the problems of a project and of its data, errors first."""
    analysis = Analysis(project)
    try:
        found: list[dict[str, Any]] = [dict(problem.as_json()) for problem in analysis.problems()]
        if project.data.source != "none":
            found += [_of_data(finding) for finding in check(project.data, base)]
            if not any(problem["severity"] == "error" for problem in found):
                dataset, device = load(project.data, base), choose_device("cpu")
                late = infeasible(project, analysis, dataset, device)
                found += [dict(problem.as_json()) for problem in late]
    finally:
        analysis.close()
    return sorted(found, key=lambda problem: problem["severity"] != "error")


def _of_data(finding: Finding) -> dict[str, Any]:
    return {
        "severity": finding.severity,
        "network": None,
        "node": None,
        "title": "data",
        "port": finding.port,
        "message": finding.message,
    }
