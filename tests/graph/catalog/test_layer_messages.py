"""What layers say of inputs that they cannot take, and the fixes that they offer."""

from __future__ import annotations

import pytest

from graph import catalog
from graph.catalog.entry import InputError
from graph.dims import BATCH, TIME, TensorType
from graph.document import Value
from graph.shapes import evaluate

N, T = BATCH, TIME
Types = dict[str, TensorType]


def _type(*shape: object, dtype: str = "float32") -> TensorType:
    return TensorType(shape, dtype)  # type: ignore[arg-type]


def _error(kind: str, params: dict[str, Value], inputs: Types) -> InputError:
    entry = catalog.lookup(kind)
    error = evaluate(entry, {**entry.presets, **params}, inputs).error
    assert error is not None
    return error


def _image(*shape: int) -> Types:
    return {"input": _type(N, *shape)}


ONE_INPUT = [
    ("Conv2d", {}, (784,), "(N, in_channels, H, W)", "(N, 784)", ()),
    ("Conv2d", {"groups": 3}, (4, 8, 8), "groups=3", "in_channels=4", ("set:groups=2",)),
    (
        "Conv2d",
        {"groups": 4, "out_channels": 6},
        (4, 8, 8),
        "out_channels divisible by groups=4",
        "out_channels=6",
        ("set:groups=3",),
    ),
    ("Conv2d", {"kernel_size": 5}, (4, 3, 3), "at least 5", "(N, 4, 3, 3)", ("set:kernel_size=3",)),
    (
        "Conv2d",
        {"padding": "same", "stride": 2},
        (4, 8, 8),
        "stride=1 with padding='same'",
        "stride=2",
        ("set:stride=1", "set:padding=1"),
    ),
    (
        "ConvTranspose2d",
        {"output_padding": 2},
        (4, 8, 8),
        "output_padding smaller than stride=2",
        "output_padding=2",
        ("set:output_padding=1",),
    ),
    ("MaxPool2d", {}, (4, 1, 1), "at least 2", "(N, 4, 1, 1)", ("set:kernel_size=1",)),
    ("MaxPool2d", {"padding": 2}, (4, 8, 8), "at most half", "padding=2", ("set:padding=1",)),
    (
        "FractionalMaxPool2d",
        {"output_size": 3},
        (4, 8, 8),
        "either output_size or output_ratio",
        "output_size=3 and output_ratio=0.5",
        ("unset:output_size", "unset:output_ratio"),
    ),
    (
        "Upsample",
        {"scale_factor": None},
        (4, 8, 8),
        "either size or scale_factor",
        "neither",
        ("set:scale_factor=2.0",),
    ),
    ("Upsample", {"mode": "linear"}, (4, 8, 8), "3 dimensions", "", ('set:mode="bilinear"',)),
    ("ReflectionPad2d", {"padding": 9}, (4, 8, 8), "at least 10", "", ("set:padding=7",)),
    ("CircularPad2d", {"padding": 9}, (4, 8, 8), "at least 9", "", ("set:padding=8",)),
    ("BatchNorm1d", {}, (4, 8, 8), "(N, num_features)", "(N, 4, 8, 8)", ("flatten",)),
    (
        "BatchNorm2d",
        {"num_features": 5},
        (4, 8, 8),
        "num_features=5",
        "",
        ("set:num_features", "conv1x1"),
    ),
    ("GroupNorm", {}, (12, 8), "num_groups=8", "num_channels=12", ("set:num_groups=6",)),
    (
        "LayerNorm",
        {"normalized_shape": (4, 9)},
        (4, 8),
        "normalized_shape=(4, 9)",
        "(N, 4, 8)",
        ("set:normalized_shape",),
    ),
    ("PixelShuffle", {}, (6, 8, 8), "upscale_factor**2=4", "(N, 6, 8, 8)", ("conv1x1:8",)),
    ("ChannelShuffle", {}, (5, 8), "groups=2", "(N, 5, 8)", ("conv1x1:6",)),
    ("GLU", {}, (5,), "an even size", "(N, 5)", ("linear:6",)),
    ("Embedding", {}, (5,), "whole numbers", "float32", ("cast",)),
    ("LSTM", {}, (5,), "(N, T, input_size)", "(N, 5)", ("unsqueeze",)),
    (
        "GRU",
        {"batch_first": False},
        (5, 3),
        "time before batch",
        "(N, 5, 3)",
        ("set:batch_first=true",),
    ),
    ("LSTM", {"proj_size": 99}, (5, 3), "hidden_size=64", "proj_size=99", ("unset:proj_size",)),
]


@pytest.mark.parametrize(
    ("kind", "params", "shape", "expected", "received", "fixes"),
    ONE_INPUT,
    ids=[f"{row[0]}-{row[1]}" for row in ONE_INPUT],
)
def test_what_a_layer_cannot_take(
    kind: str,
    params: dict[str, Value],
    shape: tuple[int, ...],
    expected: str,
    received: str,
    fixes: tuple[str, ...],
) -> None:
    error = _error(kind, params, _image(*shape))
    assert expected in error.expected
    assert received in error.received
    assert error.fixes == fixes
    assert error.mend
    assert "PyTorch says" not in error.mend


SCORES, CLASSES = _type(N, 10), _type(N, dtype="int64")
LOSSES = [
    ("MSELoss", {}, _type(N, 1), _type(N), "target", "(N, 1)", ("unsqueeze:1",)),
    ("L1Loss", {}, _type(N), _type(N, 1), "target", "(N,)", ("squeeze:1",)),
    ("MSELoss", {}, _type(N, 3), _type(N, 4), "target", "(N, 3)", ()),
    ("MSELoss", {}, SCORES, CLASSES, "target", "floating-point", ("cast",)),
    ("CrossEntropyLoss", {}, SCORES, _type(N), "target", "class indices", ("cast:int64",)),
    (
        "CrossEntropyLoss",
        {},
        SCORES,
        _type(N, 1, dtype="int64"),
        "target",
        "shape (N,)",
        ("squeeze:1",),
    ),
    ("NLLLoss", {}, SCORES, SCORES, "target", "class indices", ("cast:int64",)),
    (
        "CrossEntropyLoss",
        {"weight": (1.0, 2.0)},
        SCORES,
        CLASSES,
        "input",
        "2 classes",
        ("unset:weight",),
    ),
    (
        "MultiLabelMarginLoss",
        {},
        SCORES,
        _type(N, 10, dtype="int32"),
        "target",
        "int64",
        ("cast",),
    ),
]


@pytest.mark.parametrize(
    ("kind", "params", "scores", "target", "port", "expected", "fixes"), LOSSES
)
def test_what_a_loss_cannot_compare(
    kind: str,
    params: dict[str, Value],
    scores: TensorType,
    target: TensorType,
    port: str,
    expected: str,
    fixes: tuple[str, ...],
) -> None:
    error = _error(kind, params, {"input": scores, "target": target})
    assert error.port == port
    assert expected in error.expected
    assert error.fixes == fixes


def _sequence(width: int = 64, steps: int = 5) -> TensorType:
    return _type(N, steps, width)


SEVERAL: list[tuple[str, dict[str, Value], Types, str, str]] = [
    ("LSTM", {}, {"input": _sequence(), "h0": _type(1, N, 64)}, "c0", "a wire, as h0 has one"),
    ("GRU", {}, {"input": _sequence(), "h0": _type(2, N, 64)}, "h0", "(1, N, 64)"),
    ("LSTMCell", {}, {"input": _type(N, 3), "c0": _type(N, 64)}, "h0", "a wire, as c0 has one"),
    ("GRUCell", {}, {"input": _type(N, 3), "h0": _type(1, 64)}, "h0", "the batch of input"),
    ("MultiheadAttention", {}, {"query": _sequence(63)}, "query", "num_heads=4"),
    (
        "MultiheadAttention",
        {"kdim": 32},
        {"query": _sequence(), "key": _sequence(48)},
        "key",
        "kdim=32",
    ),
    (
        "MultiheadAttention",
        {},
        {"query": _sequence(), "key": _sequence(), "value": _sequence(steps=7)},
        "value",
        "as many steps as key",
    ),
    (
        "MultiheadAttention",
        {},
        {"query": _sequence(), "attn_mask": _type(4, 4, dtype="bool")},
        "attn_mask",
        "(5, 5)",
    ),
    (
        "MultiheadAttention",
        {},
        {
            "query": _sequence(),
            "attn_mask": _type(5, 5),
            "key_padding_mask": _type(N, 5, dtype="bool"),
        },
        "key_padding_mask",
        "masks of one type",
    ),
    (
        "TransformerEncoderLayer",
        {},
        {"src": _sequence(), "src_mask": _type(5, 5, dtype="int64")},
        "src_mask",
        "truth values",
    ),
    ("TransformerDecoder", {"nhead": 7}, {"tgt": _sequence(), "memory": _sequence()}, "tgt", "7"),
    (
        "TransformerDecoder",
        {"batch_first": False},
        {"tgt": _sequence(), "memory": _sequence()},
        "tgt",
        "time before batch",
    ),
    (
        "Transformer",
        {},
        {"src": _sequence(), "tgt": _type(1, 5, 64)},
        "tgt",
        "the batch of src, N",
    ),
    (
        "EmbeddingBag",
        {},
        {"input": _type(N, 5, dtype="int64"), "per_sample_weights": _type(N, 5)},
        "per_sample_weights",
        "mode='sum'",
    ),
    (
        "CTCLoss",
        {},
        {
            "log_probs": _type(N, T, 20),
            "targets": _type(N, 5, dtype="int64"),
            "input_lengths": CLASSES,
            "target_lengths": CLASSES,
        },
        "log_probs",
        "the same batch",
    ),
    (
        "GaussianNLLLoss",
        {},
        {"input": _type(N, 3), "target": _type(N, 3), "var": _type(N, 2)},
        "var",
        "(N, 3)",
    ),
    (
        "CosineEmbeddingLoss",
        {},
        {"input1": _type(N, 3), "input2": _type(N, 3), "target": _type(N, 3)},
        "target",
        "shape (N,)",
    ),
    (
        "AdaptiveLogSoftmaxWithLoss",
        {"cutoffs": (500, 100)},
        {"input": _type(N, 64), "target": CLASSES},
        "",
        "cutoffs that rise",
    ),
    (
        "AdaptiveLogSoftmaxWithLoss",
        {},
        {"input": _type(N, 8), "target": CLASSES},
        "input",
        "at least 16 features",
    ),
    ("Bilinear", {}, {"input1": _type(N, 3), "input2": _type(N, 4, 5)}, "input2", "input1"),
    (
        "MaxUnpool2d",
        {},
        {"input": _type(N, 3, 4, 4), "indices": _type(N, 3, 5, 5, dtype="int64")},
        "indices",
        "(N, 3, 4, 4)",
    ),
]


@pytest.mark.parametrize(
    ("kind", "params", "inputs", "port", "expected"),
    SEVERAL,
    ids=[f"{row[0]}-{row[4]}" for row in SEVERAL],
)
def test_what_does_not_go_together(
    kind: str, params: dict[str, Value], inputs: Types, port: str, expected: str
) -> None:
    error = _error(kind, params, inputs)
    assert error.port == port
    assert expected in error.expected
    assert "PyTorch says" not in error.mend
