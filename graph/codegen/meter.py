"""The running mean that training scripts and the trainer share; its source is exported."""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["Mean"]


class Mean:
    """Mean of a value per batch over an epoch, each batch weighted by its size."""

    def __init__(self) -> None:
        self.total: Tensor | None = None
        self.count = 0

    def update(self, value: Tensor, size: int) -> None:
        """Add the value of a batch of `size` examples."""
        if self.total is None:
            exact = torch.float32 if value.device.type == "mps" else torch.float64
            self.total = torch.zeros((), dtype=exact, device=value.device)
        self.total.add_(value.detach(), alpha=size)
        self.count += size

    def compute(self) -> float:
        """Return the mean so far; nan where nothing was added."""
        return float("nan") if self.total is None else self.total.item() / self.count
