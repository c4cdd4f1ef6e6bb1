"""The command line, run as a user runs it: in a process of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from graph import files
from graph.catalog.entry import DEFAULT
from graph.document import Node, Wire
from graph.edits import insert_node, set_params
from runtime import examples
from runtime.runs import list_runs

ROOT = Path(__file__).parents[2]


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "100", "NO_COLOR": "1"}


def torchloom(*words: str | Path, **more: str) -> subprocess.CompletedProcess[str]:
    """Run a command; fails when its output looks like a traceback."""
    done = subprocess.run(
        [sys.executable, "-m", "runtime.cli", *map(str, words)],
        capture_output=True,
        text=True,
        env={**environment(), **more},
        timeout=120,
        check=False,
    )
    assert "Traceback" not in done.stdout + done.stderr
    return done


def answer(*words: str | Path) -> Any:
    """Return the JSON of the last line of a command that succeeds."""
    done = torchloom(*words)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture
def xor(tmp_path: Path) -> Path:
    """A copy of the smallest example, to be spoilt."""
    examples.copy("xor", tmp_path / "xor.loom")
    return tmp_path / "xor.loom"


def spoil(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="ascii")
    assert old in text
    path.write_text(text.replace(old, new), encoding="ascii")


# -- wrong usage ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--nonsense"], "No such option"),
        (["trian", "xor"], "No such command"),
        (["train"], "Missing argument"),
        (["train", "xor", "--epochs", "0"], "--epochs"),
        (["train", "xor", "--seed", "many"], "--seed"),
        (["train", "xor", "--device", "abacus"], "--device"),
        (["export", "xor"], "Missing option"),
        (["examples", "xor"], "belong together"),
        (["shot", "xor", "--out", "x.png", "--size", "0x0"], "expected a size"),
        (["shot", "xor", "--out", "x.png", "--size", "9" * 5_000 + "x9"], "expected a size"),
        (["shot", "xor", "--out", "x.png", "--theme", "pink"], "--theme"),
    ],
)
def test_wrong_usage_ends_with_2_and_says_what_is_wrong(words: list[str], said: str) -> None:
    done = torchloom(*words)
    assert done.returncode == 2
    assert said in done.stderr
    assert done.stdout == ""


def test_help_lists_every_command() -> None:
    done = torchloom("--help")
    assert done.returncode == 0
    for name in ("open", "train", "check", "export", "examples", "catalog", "shot"):
        assert name in done.stdout


def test_help_and_mistakes_do_not_wait_for_torch() -> None:
    code = (
        "import sys; sys.argv = ['torchloom', *sys.argv[1:]]\n"
        "from runtime import cli\n"
        "try: cli.main()\n"
        "except SystemExit: pass\n"
        "heavy = {'torch', 'numpy', 'sklearn', 'PySide6'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    for words in (["--help"], ["train"], ["train", "nothing.loom"], ["examples"], ["--version"]):
        done = subprocess.run(
            [sys.executable, "-c", code, *words],
            capture_output=True,
            text=True,
            env=environment(),
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr


def test_the_version_is_the_packages_own() -> None:
    from importlib.metadata import version

    assert torchloom("--version").stdout == f"torchloom {version('torchloom')}\n"


@pytest.mark.parametrize("platform", ["", "xcb", "nonsense"])
@pytest.mark.parametrize("words", [[], ["open", "xor"]])
def test_without_a_display_it_says_so_and_what_works_all_the_same(
    platform: str, words: list[str]
) -> None:
    if not sys.platform.startswith("linux"):
        pytest.skip("a display is always there")
    done = torchloom(*words, DISPLAY="", WAYLAND_DISPLAY="", QT_QPA_PLATFORM=platform)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert "no display" in done.stderr
    assert "train, check, export" in done.stderr


# -- files that cannot be opened --------------------------------------------------------------


@pytest.mark.parametrize("command", ["train", "check", "export", "shot"])
def test_every_command_refuses_a_broken_file_in_one_line(command: str, tmp_path: Path) -> None:
    broken = tmp_path / "broken.loom"
    broken.write_text('{"format": "torchloom",\n "version": }')
    more = ["--out", tmp_path / "out"] if command in ("export", "shot") else []
    done = torchloom(command, broken, *more)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert "line 2, column 13" in done.stderr
    assert not (tmp_path / "out").exists()


def test_a_missing_file_and_an_unknown_example_are_told_apart(tmp_path: Path) -> None:
    done = torchloom("check", tmp_path / "no.loom")
    assert (done.returncode, "does not exist" in done.stderr) == (1, True)
    done = torchloom("check", "nope")
    assert (done.returncode, "The examples are: cnn, mlp" in done.stderr) == (1, True)


def test_a_name_that_no_terminal_can_show_does_no_harm(xor: Path) -> None:
    spoil(xor, '"kind": "Tanh"', '"kind": "\\ud800\\u202e\\u001b[31m"')
    done = torchloom("check", xor)
    assert done.returncode == 1
    assert "\x1b[31m" not in done.stdout


# -- check, catalog, examples -----------------------------------------------------------------


def test_check_is_content_with_every_example() -> None:
    assert answer("check", "iris", "--json") == {"file": "iris", "errors": 0, "problems": []}
    assert "No problems; 33 parameters." in torchloom("check", "xor").stdout


def test_check_lists_problems_of_the_graph_and_of_the_data(xor: Path) -> None:
    spoil(xor, '"kind": "Tanh"', '"kind": "Warp"')
    (xor.parent / "xor.csv").unlink()
    done = torchloom("check", xor, "--json")
    assert done.returncode == 1
    found = json.loads(done.stdout)
    assert found["errors"] >= 2
    messages = {p["title"]: p["message"] for p in found["problems"]}
    assert "Warp" in messages["Warp"]
    assert "xor.csv" in messages["data"]
    assert "Warp" in torchloom("check", xor).stdout


def test_check_names_a_cycle_by_its_path(xor: Path) -> None:
    project = files.load(xor).project
    network = project.networks["xor"]
    network.disconnect(Wire("features", "output", "linear1", "input"))
    network.restore_wire(Wire("tanh", "output", "linear1", "input"))
    files.save(project, xor)
    done = torchloom("check", xor)
    assert done.returncode == 1
    assert "layers -> Tanh -> layers" in done.stdout or "Tanh -> layers -> Tanh" in done.stdout


def test_notes_about_a_file_are_told(xor: Path) -> None:
    spoil(xor, '"name": "Exclusive or",', '"name": 5,')
    done = torchloom("check", xor)
    assert done.returncode == 0
    assert "warning: The project's name should be text" in done.stderr


def test_the_catalogue_has_every_usable_layer_of_torch() -> None:
    kinds = {kind["kind"]: kind for kind in answer("catalog", "--json")}
    assert len(kinds) >= 230
    conv = kinds["Conv2d"]
    assert set(conv) >= {"kind", "family", "inputs", "outputs", "params"}
    assert [port["name"] for port in conv["inputs"]] == ["input"]
    assert {p["name"]: p.get("default") for p in conv["params"]}["stride"] == 1
    table = torchloom("catalog").stdout
    assert len(table.splitlines()) == len(kinds)


def test_an_example_written_out_trains_from_there(tmp_path: Path) -> None:
    listed = answer("examples", "--json")
    assert [e["name"] for e in listed] == examples.names()
    assert all(set(e["result"]) >= {"metric", "value", "baseline"} for e in listed)
    target = tmp_path / "mine" / "my.loom"
    assert torchloom("examples", "xor", "--out", target).returncode == 1
    target.parent.mkdir()
    assert torchloom("examples", "xor", "--out", target).returncode == 0
    assert (target.parent / "xor.csv").exists()
    result = answer("train", target, "--epochs", "1", "--out", tmp_path / "runs", "--json")
    assert len(result["epochs"]) == 1


def test_an_example_never_overwrites_other_files(tmp_path: Path) -> None:
    (tmp_path / "xor.csv").write_text("mine")
    done = torchloom("examples", "xor", "--out", tmp_path / "a.loom")
    assert done.returncode == 1
    assert "xor.csv is there already" in done.stderr
    assert not (tmp_path / "a.loom").exists()
    assert (tmp_path / "xor.csv").read_text() == "mine"


# -- training ---------------------------------------------------------------------------------


def test_training_answers_with_one_object(tmp_path: Path) -> None:
    words = ("train", "iris", "--epochs", "3", "--seed", "5", "--out", tmp_path, "--json")
    result = answer(*words)
    assert [record["epoch"] for record in result["epochs"]] == [1, 2, 3]
    assert set(result["epochs"][0]["train"]) == {"loss", "accuracy"}
    assert set(result["epochs"][0]["validation"]) == {"loss", "accuracy"}
    assert 0 <= result["test"]["accuracy"] <= 1
    assert result["examples_per_second"] > 0
    assert result["state"] == "finished"
    (run,) = list_runs(tmp_path)
    assert Path(result["run"]) == run.folder
    assert run.state == "finished"
    again = answer(*words)
    for one, other in zip(result["epochs"], again["epochs"], strict=True):
        assert (one["train"], one["validation"]) == (other["train"], other["validation"])


def test_training_tells_epochs_and_where_the_run_is(tmp_path: Path) -> None:
    done = torchloom("train", "xor", "--epochs", "2", "--out", tmp_path)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].startswith("epoch 1/2: train loss 0.")
    assert lines[1].startswith("epoch 2/2: ")
    assert lines[-1] == f"run: {list_runs(tmp_path)[0].folder}"


def test_a_resumed_run_goes_on_as_if_it_had_never_stopped(tmp_path: Path) -> None:
    whole = answer("train", "iris", "--epochs", "6", "--out", tmp_path, "--json")
    part = answer("train", "iris", "--epochs", "3", "--out", tmp_path, "--json")
    rest = answer("train", "iris", "--epochs", "6", "--resume", part["run"], "--json")
    assert rest["run"] == part["run"]
    assert [e["train"] for e in rest["epochs"]] == [e["train"] for e in whole["epochs"]]
    assert rest["test"] == whole["test"]


def test_a_run_that_was_killed_goes_on_by_its_folder_alone(tmp_path: Path) -> None:
    whole = answer("train", "iris", "--epochs", "4", "--out", tmp_path, "--json")
    part = answer("train", "iris", "--epochs", "2", "--out", tmp_path, "--json")
    folder = Path(part["run"])
    (folder / "project.loom").write_bytes((Path(whole["run"]) / "project.loom").read_bytes())
    rest = answer("train", "--resume", folder, "--json")
    assert [e["train"] for e in rest["epochs"]] == [e["train"] for e in whole["epochs"]]
    assert rest["test"] == whole["test"]


def test_resuming_what_is_no_run_is_refused(tmp_path: Path) -> None:
    done = torchloom("train", "iris", "--resume", tmp_path)
    assert done.returncode == 1
    assert "is not the folder of a run" in done.stderr


def test_other_data_takes_the_place_of_the_projects(tmp_path: Path) -> None:
    rows = ["sepal_length,sepal_width,petal_length,petal_width,species"]
    rows += [f"{i % 7},{i % 5},{i % 3},{i % 2},{'ab'[i % 2]}" for i in range(60)]
    (tmp_path / "flowers.csv").write_text("\n".join(rows))
    words = ("--epochs", "8", "--out", tmp_path / "runs", "--json")
    result = answer("train", "iris", "--data", tmp_path / "flowers.csv", *words)
    assert result["epochs"][-1]["train"]["accuracy"] > 0.8
    done = torchloom("train", "cnn", "--data", tmp_path / "flowers.csv", *words)
    assert done.returncode == 1
    assert "The port 'image'" in done.stderr
    assert "has no counterpart" in done.stderr


def test_problems_are_listed_before_training_starts(xor: Path, tmp_path: Path) -> None:
    spoil(xor, '"kind": "Tanh"', '"kind": "Warp"')
    done = torchloom("train", xor, "--out", tmp_path / "runs", "--json")
    assert done.returncode == 1
    assert "error: xor, Warp: " in done.stderr
    assert json.loads(done.stdout)["state"] == "failed"
    assert list_runs(tmp_path / "runs") == []


def test_faulty_data_is_named(xor: Path, tmp_path: Path) -> None:
    spoil(xor.parent / "xor.csv", "1,1,0", "1,one,0")
    done = torchloom("train", xor, "--out", tmp_path / "runs")
    assert done.returncode == 1
    assert "'one' is not a number" in done.stderr


def test_a_loss_that_is_no_number_any_more_ends_the_run(tmp_path: Path) -> None:
    examples.copy("diabetes", tmp_path / "d.loom")
    spoil(tmp_path / "d.loom", '"lr": 0.001', '"lr": 1e30')
    done = torchloom("train", tmp_path / "d.loom", "--out", tmp_path / "runs")
    assert done.returncode == 1
    assert "Expected the loss 'loss' to be a number" in done.stderr
    assert [run.state for run in list_runs(tmp_path / "runs")] == ["failed"]


def test_a_folder_for_runs_that_is_a_file_is_wrong_usage(tmp_path: Path) -> None:
    (tmp_path / "runs").write_text("")
    done = torchloom("train", "xor", "--out", tmp_path / "runs")
    assert done.returncode == 2
    assert "is a file" in done.stderr


def test_an_unwritable_folder_for_runs_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = torchloom("train", "xor", "--out", tmp_path / "file" / "runs")
    assert done.returncode == 1
    assert "could not be made" in done.stderr


def test_an_error_of_torch_is_told_once_and_in_a_line(xor: Path, tmp_path: Path) -> None:
    """What no check foresees: a row that an embedding does not have."""
    spoil(xor, '"kind": "Tanh"', '"kind": "Threshold", "params": {"threshold": 0.1, "value": 1.0}')
    project = files.load(xor).project
    network = project.networks["xor"]
    whole = insert_node(network, network.wires_in("linear1")["input"], Node("to", "to"))
    whole.apply(project)
    set_params(network, "to", {"dtype": "int64"}).apply(project)
    words = Node("words", "Embedding", {"num_embeddings": 1, "embedding_dim": 2}, "the words")
    insert_node(network, network.wires_in("linear1")["input"], words).apply(project)
    flat = insert_node(network, network.wires_in("linear1")["input"], Node("flat", "Flatten"))
    flat.apply(project)
    set_params(network, "linear1", {"in_features": DEFAULT}).apply(project)
    files.save(project, xor)
    done = torchloom("train", xor, "--out", tmp_path / "runs")
    assert done.returncode == 1
    assert done.stderr.count("Training failed in 'the words': index out of range") == 1


# -- export -----------------------------------------------------------------------------------


def test_an_export_runs_alone_and_prints_the_same_losses(tmp_path: Path) -> None:
    folder = tmp_path / "code"
    done = torchloom("export", "iris", "--out", folder)
    assert done.returncode == 0, done.stderr
    names = [
        "README.md",
        "data.py",
        "iris.csv",
        "model.py",
        "requirements.txt",
        "ruff.toml",
        "train.py",
    ]
    assert sorted(path.name for path in folder.iterdir()) == names
    for path in folder.glob("*.py"):
        text = path.read_text()
        assert not any(f"{how} {ours}" in text for how in ("import", "from") for ours in OURS)
    moved = tmp_path / "elsewhere"
    shutil.move(folder, moved)
    script = subprocess.run(
        [sys.executable, "-I", "-c", ISOLATED],
        cwd=moved,
        capture_output=True,
        text=True,
        check=True,
    )
    printed = [line for line in script.stdout.splitlines() if line.startswith("epoch")]
    result = answer("train", "iris", "--out", tmp_path / "runs", "--json")
    expected = [
        f"epoch {e['epoch']}/60: "
        + ", ".join(f"{p} {n} {v!r}" for p in ("train", "validation") for n, v in e[p].items())
        for e in result["epochs"]
    ]
    assert printed == expected


OURS = ("graph", "runtime", "gui", "assets")
#: Runs train.py with its own folder alone on the path, so that nothing of ours can be imported.
ISOLATED = (
    "import runpy, sys; sys.path.insert(0, '.'); runpy.run_path('train.py', run_name='__main__')"
)


def test_exporting_again_replaces_its_own_files_and_no_others(tmp_path: Path) -> None:
    folder = tmp_path / "code"
    assert torchloom("export", "xor", "--out", folder).returncode == 0
    (folder / "notes.txt").write_text("mine")
    (folder / "model.py").write_text("old")
    assert torchloom("export", "xor", "--out", folder).returncode == 0
    assert "class" in (folder / "model.py").read_text()
    assert (folder / "notes.txt").read_text() == "mine"


def test_a_folder_with_other_files_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "model.py").write_text("mine")
    done = torchloom("export", "xor", "--out", tmp_path)
    assert done.returncode == 1
    assert "already holds other files" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["model.py"]
    done = torchloom("export", "xor", "--out", tmp_path / "model.py")
    assert (done.returncode, "is a file" in done.stderr) == (1, True)


def test_a_project_with_problems_is_not_exported(xor: Path, tmp_path: Path) -> None:
    project = files.load(xor).project
    project.networks["xor"].add_node(Node("z", "Warp"))
    files.save(project, xor)
    done = torchloom("export", xor, "--out", tmp_path / "code")
    assert done.returncode == 1
    assert "Warp" in done.stderr
    assert not (tmp_path / "code").exists()
