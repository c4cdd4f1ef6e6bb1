"""The modules that torch.nn lacks: their numbers, and that their source stands by itself."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor, nn

from graph import catalog
from graph.catalog import modules, positional
from graph.shapes import namespace


def test_sines_and_cosines_of_positions() -> None:
    got = modules.SinusoidalPositions(4, max_len=8)(torch.zeros(1, 3, 4))[0]
    for t in range(3):
        fast, slow = t, t / 10000 ** (2 / 4)
        expected = [math.sin(fast), math.cos(fast), math.sin(slow), math.cos(slow)]
        assert got[t].tolist() == pytest.approx(expected, abs=1e-6)


def test_sinusoids_of_an_odd_size() -> None:
    got = modules.SinusoidalPositions(3)(torch.zeros(1, 2, 3))[0, 1]
    expected = [math.sin(1), math.cos(1), math.sin(10000 ** (-2 / 3))]
    assert got.tolist() == pytest.approx(expected, abs=1e-6)


def test_rotation_by_hand() -> None:
    x = torch.tensor([[[1.0, 2.0, 3.0, 4.0]] * 3])
    got = modules.RotaryPositions(4)(x)[0, 2]
    expected = [0.0] * 4
    for i, angle in enumerate((2.0, 2.0 / 100)):
        a, b = x[0, 2, i].item(), x[0, 2, i + 2].item()
        expected[i] = a * math.cos(angle) - b * math.sin(angle)
        expected[i + 2] = a * math.sin(angle) + b * math.cos(angle)
    assert got.tolist() == pytest.approx(expected, abs=1e-6)


def test_rotated_products_depend_on_the_distance_only() -> None:
    torch.manual_seed(0)
    turn = modules.RotaryPositions(8)
    query = turn(torch.randn(1, 1, 8).expand(1, 6, 8))[0]
    key = turn(torch.randn(1, 1, 8).expand(1, 6, 8))[0]
    assert (query[1] @ key[3]).item() == pytest.approx((query[3] @ key[5]).item(), abs=1e-5)
    assert (query[1] @ key[3]).item() != pytest.approx((query[1] @ key[5]).item(), abs=1e-3)


def test_learned_positions_begin_small_and_learn() -> None:
    torch.manual_seed(0)
    module = modules.LearnedPositions(64, max_len=100)
    assert module.weight.std().item() == pytest.approx(0.02, rel=0.1)
    x = torch.zeros(2, 7, 64)
    module(x).sum().backward()
    assert module.weight.grad is not None
    assert module.weight.grad[:7].eq(2).all()
    assert module.weight.grad[7:].eq(0).all()


def test_the_token_comes_first() -> None:
    module = modules.ClassToken(3)
    nn.init.constant_(module.token, 5.0)
    got: Tensor = module(torch.zeros(2, 4, 3))
    assert got.shape == (2, 5, 3)
    assert got[:, 0].eq(5).all()
    assert got[:, 1:].eq(0).all()


def test_tables_are_not_saved() -> None:
    assert modules.SinusoidalPositions(4).state_dict() == {}
    assert modules.RotaryPositions(4).state_dict() == {}


@pytest.mark.parametrize("kind", [k for k in positional.KINDS if k.definitions])
def test_the_source_stands_by_itself(kind: positional.ModuleKind) -> None:
    assert namespace(kind)[kind.name] is not kind.module_class
    assert kind.definitions[0].startswith(f"class {kind.name}(nn.Module):")


def test_parameters_of_a_learnable_tensor() -> None:
    kind = catalog.lookup("Parameter")
    assert kind.construct(kind.resolve({"shape": (2, 3)}, {})) == (
        "nn.Parameter(torch.zeros(2, 3))"
    )
    args = kind.resolve({"shape": (8,), "init": "normal"}, {})
    assert kind.construct(args) == "nn.Parameter(0.02 * torch.randn(8))"
    cost = kind.cost_rule(args, {})
    assert cost is not None
    assert cost.parameters == 8
