"""What can be tried with a project: values of its training graph that follow from what one gives.

A trial is read off the training graph alone. What is given are ports of the data and, in place of
noise or of the value that a decoder decodes, codes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

import networkx as nx
import numpy as np
from numpy.typing import NDArray

from graph.analysis import Analysis
from graph.catalog.monitors import MonitorKind
from graph.catalog.structure import NetworkKind, input_ports, output_ports
from graph.catalog.training import EMAKind, NoiseKind
from graph.dataspec import DataPort
from graph.dims import TensorType
from graph.document import TRAINING, Network, Node, Project, Wire
from graph.files import dumps, loads
from graph.uses import data_behind, network_of

__all__ = ["Code", "Trial", "decoding", "find_trials", "opened", "with_code"]

Value = tuple[str, str]
Task = Literal["classes", "image", "text", "numbers"]


@dataclass(frozen=True)
class Code:
    """Numbers of the user's in place of noise or of a value: (N, *shape)."""

    name: str
    shape: tuple[int, ...]
    low: float = -3.0
    high: float = 3.0
    normal: bool = True

    def draw(self, chance: np.random.Generator) -> NDArray[np.float32]:
        """Return random numbers (1, *shape), spread as the noise that they stand for."""
        size = (1, *self.shape)
        if self.normal:
            return chance.normal(size=size).astype(np.float32)
        return chance.uniform(self.low, self.high, size).astype(np.float32)


@dataclass(frozen=True)
class Trial:
    """A value of the training graph, with what it follows from and what it means."""

    title: str
    task: Task
    #: The node and the output port, in the graph that :func:`opened` returns.
    value: Value
    #: What is given: ports of the data, and codes.
    ports: tuple[DataPort, ...]
    codes: tuple[Code, ...] = ()
    #: The kind of the loss behind the value, and the port of the data that it compares with.
    loss: str = ""
    target: DataPort | None = None
    #: Where a decoder makes the value: what it decodes. In a trial of the decoder alone, the
    #: value whose place the code takes.
    code: Value | None = None
    #: Whether the first code stands in the place of `code`.
    replaced: bool = False
    #: Noise that is of no interest here: it is left at 0.
    quiet: tuple[Code, ...] = field(default=())
    #: Whether the value is one of averaged weights, as the training graph draws them.
    averaged: bool = False
    #: The text that the network writes: the value says of each token of it which one is next.
    writes: DataPort | None = None

    @property
    def asked(self) -> tuple[DataPort, ...]:
        """The ports that are asked for: what is written only where nothing else is given."""
        return tuple(port for port in self.ports if port != self.writes) or self.ports

    @property
    def is_of_triples(self) -> bool:
        """Whether the value says how true a triple (head, relation, tail) is."""
        given = {port.name: port for port in self.ports}
        parts = [given.get(name) for name in ("head", "relation", "tail")]
        if len(given) != 3 or self.codes or self.task != "numbers" or None in parts:
            return False
        return bool(given["relation"].classes) and given["head"].classes == given["tail"].classes


def opened(project: Project) -> tuple[Project, dict[str, Code]]:
    """Return a copy in which noise is a port of the data, and those ports as codes by name.

    The copy has no monitors.
    """
    copy = loads(dumps(project)).project
    training = copy.training
    for node in list(training):
        if isinstance(training.kind(node.id), MonitorKind):
            _remove(training, node)
    codes: dict[str, Code] = {}
    for node in [n for n in training if isinstance(training.kind(n.id), NoiseKind)]:
        usual = {param.name: param.default for param in training.kind(node.id).params}
        code = _noise(copy, {**usual, **node.params})
        codes[code.name] = code
        _replace(copy, (node.id, "output"), code)
        _remove(training, node)
    return copy, codes


def with_code(project: Project, value: Value, code: Code) -> Project:
    """Return a copy of an opened project in which a code takes the place of a value."""
    copy = loads(dumps(project)).project
    _replace(copy, value, code)
    return copy


def _remove(network: Network, node: Node) -> None:
    for wire in [*network.wires_in(node.id).values(), *network.wires_out(node.id)]:
        network.disconnect(wire)
    network.remove_node(node.id)


def _noise(project: Project, params: Mapping[str, object]) -> Code:
    shape = params["shape"]
    sizes = tuple(int(n) for n in shape) if isinstance(shape, tuple) else ()
    name = _free_name(project, "noise")
    low, high = params.get("low"), params.get("high")
    if params.get("distribution") == "uniform":
        assert isinstance(low, int | float)
        assert isinstance(high, int | float)
        return Code(name, sizes, float(low), float(high), normal=False)
    return Code(name, sizes)


def _free_name(project: Project, wish: str) -> str:
    taken = {port.name for port in project.data.ports}
    return next(n for i in range(1000) if (n := f"{wish}{i or ''}") not in taken)


def _replace(project: Project, value: Value, code: Code) -> None:
    """Let a port of the data feed what a value feeds."""
    training = project.training
    port = DataPort(name=code.name, type="number", columns=(), shape=code.shape)
    project.set_data(project.data.model_copy(update={"ports": (*project.data.ports, port)}))
    data = training.by_kind("Data")
    if not data:
        training.add_node(Node(training.fresh_id(), "Data"))
        data = training.by_kind("Data")
    for wire in training.wires_out(value[0]):
        if wire.source_port == value[1]:
            training.disconnect(wire)
            training.restore_wire(Wire(data[0].id, code.name, wire.target, wire.target_port))


# -- finding ------------------------------------------------------------------------------------


def find_trials(project: Project) -> tuple[Trial, ...]:
    """Return what can be tried, the most telling first.

    Parameters
    ----------
    project
        One without problems, as it was trained.
    """
    copy, codes = opened(project)
    analysis = Analysis(copy)
    try:
        found = _Finder(copy, codes, analysis).find()
    finally:
        analysis.close()
    return tuple(sorted(found, key=_worth))


_TASKS: tuple[Task, ...] = ("image", "classes", "text", "numbers")


def _worth(trial: Trial) -> tuple[bool, int, bool, bool]:
    """Pictures are more telling than classes, and what a loss compares than what none does."""
    compared = bool(trial.loss)
    order = _TASKS.index(trial.task), bool(trial.codes)
    return not compared and trial.task != "image", *order, trial.averaged


class _Finder:
    def __init__(self, project: Project, codes: Mapping[str, Code], analysis: Analysis) -> None:
        self.project, self.codes, self.analysis = project, codes, analysis
        self.training = project.training

    def find(self) -> list[Trial]:
        """Return for each network its simplest use on data, and its simplest on codes alone.

        A decoder of pictures that has no use on codes gets one. Averaged weights count as another
        network, where the graph uses them.
        """
        found: dict[tuple[str, bool, bool], Trial] = {}
        for node in sorted(self.training, key=self._effort):
            name = network_of(self.project, node)
            if name is None or not isinstance(self.training.kind(node.id), NetworkKind):
                continue
            trial = self._trial(name, node)
            if trial is not None:
                found.setdefault((name, trial.averaged, bool(trial.codes)), trial)
        for (name, averaged, _), trial in list(found.items()):
            size = self._code_size(trial)
            if trial.task == "image" and size is not None:
                found.setdefault((name, averaged, True), decoding(self.project, trial, size))
        return [
            trial
            for (name, averaged, on_codes), trial in found.items()
            if trial.task == "image" or not on_codes or (name, averaged, False) not in found
        ]

    def _effort(self, node: Node) -> tuple[int, float, float, str]:
        """Return how much lies behind a use, in order to prefer what comes straight from data."""
        behind = len(nx.ancestors(self.training.graph, node.id))
        return (behind, *node.position, node.id)

    def _trial(self, name: str, use: Node) -> Trial | None:
        port = self._telling_port(name, use)
        kind = self.analysis.type_of(TRAINING, use.id, port)
        if kind is None or not kind.shape:
            return None
        value = (use.id, port)
        behind = [self.project.data.port(p) for p in data_behind(self.project, [use.id])]
        given = tuple(p for p in behind if p is not None and p.name not in self.codes)
        codes = tuple(self.codes[p.name] for p in behind if p is not None and p.name in self.codes)
        loss, target = self._compared(value)
        writes = self._told(use, kind)
        target = writes or target or _speaking(kind, given)
        shows = any(p.type != "category" for p in given)
        return Trial(
            title=name,
            task=_task(kind, target),
            value=value,
            ports=given,
            codes=() if shows else codes,
            quiet=codes if shows else (),
            loss=loss,
            target=target,
            code=self._decoded(name, use),
            averaged=isinstance(self.training.kind(use.id), EMAKind),
            writes=writes,
        )

    def _told(self, use: Node, kind: TensorType) -> DataPort | None:
        """Return the text that a network reads up to each token, and tells the next one of."""
        behind = nx.ancestors(self.training.graph, use.id)
        for node in self.training.by_kind("Shift"):
            wire = self.training.wires_in(node.id).get("input")
            read = [w for w in self.training.wires_out(node.id) if w.source_port == "input"]
            if wire is None or self.training.node(wire.source).kind != "Data":
                continue
            if any(w.target == use.id or w.target in behind for w in read):
                port = self.project.data.port(wire.source_port)
                if port is not None and _speaking(kind, (port,)) is not None:
                    return port
        return None

    def _telling_port(self, name: str, use: Node) -> str:
        """Return the output that a loss compares, else the first."""
        ports = list(output_ports(self.project.networks[name]))
        return next((p for p in ports if self._compared((use.id, p))[0]), ports[0])

    def _compared(self, value: Value) -> tuple[str, DataPort | None]:
        """Return the loss that compares a value, and the port of the data with which."""
        for wire in self.training.wires_out(value[0]):
            is_loss = self.training.kind(wire.target).family == "loss"
            if wire.source_port != value[1] or not is_loss:
                continue
            others = [
                w for w in self.training.wires_in(wire.target).values() if w.source != value[0]
            ]
            ports = [
                self.project.data.port(w.source_port)
                for w in others
                if self.training.node(w.source).kind == "Data"
            ]
            return self.training.node(wire.target).kind, next(iter(ports), None)
        return "", None

    def _decoded(self, name: str, use: Node) -> Value | None:
        """Return the value that a network of one input decodes, if no data is wired straight."""
        wires = self.training.wires_in(use.id)
        inputs = list(input_ports(self.project.networks[name]))
        if len(inputs) != 1 or inputs[0] not in wires:
            return None
        wire = wires[inputs[0]]
        kind = self.analysis.type_of(TRAINING, wire.source, wire.source_port)
        if kind is None or len(kind.shape) != 2 or not kind.dtype.startswith("float"):
            return None
        return None if self.training.node(wire.source).kind == "Data" else (
            wire.source, wire.source_port
        )  # fmt: skip

    def _code_size(self, trial: Trial) -> int | None:
        kind = None if trial.code is None else self.analysis.type_of(TRAINING, *trial.code)
        size = kind.shape[1] if kind is not None else None
        return size if isinstance(size, int) else None


def decoding(project: Project, trial: Trial, size: int) -> Trial:
    """Return the trial of a decoder alone, fed by codes of so many numbers."""
    code = Code(_free_name(project, "code"), (size,))
    return replace(trial, ports=(), codes=(code,), quiet=(), replaced=True)


def _speaking(kind: TensorType, given: tuple[DataPort, ...]) -> DataPort | None:
    """Return the port of text whose vocabulary a value has a score for at each step."""
    return next(
        (p for p in given if len(kind.shape) == 3 and kind.shape[2] == len(p.vocabulary)), None
    )


def _task(kind: TensorType, target: DataPort | None) -> Task:
    sizes = kind.shape[1:]
    if target is not None and target.type == "category" and len(sizes) <= 1:
        return "classes"
    if len(sizes) == 3 and sizes[0] in (1, 3):
        return "image"
    if target is not None and target.type in ("tokens", "tags") and len(sizes) == 2:
        return "text"
    return "numbers"
