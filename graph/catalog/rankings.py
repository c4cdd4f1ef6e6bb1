"""Metrics of rankings: where the right answer stands among all that could be given.

As those of :mod:`graph.catalog.measures`: their source goes into the exported script.
"""

# Each class must stand by itself below ``import torch`` and ``from torch import Tensor``, together
# with the functions ``ranks`` and ``exact_sum``.
from __future__ import annotations

import torch
from torch import Tensor

from graph.catalog.measures import exact_sum

__all__ = ["HitsAtK", "MeanReciprocalRank", "ranks"]


def ranks(scores: Tensor, target: Tensor, known: Tensor | None = None) -> Tensor:
    """Return the place, from 1, of the target (N,) by scores (N, E), larger ones first.

    Equal scores share their mean place, so that a constant score gains nothing. What is known
    (N, E) to be right as well is left out (the filtered setting of Bordes et al., 2013).
    """
    answer = target.unsqueeze(1)
    own = scores.gather(1, answer)
    others = torch.ones_like(scores, dtype=torch.bool).scatter(1, answer, False)
    if known is not None:
        others = others & ~known
    # nan is no answer: it counts as beaten by all.
    better = (~(scores <= own) & others).sum(1)
    equal = ((scores == own) & others).sum(1)
    return 1 + better + 0.5 * equal


class MeanReciprocalRank:
    """Mean of 1 / rank of the target (N,) by scores (N, E); equal scores share their mean rank.

    Answers that are known (N, E) to be right as well are left out: the filtered setting.
    """

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self.total: Tensor | float = 0.0
        self.count = 0

    @torch.no_grad()
    def update(
        self,
        scores: Tensor,
        target: Tensor,
        known: Tensor | None = None,
    ) -> None:
        self.total = self.total + exact_sum(1 / ranks(scores, target, known))
        self.count += len(target)

    def compute(self) -> float:
        return float(self.total) / self.count if self.count else float("nan")


class HitsAtK:
    """Share of targets (N,) whose rank by scores (N, E) is at most k: hits@1, hits@3, hits@10.

    Equal scores share their mean rank. Answers that are known (N, E) to be right as well are
    left out: the filtered setting.
    """

    def __init__(self, k: int = 10) -> None:
        self.k = k
        self.reset()

    def reset(self) -> None:
        self.hits: Tensor | int = 0
        self.count = 0

    @torch.no_grad()
    def update(
        self,
        scores: Tensor,
        target: Tensor,
        known: Tensor | None = None,
    ) -> None:
        self.hits = self.hits + (ranks(scores, target, known) <= self.k).sum()
        self.count += len(target)

    def compute(self) -> float:
        return int(self.hits) / self.count if self.count else float("nan")
