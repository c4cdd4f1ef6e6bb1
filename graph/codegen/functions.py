"""What the functions of a training graph are written with: names, objects, statements."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import networkx as nx

from graph.analysis import Analysis
from graph.catalog.entry import Kind, Pattern
from graph.catalog.monitors import MonitorKind
from graph.catalog.optimizers import OptimizerKind, SchedulerKind
from graph.catalog.structure import NetworkKind, input_ports, output_ports
from graph.catalog.training import EMAKind, NoiseKind
from graph.codegen.body import Body, Value, ordered
from graph.codegen.names import SCRIPT_NAMES, Names, defined_names, kind_name, snake_case
from graph.codegen.parts import AverageCode, FunctionCode
from graph.codegen.source import Writer
from graph.document import TRAINING, Network, Node, Project
from graph.errors import GenerateError
from graph.uses import data_behind, network_of, reached_networks, unwired_batch, used_networks

__all__ = ["FunctionWriter", "definitions_of", "number", "write_definitions"]

#: Kinds that are written as part of the statement that uses them, where there is only one.
_INSIDE = frozenset({"detach", "ones_like", "zeros_like"})

#: Families of the nodes that a training leads to.
_ENDS = frozenset({"optimizer", "scheduler", "loss", "metric"})


class FunctionWriter:
    """Names everything in a training graph, and writes functions that compute parts of it."""

    def __init__(self, project: Project, analysis: Analysis) -> None:
        self.project = project
        self.analysis = analysis
        self.graph: Network = project.training
        families = {node.id: self.graph.kind(node.id).family for node in self.graph}
        every = ordered(self.graph, list(families))
        self.nodes = self._behind(every, [n for n in every if families[n.id] in _ENDS])
        self.monitors = [n for n in every if self._shows(n)]
        self.watched = self._behind(every, self.monitors)
        self.optimizers = sorted(
            (n for n in self.nodes if families[n.id] == "optimizer"), key=_by_place
        )
        self.schedules = [n for n in self.nodes if families[n.id] == "scheduler"]
        self.metrics = [n for n in self.nodes if families[n.id] == "metric"]
        self.losses = [n for n in self.nodes if families[n.id] == "loss"]
        self.definitions = definitions_of(self.graph.kind(node.id) for node in self.nodes)
        shown = definitions_of(self.graph.kind(node.id) for node in self.watched)
        self.defined = defined_names({*self.definitions, *shown})
        self.names = Names(SCRIPT_NAMES | self.defined)
        self.networks = tuple(used_networks(project))
        self.variables = {name: self.names.unique(name, "network") for name in self.networks}
        self.columns = {
            port.name: self.names.unique(port.name, "column") for port in project.data.ports
        }
        self.averages = self._name_averages()
        self.modules = self._name_modules()
        self.loss_names = self._name_losses()

    def _behind(self, nodes: list[Node], ends: Iterable[Node]) -> list[Node]:
        """Return those among `nodes` that are or lead to an end."""
        part: set[str] = set()
        for node in ends:
            part |= {node.id, *nx.ancestors(self.graph.graph, node.id)}
        return [node for node in nodes if node.id in part]

    def _shows(self, node: Node) -> bool:
        """Whether a node is a monitor that has all the wires it needs."""
        wired = self.graph.wires_in(node.id)
        ports = self.graph.ports(node.id).inputs
        is_monitor = isinstance(self.graph.kind(node.id), MonitorKind)
        return is_monitor and all(port.name in wired or port.optional for port in ports)

    def _name_averages(self) -> dict[tuple[str, float], AverageCode]:
        """Return the averages by network and decay, in which the nodes of one share weights."""
        found: dict[tuple[str, float], AverageCode] = {}
        for node in self.graph:
            kind, name = self.graph.kind(node.id), network_of(self.project, node)
            if not isinstance(kind, EMAKind) or name is None:
                continue
            args = self.analysis.args(TRAINING, node.id)
            key = (name, _decay(args))
            known = found.get(key)
            variable = known.name if known else self._average_name(node, name)
            frozen = not args["stop_gradient"] or (known is not None and known.frozen)
            made = kind.construct_average(args)
            found[key] = AverageCode(variable, name, made, frozen)
        return found

    def _average_name(self, node: Node, network: str) -> str:
        return self.names.unique(snake_case(node.title) or f"ema_{self.variables[network]}")

    def _average_of(self, node: Node) -> AverageCode:
        args = self.analysis.args(TRAINING, node.id)
        return self.averages[str(args["network"]), _decay(args)]

    def _name_modules(self) -> dict[str, str]:
        """Return the name of the object of each node that has one: a loss, a metric, a module."""
        found: dict[str, str] = {}
        losses: dict[str, str] = {}
        trained = {node.id for node in self.nodes}
        for node in [*self.nodes, *(n for n in self.watched if n.id not in trained)]:
            kind = self.graph.kind(node.id)
            if isinstance(kind, OptimizerKind | SchedulerKind):
                continue
            made = kind.construct(self.analysis.args(TRAINING, node.id))
            if made is None:
                continue
            if kind.family == "loss" and made in losses:  # it has no state: one serves them all
                found[node.id] = losses[made]
                continue
            wish = kind_name(node.kind)
            if kind.family == "metric" and node.title:
                wish = node.title
            found[node.id] = self.names.unique(wish, "module")
            if kind.family == "loss":
                losses[made] = found[node.id]
        return found

    def _name_losses(self) -> dict[Value, str]:
        """Return the reported name of each loss and objective."""
        taken = {*self.modules.values(), *self.columns.values(), *self.variables.values()}
        scope = Names(taken | {average.name for average in self.averages.values()})
        objectives = [self.objective(node) for node in self.optimizers]
        values = [*objectives, *(self._loss_value(node) for node in self.losses)]
        found: dict[Value, str] = {}
        for value in dict.fromkeys(values):
            node = self.graph.node(value[0])
            fallback = kind_name(node.kind)
            if value in objectives:
                alone = len(self.optimizers) > 1 and objectives.count(value) == 1
                step = self.step_name(self.optimizers[objectives.index(value)])
                fallback = f"{step}_loss" if alone else "loss"
            found[value] = scope.unique(snake_case(node.title) or fallback, "loss")
        return found

    def step_name(self, optimizer: Node) -> str:
        """Return what a step is called among several: by its title, or the network it updates."""
        updated = self.updated(optimizer)
        by_network = self.variables[updated[0]] if len(updated) == 1 else ""
        return snake_case(optimizer.title) or by_network or snake_case(optimizer.kind)

    def updated(self, optimizer: Node) -> list[str]:
        """Return the networks whose weights an optimizer updates."""
        named = self.analysis.args(TRAINING, optimizer.id).get("networks")
        if isinstance(named, tuple) and named:
            return [str(name) for name in named]
        return reached_networks(self.project, self.objective(optimizer)[0])

    def _loss_value(self, node: Node) -> Value:
        return node.id, self.graph.ports(node.id).outputs[-1].name

    def objective(self, optimizer: Node) -> Value:
        """Return the value that an optimizer minimises."""
        wire = self.graph.wires_in(optimizer.id).get("loss")
        if wire is None:
            raise GenerateError(f"Nothing is wired to the loss of {optimizer.label!r}.")
        return wire.source, wire.source_port

    # -- functions ------------------------------------------------------------------------------

    def begin_function(
        self, out: Writer, function: str, nodes: list[Node], losses: tuple[str, ...]
    ) -> tuple[FunctionCode, Body]:
        """Write the ``def`` of a function that computes nodes; return what its body goes on with.

        Where something takes its batch from the data for want of a wire, that is a column that the
        function gets anyway, or the first there is.
        """
        unwired = {
            (node.id, port): "" for node in nodes if (port := unwired_batch(self.graph, node))
        }
        columns = data_behind(self.project, [node.id for node in nodes])
        columns = columns or (list(self.columns)[:1] if unwired else [])
        called = {network_of(self.project, node) for node in nodes if not self._is_average(node)}
        networks = [name for name in self.networks if name in called]
        averages = [self._average_of(node).name for node in nodes if self._is_average(node)]
        taken = {*self.variables.values(), *self.columns.values(), *self.modules.values()}
        names = Names(taken | set(averages) | self.defined)
        body = Body(self.graph, self.analysis, names)
        body.unwired = dict.fromkeys(unwired, self.columns[columns[0]])
        body.count_uses(node.id for node in nodes)
        for node in nodes:
            if node.kind == "Data":
                body.values.update({(node.id, port): self.columns[port] for port in columns})
        code = FunctionCode(
            function, losses, tuple(networks), tuple(dict.fromkeys(averages)), tuple(columns)
        )
        arguments = [
            *(f"{self.variables[name]}: nn.Module" for name in code.networks),
            *(f"{name}: nn.Module" for name in code.averages),
            *(f"{self.columns[port]}: Tensor" for port in code.columns),
        ]
        out.line()
        out.line()
        returned = " -> dict[str, Tensor]:"
        out.statement(f"def {function}", f"({', '.join(arguments)})", 0, after=returned)
        return code, body

    def _is_average(self, node: Node) -> bool:
        return isinstance(self.graph.kind(node.id), EMAKind)

    def write_node(self, out: Writer, body: Body, node: Node) -> None:
        kind = self.graph.kind(node.id)
        if node.kind == "Data":
            return
        if isinstance(kind, NetworkKind):
            self._write_use(out, body, node)
            return
        if self._may_stand_inside(body, node):
            self._write_inside(body, node)
            return
        outputs, wishes = self.graph.ports(node.id).outputs, {}
        fallback = "noise" if isinstance(kind, NoiseKind) else ""
        if len(outputs) == 1:
            wishes[outputs[0].name] = snake_case(node.title) or fallback
        for (node_id, port), name in self.loss_names.items():
            if node_id == node.id:
                wishes[port] = name
        module = self.modules.get(node.id, "")
        if kind.takes_network:
            module = self.variables[str(node.params.get("network"))]
        body.write(out, node, module, 1, wishes)

    def _may_stand_inside(self, body: Body, node: Node) -> bool:
        """Whether a value is written where it is used, as in ``discriminator(fake.detach())``."""
        value = (node.id, "output")
        once = body.left.get(value) == 1 and value not in body.kept
        return node.kind in _INSIDE and not node.title and once

    def _write_inside(self, body: Body, node: Node) -> None:
        """Have the one that uses the value of a node write it."""
        kind, args = self.graph.kind(node.id), self.analysis.args(TRAINING, node.id)
        call = kind.call("", body.inputs(node), args, body.wanted(node))
        for wire in self.graph.wires_in(node.id).values():
            body.kept.add((wire.source, wire.source_port))  # its name must last until then
        body.use_up(node)
        body.values[(node.id, "output")] = call.expression

    def _write_use(self, out: Writer, body: Body, node: Node) -> None:
        name = str(node.params.get("network"))
        network = self.project.networks[name]
        inputs = body.inputs(node)
        given = ", ".join(inputs[port] for port in input_ports(network) if port in inputs)
        ports = list(output_ports(network))
        pattern: Pattern = ports[0] if len(ports) == 1 else tuple(ports)
        average = self._average_of(node) if self._is_average(node) else None
        variable = average.name if average else self.variables[name]
        wishes = {
            port: port if snake_case(port) != "output" else f"{variable}_output" for port in ports
        }
        if own := snake_case(node.title):
            wishes = {port: own if len(ports) == 1 else f"{own}_{port}" for port in ports}
        body.use_up(node)
        target = body.targets(node, pattern, wishes)
        comment = body.shape_comment(node, ports[0]) if len(ports) == 1 else ""
        before, indent = "" if target == "_" else f"{target} = ", 1
        if average and self.graph.kind(node.id).blocks_gradient(node.params):
            out.line("with torch.no_grad():", indent, (TRAINING, node.id))
            indent += 1
        out.statement(before, f"{variable}({given})", indent, (TRAINING, node.id), comment)


def definitions_of(kinds: Iterable[Kind]) -> tuple[str, ...]:
    """Return the source of what the code of some kinds calls, each piece once."""
    return tuple(dict.fromkeys(text for kind in kinds for text in kind.definitions))


def write_definitions(out: Writer, definitions: Iterable[str]) -> None:
    """Write pieces of source one below the other."""
    for i, definition in enumerate(definitions):
        if i:
            out.line()
            out.line()
        out.block(definition)


def _decay(args: Mapping[str, object]) -> float:
    return number(args.get("decay")) or 0.0


def _by_place(node: Node) -> tuple[float, float, str]:
    return (*node.position, node.id)


def number(value: object) -> float | None:
    """Return an argument that is a number as a float, and None for any other."""
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
