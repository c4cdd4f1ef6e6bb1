"""Tensor types with symbolic sizes: what flows along a wire.

A size is an int, or a polynomial in the batch size ``N`` and the time length ``T`` with the
monomials 1, N, T and N·T. That is enough for what layers do to batch and time (flatten them
together, shorten time by a kernel, double it by a stride), and it can be recovered from a few
runs with concrete sizes: see :func:`fit`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

__all__ = ["BATCH", "PROBES", "TIME", "Dim", "Sym", "TensorType", "fit", "probes_for"]

#: The pairs (N, T) at which a node is tried out. Both sizes are even and T has many divisors, so
#: that strides and chunks divide them; no fixed size can pass at every point by coincidence.
PROBES: tuple[tuple[int, int], ...] = ((8, 48), (12, 48), (8, 72), (12, 72))


@dataclass(frozen=True, slots=True)
class Sym:
    """A size that depends on N or T: ``one + n·N + t·T + nt·N·T``."""

    one: Fraction = Fraction(0)
    n: Fraction = Fraction(0)
    t: Fraction = Fraction(0)
    nt: Fraction = Fraction(0)

    def at(self, batch: int, time: int) -> int:
        """Return the size for concrete N and T (rounded down, as strides do)."""
        return int(self.one + self.n * batch + self.t * time + self.nt * batch * time)

    def __str__(self) -> str:
        text = ""
        for factor, name in ((self.nt, "N·T"), (self.n, "N"), (self.t, "T"), (self.one, "")):
            if not factor:
                continue
            sign = "-" if factor < 0 else "+" if text else ""
            size = abs(factor)
            number = "" if name and size.numerator == 1 else str(size.numerator)
            below = f"/{size.denominator}" if size.denominator != 1 else ""
            text += f"{sign}{number}{name}{below}" if name else f"{sign}{size}"
        return text or "0"


Dim = int | Sym
BATCH = Sym(n=Fraction(1))
TIME = Sym(t=Fraction(1))


@dataclass(frozen=True, slots=True)
class TensorType:
    """Shape and dtype of a tensor, for example ``(N, 1, 28, 28) float32``."""

    shape: tuple[Dim, ...]
    dtype: str = "float32"

    def __str__(self) -> str:
        return self.shape_text if self.dtype == "float32" else f"{self.shape_text} {self.dtype}"

    @property
    def shape_text(self) -> str:
        """The shape alone, as Python writes a tuple: ``(N,)``, ``(N, 10)``, ``()``."""
        inner = ", ".join(str(size) for size in self.shape)
        return f"({inner},)" if len(self.shape) == 1 else f"({inner})"

    def at(self, batch: int, time: int) -> tuple[int, ...]:
        """Return the shape for concrete N and T."""
        return tuple(s.at(batch, time) if isinstance(s, Sym) else s for s in self.shape)


def probes_for(types: Mapping[str, TensorType] | Sequence[TensorType]) -> tuple[int, ...]:
    """Return the indices into :data:`PROBES` needed to tell apart the symbols in `types`."""
    values = types.values() if isinstance(types, Mapping) else types
    sizes = [size for one in values for size in one.shape if isinstance(size, Sym)]
    has_n = any(size.n or size.nt for size in sizes)
    has_t = any(size.t or size.nt for size in sizes)
    if has_n and has_t:
        return (0, 1, 2, 3)
    return (0, 1) if has_n else (0, 2) if has_t else (0,)


def fit(indices: Sequence[int], sizes: Sequence[int]) -> Dim:
    """Return the size that takes the values `sizes` at the probes `indices`.

    With both symbols present the four values determine the four coefficients exactly; with one
    symbol two values determine a line; a constant stays an int.
    """
    if all(size == sizes[0] for size in sizes):
        return sizes[0]
    points = [PROBES[i] for i in indices]
    if len(points) == 2:
        (n0, t0), (n1, t1) = points
        along_n = n0 != n1
        low, high = (n0, n1) if along_n else (t0, t1)
        slope = Fraction(sizes[1] - sizes[0], high - low)
        rest = sizes[0] - slope * low
        return Sym(one=rest, n=slope) if along_n else Sym(one=rest, t=slope)
    (n0, t0), (n1, _), (_, t1), _ = points
    a, b, c, d = sizes
    nt = Fraction(d - b - c + a, (n1 - n0) * (t1 - t0))
    n = Fraction(b - a, n1 - n0) - nt * t0
    t = Fraction(c - a, t1 - t0) - nt * n0
    return Sym(one=a - n * n0 - t * t0 - nt * n0 * t0, n=n, t=t, nt=nt)
