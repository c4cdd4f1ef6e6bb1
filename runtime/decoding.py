"""Sequences from a network that tells the next token of a sequence."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

import torch
from torch import Tensor

__all__ = ["generate", "pick"]


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
    if top_k is not None and top_k < len(logits):
        least = logits.topk(top_k).values[-1]
        logits = logits.masked_fill(logits < least, -torch.inf)
    chances = torch.softmax(logits.double() / temperature, dim=0)
    return int(torch.multinomial(chances, 1, generator=generator))


def generate(
    logits_of: Callable[[Tensor], Tensor],
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
) -> list[int]:
    """Return `tokens` and up to `length` more, each drawn by what comes before it.

    Parameters
    ----------
    logits_of
        Gives logits (1, T, V) for tokens (1, T).
    tokens
        What the sequence begins with: at least one.
    context
        How many of the last tokens are looked at.
    never
        Tokens that are not drawn, such as padding.
    stop
        A token that ends the sequence; it is not returned.
    """
    found = list(tokens)
    banned = torch.tensor(sorted(never), dtype=torch.int64, device=device)
    for _ in range(length):
        given = torch.tensor([found[-context:]], dtype=torch.int64, device=device)
        logits = logits_of(given)[0, -1].float().index_fill(0, banned, -torch.inf)
        token = pick(logits, temperature=temperature, top_k=top_k, generator=generator)
        if token == stop:
            break
        found.append(token)
    return found
