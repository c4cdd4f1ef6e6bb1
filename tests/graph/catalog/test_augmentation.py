"""Augmentations change each example in its own way, keep its form, and rest in evaluation."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from graph import catalog
from graph.catalog import augment
from graph.catalog.augmentation import KINDS
from graph.catalog.entry import InputError, Kind
from graph.dims import BATCH, TensorType
from graph.shapes import evaluate, namespace

PICTURES = TensorType((BATCH, 3, 16, 12))


def made(kind: Kind, **params: object) -> nn.Module:
    args = kind.resolve({**kind.presets, **params}, {"input": PICTURES})
    module = eval(kind.construct(args) or "", namespace(kind))
    assert isinstance(module, nn.Module)
    return module


def pictures(count: int = 16) -> Tensor:
    """Random pictures, each the same, so that what differs was drawn."""
    one = torch.rand(1, 3, 16, 12, generator=torch.Generator().manual_seed(0))
    return one.expand(count, 3, 16, 12).clone()


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_form_stays_and_examples_differ(kind: Kind, dtype: torch.dtype) -> None:
    torch.manual_seed(1)
    x = pictures().to(dtype)
    before = x.clone()
    found = made(kind)(x)
    assert found.shape == x.shape
    assert found.dtype == dtype
    assert bool(torch.isfinite(found).all())
    assert torch.equal(x, before), "changed in place"
    assert any(not torch.equal(found[0], found[i]) for i in range(1, len(found)))


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_nothing_happens_in_evaluation(kind: Kind) -> None:
    x = pictures()
    state = torch.get_rng_state()
    assert made(kind).eval()(x) is x
    assert torch.equal(torch.get_rng_state(), state), "drew random numbers"


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_gradients_pass(kind: Kind) -> None:
    x = pictures(4).requires_grad_()
    made(kind)(x).sum().backward()
    assert x.grad is not None


def test_all_and_none_are_mirrored() -> None:
    x = pictures()
    assert torch.equal(augment.RandomHorizontalFlip(1.0)(x), x.flip(-1))
    assert torch.equal(augment.RandomHorizontalFlip(0.0)(x), x)
    assert torch.equal(augment.RandomVerticalFlip(1.0)(x), x.flip(-2))


def test_a_crop_is_a_window_of_the_padded_picture() -> None:
    torch.manual_seed(3)
    x = pictures(8)
    padded = nn.functional.pad(x, [2] * 4)
    windows = padded.unfold(2, 16, 1).unfold(3, 12, 1)  # (N, C, 5, 5, 16, 12)
    for example, found in zip(windows, augment.RandomCrop(2)(x), strict=True):
        places = example.permute(1, 2, 0, 3, 4).reshape(-1, 3, 16, 12)
        assert any(torch.equal(found, place) for place in places)


def test_a_whole_crop_and_no_turn_leave_the_picture() -> None:
    x = pictures()
    whole = augment.RandomResizedCrop((1.0, 1.0), (1.0, 1.0))(x)
    torch.testing.assert_close(whole, x, atol=1e-5, rtol=0)
    torch.testing.assert_close(augment.RandomRotation(0.0)(x), x, atol=1e-5, rtol=0)


def test_half_a_turn_is_both_mirrors(monkeypatch: pytest.MonkeyPatch) -> None:
    x = pictures()
    monkeypatch.setattr(torch, "rand", lambda n, **more: torch.ones(n))
    turned = augment.RandomRotation(180.0)(x)
    torch.testing.assert_close(turned, x.flip(-1, -2), atol=1e-4, rtol=0)


def test_an_affine_change_is_that_of_a_grid_in_pixels(monkeypatch: pytest.MonkeyPatch) -> None:
    x = torch.zeros(1, 1, 41, 61)
    x[0, 0, 18:23, 38:43] = 1.0  # around (40, 20), ten pixels right of the middle
    monkeypatch.setattr(torch, "rand", lambda *size, **more: torch.ones(size))
    moved = augment.RandomAffine(90.0, (0.1, 0.2), (1.0, 1.0))(x)[0, 0]
    rows, columns = (moved > 0.5).nonzero(as_tuple=True)
    # A quarter turn against the clock, then 6.1 pixels right and 8.2 down.
    assert columns.float().mean() == pytest.approx(30 + 6.1, abs=0.6)
    assert rows.float().mean() == pytest.approx(20 - 10 + 8.2, abs=0.6)
    larger = augment.RandomAffine(0.0, (0.0, 0.0), (2.0, 2.0))(x)[0, 0]
    rows, columns = (larger > 0.5).nonzero(as_tuple=True)
    assert columns.float().mean() == pytest.approx(50, abs=0.6)
    assert len(rows) == pytest.approx(100, abs=25)


def test_an_affine_change_by_nothing_leaves_the_picture() -> None:
    x = pictures()
    found = augment.RandomAffine(0.0, (0.0, 0.0), (1.0, 1.0))(x)
    torch.testing.assert_close(found, x, atol=1e-5, rtol=0)


def test_jitter_of_colour_keeps_grey_and_brightness() -> None:
    torch.manual_seed(0)
    x = pictures()
    weights = torch.tensor([0.299, 0.587, 0.114]).view(3, 1, 1)
    found = augment.ColorJitter(saturation=0.5, hue=0.5)(x)
    bright = (found * weights).sum(dim=1)
    torch.testing.assert_close(bright, (x * weights).sum(dim=1), atol=1e-4, rtol=0)
    grey = x[:, :1].expand_as(x)
    torch.testing.assert_close(augment.ColorJitter(hue=0.5)(grey), grey, atol=2e-3, rtol=0)


def test_jitter_never_turns_a_picture_into_its_negative() -> None:
    torch.manual_seed(0)
    x = pictures(64)
    assert bool((augment.ColorJitter(brightness=3.0)(x) >= 0).all())
    found = augment.ColorJitter(contrast=3.0)(x)
    mean = x.mean(dim=(1, 2, 3), keepdim=True)
    assert bool(((found - mean) * (x - mean) >= -1e-6).all())


def test_grey_pictures_have_equal_channels() -> None:
    found = augment.RandomGrayscale(1.0)(pictures())
    assert torch.equal(found[:, 0], found[:, 1])
    assert torch.equal(found[:, 1], found[:, 2])


def test_an_erased_rectangle_has_the_size_asked_for() -> None:
    torch.manual_seed(0)
    found = augment.RandomErasing(1.0, (0.2, 0.3), (1.0, 1.0), value=7.0)(pictures(64))
    shares = (found == 7).all(dim=1).float().mean(dim=(1, 2))
    assert shares.min() > 0.12
    assert shares.max() < 0.38


def test_a_blur_keeps_what_is_even() -> None:
    even = torch.full((4, 3, 8, 8), 0.3)
    torch.testing.assert_close(augment.GaussianBlur(5)(even), even)


def test_masks_are_bands() -> None:
    torch.manual_seed(0)
    ones = torch.ones(32, 1, 20, 30)
    rows = (augment.FrequencyMasking(6)(ones) == 0).all(dim=3).sum(dim=2)
    columns = (augment.TimeMasking(9)(ones) == 0).all(dim=2).sum(dim=2)
    assert 1 <= rows.max() <= 6
    assert 1 <= columns.max() <= 9


@pytest.mark.parametrize(
    ("name", "params", "mend"),
    [
        ("RandomResizedCrop", {"scale": (0.5, 2.0)}, "Correct the argument scale"),
        ("RandomErasing", {"ratio": (3.0, 1.0)}, "Correct the argument ratio"),
        ("GaussianBlur", {"sigma": (0.0, 1.0)}, "Correct the argument sigma"),
        ("GaussianBlur", {"kernel_size": 31}, "smaller kernel_size"),
        ("RandomCrop", {"padding": 12, "padding_mode": "reflect"}, "smaller padding"),
        ("RandomAffine", {"translate": (0.1, 1.5)}, "Correct the argument translate"),
        ("RandomAffine", {"scale": (1.5, 0.5)}, "Correct the argument scale"),
    ],
)
def test_arguments_that_do_not_go_are_refused(name: str, params: dict, mend: str) -> None:
    error = evaluate(catalog.lookup(name), params, {"input": PICTURES}).error
    assert isinstance(error, InputError)
    assert mend in error.mend
