from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from runtime.data.splits import given_split, random_split, stratified_split


def together(parts: tuple[torch.Tensor, ...]) -> list[int]:
    return sorted(int(row) for part in parts for row in part)


@settings(deadline=None)
@given(
    count=st.integers(3, 200),
    validation=st.floats(0, 0.45),
    test=st.floats(0, 0.45),
    seed=st.integers(0, 2**31 - 1),
)
def test_every_example_has_one_part(count: int, validation: float, test: float, seed: int) -> None:
    parts = random_split(count, validation, test, seed)
    assert together(parts) == list(range(count))
    assert len(parts[0]) >= 1
    assert (len(parts[1]) == 0) == (validation == 0)
    again = random_split(count, validation, test, seed)
    assert all(torch.equal(*pair) for pair in zip(parts, again, strict=True))


def test_another_seed_gives_another_split() -> None:
    assert not torch.equal(random_split(100, 0.1, 0.1, 0)[0], random_split(100, 0.1, 0.1, 1)[0])


def test_stratified_parts_have_every_class_in_proportion() -> None:
    labels = np.array([0] * 60 + [1] * 30 + [2] * 10)
    parts = stratified_split(labels, 0.1, 0.2, 3)
    assert together(parts) == list(range(100))
    assert [np.bincount(labels[part.numpy()]).tolist() for part in parts] == [
        [42, 21, 7],
        [6, 3, 1],
        [12, 6, 2],
    ]
    assert sorted(parts[0].tolist()) != parts[0].tolist()


def test_a_class_too_small_is_named() -> None:
    with pytest.raises(ValueError, match="class 1: 1 examples are too few"):
        stratified_split(np.array([0, 0, 0, 0, 1]), 0.1, 0.1, 0)


def test_too_few_examples() -> None:
    with pytest.raises(ValueError, match="2 examples are too few: needed are 1 for validation"):
        random_split(2, 0.1, 0.1, 0)


def test_given_parts_stay_and_validation_comes_from_training() -> None:
    parts = np.array([2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2])
    train, validation, test = given_split(parts, 0.2, 0.3, 0)
    assert test.tolist() == [0, 11]
    assert len(validation) == 2
    assert train.tolist() == sorted(train.tolist())
    assert sorted([*train.tolist(), *validation.tolist()]) == list(range(1, 11))


def test_a_given_validation_part_is_kept() -> None:
    train, validation, test = given_split(np.array([0, 0, 1, 0, 0]), 0.5, 0.25, 0)
    assert validation.tolist() == [2]
    assert len(test) == 1
    assert len(train) == 3
