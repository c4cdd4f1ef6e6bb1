"""Losses of torch.nn. A loss takes predictions and targets and gives a scalar.

Where torch would silently stretch a target of another shape, the check refuses it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from torch import nn

from graph.catalog import checks
from graph.catalog.entry import Called, Cost, InputError, Kind, Port
from graph.catalog.layerkind import Check, LayerKind, layer, present
from graph.dims import Dim, TensorType

if TYPE_CHECKING:
    from graph.document import Value

__all__ = ["KINDS"]

_LOSS = (Port("loss"),)
Args = Mapping[str, "Value"]
Types = Mapping[str, TensorType]


def _floats(*names: str) -> tuple[Port, ...]:
    return tuple(Port(name, dtype="float") for name in names)


_PAIR = _floats("input", "target")
_LABELLED = (Port("input", dtype="float", layout=("N", "C", "...")), Port("target"))


class RuledLoss(LayerKind):
    """A loss whose code reads numbers, so that it cannot run on the meta device."""

    __hash__ = Kind.__hash__

    def rule(self, args: Args, inputs: Types) -> Mapping[str, TensorType] | None:
        """Return a scalar, or a loss for each element without reduction."""
        base = inputs.get(self.inputs[0].name)
        if base is None or args.get("reduction") != "none":
            return {"loss": TensorType((), base.dtype if base else "float32")}
        return {"loss": TensorType(self.unreduced(base), base.dtype)}

    def unreduced(self, base: TensorType) -> tuple[Dim, ...]:
        """Return the shape of the loss without reduction."""
        return base.shape

    def cost_rule(self, args: Args, inputs: Types) -> Cost | None:
        """Return none: there are no weights, and no matrix products."""
        return Cost()


class CrossEntropyKind(LayerKind):
    """A loss for each example and place, by rule for class indices without weights."""

    __hash__ = Kind.__hash__

    def call_rule(self, args: Args, inputs: Types) -> Called | None:
        if args.get("weight") is not None or inputs["target"].dtype != "int64":
            return None
        base = inputs["input"]
        each = (*base.shape[:1], *base.shape[2:])
        shape = each if args.get("reduction") == "none" else ()
        return Called({"loss": TensorType(shape, base.dtype)})


class ElementwiseLossKind(LayerKind):
    """A loss for each pair of elements, by rule where both sides have one type."""

    __hash__ = Kind.__hash__

    def call_rule(self, args: Args, inputs: Types) -> Called | None:
        base = inputs["input"]
        if base != inputs["target"] or args.get("weight") or args.get("pos_weight"):
            return None
        shape = base.shape if args.get("reduction") == "none" else ()
        return Called({"loss": TensorType(shape, base.dtype)})


class CTCKind(RuledLoss):
    """CTC: time comes first in ``log_probs``; without reduction a loss for each example."""

    __hash__ = Kind.__hash__

    def unreduced(self, base: TensorType) -> tuple[Dim, ...]:
        return (base.shape[1],)


class AdaptiveSoftmaxKind(LayerKind):
    """Softmax in clusters: which weights are used depends on the targets, so types go by rule."""

    __hash__ = Kind.__hash__

    def rule(self, args: Args, inputs: Types) -> Mapping[str, TensorType] | None:
        arriving = inputs["input"]
        return {
            "output": TensorType(arriving.shape[:1], arriving.dtype),
            "loss": TensorType((), arriving.dtype),
        }

    def cost_rule(self, args: Args, inputs: Types) -> Cost | None:
        """Return all weights, and the operations of the head, which every example takes."""
        made = nn.AdaptiveLogSoftmaxWithLoss(  # torch says how large the clusters are
            **{name: args[name] for name in args if self.param(name)},  # type: ignore[arg-type]
            device="meta",
        )
        head = sum(p.numel() for p in made.head.parameters())
        return Cost(sum(p.numel() for p in made.parameters()), 2 * head)


def _cutoffs_rise(args: Args, inputs: Types) -> None:
    cutoffs, classes = args.get("cutoffs"), args.get("n_classes")
    if not isinstance(cutoffs, tuple) or not isinstance(classes, int):
        return
    rising = all(a < b for a, b in zip(cutoffs, (*cutoffs[1:], classes), strict=True))
    if not cutoffs or not rising:
        raise InputError(
            "",
            f"cutoffs that rise and stay below n_classes={classes}, such as ({classes // 2},)",
            f"cutoffs={cutoffs}",
            "Correct the argument cutoffs, or n_classes.",
        )
    features, shrink = args.get("in_features"), args.get("div_value")
    if isinstance(features, int) and isinstance(shrink, int | float):
        smallest = features // shrink ** len(cutoffs)
        if smallest < 1:
            raise InputError(
                "input",
                f"at least {shrink ** len(cutoffs):g} features: each of {len(cutoffs)} clusters "
                f"has div_value={shrink:g} times fewer than the one before",
                f"in_features={features}",
                "Give cutoffs fewer numbers, or make div_value smaller.",
            )


def _classes_fit(port: str, name: str) -> Check:
    """Return a check that a weight for each class is given for as many classes as arrive."""

    def check(args: Args, inputs: Types) -> None:
        weight, arriving = args.get(name), inputs.get(port)
        if not isinstance(weight, tuple) or arriving is None or len(arriving.shape) < 2:
            return
        classes = arriving.shape[1]
        if isinstance(classes, int) and len(weight) != classes:
            raise InputError(
                port,
                f"{len(weight)} classes, as {name} has so many numbers",
                arriving.shape_text,
                f"Give {name} a number for each of the {classes} classes, or leave it out.",
                (f"unset:{name}",),
            )

    return check


def _variance_fits(args: Args, inputs: Types) -> None:
    base, var = inputs.get("input"), inputs.get("var")
    if base is None or var is None or not base.shape:
        return
    if var.shape not in (base.shape, base.shape[:-1], (*base.shape[:-1], 1)):
        raise InputError(
            "var",
            f"a variance for each number, {base.shape_text}, or one for each row of them",
            var.shape_text,
            "Bring var to the shape of input.",
        )


def _one_sign_each(args: Args, inputs: Types) -> None:
    first, target = inputs.get("input1"), inputs.get("target")
    if first is not None and target is not None and target.shape != first.shape[:-1]:
        raise InputError(
            "target",
            f"1 or -1 for each pair: shape {TensorType(first.shape[:-1]).shape_text}",
            target.shape_text,
            "Bring target to that shape.",
        )


def _indices(args: Args, inputs: Types) -> None:
    target = inputs.get("target")
    if target is not None and target.dtype != "int64":
        raise InputError(
            "target", "class indices, int64", target.dtype, "Insert a cast to int64.", ("cast",)
        )


def _elementwise() -> tuple[LayerKind | None, ...]:
    same = (checks.same_shape("input", "target"),)
    names = "MSELoss L1Loss SmoothL1Loss HuberLoss BCELoss BCEWithLogitsLoss PoissonNLLLoss"
    more = "SoftMarginLoss HingeEmbeddingLoss"
    words = {
        "MSELoss": ("mean squared error", "regression", "l2"),
        "L1Loss": ("mean absolute error", "mae"),
        "BCELoss": ("binary cross entropy",),
        "BCEWithLogitsLoss": ("binary cross entropy", "sigmoid"),
    }
    alike = tuple(
        layer(
            name,
            "loss",
            kind=ElementwiseLossKind,
            inputs=_PAIR,
            outputs=_LOSS,
            checks=same,
            keywords=words.get(name, ()),
        )
        for name in (*names.split(), *more.split())
    )
    return (
        *alike,
        layer(
            "KLDivLoss",
            "loss",
            inputs=_PAIR,
            outputs=_LOSS,
            checks=same,
            change={
                "reduction": {
                    "type": "choice",
                    "choices": ("none", "batchmean", "sum", "mean"),
                }
            },
            # Torch warns that its default is not the mathematical divergence.
            presets={"reduction": "batchmean"},
        ),
        layer(
            "GaussianNLLLoss",
            "loss",
            kind=RuledLoss,
            inputs=_floats("input", "target", "var"),
            outputs=_LOSS,
            checks=(*same, _variance_fits),
        ),
    )


def _classification() -> tuple[LayerKind | None, ...]:
    weights = _classes_fit("input", "weight")
    rows = (Port("input", dtype="float", layout=("N", "C")), Port("target"))
    labels = (rows[0], Port("target", dtype="int", layout=("N", "C")))
    floats = (rows[0], Port("target", dtype="float", layout=("N", "C")))
    same = checks.same_shape("input", "target")
    p: dict[str, Any] = {
        "p": {"low": 1, "high": 2, "doc": "Has a default value of 1; 1 and 2 are supported."}
    }
    return (
        layer(
            "CrossEntropyLoss",
            "loss",
            kind=CrossEntropyKind,
            inputs=_LABELLED,
            outputs=_LOSS,
            checks=(checks.class_target(True), weights),
            keywords=("classification", "softmax"),
        ),
        layer(
            "NLLLoss",
            "loss",
            inputs=_LABELLED,
            outputs=_LOSS,
            checks=(checks.class_target(False), weights),
            keywords=("negative log likelihood", "classification"),
        ),
        layer(
            "MultiMarginLoss",
            "loss",
            inputs=rows,
            outputs=_LOSS,
            change=p,
            checks=(checks.class_target(False), weights),
        ),
        layer(
            "MultiLabelMarginLoss", "loss", inputs=labels, outputs=_LOSS, checks=(same, _indices)
        ),
        layer(
            "MultiLabelSoftMarginLoss", "loss", inputs=floats, outputs=_LOSS, checks=(same, weights)
        ),
    )


def _comparing() -> tuple[LayerKind | None, ...]:
    three = _floats("anchor", "positive", "negative")
    alike = (checks.same_shape("anchor", "positive", "negative"),)
    return (
        layer(
            "MarginRankingLoss",
            "loss",
            inputs=_floats("input1", "input2", "target"),
            outputs=_LOSS,
            checks=(checks.same_shape("input1", "input2", "target"),),
        ),
        layer(
            "CosineEmbeddingLoss",
            "loss",
            inputs=(*_floats("input1", "input2"), Port("target")),
            outputs=_LOSS,
            checks=(checks.same_shape("input1", "input2"), _one_sign_each),
        ),
        layer(
            "TripletMarginLoss",
            "loss",
            inputs=three,
            outputs=_LOSS,
            checks=alike,
            keywords=("contrastive", "metric learning"),
        ),
        layer(
            "TripletMarginWithDistanceLoss",
            "loss",
            inputs=three,
            outputs=_LOSS,
            checks=alike,
            skip=("distance_function",),
        ),
    )


def _with_structure() -> tuple[LayerKind | None, ...]:
    features = (
        Port("input", dtype="float", layout=("N", "in_features")),
        Port("target", dtype="int", layout=("N",)),
    )
    sequences = (
        Port("log_probs", dtype="float", layout=("T", "N", "C")),
        Port("targets", dtype="int", layout=("N", "S")),
        Port("input_lengths", dtype="int", layout=("N",)),
        Port("target_lengths", dtype="int", layout=("N",)),
    )
    lengths = (checks.same_batch("log_probs", 1, "targets", "input_lengths", "target_lengths"),)
    own_weights: dict[str, Any] = {"places": ("network",), "inputs": features}
    return (
        layer(
            "CTCLoss",
            "loss",
            kind=CTCKind,
            inputs=sequences,
            outputs=_LOSS,
            checks=lengths,
            keywords=("speech", "alignment"),
        ),
        layer(
            "AdaptiveLogSoftmaxWithLoss",
            "loss",
            kind=AdaptiveSoftmaxKind,
            outputs=(Port("output"), Port("loss")),
            checks=(_cutoffs_rise,),
            presets={"n_classes": 1000, "cutoffs": (100, 500)},
            **own_weights,
        ),
        layer(
            "LinearCrossEntropyLoss",
            "loss",
            outputs=_LOSS,
            skip=("options", "out_features"),
            presets={"num_classes": 10},
            change={"num_classes": {"positional": True}},
            checks=(_indices,),
            **own_weights,
        ),
    )


KINDS: tuple[Kind, ...] = present(
    *_classification(), *_elementwise(), *_comparing(), *_with_structure()
)
