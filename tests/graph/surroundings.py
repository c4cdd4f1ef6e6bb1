"""A single node of any kind in a network of its own, told what arrives."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graph.analysis import Analysis
from graph.dims import BATCH, TensorType
from graph.document import Network, Node, Project, Wire
from tests import builders
from tests.graph.catalog.case import Case

__all__ = ["Given", "surrounded", "types_of"]


def types_of(case: Case) -> dict[str, TensorType]:
    """Return the types of a case's inputs, with a symbolic batch."""
    found = {}
    for port, tensor in case.inputs.items():
        shape: list[Any] = list(tensor.shape)
        if shape and port not in case.unbatched:
            shape[case.batch_at.get(port, 0)] = BATCH
        found[port] = TensorType(tuple(shape), str(tensor.dtype).removeprefix("torch."))
    return found


def surrounded(
    kind: str, params: Mapping[str, Any], ports: Mapping[str, Any], title: str = ""
) -> Project:
    """Return a project with one network: the node ``it``, an Input before each port in `ports`,
    an Output behind each port it gives."""
    network = Network("net")
    for i, port in enumerate(ports):
        network.add_node(Node(f"in_{port}", "Input", title=f"in {i}", position=(0.0, 200.0 * i)))
    network.add_node(Node("it", kind, params, title, position=(400.0, 0.0)))
    for port in ports:
        network.restore_wire(Wire(f"in_{port}", "output", "it", port))
    for i, out in enumerate(network.ports("it").outputs):
        network.add_node(Node(f"out{i}", "Output", position=(800.0, 200.0 * i)))
        network.restore_wire(Wire("it", out.name, f"out{i}", "input"))
    return builders.project(network)


class Given(Analysis):
    """An analysis of one network that is told what arrives at its Inputs."""

    def __init__(self, project: Project, types: Mapping[str, TensorType]) -> None:
        self._types = types
        super().__init__(project)

    def given_to(self, network: Network) -> Mapping[str, TensorType]:
        return {f"in_{port}": kind for port, kind in self._types.items()}
