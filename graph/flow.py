"""Inference over one graph: which type is on every wire, worked off downstream of an edit."""

from __future__ import annotations

import heapq
import json
from collections.abc import Callable, Mapping

import networkx as nx

from graph.block_rules import block_problems, unshared
from graph.catalog.entry import Cost, InputError, Kind
from graph.catalog.structure import NetworkKind, input_type
from graph.dims import TensorType
from graph.document import Network, Node, Project, Value, Wire
from graph.errors import DocumentError
from graph.expressions import Argument, Scalar, evaluated, names_in
from graph.fixes import fixes_for
from graph.problems import Fix, Problem
from graph.rules import node_problems
from graph.shapes import Result, evaluate

__all__ = ["Flow"]

Resolve = Callable[["Flow", Node, Mapping[str, TensorType]], Result | None]
"""Finds what a network gives where a node of a graph stands for it; None: not known yet."""


class Flow:
    """The types, results and problems of one graph, for what is sent there from outside.

    `given` holds, by the id of an Input node, what arrives; `arguments` the values of the
    network's arguments. A network that stands in several places with different sizes has a flow
    for each: see :mod:`graph.instances`.
    """

    def __init__(
        self,
        network: Network,
        project: Project,
        given: Mapping[str, TensorType] | None = None,
        arguments: Mapping[str, Scalar] | None = None,
    ) -> None:
        self.network = network
        self.project = project
        self.given: dict[str, TensorType] = dict(given or {})
        self.arguments: dict[str, Scalar] = dict(arguments or {})
        #: The flows through what a node stands for, one for each repetition.
        self.children: dict[str, tuple[Flow, ...]] = {}
        #: The nodes that stand for this flow.
        self.users: set[tuple[Flow, str]] = set()
        #: How many layers there are when all blocks are written out.
        self.unrolled = len(network)
        #: What has changed since somebody last looked.
        self.touched: set[str] = set()
        #: Problems that others found by looking at several flows.
        self.shared_problems: list[Problem] = []
        self.types: dict[tuple[str, str], TensorType] = {}
        self.results: dict[str, Result] = {}
        self._problems: dict[str, list[Problem]] = {}
        #: What is wrong with nodes whatever arrives, kept until they or their wires are touched.
        self._own_problems: dict[str, list[Problem]] = {}
        self._graph_problems: list[Problem] = []
        self._order: dict[str, int] = {}
        self._loops: list[list[str]] = []
        #: The nodes on cycles: nothing is known of what they give.
        self._cyclic: set[str] = set()
        self._order_stale = True
        self._outputs_changed = False
        #: What others see of a node beside its types: label and output ports.
        self._faces: dict[str, tuple[str, ...]] = {}
        self._ports_of: dict[str, tuple[str, ...]] = {}
        self._dirty: set[str] = set(network.graph)
        #: Whether something has changed that is no node's: nodes have gone, or arguments differ.
        self.altered = False
        self._signals = (
            (network.node_added, self._on_node_added),
            (network.node_removed, self._on_node_removed),
            (network.node_changed, self._on_node_changed),
            (network.wire_added, self._on_wire),
            (network.wire_removed, self._on_wire),
            (network.arguments_changed, self._on_arguments),
        )
        for signal, slot in self._signals:
            signal.connect(slot)

    def unfollow(self) -> None:
        """Stop following the graph; what is known stays."""
        for signal, slot in self._signals:
            signal.disconnect(slot)

    def close(self) -> None:
        """Stop following the graph, and let go of the flows through what stands in it."""
        self.unfollow()
        for node_id in list(self.children):
            self.adopt(node_id, ())

    # -- reading ------------------------------------------------------------------------------

    def arriving(self, node_id: str) -> dict[str, TensorType]:
        """Return the type that arrives at each input port, where it is known."""
        return {
            port: found
            for port, wire in self.network.wires_in(node_id).items()
            if (found := self.types.get((wire.source, wire.source_port))) is not None
        }

    def problems(self) -> list[Problem]:
        """Everything wrong in this graph."""
        by_node = (self._problems.get(node_id, ()) for node_id in self.network.graph)
        found = [p for found in by_node for p in found]
        return [*self._graph_problems, *found, *self.shared_problems]

    def problems_of(self, node_id: str) -> list[Problem]:
        """What is wrong with one node."""
        return [
            *self._problems.get(node_id, ()),
            *(p for p in self._graph_problems if p.node == node_id),
            *(p for p in self.shared_problems if p.node == node_id),
        ]

    def cost(self) -> Cost:
        """Return the cost of the graph; weights that several blocks share count once."""
        parameters = flops = 0
        for node_id, result in self.results.items():
            if result.error is None:
                flops += result.cost.flops
                if (
                    node_id not in self.children
                    or unshared(self.network, self.network.node(node_id)) is None
                ):
                    parameters += result.cost.parameters
        return Cost(parameters, flops)

    def parameter_count(self) -> int:
        """The number of learnable parameters."""
        return self.cost().parameters

    def evaluated(self, params: Mapping[str, Value]) -> dict[str, Value]:
        """Return arguments of a node with their expressions worked out; raises ExpressionError."""
        return {name: evaluated(value, self.arguments) for name, value in params.items()}

    @property
    def dirty(self) -> bool:
        """Whether there are nodes to be looked at in the next update."""
        return bool(self._dirty)

    # -- touching -------------------------------------------------------------------------------

    def touch(self, node_id: str) -> None:
        """Have a node looked at in the next update."""
        if node_id in self.network:
            self._dirty.add(node_id)

    def touch_all(self) -> None:
        """Have every node, and the graph as a whole, looked at in the next update."""
        self._order_stale = True
        self._dirty.update(self.network.graph)

    def set_given(self, given: Mapping[str, TensorType]) -> bool:
        """Say what arrives at Input nodes from outside; whether that changes anything."""
        changed = [
            node_id
            for node_id in {*given, *self.given}
            if given.get(node_id) != self.given.get(node_id)
        ]
        self.given = dict(given)
        self._dirty.update(node_id for node_id in changed if node_id in self.network)
        return bool(changed)

    def set_arguments(self, arguments: Mapping[str, Scalar]) -> None:
        """Say what values the arguments of the network have."""
        changed = {
            name
            for name in {*arguments, *self.arguments}
            if not _same(arguments.get(name), self.arguments.get(name))
        }
        self.arguments = dict(arguments)
        if changed:
            self._dirty.update(n.id for n in self.network if changed & names_in(n.params))

    def adopt(self, node_id: str, flows: tuple[Flow, ...]) -> None:
        """Note the flows through what a node stands for."""
        for child in self.children.pop(node_id, ()):
            child.users.discard((self, node_id))
        if flows:
            self.children[node_id] = flows
        for child in flows:
            child.users.add((self, node_id))

    def _on_arguments(self, arguments: tuple[Argument, ...]) -> None:
        self.altered = True
        self._dirty.update(node.id for node in self.network if names_in(node.params))

    def _on_node_added(self, node: Node) -> None:
        self._order_stale = True
        self._dirty.add(node.id)

    def _on_node_removed(self, node: Node) -> None:
        self._order_stale = self.altered = True
        self._dirty.discard(node.id)
        self.results.pop(node.id, None)
        self._problems.pop(node.id, None)
        self._own_problems.pop(node.id, None)
        self._faces.pop(node.id, None)
        self.adopt(node.id, ())
        for port in self._ports_of.pop(node.id, ()):
            self.types.pop((node.id, port), None)

    def _on_node_changed(self, node: Node, old: Node) -> None:
        if node.title != old.title:
            self._order_stale = True  # problems of the whole graph name it
        # The ports of a network are counted from left to right, and so are steps of optimizers.
        counted = ("Input", "Output", "Network", "EMA", "Block")
        named_by_place = node.kind in counted or self.network.kind(node.id).family == "optimizer"
        if node.params != old.params or node.title != old.title or named_by_place:
            self._dirty.add(node.id)

    def _on_wire(self, wire: Wire) -> None:
        self._order_stale = True
        self._dirty.update(
            node_id for node_id in (wire.source, wire.target) if node_id in self.network
        )

    # -- updating -------------------------------------------------------------------------------

    def update(self, resolve: Resolve | None = None) -> set[str]:
        """Work off the touched nodes; return those of which something is different now."""
        changed: set[str] = set()
        if self._order_stale:
            self._sort()
            changed.update(self._check_graph())
        queue = [(self._order.get(node_id, 0), node_id) for node_id in self._dirty]
        heapq.heapify(queue)
        queued = set(self._dirty)
        for node_id in self._dirty:
            self._own_problems.pop(node_id, None)
        self._dirty.clear()
        while queue:
            _, node_id = heapq.heappop(queue)
            queued.discard(node_id)
            self._visit(node_id, resolve)
            changed.add(node_id)
            for follower in self._followers_to_visit(node_id):
                if follower not in queued:
                    queued.add(follower)
                    heapq.heappush(queue, (self._order.get(follower, 0), follower))
        self.touched |= changed
        inner = sum(child.unrolled for flows in self.children.values() for child in flows)
        self.unrolled = len(self.network) + inner
        return changed

    def _followers_to_visit(self, node_id: str) -> list[str]:
        if not self._outputs_changed:
            return []
        return list(self.network.graph.successors(node_id))

    def _visit(self, node_id: str, resolve: Resolve | None) -> None:
        network = self.network
        node, kind = network.node(node_id), network.kind(node_id)
        arriving = self.arriving(node_id)
        known = self._own_problems.get(node_id)
        own = known
        if own is None:
            own = [*node_problems(self, node, kind), *block_problems(self, node, kind)]
        problems = list(own)
        outputs: Mapping[str, TensorType] = {}
        broken = any(problem.severity == "error" for problem in problems)
        if isinstance(kind, NetworkKind):
            found = resolve(self, node, arriving) if resolve else None
            outputs = found.outputs if found else {}
            if found is not None and found.error is not None:
                problems.append(self._input_problem(node, found.error))
        elif broken or node_id in self._cyclic:
            self.results.pop(node_id, None)
            self.adopt(node_id, ())
        elif node.kind == "Input":
            outputs = self._input_outputs(node, problems)
        elif node.kind == "Data":
            outputs = {port.name: port.tensor_type for port in self.project.data.ports}
        elif node.kind != "Output":
            outputs = self._evaluate(node, kind, arriving, problems, resolve)
        self._keep(node_id, {} if node_id in self._cyclic else outputs, problems)
        if known is None:
            self._own_problems[node_id] = own
            self._show_face(node, kind)

    def _show_face(self, node: Node, kind: Kind) -> None:
        """Have the followers of a node judge their wires anew where its label or outputs differ."""
        face = (node.label, *(p.name for p in kind.ports(node.params, self.project).outputs))
        if self._faces.get(node.id) != face:
            self._faces[node.id] = face
            self._outputs_changed = True
            for follower in self.network.graph.successors(node.id):
                self._own_problems.pop(follower, None)

    def _keep(
        self, node_id: str, outputs: Mapping[str, TensorType], problems: list[Problem]
    ) -> None:
        before = {
            port: found
            for port in self._ports_of.get(node_id, ())
            if (found := self.types.get((node_id, port)))
        }
        self._outputs_changed = before != dict(outputs)
        if self._outputs_changed:
            for port in before:
                del self.types[(node_id, port)]
            for port, found in outputs.items():
                self.types[(node_id, port)] = found
            self._ports_of[node_id] = tuple(outputs)
        if problems:
            self._problems[node_id] = problems
        else:
            self._problems.pop(node_id, None)

    def _input_outputs(self, node: Node, problems: list[Problem]) -> dict[str, TensorType]:
        own, given = input_type(node.params), self.given.get(node.id)
        if own is not None and given is not None and own != given:
            problems.append(
                self.problem(
                    node,
                    None,
                    f"{own} as its own shape says",
                    f"{given} where the network is used",
                    "Clear the shape, so that it follows the data, or change the data.",
                    ("unset:shape",),
                )
            )
        found = own or given
        if found is None:
            problems.append(
                self.problem(
                    node,
                    None,
                    "a shape",
                    "none",
                    "Wire this network into the training graph, or set the shape of one example.",
                )
            )
        return {} if found is None else {"output": found}

    def _evaluate(
        self,
        node: Node,
        kind: Kind,
        arriving: Mapping[str, TensorType],
        problems: list[Problem],
        resolve: Resolve | None,
    ) -> Mapping[str, TensorType]:
        ports = kind.ports(node.params, self.project)
        tensors = [port for port in ports.inputs if port.carries == "tensor"]
        if any(port.name not in arriving and not port.optional for port in tensors) or any(
            port.name in self.network.wires_in(node.id) and port.name not in arriving
            for port in tensors
        ):
            self.results.pop(node.id, None)  # something upstream is not known yet
            self.adopt(node.id, ())
            return {}
        result: Result | None
        if node.kind == "Block":
            result = resolve(self, node, arriving) if resolve else None
        else:
            try:
                result = evaluate(kind, self.evaluated(node.params), arriving)
            except DocumentError as error:
                result = Result(error=_no_value(node, error))
        if result is None:
            self.results.pop(node.id, None)
            return {}
        self.results[node.id] = result
        if result.error is not None:
            problems.append(self._input_problem(node, result.error))
        return result.outputs

    def _input_problem(self, node: Node, error: InputError) -> Problem:
        return self.problem(
            node, error.port or None, error.expected, error.received, error.mend, error.fixes
        )

    def problem(
        self,
        node: Node,
        port: str | None,
        expected: str,
        received: str,
        mend: str,
        remedies: tuple[str, ...] = (),
        severity: str = "error",
    ) -> Problem:
        """Return a problem of a node of this graph; `remedies` are names known to graph.fixes."""

        def find() -> tuple[Fix, ...]:
            return fixes_for(self, node.id, port, remedies)

        return Problem(
            "error" if severity == "error" else "warning",
            self.network.name,
            node.id,
            port,
            node.label,
            expected,
            received,
            mend,
            find,
        )

    # -- the graph as a whole ---------------------------------------------------------------------

    def _sort(self) -> None:
        """Sort the nodes topologically; nodes on cycles come last."""
        graph = self.network.graph
        waiting = {n: d for n, d in graph.in_degree() if d}
        ready = [n for n in graph if n not in waiting]
        order: list[str] = []
        while ready:
            node_id = ready.pop()
            order.append(node_id)
            for _, target in graph.out_edges(node_id):
                waiting[target] -= 1
                if not waiting[target]:
                    del waiting[target]
                    ready.append(target)
        self._order = {node_id: i for i, node_id in enumerate([*order, *waiting])}
        self._order_stale = False
        self._find_loops(nx.DiGraph(graph.subgraph(waiting)))

    def _find_loops(self, rest: nx.DiGraph) -> None:
        """Note the cycles among the nodes of `rest`; nodes that left one are looked at again."""
        before, self._cyclic, self._loops = self._cyclic, set(), []
        for part in nx.strongly_connected_components(rest):
            first = min(part, key=self._order.__getitem__)
            if len(part) > 1 or rest.has_edge(first, first):
                cycle = nx.find_cycle(rest.subgraph(part), first)
                self._loops.append([source for source, _ in cycle])
                self._cyclic |= part
        self._loops.sort(key=lambda loop: self._order[loop[0]])
        self._dirty |= {n for n in before ^ self._cyclic if n in self.network}

    def _check_graph(self) -> set[str]:
        """Renew the problems that only the whole graph shows; return the nodes concerned."""
        before = set(self._graph_problems)
        self._graph_problems = [*self._loop_problems(), *self._end_problems()]
        concerned = before.symmetric_difference(self._graph_problems)
        return {p.node for p in concerned if p.node is not None and p.node in self.network}

    def _loop_problems(self) -> list[Problem]:
        found = []
        for loop in self._loops:
            node = self.network.node(loop[0])
            path = " -> ".join(self.network.node(n).label for n in [*loop, loop[0]])
            found.append(
                self.problem(
                    node,
                    None,
                    "a graph without cycles",
                    f"the cycle {path}",
                    "Remove one of its wires.",
                    tuple(
                        f"cut:{json.dumps(ends)}"
                        for ends in zip(loop, [*loop[1:], loop[0]], strict=True)
                    ),
                )
            )
        return found

    def _end_problems(self) -> list[Problem]:
        if self.network.is_training:
            return []
        outputs = [node.id for node in self.network if node.kind == "Output"]
        if not outputs:
            return [
                Problem(
                    "error",
                    self.network.name,
                    None,
                    None,
                    self.network.name,
                    "at least one Output node",
                    "none",
                    "Add an Output and wire the last layer to it.",
                )
            ]
        useful = set(outputs)
        stack = list(outputs)
        while stack:
            for source in self.network.graph.predecessors(stack.pop()):
                if source not in useful:
                    useful.add(source)
                    stack.append(source)
        return [
            self.problem(
                node,
                None,
                "something that uses its output",
                "nothing",
                "Wire it on to an Output, or remove it; it is left out of the code.",
                ("remove",),
                "warning",
            )
            for node in self.network
            if node.id not in useful and not self.network.graph.out_degree(node.id)
        ]


def _same(one: object, other: object) -> bool:
    return one == other and type(one) is type(other)


def _no_value(node: Node, error: DocumentError) -> InputError:
    """Return the problem of an expression that has no value here."""
    expected = "expressions that have a value"
    return InputError("", expected, str(error).rstrip("."), f"Correct {node.label!r}.")
