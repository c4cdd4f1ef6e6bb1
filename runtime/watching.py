"""What the monitors of a training graph show, as arrays that a viewer can draw."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import numpy as np
import torch
from torch import Tensor

from graph.codegen.parts import FunctionCode, MonitorCode
from graph.compile import Compiled
from graph.dataspec import DataPort
from graph.document import Value
from runtime.data.sources.tokens import decode
from runtime.decoding import continued
from runtime.plan import Plan
from runtime.telemetry import Array, Shown
from runtime.writers import begun, end_of, never_of

__all__ = ["Watcher", "picture_range", "random_state_kept"]

#: Random numbers under a monitor are the same each time: they come from this seed.
_SEED = 0
#: The most numbers of an example in a table, and of a tensor in a histogram.
_COLUMNS, _COUNTED = 64, 100_000
_BINS = 48
#: How many pictures of the data say what is black and white.
_RANGED = 256

Options = dict[str, Value]


@contextmanager
def random_state_kept(device: torch.device) -> Iterator[None]:
    """Have random numbers afterwards go on as if none had been drawn within."""
    with torch.random.fork_rng([device] if device.type == "cuda" else []):
        mps = torch.mps.get_rng_state() if device.type == "mps" else None
        try:
            yield
        finally:
            if mps is not None:
                torch.mps.set_rng_state(mps)


class Watcher:
    """Computes what monitors show, of examples that stay the same."""

    def __init__(self, plan: Plan, function: FunctionCode, compiled: Compiled) -> None:
        self._plan, self._function = plan, function
        self._compute = compiled.names[function.name]
        self._augmenting = [compiled.names[name] for name in plan.code.augmenting]
        most = max(monitor.examples for monitor in plan.code.monitors)
        self._indices = (plan.validation if len(plan.validation) else plan.train)[:most]

    def take(self) -> tuple[Shown, ...]:
        """Return what every monitor shows now: networks as in evaluation, augmentations at work.

        The mode of networks and the random state are afterwards what they were.
        """
        plan = self._plan
        modes = [(module, module.training) for module in plan.with_mode]
        try:
            for module, _ in modes:
                module.eval()
            for module in self._augmenting:
                module.train()
            with random_state_kept(plan.device), torch.no_grad():
                torch.manual_seed(_SEED)
                found = self._compute(*plan.arguments(self._function, self._indices))
                return tuple(self._shown(monitor, found) for monitor in plan.code.monitors)
        finally:
            for module, training in modes:
                module.train(training)

    def _shown(self, monitor: MonitorCode, found: Mapping[str, Tensor]) -> Shown:
        values = {
            port: found[key].detach()[: monitor.examples] if found[key].dim() else found[key]
            for port, key in monitor.values.items()
        }
        make = _MAKERS.get(monitor.kind, _plain)
        arrays, options = make(self._plan, monitor, values)
        return Shown(monitor.node, monitor.kind, monitor.title, arrays, options)


Made = tuple[dict[str, Array], Options]


def _array(value: Tensor) -> Array:
    """Return a tensor as an array: floating-point numbers as float32, all others as they are."""
    value = value.detach()
    return (value.float() if value.is_floating_point() else value).cpu().numpy()


def _plain(plan: Plan, monitor: MonitorCode, values: Mapping[str, Tensor]) -> Made:
    return {port: _array(value) for port, value in values.items()}, dict(monitor.options)


def _images(plan: Plan, monitor: MonitorCode, values: Mapping[str, Tensor]) -> Made:
    """Pictures with the numbers that are black and white, as they were before normalisation."""
    low, high = (monitor.options.get(name) for name in ("low", "high"))
    port = _port_of(plan, monitor, values["input"])
    if port is not None and low is None and high is None:
        values = {name: plan.dataset.original(port.name, value) for name, value in values.items()}
        low, high = picture_range(plan, port)
    arrays = {name: _array(value) for name, value in values.items()}
    if low is None:
        low = min(_bound(array, np.nanmin) for array in arrays.values())
    if high is None:
        high = max(_bound(array, np.nanmax) for array in arrays.values())
    return arrays, {"low": low, "high": high}


def picture_range(plan: Plan, port: DataPort) -> tuple[float, float]:
    """Return the numbers that are black and white in the pictures of the data."""
    found = plan.dataset.examples(port.name, plan.train[:_RANGED])
    some = plan.dataset.original(port.name, found)
    low, high = float(some.min()), float(some.max())
    return (0.0, 1.0) if low > -1e-3 and high < 1 + 1e-3 else (low, high)


def _bound(array: Array, of: object) -> float:
    finite = array[np.isfinite(array)]
    return float(of(finite)) if finite.size else 0.0  # type: ignore[operator]


def _port_of(plan: Plan, monitor: MonitorCode, pictures: Tensor) -> DataPort | None:
    """Return the pictures of the data that the shown ones are like: wired, or of their shape."""
    ports = [plan.dataset.spec.port(name) for name in monitor.columns.values()]
    for port in (*ports, *plan.dataset.spec.ports):
        if port is not None and port.type == "image" and port.shape == pictures.shape[1:]:
            return port
    return None


def _text(plan: Plan, monitor: MonitorCode, values: Mapping[str, Tensor]) -> Made:
    tokens = values["input"]
    chosen = tokens.argmax(dim=-1) if tokens.is_floating_point() else tokens
    return _written(plan, _text_port(plan, monitor), _array(chosen))


def _generated(plan: Plan, monitor: MonitorCode, values: Mapping[str, Tensor]) -> Made:
    """What a network writes on from a beginning."""
    port, options = _text_port(plan, monitor), monitor.options
    if port is None:
        return {"input": np.zeros((1, 0), dtype=np.int64)}, {"vocabulary": "", "texts": ("",)}
    spec, part = plan.dataset.spec, plan.validation if len(plan.validation) else plan.train
    first = plan.columns[port.name].index_select(0, part[:1])[0]
    tokens = begun(spec, port, str(options["prompt"]), first)
    temperature, top_k = options["temperature"], options["top_k"]
    written = continued(
        plan.networks[str(options["network"])],
        tokens,
        int(str(options["length"])),
        context=max(port.shape[0] - 1, 1),
        temperature=float(str(temperature)),
        top_k=top_k if isinstance(top_k, int) else None,
        never=never_of(spec, port),
        stop=end_of(spec, port),
        device=plan.device,
    )
    return _written(plan, port, np.array([[*tokens, *written]], dtype=np.int64))


def _text_port(plan: Plan, monitor: MonitorCode) -> DataPort | None:
    """Return the text of the data that tokens are of: named, wired, or the first there is."""
    spec = plan.dataset.spec
    names = (str(monitor.options.get("vocabulary")), *monitor.columns.values())
    ports = [*(spec.port(name) for name in names), *spec.ports]
    return next((port for port in ports if port is not None and port.vocabulary), None)


def _written(plan: Plan, port: DataPort | None, ids: Array) -> Made:
    """Return numbers of tokens with the text that they stand for."""
    if port is None:
        return {"input": ids}, {"vocabulary": "", "texts": ()}
    options = plan.dataset.spec.text_of(port)
    texts = tuple(decode(port, options, row) for row in ids.tolist())
    return {"input": ids}, {"vocabulary": port.name, "texts": texts}


def _table(plan: Plan, monitor: MonitorCode, values: Mapping[str, Tensor]) -> Made:
    """The first numbers of each example, one example in a row."""
    found = values["input"]
    rows = found.reshape(len(found), -1) if found.dim() > 1 else found.reshape(-1, 1)
    return {"input": _array(rows[:, :_COLUMNS])}, {"shape": tuple(found.shape[1:])}


def _histogram(plan: Plan, monitor: MonitorCode, values: Mapping[str, Tensor]) -> Made:
    """How many numbers lie between each two edges."""
    flat = values["input"].reshape(-1)
    flat = flat[:: -(-len(flat) // _COUNTED) or 1].double()
    finite = flat[torch.isfinite(flat)].cpu().numpy()
    counts, edges = np.histogram(finite, bins=_BINS)
    options: Options = {
        "mean": float(finite.mean()) if finite.size else float("nan"),
        "deviation": float(finite.std()) if finite.size else float("nan"),
        "not_finite": len(flat) - finite.size,
    }
    return {"counts": counts, "edges": edges}, options


def _scatter(plan: Plan, monitor: MonitorCode, values: Mapping[str, Tensor]) -> Made:
    """Points in a plane, and the share of the variance that each axis has."""
    points, shares = _principal(values["input"].float())
    arrays = {"input": _array(points)}
    options: Options = {"variance": shares, "classes": ()}
    if "color" in values:
        arrays["color"] = _array(values["color"].reshape(-1))
        port = plan.dataset.spec.port(monitor.columns.get("color", ""))
        options["classes"] = port.classes if port is not None else ()
    return arrays, options


def _principal(points: Tensor) -> tuple[Tensor, tuple[float, ...]]:
    """Return the first two principal components of points (N, D), and their shares of variance.

    Of each axis the sign is the one in which its largest weight is positive, so that a picture
    does not flip from one time to the next.
    """
    if points.shape[1] <= 2 or len(points) < 3 or not bool(torch.isfinite(points).all()):
        return points[:, :2], ()
    centred = points - points.mean(dim=0)
    _, sizes, axes = torch.linalg.svd(centred, full_matrices=False)
    axes = axes[:2]
    largest = axes.gather(1, axes.abs().argmax(dim=1, keepdim=True))
    axes = axes * torch.where(largest < 0, -1.0, 1.0)
    shares = sizes.square() / sizes.square().sum().clamp(min=1e-30)
    return centred @ axes.T, tuple(shares[:2].tolist())


_MAKERS = {
    "ShowImages": _images,
    "ShowText": _text,
    "GenerateText": _generated,
    "ShowTable": _table,
    "ShowHistogram": _histogram,
    "ShowScatter": _scatter,
}
