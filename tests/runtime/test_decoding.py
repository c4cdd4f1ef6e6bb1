"""Drawing tokens: greedy, by temperature, from the likeliest, within a context."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from runtime.decoding import generate, pick

LOGITS = torch.tensor([0.0, 2.0, 1.0, -1.0])


def _drawn(count: int = 4000, **options: Any) -> list[float]:
    """Return how often each token was drawn."""
    source = torch.Generator().manual_seed(0)
    counts = Counter(pick(LOGITS, generator=source, **options) for _ in range(count))
    return [counts[token] / count for token in range(len(LOGITS))]


def test_at_temperature_0_the_likeliest_token_is_taken() -> None:
    assert {pick(LOGITS, temperature=0.0) for _ in range(20)} == {1}


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_tokens_are_drawn_by_their_probabilities(temperature: float) -> None:
    expected = torch.softmax(LOGITS / temperature, 0).tolist()
    assert _drawn(temperature=temperature) == pytest.approx(expected, abs=0.03)


def test_only_so_many_of_the_likeliest_are_drawn() -> None:
    expected = torch.softmax(LOGITS[1:3], 0).tolist()
    assert _drawn(top_k=2) == pytest.approx([0, *expected, 0], abs=0.03)
    assert _drawn(count=50, top_k=1) == [0, 1, 0, 0]
    assert _drawn(top_k=9) == _drawn()


def counting(seen: list[list[int]]) -> Callable[[Tensor], Tensor]:
    """Return logits that make each token the one before plus 1, modulo 5."""

    def logits_of(tokens: Tensor) -> Tensor:
        seen.append(tokens[0].tolist())
        return 50.0 * torch.nn.functional.one_hot((tokens + 1) % 5, 5).float()

    return logits_of


def test_each_token_follows_from_those_before_it_in_the_context() -> None:
    seen: list[list[int]] = []
    found = generate(counting(seen), [2, 3], 4, context=3)
    assert found == [2, 3, 4, 0, 1, 2]
    assert seen == [[2, 3], [2, 3, 4], [3, 4, 0], [4, 0, 1]]


def test_it_ends_with_the_token_that_stops() -> None:
    assert generate(counting([]), [2], 9, context=3, stop=0) == [2, 3, 4]


def test_what_must_not_be_drawn_is_not() -> None:
    found = generate(counting([]), [3], 30, context=2, never=(0, 1), temperature=0.0)
    assert len(found) == 31
    assert not {0, 1} & set(found)
