"""How layers are written, and that time stays symbolic through them."""

from __future__ import annotations

import pytest

from graph import catalog
from graph.catalog.entry import Call
from graph.dims import BATCH, TIME, TensorType
from graph.document import Value
from graph.shapes import evaluate

WRITTEN: list[tuple[str, dict[str, Value], str]] = [
    ("Linear", {"in_features": 64, "out_features": 10}, "nn.Linear(64, 10)"),
    (
        "Conv2d",
        {"in_channels": 1, "out_channels": 32, "kernel_size": 3, "padding": "same"},
        'nn.Conv2d(1, 32, 3, padding="same")',
    ),
    ("MaxPool2d", {"kernel_size": 2}, "nn.MaxPool2d(2)"),
    ("Dropout", {"p": 0.25}, "nn.Dropout(0.25)"),
    ("Dropout", {}, "nn.Dropout()"),
    ("Softmax", {"dim": -1}, "nn.Softmax(dim=-1)"),
    ("LayerNorm", {"normalized_shape": (4, 5)}, "nn.LayerNorm((4, 5))"),
    ("LeakyReLU", {"negative_slope": 0.2}, "nn.LeakyReLU(0.2)"),
    ("Upsample", {"scale_factor": (2.0, 0.5)}, "nn.Upsample(scale_factor=(2.0, 0.5))"),
    ("CrossEntropyLoss", {}, "nn.CrossEntropyLoss()"),
    (
        "CrossEntropyLoss",
        {"weight": (1, 2.5), "label_smoothing": 0.1},
        "nn.CrossEntropyLoss(label_smoothing=0.1, weight=torch.tensor([1.0, 2.5]))",
    ),
    (
        "LSTM",
        {"input_size": 8, "hidden_size": 16, "num_layers": 2, "batch_first": True},
        "nn.LSTM(8, 16, num_layers=2, batch_first=True)",
    ),
    (
        "TransformerEncoder",
        {"d_model": 64, "nhead": 4, "num_layers": 2, "norm": True, "batch_first": True},
        "nn.TransformerEncoder(nn.TransformerEncoderLayer(64, 4, batch_first=True), "
        "num_layers=2, norm=nn.LayerNorm(64))",
    ),
]


@pytest.mark.parametrize(("kind", "params", "text"), WRITTEN)
def test_a_constructor_is_written_as_people_write_it(
    kind: str, params: dict[str, Value], text: str
) -> None:
    entry = catalog.lookup(kind)
    assert entry.construct(entry.resolve(params, {})) == text


CALLED: list[tuple[str, dict[str, str], set[str], Call]] = [
    ("Linear", {"input": "x"}, {"output"}, Call("self.m(x)", "output")),
    ("LSTM", {"input": "x"}, {"output"}, Call("self.m(x)", ("output", "_"))),
    ("LSTM", {"input": "x"}, {"h"}, Call("self.m(x)", ("_", ("h", "_")))),
    (
        "LSTM",
        {"input": "x", "h0": "a", "c0": "b"},
        {"output", "h", "c"},
        Call("self.m(x, (a, b))", ("output", ("h", "c"))),
    ),
    ("GRU", {"input": "x", "h0": "a"}, {"output"}, Call("self.m(x, a)", ("output", "_"))),
    ("LSTMCell", {"input": "x"}, {"h"}, Call("self.m(x)", ("h", "_"))),
    (
        "MultiheadAttention",
        {"query": "q"},
        {"output"},
        Call("self.m(q, q, q, need_weights=False)", ("output", "_")),
    ),
    (
        "MultiheadAttention",
        {"query": "q", "key": "k", "attn_mask": "mask"},
        {"output", "weights"},
        Call("self.m(q, k, k, attn_mask=mask)", ("output", "weights")),
    ),
    (
        "TransformerEncoder",
        {"src": "x", "src_key_padding_mask": "pad"},
        {"output"},
        Call("self.m(x, src_key_padding_mask=pad)", "output"),
    ),
    (
        "EmbeddingBag",
        {"input": "x", "per_sample_weights": "w"},
        {"output"},
        Call("self.m(x, per_sample_weights=w)", "output"),
    ),
]


@pytest.mark.parametrize(("kind", "inputs", "wanted", "call"), CALLED)
def test_a_call_names_only_what_is_used(
    kind: str, inputs: dict[str, str], wanted: set[str], call: Call
) -> None:
    assert catalog.lookup(kind).call("self.m", inputs, {}, frozenset(wanted)) == call


SYMBOLIC: list[tuple[str, tuple[object, ...], str, str]] = [
    ("LSTM", (BATCH, TIME, 3), "output", "(N, T, 64)"),
    ("LSTM", (BATCH, TIME, 3), "c", "(1, N, 64)"),
    ("Conv1d", (BATCH, 12, TIME), "output", "(N, 32, T-2)"),
    ("AvgPool1d", (BATCH, 12, TIME), "output", "(N, 12, T/2)"),
    ("Linear", (BATCH, TIME, 3), "output", "(N, T, 64)"),
    ("LayerNorm", (BATCH, TIME, 3), "output", "(N, T, 3)"),
    ("Upsample", (BATCH, 3, TIME), "output", "(N, 3, 2T)"),
    ("AdaptiveAvgPool1d", (BATCH, 3, TIME), "output", "(N, 3, 1)"),
]


@pytest.mark.parametrize(("kind", "shape", "port", "text"), SYMBOLIC)
def test_time_stays_symbolic(kind: str, shape: tuple[object, ...], port: str, text: str) -> None:
    entry = catalog.lookup(kind)
    arriving = TensorType(shape)  # type: ignore[arg-type]
    result = evaluate(entry, entry.presets, {"input": arriving})
    assert result.error is None
    assert result.outputs[port].shape_text == text


def test_attention_looks_along_time() -> None:
    entry = catalog.lookup("MultiheadAttention")
    result = evaluate(entry, entry.presets, {"query": TensorType((BATCH, TIME, 64))})
    assert result.outputs["weights"].shape_text == "(N, T, T)"
