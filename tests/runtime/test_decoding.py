"""Decoding: greedy, by temperature, from the likeliest, by beams; within a context."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from runtime.decoding import Beam, beam_search, continued, pick

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


def test_of_equal_logits_no_more_are_drawn_than_asked_for() -> None:
    even = torch.zeros(6)
    source = torch.Generator().manual_seed(0)
    assert {pick(even, top_k=2, generator=source) for _ in range(200)} == {0, 1}


def counting(seen: list[list[int]]) -> Callable[[Tensor], Tensor]:
    """Return logits that make each token the one before plus 1, modulo 5."""

    def logits_of(tokens: Tensor) -> Tensor:
        seen.append(tokens[0].tolist())
        return 50.0 * torch.nn.functional.one_hot((tokens + 1) % 5, 5).float()

    return logits_of


def test_each_token_follows_from_those_before_it_in_the_context() -> None:
    seen: list[list[int]] = []
    found = list(continued(counting(seen), [2, 3], 4, context=3))
    assert found == [4, 0, 1, 2]
    assert seen == [[2, 3], [2, 3, 4], [3, 4, 0], [4, 0, 1]]


def test_it_ends_with_the_token_that_stops() -> None:
    assert list(continued(counting([]), [2], 9, context=3, stop=0)) == [3, 4]
    (best, *_) = beam_search(counting([]), [2], 9, context=3, width=3, stop=0)
    assert (best.tokens, best.ended) == ((2, 3, 4), True)
    (best,) = beam_search(counting([]), [2], 1, context=3, width=1, stop=0)
    assert (best.tokens, best.ended) == ((2, 3), False)


def test_what_must_not_be_drawn_is_not() -> None:
    found = list(continued(counting([]), [3], 30, context=2, never=(0, 1), temperature=0.0))
    assert len(found) == 30
    assert not {0, 1} & set(found)
    for beam in beam_search(counting([]), [3], 9, context=2, width=3, never=(0, 1)):
        assert not {0, 1} & set(beam.tokens)


def test_a_search_that_is_halted_returns_what_it_has() -> None:
    seen: list[list[int]] = []
    beams = beam_search(counting(seen), [3], 9, context=9, width=2, halted=lambda: len(seen) == 4)
    assert beams[0].tokens == (3, 4, 0, 1, 2)


class Recurrent(nn.Module):
    """A small language model of 9 tokens; with a source, what it has read begins its state."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.table = nn.Embedding(9, 8)
        self.reader = nn.GRU(8, 8, batch_first=True)
        self.writer = nn.GRU(8, 8, batch_first=True)
        self.next = nn.Linear(8, 9)
        for weight in self.parameters():
            weight.data.mul_(3.0)

    def forward(self, *texts: Tensor) -> Tensor:
        state = self.reader(self.table(texts[0]))[1] if len(texts) > 1 else None
        found: Tensor = self.next(self.writer(self.table(texts[-1]), state)[0])
        return found


@torch.no_grad()
def argmax_loop(model: Callable[[Tensor], Tensor], tokens: list[int], length: int) -> list[int]:
    for _ in range(length):
        tokens = [*tokens, int(model(torch.tensor([tokens[-6:]]))[0, -1].argmax())]
    return tokens


@torch.no_grad()
def test_at_temperature_0_and_with_one_beam_it_is_the_argmax_each_time() -> None:
    model = Recurrent()
    for begun in itertools.product(range(9), repeat=2):
        expected = argmax_loop(model, list(begun), 12)
        greedy = continued(model, begun, 12, context=6, temperature=0.0)
        assert [*begun, *greedy] == expected
        (beam,) = beam_search(model, begun, 12, context=6, width=1)
        assert list(beam.tokens) == expected


@torch.no_grad()
def test_wide_beams_find_the_likeliest_of_all_sequences() -> None:
    model = Recurrent()
    chances = {}
    for rest in itertools.product(range(9), repeat=3):
        logs = torch.log_softmax(model(torch.tensor([[4, *rest]])).double(), dim=2)[0]
        chances[4, *rest] = sum(float(logs[place, token]) for place, token in enumerate(rest))
    expected = sorted(chances, key=lambda tokens: -chances[tokens])
    found = beam_search(model, [4], 3, context=6, width=81)
    assert [beam.tokens for beam in found[:10]] == expected[:10]
    assert [beam.score for beam in found[:10]] == pytest.approx([chances[t] for t in expected[:10]])


def branching(tokens: Tensor) -> Tensor:
    """Return logits of a tree in which the likelier first step leads to unlikely second ones."""
    rows = {
        (0,): [0.0, 0.6, 0.4, 0.0, 0.0],
        (0, 1): [0.0, 0.0, 0.0, 0.5, 0.5],
        (0, 2): [0.0, 0.0, 0.0, 0.9, 0.1],
    }
    last = torch.tensor([rows[tuple(row)] for row in tokens.tolist()])
    return last.log()[:, None].expand(-1, tokens.shape[1], -1)


def test_beams_find_what_is_likelier_than_the_greedy_choice() -> None:
    assert list(continued(branching, [0], 2, context=4, temperature=0.0)) == [1, 3]
    best, second = beam_search(branching, [0], 2, context=4, width=2)
    assert (best.tokens, second.tokens) == ((0, 2, 3), (0, 1, 3))
    assert torch.tensor([best.score, second.score]).exp().tolist() == pytest.approx([0.36, 0.3])


def test_a_beam_that_has_ended_stays_if_no_other_is_likelier() -> None:
    best, second = beam_search(branching, [0], 2, context=4, width=2, stop=2)
    assert best == Beam((0,), pytest.approx(torch.tensor(0.4).log().item()), ended=True)
    assert (second.tokens, second.ended) == ((0, 1, 3), False)


@torch.no_grad()
def test_the_same_seed_draws_the_same_tokens() -> None:
    def drawn(seed: int) -> list[int]:
        source = torch.Generator().manual_seed(seed)
        return list(continued(Recurrent(), [1], 30, context=6, generator=source))

    assert drawn(3) == drawn(3) != drawn(4)


@torch.no_grad()
def test_tokens_never_leave_the_likeliest() -> None:
    model, tokens = Recurrent(), [1]
    source = torch.Generator().manual_seed(0)
    for token in continued(model, [1], 60, context=6, top_k=3, temperature=2.0, generator=source):
        assert token in model(torch.tensor([tokens[-6:]]))[0, -1].topk(3).indices
        tokens.append(token)


@torch.no_grad()
def test_a_network_that_reads_first_tells_by_what_it_has_read() -> None:
    model, source = Recurrent(), torch.tensor([[3, 1, 4, 0]])

    def logits_of(tokens: Tensor) -> Tensor:
        found: Tensor = model(source.expand(len(tokens), -1), tokens)
        return found

    expected = argmax_loop(logits_of, [2], 5)
    found = continued(logits_of, [2], 5, context=6, temperature=0.0)
    assert [2, *found] == expected
    assert [2, *found] != argmax_loop(model, [2], 5)
    beams = beam_search(logits_of, [2], 5, context=6, width=4)
    assert beams[0].score >= beam_search(logits_of, [2], 5, context=6, width=1)[0].score


def test_a_network_of_one_length_is_given_padding_behind_the_tokens() -> None:
    seen: list[list[int]] = []

    def logits_of(tokens: Tensor) -> Tensor:
        if tokens.shape[1] != 4:
            raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")
        return counting(seen)(tokens)

    assert list(continued(logits_of, [2], 3, context=4)) == [3, 4, 0]
    assert seen == [[2, 0, 0, 0], [2, 3, 0, 0], [2, 3, 4, 0]]
    with pytest.raises(RuntimeError, match="mat1 and mat2"):
        list(continued(logits_of, [2], 3, context=5))


def test_logits_that_are_no_numbers_are_said_in_words() -> None:
    def broken(tokens: Tensor) -> Tensor:
        return torch.full((*tokens.shape, 5), torch.nan)

    with pytest.raises(RuntimeError, match="train with a smaller learning rate"):
        list(continued(broken, [2], 3, context=4))
