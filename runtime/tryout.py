"""A session's networks at hand for a viewer: it asks, from a thread of its own, and gets answers.

Not for several threads at a time, but for :meth:`Tryout.halt`.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from graph.dataspec import DataPort, TextOptions
from graph.errors import DataError
from runtime.data.sources.tokens import decode
from runtime.given_files import load_given
from runtime.inference import Answer, Array, Given, Inference, example
from runtime.knowledge import KnowledgeGraph, Link, Reached
from runtime.plan import Plan
from runtime.session import Session, Weights
from runtime.trials import Trial, find_trials
from runtime.watching import picture_range
from runtime.writers import Manner, Reading, read

__all__ = ["Example", "Links", "Paper", "Reply", "Tryout"]

#: Seconds that are waited for fresh weights: where those at hand are of late, where they are more
#: than `_OLD` seconds old, and where there are none. A batch may take longer than the first.
_SOON, _PATIENCE, _LONG = 0.06, 2.0, 20.0
_OLD = 2.0
#: Pictures on the way from one example to another, both ends included.
_BETWEEN = 8
#: How many pictures are looked at for their background.
_LOOKED_AT = 64
#: How many tokens of an example a text that is to be continued has.
_BEGUN = 24


@dataclass(frozen=True)
class Paper:
    """The pictures of a port: the numbers that are black and white, what an empty one is, from 0
    for black to 1, and how wide strokes are, as a share of the longer side."""

    low: float = 0.0
    high: float = 1.0
    empty: float = 0.0
    stroke: float = 0.09


@dataclass(frozen=True)
class Example:
    """An example of the data, by port, and what the target says of it."""

    number: int
    values: Mapping[str, Given]
    truth: str = ""
    #: The name of the file that it was read from.
    origin: str = ""


@dataclass(frozen=True)
class Links:
    """What the triples of the training part, and scores, say of a triple that is asked."""

    #: The names of the entities and of the relations.
    entities: tuple[str, ...]
    relations: tuple[str, ...]
    head: int
    tail: int
    #: How many entities have a higher score as the tail, and one more.
    rank: int
    #: The links of a shortest way from the head to the tail, if there is one.
    path: tuple[Link, ...] | None
    #: What the relation, and those asked for after it, lead to from the head.
    reached: tuple[Reached, ...]


@dataclass(frozen=True)
class Reply:
    """An answer; for a decoder, pictures on the way to another example."""

    answer: Answer
    between: Array | None = None
    #: Of an answer in text, its words; of one that beams have found, all texts.
    texts: tuple[str, ...] = ()
    #: Of labels per step: each token with its label.
    tagged: tuple[tuple[str, str], ...] = ()
    #: Of a triple: what a knowledge graph says of it.
    links: Links | None = None
    #: What was read of each text that was given, by port.
    readings: Mapping[str, Reading] = field(default_factory=dict)


class Tryout:
    """What can be tried with a session's networks, as they are at any time.

    Raises
    ------
    DataError
        If the session has not been prepared yet.
    """

    def __init__(self, session: Session) -> None:
        if session.plan is None:
            raise DataError("The data is not read yet. Wait for the first step.")
        self._session = session
        self._plan: Plan = session.plan
        self.trials = find_trials(session.project)
        ports = {port.name: port for trial in self.trials for port in trial.ports}
        self.papers = {
            port.name: _paper(self._plan, port) for port in ports.values() if port.type == "image"
        }
        self._halted = threading.Event()
        self._graph: KnowledgeGraph | None = None
        self._inferences: dict[Trial, Inference] = {}
        self._weights: Weights | None = None
        self._taken: tuple[int, bool] | None = None
        self._taken_at = 0.0

    def example(self, trial: Trial, number: int) -> Example:
        """Return an example of what a trial takes."""
        values: dict[str, Given] = {}
        for port in trial.asked:
            begun = min(_BEGUN, port.shape[0] // 2) if port == trial.writes else None
            values[port.name] = example(self._plan, port.name, number, begun)
        return Example(number, values, self._truth(trial, number))

    def _truth(self, trial: Trial, number: int) -> str:
        target = trial.target
        if target is None or target in trial.asked or target.type == "image":
            return ""
        value = example(self._plan, target.name, number)
        if isinstance(value, str):
            return value
        if target.type == "category":
            return target.classes[int(value.ravel()[0])]
        if value.size > 4 or target.type != "number":
            return ""
        return ", ".join(f"{number:.5g}" for number in value.ravel().tolist())

    def ask(
        self,
        trial: Trial,
        given: Mapping[str, Given],
        towards: int | None = None,
        manner: Manner | None = None,
        then: Sequence[int] = (),
    ) -> Reply:
        """Return what the networks say, with the freshest weights that can be had soon.

        Parameters
        ----------
        towards
            For pictures made of codes: the example, or the noise, at the end of a way of pictures.
        manner
            For a trial that writes: how.
        then
            For a trial of triples: the relations that follow the one that is given.

        Raises
        ------
        DataError
            If the training does not come to the end of a batch.
        """
        self._halted.clear()
        weights = self._fresh_weights()
        inference = self._inferences.get(trial)
        if inference is None:
            inference = self._inferences[trial] = Inference(self._plan, trial)
        if trial.writes is not None:
            answer = inference.write(weights, given, manner or Manner(), self._halted.is_set)
        else:
            answer = inference.run(weights, given)
        between = None
        if towards is not None and trial.task == "image":
            between = self._way(inference, weights, answer, given, towards)
        reply = self._in_words(Reply(answer, between), given)
        if trial.is_of_triples:
            reply = replace(reply, links=self._links(inference, weights, given, then))
        return reply

    def _links(
        self,
        inference: Inference,
        weights: Weights,
        given: Mapping[str, Given],
        then: Sequence[int],
    ) -> Links:
        columns, spec = self._plan.dataset.columns, self._plan.dataset.spec
        ports = {port.name: port for port in spec.ports}
        entities, relations = ports["head"].classes, ports["relation"].classes
        if self._graph is None:
            parts = [columns[name] for name in ("head", "relation", "tail")]
            known = [part.index_select(0, self._plan.train.cpu()).tolist() for part in parts]
            self._graph = KnowledgeGraph(zip(*known, strict=True), len(entities))
        head, relation, tail = (int(np.ravel(given[n])[0]) for n in ("head", "relation", "tail"))

        def scores(head: int, relation: int) -> Array:
            every = np.arange(len(entities))
            asked = {"head": np.full_like(every, head), "relation": np.full_like(every, relation)}
            return inference.run(weights, {**asked, "tail": every}).values.reshape(-1)

        rated = scores(head, relation)
        return Links(
            entities,
            relations,
            head,
            tail,
            int((rated > rated[tail]).sum()) + 1,
            self._graph.path(head, tail),
            tuple(self._graph.reached(head, [relation, *then], scores)),
        )

    def _way(
        self,
        inference: Inference,
        weights: Weights,
        answer: Answer,
        given: Mapping[str, Given],
        towards: int,
    ) -> Array | None:
        """Return pictures on the way from what was given to an example, or to other noise."""
        trial = inference.trial
        parts = np.linspace(0, 1, _BETWEEN, dtype=np.float32)
        if answer.code is not None:
            end = inference.run(weights, self.example(trial, towards).values).code
            assert end is not None
            codes = (1 - parts[:, None]) * answer.code[:1] + parts[:, None] * end[:1]
            return inference.decode(weights, codes).values
        if not trial.codes or any(isinstance(value, str) for value in given.values()):
            return None
        way = {name: np.repeat(np.asarray(v), _BETWEEN, axis=0) for name, v in given.items()}
        chance = np.random.default_rng(towards)
        for code in trial.codes:
            share = parts.reshape(-1, *(1 for _ in code.shape))
            way[code.name] = (1 - share) * way[code.name] + share * code.draw(chance)
        return inference.run(weights, way).values

    def halt(self) -> None:
        """Let what is being written end where it is; from any thread."""
        self._halted.set()

    def _in_words(self, reply: Reply, given: Mapping[str, Given]) -> Reply:
        """Return a reply with its words, and with what was read of those that were given."""
        trial, answer, spec = reply.answer.trial, reply.answer, self._plan.dataset.spec
        readings = {
            port.name: read(spec, port, written, _room(trial, port, spec.text_of(port)))
            for port in trial.asked
            if isinstance(written := given.get(port.name), str)
        }
        reply = replace(reply, readings=readings)
        target = trial.target
        if trial.task != "text" or target is None:
            return reply
        ids = answer.values.tolist()
        if target.type == "tags" and len(readings) == 1:
            (reading,) = readings.values()
            pairs = zip(reading.tokens[: reading.kept], ids[0], strict=False)
            return replace(reply, tagged=tuple((word, target.vocabulary[i]) for word, i in pairs))
        return replace(reply, texts=tuple(decode(target, spec.text_of(target), row) for row in ids))

    def _fresh_weights(self) -> Weights:
        held, session = self._weights, self._session
        now = (session.telemetry.progress.step, session.state.over)  # the best come at the end
        if held is None or self._taken != now:
            is_old = time.monotonic() - self._taken_at > _OLD
            patience = _LONG if held is None else _PATIENCE if is_old else _SOON
            if found := session.weights(patience):
                self._weights, self._taken, self._taken_at = found, now, time.monotonic()
        if self._weights is None:
            raise DataError(
                "Expected the training to finish a batch, it has not for a long time. "
                "Pause it, or wait, and try again."
            )
        return self._weights

    def file(self, trial: Trial, name: str, file: Path) -> Example:
        """Return what a user's file holds as the value of a port; raises DataError."""
        port = next(port for port in trial.ports if port.name == name)
        paper = self.papers.get(name, Paper())
        value = load_given(file, port, self._plan.dataset.spec, (paper.low, paper.high))
        return Example(-1, {name: value}, origin=file.name)


def _room(trial: Trial, port: DataPort, options: TextOptions) -> int:
    """Return how many tokens of a text the networks read; of what they continue, the last ones."""
    if port == trial.writes:  # it is read but for its last token, and has no end yet
        return port.shape[0] - 1 - options.bounds
    return port.shape[0] - 2 * options.bounds


def _paper(plan: Plan, port: DataPort) -> Paper:
    low, high = picture_range(plan, port)
    part = plan.train[:_LOOKED_AT]
    some = plan.dataset.original(port.name, plan.dataset.examples(port.name, part))
    pictures = some.cpu().numpy()
    edges = (pictures[..., 0, :], pictures[..., -1, :], pictures[..., :, 0], pictures[..., :, -1])
    middle = float(np.median(np.concatenate([edge.ravel() for edge in edges])))
    empty = float(np.clip((middle - low) / ((high - low) or 1.0), 0, 1))
    inked = np.abs(pictures - middle) > 0.5 * np.abs(pictures - middle).max()
    return Paper(low, high, empty, _stroke(inked) if pictures.shape[1] == 1 else Paper.stroke)


def _stroke(inked: Array) -> float:
    """Return how wide strokes are in pictures (n, 1, H, W) of what is inked.

    A line of length l and width w has an area of l w, and borders of 2 l. Rows and columns cross
    borders of that length, in any direction, 8 l / pi times.
    """
    across = (inked[..., 1:] != inked[..., :-1]).sum()
    down = (inked[..., 1:, :] != inked[..., :-1, :]).sum()
    width = 2 * float(inked.sum()) / max(float(across + down) * np.pi / 4, 1.0)
    return float(np.clip(width / max(inked.shape[-2:]), 0.04, 0.25))
