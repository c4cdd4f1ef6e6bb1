"""Folders of runs: what is written is read back, and broken ones are listed as broken."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from graph.document import Network, Project
from graph.errors import FileError
from runtime.runs import Epoch, Run, default_folder, list_runs


@pytest.fixture
def project() -> Project:
    project = Project("My first CNN!")
    project.add_network(Network("cnn"))
    return project


def test_a_run_writes_down_what_is_trained_on_what(project: Project, tmp_path: Path) -> None:
    run = Run.create(project, tmp_path / "runs", seed=7, device="cpu", threads=2)
    assert run.folder.parent == tmp_path / "runs"
    assert run.folder.name.startswith("my-first-cnn-")
    assert run.folder.name.endswith("-1")
    assert list(run.project().networks) == ["cnn"]
    environment = run.environment()
    assert environment["seed"] == 7
    assert environment["threads"] == 2
    assert environment["torch"] == torch.__version__ or environment["torch"] in torch.__version__
    assert run.info.state == "running"


def test_two_runs_have_two_folders(project: Project, tmp_path: Path) -> None:
    first, second = Run.create(project, tmp_path), Run.create(project, tmp_path)
    assert first.folder != second.folder
    assert second.folder.name.endswith("-2")


def test_a_name_without_letters_still_gives_a_folder(tmp_path: Path) -> None:
    assert Run.create(Project("../..//\n\ud800"), tmp_path).folder.name.startswith("run-")


def test_epochs_are_read_back(project: Project, tmp_path: Path) -> None:
    run = Run.create(project, tmp_path)
    run.record_epoch(Epoch(1, {"train": {"loss": 0.1}, "validation": {"loss": 0.25}}, 1.5))
    run.record_epoch(Epoch(2, {"train": {"loss": float("nan")}}, 1.5, {"adam": 1e-3}))
    first, second = Run.open(run.folder).epochs()
    assert first["train"] == {"loss": 0.1}
    assert first["seconds"] == 1.5
    assert second["train"] == {"loss": None}
    assert second["learning_rates"] == {"adam": 0.001}


def test_a_torn_last_line_costs_that_epoch_only(project: Project, tmp_path: Path) -> None:
    run = Run.create(project, tmp_path)
    run.record_epoch(Epoch(1, {"train": {"loss": 0.5}}))
    with open(run.folder / "metrics.jsonl", "a", encoding="utf-8") as file:
        file.write('{"epoch": 2, "train": {"lo')
    assert [line["epoch"] for line in run.epochs()] == [1]


def test_steps_are_read_back_bit_for_bit(project: Project, tmp_path: Path) -> None:
    run = Run.create(project, tmp_path)
    assert run.steps() == {}
    x, y = np.arange(1, 6), np.array([0.1, 0.2, np.nan, 1e-30, -3.0])
    run.record_steps({"train/loss": (x, y), "validation/loss": (x[:1], y[:1])})
    steps = run.steps()
    assert sorted(steps) == ["train/loss", "validation/loss"]
    np.testing.assert_array_equal(steps["train/loss"][0], x)
    np.testing.assert_array_equal(steps["train/loss"][1], y)


def test_weights_are_read_back(project: Project, tmp_path: Path) -> None:
    run = Run.create(project, tmp_path)
    module = nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4))
    module.to(memory_format=torch.channels_last)
    run.save_weights("best", {"cnn": module})
    loaded = Run.open(run.folder).weights("best")
    other = nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4))
    other.load_state_dict(loaded["cnn"])
    for ours, theirs in zip(module.state_dict().values(), other.state_dict().values(), strict=True):
        assert torch.equal(ours, theirs)


def test_shared_and_sliced_tensors_are_written_whole(project: Project, tmp_path: Path) -> None:
    run = Run.create(project, tmp_path)
    tied = nn.ModuleList([nn.Linear(3, 3), nn.Linear(3, 3)])
    tied[1].weight = tied[0].weight
    run.save_weights("last", {"net": tied})
    loaded = run.weights("last")["net"]
    assert torch.equal(loaded["0.weight"], loaded["1.weight"])
    big = torch.arange(1_000_000.0)
    run.save_checkpoint({"slice": big[10:12]}, {})
    assert (run.folder / "checkpoint.safetensors").stat().st_size < 1_000
    assert run.checkpoint()[0]["slice"].tolist() == [10.0, 11.0]


def test_a_network_without_weights_is_there(project: Project, tmp_path: Path) -> None:
    run = Run.create(project, tmp_path)
    run.save_weights("best", {"flat": nn.Flatten()})
    assert run.weights("best") == {"flat": {}}


def test_a_checkpoint_holds_tensors_and_state(project: Project, tmp_path: Path) -> None:
    run = Run.create(project, tmp_path)
    assert not run.has("checkpoint")
    run.save_checkpoint({"adam.0.exp_avg": torch.ones(2)}, {"epoch": 3, "best": 0.1})
    tensors, state = run.checkpoint()
    assert run.has("checkpoint")
    assert torch.equal(tensors["adam.0.exp_avg"], torch.ones(2))
    assert state == {"epoch": 3, "best": 0.1}


def test_missing_and_broken_weights_are_named(project: Project, tmp_path: Path) -> None:
    run = Run.create(project, tmp_path)
    with pytest.raises(FileError, match=r"has no best\.safetensors"):
        run.weights("best")
    (run.folder / "best.safetensors").write_bytes(b"\x80\x04pickle?")
    with pytest.raises(FileError, match=r"best\.safetensors cannot be read"):
        run.weights("best")


def test_an_end_is_written_with_its_reason(project: Project, tmp_path: Path) -> None:
    run = Run.create(project, tmp_path)
    run.set_best(4, 0.031)
    run.finish("failed", "the loss became NaN", test={"loss": float("nan"), "accuracy": 0.5})
    info = Run.open(run.folder).info
    assert (info.state, info.reason) == ("failed", "the loss became NaN")
    assert (info.best_epoch, info.best_value) == (4, 0.031)
    assert info.test == {"accuracy": 0.5}
    assert info.ended >= info.started
    with pytest.raises(ValueError, match="not 'running'"):
        run.finish("running")


def test_runs_are_listed_latest_first_and_broken_ones_as_broken(
    project: Project, tmp_path: Path
) -> None:
    assert list_runs(tmp_path / "none") == []
    done, going = Run.create(project, tmp_path), Run.create(project, tmp_path)
    done.finish("finished")
    (tmp_path / "photos").mkdir()
    for name, text in (("torn", '{"state": "fin'), ("list", "[]"), ("odd", '{"state": "odd"}')):
        (tmp_path / name).mkdir()
        (tmp_path / name / "run.json").write_text(text)
    listed = {info.name: info for info in list_runs(tmp_path)}
    assert listed[done.folder.name].state == "finished"
    assert listed[going.folder.name].state == "running"
    assert {name for name, info in listed.items() if info.state == "broken"} == {
        "torn",
        "list",
        "odd",
    }
    assert "cannot be read" in listed["torn"].reason
    assert "photos" not in listed
    assert [i.name for i in list_runs(tmp_path)][:2] == [going.folder.name, done.folder.name]


def test_a_run_whose_process_is_gone_has_stopped(project: Project, tmp_path: Path) -> None:
    run = Run.create(project, tmp_path)
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    values = json.loads((run.folder / "run.json").read_text())
    (run.folder / "run.json").write_text(json.dumps({**values, "process": child.pid}))
    assert Run.open(run.folder).info.state == "stopped"
    assert "ended before" in Run.open(run.folder).info.reason


def test_a_folder_that_is_no_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="is not the folder of a run"):
        Run.open(tmp_path)


def test_an_unwritable_place_is_named(project: Project, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(FileError, match="could not be made"):
        Run.create(project, tmp_path / "file")
    with pytest.raises(FileError, match="could not be made"):
        Run.create(project, tmp_path / "file" / "deeper")


def test_a_failed_write_keeps_the_old_weights(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Run.create(project, tmp_path)
    run.save_weights("best", {"net": nn.Linear(2, 2)})
    before = (run.folder / "best.safetensors").read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(FileError, match="the disk is full"):
        run.save_weights("best", {"net": nn.Linear(2, 2)})
    assert (run.folder / "best.safetensors").read_bytes() == before
    assert not list(run.folder.glob(".*"))


def test_the_default_folder_is_the_users_own() -> None:
    assert default_folder().name == "runs"
    assert default_folder().parent.name == "torchloom"


def test_a_run_that_goes_on_replaces_what_came_after(project: Project, tmp_path: Path) -> None:
    run = Run.create(project, tmp_path)
    for epoch in (1, 2, 3):
        run.record_epoch(Epoch(epoch, {"train": {"loss": float(epoch)}}))
    run.record_steps({"train/loss": (np.array([1.0, 2, 3]), np.array([0.1, 0.2, 0.3]))})
    run.finish("stopped", "by the user")
    again = Run.open(run.folder)
    again.resume()
    assert Run.open(run.folder).info.state == "running"
    again.record_epoch(Epoch(2, {"train": {"loss": 20.0}}))
    again.record_steps({"train/loss": (np.array([2.0, 3]), np.array([0.7, 0.8]))})
    assert [(e["epoch"], e["train"]["loss"]) for e in again.epochs()] == [(1, 1.0), (2, 20.0)]
    x, y = Run.open(run.folder).steps()["train/loss"]
    assert (x.tolist(), y.tolist()) == ([1, 2, 3], [0.1, 0.7, 0.8])
