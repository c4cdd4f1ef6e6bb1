"""What could never be trained on this data and machine is said before anything is allocated."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
import torch

from graph.analysis import Analysis
from graph.document import Project
from graph.problems import Problem
from runtime.checking import check_project
from runtime.data import load
from runtime.export import export
from runtime.feasible import infeasible
from runtime.machine import memory_of
from runtime.plan import ProblemsError
from runtime.session import State
from tests import builders
from tests.runtime.training import classifier, finished

CPU = torch.device("cpu")
OUT = ("Linear", {"out_features": 10})


def found(project: Project, folder: Path) -> list[Problem]:
    analysis = Analysis(project)
    assert analysis.errors() == []
    return infeasible(project, analysis, load(project.data, folder), CPU)


@pytest.mark.parametrize(
    ("layers", "node", "said"),
    [
        (["Flatten", ("Linear", {"out_features": 10**12}), OUT], "n2", "for the output of"),
        ([("Conv2d", {"out_channels": 1, "kernel_size": 1, "padding": 10**6})], "n1", "output of"),
        ([("Upsample", {"scale_factor": 1e6})], "n1", "for the output of 'Upsample' at 256"),
        (
            ["Flatten", ("Linear", {"out_features": 10**8}), ("Linear", {"out_features": 10**6})],
            "n3",
            "for the 100,000,001,000,000 weights of 'Linear'. Make it smaller.",
        ),
    ],
)
def test_what_no_memory_holds(
    layers: list[builders.Layer], node: str, said: str, tmp_path: Path
) -> None:
    project = classifier([*layers, "Flatten", OUT])
    began = time.perf_counter()
    session = finished(project, tmp_path)
    assert time.perf_counter() - began < 20
    assert session.state is State.FAILED
    assert (session.failure.network, session.failure.node) == ("net", node)
    assert "expected a training that fits into the " in session.failure.message
    assert said in session.failure.message
    assert not (tmp_path / "runs").exists()


def test_views_take_no_memory(tmp_path: Path) -> None:
    layers = [("expand", {"sizes": (-1, 10**12, -1, -1)}), ("select", {"dim": 1, "index": 0})]
    assert found(classifier([*layers, "Flatten", OUT]), tmp_path) == []


def test_the_memory_of_this_machine_is_known() -> None:
    assert 2**28 < memory_of(CPU) < 2**50


NORMED = ("Flatten", ("Linear", {"out_features": 8}), "BatchNorm1d", OUT)
POOLED = (("AdaptiveAvgPool2d", {"output_size": 1}), "BatchNorm2d", "Flatten", OUT)
SPREAD = ("BatchNorm2d", "Flatten", OUT)


@pytest.mark.parametrize(
    ("layers", "batch_size", "node"),
    [
        (NORMED, 1, "n3"),
        (NORMED, 7, "n3"),  # 540 = 77 * 7 + 1
        (POOLED, 49, "n2"),  # 540 = 11 * 49 + 1
        (NORMED, 8, None),
        (NORMED, 1000, None),
        (SPREAD, 1, None),
    ],
)
def test_a_batch_of_one_for_batch_normalisation(
    layers: tuple[builders.Layer, ...], batch_size: int, node: str | None, tmp_path: Path
) -> None:
    project = classifier(layers, batch_size=batch_size, epochs=1)
    assert len(load(project.data, tmp_path).train) == 540
    problems = found(project, tmp_path)
    assert [p.node for p in problems] == ([] if node is None else [node])
    session = finished(project, tmp_path)
    if node is None:
        assert session.state is State.FINISHED
        return
    assert (session.failure.network, session.failure.node) == ("net", node)
    last = "every batch" if batch_size == 1 else "the last batch of an epoch"
    assert f"received 1 example in {last} (540 examples in batches of {batch_size})" in (
        session.failure.message
    )
    (fix,) = problems[0].fixes
    fix.edit.apply(project)
    assert found(project, tmp_path) == []
    assert finished(project, tmp_path).state is State.FINISHED


def test_a_check_and_an_export_say_so_too(tmp_path: Path) -> None:
    project = classifier(NORMED, batch_size=1)
    (problem,) = check_project(project, tmp_path)
    assert (problem["severity"], problem["node"]) == ("error", "n3")
    with pytest.raises(ProblemsError, match="Set the batch size to 2"):
        export(project, tmp_path, tmp_path / "out")
    assert not (tmp_path / "out").exists()
