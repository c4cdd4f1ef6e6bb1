"""The embedded digits are those of scikit-learn."""

from __future__ import annotations

import numpy as np
from sklearn.datasets import load_digits

from runtime.data.digits import read_digits


def test_the_digits_are_those_of_scikit_learn() -> None:
    images, labels = read_digits()
    theirs = load_digits()
    assert images.dtype == np.float32
    assert labels.dtype == np.int64
    np.testing.assert_array_equal(images[:, 0], theirs.images.astype(np.float32) / 16)
    np.testing.assert_array_equal(labels, theirs.target)
