"""What monitors take, and what they say of what they do not."""

from __future__ import annotations

from typing import Any

import pytest

from graph import catalog
from graph.dims import BATCH, TIME, TensorType
from graph.shapes import evaluate

FLOAT = TensorType((BATCH, 3, 8, 8))
TAKEN: list[tuple[str, dict[str, TensorType]]] = [
    ("ShowImages", {"input": FLOAT}),
    ("ShowImages", {"input": TensorType((BATCH, 1, 8, 8)), "beside": TensorType((BATCH, 8, 8))}),
    ("ShowImages", {"input": TensorType((BATCH, 8, 8), "uint8")}),
    ("ShowText", {"input": TensorType((BATCH, TIME), "int64")}),
    ("ShowText", {"input": TensorType((BATCH, 16, 30))}),
    ("ShowTable", {"input": TensorType(())}),
    ("ShowTable", {"input": TensorType((BATCH,), "int64")}),
    ("ShowHistogram", {"input": FLOAT}),
    ("ShowScatter", {"input": TensorType((BATCH, 2))}),
    ("ShowScatter", {"input": TensorType((BATCH, 9)), "color": TensorType((BATCH,), "int64")}),
]

REFUSED: list[tuple[str, dict[str, Any], dict[str, TensorType], str, str, str]] = [
    (
        "ShowImages",
        {},
        {"input": TensorType((BATCH, 784))},
        "pictures (N, C, H, W) of 1 or 3 channels, or (N, H, W)",
        "(N, 784)",
        "Insert Unflatten that gives each example its channels, height and width.",
    ),
    (
        "ShowImages",
        {},
        {"input": FLOAT, "beside": TensorType((BATCH, 16, 8, 8))},
        "pictures (N, C, H, W) of 1 or 3 channels, or (N, H, W)",
        "(N, 16, 8, 8)",
        "Insert select or a slice that leaves 1 or 3 channels.",
    ),
    (
        "ShowImages",
        {"low": 1, "high": 0},
        {"input": FLOAT},
        "low=1 to be below high",
        "high=0",
        "Correct them, or leave both out.",
    ),
    (
        "ShowText",
        {},
        {"input": TensorType((BATCH, 30))},
        "tokens (N, T), whole numbers, or logits (N, T, C) for each of them",
        "(N, 30) of float32",
        "Wire tokens, or a network's logits for each step, to it.",
    ),
    (
        "ShowScatter",
        {},
        {"input": FLOAT},
        "points (N, D) of at least 2 numbers each",
        "(N, 3, 8, 8)",
        "Insert Flatten before it.",
    ),
    (
        "ShowScatter",
        {},
        {"input": TensorType((BATCH, 4)), "color": TensorType((BATCH, 3))},
        "a class or a number for each point, (N,)",
        "(N, 3)",
        "Wire the classes of the same examples to it.",
    ),
]


@pytest.mark.parametrize(("name", "inputs"), TAKEN)
def test_what_can_be_shown_is_taken(name: str, inputs: dict[str, TensorType]) -> None:
    result = evaluate(catalog.lookup(name), {}, inputs)
    assert result.error is None
    assert result.outputs == {}
    assert result.cost.parameters == result.cost.flops == 0


@pytest.mark.parametrize(("name", "params", "inputs", "expected", "received", "mend"), REFUSED)
def test_what_cannot_be_shown_is_refused_in_words(
    name: str,
    params: dict[str, Any],
    inputs: dict[str, TensorType],
    expected: str,
    received: str,
    mend: str,
) -> None:
    error = evaluate(catalog.lookup(name), params, inputs).error
    assert error is not None
    assert (error.expected, error.received, error.mend) == (expected, received, mend)


def test_monitors_belong_into_the_training_graph_alone() -> None:
    kinds = [kind for kind in catalog.entries().values() if kind.family == "monitor"]
    assert len(kinds) >= 5
    assert all(kind.places == ("training",) and not kind.ports({}, None).outputs for kind in kinds)
