"""Metrics as small classes that add up over an epoch. Their source goes into the exported script.

Each has ``update`` (cheap: a few tensor operations, nothing read back from the device),
``compute`` (the value over all that was added, nan where nothing was) and ``reset``. Values are
exact over the epoch, however it is cut into batches: what is added up are counts and sums, in
float64 where the device has it.
"""

# Each class must stand by itself below ``import torch``, ``import torch.nn.functional as F`` and
# ``from torch import Tensor``, together with the functions named beside it in metrics.py.
from __future__ import annotations

import math

import torch
import torch.nn.functional as F  # noqa: N812 - everyone's name for it
from torch import Tensor

__all__ = [
    "Accuracy",
    "BinaryAccuracy",
    "BinaryF1Score",
    "F1Score",
    "MeanAbsoluteError",
    "MeanSquaredError",
    "MeanValue",
    "PeakSignalNoiseRatio",
    "Perplexity",
    "Precision",
    "R2Score",
    "Recall",
    "RootMeanSquaredError",
    "SequenceAccuracy",
    "SequencePerplexity",
    "TopKAccuracy",
    "confusion",
    "exact_sum",
]


def exact_sum(values: Tensor) -> Tensor:
    """Return the sum over dimension 0 in float64, or in float32 on a device without it."""
    if values.device.type == "mps":
        return values.sum(0)
    return values.sum(0, dtype=torch.float64)


def confusion(logits: Tensor, target: Tensor) -> Tensor:
    """Return how often class i was taken for class j, (C, C), from (N, C, ...) and (N, ...)."""
    classes = logits.shape[1]
    pairs = target.flatten() * classes + logits.argmax(dim=1).flatten()
    counts = torch.zeros(classes * classes, dtype=torch.int64, device=logits.device)
    return counts.scatter_add(0, pairs, torch.ones_like(pairs)).view(classes, classes)


class Accuracy:
    """Share of targets (N, ...) that are the class of the largest logit, of logits (N, C, ...).

    Targets equal to ignore_index do not count.
    """

    def __init__(self, ignore_index: int | None = None) -> None:
        self.ignore_index = ignore_index
        self.reset()

    def reset(self) -> None:
        self.correct: Tensor | int = 0
        self.count: Tensor | int = 0

    def update(self, logits: Tensor, target: Tensor) -> None:
        hits = logits.argmax(dim=1) == target
        if self.ignore_index is None:
            self.count += target.numel()
        else:
            counts = target != self.ignore_index
            hits = hits & counts
            self.count = self.count + counts.sum()
        self.correct = self.correct + hits.sum()

    def compute(self) -> float:
        count = int(self.count)
        return int(self.correct) / count if count else float("nan")


class SequenceAccuracy:
    """Share of steps whose target (N, T) is the class of the largest logit, of (N, T, C).

    Targets equal to ignore_index do not count.
    """

    def __init__(self, ignore_index: int | None = None) -> None:
        self.ignore_index = ignore_index
        self.reset()

    def reset(self) -> None:
        self.correct: Tensor | int = 0
        self.count: Tensor | int = 0

    @torch.no_grad()
    def update(self, logits: Tensor, target: Tensor) -> None:
        hits = logits.argmax(dim=-1) == target
        if self.ignore_index is None:
            self.count += target.numel()
        else:
            counts = target != self.ignore_index
            hits = hits & counts
            self.count = self.count + counts.sum()
        self.correct = self.correct + hits.sum()

    def compute(self) -> float:
        count = int(self.count)
        return int(self.correct) / count if count else float("nan")


class TopKAccuracy:
    """Share of targets (N, ...) among the k classes with the largest logits, of (N, C, ...)."""

    def __init__(self, k: int = 5) -> None:
        self.k = k
        self.reset()

    def reset(self) -> None:
        self.correct: Tensor | int = 0
        self.count = 0

    @torch.no_grad()
    def update(self, logits: Tensor, target: Tensor) -> None:
        best = logits.topk(min(self.k, logits.shape[1]), dim=1).indices
        self.correct = self.correct + (best == target.unsqueeze(1)).sum()
        self.count += target.numel()

    def compute(self) -> float:
        return int(self.correct) / self.count if self.count else float("nan")


class BinaryAccuracy:
    """Share of examples where logit > 0 says the same as target > 0.5; shapes (N,) or (N, 1)."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self.correct: Tensor | int = 0
        self.count = 0

    @torch.no_grad()
    def update(self, logits: Tensor, target: Tensor) -> None:
        hits = (logits.flatten() > 0) == (target.flatten() > 0.5)
        self.correct = self.correct + hits.sum()
        self.count += hits.numel()

    def compute(self) -> float:
        return int(self.correct) / self.count if self.count else float("nan")


class BinaryF1Score:
    """2 TP / (2 TP + FP + FN) with logit > 0 as the positive prediction; shapes (N,) or (N, 1)."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self.both: Tensor | int = 0
        self.either: Tensor | int = 0
        self.count = 0

    @torch.no_grad()
    def update(self, logits: Tensor, target: Tensor) -> None:
        predicted, true = logits.flatten() > 0, target.flatten() > 0.5
        self.both = self.both + (predicted & true).sum()
        self.either = self.either + predicted.sum() + true.sum()
        self.count += true.numel()

    def compute(self) -> float:
        if not self.count:
            return float("nan")
        return 2 * int(self.both) / max(int(self.either), 1)


class Precision:
    """Mean over the classes of the share of right ones among those predicted: TP / (TP + FP).

    Logits (N, C, ...), targets (N, ...). A class that is never predicted counts 0; one that is
    neither predicted nor a target does not count.
    """

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self.counts: Tensor | int = 0

    @torch.no_grad()
    def update(self, logits: Tensor, target: Tensor) -> None:
        self.counts = self.counts + confusion(logits, target)

    def compute(self) -> float:
        if isinstance(self.counts, int):
            return float("nan")
        counts = self.counts.cpu().double()
        true, predicted = counts.sum(1), counts.sum(0)
        scores = counts.diagonal() / predicted.clamp(min=1)
        return float(scores[true + predicted > 0].mean())


class Recall:
    """Mean over the classes of the share of right ones among the true ones: TP / (TP + FN).

    Logits (N, C, ...), targets (N, ...). A class that is predicted but never a target counts 0;
    one that is neither does not count.
    """

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self.counts: Tensor | int = 0

    @torch.no_grad()
    def update(self, logits: Tensor, target: Tensor) -> None:
        self.counts = self.counts + confusion(logits, target)

    def compute(self) -> float:
        if isinstance(self.counts, int):
            return float("nan")
        counts = self.counts.cpu().double()
        true, predicted = counts.sum(1), counts.sum(0)
        scores = counts.diagonal() / true.clamp(min=1)
        return float(scores[true + predicted > 0].mean())


class F1Score:
    """Mean over the classes of 2 TP / (2 TP + FP + FN): logits (N, C, ...), targets (N, ...).

    A class that is neither predicted nor a target does not count.
    """

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self.counts: Tensor | int = 0

    @torch.no_grad()
    def update(self, logits: Tensor, target: Tensor) -> None:
        self.counts = self.counts + confusion(logits, target)

    def compute(self) -> float:
        if isinstance(self.counts, int):
            return float("nan")
        counts = self.counts.cpu().double()
        both = counts.sum(1) + counts.sum(0)
        scores = 2 * counts.diagonal() / both.clamp(min=1)
        return float(scores[both > 0].mean())


class MeanAbsoluteError:
    """Mean of |prediction - target| over all elements; shapes equal, or (N, 1) and (N,)."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self.total: Tensor | float = 0.0
        self.count = 0

    @torch.no_grad()
    def update(self, prediction: Tensor, target: Tensor) -> None:
        error = prediction.flatten() - target.flatten()
        self.total = self.total + exact_sum(error.abs())
        self.count += error.numel()

    def compute(self) -> float:
        return float(self.total) / self.count if self.count else float("nan")


class MeanSquaredError:
    """Mean of (prediction - target)^2 over all elements; shapes equal, or (N, 1) and (N,)."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self.total: Tensor | float = 0.0
        self.count = 0

    @torch.no_grad()
    def update(self, prediction: Tensor, target: Tensor) -> None:
        error = prediction.flatten() - target.flatten()
        self.total = self.total + exact_sum(error.square())
        self.count += error.numel()

    def compute(self) -> float:
        return float(self.total) / self.count if self.count else float("nan")


class RootMeanSquaredError:
    """Root of the mean of (prediction - target)^2 over all elements of the epoch."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self.total: Tensor | float = 0.0
        self.count = 0

    @torch.no_grad()
    def update(self, prediction: Tensor, target: Tensor) -> None:
        error = prediction.flatten() - target.flatten()
        self.total = self.total + exact_sum(error.square())
        self.count += error.numel()

    def compute(self) -> float:
        return math.sqrt(float(self.total) / self.count) if self.count else float("nan")


class R2Score:
    """Share of the targets' variance that is explained: 1 - sum (y - p)^2 / sum (y - mean y)^2.

    Of several outputs (N, D) the mean over D. nan where a target does not vary.
    """

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self.sums: Tensor | float = 0.0
        self.origin: Tensor | None = None
        self.count = 0

    @torch.no_grad()
    def update(self, prediction: Tensor, target: Tensor) -> None:
        true = target.reshape(target.shape[0], -1)
        if self.origin is None:  # sums of y - origin stay exact where y is far from 0
            self.origin = true.mean(0)
        shifted = true - self.origin
        error = prediction.reshape(true.shape) - true
        parts = (error.square(), shifted, shifted.square())
        self.sums = self.sums + torch.stack([exact_sum(part) for part in parts])
        self.count += true.shape[0]

    def compute(self) -> float:
        if isinstance(self.sums, float):
            return float("nan")
        errors, shifted, squares = self.sums.cpu().double()
        spread = squares - shifted.square() / self.count
        scores = 1 - errors / spread
        return float(scores.mean()) if bool((spread > 0).all()) else float("nan")


class Perplexity:
    """exp of the mean cross-entropy of logits (N, C, ...) and targets (N, ...).

    Targets equal to ignore_index do not count.
    """

    def __init__(self, ignore_index: int = -100) -> None:
        self.ignore_index = ignore_index
        self.reset()

    def reset(self) -> None:
        self.total: Tensor | float = 0.0
        self.count: Tensor | int = 0

    @torch.no_grad()
    def update(self, logits: Tensor, target: Tensor) -> None:
        skip = self.ignore_index
        losses = F.cross_entropy(logits, target, ignore_index=skip, reduction="none")
        self.total = self.total + exact_sum(losses.flatten())
        self.count = self.count + (target != skip).sum()

    def compute(self) -> float:
        count = int(self.count)
        if not count:
            return float("nan")
        return math.exp(min(float(self.total) / count, 700.0))


class SequencePerplexity:
    """exp of the mean cross-entropy per step, of logits (N, T, C) and targets (N, T).

    Targets equal to ignore_index do not count.
    """

    def __init__(self, ignore_index: int = -100) -> None:
        self.ignore_index = ignore_index
        self.reset()

    def reset(self) -> None:
        self.total: Tensor | float = 0.0
        self.count: Tensor | int = 0

    @torch.no_grad()
    def update(self, logits: Tensor, target: Tensor) -> None:
        skip, flat = self.ignore_index, target.flatten()
        steps = logits.reshape(-1, logits.shape[-1])
        losses = F.cross_entropy(steps, flat, ignore_index=skip, reduction="none")
        self.total = self.total + exact_sum(losses)
        self.count = self.count + (flat != skip).sum()

    def compute(self) -> float:
        count = int(self.count)
        if not count:
            return float("nan")
        return math.exp(min(float(self.total) / count, 700.0))


class PeakSignalNoiseRatio:
    """10 log10(data_range^2 / MSE) in decibels, with the mean squared error over the epoch.

    data_range is the distance from the darkest to the brightest value there can be.
    """

    def __init__(self, data_range: float = 1.0) -> None:
        self.data_range = data_range
        self.reset()

    def reset(self) -> None:
        self.total: Tensor | float = 0.0
        self.count = 0

    @torch.no_grad()
    def update(self, prediction: Tensor, target: Tensor) -> None:
        error = prediction.flatten() - target.flatten()
        self.total = self.total + exact_sum(error.square())
        self.count += error.numel()

    def compute(self) -> float:
        if not self.count:
            return float("nan")
        error = float(self.total) / self.count
        return 10 * math.log10(self.data_range**2 / error) if error else float("inf")


class MeanValue:
    """Mean of all elements of whatever is wired to it, over the epoch."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self.total: Tensor | float = 0.0
        self.count = 0

    @torch.no_grad()
    def update(self, value: Tensor) -> None:
        self.total = self.total + exact_sum(value.flatten())
        self.count += value.numel()

    def compute(self) -> float:
        return float(self.total) / self.count if self.count else float("nan")
