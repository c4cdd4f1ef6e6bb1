"""The embedded set: 1,797 handwritten digits of 8 x 8 pixels that scikit-learn carries.

Source: UCI "Optical Recognition of Handwritten Digits" (E. Alpaydin, C. Kaynak), its test part.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import numpy as np

__all__ = ["read_digits"]


def read_digits() -> tuple[np.ndarray, np.ndarray]:
    """Return images (1797, 1, 8, 8) float32 in [0, 1] and labels (1797,) int64.

    They are those of ``sklearn.datasets.load_digits``, whose import takes seconds.
    """
    found = find_spec("sklearn")
    if found is None or found.origin is None:
        raise ModuleNotFoundError(
            "The digits come with scikit-learn: pip install scikit-learn"
        )
    file = Path(found.origin).parent / "datasets" / "data" / "digits.csv.gz"
    table = np.loadtxt(file, dtype=np.float32, delimiter=",")
    images = table[:, :-1].reshape(-1, 1, 8, 8) / np.float32(16)
    return images, table[:, -1].astype(np.int64)
