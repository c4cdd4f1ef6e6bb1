"""The embedded set: 1,797 handwritten digits of 8 x 8 pixels that scikit-learn carries.

Source: UCI "Optical Recognition of Handwritten Digits" (E. Alpaydin, C. Kaynak), its test part.
"""

from __future__ import annotations

import numpy as np

__all__ = ["read_digits"]


def read_digits() -> tuple[np.ndarray, np.ndarray]:
    """Return images (1797, 1, 8, 8) float32 in [0, 1] and labels (1797,) int64."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    images = digits.images[:, None].astype(np.float32) / np.float32(16)
    return images, digits.target.astype(np.int64)
