from __future__ import annotations

import numpy as np
import pytest
import torch

from runtime.data.transforms import (
    resize,
    standardize,
    to_images,
    to_labels,
    to_numbers,
    to_tensor,
    to_whole,
)
from tests.runtime.data.making import random_images


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ((2, 5, 6), (2, 1, 5, 6)),
        ((2, 5, 6, 3), (2, 3, 5, 6)),
        ((2, 3, 5, 6), (2, 3, 5, 6)),
        ((2, 1, 5, 6), (2, 1, 5, 6)),
    ],
)
def test_images_take_one_form(shape: tuple[int, ...], expected: tuple[int, ...]) -> None:
    array = random_images(*shape)
    images = to_images(array)
    assert images.shape == expected
    assert images.flags.c_contiguous
    assert images.max() == array.max() / np.float32(255)


def test_floats_stay_and_must_be_finite() -> None:
    array = np.full((2, 3, 3), 0.25)
    assert to_images(array).max() == 0.25
    array[1, 2, 2] = np.nan
    with pytest.raises(ValueError, match="example 1 holds NaN"):
        to_images(array)
    with pytest.raises(ValueError, match="between 0 and 255"):
        to_images(np.full((2, 3, 3), 256))
    with pytest.raises(ValueError, match=r"expected \(N, H, W\)"):
        to_images(np.zeros((2, 3)))


def test_resize_is_the_same_for_any_number_of_threads() -> None:
    images = to_images(random_images(1500, 8, 8))
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(1)
        one = resize(images, (28, 28))
        torch.set_num_threads(2)
        two = resize(images, (28, 28))
    finally:
        torch.set_num_threads(before)
    assert one.shape == (1500, 1, 28, 28)
    np.testing.assert_array_equal(one, two)
    assert resize(images, (8, 8)) is images


def test_labels_count_from_zero() -> None:
    assert to_labels(np.array([0, 2, 1], dtype=np.uint8), 3).tolist() == [0, 2, 1]
    assert to_labels(np.array([[1], [3]]), 3).tolist() == [0, 2]
    with pytest.raises(ValueError, match="example 1 has label 3, expected 0 to 2"):
        to_labels(np.array([0, 3]), 3)
    with pytest.raises(ValueError, match="example 0 has label -1"):
        to_labels(np.array([-1, 0]), 3)
    with pytest.raises(ValueError, match="expected whole numbers"):
        to_labels(np.array([0.5]), 3)


def test_numbers_must_be_finite() -> None:
    assert to_numbers(np.arange(3)).shape == (3, 1)
    values = np.zeros((3, 2))
    values[2, 1] = np.inf
    with pytest.raises(ValueError, match=r"example 2, position \(1,\): inf"):
        to_numbers(values)
    with pytest.raises(ValueError, match="found an array of"):
        to_numbers(np.array(["a"]))
    with pytest.raises(ValueError, match=r"example 1: 0\.5 is not a whole number"):
        to_whole(np.array([1, 0.5]))


def test_normalisation_is_fitted_on_the_training_part_only() -> None:
    values = np.random.default_rng(0).normal(5, 3, (4000, 2, 3, 3)).astype(np.float32)
    values[3000:] += 100
    train = torch.arange(3000)
    expected_mean = values[:3000].mean(axis=(0, 2, 3), dtype=np.float64)
    expected = values[:3000].std(axis=(0, 2, 3), dtype=np.float64)
    scaled, mean, deviation = standardize(values, train, (0, 2, 3))
    np.testing.assert_allclose(mean.ravel(), expected_mean, rtol=1e-6)
    np.testing.assert_allclose(deviation.ravel(), expected, rtol=1e-6)
    assert abs(scaled[:3000].mean()) < 1e-5
    assert scaled[3000:].mean() > 20


def test_a_constant_column_is_divided_by_one() -> None:
    values = np.array([[0.1, 1e9], [0.1, 1e9 + 1], [0.1, 1e9 + 2], [7, 0]])
    scaled, mean, deviation = standardize(values, torch.tensor([0, 1, 2]), (0,))
    assert deviation[0, 0] == 1
    np.testing.assert_allclose(scaled[:3, 0], 0, atol=1e-12)
    np.testing.assert_allclose(mean[0], [0.1, 1e9 + 1])
    np.testing.assert_allclose(scaled[:3, 1], [-1.2247448, 0, 1.2247448], rtol=1e-6)


def test_tensors_are_float32_or_int64() -> None:
    assert to_tensor(np.zeros(2, dtype=np.float64)).dtype == torch.float32
    assert to_tensor(np.zeros(2, dtype=np.int64)).dtype == torch.int64
