"""Losses and operations that torch does not have, as functions.

Their source goes into the generated program as it is, so each stands by itself below
``import torch``, ``import torch.nn.functional as F`` and ``from torch import Tensor``.
Losses give one number. N is the batch, T time, C classes, D features.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F  # noqa: N812 - everyone's name for it
from torch import Tensor

__all__ = [
    "adversarial_discriminator_loss",
    "adversarial_generator_loss",
    "bernoulli_reconstruction_loss",
    "candidate_triples",
    "corrupt_triples",
    "cosine_regression_loss",
    "gaussian_kl",
    "gaussian_reconstruction_loss",
    "hinge_discriminator_loss",
    "hinge_generator_loss",
    "last_step",
    "masked_mean",
    "negative_sampling_loss",
    "nt_xent_loss",
    "reparameterize",
    "rotate",
    "sequence_cross_entropy",
    "straight_through",
    "triple_margin_loss",
    "wasserstein_critic_loss",
    "wasserstein_generator_loss",
]


def gaussian_kl(mu: Tensor, logvar: Tensor) -> Tensor:
    """Return the divergence of normal distributions from the unit normal.

    KL = -1/2 sum(1 + logvar - mu^2 - exp(logvar)), summed over the numbers of a code and
    averaged over the batch (Kingma and Welling, Auto-Encoding Variational Bayes, 2014,
    appendix B).
    """
    terms = 1 + logvar - mu.square() - logvar.exp()
    return -0.5 * terms.flatten(1).sum(dim=1).mean()


def reparameterize(mu: Tensor, logvar: Tensor) -> Tensor:
    """Return a sample of normal distributions that gradients pass through.

    z = mu + exp(logvar / 2) * epsilon with unit normal epsilon (Kingma and Welling, 2014).
    """
    return mu + (0.5 * logvar).exp() * torch.randn_like(mu)


def bernoulli_reconstruction_loss(input: Tensor, target: Tensor) -> Tensor:
    """Return -log p(target) under independent bits whose logits are the input.

    Binary cross-entropy, summed over each example and averaged over the batch: with
    GaussianKL added, the negative evidence lower bound of an autoencoder, in nats (Kingma and
    Welling, 2014, eq. 10 and appendix C.1). Targets lie between 0 and 1.
    """
    total = F.binary_cross_entropy_with_logits(input, target, reduction="sum")
    return total / len(input)


def gaussian_reconstruction_loss(input: Tensor, target: Tensor) -> Tensor:
    """Return -log p(target) under unit normals around the input, without its constant.

    1/2 sum (input - target)^2, summed over each example and averaged over the batch: with
    GaussianKL added, the negative evidence lower bound (Kingma and Welling, 2014, eq. 10 and
    appendix C.2).
    """
    return 0.5 * F.mse_loss(input, target, reduction="sum") / len(input)


def straight_through(hard: Tensor, soft: Tensor) -> Tensor:
    """Return the values of hard with the gradient of soft.

    soft + (hard - soft), whose bracket counts as constant (Bengio et al., Estimating or
    Propagating Gradients Through Stochastic Neurons, 2013).
    """
    return soft + (hard - soft).detach()


def adversarial_discriminator_loss(real: Tensor, fake: Tensor) -> Tensor:
    """Return a discriminator's cross-entropy, from its logits of real and made examples.

    -log D(x) - log(1 - D(G(z))) (Goodfellow et al., Generative Adversarial Nets, 2014).
    """
    return F.softplus(-real).mean() + F.softplus(fake).mean()


def adversarial_generator_loss(fake: Tensor) -> Tensor:
    """Return a generator's non-saturating loss, from a discriminator's logits.

    -log D(G(z)) (Goodfellow et al., Generative Adversarial Nets, 2014, section 3).
    """
    return F.softplus(-fake).mean()


def hinge_discriminator_loss(real: Tensor, fake: Tensor) -> Tensor:
    """Return a discriminator's hinge loss, from its scores of real and made examples.

    max(0, 1 - D(x)) + max(0, 1 + D(G(z))) (Lim and Ye, Geometric GAN, 2017).
    """
    return F.relu(1 - real).mean() + F.relu(1 + fake).mean()


def hinge_generator_loss(fake: Tensor) -> Tensor:
    """Return the generator's side of the hinge game: -D(G(z)) (Lim and Ye, 2017)."""
    return -fake.mean()


def wasserstein_critic_loss(real: Tensor, fake: Tensor) -> Tensor:
    """Return a critic's loss D(G(z)) - D(x) (Arjovsky et al., Wasserstein GAN, 2017)."""
    return fake.mean() - real.mean()


def wasserstein_generator_loss(fake: Tensor) -> Tensor:
    """Return a generator's loss -D(G(z)) (Arjovsky et al., Wasserstein GAN, 2017)."""
    return -fake.mean()


def nt_xent_loss(z1: Tensor, z2: Tensor, temperature: float = 0.5) -> Tensor:
    """Return the normalised, temperature-scaled cross-entropy of two views, each (N, D).

    Each of the 2N features has to find its other view among the 2N - 1 others by cosine
    similarity (Chen et al., A Simple Framework for Contrastive Learning, 2020, eq. 1).
    """
    features = F.normalize(torch.cat([z1, z2]), dim=1)
    logits = features @ features.T / temperature
    itself = torch.eye(len(logits), dtype=torch.bool, device=logits.device)
    logits = logits.masked_fill(itself, float("-inf"))
    other = torch.arange(len(logits), device=logits.device).roll(len(z1))
    return F.cross_entropy(logits, other)


def cosine_regression_loss(input: Tensor, target: Tensor) -> Tensor:
    """Return 2 - 2 cos(input, target), the squared distance of the unit vectors (..., D).

    Averaged over the batch (Grill et al., Bootstrap Your Own Latent, 2020, eq. 2).
    """
    return (2 - 2 * F.cosine_similarity(input, target, dim=-1)).mean()


def sequence_cross_entropy(
    input: Tensor,
    target: Tensor,
    ignore_index: int = -100,
    label_smoothing: float = 0.0,
) -> Tensor:
    """Return the cross-entropy per step, of logits (N, T, C) and class indices (N, T).

    Averaged over the steps whose target is not ignore_index. With label_smoothing a share of
    the target is spread evenly over all classes (Szegedy et al., Rethinking the Inception
    Architecture, 2016, section 7).
    """
    return F.cross_entropy(
        input.transpose(1, 2),
        target,
        ignore_index=ignore_index,
        label_smoothing=label_smoothing,
    )


def triple_margin_loss(
    positive: Tensor,
    negative: Tensor,
    margin: float = 1.0,
) -> Tensor:
    """Return how far scores of wrong triples (N, K) come within a margin of true ones (N,).

    max(0, margin - positive + negative), averaged; a score is a negative distance (Bordes et
    al., Translating Embeddings for Modeling Multi-relational Data, 2013, eq. 1).
    """
    return F.relu(margin - positive.unsqueeze(1) + negative).mean()


def negative_sampling_loss(
    positive: Tensor,
    negative: Tensor,
    margin: float = 6.0,
    temperature: float = 1.0,
) -> Tensor:
    """Return the self-adversarial loss of true triples (N,) and wrong ones (N, K).

    -log s(margin + positive) - sum p log s(-margin - negative), where s is the sigmoid and
    the weights p are the softmax of temperature * negative (Sun et al., RotatE, 2019, eq. 5);
    averaged over the batch and halved, as in the authors' program.
    """
    weights = (temperature * negative).softmax(dim=1).detach()
    wrong = (weights * F.logsigmoid(-margin - negative)).sum(dim=1)
    return -(F.logsigmoid(margin + positive) + wrong).mean() / 2


def corrupt_triples(
    head: Tensor,
    relation: Tensor,
    tail: Tensor,
    entities: int,
    negatives: int = 1,
) -> tuple[Tensor, Tensor, Tensor]:
    """Return wrong triples, (N, K) each: head or tail replaced by any entity (Bordes, 2013)."""
    size = (len(head), negatives)
    other = torch.randint(entities, size, device=head.device)
    at_head = torch.rand(size, device=head.device) < 0.5
    heads = torch.where(at_head, other, head.unsqueeze(1))
    tails = torch.where(at_head, tail.unsqueeze(1), other)
    return heads, relation.unsqueeze(1).expand(size), tails


def candidate_triples(
    head: Tensor,
    relation: Tensor,
    tail: Tensor,
    entities: int,
    replace: str = "tail",
) -> tuple[Tensor, Tensor, Tensor]:
    """Return every triple that answers a query, (N, E) each: (head, relation, ?) or (?, ...)."""
    size = (len(head), entities)
    every = torch.arange(entities, device=head.device).expand(size)
    heads, tails = head.unsqueeze(1).expand(size), tail.unsqueeze(1).expand(size)
    relations = relation.unsqueeze(1).expand(size)
    if replace == "head":
        return every, relations, tails
    return heads, relations, every


def masked_mean(input: Tensor, mask: Tensor) -> Tensor:
    """Return the mean over time of (N, T, D), leaving out steps where mask (N, T) is True."""
    keep = (~mask).unsqueeze(-1).to(input.dtype)
    return (input * keep).sum(dim=1) / keep.sum(dim=1).clamp(min=1)


def last_step(input: Tensor, mask: Tensor) -> Tensor:
    """Return the last step of (N, T, D) before its padding, where mask (N, T) is True."""
    last = (~mask).sum(dim=1).clamp(min=1) - 1
    return input[torch.arange(len(input), device=input.device), last]


def rotate(input: Tensor, angle: Tensor) -> Tensor:
    """Return features (..., 2D) turned by angles (..., D), as complex numbers are.

    The first half holds real parts, the second imaginary ones (Sun et al., RotatE, 2019).
    """
    real, imaginary = input.chunk(2, dim=-1)
    cos, sin = angle.cos(), angle.sin()
    turned = (real * cos - imaginary * sin, real * sin + imaginary * cos)
    return torch.cat(turned, dim=-1)
