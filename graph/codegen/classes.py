"""What the constructors of network classes take, found from all places where a network stands.

The arguments that a network declares become arguments of its class. So do sizes that a layer
infers from what arrives, where they differ between the places: ``in_channels``. A size that
follows from a declared argument is written as that, ``channels * 2``, which is found out by trying
other values of the argument.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import networkx as nx

from graph.analysis import Analysis
from graph.blocks import given_arguments, innermost_first, root_networks
from graph.catalog.structure import input_ports, output_ports
from graph.catalog.writing import literal
from graph.codegen.names import Names, class_name, defined_names, kind_name, snake_case
from graph.dims import TensorType
from graph.document import Network, Node, Project, Value
from graph.errors import DocumentError, GenerateError
from graph.expressions import Argument, Expression, Scalar, expressions_in, written
from graph.flow import Flow
from graph.instances import Instances
from graph.uses import used_networks

__all__ = ["ClassDesign", "Designs", "Parameter", "design_classes", "needed_nodes"]


def needed_nodes(network: Network) -> set[str]:
    """Return the nodes that its outputs depend on, and its inputs."""
    needed = set(output_ports(network).values())
    for node_id in list(needed):
        needed |= nx.ancestors(network.graph, node_id)
    return needed | set(input_ports(network).values())


@dataclass(frozen=True)
class Slot:
    """An inferred size: an argument of a layer, or a size that a block's class takes."""

    node: str
    name: str = ""
    #: Which number of it, where it is a tuple.
    index: int | None = None
    #: Of a block: the repetition, and what the class of its network takes.
    repetition: int = 0
    inner: Parameter | None = None

    def value(self, flow: Flow) -> Any:
        """Return the size in one place where the network stands, or None where it is unknown."""
        if self.inner is not None and self.inner.slot is not None:
            children = flow.children.get(self.node, ())
            if self.repetition >= len(children):
                return None
            return self.inner.slot.value(children[self.repetition])
        result = flow.results.get(self.node)
        value = None if result is None else result.args.get(self.name)
        if self.index is None:
            return value
        return value[self.index] if isinstance(value, tuple) else None


@dataclass(frozen=True)
class Parameter:
    """An argument of a class's constructor."""

    name: str
    type: str
    #: Source; "": it has none.
    default: str = ""
    #: The argument that the network declares, or the size that it stands for.
    argument: Argument | None = None
    slot: Slot | None = None

    @property
    def text(self) -> str:
        """It as it stands in the signature."""
        return f"{self.name}: {self.type}" + (f" = {self.default}" if self.default else "")


@dataclass
class ClassDesign:
    """How the class of one network is made: what its constructor takes, and passes on."""

    network: Network
    #: What is known in each place where the network stands, the first place first.
    flows: list[Flow]
    parameters: list[Parameter] = field(default_factory=list)
    #: What the declared arguments are called in the code.
    names: dict[str, str] = field(default_factory=dict)
    #: Sizes that are no literals, by node and argument: expressions, or tuples with some.
    sizes: dict[tuple[str, str], Value] = field(default_factory=dict)
    #: Of a block, by repetition: the sizes that its class takes, in the order of its parameters.
    passed: dict[str, list[tuple[Value, ...]]] = field(default_factory=dict)

    @property
    def class_name(self) -> str:
        """The name of the class."""
        return class_name(self.network.name)

    def args(self, node: Node, scope: str = "") -> dict[str, Value]:
        """Return the arguments of a node as they are to be written.

        With ``self.`` as `scope` they are read from attributes, as code in ``forward`` must.
        """
        names = {name: scope + code for name, code in self.names.items()}
        names |= {p.name: scope + p.name for p in self.parameters if p.slot is not None}
        result = self.flows[0].results.get(node.id)
        found = dict(result.args) if result is not None else {}
        for name, value in found.items():
            source = node.params.get(name, self.sizes.get((node.id, name), value))
            found[name] = _written(source, value, names)
        return found

    def code_of(self, value: Value) -> str:
        """Return the source of a value in the constructor."""
        if isinstance(value, Expression):
            return value.code(self.names)
        return literal(value)

    def type_of(self, node_id: str, port: str) -> TensorType | None:
        """Return what a port gives or takes, where that is the same wherever the network stands."""
        found = {_type_at(flow, node_id, port) for flow in self.flows}
        return found.pop() if len(found) == 1 else None


def _type_at(flow: Flow, node_id: str, port: str) -> TensorType | None:
    return flow.types.get((node_id, port)) or flow.arriving(node_id).get(port)


def _written(source: Value, value: Value, names: Mapping[str, str]) -> Value:
    """Return `value` so that it is written as the expressions in `source`."""
    if isinstance(source, Expression):
        if value is None or isinstance(value, tuple | Expression):
            return value
        return written(value, source.code(names))
    if isinstance(source, tuple) and isinstance(value, tuple) and len(source) == len(value):
        return tuple(_written(s, v, names) for s, v in zip(source, value, strict=True))
    return value


Designs = Mapping[str, ClassDesign]


def design_classes(project: Project, analysis: Analysis, also: Iterable[str] = ()) -> Designs:
    """Return the designs of all networks that a program needs, by name, innermost first.

    The program is what the training graph uses, or all networks where it uses none; `also` names
    networks to have besides.
    """
    roots = used_networks(project)
    training = analysis.flow(project.training.name)
    flows = [f for node in project.training for f in training.children.get(node.id, ())]
    if not roots:
        roots = root_networks(project)
    flows += [analysis.flow(name) for name in [*roots, *also]]
    found: dict[str, list[Flow]] = {}
    for flow in flows:
        _collect(flow, found)
    for name, places in found.items():
        first = analysis.flow(name)
        places.sort(key=lambda flow, first=first: flow is not first)  # type: ignore[misc]
    probing = Instances(project)
    try:
        designs: dict[str, ClassDesign] = {}
        for name in innermost_first(project, found):
            designer = _Designer(project.networks[name], found, designs, probing)
            designs[name] = designer.design(name in roots or not _placed(project, name, found))
    finally:
        probing.close()
    return designs


def _collect(flow: Flow, found: dict[str, list[Flow]]) -> None:
    """Add a flow and all inside it, by the names of their networks."""
    places = found.setdefault(flow.network.name, [])
    if flow in places:
        return
    places.append(flow)
    needed = needed_nodes(flow.network)
    for node_id, children in flow.children.items():
        if node_id in needed:
            for child in dict.fromkeys(children):
                _collect(child, found)


def _placed(project: Project, name: str, among: Iterable[str]) -> list[Node]:
    """Return the blocks that stand for a network in others."""
    return [
        node
        for outer in among
        for node in project.networks[outer].by_kind("Block")
        if node.params.get("network") == name
    ]


class _Designer:
    """Finds the design of one network, when those of the networks in it are known."""

    def __init__(
        self,
        network: Network,
        flows: Mapping[str, list[Flow]],
        designs: Designs,
        probing: Instances,
    ) -> None:
        self.network = network
        self.flows = flows[network.name]
        self.inner = designs
        self.probing = probing
        assert network.project is not None
        self.placed = _placed(network.project, network.name, flows)
        self.result = ClassDesign(network, self.flows)
        kinds = dict.fromkeys(network.kind(node.id) for node in network)
        self.taken = Names(defined_names(d for kind in kinds for d in kind.definitions))
        self.sizes: list[tuple[Parameter, list[Any]]] = []
        self.probes: dict[str, dict[int, Flow]] | None = None

    def design(self, is_root: bool) -> ClassDesign:
        """Return the design; the class of a root can be made without any arguments."""
        result, network = self.result, self.network
        result.names = {a.name: self.taken.unique(a.name, "argument") for a in network.arguments}
        needed = needed_nodes(network)
        for node in sorted(network, key=lambda n: (n.position, n.id)):
            if node.id in needed and node.kind == "Block":
                self._design_block(node)
            elif node.id in needed:
                self._design_layer(node)
        declared = [self._declared(a, is_root) for a in network.arguments]
        sizes = [p if not is_root else self._with_default(p) for p, _ in self.sizes]
        result.parameters = sorted([*sizes, *declared], key=lambda p: bool(p.default))
        return result

    def _declared(self, argument: Argument, is_root: bool) -> Parameter:
        """Return a declared argument; it has no default where every block gives a value."""
        given = all(argument.name in given_arguments(node) for node in self.placed)
        default = "" if given and self.placed and not is_root else literal(argument.default)
        return Parameter(self.result.names[argument.name], argument.type, default, argument)

    def _with_default(self, parameter: Parameter) -> Parameter:
        value = parameter.slot.value(self.flows[0]) if parameter.slot else None
        return Parameter(
            parameter.name, parameter.type, literal(value), parameter.argument, parameter.slot
        )

    # -- sizes ----------------------------------------------------------------------------------

    def _design_layer(self, node: Node) -> None:
        kind = self.network.kind(node.id)
        for param in kind.params:
            if param.name in node.params or not (param.inferred or param.infer):
                continue
            values = self._values(Slot(node.id, param.name))
            if not values:
                continue
            if isinstance(values[0], tuple):
                if any(not isinstance(v, tuple) or len(v) != len(values[0]) for v in values):
                    raise self._refusal(node, param.name, values)
                slots = [Slot(node.id, param.name, i) for i in range(len(values[0]))]
                found: Value = tuple(self._fitted(node, slot) for slot in slots)
            else:
                found = self._fitted(node, Slot(node.id, param.name))
            if any(expressions_in(found)):
                self.result.sizes[node.id, param.name] = found

    def _design_block(self, node: Node) -> None:
        """Find what the class of a block's network is given, for each repetition."""
        inner = self.inner.get(str(node.params.get("network")))
        if inner is None:
            return
        sizes = [p for p in inner.parameters if p.slot is not None]
        counts = [len(flow.children[node.id]) for flow in self.flows if node.id in flow.children]
        passed: list[tuple[Value, ...]] = []
        for number in range(min(counts, default=0)):
            if number and all(_steady(flow, node.id, number) for flow in self.flows):
                passed += [passed[-1]] * (min(counts) - number)
                break
            slots = [Slot(node.id, p.name, None, number, p) for p in sizes]
            passed.append(tuple(self._fitted(node, slot) for slot in slots))
        if len(set(counts)) > 1:
            self._check_rest(node, sizes, min(counts))
        self.result.passed[node.id] = passed

    def _check_rest(self, node: Node, sizes: Sequence[Parameter], first: int) -> None:
        """Raise GenerateError where repetitions of which there are more elsewhere differ."""
        for flow in self.flows:
            children = flow.children.get(node.id, ())
            for p in sizes:
                last = Slot(node.id, p.name, None, first - 1, p).value(flow)
                for number in range(first, len(children)):
                    value = Slot(node.id, p.name, None, number, p).value(flow)
                    if value != last:
                        raise self._refusal(node, p.name, [last, value])

    def _refusal(self, node: Node, name: str, values: Sequence[Any]) -> GenerateError:
        shown = " and ".join(map(str, dict.fromkeys(values)))
        return GenerateError(
            f"{node.label[:80]!r} in {self.network.name!r} would need {name} to be {shown[:80]}, "
            "and no expression says which when. Give it the same sizes in each place, or a number "
            "of repetitions that is the same."
        )

    def _values(self, slot: Slot) -> list[Any]:
        found = [slot.value(flow) for flow in self.flows]
        return [value for value in found if value is not None]

    def _fitted(self, node: Node, slot: Slot) -> Value:
        """Return a size: a literal, an expression of arguments, or a new argument of the class."""
        values = [slot.value(flow) for flow in self.flows]
        known = [value for value in values if value is not None]
        if not known:
            return None
        expression = self._by_arguments(slot, values)
        if expression is not None:
            return expression
        if all(value == known[0] for value in known):
            return known[0]  # type: ignore[no-any-return]
        for parameter, others in self.sizes:
            if others == values:
                return Expression(parameter.name)
        wish = slot.name
        if wish in self.taken:
            wish = f"{snake_case(node.title) or kind_name(node.kind)}_{slot.name}"
        name = self.taken.unique(wish, "size")
        self.sizes.append((Parameter(name, type(known[0]).__name__, slot=slot), values))
        return Expression(name)

    # -- expressions ------------------------------------------------------------------------------

    def _by_arguments(self, slot: Slot, values: Sequence[Any]) -> Expression | None:
        """Return the expression of the network's arguments that a size follows, or None."""
        base = slot.value(self.flows[0])
        if not isinstance(base, int) or isinstance(base, bool):
            return None
        arguments = self.flows[0].arguments
        moved: dict[str, dict[int, int]] = {}
        for name, flows in self._probed().items():
            found = {tried: slot.value(flow) for tried, flow in flows.items()}
            found = {tried: value for tried, value in found.items() if value is not None}
            if len(found) > 1 and any(value != base for value in found.values()):
                moved[name] = found
        for text in _candidates(base, arguments, moved):
            expression = Expression(text)
            if all(
                value is None or _value(expression, flow.arguments) == value
                for flow, value in zip(self.flows, values, strict=True)
            ):
                return expression
        return None

    def _probed(self) -> dict[str, dict[int, Flow]]:
        """Return what is known for other values of each whole number among the arguments.

        Several are tried, as some may not be possible: a number of heads divides a size.
        """
        if self.probes is None:
            self.probes = {}
            first = self.flows[0]
            for argument in self.network.arguments:
                value = first.arguments.get(argument.name)
                if argument.type == "int" and isinstance(value, int) and value > 0:
                    tried = [2 * value, 3 * value, 4 * value, value // 2, value + 1]
                    self.probes[argument.name] = {
                        other: self.probing.probe(
                            self.network, first.given, {**first.arguments, argument.name: other}
                        )
                        for other in dict.fromkeys(tried)
                        if other not in (0, value)
                    }
        return self.probes


def _steady(flow: Flow, node_id: str, number: int) -> bool:
    """Whether a repetition, and all after it, is sent what the one before is sent."""
    children = flow.children.get(node_id, ())
    return all(child is children[number - 1] for child in children[number:])


def _value(expression: Expression, arguments: Mapping[str, Scalar]) -> Scalar | None:
    try:
        return expression.evaluate(arguments)
    except DocumentError:
        return None


def _candidates(
    base: int, arguments: Mapping[str, Scalar], moved: Mapping[str, Mapping[int, int]]
) -> Iterator[str]:
    """Yield expressions that give `base` now, and what was seen for other arguments.

    `moved` holds, by the name of an argument, the size for each other value of it.
    """
    product = 1
    for name, seen in moved.items():
        value = arguments[name]
        assert isinstance(value, int)
        product *= value
        other, size = next(iter(seen.items()))
        slope = Fraction(size - base, other - value)
        rest = base - slope * value
        if any(v != slope * other + rest for other, v in seen.items()):
            return
        if len(moved) == 1 and slope.denominator == 1:
            yield _line(name, int(slope), int(rest))
        elif len(moved) == 1 and not rest:
            yield f"{name} // {slope.denominator}"
        elif rest:
            return
    if len(moved) > 1 and base % product == 0:
        text = " * ".join(moved)
        yield text if base == product else f"{text} * {base // product}"


def _line(name: str, slope: int, rest: int) -> str:
    """Return ``name * slope + rest``, without what says nothing."""
    text = name if slope == 1 else f"{name} * {slope}"
    return text if not rest else f"{text} {'+' if rest > 0 else '-'} {abs(rest)}"
