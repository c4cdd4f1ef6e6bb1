"""How fast ``torchloom train`` is beside other ways to train the same network.

Each number comes from a process of its own; contenders take turns, and what is printed are medians
of the ratios of each turn. Torchloom is run by its command line (``torchloom train --json``) on a
folder of IDX files, with its accuracy metric, as anybody would run it; the others are in loops.py
and compute no metric.

    python benchmarks/training.py [--data FOLDER] [--repeats 5] [--keras-python PATH]
    python benchmarks/training.py --busy       # beside another process that keeps a core busy
    python benchmarks/training.py --window     # with a window open that shows the training
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from loops import read_idx

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
CASES = [("mlp", 32), ("mlp", 128), ("cnn", 32), ("cnn", 128)]
#: Training examples and epochs, so that a measurement takes some seconds.
SIZES = {"mlp": (50_000, 3), "cnn": (10_000, 2)}
#: With a window open, so many times the epochs: what happens once shall not count for much.
WATCHED = 3
Numbers = dict[str, Any]


class Bench:
    """Runs contenders on the same data, each in a process of its own."""

    def __init__(self, folder: Path, source: Path | None, keras_python: str | None) -> None:
        self.folder = folder
        self.keras_python = keras_python
        for model, (examples, _) in SIZES.items():
            write_data(folder / model, examples, source)

    def torchloom(self, model: str, batch: int, threads: int | None = None) -> Numbers:
        """Train a shipped example by the command line."""
        project = self.folder / f"{model}{batch}-{threads}.loom"
        write_project(project, model, batch, threads)
        _, epochs = SIZES[model]
        command = [sys.executable, "-m", "runtime.cli", "train", str(project), "--json"]
        command += ["--data", str(self.folder / model), "--epochs", str(epochs)]
        found = last_json([*command, "--out", str(self.folder / "runs")])
        return {**found, "loss": found["epochs"][-1]["train"]["loss"]}

    def loop(self, loop: str, model: str, batch: int) -> Numbers:
        """Run one of the loops to compare with."""
        python = self.keras_python if loop == "keras" else sys.executable
        command = [str(python), str(HERE / "loops.py"), loop, "--model", model]
        command += ["--batch", str(batch), "--data", str(self.folder / model)]
        return last_json([*command, "--epochs", str(SIZES[model][1])])

    def watched(self, model: str, batch: int, *, window: bool) -> Numbers:
        """Train with a window that shows it, or in the same way without."""
        project = self.folder / f"{model}{batch}-None.loom"
        write_project(project, model, batch, None)
        command = [sys.executable, str(HERE / "window.py"), str(project)]
        epochs = str(WATCHED * SIZES[model][1])
        command += ["--data", str(self.folder / model), "--epochs", epochs]
        return last_json([*command, *(["--window"] if window else [])])


def write_data(folder: Path, examples: int, source: Path | None) -> None:
    """Write IDX files of so many training examples: the first of `source`, or random strokes."""
    folder.mkdir()
    for part, count in (("train", examples), ("t10k", 500)):
        if source is not None:
            images = read_idx(source / f"{part}-images-idx3-ubyte")[:count]
            labels = read_idx(source / f"{part}-labels-idx1-ubyte")[:count]
        else:
            random = np.random.default_rng(count)
            labels = random.integers(0, 10, count, dtype=np.uint8)
            ideas = np.random.default_rng(0).integers(0, 2, (10, 28, 28))
            noise = random.integers(0, 128, (count, 28, 28))
            images = (ideas[labels] * 127 + noise).astype(np.uint8)
        for name, array in (("images-idx3", images), ("labels-idx1", labels)):
            head = bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">i4").tobytes()
            (folder / f"{part}-{name}-ubyte").write_bytes(head + array.tobytes())


def write_project(path: Path, model: str, batch: int, threads: int | None) -> None:
    """Write a shipped example with another batch size and number of threads."""
    sys.path[:0] = [] if str(ROOT) in sys.path else [str(ROOT)]
    from graph.files import load, save
    from runtime.examples import locate

    project = load(locate(model)).project
    changed = {"batch_size": batch, "threads": threads}
    project.set_settings(project.settings.model_copy(update=changed))
    save(project, path)


def last_json(command: list[str]) -> Numbers:
    """Run a command; return the JSON object in the last line that it prints."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=environment)
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")
    found: Numbers = json.loads(done.stdout.strip().splitlines()[-1])
    return found


@contextmanager
def busy_process() -> Iterator[None]:
    """Keep one core busy."""
    process = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        yield
    finally:
        process.kill()
        process.wait()


def speed(numbers: Numbers) -> float:
    return float(numbers["examples_per_second"])


def compare(bench: Bench, cases: list[tuple[str, int]], repeats: int) -> None:
    """Print the speed beside that of each other loop."""
    loops = ["ordinary", "tuned", *(["keras"] if bench.keras_python else [])]
    print(f"{'':>12} {'torchloom':>18}" + "".join(f"{'÷ ' + loop:>22}" for loop in loops))
    for model, batch in cases:
        ours: list[Numbers] = []
        theirs: dict[str, list[float]] = {loop: [] for loop in loops}
        ratios: dict[str, list[float]] = {loop: [] for loop in loops}
        for _ in range(repeats):
            ours.append(bench.torchloom(model, batch))
            for loop in loops:
                other = speed(bench.loop(loop, model, batch))
                theirs[loop].append(other)
                ratios[loop].append(speed(ours[-1]) / other)
        rate = statistics.median(speed(one) for one in ours)
        threads = "/".join(str(n) for n in sorted({one["threads"] for one in ours}))
        line = f"{model} batch {batch:<4} {rate:>9,.0f}/s ({threads} thr)"
        for loop in loops:
            line += f" {statistics.median(ratios[loop]):>9.2f}"
            line += f" ({statistics.median(theirs[loop]):>8,.0f}/s)"
        print(f"{line}   load {os.getloadavg()[0]:.1f}", flush=True)


def compare_busy(bench: Bench, cases: list[tuple[str, int]], repeats: int) -> None:
    """Print the speed beside a busy process as a share of the quiet speed of one thread."""
    for model, batch in cases:
        ratios, threads = [], set()
        for _ in range(repeats):
            quiet = bench.torchloom(model, batch, threads=1)
            with busy_process():
                disturbed = bench.torchloom(model, batch)
            ratios.append(speed(disturbed) / speed(quiet))
            threads.add(disturbed["threads"])
        text = (
            f"{model} batch {batch:<4} busy ÷ quiet with one thread {statistics.median(ratios):.2f}"
        )
        print(f"{text}   threads {sorted(threads)}   load {os.getloadavg()[0]:.1f}", flush=True)


def compare_window(bench: Bench, cases: list[tuple[str, int]], repeats: int) -> None:
    """Print the speed with a window open as a share of that without, and how late its timer is."""
    for model, batch in cases:
        ratios, late = [], []
        for turn in range(repeats):
            pair: dict[bool, Numbers] = {}
            for window in (turn % 2 == 1, turn % 2 == 0):
                pair[window] = bench.watched(model, batch, window=window)
            alone, shown = pair[False], pair[True]
            ratios.append(speed(shown) / speed(alone))
            late.append(shown["late_ms_p99"])
        text = f"{model} batch {batch:<4} window ÷ headless {statistics.median(ratios):.2f}"
        text += f"   16 ms timer late by {statistics.median(late):.1f} ms at p99"
        print(f"{text}   load {os.getloadavg()[0]:.1f}", flush=True)


def find_keras(python: str | None) -> str | None:
    """Return a Python that has Keras and TensorFlow."""
    if python is None and all(importlib.util.find_spec(n) for n in ("keras", "tensorflow")):
        return sys.executable
    if python is None:
        print("Keras is left out: it is not installed here, and --keras-python is not given.")
    return python


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--data", type=Path, help="folder of IDX files; else made up")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--keras-python", help="a Python with tensorflow and keras installed")
    parser.add_argument("--only", choices=["mlp", "cnn"])
    parser.add_argument("--batch", type=int, choices=[32, 128])
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument("--busy", action="store_true", help="beside another busy process")
    mode.add_argument("--window", action="store_true", help="with a window open")
    given = parser.parse_args()
    cases = [c for c in CASES if given.only in (None, c[0]) and given.batch in (None, c[1])]
    keras = None if given.busy or given.window else find_keras(given.keras_python)
    folder = Path(tempfile.mkdtemp(prefix="torchloom-benchmark-"))
    try:
        bench = Bench(folder, given.data, keras)
        print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, {given.repeats} turns")
        chosen = compare_busy if given.busy else compare_window if given.window else compare
        chosen(bench, cases, given.repeats)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
