"""What is known of a project as it stands: every shape, cost and problem, kept up to date.

An :class:`Analysis` listens to the document and remembers which nodes an edit touched;
:meth:`Analysis.update` works those off in topological order and goes on downstream only where
something changed. What lies upstream of an edit is never looked at again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from psygnal import Signal

from graph.block_rules import weight_problems
from graph.blocks import innermost_first, root_networks, used_with_blocks
from graph.catalog.entry import Cost
from graph.dataspec import DataSpec
from graph.dims import TensorType
from graph.document import TRAINING, Network, Project, Value
from graph.errors import DocumentError
from graph.expressions import expressions_in
from graph.flow import Flow
from graph.instances import Instances
from graph.problems import Problem
from graph.training_rules import training_problems
from graph.ways import Place, blocks_on, in_words

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
    """Shapes, costs and problems of a project. Call :meth:`close` when done with it.

    Of a network that stands in several places with different sizes, what is asked for by name is
    that of the first place: a use in the training graph before a block, and from left to right;
    or of the place through which it was entered: see :meth:`look_through`.
    """

    updated = Signal(object)  # Changes

    def __init__(self, project: Project) -> None:
        self.project = project
        self.instances = Instances(project)
        self._training = Flow(project.training, project)
        #: The flow of the first place where each graph stands, and the one that is looked at.
        self._firsts: dict[str, Flow] = {TRAINING: self._training}
        self._flows: dict[str, Flow] = {TRAINING: self._training}
        self._entered: dict[str, tuple[str, str]] = {}
        self._training_stale = True
        self._training_problems: list[Problem] = []
        for network in project.networks.values():
            self._follow(network)
        project.network_added.connect(self._follow)
        project.network_removed.connect(self._forget)
        project.network_renamed.connect(self._rename)
        project.data_changed.connect(self._on_data)
        self.update()

    def close(self) -> None:
        """Stop following the project."""
        self.instances.close()
        self._training.unfollow()
        self.project.network_added.disconnect(self._follow)
        self.project.network_removed.disconnect(self._forget)
        self.project.network_renamed.disconnect(self._rename)
        self.project.data_changed.disconnect(self._on_data)

    # -- reading ------------------------------------------------------------------------------

    def flow(self, network: str) -> Flow:
        """Return what is known of a graph in the first place where it stands."""
        return self._firsts[network]

    def look_through(self, blocks: Iterable[tuple[str, str]]) -> None:
        """Look at networks in the places of these blocks: a graph and a node of it for each.

        Types, arguments and costs of the networks are those of there, from the next update on.
        """
        self._entered = {}
        for graph, node_id in blocks:
            name = self.project.network(graph).node(node_id).params.get("network")
            if isinstance(name, str):
                self._entered[name] = (graph, node_id)

    def _looked_at(self, name: str) -> Flow:
        """Return the flow through a network that is looked at."""
        graph, node_id = self._entered.get(name, ("", ""))
        outer = self._flows.get(graph)
        inside = outer.children.get(node_id, ()) if outer is not None else ()
        if inside and inside[0].network is self.project.networks[name]:
            return inside[0]
        return self._firsts[name]

    def type_of(self, network: str, node_id: str, port: str) -> TensorType | None:
        """Return the type at a port: what an output gives, or what arrives at an input."""
        flow = self._flows[network]
        found = flow.types.get((node_id, port))
        if found is None and node_id in flow.network:
            return flow.arriving(node_id).get(port)
        return found

    def args(self, network: str, node_id: str) -> Mapping[str, Value]:
        """Return every argument of a node: set, inferred or default."""
        flow = self._flows[network]
        result = flow.results.get(node_id)
        if result is not None and result.args:
            return result.args
        params = flow.network.node(node_id).params
        try:
            params = flow.evaluated(params)
        except DocumentError:
            params = {k: v for k, v in params.items() if not any(expressions_in(v))}
        return flow.network.kind(node_id).resolve(params, {}, self.project)

    def cost(self, network: str, node_id: str) -> Cost | None:
        """Return a node's cost, or None while it is not known."""
        if network == TRAINING:
            return None
        result = self._flows[network].results.get(node_id)
        return None if result is None or result.error else result.cost

    def total(self, network: str) -> Cost:
        """Return the sum of the costs of a network; of all that stand alone for the training graph.

        The blocks in a network are counted with it.
        """
        if network != TRAINING:
            return self._flows[network].cost()
        parts = [self.total(name) for name in root_networks(self.project)]
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
            for graph in self.project.graphs()
            for p in self._problems_in(graph)
        ]
        return sorted([*found, *self._training_problems], key=lambda p: p.severity != "error")

    def _counted(self) -> set[str]:
        """Return the graphs that take part in training: all where none is used yet."""
        return {TRAINING, *(used_with_blocks(self.project) or self.project.networks)}

    def problems_of(self, network: str, node_id: str) -> list[Problem]:
        """What is wrong with one node."""
        graph = self.project.network(network)
        flows = self.instances.of(graph)
        if len(flows) < 2 and not any(blocks_on(self.way_to(flow)) for flow in flows):
            found = self._firsts[network].problems_of(node_id)
        else:
            found = [p for p in self._problems_in(graph) if p.node == node_id]
        if network == TRAINING:
            found = found + [p for p in self._training_problems if p.node == node_id]
        return found

    def _problems_in(self, graph: Network) -> list[Problem]:
        """Return the problems of a graph; those within a block say in which."""
        first = self._firsts[graph.name]
        found: list[Problem] = []
        known: set[Problem] = set()
        for flow in [first, *(f for f in self.instances.of(graph) if f is not first)]:
            more = [p for p in flow.problems() if p not in known]
            known.update(more)
            way = self.way_to(flow) if more else ()
            if flow is not first or blocks_on(way):
                words = in_words(self.project, way)
                more = [replace(p, instance=words, way=way) for p in more]
            found += more
        return found

    def way_to(self, flow: Flow) -> tuple[Place, ...]:
        """Return the nodes through which a flow is reached first."""
        steps: list[Place] = []
        while flow.users and not flow.network.is_training:
            outer, node_id = min(
                flow.users,
                key=lambda user: (user[0].network.name, user[0].network.node(user[1]).position),
            )
            repetitions = outer.children[node_id]
            number = repetitions.index(flow) + 1 if len(set(repetitions)) > 1 else 0
            steps.append(Place(outer.network.name, node_id, number))
            flow = outer
        return tuple(reversed(steps))

    def errors(self) -> list[Problem]:
        """The problems that keep the project from training."""
        return [problem for problem in self.problems() if problem.severity == "error"]

    # -- updating -----------------------------------------------------------------------------

    def update(self) -> Changes:
        """Work off what the edits since the last update touched."""
        changes = Changes()
        order = innermost_first(self.project, self.project.networks)
        for name in order:
            self._update_network(self.project.networks[name], changes)
        for name in order:  # where networks hold themselves, some come before what is in them
            for flow in self.instances.of(self.project.networks[name]):
                if flow.dirty:
                    flow.update(self.instances.resolve)
        self._training.update(self.instances.resolve)
        for name in reversed(order):  # what lets go of an inner network comes before it
            self._update_idle(self.project.networks[name])
        self._show_first(reversed(order), changes)
        if changes or self._training_stale:
            self._training_stale = False
            before = self._training_problems
            self._training_problems = training_problems(self.project, self._firsts)
            changes.problems = changes.problems or before != self._training_problems
        if changes:
            self.updated.emit(changes)
        return changes

    def _update_network(self, network: Network, changes: Changes) -> None:
        """Bring all flows through a network up to date; where it stands is looked at next."""
        different = False
        for flow in self.instances.of(network):
            if flow.update(self.instances.resolve) or flow.altered:
                different = True
            changes.problems, flow.altered = changes.problems or flow.altered, False
        if different:
            changes.problems = True
            self._touch_uses(network.name)

    def _update_idle(self, network: Network) -> None:
        """Let go of flows that nobody needs; give a network that stands nowhere one of its own."""
        self.instances.sweep(network)
        if not any(flow.users for flow in self.instances.of(network)):
            flow = self.instances.idle(network, self.given_to(network))
            flow.update(self.instances.resolve)

    def given_to(self, network: Network) -> Mapping[str, TensorType]:
        """Return what arrives at the Inputs of a network that stands nowhere, by their ids."""
        return {}

    def _show_first(self, outermost_first: Iterable[str], changes: Changes) -> None:
        """Choose the flow that is shown of each network, and note what is different in it."""
        for name in outermost_first:
            network = self.project.networks[name]
            self._firsts[name] = min(self.instances.of(network), key=self._rank)
            shown = self._looked_at(name)
            if self._flows.get(name) is not shown:
                self._flows[name] = shown
                shown.touched.update(network.graph)
        for name, shown in self._flows.items():
            flows = [shown] if shown is self._training else self.instances.of(shown.network)
            for flow in flows:
                if flow.touched:
                    changes.problems = True
                    before, flow.shared_problems = flow.shared_problems, weight_problems(flow)
                    if before != flow.shared_problems:
                        both = [*before, *flow.shared_problems]
                        flow.touched.update(p.node for p in both if p.node is not None)
            changes.nodes.update((name, node_id) for node_id in shown.touched)
            for flow in flows:
                flow.touched.clear()
        changes.problems = changes.problems or self._training.altered
        self._training.altered = False

    def _rank(self, flow: Flow) -> tuple[object, ...]:
        """Return a key by which the flow of the first place where a network stands comes first."""
        order = {name: i for i, name in enumerate(self.project.networks)}
        ranks = []
        for outer, node_id in flow.users:
            shown = self._firsts.get(outer.network.name) is outer
            graph = -1 if outer is self._training else order.get(outer.network.name, 0)
            node = outer.network.node(node_id)
            number = outer.children[node_id].index(flow)
            averaged = node.kind == "EMA"
            ranks.append((not shown, graph, averaged, node.position, node_id, number))
        return min(ranks) if ranks else (True, len(order))

    def _touch_uses(self, name: str) -> None:
        """Have all that stand for a network looked at again."""
        for graph in self.project.graphs():
            for node in graph:
                if node.params.get("network") == name:
                    flows = [self._training] if graph.is_training else self.instances.of(graph)
                    for flow in flows:
                        flow.touch(node.id)

    # -- following the document -----------------------------------------------------------------

    def _follow(self, network: Network) -> None:
        flow = self.instances.idle(network, self.given_to(network))
        self._flows[network.name] = self._firsts[network.name] = flow
        self._touch_uses(network.name)
        self._training_stale = True

    def _forget(self, network: Network) -> None:
        del self._flows[network.name], self._firsts[network.name]
        self.instances.forget(network)
        self._touch_uses(network.name)
        self._training_stale = True

    def _rename(self, network: Network, old: str) -> None:
        for flows in (self._flows, self._firsts):
            flows[network.name] = flows.pop(old)
        for flow in self.instances.of(network):
            flow.touch_all()
        self._touch_uses(old)
        self._touch_uses(network.name)

    def _on_data(self, data: DataSpec) -> None:
        self._training.touch_all()
        self._training_stale = True
