"""Ctrl-C and a polite kill, at every stage, to processes of their own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from runtime.runs import list_runs
from tests.runtime.test_cli import environment

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals are sent otherwise there")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_and_a_kill_stop_cleanly_and_keep_the_run(
    number: signal.Signals, tmp_path: Path
) -> None:
    words = ["train", "xor", "--epochs", "1000000", "--out", str(tmp_path), "--json"]
    child = subprocess.Popen(
        [sys.executable, "-m", "runtime.cli", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(),
    )
    try:
        deadline = time.monotonic() + 60
        while not any(tmp_path.glob("*/metrics.jsonl")) and time.monotonic() < deadline:
            time.sleep(0.05)
        child.send_signal(number)
        output, errors = child.communicate(timeout=30)
    finally:
        child.kill()
    assert child.returncode == 1
    assert "Traceback" not in errors
    assert "the run is kept" in errors
    result = json.loads(output.splitlines()[-1])
    assert result["state"] == "stopped"
    (run,) = list_runs(tmp_path)
    assert run.state == "stopped"
    assert (run.folder / "last.safetensors").exists()


def interrupted(program: str, presses: int = 1) -> subprocess.CompletedProcess[str]:
    """Run a program, press Ctrl-C each time it says that it is ready, and return how it ended."""
    words = [sys.executable, "-c", f"import sys, time\n{program}"]
    pipe = subprocess.PIPE
    with subprocess.Popen(words, stdout=pipe, stderr=pipe, text=True, env=environment()) as child:
        try:
            for _ in range(presses):
                while (line := child.stdout.readline()) and line != "ready\n":
                    pass
                child.send_signal(signal.SIGINT)
            output, errors = child.communicate(timeout=30)
        finally:
            child.kill()
    return subprocess.CompletedProcess(words, child.returncode, output, errors)


def test_ctrl_c_in_an_import_ends_it_although_the_module_would_go_on(tmp_path: Path) -> None:
    """NumPy takes an interrupted import for a broken installation, and says so at length."""
    (tmp_path / "stubborn.py").write_text(
        "import time\nprint('ready', flush=True)\ntry: time.sleep(60)\nexcept BaseException: pass"
    )
    start = (
        f"from runtime import interrupts; interrupts.catch(); sys.path.append({str(tmp_path)!r})"
    )
    done = interrupted(f"{start}\nimport stubborn\nprint('still there')")
    assert (done.returncode, done.stdout, done.stderr) == (1, "", "torchloom: interrupted\n")


def test_ctrl_c_while_a_command_works() -> None:
    done = interrupted(
        "from runtime import cli, start\n"
        "cli._load = lambda file: (print('ready', flush=True), time.sleep(60))\n"
        "sys.argv = ['torchloom', 'check', 'xor']\nstart.main()"
    )
    assert (done.returncode, done.stderr) == (1, "torchloom: interrupted\n")


def test_a_second_ctrl_c_leaves_at_once(tmp_path: Path) -> None:
    done = interrupted(
        "from runtime import start\nfrom runtime.session import Session\n"
        "Session.stop = lambda session: print('ready', flush=True)\n"
        "begin = Session.start\n"
        "Session.start = lambda session: (begin(session), print('ready', flush=True))\n"
        "sys.argv = ['torchloom', 'train', 'xor', '--epochs', '1000000', '--out', "
        f"{str(tmp_path)!r}]\nstart.main()",
        presses=2,
    )
    assert done.returncode == 1
    assert done.stderr.endswith("torchloom: interrupted\n")
    assert "Traceback" not in done.stderr
