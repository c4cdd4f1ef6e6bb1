"""From what a classifier says to probabilities."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["LOGIT_LOSSES", "chances_of"]

Array = NDArray[Any]

#: Losses whose input is a logit of class 1; after others a single output is a probability.
LOGIT_LOSSES = ("BCEWithLogitsLoss", "SoftMarginLoss")


def chances_of(output: Array, loss: str) -> Array:
    """Return probabilities of raw outputs; the classes are along the last axis."""
    scores = np.asarray(output, dtype=np.float64)
    if scores.shape[-1] > 1:
        powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
        return np.asarray(powers / powers.sum(axis=-1, keepdims=True))
    if loss in LOGIT_LOSSES:
        return np.asarray(1 / (1 + np.exp(-np.clip(scores, -60, 60))))
    return np.asarray(scores.clip(0, 1))
