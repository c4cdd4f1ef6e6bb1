"""A network as one ``nn.Module`` class."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from graph.analysis import Analysis
from graph.catalog.structure import input_ports, output_ports
from graph.codegen.blocks import (
    blocks_text,
    in_a_row,
    is_plain_block,
    makes_several,
    shared_name,
    write_block_call,
)
from graph.codegen.body import Body, ordered
from graph.codegen.classes import ClassDesign, Designs, needed_nodes
from graph.codegen.names import (
    Names,
    attribute_names,
    comment_text,
    defined_names,
    kind_name,
    snake_case,
)
from graph.codegen.source import Writer
from graph.dims import TensorType
from graph.document import Network, Node, Value
from graph.errors import GenerateError

__all__ = ["NetworkCode", "write_network"]


@dataclass
class NetworkCode:
    """A network's class, and where in a module of that class each node's layer is found."""

    class_name: str
    writer: Writer
    #: By node id the path of its layer in the module, such as ``features.3``.
    paths: dict[str, str] = field(default_factory=dict)
    design: ClassDesign | None = None
    #: Source of the classes and functions that it calls.
    definitions: tuple[str, ...] = ()


def write_network(design: ClassDesign, designs: Designs, analysis: Analysis) -> NetworkCode:
    """Return the class of a network, of which `designs` has the blocks.

    Raises
    ------
    GenerateError
        If the network has no Output, or has errors that leave it without code.
    """
    return _NetworkWriter(design, designs, analysis).write()


class _View:
    """What is known of the nodes of a class, for the code of ``forward``."""

    def __init__(self, design: ClassDesign) -> None:
        self._design = design

    def args(self, network: str, node_id: str) -> Mapping[str, Value]:
        return self._design.args(self._design.network.node(node_id), "self.")

    def type_of(self, network: str, node_id: str, port: str) -> TensorType | None:
        return self._design.type_of(node_id, port)


class _NetworkWriter:
    def __init__(self, design: ClassDesign, designs: Designs, analysis: Analysis) -> None:
        self.design = design
        self.designs = designs
        self.network = network = design.network
        self.analysis = analysis
        self.view = _View(design)
        if not output_ports(network):
            raise GenerateError(f"The network {network.name!r} has no Output; add one.")
        self.nodes = ordered(network, needed_nodes(network))
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
        self.code = NetworkCode(design.class_name, Writer(), definitions=definitions, design=design)

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
        forward = self._forward(attributes)
        stored = self._stored(forward.source().text)
        parameters = ", ".join(["self", *(p.text for p in self.design.parameters)])
        if attributes or stored or self.design.parameters:
            out.line()
            out.statement("def __init__", f"({parameters})", 1, after=" -> None:")
            out.line("super().__init__()", 2)
            for name in stored:
                out.line(f"self.{name} = {name}", 2)
            for run, name in attributes:
                if run[0].id not in self.followers:
                    self._write_module(run, name)
        out.line()
        out.extend(forward)
        return self.code

    def _stored(self, forward: str) -> list[str]:
        """Return the arguments of the class that ``forward`` reads from attributes."""
        return [
            p.name
            for p in self.design.parameters
            if re.search(rf"\bself\.{p.name}\b(?!\()", forward)
        ]

    # -- __init__ -----------------------------------------------------------------------------

    def _name_modules(self) -> list[tuple[list[Node], str]]:
        """Return each run of modules with the attribute that holds it, in order.

        Blocks that share their weights have the same attribute; `followers` are those after the
        first.
        """
        with_module = [run for run in self.runs if self._has_module(run[0])]
        firsts: dict[str, list[Node]] = {}
        self.followers: set[str] = set()
        for run in with_module:
            shared = shared_name(run[0])
            if shared and firsts.setdefault(shared, run) is not run:
                self.followers.add(run[0].id)
        leading = [run for run in with_module if run[0].id not in self.followers]
        bases = [self._base(run) for run in leading]
        count, number = Counter(bases), Counter[str]()
        names = Names(attribute_names() | {p.name for p in self.design.parameters})
        taken: dict[str, str] = {}
        for run, base in zip(leading, bases, strict=True):
            number[base] += 1
            numbered = f"{base}{number[base]}" if count[base] > 1 and not run[0].title else base
            taken[run[0].id] = names.unique(numbered, "layer")
        return [
            (run, taken[firsts[shared_name(run[0])][0].id if shared_name(run[0]) else run[0].id])
            for run in with_module
        ]

    def _base(self, run: list[Node]) -> str:
        first = run[0]
        if shared_name(first):
            return snake_case(shared_name(first)) or kind_name(first.kind)
        if first.title:
            return snake_case(first.title) or kind_name(first.kind)
        if len(run) > 1:
            return "layers"
        if first.kind == "Block":
            return snake_case(str(first.params.get("network"))) or "block"
        return kind_name(first.kind)

    def _has_module(self, node: Node) -> bool:
        return node.kind == "Block" or self._constructor(node) is not None

    def _constructor(self, node: Node) -> str | None:
        if node.kind == "Block":
            inner = self.designs[str(node.params.get("network"))]
            return blocks_text(self.design, inner, node)
        return self.network.kind(node.id).construct(self.design.args(node))

    def _write_module(self, run: list[Node], name: str) -> None:
        out, network = self.code.writer, self.network.name
        if len(run) == 1:
            self._comment(out, run[0], 2)
            out.statement(
                f"self.{name} = ", self._constructor(run[0]) or "", 2, (network, run[0].id)
            )
            self.code.paths[run[0].id] = name
            return
        out.line(f"self.{name} = nn.Sequential(", 2, (network, run[0].id))
        for i, node in enumerate(run):
            self._comment(out, node, 3)
            out.statement("", self._constructor(node) or "", 3, (network, node.id), after=",")
            self.code.paths[node.id] = f"{name}.{i}"
        out.line(")", 2, (network, run[-1].id))

    def _comment(self, out: Writer, node: Node, indent: int) -> None:
        text = comment_text(node.comment, 84 - 4 * indent)
        if text:
            out.line(f"# {text}", indent, (self.network.name, node.id))

    # -- forward --------------------------------------------------------------------------------

    def _docstring(self) -> None:
        out = self.code.writer
        parts = []
        for node_id, name in self.arguments.items():
            found = self.design.type_of(node_id, "output")
            parts.append(f"{name} {found}" if found else name)
        results = []
        for port, node_id in output_ports(self.network).items():
            found = self.design.type_of(node_id, "input")
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

    def _forward(self, attributes: list[tuple[list[Node], str]]) -> Writer:
        """Return the method; `attributes` are the runs of modules with what holds them."""
        modules = {run[-1].id: name for run, name in attributes}
        inside_runs = {node.id for run in self.runs for node in run[:-1]}
        out, network = Writer(), self.network
        body = Body(network, self.view, self.names)
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
                self._write_run_call(out, body, node, first, module, last)
            elif node.id == last:
                self._write_last(out, body, node, module)
            elif node.kind == "Block":
                write_block_call(out, body, node, self._inner_network(node), module)
            else:
                self._forward_comment(out, node, module)
                body.write(out, node, module, 2, {})
        if last is None:
            self._write_return(out, body, outputs)
        return out

    def _inner_network(self, node: Node) -> Network:
        return self.designs[str(node.params.get("network"))].network

    def _write_last(self, out: Writer, body: Body, node: Node, module: str) -> None:
        """Write the call whose value is returned."""
        inputs, origin = body.inputs(node), (self.network.name, node.id)
        if node.kind == "Block":
            ports = input_ports(self._inner_network(node))
            given = ", ".join(inputs[port] for port in ports if port in inputs)
            out.statement("return ", f"{module}({given})", 2, origin)
            return
        args = self.view.args(self.network.name, node.id)
        call = self.network.kind(node.id).call(module, inputs, args, frozenset({"output"}))
        self._forward_comment(out, node, module)
        out.statement("return ", call.expression, 2, origin)

    def _forward_comment(self, out: Writer, node: Node, module: str) -> None:
        if not module:
            self._comment(out, node, 2)

    def _write_run_call(
        self, out: Writer, body: Body, node: Node, first: Node, module: str, last: str | None
    ) -> None:
        """Write the call of a Sequential: it takes what its first node takes."""
        origin = (self.network.name, node.id)
        given = next(iter(body.inputs(first).values()))
        body.use_up(first)
        if node.id == last:
            out.statement("return ", f"{module}({given})", 2, origin)
            return
        port = self.network.ports(node.id).outputs[0].name
        target = body.targets(node, port, {}, first.title)
        comment = body.shape_comment(node, port)
        out.statement(f"{target} = ", f"{module}({given})", 2, origin, comment)

    def _inlined_return(self, body: Body, outputs: list[str]) -> str | None:
        """Return the id of the node whose call can stand in the return statement itself."""
        if len(outputs) != 1 or not self.inner:
            return None
        wire = self.network.wires_in(outputs[0]).get("input")
        if wire is None or wire.source != self.inner[-1].id:
            return None
        ports, node = self.network.ports(wire.source).outputs, self.inner[-1]
        if node.kind == "Block" and makes_several(node) and not in_a_row(self.network, node):
            return None  # a loop gives it
        once = body.left.get((wire.source, wire.source_port)) == 1
        return wire.source if len(ports) == 1 and once else None

    def _write_return(self, out: Writer, body: Body, outputs: list[str]) -> None:
        values: list[str] = []
        for node_id in outputs:
            values.extend(body.inputs(self.network.node(node_id)).values())
        out.statement("return ", ", ".join(values), 2)


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
    if node.kind == "Block":
        return is_plain_block(network, node) and bool(network.wires_in(node.id))
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
