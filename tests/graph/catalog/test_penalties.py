"""The gradient penalty, against the formula by hand."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from graph.catalog.penalties import gradient_penalty


class Square(nn.Module):
    """Gives a * |x|^2, of slope 2 * a * x."""

    def __init__(self) -> None:
        super().__init__()
        self.a = nn.Parameter(torch.tensor(0.5))

    def forward(self, x: Tensor) -> Tensor:
        return self.a * x.flatten(1).square().sum(dim=1, keepdim=True)


def _examples() -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(3)
    real, fake = (torch.randn(5, 1, 2, 3, generator=generator) for _ in range(2))
    return real, fake.requires_grad_()


def test_it_is_the_formula() -> None:
    (real, fake), critic = _examples(), Square()
    torch.manual_seed(1)
    found = gradient_penalty(critic, real, fake)
    torch.manual_seed(1)
    share = torch.rand(5, 1, 1, 1)
    between = (share * real + (1 - share) * fake).detach().flatten(1)
    lengths = (2 * 0.5 * between).norm(dim=1)
    torch.testing.assert_close(found, (lengths - 1).square().mean())
    found.backward()
    by_hand = (2 * (lengths - 1) * lengths / 0.5).mean()  # the length is proportional to a
    torch.testing.assert_close(critic.a.grad, by_hand)
    assert fake.grad is None


def test_it_can_be_measured_without_gradients() -> None:
    real, fake = _examples()
    torch.manual_seed(1)
    expected = gradient_penalty(Square(), real, fake)
    torch.manual_seed(1)
    with torch.no_grad():
        found = gradient_penalty(Square(), real, fake)
    assert torch.equal(found, expected)
