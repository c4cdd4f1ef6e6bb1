"""A network as one ``nn.Module`` class."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import networkx as nx

from graph.analysis import Analysis
from graph.catalog.structure import input_ports, output_ports
from graph.codegen.body import Body, ordered
from graph.codegen.names import (
    Names,
    attribute_names,
    class_name,
    comment_text,
    defined_names,
    kind_name,
    snake_case,
)
from graph.codegen.source import Writer
from graph.document import Network, Node
from graph.errors import GenerateError

__all__ = ["NetworkCode", "write_network"]


@dataclass
class NetworkCode:
    """A network's class, and where in a module of that class each node's layer is found."""

    class_name: str
    writer: Writer
    #: By node id the path of its layer in the module, such as ``features.3``.
    paths: dict[str, str] = field(default_factory=dict)
    #: Source of the classes and functions that it calls.
    definitions: tuple[str, ...] = ()


def write_network(network: Network, analysis: Analysis) -> NetworkCode:
    """Return the class of a network.

    Raises
    ------
    GenerateError
        If the network has no Output, or has errors that leave it without code.
    """
    return _NetworkWriter(network, analysis).write()


class _NetworkWriter:
    def __init__(self, network: Network, analysis: Analysis) -> None:
        self.network = network
        self.analysis = analysis
        outputs = output_ports(network)
        if not outputs:
            raise GenerateError(f"The network {network.name!r} has no Output; add one.")
        useful = set(outputs.values())
        for node_id in outputs.values():
            useful |= nx.ancestors(network.graph, node_id)
        useful |= set(input_ports(network).values())
        self.nodes = ordered(network, useful)
        self.inner = [node for node in self.nodes if node.kind not in ("Input", "Output")]
        self._check()
        kinds = dict.fromkeys(network.kind(node.id) for node in self.inner)
        definitions = tuple(dict.fromkeys(d for k in kinds for d in k.definitions))
        self.names = Names(defined_names(definitions))
        self.arguments = {
            node_id: self.names.unique(network.node(node_id).title or "x", "x")
            for node_id in input_ports(network).values()
        }
        self.runs = _runs(network, self.inner)
        self.code = NetworkCode(class_name(network.name), Writer(), definitions=definitions)

    def _check(self) -> None:
        for node in self.nodes:
            errors = [
                problem
                for problem in self.analysis.problems_of(self.network.name, node.id)
                if problem.severity == "error"
            ]
            if errors:
                raise GenerateError(f"{node.label[:80]} {errors[0].message}")

    def write(self) -> NetworkCode:
        attributes = self._name_modules()
        out = self.code.writer
        out.line(f"class {self.code.class_name}(nn.Module):")
        self._docstring()
        if attributes:
            out.line()
            out.line("def __init__(self) -> None:", 1)
            out.line("super().__init__()", 2)
            for run, name in attributes:
                self._write_module(run, name)
        out.line()
        self._write_forward(
            {run[-1].id: name for run, name in attributes},
            {node.id for run in self.runs for node in run[:-1]},
        )
        return self.code

    # -- __init__ -----------------------------------------------------------------------------

    def _name_modules(self) -> list[tuple[list[Node], str]]:
        """Return each run of modules with the attribute that holds it, in order."""
        with_module = [run for run in self.runs if self._constructor(run[0]) is not None]
        bases = [self._base(run) for run in with_module]
        count, number = Counter(bases), Counter[str]()
        names, taken = Names(attribute_names()), []
        for run, base in zip(with_module, bases, strict=True):
            number[base] += 1
            numbered = f"{base}{number[base]}" if count[base] > 1 and not run[0].title else base
            taken.append((run, names.unique(numbered, "layer")))
        return taken

    def _base(self, run: list[Node]) -> str:
        if run[0].title:
            return snake_case(run[0].title) or kind_name(run[0].kind)
        return "layers" if len(run) > 1 else kind_name(run[0].kind)

    def _constructor(self, node: Node) -> str | None:
        args = self.analysis.args(self.network.name, node.id)
        return self.network.kind(node.id).construct(args)

    def _write_module(self, run: list[Node], name: str) -> None:
        out, network = self.code.writer, self.network.name
        if len(run) == 1:
            self._comment(run[0], 2)
            out.statement(
                f"self.{name} = ", self._constructor(run[0]) or "", 2, (network, run[0].id)
            )
            self.code.paths[run[0].id] = name
            return
        out.line(f"self.{name} = nn.Sequential(", 2, (network, run[0].id))
        for i, node in enumerate(run):
            self._comment(node, 3)
            out.statement("", self._constructor(node) or "", 3, (network, node.id), after=",")
            self.code.paths[node.id] = f"{name}.{i}"
        out.line(")", 2, (network, run[-1].id))

    def _comment(self, node: Node, indent: int) -> None:
        text = comment_text(node.comment, 84 - 4 * indent)
        if text:
            self.code.writer.line(f"# {text}", indent, (self.network.name, node.id))

    # -- forward --------------------------------------------------------------------------------

    def _docstring(self) -> None:
        out = self.code.writer
        parts = []
        for node_id, name in self.arguments.items():
            found = self.analysis.type_of(self.network.name, node_id, "output")
            parts.append(f"{name} {found}" if found else name)
        results = []
        for port, node_id in output_ports(self.network).items():
            found = self.analysis.type_of(self.network.name, node_id, "input")
            name = snake_case(port) or "output"
            results.append(f"{name} {found}" if found else name)
        text = f"From {', '.join(parts)} to {', '.join(results)}." if parts else ""
        text = text or f"Gives {', '.join(results)}."
        if len(text) <= 78:
            out.line(f'"""{text}"""', 1)
            return
        out.line('"""Shapes of what comes in and goes out:', 1)
        out.line()
        for part in parts:
            out.line(f"in   {part}", 1)
        for part in results:
            out.line(f"out  {part}", 1)
        out.line('"""', 1)

    def _write_forward(self, modules: dict[str, str], inside_runs: set[str]) -> None:
        out, network = self.code.writer, self.network
        body = Body(network, self.analysis, self.names)
        body.count_uses(node.id for node in self.nodes)
        body.values.update({(node, "output"): name for node, name in self.arguments.items()})
        arguments = [f"{name}: Tensor" for name in self.arguments.values()]
        outputs = list(output_ports(network).values())
        result = "Tensor" if len(outputs) == 1 else f"tuple[{', '.join(['Tensor'] * len(outputs))}]"
        out.statement(
            "def forward",
            f"(self, {', '.join(arguments)})" if arguments else "(self)",
            1,
            after=f" -> {result}:",
        )
        last = self._inlined_return(body, outputs)
        starts = {run[-1].id: run[0] for run in self.runs}
        for node in self.inner:
            if node.id in inside_runs:
                continue
            module = f"self.{modules[node.id]}" if node.id in modules else ""
            first = starts[node.id]
            if first is not node:
                self._write_run_call(body, node, first, module, last)
            elif node.id == last:
                kind = network.kind(node.id)
                args = self.analysis.args(network.name, node.id)
                call = kind.call(module, body.inputs(node), args, frozenset({"output"}))
                self._forward_comment(node, module)
                out.statement("return ", call.expression, 2, (network.name, node.id))
            else:
                self._forward_comment(node, module)
                body.write(out, node, module, 2, {})
        if last is None:
            self._write_return(body, outputs)

    def _forward_comment(self, node: Node, module: str) -> None:
        if not module:
            self._comment(node, 2)

    def _write_run_call(
        self, body: Body, node: Node, first: Node, module: str, last: str | None
    ) -> None:
        """Write the call of a Sequential: it takes what its first node takes."""
        origin = (self.network.name, node.id)
        given = next(iter(body.inputs(first).values()))
        body.use_up(first)
        if node.id == last:
            self.code.writer.statement("return ", f"{module}({given})", 2, origin)
            return
        port = self.network.ports(node.id).outputs[0].name
        target = body.targets(node, port, {})
        comment = body.shape_comment(node, port)
        self.code.writer.statement(f"{target} = ", f"{module}({given})", 2, origin, comment)

    def _inlined_return(self, body: Body, outputs: list[str]) -> str | None:
        """Return the id of the node whose call can stand in the return statement itself."""
        if len(outputs) != 1 or not self.inner:
            return None
        wire = self.network.wires_in(outputs[0]).get("input")
        if wire is None or wire.source != self.inner[-1].id:
            return None
        ports = self.network.ports(wire.source).outputs
        once = body.left.get((wire.source, wire.source_port)) == 1
        return wire.source if len(ports) == 1 and once else None

    def _write_return(self, body: Body, outputs: list[str]) -> None:
        values: list[str] = []
        for node_id in outputs:
            values.extend(body.inputs(self.network.node(node_id)).values())
        self.code.writer.statement("return ", ", ".join(values), 2)


def _runs(network: Network, nodes: Sequence[Node]) -> list[list[Node]]:
    """Split nodes into straight runs of layers that can stand in one Sequential.

    A node with a title starts a run of its own, so titles divide a network into named parts.
    """
    members = {node.id for node in nodes}
    runs: list[list[Node]] = []
    ends: dict[str, list[Node]] = {}
    for node in nodes:
        previous = _only_source(network, node)
        run = ends.pop(previous, None) if previous in members and not node.title else None
        if run is not None and _plain(network, node) and _plain(network, run[-1]):
            run.append(node)
        else:
            if run is not None:
                ends[previous or ""] = run
            run = [node]
            runs.append(run)
        if len(network.wires_out(node.id)) == 1 and _plain(network, node):
            ends[node.id] = run
    return runs


def _only_source(network: Network, node: Node) -> str:
    wires = list(network.wires_in(node.id).values())
    return wires[0].source if len(wires) == 1 else ""


def _plain(network: Network, node: Node) -> bool:
    """Whether a node is a module of one input and one output, called with nothing else."""
    kind = network.kind(node.id)
    ports = network.ports(node.id)
    if len(network.wires_in(node.id)) != 1 or len(ports.outputs) != 1:
        return False
    if kind.family in ("loss", "metric") or not ports.inputs:
        return False
    first = ports.inputs[0].name
    try:
        call = kind.call(
            "module", {first: "x"}, kind.resolve(node.params, {}), frozenset({"output"})
        )
        return call.expression == "module(x)" and first in network.wires_in(node.id)
    except (KeyError, GenerateError, AssertionError):
        return False
