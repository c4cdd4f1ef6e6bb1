"""Statistics of single layers while they train, for a viewer who asks for them.

Every so often one step is watched: hooks on the layers of the nodes that are asked for note how
large their outputs are, and how large the gradients that come back to them. Such a step is taken
in the ordinary way and not replayed, which gives the same bits; nothing that is noted goes back
into the training. While nobody asks, a step costs one look at a set that is empty.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from statistics import median
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from runtime.plan import Plan
from runtime.recording import tensors_in
from runtime.telemetry import Telemetry

__all__ = ["Prober", "Trace", "judge"]

#: Seconds between two steps that are watched, and the most that watching may take of the time.
_EVERY, _SHARE = 0.25, 0.05
#: Samples that a trace keeps.
_KEPT = 120
#: How many samples in a row make a layer dead, and from how many on growth is judged.
_DEAD_FOR, _KNOWN = 3, 8
#: Share of an output that must be exactly 0 for it to count as silent.
_SILENT = 0.999
#: Rules of thumb for what explodes: scales that no healthy network has, or a growth within a run.
_HUGE_ACTIVATION, _HUGE_GRADIENT, _GROWTH = 1e4, 1e3, 100.0

Place = tuple[str, str]


@dataclass(frozen=True)
class Trace:
    """What was seen of one node: one number for each step that was watched.

    A scale is the root mean square of all numbers of a tensor. A gradient is that of the loss by
    the node's output; nan where none came back.
    """

    steps: tuple[int, ...] = ()
    activation: tuple[float, ...] = ()
    gradient: tuple[float, ...] = ()
    #: Share of the output that is exactly 0, from 0 to 1.
    zeros: tuple[float, ...] = ()
    #: "dead", "exploding" or "": see :func:`judge`.
    state: str = ""

    def grown(self, step: int, activation: float, gradient: float, zeros: float) -> Trace:
        """Return the trace with one more sample, judged anew."""
        made = Trace(
            (*self.steps, step)[-_KEPT:],
            (*self.activation, activation)[-_KEPT:],
            (*self.gradient, gradient)[-_KEPT:],
            (*self.zeros, zeros)[-_KEPT:],
        )
        return replace(made, state=judge(made))


def judge(trace: Trace) -> str:
    """Return what is wrong with a layer, by rules of thumb.

    ``dead``: in each of the last 3 samples its output, or the gradient that came back, was 0
    throughout. ``exploding``: a scale is infinite or no number, or above 10,000 (outputs) or 1,000
    (gradients), or 100 times the median of the first half of at least 8 samples.
    """
    if not trace.steps:
        return ""
    last = slice(-_DEAD_FOR, None)
    silent = [z >= _SILENT for z in trace.zeros[last]]
    cut_off = [g == 0.0 for g in trace.gradient[last]]
    if len(silent) == _DEAD_FOR and (all(silent) or all(cut_off)):
        return "dead"
    now, back = trace.activation[-1], trace.gradient[-1]
    if not math.isfinite(now) or math.isinf(back):
        return "exploding"
    if now > _HUGE_ACTIVATION or back > _HUGE_GRADIENT:
        return "exploding"
    if len(trace.steps) >= _KNOWN:
        for series in (trace.activation, trace.gradient):
            early = [v for v in series[: len(series) // 2] if math.isfinite(v) and v > 0]
            if early and series[-1] > _GROWTH * median(early):
                return "exploding"
    return ""


class Prober:
    """Watches steps of a training for whoever has set :attr:`Telemetry.wanted`."""

    def __init__(self, plan: Plan, telemetry: Telemetry) -> None:
        self._plan, self._telemetry = plan, telemetry
        self._next = 0.0
        self._layers: dict[Place, list[nn.Module]] | None = None
        self._seen: dict[Place, list[tuple[Tensor, list[Tensor]]]] = {}

    @property
    def due(self) -> bool:
        """Whether the next step is to be watched."""
        return bool(self._telemetry.wanted) and time.perf_counter() >= self._next

    @contextmanager
    def watching(self, step: int) -> Iterator[None]:
        """Watch what is computed within, and put it into the telemetry as that of a step."""
        began = time.perf_counter()
        self._seen = {}
        handles = list(self._hooked())
        spent = time.perf_counter() - began
        try:
            yield
        finally:
            for handle in handles:
                handle.remove()
        began = time.perf_counter()
        self._note(step)
        ended = time.perf_counter()
        self._next = ended + max(_EVERY, (spent + ended - began) / _SHARE)

    def _hooked(self) -> Iterable[RemovableHandle]:
        if self._layers is None:
            self._layers = {}
            for network in self._plan.networks.values():
                for module in network.modules():
                    owner = self._plan.owners.get(id(module))
                    if owner is not None:
                        place = (owner.graph, owner.node)
                        self._layers.setdefault(place, []).append(module)
        for wanted in sorted(self._telemetry.wanted):
            for module in self._layers.get(wanted, ()):
                yield module.register_forward_hook(self._hook(wanted))

    def _hook(self, place: Place) -> Any:
        def look(module: nn.Module, given: object, made: object) -> None:
            found = [t for t in tensors_in((made,)) if t.is_floating_point()]
            if not found:
                return
            output, gradients = found[0], list[Tensor]()
            if output.requires_grad:
                output.register_hook(  # type: ignore[no-untyped-call]
                    lambda gradient: gradients.append(_measured(gradient))
                )
            self._seen.setdefault(place, []).append((_measured(output), gradients))

        return look

    def _note(self, step: int) -> None:
        """Read what was measured, and add it to the traces."""
        probes = {p: t for p, t in self._telemetry.probes.items() if p in self._telemetry.wanted}
        for place, calls in self._seen.items():
            outputs = torch.stack([output for output, _ in calls]).mean(0).tolist()
            back = [gradient for _, gradients in calls for gradient in gradients]
            gradient = torch.stack(back).mean(0).tolist()[0] if back else math.nan
            trace = probes.get(place, Trace())
            probes[place] = trace.grown(step, outputs[0], gradient, outputs[1])
        self._seen = {}
        self._telemetry.probes = probes
        self._telemetry.version += 1


def _measured(tensor: Tensor) -> Tensor:
    """Return the scale of a tensor, and which share of it is 0: two numbers, on its device."""
    with torch.no_grad():
        values = tensor.detach().float()
        scale = values.square().mean().sqrt()
        return torch.stack([scale, (values == 0).float().mean()])
