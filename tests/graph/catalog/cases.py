"""Small cases for every layer and loss of torch.nn."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from graph.document import Value
from tests.graph.catalog.case import Case

__all__ = ["CASES"]

_SPACE = {1: (8,), 2: (8, 6), 3: (8, 6, 6)}


def _floats(*shape: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(sum(shape)))


def _shares(*shape: int) -> Tensor:
    return _floats(*shape).sigmoid()


def _ints(high: int, *shape: int) -> Tensor:
    return torch.randint(high, shape, generator=torch.Generator().manual_seed(sum(shape)))


def _signs(*shape: int) -> Tensor:
    return _floats(*shape).sign()


def _one(*shape: int, inferred: dict[str, Value] | None = None, **params: Value) -> Case:
    label = ",".join(f"{k}={v}" for k, v in params.items())
    inputs = {"input": _floats(*shape)}
    return Case(params=params, inputs=inputs, inferred=inferred or {}, label=label)


def _linear() -> dict[str, tuple[Case, ...]]:
    two = {"input1": _floats(3, 4), "input2": _floats(3, 5)}
    pair = {"x1": _floats(3, 4), "x2": _floats(3, 4) + 1}
    return {
        "Linear": (
            _one(3, 5, inferred={"in_features": 5}, out_features=2),
            _one(3, 7, 5, inferred={"in_features": 5}, out_features=2, bias=False),
            _one(3, 5, out_features=2, in_features=5),
        ),
        "Bilinear": (
            Case(
                params={"out_features": 2},
                inputs=two,
                inferred={"in1_features": 4, "in2_features": 5},
            ),
        ),
        "Identity": (_one(3, 4), Case(inputs={"input": _ints(5, 3, 4)}, label="int")),
        "CosineSimilarity": (Case(inputs=pair), Case(params={"dim": 0}, inputs=pair, label="dim")),
        "PairwiseDistance": (Case(params={"p": 1.0, "keepdim": True}, inputs=pair),),
    }


def _conv(n: int) -> dict[str, tuple[Case, ...]]:
    shape = (2, 4, *_SPACE[n])
    known: dict[str, Value] = {"in_channels": 4}
    return {
        f"Conv{n}d": (
            _one(*shape, inferred=known, out_channels=6, kernel_size=3),
            _one(*shape, inferred=known, out_channels=6, kernel_size=3, padding="same"),
            _one(
                *shape,
                inferred=known,
                out_channels=6,
                kernel_size=(3,) * n,
                stride=2,
                padding=1,
                dilation=2,
                groups=2,
                bias=False,
                padding_mode="circular",
            ),
        ),
        f"ConvTranspose{n}d": (
            _one(*shape, inferred=known, out_channels=6, kernel_size=2, stride=2),
            _one(
                *shape,
                inferred=known,
                out_channels=6,
                kernel_size=3,
                stride=2,
                padding=1,
                output_padding=1,
            ),
        ),
    }


def _unpool(n: int, output_size: tuple[int, ...] | None) -> Case:
    pooled, indices = getattr(nn, f"MaxPool{n}d")(2, return_indices=True)(_floats(2, 3, *_SPACE[n]))

    def by_hand(input: Tensor, indices: Tensor) -> Tensor:
        return getattr(nn, f"MaxUnpool{n}d")(2)(input, indices, output_size)

    params: dict[str, Value] = {"kernel_size": 2}
    if output_size:
        params["output_size"] = output_size
    inputs = {"input": pooled, "indices": indices}
    return Case(params=params, inputs=inputs, reference=by_hand, label=str(output_size))


def _pool(n: int) -> dict[str, tuple[Case, ...]]:
    shape = (2, 3, *_SPACE[n])
    found = {
        f"MaxPool{n}d": (
            _one(*shape, kernel_size=2),
            _one(*shape, kernel_size=3, stride=2, padding=1, return_indices=True, ceil_mode=True),
        ),
        f"AvgPool{n}d": (
            _one(*shape, kernel_size=2),
            _one(*shape, kernel_size=(3,) * n, padding=1, count_include_pad=False),
        ),
        f"LPPool{n}d": (_one(*shape, norm_type=2.0, kernel_size=2),),
        f"MaxUnpool{n}d": (_unpool(n, None), _unpool(n, tuple(s + 1 for s in _SPACE[n]))),
        f"AdaptiveMaxPool{n}d": (
            _one(*shape, output_size=2),
            _one(*shape, output_size=(3,) * n, return_indices=True),
        ),
        f"AdaptiveAvgPool{n}d": (_one(*shape, output_size=1), _one(*shape, output_size=(3,) * n)),
    }
    if n > 1:
        found[f"FractionalMaxPool{n}d"] = (
            _one(*shape, kernel_size=2, output_ratio=0.5),
            _one(*shape, kernel_size=2, output_ratio=(0.5,) * n),
            _one(*shape, kernel_size=2, output_size=3, return_indices=True),
        )
    return found


def _pad(n: int) -> dict[str, tuple[Case, ...]]:
    shape = (2, 3, *_SPACE[n])
    each: dict[str, Value] = {"padding": (1, 2) * n}
    return {
        f"{kind}Pad{n}d": (_one(*shape, padding=1), _one(*shape, **each))
        for kind in ("Zero", "Reflection", "Replication", "Circular")
    } | {f"ConstantPad{n}d": (_one(*shape, value=0.5, **each),)}


def _activations() -> dict[str, tuple[Case, ...]]:
    names = "ReLU6 SELU SiLU Mish Sigmoid Tanh Hardsigmoid Hardswish LogSigmoid Softsign Tanhshrink"
    along = (_one(3, 4, dim=-1), _one(3, 4, 5, dim=1))
    return {name: (_one(3, 4),) for name in names.split()} | {
        "ReLU": (_one(3, 4), _one(3, 4, inplace=True)),
        "GELU": (_one(3, 4), _one(3, 4, approximate="tanh")),
        "ELU": (_one(3, 4, alpha=0.5),),
        "CELU": (_one(3, 4, alpha=0.5),),
        "LeakyReLU": (_one(3, 4, negative_slope=0.2),),
        "Hardtanh": (_one(3, 4, min_val=-0.5, max_val=0.25), _one(3, 4, max_val=0.25)),
        "Hardshrink": (_one(3, 4, lambd=0.1),),
        "Softshrink": (_one(3, 4, lambd=0.1),),
        "Softplus": (_one(3, 4, beta=2.0),),
        "RReLU": (_one(3, 4, lower=0.1, upper=0.2),),
        "PReLU": (_one(3, 4, num_parameters=4), _one(3, 4, init=0.5)),
        "Threshold": (_one(3, 4, threshold=0.1, value=-1.0),),
        "GLU": (_one(3, 4), _one(3, 6, 5, dim=1)),
        "Softmax": along,
        "LogSoftmax": along,
        "Softmin": along,
        "Softmax2d": (_one(2, 3, 4, 4),),
    }


def _normalizations() -> dict[str, tuple[Case, ...]]:
    known: dict[str, Value] = {"num_features": 4}
    batch = {
        f"BatchNorm{n}d": (
            _one(3, 4, *_SPACE[n], inferred=known),
            _one(3, 4, *_SPACE[n], inferred=known, momentum=None, affine=False),
        )
        for n in (1, 2, 3)
    }
    instance = {
        f"InstanceNorm{n}d": (_one(3, 4, *_SPACE[n], inferred=known, affine=True),)
        for n in (1, 2, 3)
    }
    last: dict[str, Value] = {"normalized_shape": 5}
    whole = (_one(3, 4, 5, inferred=last), _one(3, 4, 5, normalized_shape=(4, 5), eps=1e-3))
    return (
        batch
        | instance
        | {
            "BatchNorm1d": (*batch["BatchNorm1d"], _one(3, 4, inferred=known, eps=0.1)),
            "SyncBatchNorm": (_one(3, 4, 5, inferred=known),),
            "GroupNorm": (_one(3, 4, 5, inferred={"num_channels": 4}, num_groups=2),),
            "LayerNorm": whole,
            "RMSNorm": whole,
            "LocalResponseNorm": (_one(2, 6, 4, 4, size=3),),
            "CrossMapLRN2d": (_one(2, 6, 4, 4, size=3, alpha=0.1),),
        }
    )


def _dropouts() -> dict[str, tuple[Case, ...]]:
    return {
        "Dropout": (_one(3, 4), _one(3, 4, p=0.2)),
        "AlphaDropout": (_one(3, 4, p=0.2),),
        "FeatureAlphaDropout": (_one(3, 4, 5, p=0.2),),
    } | {f"Dropout{n}d": (_one(3, 4, *_SPACE[n], p=0.2),) for n in (1, 2, 3)}


def _embeddings() -> dict[str, tuple[Case, ...]]:
    tokens, sizes = {"input": _ints(10, 3, 5)}, {"num_embeddings": 10, "embedding_dim": 4}
    weights = {**tokens, "per_sample_weights": _floats(3, 5)}

    def weighted(input: Tensor, per_sample_weights: Tensor) -> Tensor:
        bag = nn.EmbeddingBag(10, 4, mode="sum")
        return bag(input, per_sample_weights=per_sample_weights)

    return {
        "Embedding": (
            Case(params={**sizes, "padding_idx": 0}, inputs=tokens),
            Case(params=sizes, inputs={"input": _ints(10, 3)}, label="one"),
        ),
        "EmbeddingBag": (
            Case(params={**sizes, "mode": "max"}, inputs=tokens),
            Case(
                params={**sizes, "mode": "sum"}, inputs=weights, reference=weighted, label="weights"
            ),
        ),
    }


def _shapes_and_vision() -> dict[str, tuple[Case, ...]]:
    image = (2, 4, 6, 6)
    return {
        "Flatten": (_one(*image), _one(*image, start_dim=2)),
        "Unflatten": (_one(3, 8, dim=1, unflattened_size=(2, -1)),),
        "Upsample": (
            _one(*image, scale_factor=2.0),
            _one(*image, size=(9, 8), mode="bilinear", align_corners=True),
            _one(2, 4, 6, scale_factor=1.5, mode="linear"),
            _one(*image, scale_factor=(2.0, 0.5)),
        ),
        "UpsamplingNearest2d": (_one(*image, scale_factor=2.0), _one(*image, size=7)),
        "UpsamplingBilinear2d": (_one(*image, scale_factor=2.0),),
        "PixelShuffle": (_one(*image, upscale_factor=2),),
        "PixelUnshuffle": (_one(*image, downscale_factor=3),),
        "ChannelShuffle": (_one(*image, groups=2),),
        "Unfold": (_one(*image, kernel_size=3, stride=2),),
        "Fold": (_one(2, 12, 9, output_size=(4, 4), kernel_size=2),),
    }


def _recurrent() -> dict[str, tuple[Case, ...]]:
    x, known = _floats(2, 5, 3), {"input_size": 3}
    state, cell = _floats(4, 2, 6), _floats(4, 2, 6) + 1
    deep: dict[str, Value] = {
        "hidden_size": 6,
        "num_layers": 2,
        "bidirectional": True,
        "batch_first": True,
    }
    plain: dict[str, Value] = {"hidden_size": 6, "batch_first": True}

    def by_hand(name: str, params: dict[str, Value]) -> Callable[..., Any]:
        def run(input: Tensor, h0: Tensor | None = None, c0: Tensor | None = None) -> Any:
            layer = getattr(nn, name)(3, **params)
            first = h0 if c0 is None else (h0, c0)
            output, last = layer(input, first)
            h, c = last if isinstance(last, tuple) else (last, None)
            return {"output": output, "h": h, **({} if c is None else {"c": c})}

        return run

    def case(name: str, label: str, params: dict[str, Value], **inputs: Tensor) -> Case:
        return Case(
            params=params,
            inputs={"input": x, **inputs},
            inferred=known,
            reference=by_hand(name, params),
            batch_at={"h0": 1, "c0": 1},
            label=label,
        )

    found: dict[str, tuple[Case, ...]] = {}
    for name in ("RNN", "GRU", "LSTM"):
        first = {"h0": state, "c0": cell} if name == "LSTM" else {"h0": state}
        found[name] = (
            case(name, "plain", {**plain, "bias": False}),
            case(name, "deep", deep, **first),
            Case(
                params={"hidden_size": 6},
                inputs={"input": x.transpose(0, 1).contiguous()},
                inferred=known,
                reference=by_hand(name, {"hidden_size": 6}),
                batch_at={"input": 1},
                label="time first",
            ),
        )
    found["RNN"] += (case("RNN", "relu", {**plain, "nonlinearity": "relu"}),)
    found["LSTM"] += (case("LSTM", "projected", {**deep, "proj_size": 2}),)
    return found


def _cells() -> dict[str, tuple[Case, ...]]:
    x, state, known = _floats(2, 3), _floats(2, 6), {"input_size": 3}
    params: dict[str, Value] = {"hidden_size": 6}

    def lstm(input: Tensor, h0: Tensor, c0: Tensor) -> dict[str, Tensor]:
        h, c = nn.LSTMCell(3, 6)(input, (h0, c0))
        return {"h": h, "c": c}

    both = {"input": x, "h0": state, "c0": state + 1}
    return {
        name: (
            Case(params=params, inputs={"input": x}, inferred=known, label="zeros"),
            Case(params=params, inputs={"input": x, "h0": state}, inferred=known),
        )
        for name in ("RNNCell", "GRUCell")
    } | {
        "LSTMCell": (
            Case(params=params, inputs={"input": x}, inferred=known, label="zeros"),
            Case(params=params, inputs=both, inferred=known, reference=lstm),
        )
    }


def _attention() -> dict[str, tuple[Case, ...]]:
    x, other = _floats(2, 5, 8), _floats(2, 7, 6)
    params: dict[str, Value] = {"num_heads": 2, "batch_first": True}
    causal = torch.ones(5, 5).triu(1).bool()
    padded = torch.zeros(2, 5).bool()
    padded[0, 3:] = True

    def itself(query: Tensor, **masks: Tensor) -> Any:
        made = nn.MultiheadAttention(8, 2, batch_first=True)
        return made(query, query, query, **masks)

    def across(query: Tensor, key: Tensor, value: Tensor) -> Any:
        made = nn.MultiheadAttention(8, 2, batch_first=True, kdim=6, vdim=6)
        return made(query, key, value, average_attn_weights=False)

    def longer(query: Tensor) -> Any:
        made = nn.MultiheadAttention(
            8, 2, bias=False, batch_first=True, add_bias_kv=True, add_zero_attn=True
        )
        return made(query, query, query)

    def output_only(query: Tensor) -> dict[str, Tensor]:
        made = nn.MultiheadAttention(8, 2, batch_first=True)
        return {"output": made(query, query, query, need_weights=False)[0]}

    known = {"embed_dim": 8}
    masks = {"key_padding_mask": padded, "attn_mask": causal}
    return {
        "MultiheadAttention": (
            Case(params=params, inputs={"query": x}, inferred=known, reference=itself),
            Case(
                params=params,
                inputs={"query": x, **masks},
                inferred=known,
                unbatched=frozenset({"attn_mask"}),
                reference=itself,
                label="masks",
            ),
            Case(
                params={**params, "average_attn_weights": False},
                inputs={"query": x, "key": other, "value": other},
                inferred={**known, "kdim": 6, "vdim": 6},
                reference=across,
                label="across",
            ),
            Case(
                params=params,
                inputs={"query": x},
                inferred=known,
                wanted=frozenset({"output"}),
                reference=output_only,
                label="output only",
            ),
            Case(
                params={**params, "add_bias_kv": True, "add_zero_attn": True, "bias": False},
                inputs={"query": x},
                inferred=known,
                reference=longer,
                label="added steps",
            ),
        )
    }


def _transformers() -> dict[str, tuple[Case, ...]]:
    src, tgt = _floats(2, 5, 8), _floats(2, 4, 8)
    params: dict[str, Value] = {"nhead": 2, "dim_feedforward": 16, "batch_first": True}
    known = {"d_model": 8}
    causal, padded = torch.ones(5, 5).triu(1).bool(), torch.zeros(2, 5).bool()
    target_mask = torch.ones(4, 4).triu(1).bool()

    def encoder(src: Tensor, mask: Tensor | None = None, **more: Tensor) -> Tensor:
        one = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True, norm_first=True)
        norm = nn.LayerNorm(8)
        return nn.TransformerEncoder(one, 3, norm, enable_nested_tensor=False)(src, mask, **more)

    def decoder(tgt: Tensor, memory: Tensor) -> Tensor:
        return nn.TransformerDecoder(nn.TransformerDecoderLayer(8, 2, 16, batch_first=True), 2)(
            tgt, memory
        )

    masks = {"src_mask": causal, "src_key_padding_mask": padded}
    stack: dict[str, Value] = {**params, "enable_nested_tensor": False}
    free = frozenset({"src_mask", "mask", "tgt_mask"})
    return {
        "TransformerEncoderLayer": (
            Case(params={**params, "activation": "gelu"}, inputs={"src": src}, inferred=known),
            Case(
                params={**params, "bias": False},
                inputs={"src": src, **masks},
                inferred=known,
                unbatched=free,
                label="masks",
            ),
        ),
        "TransformerEncoder": (
            Case(
                params={**stack, "norm_first": True, "norm": True, "num_layers": 3},
                inputs={"src": src, "mask": causal, "src_key_padding_mask": padded},
                inferred=known,
                unbatched=free,
                reference=encoder,
            ),
        ),
        "TransformerDecoderLayer": (
            Case(
                params=params,
                inputs={"tgt": tgt, "memory": src, "tgt_mask": target_mask},
                inferred=known,
                unbatched=free,
            ),
        ),
        "TransformerDecoder": (
            Case(
                params={**params, "num_layers": 2},
                inputs={"tgt": tgt, "memory": src},
                inferred=known,
                reference=decoder,
            ),
        ),
        "Transformer": (
            Case(
                params={**params, "num_encoder_layers": 1, "num_decoder_layers": 2},
                inputs={"src": src, "tgt": tgt},
                inferred=known,
            ),
        ),
    }


# -- losses ---------------------------------------------------------------------------------------


def _loss(*inputs: tuple[str, Tensor], label: str = "", **params: Value) -> Case:
    return Case(params=params, inputs=dict(inputs), label=label or str(params))


def _elementwise_losses() -> dict[str, tuple[Case, ...]]:
    x, y = ("input", _floats(3, 4)), ("target", _floats(3, 4) + 1)
    shares, binary = ("input", _shares(3, 4)), ("target", _ints(2, 3, 4).float())
    logs = ("input", _floats(3, 4).log_softmax(1))
    signs = ("target", _signs(3, 4))
    return {
        "MSELoss": (_loss(x, y), _loss(x, y, reduction="none")),
        "L1Loss": (_loss(x, y, reduction="sum"),),
        "SmoothL1Loss": (_loss(x, y, beta=0.5),),
        "HuberLoss": (_loss(x, y, delta=0.5),),
        "BCELoss": (_loss(shares, binary), _loss(shares, binary, weight=(1.0, 2.0, 3.0, 4.0))),
        "BCEWithLogitsLoss": (
            _loss(x, binary),
            _loss(x, binary, pos_weight=(1.0, 2.0, 3.0, 4.0), reduction="none"),
        ),
        "PoissonNLLLoss": (_loss(x, ("target", _ints(5, 3, 4).float()), full=True),),
        "SoftMarginLoss": (_loss(x, signs),),
        "HingeEmbeddingLoss": (_loss(x, signs, margin=0.5),),
        "KLDivLoss": (_loss(logs, ("target", _shares(3, 4)), reduction="batchmean"),),
        "GaussianNLLLoss": (
            _loss(x, y, ("var", _shares(3, 4))),
            _loss(x, y, ("var", _shares(3, 1)), reduction="none"),
        ),
    }


def _class_losses() -> dict[str, tuple[Case, ...]]:
    x, classes = ("input", _floats(3, 4)), ("target", _ints(4, 3))
    picture, places = ("input", _floats(3, 4, 5, 5)), ("target", _ints(4, 3, 5, 5))
    weight: dict[str, Value] = {"weight": (1.0, 2.0, 3.0, 4.0)}
    logs = ("input", _floats(3, 4).log_softmax(1))
    several = ("target", torch.tensor([[0, 2, -1, 1], [3, -1, 0, 0], [1, 0, 2, 3]]))
    return {
        "CrossEntropyLoss": (
            _loss(x, classes, label_smoothing=0.1),
            _loss(picture, places, reduction="none", **weight),
            _loss(x, ("target", _shares(3, 4)), label="probabilities"),
        ),
        "NLLLoss": (_loss(logs, classes, **weight), _loss(logs, classes, reduction="none")),
        "MultiMarginLoss": (_loss(x, classes, p=2, **weight),),
        "MultiLabelMarginLoss": (_loss(x, several),),
        "MultiLabelSoftMarginLoss": (_loss(x, ("target", _ints(2, 3, 4).float()), **weight),),
    }


def _other_losses() -> dict[str, tuple[Case, ...]]:
    x1, x2 = ("input1", _floats(3, 4)), ("input2", _floats(3, 4) + 1)
    first, second, sign = ("input1", _floats(3)), ("input2", _floats(3) + 1), _signs(3)
    names = ("anchor", "positive", "negative")
    three = [(name, _floats(3, 4) + i) for i, name in enumerate(names)]
    steps = {
        "log_probs": _floats(6, 2, 5).log_softmax(2),
        "targets": _ints(4, 2, 3) + 1,
        "input_lengths": torch.tensor([6, 5]),
        "target_lengths": torch.tensor([3, 2]),
    }
    classes = {"input": _floats(3, 32), "target": _ints(20, 3)}
    known = {"in_features": 32}
    return {
        "MarginRankingLoss": (_loss(first, second, ("target", sign), margin=0.1),),
        "CosineEmbeddingLoss": (_loss(x1, x2, ("target", sign), reduction="none"),),
        "TripletMarginLoss": (_loss(*three, swap=True), _loss(*three, reduction="none")),
        "TripletMarginWithDistanceLoss": (_loss(*three, margin=0.5),),
        "CTCLoss": tuple(
            Case(params=params, inputs=steps, batch_at={"log_probs": 1}, label=str(params))
            for params in ({}, {"reduction": "none"})
        ),
        "AdaptiveLogSoftmaxWithLoss": (
            Case(params={"n_classes": 20, "cutoffs": (4, 10)}, inputs=classes, inferred=known),
        ),
        "LinearCrossEntropyLoss": (
            Case(params={"num_classes": 20}, inputs=classes, inferred=known),
            Case(
                params={"num_classes": 20, "bias": True, "reduction": "none"},
                inputs=classes,
                inferred=known,
                label="none",
            ),
        ),
    }


def _all() -> dict[str, tuple[Case, ...]]:
    found: dict[str, tuple[Case, ...]] = {}
    for table in (
        _linear(),
        *(make(n) for make in (_conv, _pool, _pad) for n in (1, 2, 3)),
        _activations(),
        _normalizations(),
        _dropouts(),
        _embeddings(),
        _shapes_and_vision(),
        _recurrent(),
        _cells(),
        _attention(),
        _transformers(),
        _elementwise_losses(),
        _class_losses(),
        _other_losses(),
    ):
        found.update(table)
    return found


CASES = _all()
