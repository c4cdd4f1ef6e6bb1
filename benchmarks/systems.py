"""How fast five other kinds of systems train, beside the ordinary loop and Keras.

A tagger with a GRU, three LSTMs on windows of a series, an autoencoder, a GAN's two steps and a
GPT. Each number comes from a process of its own; contenders take turns, and what is printed are
medians of the ratios of each turn: by the clock and, less troubled by other work on the machine, by
processor time. All learn from the same examples, with the same number of threads; Torchloom with
its metrics. The others are in system_loops.py and compute no metric.

    python benchmarks/systems.py [--repeats 3] [--keras-python PATH] [--only gpt]
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from training import HERE, ROOT, Numbers, find_keras, last_json, speed, write_data

#: Batch sizes and epochs, so that a measurement takes some seconds.
CASES = [
    ("tagger", 32, 5),
    ("lstm", 32, 3),
    ("autoencoder", 32, 8),
    ("autoencoder", 256, 16),
    ("gan", 32, 3),
    ("gpt", 8, 1),
]
IMAGES, ROWS = 10_000, 4_000


def write_system(system: str, batch: int, threads: int, folder: Path) -> tuple[Path, Path]:
    """Write the project and, for the others, its examples; all of them train."""
    sys.path[:0] = [] if str(ROOT) in sys.path else [str(ROOT)]
    from graph.dataspec import Split
    from graph.files import load, save
    from runtime import data, examples
    from runtime.headless import change

    if system == "lstm":
        project = lstm(folder)
    else:
        for file in examples.find(system).files:
            shutil.copy(file, folder)
        project = load(folder / f"{system}.loom").project
    spec = project.data
    if system != "gpt":  # whose vocabulary is that of its training part
        kind = "ordered" if system == "lstm" else "random"
        split = Split(kind=kind, validation=0.0, test=0.0)
        spec = spec.model_copy(update={"split": split})
    if system in ("gan", "autoencoder"):
        write_data(folder / "images", IMAGES, None)
        spec = spec.model_copy(update={"source": "idx", "path": "images"})
    project.set_data(spec)
    if system == "tagger":
        change(project, data=str(folder / spec.path))
    changed = {"batch_size": batch, "threads": threads or None}
    project.set_settings(project.settings.model_copy(update=changed))
    path = folder / "project.loom"
    save(project, path)
    found = data.load(project.data, folder)
    used = [port for port in found.columns if port != "label"]
    arrays = {port: found.columns[port][found.train].numpy() for port in used}
    np.savez(folder / "examples.npz", **arrays)
    return path, folder / "examples.npz"


def lstm(folder: Path) -> Any:
    """Return a project of three LSTMs of 64 that tell what follows 32 rows of a series."""
    from graph.dataspec import DataPort, DataSpec, SeriesOptions
    from graph.document import Network, Node, Project, Wire
    from graph.recipes import begin_supervised

    rows = np.arange(ROWS + 32)
    noise = np.random.default_rng(0).normal(0, 0.1, len(rows))
    values = np.sin(rows / 7) + np.sin(rows / 31) + noise
    (folder / "series.csv").write_text("value\n" + "\n".join(f"{v:.6f}" for v in values) + "\n")
    scaled: dict[str, Any] = {"columns": ("value",), "normalize": "standard"}
    ports = (
        DataPort(name="rows", type="series", shape=(32, 1), **scaled),
        DataPort(name="next", type="number", shape=(1,), **scaled),
    )
    network = Network("lstm")
    last = "rows"
    for node in (
        Node("rows", "Input"),
        *(Node(f"lstm{i}", "LSTM", {"hidden_size": 64, "batch_first": True}) for i in range(3)),
        Node("last", "select", {"dim": 1, "index": -1}),
        Node("head", "Linear", {"out_features": 1}),
        Node("next", "Output"),
    ):
        network.add_node(node)
        if node.id != "rows":
            network.connect(Wire(last, "output", node.id, "input"))
        last = node.id
    project = Project("Three LSTMs")
    project.set_data(
        DataSpec(source="series", path="series.csv", ports=ports, series=SeriesOptions())
    )
    project.add_network(network)
    begin_supervised(project, classify=False).apply(project)
    return project


def train(path: Path, epochs: int) -> Numbers:
    """Train a project in a session, as the window does; processor time from look to look."""
    from graph.files import load
    from runtime.headless import change
    from runtime.session import Session

    project = load(path).project
    change(project, epochs=epochs)
    session = Session(project, base=path.parent, folder=path.parent, watch=False)
    session.start()
    looks: list[tuple[int, float]] = []
    while not session.state.over:
        step = session.telemetry.progress.step
        if step and (not looks or step > looks[-1][0]):
            looks.append((step, time.process_time()))
        time.sleep(0.02)
    session.join()
    if session.failure is not None or session.outcome is None:
        sys.exit(f"The training failed: {session.failure}")
    (first, began), (last, ended) = looks[0], looks[-1]
    examples = (last - first) * project.settings.batch_size
    return {
        "examples_per_second": session.outcome.examples_per_second,
        "examples_per_cpu_second": examples / (ended - began),
        "threads": session.outcome.threads[-1][1],
    }


def compare(
    system: str, batch: int, epochs: int, threads: int, repeats: int, keras: str | None
) -> None:
    """Print the speed of a system beside that of the other loops."""
    loops = ["ordinary", *(["keras"] if keras else [])]
    numbers: dict[str, list[Numbers]] = {name: [] for name in ("torchloom", *loops)}
    with tempfile.TemporaryDirectory(prefix="torchloom-benchmark-") as made:
        project, arrays = write_system(system, batch, threads, Path(made))
        ours = [sys.executable, str(HERE / "systems.py"), "--train", str(project)]
        numbers_of = ["--epochs", str(epochs)]
        more = ["--system", system, "--data", str(arrays), "--batch", str(batch)]
        more += ["--threads", str(threads), *numbers_of]
        for _ in range(repeats):
            numbers["torchloom"].append(last_json([*ours, *numbers_of]))
            for loop in loops:
                python = keras if loop == "keras" and keras else sys.executable
                numbers[loop].append(
                    last_json([python, str(HERE / "system_loops.py"), loop, *more])
                )
    line = f"{system} batch {batch:<4}"
    line += f"{statistics.median(map(speed, numbers['torchloom'])):>9,.0f}/s"
    for loop in loops:
        for key in ("examples_per_second", "examples_per_cpu_second"):
            pairs = zip(numbers["torchloom"], numbers[loop], strict=True)
            ratio = statistics.median(one[key] / other[key] for one, other in pairs)
            line += f"   ÷ {loop}{' (cpu)' if 'cpu' in key else ''} {ratio:.2f}"
    print(f"{line}   load {os.getloadavg()[0]:.1f}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--keras-python", help="a Python with tensorflow and keras installed")
    parser.add_argument("--threads", type=int, default=1, help="of each; 0: as each chooses")
    parser.add_argument("--only", choices=[case[0] for case in CASES])
    parser.add_argument("--train", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--epochs", type=int, default=1, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.train is not None:
        print(json.dumps(train(given.train, given.epochs)), flush=True)
        return
    keras = find_keras(given.keras_python)
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, {given.repeats} turns")
    for system, batch, epochs in CASES:
        if given.only in (None, system):
            compare(system, batch, epochs, given.threads, given.repeats, keras)


if __name__ == "__main__":
    main()
