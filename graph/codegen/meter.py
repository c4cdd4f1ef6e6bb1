"""The running mean that training scripts and the trainer share; its source is exported."""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["Mean"]


class Mean:
    """Mean of a value per batch over an epoch, each batch weighted by its size."""

    def __init__(self) -> None:
        self.total = torch.zeros((), dtype=torch.float64)
        self.count = 0

    def update(self, value: Tensor, size: int) -> None:
        """Add the value of a batch of `size` examples."""
        if self.total.device != value.device:
            self.total = self.total.to(value.device)
        self.total.add_(value.detach(), alpha=size)
        self.count += size

    def compute(self) -> float:
        """Return the mean so far; nan where nothing was added."""
        return self.total.item() / self.count if self.count else float("nan")
