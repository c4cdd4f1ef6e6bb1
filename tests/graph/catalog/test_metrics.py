"""Metrics against scikit-learn and by hand, over an epoch in batches of any size."""

from __future__ import annotations

import ast
import inspect
import math
from collections.abc import Callable, Iterable
from typing import Any

import pytest
import torch
from sklearn import metrics as sk
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - everyone's name for it

from graph import catalog
from graph.catalog import measures, metrics, rankings
from graph.catalog.entry import Kind
from graph.catalog.functions import sources_in
from graph.dims import BATCH, TIME, TensorType
from graph.document import Value
from graph.shapes import evaluate, namespace


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(3)


def over(metric: Any, *columns: Tensor, sizes: Iterable[int] = (5, 7, 1, 37)) -> float:
    """Return what a metric gives for columns that come in batches of `sizes`."""
    for batch in zip(*(column.split(list(sizes)) for column in columns), strict=True):
        metric.update(*batch)
    value = metric.compute()
    assert isinstance(value, float)
    return value


def classes(count: int = 4) -> tuple[Tensor, Tensor]:
    return torch.randn(50, count), torch.randint(count, (50,))


# -- numbers --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("metric", "by_hand"),
    [
        (measures.Accuracy, sk.accuracy_score),
        (
            measures.Precision,
            lambda y, p: sk.precision_score(y, p, average="macro", zero_division=0),
        ),
        (measures.Recall, lambda y, p: sk.recall_score(y, p, average="macro", zero_division=0)),
        (measures.F1Score, lambda y, p: sk.f1_score(y, p, average="macro", zero_division=0)),
    ],
)
@pytest.mark.parametrize("known", [4, 3])
def test_classification(metric: type, by_hand: Callable[[Any, Any], float], known: int) -> None:
    logits, target = torch.randn(50, 4), torch.randint(known, (50,))
    if known == 3:  # one class is never a target, and another is never predicted
        logits[:, 0] = -100.0
    expected = by_hand(target.numpy(), logits.argmax(1).numpy())
    assert over(metric(), logits, target) == pytest.approx(expected, abs=1e-12)


def test_a_class_that_is_nowhere_does_not_count() -> None:
    logits, target = torch.eye(5)[[0, 1, 2]], torch.tensor([0, 1, 1])
    for metric in (measures.Precision(), measures.Recall(), measures.F1Score()):
        metric.update(logits, target)
        true, predicted = target.tolist(), logits.argmax(1).tolist()
        theirs = {
            "Precision": sk.precision_score,
            "Recall": sk.recall_score,
            "F1Score": sk.f1_score,
        }[type(metric).__name__]
        expected = theirs(true, predicted, average="macro", zero_division=0)
        assert metric.compute() == pytest.approx(expected)


def test_top_k() -> None:
    logits, target = classes(10)
    expected = sk.top_k_accuracy_score(target, logits, k=3, labels=range(10))
    assert over(measures.TopKAccuracy(3), logits, target) == pytest.approx(expected)
    assert over(measures.TopKAccuracy(50), logits, target) == 1.0


def test_accuracy_of_a_sequence_leaves_out_what_is_ignored() -> None:
    logits = torch.eye(3)[torch.tensor([[0, 1, 2], [2, 2, 0]])].transpose(1, 2)
    target = torch.tensor([[0, 1, 0], [2, 0, 0]])
    metric = measures.Accuracy(ignore_index=0)
    metric.update(logits, target)
    assert metric.compute() == 1.0
    assert over(measures.Accuracy(), logits, target, sizes=(1, 1)) == pytest.approx(4 / 6)


@pytest.mark.parametrize("shape", [(50,), (50, 1)])
@pytest.mark.parametrize("dtype", [torch.float32, torch.int64])
def test_binary(shape: tuple[int, ...], dtype: torch.dtype) -> None:
    logits, target = torch.randn(shape), torch.randint(2, (50,)).to(dtype)
    true, predicted = target.numpy(), (logits.flatten() > 0).numpy()
    accuracy = over(measures.BinaryAccuracy(), logits, target)
    assert accuracy == pytest.approx(sk.accuracy_score(true, predicted))
    f1 = over(measures.BinaryF1Score(), logits, target)
    assert f1 == pytest.approx(sk.f1_score(true, predicted))


@pytest.mark.parametrize(
    ("metric", "by_hand"),
    [
        (measures.MeanAbsoluteError, sk.mean_absolute_error),
        (measures.MeanSquaredError, sk.mean_squared_error),
        (measures.RootMeanSquaredError, lambda y, p: math.sqrt(sk.mean_squared_error(y, p))),
        (measures.R2Score, sk.r2_score),
    ],
)
@pytest.mark.parametrize("shape", [(50,), (50, 1), (50, 3)])
def test_regression(
    metric: type, by_hand: Callable[[Any, Any], float], shape: tuple[int, ...]
) -> None:
    prediction, target = torch.randn(shape), 1000 + torch.randn(shape)
    prediction = prediction * 0.5 + target
    expected = by_hand(target.double().numpy(), prediction.double().numpy())
    assert over(metric(), prediction, target) == pytest.approx(expected, rel=1e-5)


def test_a_column_and_a_row_are_compared_element_by_element() -> None:
    target = torch.randn(50)
    for metric in (measures.MeanAbsoluteError(), measures.MeanSquaredError()):
        assert over(metric, target.unsqueeze(1), target) == 0.0
    assert over(measures.R2Score(), target.unsqueeze(1), target) == 1.0


def test_r2_of_a_constant_target_is_nan() -> None:
    assert math.isnan(over(measures.R2Score(), torch.randn(50), torch.ones(50)))


def test_perplexity() -> None:
    logits, target = torch.randn(50, 6, 4), torch.randint(6, (50, 4))
    target[:, 3] = -100
    expected = math.exp(F.cross_entropy(logits.double(), target).item())
    assert over(measures.Perplexity(), logits, target) == pytest.approx(expected, rel=1e-6)


def test_metrics_of_sequences_are_those_of_all_steps() -> None:
    logits, target = torch.randn(50, 4, 6), torch.randint(6, (50, 4))
    target[::3, 2:] = 0
    by_class = logits.transpose(1, 2)
    for skip in (0, -100):
        one = over(measures.SequenceAccuracy(skip), logits, target)
        assert one == over(measures.Accuracy(skip), by_class, target)
        two = over(measures.SequencePerplexity(skip), logits, target)
        assert two == pytest.approx(over(measures.Perplexity(skip), by_class, target), rel=1e-6)
    everywhere = (logits.argmax(-1) == target).double().mean()
    assert over(measures.SequenceAccuracy(), logits, target) == pytest.approx(float(everywhere))


def test_peak_signal_to_noise() -> None:
    target = torch.rand(50, 1, 4, 4)
    error = (torch.rand(target.shape) < 0.5) * 0.2 - 0.1  # 0.1 either way: 20 dB of 1
    found = over(measures.PeakSignalNoiseRatio(), target + error, target)
    assert found == pytest.approx(20.0, abs=1e-4)
    twice = over(measures.PeakSignalNoiseRatio(2.0), target + error, target)
    assert twice == pytest.approx(20 + 20 * math.log10(2), abs=1e-4)
    assert over(measures.PeakSignalNoiseRatio(), target, target) == math.inf


def test_ranks_by_sorting() -> None:
    scores, target = torch.randn(50, 9), torch.randint(9, (50,))
    order = scores.argsort(dim=1, descending=True).tolist()
    by_hand = [row.index(right) + 1 for row, right in zip(order, target.tolist(), strict=True)]
    assert rankings.ranks(scores, target).tolist() == by_hand
    truth = F.one_hot(target, 9).numpy()
    expected = sk.label_ranking_average_precision_score(truth, scores.numpy())
    assert over(rankings.MeanReciprocalRank(), scores, target) == pytest.approx(expected)
    for k in (1, 3, 20):
        share = sum(rank <= k for rank in by_hand) / 50
        assert over(rankings.HitsAtK(k), scores, target) == pytest.approx(share)


def test_what_is_known_to_be_right_is_left_out() -> None:
    scores = torch.tensor([[5.0, 4.0, 3.0, 2.0], [1.0, 2.0, 3.0, 4.0]])
    target = torch.tensor([2, 1])
    known = torch.tensor([[True, False, True, False], [False, True, True, True]])
    assert rankings.ranks(scores, target).tolist() == [3, 3]
    assert rankings.ranks(scores, target, known).tolist() == [2, 1]
    columns = (scores, target, known)
    assert over(rankings.MeanReciprocalRank(), *columns, sizes=(1, 1)) == pytest.approx(0.75)
    assert over(rankings.HitsAtK(1), *columns, sizes=(1, 1)) == pytest.approx(0.5)


def test_scores_that_say_nothing_gain_nothing() -> None:
    scores, target = torch.zeros(2, 5), torch.tensor([0, 4])
    assert rankings.ranks(scores, target).tolist() == [3, 3]
    scores[0] = math.nan
    assert rankings.ranks(scores, target).tolist() == [5, 3]


def test_mean_of_anything() -> None:
    values = torch.randn(50, 2)
    assert over(measures.MeanValue(), values) == pytest.approx(values.double().mean().item())
    assert over(measures.MeanValue(), values > 0) == pytest.approx((values > 0).double().mean())


# -- behaviour ------------------------------------------------------------------------------------

NUMBERS = {
    "float": lambda: torch.randn(50, 4, requires_grad=True),
    "int": lambda: torch.randint(4, (50,)),
    "any": lambda: torch.randn(50, 4),
    "bool": lambda: torch.rand(50, 4) < 0.5,
}


def _columns(kind: Kind) -> list[Tensor]:
    assert isinstance(kind, metrics.MetricKind)
    return [NUMBERS[port.dtype]() for port in kind.inputs]


@pytest.mark.parametrize("kind", metrics.KINDS, ids=lambda kind: kind.name)
def test_batches_do_not_matter_and_reset_forgets(kind: Kind) -> None:
    columns = _columns(kind)
    metric = eval(kind.construct(kind.resolve({}, {})) or "", namespace(kind))
    assert math.isnan(metric.compute())
    once = over(metric, *columns, sizes=(50,))
    metric.reset()
    assert math.isnan(metric.compute())
    assert over(metric, *columns) == pytest.approx(once, rel=1e-6)
    assert once == once


@pytest.mark.parametrize("kind", metrics.KINDS, ids=lambda kind: kind.name)
def test_update_keeps_no_graph(kind: Kind) -> None:
    metric = eval(kind.construct(kind.resolve({}, {})) or "", namespace(kind))
    metric.update(*_columns(kind))
    kept = [value for value in vars(metric).values() if isinstance(value, Tensor)]
    assert kept
    assert not any(value.requires_grad for value in kept)


@pytest.mark.parametrize("kind", metrics.KINDS, ids=lambda kind: kind.name)
def test_update_reads_nothing_back(kind: Kind) -> None:
    metric = eval(kind.construct(kind.resolve({}, {})) or "", namespace(kind))
    columns = [column.detach().to("meta") for column in _columns(kind)]
    metric.update(*columns)  # a meta tensor has no numbers to read
    metric.update(*columns)
    kept = [value for value in vars(metric).values() if isinstance(value, Tensor)]
    assert kept
    assert all(value.is_meta for value in kept)


def test_code_of_a_metric() -> None:
    kind = catalog.lookup("TopKAccuracy")
    args = kind.resolve({"k": 3}, {})
    assert kind.construct(args) == "TopKAccuracy(k=3)"
    call = kind.call("top_k", {"logits": "x", "target": "label"}, args, frozenset())
    assert call.expression == "top_k.update(x, label)"
    assert [port.name for port in kind.ports({}, None).outputs] == []
    for text in kind.definitions:
        ast.parse(text)


@pytest.mark.parametrize(
    ("name", "shapes", "problem"),
    [
        ("Accuracy", [(BATCH, 10), (BATCH,)], ""),
        ("Accuracy", [(BATCH, 10, TIME), (BATCH, TIME)], ""),
        ("Accuracy", [(BATCH, TIME, 10), (BATCH, TIME)], "target"),
        ("Accuracy", [(BATCH,), (BATCH,)], "logits"),
        ("F1Score", [(BATCH, 10), (BATCH, 1)], "target"),
        ("BinaryAccuracy", [(BATCH, 1), (BATCH,)], ""),
        ("BinaryAccuracy", [(BATCH, 2), (BATCH,)], "target"),
        ("MeanSquaredError", [(BATCH, 3), (BATCH, 3)], ""),
        ("R2Score", [(BATCH, 3), (3, BATCH)], "target"),
        ("SequenceAccuracy", [(BATCH, TIME, 10), (BATCH, TIME)], ""),
        ("SequenceAccuracy", [(BATCH, 10), (BATCH,)], "logits"),
        ("SequencePerplexity", [(BATCH, 10, TIME), (BATCH, TIME)], "target"),
        ("MeanReciprocalRank", [(BATCH, 8), (BATCH,)], ""),
        ("MeanReciprocalRank", [(BATCH, 8), (BATCH,), (BATCH, 8)], ""),
        ("MeanReciprocalRank", [(BATCH,), (BATCH,)], "scores"),
        ("HitsAtK", [(BATCH, 8), (BATCH, 8)], "target"),
        ("HitsAtK", [(BATCH, 8), (BATCH,), (BATCH, 7)], "known"),
    ],
)
def test_shapes_that_fit(name: str, shapes: list[tuple[Any, ...]], problem: str) -> None:
    kind = catalog.lookup(name)
    inputs = {
        port.name: TensorType(shape, {"int": "int64", "bool": "bool"}.get(port.dtype, "float32"))
        for port, shape in zip(kind.ports({}, None).inputs, shapes, strict=False)
    }
    params: dict[str, Value] = {}
    error = evaluate(kind, params, inputs).error
    assert (error.port if error else "") == problem


def test_the_source_of_a_metric_is_the_one_that_inspect_finds() -> None:
    found = sources_in(measures)
    for thing in (measures.Accuracy, measures.F1Score, measures.confusion, measures.exact_sum):
        assert found[thing.__name__] == inspect.getsource(thing)
