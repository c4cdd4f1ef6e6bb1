"""Runs the weights of a training on what a user gives, in any thread, without disturbing it."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from graph.analysis import Analysis
from graph.codegen import write_training
from graph.compile import compile_source
from graph.dataspec import DataPort, DataSpec
from graph.document import Node, Wire
from runtime.chances import LOGIT_LOSSES, chances_of
from runtime.data.sources.tokens import decode, tokens_of
from runtime.data.text import token_ids
from runtime.decoding import beam_search, continued
from runtime.draws import OwnDraws, aside
from runtime.plan import Plan
from runtime.session import Weights
from runtime.trials import Trial, decoding, opened, with_code
from runtime.watching import picture_range
from runtime.writers import Manner, begun, end_of, never_of

__all__ = ["Answer", "Given", "Inference", "example"]

Array = NDArray[Any]
#: A value as it is in the data, (N, ...); of text, one as it is written.
Given = Array | str


@dataclass(frozen=True)
class Answer:
    """What a network says of what was given.

    Of classes `values` are probabilities (N, classes), of pictures (N, C, H, W) with `low` drawn
    black and `high` white, of text tokens (N, T), of numbers (N, ...), as they are in the data.
    """

    trial: Trial
    values: Array
    names: tuple[str, ...] = ()
    low: float = 0.0
    high: float = 1.0
    #: Steps that the weights had been trained for.
    step: int = 0
    seconds: float = 0.0
    #: What the decoder decoded, (N, D), where the trial has one.
    code: Array | None = None
    #: Of texts that beams have found: their probabilities.
    chances: tuple[float, ...] = ()


class Inference:
    """One trial of a training, as a function of what is given.

    Parameters
    ----------
    plan
        That of the training; only its data is used.
    """

    def __init__(self, plan: Plan, trial: Trial) -> None:
        self.trial = trial
        self._plan = plan
        self._compute, self._function, self._keys = self._written()
        self._decoder: Inference | None = None

    def _written(self) -> tuple[Callable[..., dict[str, Tensor]], Any, dict[str, str]]:
        """Write and execute the function that computes the trial's values."""
        trial = self.trial
        project, _ = opened(self._plan.project)
        if trial.replaced and trial.code is not None:
            project = with_code(project, trial.code, trial.codes[0])
        training = project.training
        watched = {"value": trial.value}
        if trial.code is not None and not trial.replaced:
            watched["code"] = trial.code
        nodes = {}
        for name, (source, port) in watched.items():
            nodes[name] = training.fresh_id()
            training.add_node(Node(nodes[name], "ShowTable"))
            training.connect(Wire(source, port, nodes[name], "input"))
        analysis = Analysis(project)
        try:
            code = write_training(project, analysis)
        finally:
            analysis.close()
        assert code.watch is not None
        assert code.watch_source is not None
        with aside():
            names = compile_source(code.source, "trial").names
            compiled = compile_source(code.watch_source, "what is tried", names)
        for made in compiled.names.values():
            if isinstance(made, nn.Module):
                made.eval()
        values = {monitor.node: monitor.values["input"] for monitor in code.monitors}
        keys = {name: values[node] for name, node in nodes.items()}
        return compiled.names[code.watch.name], code.watch, keys

    def run(self, weights: Weights, given: Mapping[str, Given]) -> Answer:
        """Return what the networks say of values as they are in the data, by port or code.

        Shapes are those of the ports with N examples before them.
        """
        began = time.perf_counter()
        with aside():
            columns = {name: self._column(name, given) for name in self._function.columns}
            found = self._values(weights, columns)
            value = found[self._keys["value"]].float()
            code = found[self._keys["code"]].float().numpy() if "code" in self._keys else None
            return self._answer(value, code, weights.step, began)

    def _values(self, weights: Weights, columns: Mapping[str, Tensor]) -> dict[str, Tensor]:
        return self._compute(
            *(weights.networks[name] for name in self._function.networks),
            *(weights.averages[name] for name in self._function.averages),
            *(columns[name] for name in self._function.columns),
        )

    def write(
        self,
        weights: Weights,
        given: Mapping[str, Given],
        manner: Manner,
        halted: Callable[[], bool] = lambda: False,
    ) -> Answer:
        """Return what the trial's network writes on, from what is given or behind it.

        Values are the tokens of the texts (n, T), their beginnings included; shorter ones are
        padded. Of several, the likeliest is the first. When `halted` says so, it stops writing.
        """
        port = self.trial.writes
        assert port is not None
        began, spec = time.perf_counter(), self._plan.dataset.spec
        prompt = given[port.name] if port in self.trial.asked else ""
        part = self._plan.validation if len(self._plan.validation) else self._plan.train
        first = self._plan.dataset.examples(port.name, part[:1])[0]
        tokens = begun(spec, port, str(prompt), first)
        context, stop = max(port.shape[0] - 1, 1), end_of(spec, port)
        length = manner.length
        if stop is not None:  # texts have a length, and beginnings that must not slide away
            length = max(0, min(length, context + 1 - len(tokens)))
        chances: tuple[float, ...] = ()
        with aside(draws=False):
            tell = self._teller(weights, given, port)
            never = never_of(spec, port)
            if manner.beams > 1:
                beams = beam_search(
                    tell,
                    tokens,
                    length,
                    context=context,
                    width=manner.beams,
                    never=never,
                    stop=stop,
                    halted=halted,
                )
                texts = [list(beam.tokens) for beam in beams]
                chances = tuple(math.exp(beam.score) for beam in beams)
            else:
                written = continued(
                    tell,
                    tokens,
                    length,
                    context=context,
                    temperature=manner.temperature,
                    top_k=manner.top_k,
                    never=never,
                    stop=stop,
                    generator=torch.Generator().manual_seed(manner.seed),
                )
                texts = [[*tokens, *takewhile(lambda _: not halted(), written)]]
        values = np.zeros((len(texts), max(map(len, texts))), np.int64)
        for row, text in enumerate(texts):
            values[row, : len(text)] = text
        seconds = time.perf_counter() - began
        return Answer(self.trial, values, step=weights.step, seconds=seconds, chances=chances)

    def _teller(
        self, weights: Weights, given: Mapping[str, Given], port: DataPort
    ) -> Callable[[Tensor], Tensor]:
        """Return the function that tells what is behind each token: (n, T) to logits (n, T, V).

        The watch over what it draws takes many times as long as a small network; if it drew
        nothing the first time, it never does.
        """
        others = [name for name in self._function.columns if name != port.name]
        fixed = {name: self._column(name, given) for name in others}

        may_draw = True

        def tell(tokens: Tensor) -> Tensor:
            nonlocal may_draw
            columns = {name: one.expand(len(tokens), *one.shape[1:]) for name, one in fixed.items()}
            columns[port.name] = nn.functional.pad(tokens, (0, 1))  # Shift leaves the last one out
            if not may_draw:
                return self._values(weights, columns)[self._keys["value"]]
            with OwnDraws() as draws:
                found = self._values(weights, columns)[self._keys["value"]]
            may_draw = draws.drawn
            return found

        return tell

    def decode(self, weights: Weights, codes: Array) -> Answer:
        """Return what the trial's decoder makes of codes (N, D)."""
        if self._decoder is None:
            project, _ = opened(self._plan.project)
            self._decoder = Inference(self._plan, decoding(project, self.trial, codes.shape[1]))
        return self._decoder.run(weights, {self._decoder.trial.codes[0].name: codes})

    def _column(self, name: str, given: Mapping[str, Given]) -> Tensor:
        """Return the batch of a port as the network is trained on it."""
        dataset, port = self._plan.dataset, self._plan.dataset.spec.port(name)
        found = next(iter(given.values()))
        count = 1 if isinstance(found, str) else len(found)
        quiet = next((code for code in self.trial.quiet if code.name == name), None)
        if quiet is not None:
            return torch.zeros(count, *quiet.shape)
        value = given.get(name)
        if value is None:  # it is asked for its number of examples only
            shape, dtype = ((), "float32") if port is None else (port.shape, port.dtype)
            return torch.zeros(count, *shape, dtype=getattr(torch, dtype))
        if isinstance(value, str):
            assert port is not None
            return torch.from_numpy(_tokens(dataset.spec, port, value))
        array = np.ascontiguousarray(value)
        if array.dtype.kind in "iub":
            return torch.from_numpy(array.astype(np.int64))
        column = torch.from_numpy(array.astype(np.float32))
        if name in dataset.normalization:
            mean, deviation = dataset.normalization[name]
            column = (column - mean.cpu()) / deviation.cpu()
        return column

    def _answer(self, value: Tensor, code: Array | None, step: int, began: float) -> Answer:
        trial, target = self.trial, self.trial.target
        low, high = 0.0, 1.0
        names: tuple[str, ...] = ()
        if trial.task == "classes" and target is not None:
            values = chances_of(value.reshape(len(value), -1).numpy(), trial.loss)
            if values.shape[1] == 1:
                values = np.concatenate([1 - values, values], axis=1)
            names = target.classes
        elif trial.task == "image":
            values, low, high = self._picture(value)
        elif trial.task == "text":
            values = value.argmax(dim=-1).numpy()
        else:
            is_like = target is not None and target.shape == tuple(value.shape[1:])
            if is_like and target is not None:
                value = self._plan.dataset.original(target.name, value)
                names = target.columns if len(target.columns) == value[0].numel() else ()
            values = value.numpy()
        seconds = time.perf_counter() - began
        return Answer(trial, values, names, low, high, step, seconds, code)

    def _picture(self, value: Tensor) -> tuple[Array, float, float]:
        """Return pictures as they are in the data, and the numbers that are black and white."""
        if self.trial.loss in LOGIT_LOSSES:
            value = value.sigmoid()
        like = picture_like(self._plan, tuple(value.shape[1:]))
        if like is not None:
            return (
                self._plan.dataset.original(like.name, value).numpy(),
                *picture_range(self._plan, like),
            )
        values = value.numpy()
        finite = values[np.isfinite(values)]
        return (values, float(finite.min()), float(finite.max())) if finite.size else (values, 0, 1)


def picture_like(plan: Plan, shape: tuple[int, ...]) -> DataPort | None:
    """Return the pictures of the data that have a shape (C, H, W)."""
    ports = plan.dataset.spec.ports
    return next((p for p in ports if p.type == "image" and p.shape == shape), None)


def _tokens(spec: DataSpec, port: DataPort, text: str) -> Array:
    """Return the numbers (1, T) of a text's tokens, as those of the data are."""
    options = spec.text_of(port)
    (tokens,) = tokens_of([text], options, port)
    return token_ids([tokens], port.vocabulary, port.shape[0], options.bounds)


def example(plan: Plan, name: str, number: int, tokens: int | None = None) -> Given:
    """Return one example (1, ...) of a port as it is in the data: of the validation part, if any.

    Text is returned as it is written, its first `tokens` or all. `number` may be any; examples
    come round again.
    """
    part = plan.validation if len(plan.validation) else plan.train
    row = int(part[number % len(part)])
    value = plan.dataset.examples(name, torch.tensor([row]))
    port = plan.dataset.spec.port(name)
    if port is not None and port.type == "tokens":
        return decode(port, plan.dataset.spec.text_of(port), value[0, :tokens].tolist())
    return np.asarray(plan.dataset.original(name, value).numpy())
