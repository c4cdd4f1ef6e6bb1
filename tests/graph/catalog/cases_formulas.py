"""Cases for losses and operations of our own, each beside the published formula written out."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - everyone's name for it

from graph.catalog import augment
from graph.catalog.augmentation import KINDS as AUGMENTATIONS
from tests.graph.catalog.case import Case

__all__ = ["CASES"]


def _floats(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed + sum(shape)))


def _ints(high: int, *shape: int) -> Tensor:
    return torch.randint(high, shape, generator=torch.Generator().manual_seed(sum(shape)))


def _case(reference: Any, label: str = "", /, params: Any = None, **inputs: Tensor) -> Case:
    return Case(params=params or {}, inputs=inputs, reference=reference, label=label)


def _sample(mu: Tensor, logvar: Tensor) -> Tensor:
    return mu + (0.5 * logvar).exp() * torch.randn_like(mu)


def _shifted(input: Tensor) -> dict[str, Tensor]:
    length = input.shape[1]
    return {"input": input.narrow(1, 0, length - 1), "target": input.narrow(1, 1, length - 1)}


def _corrupted(negatives: int) -> Any:
    def by_hand(head: Tensor, relation: Tensor, tail: Tensor) -> dict[str, Tensor]:
        other = torch.randint(7, (len(head), negatives))
        at_head = torch.rand(len(head), negatives) < 0.5
        heads, tails = other.clone(), other.clone()
        for row in range(len(head)):
            for column in range(negatives):
                if at_head[row, column]:
                    tails[row, column] = tail[row]
                else:
                    heads[row, column] = head[row]
        return {"head": heads, "relation": relation[:, None].repeat(1, negatives), "tail": tails}

    return by_hand


def _rotated(input: Tensor, angle: Tensor) -> Tensor:
    half = input.shape[-1] // 2
    real, imaginary = input[..., :half], input[..., half:]
    cos, sin = angle.cos(), angle.sin()
    return torch.cat([real * cos - imaginary * sin, real * sin + imaginary * cos], dim=-1)


def _augmented(name: str) -> tuple[Case, ...]:
    """Cases of an augmentation, whose class test_augmentation.py looks into."""
    module = getattr(augment, name)
    given = _floats(3, 3, 8, 10)
    presets = next(kind.presets for kind in AUGMENTATIONS if kind.name == name)
    several: list[dict[str, Any]] = [{}, dict(presets)] if presets else [{}]
    return tuple(
        _case(lambda input, p=p: module(**p)(input), ",".join(p), params=p, input=given)
        for p in several
    )


def _candidates(replace: str) -> Any:
    def by_hand(head: Tensor, relation: Tensor, tail: Tensor) -> dict[str, Tensor]:
        columns = [[head, relation, tail] for _ in range(7)]
        for entity, column in enumerate(columns):
            column[0 if replace == "head" else 2] = torch.full_like(head, entity)
        parts = [torch.stack(part, dim=1) for part in zip(*columns, strict=True)]
        return dict(zip(("head", "relation", "tail"), parts, strict=True))

    return by_hand


_GAUSSIAN = {"mu": _floats(4, 3), "logvar": _floats(4, 3, seed=1)}
_GAME = {"real": _floats(4, 1), "fake": _floats(4, 1, seed=1)}
_TRIPLES = {"head": _ints(7, 4), "relation": _ints(3, 4) % 3, "tail": _ints(7, 4).flip(0)}
_MASK = torch.arange(5)[None, :] >= torch.tensor([5, 3, 1, 0])[:, None]

CASES: dict[str, tuple[Case, ...]] = {
    **{kind.name: _augmented(kind.name) for kind in AUGMENTATIONS},
    "GaussianKL": (
        _case(
            lambda mu, logvar: (
                -0.5 * (1 + logvar - mu.square() - logvar.exp()).flatten(1).sum(dim=1).mean()
            ),
            **_GAUSSIAN,
        ),
    ),
    "Reparameterize": (_case(_sample, **_GAUSSIAN),),
    "BernoulliReconstructionLoss": (
        _case(
            lambda input, target: (
                F.binary_cross_entropy_with_logits(input, target, reduction="sum") / 4
            ),
            input=_floats(4, 1, 5, 5),
            target=_floats(4, 1, 5, 5, seed=1).sigmoid(),
        ),
    ),
    "GaussianReconstructionLoss": (
        _case(
            lambda input, target: 0.5 * F.mse_loss(input, target, reduction="sum") / 4,
            input=_floats(4, 6),
            target=_floats(4, 6, seed=1),
        ),
    ),
    "straight_through": (
        _case(
            lambda hard, soft: soft + (hard - soft),
            hard=_floats(4, 6).round(),
            soft=_floats(4, 6),
        ),
    ),
    "AdversarialDiscriminatorLoss": (
        _case(lambda real, fake: F.softplus(-real).mean() + F.softplus(fake).mean(), **_GAME),
    ),
    "AdversarialGeneratorLoss": (_case(lambda fake: F.softplus(-fake).mean(), fake=_floats(4, 1)),),
    "HingeDiscriminatorLoss": (
        _case(
            lambda real, fake: (1 - real).clamp(min=0).mean() + (1 + fake).clamp(min=0).mean(),
            **_GAME,
        ),
    ),
    "HingeGeneratorLoss": (_case(lambda fake: -fake.mean(), fake=_floats(4, 1)),),
    "WassersteinCriticLoss": (_case(lambda real, fake: fake.mean() - real.mean(), **_GAME),),
    "WassersteinGeneratorLoss": (_case(lambda fake: -fake.mean(), fake=_floats(4, 1)),),
    "NTXentLoss": tuple(
        _case(
            lambda z1, z2, t=t: F.cross_entropy(
                (
                    F.normalize(torch.cat([z1, z2]), dim=1)
                    @ F.normalize(torch.cat([z1, z2]), dim=1).T
                    / t
                ).masked_fill(torch.eye(2 * len(z1), dtype=torch.bool), -math.inf),
                torch.cat([torch.arange(len(z1)) + len(z1), torch.arange(len(z1))]),
            ),
            f"temperature={t}",
            params={} if t == 0.5 else {"temperature": t},
            z1=_floats(4, 6),
            z2=_floats(4, 6, seed=1),
        )
        for t in (0.5, 0.1)
    ),
    "CosineRegressionLoss": (
        _case(
            lambda input, target: (2 - 2 * F.cosine_similarity(input, target, dim=-1)).mean(),
            input=_floats(4, 6),
            target=_floats(4, 6, seed=1),
        ),
    ),
    "SequenceCrossEntropy": (
        _case(
            lambda input, target: F.cross_entropy(input.transpose(1, 2), target),
            input=_floats(4, 5, 6),
            target=_ints(6, 4, 5),
        ),
        _case(
            lambda input, target: F.cross_entropy(
                input.transpose(1, 2), target, ignore_index=0, label_smoothing=0.1
            ),
            "masked and smoothed",
            params={"ignore_index": 0, "label_smoothing": 0.1},
            input=_floats(4, 5, 6),
            target=_ints(6, 4, 5),
        ),
    ),
    "TripleMarginLoss": tuple(
        _case(
            lambda positive, negative, m=m: (m - positive[:, None] + negative).clamp(min=0).mean(),
            f"margin={m}",
            params={} if m == 1.0 else {"margin": m},
            positive=_floats(4),
            negative=_floats(4, 3),
        )
        for m in (1.0, 0.25)
    ),
    "NegativeSamplingLoss": (
        _case(
            lambda positive, negative: (
                -(
                    F.logsigmoid(6.0 + positive)
                    + (negative.softmax(dim=1) * F.logsigmoid(-6.0 - negative)).sum(dim=1)
                ).mean()
                / 2
            ),
            positive=_floats(4),
            negative=_floats(4, 3),
        ),
    ),
    "Shift": (
        _case(_shifted, input=_ints(9, 4, 6)),
        _case(_shifted, "features", input=_floats(4, 6, 3)),
    ),
    "padding_mask": (
        _case(lambda input: input == 0, input=_ints(3, 4, 6)),
        _case(lambda input: input == 2, "padding=2", params={"padding": 2}, input=_ints(3, 4, 6)),
    ),
    "masked_mean": (
        _case(
            lambda input, mask: (
                (input * (~mask).unsqueeze(-1).to(input.dtype)).sum(dim=1)
                / (~mask).unsqueeze(-1).to(input.dtype).sum(dim=1).clamp(min=1)
            ),
            input=_floats(4, 5, 3),
            mask=_MASK,
        ),
    ),
    "last_step": (
        _case(
            lambda input, mask: torch.stack(
                [
                    row[max(int((~hidden).sum()) - 1, 0)]
                    for row, hidden in zip(input, mask, strict=True)
                ]
            ),
            input=_floats(4, 5, 3),
            mask=_MASK,
        ),
    ),
    "CorruptTriples": tuple(
        _case(
            _corrupted(k),
            f"negatives={k}",
            params={"entities": 7} if k == 1 else {"entities": 7, "negatives": k},
            **_TRIPLES,
        )
        for k in (1, 5)
    ),
    "CandidateTriples": tuple(
        _case(
            _candidates(replace),
            replace,
            params={"entities": 7} | ({} if replace == "tail" else {"replace": replace}),
            **_TRIPLES,
        )
        for replace in ("tail", "head")
    ),
    "rotate": (_case(_rotated, input=_floats(4, 6), angle=_floats(4, 3)),),
}
