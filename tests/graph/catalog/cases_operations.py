"""Small cases for every tensor operation, each beside the same thing called by hand."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - everyone's name for it

from graph import catalog
from graph.catalog import modules
from graph.document import Value
from tests.graph.catalog.case import Case

__all__ = ["CASES"]

By = Callable[..., Any]


def _floats(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed + sum(shape)))


def _shares(*shape: int) -> Tensor:
    return _floats(*shape).sigmoid()


def _ints(high: int, *shape: int) -> Tensor:
    return torch.randint(high, shape, generator=torch.Generator().manual_seed(sum(shape)))


def _case(reference: By, inputs: dict[str, Tensor], /, label: str = "", **params: Value) -> Case:
    return Case(params=params, inputs=inputs, reference=reference, label=label)


def _one(reference: By, x: Tensor | None = None, /, label: str = "", **params: Value) -> Case:
    """A case of one input; sequences (N, T, C) unless another is given."""
    given = _floats(3, 4, 5) if x is None else x
    label = label or ",".join(f"{k}={v}" for k, v in params.items())
    return Case(
        params=params,
        inputs={"input": given},
        reference=lambda input: reference(input),
        label=label,
    )


def _two(*shape: int) -> dict[str, Tensor]:
    shape = shape or (3, 4)
    return {"input": _floats(*shape), "other": _floats(*shape, seed=1)}


def _many(name: str, *shapes: tuple[int, ...]) -> dict[str, Tensor]:
    return {f"{name}{i}": _floats(*shape, seed=i) for i, shape in enumerate(shapes)}


# -- arithmetic and comparisons -------------------------------------------------------------------


def _arithmetic() -> dict[str, tuple[Case, ...]]:
    wide = {"input": _floats(3, 4, 5), "other": _floats(3, 1, 5)}
    mixed = {"input": _floats(3, 4), "end": _floats(3, 4, seed=1)}
    three = _many("input", (3, 4), (3, 4), (3, 4))
    signs = {"input": _floats(3, 4) * 3, "other": _floats(3, 4, seed=1)}
    shares = {"input": _shares(3, 4), "exponent": _floats(3, 4)}
    return {
        "add": (
            _case(torch.add, _two()),
            _case(torch.add, wide, "broadcast"),
            _case(lambda input, other: torch.add(input, other, alpha=0.5), _two(), alpha=0.5),
            _one(lambda x: x + 2.5, other=2.5),
            _one(lambda x: x - 1, other=-1),
        ),
        "sub": (
            _case(torch.sub, _two()),
            _case(lambda input, other: torch.sub(input, other, alpha=-2), _two(), alpha=-2),
            _one(lambda x: x + 1, other=-1),
        ),
        "mul": (_case(torch.mul, _two()), _one(lambda x: -2 * x, other=-2)),
        "div": (
            _case(torch.div, _two()),
            _one(lambda x: x / 4, other=4),
            _case(
                lambda input, other: torch.div(input, other, rounding_mode="floor"),
                _two(),
                rounding_mode="floor",
            ),
            _one(lambda x: torch.div(x, 2, rounding_mode="trunc"), other=2, rounding_mode="trunc"),
        ),
        "pow": (
            _case(torch.pow, shares),
            _one(lambda x: x**2, exponent=2),
            _one(lambda x: x**-0.5, _shares(3, 4), exponent=-0.5),
        ),
        "remainder": (_case(torch.remainder, signs), _one(lambda x: x % 2, other=2)),
        "floor_divide": (_case(torch.floor_divide, signs), _one(lambda x: x // 2, other=2)),
        "neg": (_one(torch.neg),),
        "maximum": (_case(torch.maximum, _two()),),
        "minimum": (_case(torch.minimum, wide),),
        "atan2": (_case(torch.atan2, _two()),),
        "lerp": (
            _case(lambda input, end: torch.lerp(input, end, 0.25), mixed, weight=0.25),
            _case(torch.lerp, {**mixed, "weight": _shares(3, 4)}, "tensor"),
        ),
        "WeightedSum": (
            _case(lambda input0, input1, input2: input0 + input1 + input2, three, inputs=3),
            _case(
                lambda input0, input1, input2: -0.5 * input0 + input1 - 2 * input2,
                three,
                inputs=3,
                weights=(-0.5, 1.0, -2.0),
            ),
        ),
    }


def _comparisons() -> dict[str, tuple[Case, ...]]:
    bits = {"input": _ints(2, 3, 4).bool(), "other": _ints(2, 3, 4).flip(0).bool()}
    counts = {"input": _ints(3, 3, 4), "other": _ints(3, 3, 4).flip(0)}
    found: dict[str, tuple[Case, ...]] = {}
    for name in ("eq", "ne", "lt", "le", "gt", "ge"):
        by: By = getattr(torch, name)
        found[name] = (
            _case(by, counts),
            Case(
                params={"other": 1},
                inputs={"input": counts["input"]},
                reference=lambda input, by=by: by(input, 1),
                label="other=1",
            ),
        )
    for name in ("logical_and", "logical_or", "logical_xor"):
        found[name] = (_case(getattr(torch, name), bits),)
    holes = torch.tensor([[1.0, math.nan], [math.inf, 0.0], [2.0, 3.0]])
    return {
        **found,
        "logical_not": (_one(torch.logical_not, bits["input"]),),
        "isnan": (_one(torch.isnan, holes),),
        "isfinite": (_one(torch.isfinite, holes),),
    }


# -- each element by itself -----------------------------------------------------------------------


def _elementwise() -> dict[str, tuple[Case, ...]]:
    any_number = (
        "abs square exp expm1 sin cos tan atan sinh cosh tanh sigmoid erf sign floor ceil trunc "
        "frac reciprocal"
    )
    shares = "sqrt rsqrt log log1p log2 log10 asin acos"
    holes = torch.tensor([[1.0, math.nan], [math.inf, -math.inf], [2.0, 3.0]])
    return {
        **{name: (_one(getattr(torch, name)),) for name in any_number.split()},
        **{name: (_one(getattr(torch, name), _shares(3, 4)),) for name in shares.split()},
        "round": (_one(torch.round), _one(lambda x: torch.round(x, decimals=2), decimals=2)),
        "logit": (
            _one(torch.logit, _shares(3, 4)),
            _one(lambda x: torch.logit(x, eps=0.1), _floats(3, 4), eps=0.1),
        ),
        "nan_to_num": (
            _one(torch.nan_to_num, holes),
            _one(
                lambda x: torch.nan_to_num(x, 1.0, 9.0, -9.0),
                holes,
                nan=1.0,
                posinf=9.0,
                neginf=-9.0,
            ),
        ),
        "clamp": (
            _one(lambda x: x.clamp(-0.5, 0.5), min=-0.5, max=0.5),
            _one(lambda x: x.clamp(min=0), min=0),
        ),
        **{
            name: (_one(getattr(F, name)),)
            for name in ("relu", "silu", "mish", "softsign", "logsigmoid", "elu", "leaky_relu")
        },
        "gelu": (_one(F.gelu), _one(lambda x: F.gelu(x, approximate="tanh"), approximate="tanh")),
        "softplus": (
            _one(F.softplus),
            _one(lambda x: F.softplus(x, 2.0, 0.1), beta=2.0, threshold=0.1),
        ),
        "hardtanh": (
            _one(F.hardtanh),
            _one(lambda x: F.hardtanh(x, 0.0, 0.5), min_val=0.0, max_val=0.5),
        ),
        "softmax": (_one(lambda x: F.softmax(x, -1), dim=-1), _one(lambda x: x.softmax(1), dim=1)),
        "log_softmax": (_one(lambda x: F.log_softmax(x, 1), dim=1),),
        "gumbel_softmax": (
            Case(
                params={"tau": 0.5, "hard": True},
                inputs={"logits": _floats(3, 5)},
                reference=lambda logits: F.gumbel_softmax(logits, 0.5, hard=True),
            ),
        ),
        "normalize": (
            _one(lambda x: F.normalize(x, dim=-1), dim=-1),
            _one(lambda x: F.normalize(x, p=1.0), p=1.0),
        ),
    }


# -- shapes ---------------------------------------------------------------------------------------


def _shapes() -> dict[str, tuple[Case, ...]]:
    image = _floats(2, 3, 4, 6)
    return {
        "reshape": (
            _one(lambda x: x.reshape(x.shape[0], -1), shape=("N", -1)),
            _one(lambda x: x.reshape(-1, 4, 5, 1), shape=(-1, 4, 5, 1)),
            _one(lambda x: x.reshape(*x.shape[:2], 1, 5), shape=("N", "T", 1, -1)),
        ),
        "view": (_one(lambda x: x.view(3, 20), shape=("N", -1)),),
        "flatten": (
            _one(lambda x: x.flatten(1), start_dim=1),
            _one(lambda x: x.flatten(1, 2), image, start_dim=1, end_dim=2),
            _one(torch.flatten),
            _one(lambda x: x.flatten(end_dim=1), end_dim=1),
        ),
        "unflatten": (
            _one(lambda x: x.unflatten(1, (2, -1)), dim=1, sizes=(2, -1)),
            _one(lambda x: x.unflatten(-1, (5, 1)), dim=-1, sizes=(5, 1)),
        ),
        "permute": (_one(lambda x: x.permute(0, 2, 3, 1), image, dims=(0, 2, 3, 1)),),
        "transpose": (_one(lambda x: x.transpose(1, 2), dim0=1, dim1=2),),
        "movedim": (
            _one(lambda x: x.movedim(-1, 1), image, source=-1, destination=1),
            _one(lambda x: x.movedim((1, 2), (2, 3)), image, source=(1, 2), destination=(2, 3)),
        ),
        "squeeze": (
            _one(lambda x: x.squeeze(-1), _floats(3, 4, 1), dim=-1),
            _one(lambda x: x.squeeze((1, 2)), _floats(3, 1, 1), dim=(1, 2)),
            _one(torch.squeeze, _floats(3, 1, 4)),
        ),
        "unsqueeze": (
            _one(lambda x: x.unsqueeze(1), dim=1),
            _one(lambda x: x.unsqueeze(-1), dim=-1),
            _one(lambda x: x.unsqueeze(3), dim=3),
        ),
        "expand": (_one(lambda x: x.expand(-1, 4), _floats(3, 1), sizes=(-1, 4)),),
        "repeat": (_one(lambda x: x.repeat(1, 2, 1), repeat=(1, 2, 1)),),
        "repeat_interleave": (
            _one(lambda x: x.repeat_interleave(2, dim=1), repeats=2, dim=1),
            _one(lambda x: x.repeat_interleave(2), repeats=2),
        ),
        "flip": (_one(lambda x: x.flip(1), dims=1), _one(lambda x: x.flip(1, 2), dims=(1, 2))),
        "roll": (
            _one(lambda x: x.roll(1, 1), shifts=1, dims=1),
            _one(lambda x: x.roll((1, 2), (1, 2)), shifts=(1, 2), dims=(1, 2)),
            _one(lambda x: x.roll(2), shifts=2),
        ),
        "unfold": (_one(lambda x: x.unfold(1, 3, 1), dimension=1, size=3, step=1),),
        "pad": (
            _one(lambda x: F.pad(x, (1, 2)), pad=(1, 2)),
            _one(lambda x: F.pad(x, (1, 2, 0, 1), value=0.5), pad=(1, 2, 0, 1), value=0.5),
            _one(
                lambda x: F.pad(x, (1, 1, 2, 2), mode="reflect"),
                image,
                pad=(1, 1, 2, 2),
                mode="reflect",
            ),
        ),
        "interpolate": (
            _one(lambda x: F.interpolate(x, scale_factor=2.0), image, scale_factor=2.0),
            _one(
                lambda x: F.interpolate(x, (5, 7), mode="bilinear", align_corners=False),
                image,
                size=(5, 7),
                mode="bilinear",
                align_corners=False,
            ),
            _one(lambda x: F.interpolate(x, 7, mode="linear"), size=7, mode="linear"),
        ),
    }


# -- joining and selecting ------------------------------------------------------------------------


def _joining() -> dict[str, tuple[Case, ...]]:
    return {
        "cat": (
            _case(
                lambda tensors0, tensors1: torch.cat((tensors0, tensors1), 1),
                _many("tensors", (3, 4), (3, 2)),
                dim=1,
            ),
            _case(
                lambda tensors0, tensors1, tensors2: torch.cat((tensors0, tensors1, tensors2)),
                _many("tensors", (3, 4), (3, 4), (3, 4)),
                inputs=3,
            ),
        ),
        "stack": (
            _case(
                lambda tensors0, tensors1: torch.stack((tensors0, tensors1), 1),
                _many("tensors", (3, 4), (3, 4)),
                dim=1,
            ),
            _case(
                lambda tensors0, tensors1: torch.stack((tensors0, tensors1), 2),
                _many("tensors", (3, 4), (3, 4)),
                dim=2,
            ),
        ),
        "split": (
            Case(
                params={"split_size_or_sections": (1, 1, 2), "dim": 1},
                inputs={"tensor": _floats(3, 4)},
                reference=lambda tensor: _numbered(tensor.split((1, 1, 2), 1)),
            ),
        ),
        "chunk": (
            _one(lambda x: _numbered(x.chunk(2, 1)), chunks=2, dim=1),
            _one(lambda x: _numbered(x.chunk(3, 2)), chunks=3, dim=2),
        ),
        "unbind": (_one(lambda x: _numbered(x.unbind(1)), outputs=4, dim=1),),
    }


def _numbered(parts: tuple[Tensor, ...]) -> dict[str, Tensor]:
    return {f"output{i}": part for i, part in enumerate(parts)}


def _selection() -> dict[str, tuple[Case, ...]]:
    x, index = _floats(3, 4), _ints(4, 3, 2)
    condition, table = _ints(2, 3, 4).bool(), _floats(7, 5)
    return {
        "slice": (
            _one(lambda x: x[:, :-1], dim=1, end=-1),
            _one(lambda x: x[:, 1:], dim=1, start=1),
            _one(lambda x: x[..., 1:4:2], dim=-1, start=1, end=4, step=2),
            _one(lambda x: x[..., 1:3, :], dim=-2, start=1, end=3),
        ),
        "select": (
            _one(lambda x: x[:, -1], dim=1, index=-1),
            _one(lambda x: x[..., 2], dim=-1, index=2),
        ),
        "gather": (
            _case(lambda input, index: input.gather(1, index), {"input": x, "index": index}, dim=1),
        ),
        "take_along_dim": (
            _case(
                lambda input, indices: torch.take_along_dim(input, indices, 1),
                {"input": x, "indices": index},
                dim=1,
            ),
        ),
        "index_select": (
            Case(
                params={"dim": 1},
                inputs={"input": x, "index": torch.tensor([0, 2])},
                unbatched=frozenset({"index"}),
                reference=lambda input, index: input.index_select(1, index),
            ),
            Case(
                params={"dim": 0},
                inputs={"input": table, "index": torch.tensor([0, 2, 2])},
                unbatched=frozenset({"input"}),
                reference=lambda input, index: input[index],
                label="rows",
            ),
        ),
        "scatter_add": (
            _case(
                lambda input, index, src: input.scatter_add(1, index, src),
                {"input": x, "index": index, "src": _floats(3, 2)},
                dim=1,
            ),
        ),
        "where": (
            _case(torch.where, {"condition": condition, "input": x, "other": -x}),
            _case(
                lambda condition, input: torch.where(condition, input, 0.5),
                {"condition": condition, "input": x},
                other=0.5,
            ),
            _case(
                lambda condition: torch.where(condition, 1.0, -1.0),
                {"condition": condition},
                input=1.0,
                other=-1.0,
            ),
        ),
        "masked_fill": (
            _case(
                lambda input, mask: input.masked_fill(mask, -math.inf),
                {"input": x, "mask": condition},
                value="-inf",
            ),
            _case(
                lambda input, mask: input.masked_fill(mask, 0.0),
                {"input": x, "mask": condition},
                value=0.0,
            ),
        ),
        "one_hot": (
            Case(
                params={"num_classes": 6},
                inputs={"tensor": index},
                reference=lambda tensor: F.one_hot(tensor, 6),
            ),
        ),
        "embedding": (
            Case(
                params={"padding_idx": 0},
                inputs={"input": index, "weight": table},
                unbatched=frozenset({"weight"}),
                reference=lambda input, weight: F.embedding(input, weight, padding_idx=0),
            ),
        ),
    }


# -- reductions and order -------------------------------------------------------------------------


def _pair(result: Any) -> dict[str, Tensor]:
    return {"values": result.values, "indices": result.indices}


def _reductions() -> dict[str, tuple[Case, ...]]:
    image, bits = _floats(2, 3, 4, 5), _ints(2, 3, 4).bool()
    whole = ("sum", "mean", "amax", "amin", "prod", "std", "var", "count_nonzero", "argmax")
    found = {name: (_one(getattr(torch, name)),) for name in (*whole, "argmin")}
    for name in ("sum", "mean", "amax", "amin", "std", "var"):
        by: By = getattr(torch, name)
        found[name] += (
            _one(lambda x, by=by: by(x, (2, 3)), image, dim=(2, 3)),
            _one(lambda x, by=by: by(x, 1, keepdim=True), dim=1, keepdim=True),
        )
    for name in ("prod", "argmax", "argmin"):
        by = getattr(torch, name)
        found[name] += (_one(lambda x, by=by: by(x, dim=-1, keepdim=True), dim=-1, keepdim=True),)
    for name in ("max", "min"):
        by = getattr(torch, name)
        found[name] = (
            _one(lambda x, by=by: _pair(by(x, dim=1, keepdim=True)), dim=1, keepdim=True),
            Case(
                params={"dim": 1},
                inputs={"input": _floats(3, 4)},
                reference=lambda input, by=by: {"values": by(input, 1).values},
                wanted=frozenset({"values"}),
                label="values",
            ),
        )
    for name in ("cumsum", "cumprod", "logcumsumexp"):
        by = getattr(torch, name)
        found[name] = (_one(lambda x, by=by: by(x, 1), dim=1),)
    norm = torch.linalg.vector_norm
    return {
        **found,
        "std": (*found["std"], _one(lambda x: x.std(1, correction=0), dim=1, correction=0)),
        "vector_norm": (
            _case(norm, {"x": _floats(3, 4)}),
            _case(lambda x: norm(x, dim=-1), {"x": _floats(3, 4)}, dim=-1),
            _case(
                lambda x: norm(x, math.inf, dim=1, keepdim=True),
                {"x": _floats(3, 4)},
                ord="inf",
                dim=1,
                keepdim=True,
            ),
        ),
        "logsumexp": (
            _one(lambda x: x.logsumexp(-1), dim=-1),
            _one(lambda x: x.logsumexp((1, 2)), dim=(1, 2)),
        ),
        "any": (_one(lambda x: x.any(1), bits, dim=1), _one(torch.any, bits)),
        "all": (_one(lambda x: x.all(1, keepdim=True), bits, dim=1, keepdim=True),),
        "median": (_one(lambda x: _pair(x.median(1)), dim=1),),
        "topk": (
            _one(lambda x: _pair(x.topk(2)), k=2),
            _one(lambda x: _pair(x.topk(2, dim=1, largest=False)), k=2, dim=1, largest=False),
            Case(
                params={"k": 3},
                inputs={"input": _floats(3, 5)},
                reference=lambda input: {"indices": input.topk(3).indices},
                wanted=frozenset({"indices"}),
                label="indices",
            ),
        ),
        "sort": (
            _one(lambda x: _pair(x.sort())),
            _one(lambda x: _pair(x.sort(1, descending=True)), dim=1, descending=True),
            _one(lambda x: _pair(x.sort(stable=True)), stable=True),
        ),
        "argsort": (_one(lambda x: x.argsort(1, descending=True), dim=1, descending=True),),
        "diff": (_one(lambda x: x.diff(dim=1), dim=1), _one(lambda x: x.diff(2), n=2)),
    }


# -- matrices -------------------------------------------------------------------------------------


def _matrices() -> dict[str, tuple[Case, ...]]:
    left, right = _floats(3, 4, 5), _floats(3, 5, 2)
    pair = {"x1": _floats(3, 4, 5), "x2": _floats(3, 4, 5, seed=1)}
    heads = {name: _floats(3, 2, 4, 6, seed=i) for i, name in enumerate(("query", "key", "value"))}
    attend = F.scaled_dot_product_attention
    return {
        "matmul": (
            _case(torch.matmul, {"input": left, "other": right}),
            Case(
                inputs={"input": _floats(3, 4), "other": _floats(4, 2)},
                unbatched=frozenset({"other"}),
                reference=torch.matmul,
                label="matrix",
            ),
        ),
        "bmm": (_case(torch.bmm, {"input": left, "mat2": right}),),
        "einsum": (
            Case(
                params={"equation": "bij,bjk->bik"},
                inputs={"operands0": left, "operands1": right},
                reference=lambda operands0, operands1: operands0 @ operands1,
            ),
            Case(
                params={"equation": "bii->b"},
                inputs={"operands0": _floats(3, 4, 4)},
                reference=lambda operands0: operands0.diagonal(dim1=1, dim2=2).sum(1),
                label="trace",
            ),
            Case(
                params={"equation": "...a,...b,...->...ab"},
                inputs=_many("operands", (3, 4), (3, 5), (3,)),
                reference=lambda operands0, operands1, operands2: (
                    operands0[:, :, None] * operands1[:, None] * operands2[:, None, None]
                ),
                label="ellipsis",
            ),
        ),
        "linear": (
            Case(
                inputs={"input": left, "weight": _floats(2, 5), "bias": _floats(2)},
                unbatched=frozenset({"weight", "bias"}),
                reference=F.linear,
            ),
            Case(
                inputs={"input": left, "weight": _floats(2, 5)},
                unbatched=frozenset({"weight"}),
                reference=F.linear,
                label="without bias",
            ),
        ),
        "tril": (_one(torch.tril), _one(lambda x: x.tril(-1), diagonal=-1)),
        "triu": (_one(torch.triu), _one(lambda x: x.triu(1), diagonal=1)),
        "diagonal": (_one(lambda x: x.diagonal(0, -2, -1), dim1=-2, dim2=-1),),
        "cdist": (
            _case(torch.cdist, pair),
            _case(lambda x1, x2: torch.cdist(x1, x2, 1.0), pair, p=1.0),
        ),
        "cosine_similarity": (
            _case(F.cosine_similarity, pair),
            _case(lambda x1, x2: F.cosine_similarity(x1, x2, -1), pair, dim=-1),
        ),
        "scaled_dot_product_attention": (
            _case(attend, heads),
            _case(
                lambda query, key, value: attend(query, key, value, is_causal=True),
                heads,
                is_causal=True,
            ),
            Case(
                inputs={**heads, "attn_mask": _floats(4, 4)},
                unbatched=frozenset({"attn_mask"}),
                reference=attend,
                label="mask",
            ),
        ),
    }


# -- made from nothing ----------------------------------------------------------------------------


def _made() -> dict[str, tuple[Case, ...]]:
    mask = nn.Transformer.generate_square_subsequent_mask
    found: dict[str, tuple[Case, ...]] = {}
    for name in ("zeros", "ones", "rand", "randn"):
        by: By = getattr(torch, name)
        found[name] = (
            Case(params={"size": (4, 2)}, reference=lambda by=by: by(4, 2)),
            _one(
                lambda x, by=by: by(x.shape[0], 2, dtype=torch.float64),
                size=("N", 2),
                dtype="float64",
            ),
        )
    for name in ("zeros_like", "ones_like", "rand_like", "randn_like"):
        by = getattr(torch, name)
        found[name] = (
            _one(by),
            _one(lambda x, by=by: by(x, dtype=torch.float64), dtype="float64"),
        )
    return {
        **found,
        "full": (
            Case(params={"size": (), "fill_value": 2.5}, reference=lambda: torch.tensor(2.5)),
            Case(
                params={"size": (2,), "fill_value": 3},
                reference=lambda: torch.tensor([3, 3]),
                label="int",
            ),
            _one(lambda x: torch.full((3, 4, 2), 1.0), size=("N", "T", 2), fill_value=1.0),
        ),
        "full_like": (_one(lambda x: torch.full_like(x, 7.0), fill_value=7.0),),
        "bernoulli": (_one(torch.bernoulli, _shares(3, 4)),),
        "arange": (
            _one(lambda x: torch.arange(x.shape[1])),
            _one(lambda x: torch.arange(x.shape[2]), dim=2),
            Case(params={"start": 1, "end": 7, "step": 2}, reference=lambda: torch.arange(1, 7, 2)),
            Case(
                params={"end": 3, "dtype": "float32"},
                reference=lambda: torch.arange(3.0),
                label="float",
            ),
        ),
        "linspace": (
            Case(
                params={"start": 0.0, "end": 1.0, "steps": 5},
                reference=lambda: torch.linspace(0, 1, 5),
            ),
            _one(lambda x: torch.linspace(-1, 1, 3), start=-1, end=1, steps=3),
        ),
        "causal_mask": (_one(lambda x: mask(x.shape[1])),),
        "to": (
            _one(lambda x: x.double(), dtype="float64"),
            _one(lambda x: x.long(), dtype="int64"),
            _one(lambda x: x.bool(), _ints(2, 3, 4), dtype="bool"),
        ),
        "detach": (_one(torch.detach),),
    }


# -- with weights or tables -----------------------------------------------------------------------


def _positions() -> dict[str, tuple[Case, ...]]:
    x = _floats(3, 4, 6)

    def of(module_class: By, name: str, *more: Value, **params: Value) -> Case:
        return Case(
            params=params,
            inputs={"input": x},
            inferred={name: 6},
            reference=lambda input: module_class(6, **params)(input),
            label=",".join(params),
        )

    return {
        "SinusoidalPositions": (
            of(modules.SinusoidalPositions, "d_model"),
            of(modules.SinusoidalPositions, "d_model", max_len=16, base=100.0),
        ),
        "LearnedPositions": (of(modules.LearnedPositions, "d_model", max_len=9),),
        "RotaryPositions": (
            of(modules.RotaryPositions, "dim"),
            of(modules.RotaryPositions, "dim", base=100.0),
        ),
        "ClassToken": (of(modules.ClassToken, "d_model"),),
        "Parameter": (
            Case(params={"shape": (4,)}, reference=lambda: torch.zeros(4)),
            Case(
                params={"shape": (), "init": "ones"},
                reference=lambda: torch.tensor(1.0),
                label="ones",
            ),
            Case(
                params={"shape": (2, 3), "init": "normal", "std": 0.5},
                reference=lambda: 0.5 * torch.randn(2, 3),
                label="normal",
            ),
        ),
    }


# -- of the training graph, without tensors; test_optimizers.py and test_metrics.py go on ---------


def _training() -> dict[str, tuple[Case, ...]]:
    kinds = catalog.entries().values()
    steps = [kind for kind in kinds if kind.family in ("optimizer", "scheduler", "metric")]
    return {kind.name: (Case(), Case(params=kind.presets, label="presets")) for kind in steps}


CASES: dict[str, tuple[Case, ...]] = {
    **_arithmetic(),
    **_comparisons(),
    **_elementwise(),
    **_shapes(),
    **_joining(),
    **_selection(),
    **_reductions(),
    **_matrices(),
    **_made(),
    **_positions(),
    **_training(),
}
