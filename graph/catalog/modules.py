"""Modules that torch.nn does not have. Their source goes into the generated model.py as it is."""

# Each class must stand by itself below ``import torch``, ``from torch import Tensor, nn``.
from __future__ import annotations

import torch
from torch import Tensor, nn

__all__ = ["ClassToken", "LearnedPositions", "RotaryPositions", "SinusoidalPositions"]


class SinusoidalPositions(nn.Module):
    """Adds sines and cosines of the position: input and output (N, T, d_model).

    PE(t, 2i) = sin(t / base^(2i / d_model)), PE(t, 2i + 1) = cos of the same
    (Vaswani et al., Attention Is All You Need, 2017, section 3.5).
    """

    table: Tensor

    def __init__(
        self,
        d_model: int,
        max_len: int = 5000,
        base: float = 10000.0,
    ) -> None:
        super().__init__()
        position = torch.arange(max_len).unsqueeze(1)
        rate = base ** (-torch.arange(0, d_model, 2) / d_model)
        table = torch.zeros(max_len, d_model)
        table[:, 0::2] = torch.sin(position * rate)
        table[:, 1::2] = torch.cos(position * rate[: d_model // 2])
        self.register_buffer("table", table, persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.table[: x.shape[1]]


class LearnedPositions(nn.Module):
    """Adds a learned vector for each position: input and output (N, T, d_model)."""

    def __init__(self, d_model: int, max_len: int = 512) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(max_len, d_model))
        nn.init.normal_(self.weight, std=0.02)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.weight[: x.shape[1]]


class RotaryPositions(nn.Module):
    """Turns pairs of features by an angle that grows with the position: (..., T, dim).

    The pair (x_i, x_{i + dim/2}) at position t is rotated by t * base^(-2i / dim), so that a dot
    product of two such vectors depends on their distance only (Su et al., RoFormer, 2021).
    """

    rate: Tensor

    def __init__(self, dim: int, base: float = 10000.0) -> None:
        super().__init__()
        rate = base ** (-torch.arange(0, dim, 2) / dim)
        self.register_buffer("rate", rate, persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        angle = torch.arange(x.shape[-2], device=x.device).unsqueeze(1) * self.rate
        cos, sin = angle.cos().to(x.dtype), angle.sin().to(x.dtype)
        first, second = x.chunk(2, dim=-1)
        turned = (first * cos - second * sin, first * sin + second * cos)
        return torch.cat(turned, dim=-1)


class ClassToken(nn.Module):
    """Puts a learned vector before a sequence: (N, T, d_model) to (N, T + 1, d_model).

    As in the Vision Transformer (Dosovitskiy et al., An Image is Worth 16x16 Words, 2020).
    """

    def __init__(self, d_model: int) -> None:
        super().__init__()
        self.token = nn.Parameter(torch.zeros(1, 1, d_model))

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat((self.token.expand(x.shape[0], -1, -1), x), dim=1)
