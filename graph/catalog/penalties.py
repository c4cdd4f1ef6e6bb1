"""Losses that differentiate a network themselves. Their source goes into the program as it is."""

# Each function must stand by itself below ``import torch``, ``from torch import Tensor, nn``.
from __future__ import annotations

import torch
from torch import Tensor, nn

__all__ = ["gradient_penalty"]


def gradient_penalty(critic: nn.Module, real: Tensor, fake: Tensor) -> Tensor:
    """How far a critic's slope is from 1: mean of (|grad critic(x)| - 1)^2 over the batch.

    Each x lies at a random place between a real and a fake example, x = a * real +
    (1 - a) * fake with a from 0 to 1 (Gulrajani et al., Improved Training of Wasserstein
    GANs, 2017, eq. 3). No gradient flows back to real and fake.
    """
    with torch.enable_grad():
        share = torch.rand(len(real), *[1] * (real.dim() - 1), device=real.device)
        between = torch.lerp(fake.detach(), real.detach(), share).requires_grad_()
        score = critic(between).sum()
        (slope,) = torch.autograd.grad(score, between, create_graph=True)
        penalty: Tensor = (slope.flatten(1).norm(dim=1) - 1).square().mean()
        return penalty
