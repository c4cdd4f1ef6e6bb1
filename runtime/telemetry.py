"""What a viewer polls while training runs: plain buffers, no signals.

The training thread writes, any other thread reads at its own pace. A Qt signal per step would cost
the training a quarter of its speed; a polled buffer costs nothing that can be measured. No lock is
needed: a writer stores values first and the count last, and replaces whole objects otherwise.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from graph.document import Value

if TYPE_CHECKING:
    from runtime.probing import Trace

__all__ = ["Array", "Progress", "Samples", "Series", "Shown", "Telemetry"]

Floats = NDArray[np.float64]
Array = NDArray[Any]


class Series:
    """A curve that grows: x is a step or an epoch, y a value."""

    def __init__(self) -> None:
        self._x: Floats = np.empty(1024)
        self._y: Floats = np.empty(1024)
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def append(self, x: Sequence[float], y: Sequence[float]) -> None:
        """Add points; called by the training thread alone."""
        start, end = self._count, self._count + len(y)
        if end > len(self._y):
            size = max(end, 2 * len(self._y))
            self._x, self._y = _grown(self._x, start, size), _grown(self._y, start, size)
        self._x[start:end] = x
        self._y[start:end] = y
        self._count = end

    def read(self, since: int = 0) -> tuple[Floats, Floats]:
        """Return copies of x and y from point number `since` on."""
        count = self._count
        x, y = self._x, self._y
        end = min(count, len(x), len(y))
        return x[since:end].copy(), y[since:end].copy()


def _grown(old: Floats, used: int, size: int) -> Floats:
    new = np.empty(size)
    new[:used] = old[:used]
    return new


@dataclass(frozen=True)
class Progress:
    """How far a run is."""

    epoch: int = 0
    epochs: int = 0
    #: Batches done over the whole run, and batches in an epoch.
    step: int = 0
    steps_per_epoch: int = 0
    examples_per_second: float = 0.0
    #: Seconds until the last epoch ends, as things go; nan while that is not known.
    seconds_left: float = math.nan
    learning_rates: Mapping[str, float] = field(default_factory=dict)
    threads: int = 0

    @property
    def fraction(self) -> float:
        """The share of the run that is done, from 0 to 1."""
        total = self.epochs * self.steps_per_epoch
        return min(1.0, self.step / total) if total else 0.0


@dataclass(frozen=True)
class Shown:
    """What a monitor shows. Arrays of examples are (n, ...) for the same n examples.

    ShowImages: ``input`` and maybe ``beside``, (n, C, H, W) or (n, H, W); `options` say which
    numbers are black and white, ``low`` and ``high``.
    ShowText, GenerateText: ``input``, whole numbers (n, T); ``texts``, what they stand for, and
    ``vocabulary``, the port of the data that says so; without one there are no texts.
    ShowTable: ``input``, (n, columns); ``shape`` is that of an example before it became a row.
    ShowHistogram: ``counts`` (bins,) between ``edges`` (bins + 1,); ``mean``, ``deviation`` and
    how many are ``not_finite``.
    ShowScatter: ``input`` (n, 2) and maybe ``color`` (n,); ``variance``, the share of each axis
    where they are principal components, and ``classes``, the names that colours stand for.
    """

    #: The monitor's id in the training graph.
    node: str
    kind: str
    title: str
    values: Mapping[str, Array]
    options: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True)
class Samples:
    """What is seen of examples that stay the same over a run: what monitors show, or predictions.

    Where the training graph has monitors, they are all that there is.
    """

    epoch: int
    step: int
    #: Whether the examples are of the validation part; else of the training part.
    held_out: bool
    #: What went into the network, by port of the data, as it was trained on.
    inputs: Mapping[str, NDArray[np.float32]] = field(default_factory=dict)
    #: The network's first output, raw: logits for a classifier; None where monitors show.
    output: NDArray[np.float32] | None = None
    target: NDArray[np.float32] | NDArray[np.int64] | None = None
    #: The target's port of the data, and the loss that compares output and target.
    target_port: str = ""
    loss_kind: str = ""
    classes: tuple[str, ...] = ()
    #: For two inputs: the output over a grid, with the bounds (left, right, bottom, top).
    surface: NDArray[np.float32] | None = None
    bounds: tuple[float, float, float, float] = (0.0, 1.0, 0.0, 1.0)
    #: What each monitor shows, in the order of the training graph.
    shown: tuple[Shown, ...] = ()


class Telemetry:
    """Everything a viewer shows of a run."""

    def __init__(self) -> None:
        self.progress = Progress()
        self.samples: Samples | None = None
        self.log: list[str] = []
        #: The (graph, node) of what is to be watched closely; a viewer sets it, as a whole.
        self.wanted: frozenset[tuple[str, str]] = frozenset()
        #: What was seen of those: see :mod:`runtime.probing`.
        self.probes: Mapping[tuple[str, str], Trace] = {}
        #: Grows with every change, so that a viewer can tell at a glance that there is none.
        self.version = 0
        self._series: dict[str, Series] = {}

    def series(self) -> dict[str, Series]:
        """Return the curves by name: ``train/loss`` by step, ``validation/loss`` by step at which
        an epoch ended, ``epoch/train/loss`` by epoch."""
        return dict(self._series)

    def add(self, name: str, x: Sequence[float], y: Sequence[float]) -> None:
        """Add points to a curve."""
        series = self._series.get(name)
        if series is None:
            series = Series()
            self._series = {**self._series, name: series}
        series.append(x, y)
        self.version += 1

    def take_back(self, step: int, epoch: int) -> None:
        """Have no points after this step, and after this epoch, any more."""
        kept: dict[str, Series] = {}
        for name, series in self._series.items():
            x, y = series.read()
            fits = x <= (epoch if name.startswith("epoch/") else step)
            kept[name] = Series()
            kept[name].append(list(x[fits]), list(y[fits]))
        self._series = kept
        self.version += 1

    def say(self, text: str) -> None:
        """Add a line to the log."""
        self.log.append(text)
        self.version += 1
