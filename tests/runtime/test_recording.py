"""What a step may look at while it is recorded, and what it gives when it is replayed."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from runtime.recording import Program, Recorder, UnrecordableError


def mask(size: int = 4) -> Tensor:
    return nn.Transformer.generate_square_subsequent_mask(size)


def overwritten(x: Tensor) -> Tensor:
    made = torch.zeros(3)
    made[0] = x[0]
    return made


LOOKS: dict[str, Callable[[Tensor], object]] = {
    "what is given": lambda x: bool((x > 0).all()),
    "what is made of it": lambda x: float((torch.ones(3) * x).sum()),
    "a constant written over with it": lambda x: float(overwritten(x)[1]),
    "random numbers": lambda x: float(torch.rand(3)[0]),
    "a constant with random numbers in it": lambda x: float(torch.zeros(3).normal_()[0]),
    "memory that nobody has filled": lambda x: float(torch.empty(3)[0]),
}


@pytest.mark.parametrize("name", LOOKS)
def test_a_step_may_not_look_at(name: str) -> None:
    with pytest.raises(UnrecordableError, match="_local_scalar_dense"), Recorder():
        LOOKS[name](torch.tensor([1.0, 2.0, 3.0]))


def test_a_step_may_look_at_what_is_always_the_same() -> None:
    with Recorder():
        assert bool((mask() == mask()).all())
        assert torch.zeros(3).add_(2.0).sum().item() == 6.0


def test_a_causal_encoder_is_recorded() -> None:
    """It compares its mask with a causal one in each call."""
    torch.manual_seed(0)
    layer = nn.TransformerEncoderLayer(8, 2, 16, dropout=0.0, batch_first=True)
    encoder = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
    one, two = torch.randn(3, 4, 8), torch.randn(3, 4, 8)
    with torch.no_grad(), Recorder() as recorder:
        result = encoder(one, mask())
    group: dict[str, object] = {"params": [], "lr": 0.1}
    program = Program(recorder.operations, [one], [result], group)
    for x in (one, two):
        (replayed,) = program.run([x], group)
        with torch.no_grad():
            assert torch.equal(replayed, encoder(x, mask()))
