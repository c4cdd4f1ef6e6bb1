"""Layers of torch.nn: names, arguments, defaults and help are read from PyTorch.

Layers over 1, 2 and 3 dimensions are in :mod:`graph.catalog.spatial`, recurrent ones in
:mod:`graph.catalog.recurrent`, attention and transformers in :mod:`graph.catalog.attention`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from graph.catalog import checks
from graph.catalog.entry import Call, Called, Cost, InputError, Kind, Port
from graph.catalog.layerkind import LayerKind, layer, present
from graph.catalog.spatial import SPACE
from graph.dims import PROBES, TensorType

if TYPE_CHECKING:
    from graph.document import Value

__all__ = ["KINDS", "LayerKind", "layer"]

_SHARE: dict[str, Any] = {"low": 0, "high": 1, "positional": True}
_BY_POSITION = {"positional": True}


class LinearKind(LayerKind):
    """The last size becomes ``out_features``."""

    __hash__ = Kind.__hash__

    def call_rule(
        self, args: Mapping[str, Value], inputs: Mapping[str, TensorType]
    ) -> Called | None:
        arriving, features = inputs["input"], args["out_features"]
        assert isinstance(features, int)
        given = TensorType((*arriving.shape[:-1], features), arriving.dtype)
        rows = math.prod(arriving.at(*PROBES[0])[:-1])
        return Called({"output": given}, 2 * rows * int(str(args["in_features"])) * features)


class SameShapeKind(LayerKind):
    """A function of each element: what arrives has the shape of what leaves."""

    __hash__ = Kind.__hash__

    def call_rule(
        self, args: Mapping[str, Value], inputs: Mapping[str, TensorType]
    ) -> Called | None:
        return Called({"output": inputs["input"]})


def _linear() -> tuple[LayerKind | None, ...]:
    pair = (Port("input1", dtype="float"), Port("input2", dtype="float"))
    return (
        layer(
            "Linear",
            "linear",
            "...",
            "in_features",
            kind=LinearKind,
            presets={"out_features": 64},
            keywords=("dense", "fully connected", "affine"),
        ),
        layer(
            "Bilinear",
            "linear",
            inputs=(
                Port("input1", dtype="float", layout=("...", "in1_features")),
                Port("input2", dtype="float", layout=("...", "in2_features")),
            ),
            presets={"out_features": 64},
            checks=(_same_but_last,),
        ),
        layer(
            "Identity",
            "linear",
            dtype="any",
            kind=SameShapeKind,
            places=("network", "training"),
        ),
        layer("CosineSimilarity", "distance", inputs=_renamed(pair)),
        layer("PairwiseDistance", "distance", inputs=_renamed(pair)),
    )


def _renamed(pair: tuple[Port, Port]) -> tuple[Port, Port]:
    return (Port("x1", dtype=pair[0].dtype), Port("x2", dtype=pair[1].dtype))


def _same_but_last(args: Mapping[str, Value], inputs: Mapping[str, TensorType]) -> None:
    cut = {name: TensorType(one.shape[:-1]) for name, one in inputs.items()}
    checks.same_shape("input1", "input2")(args, cut)


# -- normalization, dropout ------------------------------------------------------------------------


class BatchNormKind(LayerKind):
    """Keeps the shape. By rule: with ``momentum=None`` torch counts batches in numbers."""

    __hash__ = Kind.__hash__

    def rule(
        self, args: Mapping[str, Value], inputs: Mapping[str, TensorType]
    ) -> Mapping[str, TensorType] | None:
        return {"output": inputs["input"]}

    def cost_rule(self, args: Mapping[str, Value], inputs: Mapping[str, TensorType]) -> Cost | None:
        """Return a weight and a bias for each feature; nothing is multiplied as a matrix."""
        features = args.get("num_features")
        learnt = int(bool(args.get("affine"))) * (1 + int(args.get("bias", True) is True))
        return Cost(learnt * features if isinstance(features, int) else 0)


def _last_size(inputs: Mapping[str, TensorType], args: Mapping[str, Value]) -> Value:
    arriving = inputs.get("input")
    last = arriving.shape[-1] if arriving is not None and arriving.shape else None
    return last if isinstance(last, int) else None


def _normalizations() -> tuple[LayerKind | None, ...]:
    entries: list[LayerKind | None] = []
    one_dimension = checks.rank("input", 2, 3, "(N, num_features) or (N, num_features, L)")
    share = {"momentum": {"low": 0, "high": 1}}
    for n in (1, 2, 3):
        layout = ("N", "num_features", *(SPACE[n] if n > 1 else ("...",)))
        more: dict[str, Any] = {"checks": (one_dimension,)} if n == 1 else {}
        entries.append(
            layer(
                f"BatchNorm{n}d",
                "normalization",
                *layout,
                kind=BatchNormKind,
                change=share,
                **more,
            )
        )
    for n in (1, 2, 3):
        layout = ("N", "num_features", *SPACE[n])
        entries.append(layer(f"InstanceNorm{n}d", "normalization", *layout, change=share))
    return (*entries, *_other_normalizations())


def _other_normalizations() -> tuple[LayerKind | None, ...]:
    share = {"momentum": {"low": 0, "high": 1}}
    follows = {"normalized_shape": {"infer": _last_size, "inferred": True}}
    whole: dict[str, Any] = {"checks": (checks.last_sizes("normalized_shape"),), "change": follows}
    response = {"size": {"doc": "How many neighbouring channels are summed over."}}
    numbers = {
        "alpha": {"doc": "Multiplicative factor."},
        "beta": {"doc": "Exponent."},
        "k": {"doc": "Additive factor."},
    }
    return (
        layer(
            "SyncBatchNorm",
            "normalization",
            "N",
            "num_features",
            "...",
            kind=BatchNormKind,
            change=share,
        ),
        layer(
            "GroupNorm",
            "normalization",
            "N",
            "num_channels",
            "...",
            checks=(checks.divides("num_groups", "num_channels", "input"),),
            presets={"num_groups": 8},
        ),
        layer("LayerNorm", "normalization", **whole),
        layer("RMSNorm", "normalization", **whole),
        layer(
            "LocalResponseNorm",
            "normalization",
            "N",
            "C",
            "...",
            presets={"size": 5},
            places=("network", "training"),
        ),
        layer(
            "CrossMapLRN2d",
            "normalization",
            "N",
            "C",
            "H",
            "W",
            presets={"size": 5},
            doc="Applies local response normalization across the channels of images.",
            change={**response, **numbers},
            places=("network", "training"),
        ),
    )


def _dropouts() -> tuple[LayerKind | None, ...]:
    share = {"p": _SHARE}
    return (
        layer("Dropout", "dropout", kind=SameShapeKind, change=share, keywords=("regularization",)),
        layer("Dropout1d", "dropout", "N", "C", "L", change=share),
        layer("Dropout2d", "dropout", "N", "C", "H", "W", change=share),
        layer("Dropout3d", "dropout", "N", "C", "D", "H", "W", change=share),
        layer("AlphaDropout", "dropout", change=share),
        layer("FeatureAlphaDropout", "dropout", "N", "C", "...", change=share),
    )


# -- activations ----------------------------------------------------------------------------------


def _activations() -> tuple[LayerKind | None, ...]:
    plain = (
        "ReLU ReLU6 SELU GELU SiLU Mish Sigmoid Tanh Hardsigmoid Hardswish LogSigmoid "
        "Softsign Tanhshrink"
    )
    inplace = {"inplace": {"doc": "Whether to write the result over the input. Default: False"}}
    by_position = {
        "ELU": ("alpha",),
        "CELU": ("alpha",),
        "LeakyReLU": ("negative_slope",),
        "Hardtanh": ("min_val", "max_val"),
        "Hardshrink": ("lambd",),
        "Softshrink": ("lambd",),
        "Softplus": (),
        "RReLU": ("lower", "upper"),
    }
    along: dict[str, Any] = {"presets": {"dim": -1}, "keywords": ("probabilities",)}
    return (
        *(layer(name, "activation", kind=SameShapeKind, change=inplace) for name in plain.split()),
        *(
            layer(
                name,
                "activation",
                kind=SameShapeKind,
                change={**inplace, **dict.fromkeys(names, _BY_POSITION)},
            )
            for name, names in by_position.items()
        ),
        layer("PReLU", "activation", places=("network",), change={"num_parameters": _BY_POSITION}),
        layer("Threshold", "activation", presets={"threshold": 0.0, "value": 0.0}),
        layer("GLU", "activation", checks=(_even,)),
        layer("Softmax", "activation", **along),
        layer("LogSoftmax", "activation", **along),
        layer("Softmin", "activation", **along),
        layer("Softmax2d", "activation", "N", "C", "H", "W"),
    )


def _even(args: Mapping[str, Value], inputs: Mapping[str, TensorType]) -> None:
    arriving, dim = inputs.get("input"), args.get("dim")
    if (
        arriving is None
        or not isinstance(dim, int)
        or not -len(arriving.shape) <= dim < len(arriving.shape)
    ):
        return
    size = arriving.shape[dim]
    if isinstance(size, int) and size % 2:
        raise InputError(
            "input",
            f"an even size in dimension {dim}: one half gates the other",
            arriving.shape_text,
            "Give the layer before an even number of features.",
            (f"linear:{size + 1}",) if dim in (-1, len(arriving.shape) - 1) else (),
        )


# -- embedding, shape -----------------------------------------------------------------------------


class EmbeddingBagKind(LayerKind):
    """One bag to a row: ``(N, L)``, so that offsets are never needed."""

    __hash__ = Kind.__hash__

    def call(
        self,
        module: str,
        inputs: Mapping[str, str],
        args: Mapping[str, Value],
        wanted: frozenset[str],
    ) -> Call:
        weights = inputs.get("per_sample_weights")
        more = f", per_sample_weights={weights}" if weights is not None else ""
        return Call(f"{module}({inputs['input']}{more})", "output")


def _bag_weights(args: Mapping[str, Value], inputs: Mapping[str, TensorType]) -> None:
    if "per_sample_weights" in inputs and args.get("mode") != "sum":
        raise InputError(
            "per_sample_weights",
            "mode='sum', which alone takes weights",
            f"mode={args.get('mode')!r}",
            "Set mode to 'sum', or remove the wire.",
            ('set:mode="sum"', "disconnect"),
        )
    checks.same_shape("input", "per_sample_weights")(args, inputs)


def _embeddings() -> tuple[LayerKind | None, ...]:
    presets = {"num_embeddings": 1000, "embedding_dim": 64}
    bag_inputs = (
        Port("input", dtype="int", layout=("N", "L")),
        Port("per_sample_weights", optional=True, dtype="float", layout=("N", "L")),
    )
    return (
        layer("Embedding", "embedding", dtype="int", presets=presets, keywords=("lookup", "token")),
        layer(
            "EmbeddingBag",
            "embedding",
            kind=EmbeddingBagKind,
            inputs=bag_inputs,
            skip=("include_last_offset",),
            presets=presets,
            checks=(_bag_weights,),
        ),
    )


def _shapes() -> tuple[LayerKind | None, ...]:
    return (
        layer("Flatten", "shape", "N", "...", dtype="any"),
        layer(
            "Unflatten",
            "shape",
            dtype="any",
            change={"unflattened_size": {"low": -1}},
            presets={"dim": 1, "unflattened_size": (1, -1)},
        ),
    )


KINDS: tuple[Kind, ...] = present(
    *_linear(), *_activations(), *_normalizations(), *_dropouts(), *_embeddings(), *_shapes()
)
