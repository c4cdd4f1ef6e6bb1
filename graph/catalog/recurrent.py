"""Recurrent layers and cells, with a port for each part of their state.

Torch takes seconds over a few of these on the meta device (it unrolls them in Python), so their
types and costs go by rule; the tests compare the rules with real runs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from graph.catalog.entry import Call, Cost, InputError, Kind, Pattern, Port, Ports
from graph.catalog.layerkind import LayerKind, layer, present, unused
from graph.dims import BATCH, PROBES, Dim, TensorType

if TYPE_CHECKING:
    from graph.document import Project, Value

__all__ = ["KINDS"]

Args = Mapping[str, "Value"]
Types = Mapping[str, TensorType]

#: Matrices that a step multiplies with, for each layer: one for each gate.
_GATES = {"RNN": 1, "GRU": 3, "LSTM": 4}


@dataclass(frozen=True)
class _Sizes:
    """The sizes that a recurrent layer's arguments come to."""

    inputs: int
    hidden: int
    given: int
    layers: int
    directions: int

    @classmethod
    def of(cls, args: Args) -> _Sizes:
        def number(name: str, otherwise: int) -> int:
            value = args.get(name)
            return value if isinstance(value, int) else otherwise

        hidden = number("hidden_size", 1)
        return cls(
            inputs=number("input_size", 1),
            hidden=hidden,
            given=number("proj_size", 0) or hidden,
            layers=number("num_layers", 1),
            directions=2 if args.get("bidirectional") else 1,
        )


class RecurrentKind(LayerKind):
    """``RNN``, ``GRU`` or ``LSTM``: inputs ``input`` and the first state, outputs each part."""

    __hash__ = Kind.__hash__

    @property
    def has_cell(self) -> bool:
        """Whether its state has two parts."""
        return self.name == "LSTM"

    def ports(self, params: Args, project: Project | None) -> Ports:
        first = ("N", "T") if params.get("batch_first") else ("T", "N")
        layout = (*first, "input_size")
        return Ports((replace(self.inputs[0], layout=layout), *self.inputs[1:]), self.outputs)

    def call(
        self, module: str, inputs: Mapping[str, str], args: Args, wanted: frozenset[str]
    ) -> Call:
        given = inputs["input"]
        if "h0" in inputs:
            state = inputs["h0"]
            given += f", ({state}, {inputs['c0']})" if self.has_cell else f", {state}"
        state_parts: Pattern = unused("h", wanted)
        if self.has_cell and wanted & {"h", "c"}:
            state_parts = (unused("h", wanted), unused("c", wanted))
        return Call(f"{module}({given})", (unused("output", wanted), state_parts))

    def check_inputs(self, args: Args, inputs: Types) -> None:
        """Refuse time where the batch belongs, and a state that does not fit."""
        arriving = inputs.get("input")
        if arriving is None:
            return
        _batch_comes_first(args, "input", arriving)
        _both_parts(inputs, self.has_cell)
        sizes = _Sizes.of(args)
        if sizes.given != sizes.hidden and sizes.given > sizes.hidden:
            raise InputError(
                "",
                f"proj_size smaller than hidden_size={sizes.hidden}",
                f"proj_size={sizes.given}",
                "Set proj_size to a smaller number, or to 0 for none.",
                ("unset:proj_size",),
            )
        for name, wanted in self._states(args, arriving).items():
            state = inputs.get(f"{name}0")
            if state is not None and state.shape != wanted.shape:
                raise InputError(
                    f"{name}0",
                    f"{wanted.shape_text}: layers times directions, batch, features",
                    state.shape_text,
                    "Bring the first state to that shape, or remove the wire to begin at zero.",
                    ("disconnect",),
                )

    def rule(self, args: Args, inputs: Types) -> Mapping[str, TensorType] | None:
        arriving, sizes = inputs["input"], _Sizes.of(args)
        shape: tuple[Dim, ...] = (*arriving.shape[:2], sizes.directions * sizes.given)
        return {"output": TensorType(shape, arriving.dtype), **self._states(args, arriving)}

    def _states(self, args: Args, arriving: TensorType) -> dict[str, TensorType]:
        sizes = _Sizes.of(args)
        batch = arriving.shape[0 if args.get("batch_first") else 1]
        deep = sizes.layers * sizes.directions
        states = {"h": TensorType((deep, batch, sizes.given), arriving.dtype)}
        if self.has_cell:
            states["c"] = TensorType((deep, batch, sizes.hidden), arriving.dtype)
        return states

    def cost_rule(self, args: Args, inputs: Types) -> Cost | None:
        """Return all weights, and two operations for each product in each step of the sequence."""
        sizes, gates = _Sizes.of(args), _GATES[self.name]
        products = biases = 0
        for depth in range(sizes.layers):
            width = sizes.inputs if depth == 0 else sizes.directions * sizes.given
            one = gates * sizes.hidden * (width + sizes.given)
            if sizes.given != sizes.hidden:
                one += sizes.given * sizes.hidden
            products += sizes.directions * one
            biases += sizes.directions * 2 * gates * sizes.hidden
        shape = inputs["input"].at(1, PROBES[0][1])
        steps = shape[1 if args.get("batch_first") else 0]
        return Cost(products + (biases if args.get("bias") else 0), 2 * products * steps)


def _batch_comes_first(args: Args, port: str, arriving: TensorType) -> None:
    if args.get("batch_first") or arriving.shape[0] != BATCH or arriving.shape[1] == BATCH:
        return
    raise InputError(
        port,
        "time before batch, as batch_first is False",
        arriving.shape_text,
        "Set batch_first to True.",
        ("set:batch_first=true",),
    )


def _both_parts(inputs: Types, has_cell: bool) -> None:
    if has_cell and ("h0" in inputs) != ("c0" in inputs):
        missing, there = ("c0", "h0") if "h0" in inputs else ("h0", "c0")
        raise InputError(
            missing,
            f"a wire, as {there} has one",
            "none",
            f"Connect {missing} too, or remove the wire to {there}.",
        )


class CellKind(LayerKind):
    """One step of a recurrent layer: the next state from the input and the last state."""

    __hash__ = Kind.__hash__

    @property
    def has_cell(self) -> bool:
        """Whether its state has two parts."""
        return self.name == "LSTMCell"

    def call(
        self, module: str, inputs: Mapping[str, str], args: Args, wanted: frozenset[str]
    ) -> Call:
        given = inputs["input"]
        if "h0" in inputs:
            state = inputs["h0"]
            given += f", ({state}, {inputs['c0']})" if self.has_cell else f", {state}"
        targets = (unused("h", wanted), unused("c", wanted)) if self.has_cell else "h"
        return Call(f"{module}({given})", targets)

    def check_inputs(self, args: Args, inputs: Types) -> None:
        _both_parts(inputs, self.has_cell)
        batch = inputs["input"].shape[0] if "input" in inputs else None
        for name in ("h0", "c0"):
            state = inputs.get(name)
            if state is not None and batch is not None and state.shape[0] != batch:
                raise InputError(
                    name,
                    f"the batch of input, {batch}, in dimension 0",
                    state.shape_text,
                    f"Bring {name} to the batch of input.",
                )


def _state(name: str, words: str, *layout: str) -> Port:
    doc = f"The {words} to begin with. Zeros where nothing is wired."
    return Port(name, optional=True, dtype="float", layout=layout, doc=doc)


def _layers() -> tuple[LayerKind | None, ...]:
    arriving = Port("input", dtype="float", layout=("N", "T", "input_size"))
    hidden = _state("h0", "hidden state", "D", "N", "H_out")
    cell = _state("c0", "cell state", "D", "N", "H_cell")
    outputs = (
        Port("output", doc="What the last layer gives at each step."),
        Port("h", doc="The hidden state after the last step, for each layer and direction."),
    )
    more = (Port("c", doc="The cell state after the last step, for each layer and direction."),)
    presets = {"hidden_size": 64, "batch_first": True}
    return tuple(
        layer(
            name,
            "recurrent",
            kind=RecurrentKind,
            inputs=(arriving, hidden, cell) if name == "LSTM" else (arriving, hidden),
            outputs=outputs + more if name == "LSTM" else outputs,
            presets=presets,
            keywords=("sequence", "recurrent"),
        )
        for name in _GATES
    )


def _cells() -> tuple[LayerKind | None, ...]:
    arriving = Port("input", dtype="float", layout=("N", "input_size"))
    hidden = _state("h0", "hidden state", "N", "hidden_size")
    cell = _state("c0", "cell state", "N", "hidden_size")
    return tuple(
        layer(
            f"{name}Cell",
            "recurrent",
            kind=CellKind,
            inputs=(arriving, hidden, cell) if name == "LSTM" else (arriving, hidden),
            outputs=(Port("h"), Port("c")) if name == "LSTM" else (Port("h"),),
            presets={"hidden_size": 64},
            keywords=("sequence", "step"),
        )
        for name in _GATES
    )


KINDS: tuple[Kind, ...] = present(*_layers(), *_cells())
