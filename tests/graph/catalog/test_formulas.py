"""Losses of our own against what the papers and torch say of them."""

from __future__ import annotations

import math

import torch
from torch.distributions import Bernoulli, Normal, kl_divergence
from torch.nn import functional as F  # noqa: N812 - everyone's name for it

from graph import catalog
from graph.catalog import formulas
from graph.catalog.entry import InputError
from graph.dims import BATCH, TensorType
from graph.shapes import evaluate


def test_kl_is_that_of_torch_distributions() -> None:
    mu, logvar = torch.randn(5, 3), torch.randn(5, 3)
    unit = Normal(torch.zeros_like(mu), torch.ones_like(mu))
    theirs = kl_divergence(Normal(mu, (0.5 * logvar).exp()), unit).sum(dim=1).mean()
    torch.testing.assert_close(formulas.gaussian_kl(mu, logvar), theirs)
    assert formulas.gaussian_kl(torch.zeros(4, 2), torch.zeros(4, 2)) == 0


def test_reconstruction_and_divergence_are_the_evidence_lower_bound() -> None:
    code, x = Normal(torch.randn(5, 2), torch.rand(5, 2) + 0.5), torch.rand(5, 1, 3, 3).round()
    logits, unit = torch.randn(5, 1, 3, 3), Normal(torch.zeros(5, 2), torch.ones(5, 2))
    bits = Bernoulli(logits=logits).log_prob(x).flatten(1).sum(dim=1)
    bound = (bits - kl_divergence(code, unit).sum(dim=1)).mean()
    ours = formulas.bernoulli_reconstruction_loss(logits, x)
    ours = ours + formulas.gaussian_kl(code.loc, 2 * code.scale.log())
    torch.testing.assert_close(ours, -bound)
    normal = Normal(logits, 1.0).log_prob(x) + 0.5 * math.log(2 * math.pi)
    torch.testing.assert_close(
        formulas.gaussian_reconstruction_loss(logits, x), -normal.flatten(1).sum(dim=1).mean()
    )


def test_straight_through_gives_soft_the_gradient() -> None:
    soft = torch.rand(4, 3, requires_grad=True)
    found = formulas.straight_through(soft.round(), soft)
    torch.testing.assert_close(found, soft.round())
    found.sum().backward()
    assert soft.grad is not None
    assert bool((soft.grad == 1).all())


def test_samples_have_mean_and_deviation_and_pass_gradients() -> None:
    torch.manual_seed(0)
    mu = torch.full((20_000, 1), 3.0, requires_grad=True)
    found = formulas.reparameterize(mu, torch.full_like(mu, 2.0).log() * 2)
    assert abs(found.mean().item() - 3) < 0.05
    assert abs(found.std().item() - 2) < 0.05
    found.sum().backward()
    assert mu.grad is not None
    assert bool((mu.grad == 1).all())


def test_the_adversarial_losses_are_binary_cross_entropy() -> None:
    real, fake = torch.randn(6, 1), torch.randn(6, 1)
    bce = F.binary_cross_entropy_with_logits
    theirs = bce(real, torch.ones_like(real)) + bce(fake, torch.zeros_like(fake))
    torch.testing.assert_close(formulas.adversarial_discriminator_loss(real, fake), theirs)
    torch.testing.assert_close(
        formulas.adversarial_generator_loss(fake), bce(fake, torch.ones_like(fake))
    )


def test_nt_xent_as_the_paper_sums_it() -> None:
    z1, z2 = torch.randn(3, 4), torch.randn(3, 4)
    views = F.normalize(torch.stack([z1, z2], dim=1).reshape(6, 4), dim=1)  # pairs side by side
    total = 0.0
    for i in range(6):
        j = i ^ 1
        near = (views @ views[i] / 0.5).exp()
        rest = near.sum() - near[i]
        total += -(near[j] / rest).log().item()
    assert abs(formulas.nt_xent_loss(z1, z2).item() - total / 6) < 1e-5


def test_equal_views_are_better_than_others() -> None:
    z = torch.randn(8, 5)
    assert formulas.nt_xent_loss(z, z) < formulas.nt_xent_loss(z, torch.randn(8, 5))
    assert formulas.cosine_regression_loss(z, 3 * z).abs() < 1e-6


def test_ignored_steps_do_not_count() -> None:
    logits, target = torch.randn(2, 4, 5), torch.randint(1, 5, (2, 4))
    short = formulas.sequence_cross_entropy(logits[:, :2], target[:, :2], ignore_index=0)
    target[:, 2:] = 0
    found = formulas.sequence_cross_entropy(logits, target, ignore_index=0)
    torch.testing.assert_close(found, short)


def test_rotation_keeps_lengths_and_adds_angles() -> None:
    x, first, second = torch.randn(3, 8), torch.randn(3, 4), torch.randn(3, 4)
    turned = formulas.rotate(x, first)
    torch.testing.assert_close(turned.norm(dim=1), x.norm(dim=1))
    torch.testing.assert_close(formulas.rotate(turned, second), formulas.rotate(x, first + second))


def test_the_mean_of_nothing_is_zero() -> None:
    mask = torch.tensor([[True, True], [False, True]])
    found = formulas.masked_mean(torch.ones(2, 2, 3), mask)
    assert found.tolist() == [[0, 0, 0], [1, 1, 1]]


def test_targets_of_another_length_are_refused_with_advice() -> None:
    kind = catalog.lookup("SequenceCrossEntropy")
    given = {
        "input": TensorType((BATCH, 9, 30)),
        "target": TensorType((BATCH, 10), "int64"),
    }
    error = evaluate(kind, {}, given).error
    assert isinstance(error, InputError)
    assert error.port == "target"
    assert error.received == "(N, 10)"
    assert "Shift" in error.mend


def test_scores_of_other_triples_are_refused() -> None:
    kind = catalog.lookup("TripleMarginLoss")
    given = {"positive": TensorType((BATCH,)), "negative": TensorType((5, 3))}
    error = evaluate(kind, {}, given).error
    assert isinstance(error, InputError)
    assert "CorruptTriples" in error.mend
