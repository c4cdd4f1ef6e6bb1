"""Examples that do not fit into memory: read while a network trains. Exported as it stands."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Self

import numpy as np
import torch
from torch import Tensor

from runtime.data.transforms import mean_and_deviation

__all__ = ["Streamed", "read_ahead"]

#: Bytes of examples that a column may have read before they are asked for.
BYTES_AHEAD = 2**28
#: Training examples, evenly chosen, that means and deviations are taken over.
FITTED = 16384


class Streamed:
    """A column of examples that are read when a batch of them is asked for.

    It stands in the place of a tensor (N, ...) and gives the same batches: any order of all
    examples costs nothing, as only `items` are listed. Told which batches come next,
    threads read them ahead (see `read_ahead`). A batch depends on its rows alone, not on
    the threads. `read` returns the examples of some items, such as files: (n, ...) float32.
    """

    def __init__(
        self,
        read: Callable[[Sequence[Any]], np.ndarray],
        items: Sequence[Any],
        workers: int = 0,
    ) -> None:
        self.read, self.items = read, items
        self.shape = torch.Size((len(items), *read(items[:1]).shape[1:]))
        self.device = torch.device("cpu")
        self.scale: tuple[np.ndarray, np.ndarray] | None = None
        self.workers = workers or min(8, os.cpu_count() or 1)
        self.pool = ThreadPoolExecutor(self.workers)
        self.coming: Iterator[Tensor] = iter(())
        self.ahead: deque[tuple[Tensor, Future[np.ndarray]]] = deque()
        self.last: tuple[Tensor, np.ndarray] | None = None

    def __len__(self) -> int:
        return len(self.items)

    def to(self, device: torch.device) -> Self:
        """Give batches on a device from now on."""
        self.device = device
        return self

    def standardize(
        self,
        train: Tensor,
        axes: tuple[int, ...],
    ) -> tuple[np.ndarray, np.ndarray]:
        """Give (values - mean) / deviation from now on, both over `axes` of training examples.

        Returns both. Of more than 16,384 training examples as many are taken, evenly chosen.
        """
        rows = train[:: -(-len(train) // FITTED)].numpy()
        self.scale = mean_and_deviation(self.rows, rows, axes)
        return self.scale

    def rows(self, rows: np.ndarray) -> np.ndarray:
        """Return the examples in these rows as they are stored, read by all threads."""
        size = -(-len(rows) // self.workers)
        parts = [rows[start : start + size] for start in range(0, len(rows), size)]
        return np.concatenate(list(self.pool.map(self.stored, parts)))

    def stored(self, rows: np.ndarray) -> np.ndarray:
        """Return the examples in these rows as they are stored."""
        return self.read([self.items[row] for row in rows])

    def index_select(self, dim: int, index: Tensor) -> Tensor:
        """Return the examples in the rows `index`; `dim` is 0, as for a tensor of them."""
        assert dim == 0
        index = index.cpu()
        if self.last is None or not torch.equal(self.last[0], index):
            self.last = (index, self.scaled(self.found(index)))
        return torch.from_numpy(self.last[1]).to(self.device, copy=True)

    def scaled(self, values: np.ndarray) -> np.ndarray:
        """Return values normalised; they are changed in place."""
        if self.scale is not None:
            values -= self.scale[0]
            values /= self.scale[1]
        return values

    def found(self, index: Tensor) -> np.ndarray:
        """Return stored examples: those read ahead, else read now."""
        places = [
            k for k, (rows, _) in enumerate(self.ahead) if torch.equal(rows, index)
        ]
        if not places:
            return self.rows(index.numpy())
        for _ in range(places[0]):  # a step that was left out
            self.ahead.popleft()[1].cancel()
        values = self.ahead.popleft()[1].result()
        self.fill()
        return values

    def expect(self, batches: Sequence[Tensor]) -> None:
        """Read these batches ahead, in this order, within bounds."""
        for _, future in self.ahead:
            future.cancel()
        self.ahead.clear()
        self.coming = iter(batches)
        self.fill()

    def fill(self) -> None:
        """Have as many batches read ahead as there are threads, and memory for."""
        size = 4 * self.shape[1:].numel()
        while len(self.ahead) < self.workers + 1:
            held = sum(len(rows) for rows, _ in self.ahead)
            if self.ahead and held * size > BYTES_AHEAD:
                return
            batch = next(self.coming, None)
            if batch is None:
                return
            rows = batch.cpu()
            self.ahead.append((rows, self.pool.submit(self.stored, rows.numpy())))


def read_ahead(
    columns: Mapping[str, Tensor | Streamed],
    batches: Sequence[Tensor],
) -> Sequence[Tensor]:
    """Return `batches` of rows; columns that are streamed read them ahead."""
    for column in columns.values():
        if isinstance(column, Streamed):
            column.expect(batches)
    return batches
