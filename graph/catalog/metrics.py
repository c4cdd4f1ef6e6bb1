"""Metrics: what is reported beside the loss, exact over each epoch."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from graph.catalog import measures
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
        if self.check is not None and len(inputs) == len(self.inputs):
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


def _without_ones(arriving: TensorType) -> tuple[object, ...]:
    sizes = list(arriving.shape)
    while len(sizes) > 1 and sizes[-1] == 1:
        sizes.pop()
    return tuple(sizes)


_HELP = {
    "ignore_index": "Targets with this value do not count.",
    "k": "How many of the best classes count.",
}


def _params(metric_class: type) -> tuple[Param, ...]:
    made = list(inspect.signature(metric_class).parameters.values())
    return tuple(
        Param(
            p.name,
            "int",
            p.default,
            _HELP[p.name],
            low=1 if p.name == "k" else None,
            optional=p.default is None,
        )
        for p in made
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
    names = list(inspect.signature(metric_class.update).parameters)[1:]
    return MetricKind(
        name=metric_class.__name__,
        family="metric",
        doc=plain(inspect.getdoc(metric_class) or ""),
        places=("training",),
        params=_params(metric_class),
        keywords=keywords,
        metric_class=metric_class,
        inputs=tuple(Port(n, dtype=d) for n, d in zip(names, dtypes, strict=True)),
        maximize=maximize,
        check=check,
        takes_all=takes_all,
        definitions=tuple(_SOURCES[thing.__name__] for thing in (*needs, metric_class)),
    )


_SOURCES = sources_in(measures)
_CLASS = ("float", "int")
_PAIR = ("float", "any")
_exact = measures.exact_sum

KINDS: tuple[Kind, ...] = (
    _metric(measures.Accuracy, _CLASS, _classes, takes_all=True),
    _metric(measures.TopKAccuracy, _CLASS, _classes, keywords=("top-5", "hits@k")),
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
        measures.MeanValue, ("any",), None, _exact, maximize=False, keywords=("monitor", "average")
    ),
)
