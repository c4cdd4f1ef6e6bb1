"""Curves of any length drawn with a few thousand points.

A curve is kept as a pyramid of buckets: level 0 is the points themselves, and each level above
holds the smallest and the largest value of pairs of buckets below. Points are only ever appended,
so each level grows at its end, and a picture of any range reads about two numbers per pixel.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["Buckets", "smooth"]

Floats = NDArray[np.float64]
_FACTOR = 4


class _Growing:
    """An array that is appended to; its store doubles."""

    def __init__(self) -> None:
        self._store: Floats = np.empty(1024)
        self.size = 0

    def extend(self, values: Floats) -> None:
        needed = self.size + len(values)
        if needed > len(self._store):
            store = np.empty(max(needed, 2 * len(self._store)))
            store[: self.size] = self._store[: self.size]
            self._store = store
        self._store[self.size : needed] = values
        self.size = needed

    @property
    def values(self) -> Floats:
        return self._store[: self.size]


class _Level:
    def __init__(self) -> None:
        self.x = _Growing()
        self.low = _Growing()
        self.high = _Growing()


class Buckets:
    """One curve: x rises, y is any number; NaN leaves a gap only where a whole bucket is NaN."""

    def __init__(self) -> None:
        self._x = _Growing()
        self._y = _Growing()
        self._levels: list[_Level] = []

    def __len__(self) -> int:
        return self._x.size

    @property
    def x(self) -> Floats:
        """All x, rising."""
        return self._x.values

    @property
    def y(self) -> Floats:
        """The value at each x."""
        return self._y.values

    def append(self, x: Floats, y: Floats) -> None:
        """Add points at the end."""
        if not len(x):
            return
        self._x.extend(np.asarray(x, dtype=np.float64))
        self._y.extend(np.asarray(y, dtype=np.float64))
        below_x, below_low, below_high = self._x.values, self._y.values, self._y.values
        depth = 0
        while len(below_x) >= _FACTOR:
            if depth == len(self._levels):
                self._levels.append(_Level())
            level = self._levels[depth]
            start, end = level.x.size * _FACTOR, len(below_x) // _FACTOR * _FACTOR
            if end > start:
                with np.errstate(invalid="ignore"):
                    level.x.extend(below_x[start:end:_FACTOR])
                    level.low.extend(np.fmin.reduce(below_low[start:end].reshape(-1, _FACTOR), 1))
                    level.high.extend(np.fmax.reduce(below_high[start:end].reshape(-1, _FACTOR), 1))
            below_x, below_low, below_high = level.x.values, level.low.values, level.high.values
            depth += 1

    def between(self, left: float, right: float, points: int = 2000) -> tuple[Floats, Floats]:
        """Return x and y to draw for ``left <= x <= right``: about `points` of them at most.

        Where buckets are drawn, each gives its lowest and its highest value at its x, so that no
        spike is lost. A point beyond either end is included, so that lines leave the picture.
        """
        start, end = self._slice(self.x, left, right)
        if end - start <= points:
            return self.x[start:end], self.y[start:end]
        depth = 0
        while depth + 1 < len(self._levels) and (end - start) / _FACTOR**depth * 0.5 > points:
            depth += 1
        level = self._levels[depth]
        first, last = self._slice(level.x.values, left, right)
        low, high = level.low.values[first:last], level.high.values[first:last]
        xs = np.repeat(level.x.values[first:last], 2)
        ys = np.empty(2 * len(low))
        ys[0::2], ys[1::2] = low, high
        if last >= level.x.size:  # the points that do not fill a bucket yet
            done = level.x.size * _FACTOR ** (depth + 1)
            xs = np.concatenate([xs, self.x[done:end]])
            ys = np.concatenate([ys, self.y[done:end]])
        return xs, ys

    def at(self, x: float) -> float | None:
        """Return the value at the last point at or before `x`, or None before the first."""
        index = int(np.searchsorted(self.x, x, side="right")) - 1
        return float(self.y[index]) if 0 <= index < len(self) else None

    @staticmethod
    def _slice(x: Floats, left: float, right: float) -> tuple[int, int]:
        start = max(int(np.searchsorted(x, left, side="left")) - 1, 0)
        return start, min(int(np.searchsorted(x, right, side="right")) + 1, len(x))


def smooth(
    values: Floats, weight: float, state: tuple[float, float]
) -> tuple[Floats, tuple[float, float]]:
    """Return the exponential moving average of `values`, and the state to go on from.

    ``weight`` in [0, 1) is the share of the past. The average is corrected for its start, as
    Adam's moments are: the state is (sum, weight of the sum), at first ``(0, 0)``. NaN is left
    out. The recurrence runs over blocks in which it is a cumulative sum, so a million points take
    milliseconds.
    """
    total, mass = state
    if weight <= 0.0 or not len(values):
        return values, state
    out = np.empty(len(values))
    # Within a block powers of the weight must stay far from underflow.
    block = max(1, min(4096, int(-300 / np.log10(weight))))
    for start in range(0, len(values), block):
        part = values[start : start + block]
        known = np.isfinite(part)
        powers = weight ** np.arange(1, len(part) + 1)
        fed = np.where(known, part, 0.0) * (1 - weight)
        sums = powers * (total + np.cumsum(fed / powers))
        masses = powers * (mass + np.cumsum(np.where(known, 1 - weight, 0.0) / powers))
        with np.errstate(invalid="ignore", divide="ignore"):
            out[start : start + block] = sums / masses
        total, mass = float(sums[-1]), float(masses[-1])
    return out, (total, mass)
