"""What the command line writes: results to standard output, all talk to standard error."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.progress import Progress as Bar

    from runtime.telemetry import Progress

__all__ = ["TrainingBar", "say", "table", "warn", "write", "write_json"]


def write(text: str) -> None:
    """Write a line of the result."""
    _line(sys.stdout, text)


def write_json(value: Any) -> None:
    """Write a result for machines, as one line of JSON in ASCII."""
    from graph.records import finite

    write(json.dumps(finite(value), allow_nan=False))


def say(text: str) -> None:
    """Tell the user something that is not the result."""
    _line(sys.stderr, text)


def warn(text: str) -> None:
    """Tell the user of something that is not as it should be."""
    say(f"warning: {text}")


def _line(stream: Any, text: str) -> None:
    stream.write(text.replace("\x1b", "?") + "\n")
    stream.flush()


def table(rows: list[tuple[str, ...]]) -> None:
    """Write rows in columns as wide as their widest cell; the last one takes what is left."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row[:-1], widths, strict=False)]
        write("  ".join([*cells, row[-1]]).rstrip())


class TrainingBar:
    """A progress bar on standard error, with speed and time left; silent without a terminal."""

    def __init__(self, bar: Bar) -> None:
        self._bar = bar
        self._task = bar.add_task("loading", total=1.0)

    def show(self, progress: Progress) -> None:
        """Show how far a run is."""
        if not progress.steps_per_epoch:
            return
        left = progress.seconds_left
        words = [f"epoch {max(progress.epoch, 1)}/{progress.epochs}"]
        words.append(f"{progress.examples_per_second:,.0f} examples/s")
        if math.isfinite(left):
            words.append(f"{int(left) // 60}:{int(left) % 60:02d} left")
        self._bar.update(self._task, completed=progress.fraction, description=", ".join(words))

    def write(self, text: str) -> None:
        """Write a line above the bar, to standard error."""
        self._bar.console.print(text, markup=False, highlight=False, soft_wrap=True)


@contextmanager
def training_bar() -> Iterator[TrainingBar]:
    """Give a bar that is gone again afterwards."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn

    console = Console(stderr=True)
    columns = (BarColumn(), TextColumn("{task.percentage:3.0f}% {task.description}", markup=False))
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as bar:
        yield TrainingBar(bar)


def metrics_text(parts: Mapping[str, Any]) -> str:
    """Return ``train loss 0.1234, validation loss 0.2345`` for metrics by part and name."""
    return ", ".join(
        f"{part} {name} {'none' if value is None else format(value, '.5g')}"
        for part, values in parts.items()
        if part in ("train", "validation", "test") and isinstance(values, Mapping)
        for name, value in values.items()
    )
