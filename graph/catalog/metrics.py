"""Metrics: what is reported beside the loss, exact over each epoch."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from graph.catalog import measures, rankings
from graph.catalog.entry import Call, Called, InputError, Kind, Param, Port, Ports
from graph.catalog.functions import plain, sources_in
from graph.catalog.writing import call_text
from graph.dims import TensorType

if TYPE_CHECKING:
    from graph.document import Project, Value

__all__ = ["KINDS", "MetricKind"]

Check = Callable[[Mapping[str, TensorType]], None]


@dataclass(frozen=True, kw_only=True)
class MetricKind(Kind):
    """An object that adds up over an epoch: see :mod:`graph.catalog.measures`.

    It has no outputs; its value is reported under the node's title.
    """

    __hash__ = Kind.__hash__

    metric_class: type
    inputs: tuple[Port, ...]
    #: Whether a larger value is a better one.
    maximize: bool
    check: Check | None = None
    #: Whether it takes all that passes its check.
    takes_all: bool = False

    def ports(self, params: Mapping[str, Value], project: Project | None) -> Ports:
        return Ports(self.inputs)

    def construct(self, args: Mapping[str, Value]) -> str | None:
        return call_text(self.metric_class.__name__, self.params, args)

    def call(
        self,
        module: str,
        inputs: Mapping[str, str],
        args: Mapping[str, Value],
        wanted: frozenset[str],
    ) -> Call:
        return Call(f"{module}.update({', '.join(inputs.values())})", "")

    def call_rule(
        self, args: Mapping[str, Value], inputs: Mapping[str, TensorType]
    ) -> Called | None:
        return Called({}) if self.takes_all else None

    def check_inputs(self, args: Mapping[str, Value], inputs: Mapping[str, TensorType]) -> None:
        needed = {port.name for port in self.inputs if not port.optional}
        if self.check is not None and needed <= inputs.keys():
            self.check(inputs)


def _classes(inputs: Mapping[str, TensorType]) -> None:
    """Logits (N, C, ...) need targets (N, ...)."""
    logits, target = inputs["logits"], inputs["target"]
    if len(logits.shape) < 2:
        raise InputError(
            "logits",
            "(N, C), a logit for each class",
            logits.shape_text,
            "Wire the network's logits to it; for a single logit, use BinaryAccuracy.",
        )
    wanted = TensorType((logits.shape[0], *logits.shape[2:]))
    if target.shape != wanted.shape:
        raise InputError(
            "target",
            f"class indices {wanted.shape_text}, to go with logits {logits.shape_text}",
            target.shape_text,
            "Wire the class indices to target; the classes of logits are in dimension 1.",
        )


def _alike(first: str) -> Check:
    """Return the rule that the target has the shape of `first`, but for sizes of 1 at the end."""

    def check(inputs: Mapping[str, TensorType]) -> None:
        one, two = inputs[first], inputs["target"]
        if _without_ones(one) != _without_ones(two):
            raise InputError(
                "target",
                f"the shape of {first}, {one.shape_text}",
                two.shape_text,
                "Bring both to one shape.",
            )

    return check


def _steps(inputs: Mapping[str, TensorType]) -> None:
    """Logits (N, T, C) need targets (N, T)."""
    logits, target = inputs["logits"], inputs["target"]
    if len(logits.shape) != 3:
        raise InputError(
            "logits",
            "(N, T, C), a logit for each class at each step",
            logits.shape_text,
            "Wire the network's logits of each step to it; for one answer, use Accuracy.",
        )
    wanted = TensorType(logits.shape[:2])
    if target.shape != wanted.shape:
        raise InputError(
            "target",
            f"a class for each step, {wanted.shape_text}, to go with logits {logits.shape_text}",
            target.shape_text,
            "Let both have the same steps: Shift gives inputs and targets of equal length.",
        )


def _ranked(inputs: Mapping[str, TensorType]) -> None:
    """Scores (N, E) need targets (N,); what is known has the shape of the scores."""
    scores, target, known = inputs["scores"], inputs["target"], inputs.get("known")
    if len(scores.shape) != 2:
        raise InputError(
            "scores",
            "(N, E), a score for each possible answer",
            scores.shape_text,
            "Wire the scores of all candidates; CandidateTriples gives those of a triple.",
        )
    wanted = TensorType(scores.shape[:1])
    if target.shape != wanted.shape:
        raise InputError(
            "target",
            f"the index of the right answer, {wanted.shape_text}",
            target.shape_text,
            "Wire the column with the right answers to target.",
        )
    if known is not None and known.shape != scores.shape:
        raise InputError(
            "known",
            f"a truth value for each score, {scores.shape_text}",
            known.shape_text,
            "Wire which answers are right as well, or nothing.",
        )


def _without_ones(arriving: TensorType) -> tuple[object, ...]:
    sizes = list(arriving.shape)
    while len(sizes) > 1 and sizes[-1] == 1:
        sizes.pop()
    return tuple(sizes)


_HELP = {
    "ignore_index": "Targets with this value do not count.",
    "k": "How many of the best answers count.",
    "data_range": "Distance from the darkest to the brightest value there can be.",
}
_LEAST = {"k": 1, "data_range": 1e-6}


def _params(metric_class: type) -> tuple[Param, ...]:
    return tuple(
        Param(
            p.name,
            "number" if isinstance(p.default, float) else "int",
            p.default,
            _HELP[p.name],
            low=_LEAST.get(p.name),
            optional=p.default is None,
        )
        for p in inspect.signature(metric_class).parameters.values()
    )


def _metric(
    metric_class: Any,
    dtypes: tuple[Any, ...],
    check: Check | None = None,
    *needs: Callable[..., Any],
    maximize: bool = True,
    keywords: tuple[str, ...] = (),
    takes_all: bool = False,
) -> MetricKind:
    taken = list(inspect.signature(metric_class.update).parameters.values())[1:]
    inputs = tuple(
        Port(p.name, dtype=d, optional=p.default is None)
        for p, d in zip(taken, dtypes, strict=True)
    )
    return MetricKind(
        name=metric_class.__name__,
        family="metric",
        doc=plain(inspect.getdoc(metric_class) or ""),
        places=("training",),
        params=_params(metric_class),
        keywords=keywords,
        metric_class=metric_class,
        inputs=inputs,
        maximize=maximize,
        check=check,
        takes_all=takes_all,
        definitions=tuple(_SOURCES[thing.__name__] for thing in (*needs, metric_class)),
    )


_SOURCES = sources_in(measures) | sources_in(rankings)
_CLASS = ("float", "int")
_PAIR = ("float", "any")
_RANKED = ("float", "int", "bool")
_exact = measures.exact_sum

KINDS: tuple[Kind, ...] = (
    _metric(measures.Accuracy, _CLASS, _classes, takes_all=True),
    _metric(measures.TopKAccuracy, _CLASS, _classes, keywords=("top-5", "hits@k")),
    _metric(measures.SequenceAccuracy, _CLASS, _steps, keywords=("tokens", "tagging", "language")),
    _metric(measures.BinaryAccuracy, _PAIR, _alike("logits"), keywords=("sigmoid",)),
    _metric(measures.BinaryF1Score, _PAIR, _alike("logits"), keywords=("f-score",)),
    _metric(measures.Precision, _CLASS, _classes, measures.confusion),
    _metric(measures.Recall, _CLASS, _classes, measures.confusion, keywords=("balanced accuracy",)),
    _metric(measures.F1Score, _CLASS, _classes, measures.confusion, keywords=("f-score",)),
    _metric(
        measures.MeanAbsoluteError,
        _PAIR,
        _alike("prediction"),
        _exact,
        maximize=False,
        keywords=("mae", "regression"),
    ),
    _metric(
        measures.MeanSquaredError,
        _PAIR,
        _alike("prediction"),
        _exact,
        maximize=False,
        keywords=("mse", "regression"),
    ),
    _metric(
        measures.RootMeanSquaredError,
        _PAIR,
        _alike("prediction"),
        _exact,
        maximize=False,
        keywords=("rmse", "regression"),
    ),
    _metric(
        measures.R2Score,
        _PAIR,
        _alike("prediction"),
        _exact,
        keywords=("determination", "regression", "explained variance"),
    ),
    _metric(measures.Perplexity, _CLASS, _classes, _exact, maximize=False, keywords=("language",)),
    _metric(
        measures.SequencePerplexity,
        _CLASS,
        _steps,
        _exact,
        maximize=False,
        keywords=("language", "tokens"),
    ),
    _metric(
        measures.PeakSignalNoiseRatio,
        _PAIR,
        _alike("prediction"),
        _exact,
        keywords=("psnr", "images", "reconstruction"),
    ),
    _metric(
        rankings.MeanReciprocalRank,
        _RANKED,
        _ranked,
        _exact,
        rankings.ranks,
        keywords=("mrr", "link prediction", "knowledge graph"),
    ),
    _metric(
        rankings.HitsAtK,
        _RANKED,
        _ranked,
        rankings.ranks,
        keywords=("hits@10", "link prediction", "knowledge graph"),
    ),
    _metric(
        measures.MeanValue, ("any",), None, _exact, maximize=False, keywords=("monitor", "average")
    ),
)
