"""What people watch while training runs, on examples that stay the same: what the monitors of the
training graph show or, where it has none, predictions."""

from __future__ import annotations

import torch
from torch import Tensor

from graph.catalog.structure import input_ports, output_ports
from graph.document import Node, Project
from runtime.plan import Plan
from runtime.telemetry import Samples
from runtime.watching import Watcher, random_state_kept

__all__ = ["Sampler"]

_EXAMPLES = 24
_GRID = 64  # points along each side of a decision surface


class Sampler:
    """Runs the monitors, or the network behind the first loss, on fixed validation examples.

    There is nothing to show, and :attr:`works` is False, where there are no monitors and that
    network does not take its inputs straight from the data.
    """

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._watcher: Watcher | None = None
        if plan.code.watch is not None and plan.watch is not None:
            self._watcher = Watcher(plan, plan.code.watch, plan.watch)
        self.works = self._watcher is not None
        if self.works:
            return
        found = _first_prediction(plan.project)
        if found is None:
            return
        use, port, self._inputs, self._target, self._loss_kind = found
        self._network = plan.networks[str(use.params["network"])]
        ports = list(output_ports(plan.project.networks[str(use.params["network"])]))
        self._output = ports.index(port) if len(ports) > 1 else None
        part = plan.validation if len(plan.validation) else plan.train
        self._indices = part[:_EXAMPLES]
        self._grid = self._make_grid()
        self.works = True

    def take(self, epoch: int, step: int) -> Samples:
        """Return what is shown of the networks as they are now.

        Their mode and the random state are afterwards what they were, so that the training is the
        same whether somebody looks on or not.
        """
        if self._watcher is not None:
            held_out = len(self._plan.validation) > 0
            return Samples(epoch, step, held_out, shown=self._watcher.take())
        training = self._network.training
        self._network.eval()
        try:
            with random_state_kept(self._plan.device), torch.no_grad():
                return self._take(epoch, step)
        finally:
            self._network.train(training)

    def _take(self, epoch: int, step: int) -> Samples:
        plan = self._plan
        columns = {name: plan.columns[name].index_select(0, self._indices) for name in self._inputs}
        output = self._predict(*columns.values())
        surface, bounds = None, (0.0, 1.0, 0.0, 1.0)
        if self._grid is not None:
            points, bounds = self._grid
            surface = self._predict(points).reshape(_GRID, _GRID, -1).float().cpu().numpy()
        target = self._target
        truth = plan.columns[target].index_select(0, self._indices) if target else None
        port = plan.dataset.spec.port(target) if target else None
        return Samples(
            epoch=epoch,
            step=step,
            held_out=len(plan.validation) > 0,
            inputs={name: column.cpu().numpy() for name, column in columns.items()},
            output=output.float().cpu().numpy(),
            target=None if truth is None else truth.cpu().numpy(),
            target_port=target,
            loss_kind=self._loss_kind,
            classes=port.classes if port else (),
            surface=surface,
            bounds=bounds,
        )

    def _predict(self, *columns: Tensor) -> Tensor:
        result = self._network(*columns)
        found = result if self._output is None else result[self._output]
        return found if isinstance(found, Tensor) else found[0]

    def _make_grid(self) -> tuple[Tensor, tuple[float, float, float, float]] | None:
        """Return points over the plane of the training examples, where they have two features."""
        plan = self._plan
        if len(self._inputs) != 1 or plan.columns[self._inputs[0]].shape[1:] != (2,):
            return None
        values = plan.columns[self._inputs[0]].index_select(0, plan.train)
        low, high = values.min(dim=0).values, values.max(dim=0).values
        margin = (high - low).clamp(min=1e-6) * 0.25
        (left, bottom), (right, top) = (low - margin).tolist(), (high + margin).tolist()
        xs = torch.linspace(left, right, _GRID, device=plan.device)
        ys = torch.linspace(bottom, top, _GRID, device=plan.device)
        grid_y, grid_x = torch.meshgrid(ys, xs, indexing="ij")
        points = torch.stack((grid_x, grid_y), dim=-1).reshape(-1, 2)
        return points, (left, right, bottom, top)


def _first_prediction(project: Project) -> tuple[Node, str, list[str], str, str] | None:
    """Return the network use behind the first loss, its output port, the data ports that go in
    (in the order of the network's arguments), the target's data port and the loss's kind."""
    training = project.training
    losses = [n for n in training if training.kind(n.id).family == "loss"]
    for loss in sorted(losses, key=lambda n: (n.position, n.id)):
        wires = training.wires_in(loss.id)
        predicted = next(
            (w for w in wires.values() if training.node(w.source).kind == "Network"), None
        )
        if predicted is None:
            continue
        use = training.node(predicted.source)
        network = project.networks.get(str(use.params.get("network")))
        arriving = training.wires_in(use.id)
        if network is None or any(
            port not in arriving or training.node(arriving[port].source).kind != "Data"
            for port in input_ports(network)
        ):
            continue
        targets = [w for w in wires.values() if training.node(w.source).kind == "Data"]
        return (
            use,
            predicted.source_port,
            [arriving[port].source_port for port in input_ports(network)],
            targets[0].source_port if targets else "",
            loss.kind,
        )
    return None
