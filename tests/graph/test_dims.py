"""Sizes that depend on the batch and the time: found again from a few runs, and written out."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.dims import BATCH, PROBES, TIME, Dim, Sym, TensorType, fit, probes_for

_WHOLE = st.integers(-9, 9).map(Fraction)
#: Shares that leave whole numbers at every probe: N is 8 or 12, T is 48 or 72.
_OF_N = st.sampled_from([Fraction(k, d) for k in range(-4, 5) for d in (1, 2, 4)])
_OF_T = st.sampled_from([Fraction(k, d) for k in range(-4, 5) for d in (1, 2, 3, 4, 6, 8, 12, 24)])


def _size(sym: Sym) -> Dim:
    """A polynomial without symbols is an int."""
    return int(sym.one) if not (sym.n or sym.t or sym.nt) else sym


@given(_WHOLE, _OF_N, _OF_T, _WHOLE)
def test_a_polynomial_in_n_and_t_is_found_from_four_runs(
    one: Fraction, n: Fraction, t: Fraction, nt: Fraction
) -> None:
    sym = Sym(one, n, t, nt)
    indices = probes_for([TensorType((BATCH, TIME))])
    assert indices == (0, 1, 2, 3)
    assert fit(indices, [sym.at(*PROBES[i]) for i in indices]) == _size(sym)


@given(_WHOLE, _OF_N)
def test_a_line_in_n_is_found_from_two_runs(one: Fraction, n: Fraction) -> None:
    sym = Sym(one, n=n)
    indices = probes_for({"input": TensorType((BATCH, 3))})
    assert len(indices) == 2
    assert fit(indices, [sym.at(*PROBES[i]) for i in indices]) == _size(sym)


@given(_WHOLE, _OF_T)
def test_a_line_in_t_is_found_from_two_runs(one: Fraction, t: Fraction) -> None:
    sym = Sym(one, t=t)
    indices = probes_for([TensorType((TIME, 3))])
    assert len(indices) == 2
    assert fit(indices, [sym.at(*PROBES[i]) for i in indices]) == _size(sym)


def test_sizes_without_symbols_need_one_run() -> None:
    assert probes_for([TensorType((3, 4))]) == (0,)
    assert fit((0,), [7]) == 7


@pytest.mark.parametrize(
    ("sym", "text"),
    [
        (BATCH, "N"),
        (TIME, "T"),
        (Sym(n=Fraction(2)), "2N"),
        (Sym(nt=Fraction(1)), "N·T"),
        (Sym(nt=Fraction(3), n=Fraction(-1)), "3N·T-N"),
        (Sym(one=Fraction(-2), t=Fraction(1)), "T-2"),
        (Sym(one=Fraction(-1, 2), t=Fraction(1, 2)), "T/2-1/2"),
        (Sym(one=Fraction(1), n=Fraction(3, 4)), "3N/4+1"),
        (Sym(n=Fraction(-1)), "-N"),
        (Sym(one=Fraction(5)), "5"),
        (Sym(), "0"),
    ],
)
def test_sizes_are_written_as_people_write_them(sym: Sym, text: str) -> None:
    assert str(sym) == text


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (TensorType((BATCH, 1, 28, 28)), "(N, 1, 28, 28)"),
        (TensorType((BATCH,), "int64"), "(N,) int64"),
        (TensorType(()), "()"),
        (TensorType((BATCH, TIME, 16), "float64"), "(N, T, 16) float64"),
    ],
)
def test_types_are_written_as_tuples(kind: TensorType, text: str) -> None:
    assert str(kind) == text


def test_a_type_has_a_shape_at_every_size() -> None:
    kind = TensorType((BATCH, Sym(one=Fraction(-1, 2), t=Fraction(1, 2)), 3))
    assert kind.at(2, 9) == (2, 4, 3)
    assert kind.at(2, 8) == (2, 3, 3)
