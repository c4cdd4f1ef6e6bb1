"""What is known of a project as it stands: every shape, cost and problem, kept up to date.

An :class:`Analysis` listens to the document and remembers which nodes an edit touched;
:meth:`Analysis.update` works those off in topological order and goes on downstream only where
something changed. What lies upstream of an edit is never looked at again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from psygnal import Signal

from graph.catalog.entry import Cost
from graph.catalog.structure import input_ports, output_ports
from graph.dataspec import DataSpec
from graph.dims import TensorType
from graph.document import TRAINING, Network, Node, Project, Value
from graph.flow import Flow
from graph.problems import Problem
from graph.training_rules import training_problems
from graph.uses import used_networks

__all__ = ["Analysis", "Changes"]


@dataclass
class Changes:
    """What an update found: the nodes of which something is now known to be different."""

    nodes: set[tuple[str, str]] = field(default_factory=set)
    #: Whether the list of problems may have changed.
    problems: bool = False

    def __bool__(self) -> bool:
        return bool(self.nodes) or self.problems


class Analysis:
    """Shapes, costs and problems of a project. Call :meth:`close` when done with it."""

    updated = Signal(object)  # Changes

    def __init__(self, project: Project) -> None:
        self.project = project
        self._flows: dict[str, Flow] = {}
        self._owners: dict[str, str] = {}
        self._changes = Changes()
        self._training_stale = True
        self._training_problems: list[Problem] = []
        self._flows[TRAINING] = Flow(project.training, project)
        for network in project.networks.values():
            self._follow(network)
        project.network_added.connect(self._follow)
        project.network_removed.connect(self._forget)
        project.network_renamed.connect(self._rename)
        project.data_changed.connect(self._on_data)
        self.update()

    def close(self) -> None:
        """Stop following the project."""
        for flow in self._flows.values():
            flow.close()
        self.project.network_added.disconnect(self._follow)
        self.project.network_removed.disconnect(self._forget)
        self.project.network_renamed.disconnect(self._rename)
        self.project.data_changed.disconnect(self._on_data)

    # -- reading ------------------------------------------------------------------------------

    def type_of(self, network: str, node_id: str, port: str) -> TensorType | None:
        """Return the type at a port: what an output gives, or what arrives at an input."""
        flow = self._flows[network]
        found = flow.types.get((node_id, port))
        if found is None and node_id in flow.network:
            return flow.arriving(node_id).get(port)
        return found

    def args(self, network: str, node_id: str) -> Mapping[str, Value]:
        """Return every argument of a node: set, inferred or default."""
        result = self._flows[network].results.get(node_id)
        if result is not None and result.args:
            return result.args
        node = self._flows[network].network.node(node_id)
        kind = self._flows[network].network.kind(node_id)
        return kind.resolve(node.params, {}, self.project)

    def cost(self, network: str, node_id: str) -> Cost | None:
        """Return a node's cost, or None while it is not known."""
        if network == TRAINING:
            return None
        result = self._flows[network].results.get(node_id)
        return None if result is None or result.error else result.cost

    def total(self, network: str) -> Cost:
        """Return the sum of the costs of a network; of all networks for the training graph."""
        if network == TRAINING:
            parts = [self.total(name) for name in self.project.networks]
        else:
            parts = [r.cost for r in self._flows[network].results.values() if r.error is None]
        return Cost(sum(p.parameters for p in parts), sum(p.flops for p in parts))

    def problems(self) -> list[Problem]:
        """Everything that is wrong: errors first, in the order of the graphs.

        What is wrong in a network that does not take part keeps nothing from training, and so is
        a warning here.
        """
        self.update()
        counted = self._counted()
        found = [
            p if p.network in counted else replace(p, severity="warning")
            for flow in self._ordered()
            for p in flow.problems()
        ]
        return sorted([*found, *self._training_problems], key=lambda p: p.severity != "error")

    def _counted(self) -> set[str]:
        """Return the graphs that take part in training: all where none is used yet."""
        return {TRAINING, *(used_networks(self.project) or self.project.networks)}

    def problems_of(self, network: str, node_id: str) -> list[Problem]:
        """What is wrong with one node."""
        found = self._flows[network].problems_of(node_id)
        if network == TRAINING:
            found = found + [p for p in self._training_problems if p.node == node_id]
        return found

    def errors(self) -> list[Problem]:
        """The problems that keep the project from training."""
        return [problem for problem in self.problems() if problem.severity == "error"]

    # -- updating -----------------------------------------------------------------------------

    def update(self) -> Changes:
        """Work off what the edits since the last update touched."""
        changes = self._changes = Changes()
        for name in self.project.networks:
            self._update_network(name)
        self._find_owners()
        for name in self.project.networks:
            if name not in self._owners and self._flows[name].set_given({}):
                self._update_network(name)
        training = self._flows[TRAINING]
        self._note(TRAINING, training.update(self._use_outputs))
        changes.problems = changes.problems or training.lost_nodes
        training.lost_nodes = False
        if changes or self._training_stale:
            self._training_stale = False
            before = self._training_problems
            self._training_problems = training_problems(self.project, self._flows)
            changes.problems = changes.problems or before != self._training_problems
        if changes:
            self.updated.emit(changes)
        return changes

    def _find_owners(self) -> None:
        """Find the first use of each network, which its Inputs follow."""
        before, self._owners = self._owners, {}
        for node in self.project.training.by_kind("Network"):
            self._owners.setdefault(str(node.params.get("network")), node.id)
        for name in {*before, *self._owners}:
            if before.get(name) != self._owners.get(name):
                self._touch_uses(name)

    def _note(self, network: str, touched: set[str]) -> None:
        self._changes.nodes.update((network, node_id) for node_id in touched)
        self._changes.problems = self._changes.problems or bool(touched)

    def _update_network(self, name: str) -> None:
        flow = self._flows[name]
        touched = flow.update()
        self._note(name, touched)
        if touched or flow.lost_nodes:
            self._changes.problems, flow.lost_nodes = True, False
            self._touch_uses(name)

    def _use_outputs(
        self, node: Node, arriving: Mapping[str, TensorType]
    ) -> Mapping[str, TensorType] | None:
        """Return what a use of a network gives for what arrives there.

        The Inputs of the network follow its first use. Another use that sends something else is
        worked out on the side.
        """
        name = node.params.get("network")
        if not isinstance(name, str) or name not in self.project.networks:
            return None
        flow = self._flows[name]
        ports = input_ports(flow.network)
        given = {ports[port]: kind for port, kind in arriving.items() if port in ports}
        if self._owners.get(name) == node.id:
            if flow.set_given(given):
                self._note(name, flow.update())
        elif given != flow.given:
            flow = Flow(flow.network, self.project, given)
            flow.update()
            flow.close()
        outputs: dict[str, TensorType] = {}
        for port, node_id in output_ports(flow.network).items():
            found = flow.arriving(node_id).get("input")
            if found is not None:
                outputs[port] = found
        return outputs

    def _touch_uses(self, name: str) -> None:
        for node in self.project.training:
            if node.params.get("network") == name:
                self._flows[TRAINING].touch(node.id)

    # -- following the document -----------------------------------------------------------------

    def _ordered(self) -> list[Flow]:
        return [self._flows[network.name] for network in self.project.graphs()]

    def _follow(self, network: Network) -> None:
        self._flows[network.name] = Flow(network, self.project)
        self._touch_uses(network.name)
        self._training_stale = True

    def _forget(self, network: Network) -> None:
        self._flows.pop(network.name).close()
        self._touch_uses(network.name)
        self._training_stale = True

    def _rename(self, network: Network, old: str) -> None:
        flow = self._flows.pop(old)
        flow.touch_all()
        self._flows[network.name] = flow
        self._touch_uses(old)
        self._touch_uses(network.name)

    def _on_data(self, data: DataSpec) -> None:
        self._flows[TRAINING].touch_all()
        self._training_stale = True
