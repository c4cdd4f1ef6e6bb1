"""The instances of networks: a flow for each combination of what arrives and of arguments.

A network stands wherever a use in the training graph or a block names it. Places to which the same
is sent share one :class:`~graph.flow.Flow`, so nesting costs no more than there are differences,
and every flow follows the document itself: an edit within a network brings all its instances up to
date, each only downstream of the edit.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from graph.blocks import arguments_of, default_arguments
from graph.catalog.entry import Cost, InputError
from graph.catalog.structure import (
    MOST_REPEATS,
    input_ports,
    network_ports,
    output_ports,
    repeated_inputs,
)
from graph.dims import TensorType
from graph.document import Network, Node, Project
from graph.errors import DocumentError
from graph.expressions import Scalar
from graph.flow import Flow
from graph.shapes import Result

__all__ = ["MOST_LAYERS", "Instances"]

#: Layers of a network with all its blocks written out.
MOST_LAYERS = 50_000

Types = Mapping[str, TensorType]
Key = tuple[object, ...]


class Instances:
    """Finds and keeps the flows through networks."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._flows: dict[Network, dict[Key, Flow]] = {}
        #: The networks that are being worked out, the outermost first.
        self._entered: list[Network] = []

    def close(self) -> None:
        """Stop following all networks; what is known stays."""
        for flows in self._flows.values():
            for flow in flows.values():
                flow.unfollow()

    def of(self, network: Network) -> list[Flow]:
        """Return all flows through a network."""
        return list(self._flows.get(network, {}).values())

    def forget(self, network: Network) -> None:
        """Let go of a network."""
        for flow in self._flows.pop(network, {}).values():
            for user, node_id in list(flow.users):
                user.adopt(node_id, ())
            flow.close()

    def idle(self, network: Network, given: Types) -> Flow:
        """Return the flow through a network that stands nowhere, with the defaults it has."""
        return self._find(network, given, default_arguments(network), (), ())

    def probe(self, network: Network, given: Types, arguments: Mapping[str, Scalar]) -> Flow:
        """Return the flow through a network for this, whether it stands so anywhere or not."""
        flows = self._flows.setdefault(network, {})
        key = _key(given, arguments)
        if key not in flows:
            flows[key] = Flow(network, self.project, given, arguments)
            flows[key].update(self.resolve)
        return flows[key]

    def sweep(self, network: Network) -> None:
        """Let go of flows for which no node stands, but for one where there are no others."""
        flows = self._flows.get(network, {})
        for key, flow in list(flows.items()):
            if not flow.users and len(flows) > 1:
                del flows[key]
                flow.close()

    # -- what a node stands for -----------------------------------------------------------------

    def resolve(self, outer: Flow, node: Node, arriving: Types) -> Result | None:
        """Return what the network gives that a node stands for; None where that is not known.

        Each repetition takes what the one before it gives.
        """
        network = self.project.networks.get(str(node.params.get("network")))
        if network is None or network in self._entered:
            outer.adopt(node.id, ())
            return None
        self._entered.append(network)
        try:
            return self._resolve(network, outer, node, arriving)
        finally:
            self._entered.pop()

    def _resolve(self, network: Network, outer: Flow, node: Node, arriving: Types) -> Result | None:
        try:
            params = outer.evaluated(node.params)
            arguments = arguments_of(network, node, outer.arguments)
        except DocumentError as error:
            outer.adopt(node.id, ())
            received = str(error).rstrip(".")
            return Result(
                error=InputError("", "expressions that have a value", received, "Correct them.")
            )
        repeat = params.get("repeat", 1) if node.kind == "Block" else 1
        if isinstance(repeat, bool) or not isinstance(repeat, int) or repeat not in _REPEATS:
            outer.adopt(node.id, ())
            expected = f"repeat: a whole number from 1 to {MOST_REPEATS}"
            return Result(error=InputError("", expected, repr(repeat), "Correct repeat."))
        inner = list(self._repetitions(outer, node, network, arriving, arguments, repeat))
        outer.adopt(node.id, tuple(inner))
        if sum(flow.unrolled for flow in inner) > MOST_LAYERS:
            outer.adopt(node.id, ())
            expected = f"at most {MOST_LAYERS:,} layers with all blocks written out"
            return Result(error=InputError("", expected, "more", "Repeat it less often."))
        args = outer.network.kind(node.id).resolve(params, {}, self.project)
        outputs = _outputs(inner[-1]) if len(inner) == repeat else {}
        costs = [flow.cost() for flow in inner]
        cost = Cost(sum(c.parameters for c in costs), sum(c.flops for c in costs))
        return Result(args, outputs, cost)

    def _repetitions(
        self,
        outer: Flow,
        node: Node,
        network: Network,
        arriving: Types,
        arguments: Mapping[str, Scalar],
        repeat: int,
    ) -> Iterator[Flow]:
        """Yield the flow of each repetition, as far as what arrives there is known."""
        inputs = input_ports(network)
        given = {inputs[port]: kind for port, kind in arriving.items() if port in inputs}
        into = (repeated_inputs(network_ports(network)) or {}) if repeat > 1 else {}
        before, taken = outer.children.get(node.id, ()), set[Flow]()
        for number in range(repeat):
            old = [
                flow
                for flow in before[number : number + 1]
                if flow.users <= {(outer, node.id)} and flow not in taken
            ]
            flow = self._find(network, given, arguments, old, taken)
            taken.add(flow)
            flow.update(self.resolve)
            yield flow
            outputs = _outputs(flow)
            following = dict(given)
            for port, target in into.items():
                if port not in outputs:
                    return
                following[inputs[target]] = outputs[port]
            if following == given:
                yield from [flow] * (repeat - number - 1)
                return
            given = following

    def _find(
        self,
        network: Network,
        given: Types,
        arguments: Mapping[str, Scalar],
        spare: Sequence[Flow],
        taken: Collection[Flow],
    ) -> Flow:
        """Return the flow for this: the one there is, else one that nobody needs, else a new one.

        One that is sent something else works off only what that changes.
        """
        flows = self._flows.setdefault(network, {})
        key = _key(given, arguments)
        if key in flows:
            return flows[key]
        old = next((f for f in spare if f.network is network), None) or next(
            (f for f in flows.values() if not f.users and f not in taken), None
        )
        if old is None:
            flows[key] = Flow(network, self.project, given, arguments)
            return flows[key]
        del flows[_key(old.given, old.arguments)]
        old.set_given(given)
        old.set_arguments(arguments)
        flows[key] = old
        return old


_REPEATS = range(1, MOST_REPEATS + 1)


def _key(given: Types, arguments: Mapping[str, Scalar]) -> Key:
    named = sorted((name, type(value).__name__, str(value)) for name, value in arguments.items())
    return tuple(sorted(given.items())), tuple(named)


def _outputs(flow: Flow) -> dict[str, TensorType]:
    """Return what a network gives at each of its ports, where it is known."""
    found = {
        port: flow.arriving(node_id).get("input")
        for port, node_id in output_ports(flow.network).items()
    }
    return {port: kind for port, kind in found.items() if kind is not None}
