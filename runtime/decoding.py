"""Sequences from a network that tells the next token of a sequence.

What tells it is a function of tokens (n, T) that gives logits (n, T, V). A network that reads a
text before it writes another is such a function once that text is given.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

__all__ = ["Beam", "beam_search", "continued", "pick"]

Logits = Callable[[Tensor], Tensor]


def pick(
    logits: Tensor,
    *,
    temperature: float = 1.0,
    top_k: int | None = None,
    generator: torch.Generator | None = None,
) -> int:
    """Return a token drawn by its logits (V,).

    Parameters
    ----------
    temperature
        Logits are divided by it: below 1 likely tokens become likelier; at 0 the likeliest is
        taken.
    top_k
        Only so many of the likeliest tokens can be drawn.
    generator
        Where random numbers come from; None: torch's own.
    """
    if temperature == 0:
        return int(logits.argmax())
    scores, tokens = logits.double().sort(descending=True, stable=True)
    chances = torch.softmax(scores[:top_k] / temperature, dim=0)
    return int(tokens[torch.multinomial(chances, 1, generator=generator)])


def continued(
    logits_of: Logits,
    tokens: Sequence[int],
    length: int,
    *,
    context: int,
    temperature: float = 1.0,
    top_k: int | None = None,
    never: Collection[int] = (),
    stop: int | None = None,
    device: torch.device | None = None,
    generator: torch.Generator | None = None,
) -> Iterator[int]:
    """Yield up to `length` tokens behind `tokens`, each drawn by what comes before it.

    Parameters
    ----------
    logits_of
        Gives logits (1, T, V) for tokens (1, T).
    tokens
        What the sequence begins with: at least one.
    context
        How many of the last tokens are looked at.
    temperature, top_k, generator
        Those of :func:`pick`.
    never
        Tokens that are not drawn, such as padding.
    stop
        A token that ends the sequence; it is not returned.
    """
    after = _After(logits_of, context, never, device)
    found = list(tokens)
    for _ in range(length):
        (logits,) = after([found])
        token = pick(logits, temperature=temperature, top_k=top_k, generator=generator)
        if token == stop:
            break
        found.append(token)
        yield token


@dataclass(frozen=True)
class Beam:
    """A sequence that a beam search has found."""

    tokens: tuple[int, ...]
    #: The logarithm of its probability, given what it began with.
    score: float
    #: Whether the token that stops has ended it; `tokens` is without it.
    ended: bool = False


def beam_search(
    logits_of: Logits,
    tokens: Sequence[int],
    length: int,
    *,
    context: int,
    width: int,
    never: Collection[int] = (),
    stop: int | None = None,
    device: torch.device | None = None,
    halted: Callable[[], bool] = lambda: False,
) -> list[Beam]:
    """Return likely sequences of `tokens` and up to `length` more, the likeliest first.

    After each token the `width` likeliest sequences are kept; those that have ended stay among
    them as they are. With a width of 1 that is to take the likeliest token each time.
    The parameters are those of :func:`continued`, but for `logits_of`: it is given up to `width`
    sequences at once. When `halted` says so, what has been found so far is returned.
    """
    after = _After(logits_of, context, never, device)
    beams = [Beam(tuple(tokens), 0.0)]
    for _ in range(length):
        going = [beam for beam in beams if not beam.ended]
        if not going or halted():
            break
        chances = torch.log_softmax(after([beam.tokens for beam in going]).double(), dim=1)
        grown = [beam for beam in beams if beam.ended]
        for beam, row in zip(going, chances, strict=True):
            scores, chosen = row.sort(descending=True, stable=True)
            for score, token in zip(scores[:width].tolist(), chosen[:width].tolist(), strict=True):
                if token == stop:
                    grown.append(Beam(beam.tokens, beam.score + score, ended=True))
                else:
                    grown.append(Beam((*beam.tokens, token), beam.score + score))
        beams = sorted(grown, key=lambda beam: -beam.score)[:width]
    return beams


class _After:
    """Gives logits (n, V) of the token behind each of `n` sequences of one length."""

    def __init__(
        self, logits_of: Logits, context: int, never: Collection[int], device: torch.device | None
    ) -> None:
        self._logits_of, self._context, self._device = logits_of, context, device
        self._never = torch.tensor(sorted(never), dtype=torch.int64, device=device)
        self._filled = False

    def __call__(self, sequences: Sequence[Sequence[int]]) -> Tensor:
        last = [list(sequence[-self._context :]) for sequence in sequences]
        given = torch.tensor(last, dtype=torch.int64, device=self._device)
        found = self._read(given)[:, given.shape[1] - 1].float()
        if bool((found.isnan() | found.isposinf()).any()):
            raise RuntimeError(
                "expected logits that are numbers, received some that are none: the weights have "
                "grown too large; train with a smaller learning rate"
            )
        return found.index_fill(1, self._never, -torch.inf)

    def _read(self, given: Tensor) -> Tensor:
        """Return the logits of all places; padding fills up to the length that a network needs."""
        room = self._context - given.shape[1]
        if not self._filled:
            try:
                return self._logits_of(given)
            except (RuntimeError, ValueError, AssertionError):
                if room == 0:
                    raise
                self._filled = True
        return self._logits_of(torch.nn.functional.pad(given, (0, room)))
