"""Projects that train within a second, and running them to the end."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from graph.dataspec import DataPort, DataSpec, Split
from graph.document import Project
from graph.edits import set_params
from runtime.data import describe
from runtime.runs import Run
from runtime.session import Session, State
from tests import builders

__all__ = ["classifier", "finished", "pictures", "regressor", "small", "table"]

_LAYERS: tuple[builders.Layer, ...] = (
    ("Conv2d", {"out_channels": 4, "kernel_size": 3}),
    "BatchNorm2d",
    "ReLU",
    "Flatten",
    ("Dropout", {"p": 0.25}),
    ("Linear", {"out_features": 10}),
)


def small(**settings: Any) -> DataSpec:
    """The digits as 64 numbers each, most of them held out, so that an epoch has few batches."""
    return builders.digits(validation=0.2, test=0.5, **settings)


def classifier(layers: Sequence[builders.Layer] = _LAYERS, **settings: Any) -> Project:
    """A classifier of digits with batch normalisation and dropout."""
    return builders.trained(builders.chain(layers), data=small(), **settings)


def pictures(folder: Path, **reading: Any) -> Project:
    """A classifier of pictures from files, some of which are grey noise brighter than others."""
    rng = np.random.default_rng(0)
    for place, name in enumerate(("dark", "bright")):
        (folder / "pictures" / name).mkdir(parents=True)
        for k in range(45):
            array = rng.integers(0, 128, (8, 8), dtype=np.uint8) + 30 * place
            Image.fromarray(array).save(folder / "pictures" / name / f"{k}.png")
    split = Split(kind="stratified", validation=0.2)
    spec = DataSpec(source="images", path="pictures", split=split, **reading)
    layers = [*_LAYERS[:-1], ("Linear", {"out_features": 2})]
    network = builders.chain(layers)
    return builders.trained(network, data=describe(spec, folder), epochs=3, batch_size=16)


def table(folder: Path, rows: int = 150) -> DataSpec:
    """Write a table of four numbers and a target; return its description."""
    rng = np.random.default_rng(3)
    x = rng.normal(size=(rows, 4))
    y = x @ [1.0, -2.0, 0.5, 0.0] + 0.3 * np.sin(3 * x[:, 0])
    cells = np.column_stack((x, y))
    lines = ["a,b,c,d,y", *(",".join(f"{value:.6f}" for value in row) for row in cells)]
    (folder / "table.csv").write_text("\n".join(lines) + "\n")
    target = DataPort(name="target", type="number", columns=("y",), shape=(1,))
    features = builders.NUMBERS.model_copy(update={"normalize": "standard"})
    return DataSpec(
        source="csv", path="table.csv", ports=(features, target), split=Split(validation=0.2)
    )


def regressor(folder: Path, optimizer: dict[str, Any] | None = None, **settings: Any) -> Project:
    """A regression on :func:`table`."""
    layers = [("Linear", {"out_features": 16}), "Tanh", ("Linear", {"out_features": 1})]
    project = builders.trained(builders.chain(layers), data=table(folder), **settings)
    set_params(project.training, "optimizer", optimizer or {}).apply(project)
    return project


def finished(
    project: Project, folder: Path, *, watch: bool = False, resume: Run | None = None
) -> Session:
    """Train to the end and return the session."""
    session = Session(project, base=folder, folder=folder / "runs", watch=watch, resume=resume)
    session.start()
    assert session.join(120), "the training did not end"
    assert session.failure is None or session.state is State.FAILED
    assert not [t for t in threading.enumerate() if t.name == "torchloom-training"]
    return session
