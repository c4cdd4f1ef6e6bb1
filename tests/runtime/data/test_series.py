from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from runtime.data.series import cut_windows, scale_windows, series_split, window_starts
from runtime.data.splits import part_sizes


def test_windows_and_what_follows_them() -> None:
    values = np.arange(20.0).reshape(10, 2)
    starts = np.array([0, 3])
    np.testing.assert_array_equal(
        cut_windows(values, starts, 2), [[[0, 1], [2, 3]], [[6, 7], [8, 9]]]
    )
    np.testing.assert_array_equal(cut_windows(values, starts, 1, 2), [[[4, 5]], [[10, 11]]])


@given(
    rows=st.integers(30, 300),
    length=st.integers(2, 12),
    step=st.integers(1, 5),
    shares=st.tuples(st.floats(0, 0.4), st.floats(0, 0.4)),
)
def test_no_window_straddles_a_boundary(
    rows: int, length: int, step: int, shares: tuple[float, float]
) -> None:
    sizes = part_sizes(rows, *shares)
    assume(all(not size or size >= length for size in (*sizes, rows - sum(sizes))))
    starts, parts, train_rows = window_starts(rows, length, step, *shares)
    last = starts + length - 1
    for part in (0, 1):
        earlier, later = parts <= part, parts > part
        if later.any():
            assert last[earlier].max() < starts[later].min()
    assert last[parts == 0].max() < train_rows <= rows
    assert (np.diff(starts)[np.diff(parts) == 0] == step).all()
    assert last.max() < rows


def test_a_part_too_short_is_named() -> None:
    with pytest.raises(ValueError, match=r"the test part has 10 rows, a window .* takes 11 rows"):
        window_starts(100, 11, 1, 0.2, 0.1)


def test_scaling_knows_training_rows_only() -> None:
    values = np.random.default_rng(0).normal(5, 3, (50, 2))
    values[30:] += 1000
    windows = cut_windows(values, np.arange(40), 4)
    scaled, mean, deviation = scale_windows(windows, values, 30)
    np.testing.assert_allclose(mean[0], values[:30].mean(axis=0))
    np.testing.assert_allclose(deviation[0], values[:30].std(axis=0))
    np.testing.assert_allclose(scaled * deviation + mean, windows)
    assert values[30:].min() > 900  # the series itself is left as it is


def test_parts_keep_their_order() -> None:
    train, middle, last = series_split(np.array([0, 0, 1, 2, 2]))
    assert (train.tolist(), middle.tolist(), last.tolist()) == ([0, 1], [2], [3, 4])
