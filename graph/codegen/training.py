"""The training graph as functions: one for each optimizer's loss, and one that evaluates."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

import networkx as nx

from graph.analysis import Analysis
from graph.catalog.entry import Kind, Pattern
from graph.catalog.monitors import MonitorKind
from graph.catalog.optimizers import OptimizerKind, SchedulerKind
from graph.catalog.structure import NetworkKind, input_ports, output_ports
from graph.catalog.training import EMAKind, NoiseKind
from graph.codegen.body import Body, Value, ordered
from graph.codegen.names import SCRIPT_NAMES, Names, defined_names, kind_name, snake_case
from graph.codegen.parts import (
    AverageCode,
    FunctionCode,
    MetricCode,
    MonitorCode,
    ScheduleCode,
    StepCode,
    TrainingCode,
)
from graph.codegen.source import Source, Writer
from graph.codegen.traits import module_traits
from graph.document import TRAINING, Network, Node, Project
from graph.errors import GenerateError
from graph.uses import data_behind, network_of, reached_networks, unwired_batch, used_networks

__all__ = ["write_training"]


def write_training(project: Project, analysis: Analysis) -> TrainingCode:
    """Return the code of the training graph; raises GenerateError where it has errors."""
    errors = [p for p in analysis.problems() if p.network == TRAINING and p.severity == "error"]
    if errors:
        raise GenerateError(f"{errors[0].title[:80]} {errors[0].message}")
    return _TrainingWriter(project, analysis).write()


class _TrainingWriter:
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
        self.definitions = _definitions(self.graph.kind(node.id) for node in self.nodes)
        shown = _definitions(self.graph.kind(node.id) for node in self.watched)
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
        self.with_tensors: list[str] = []
        self.with_mode: list[str] = []
        #: The losses that the functions of the steps so far report.
        self.reported: set[Value] = set()

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
        objectives = [self._objective(node) for node in self.optimizers]
        values = [*objectives, *(self._loss_value(node) for node in self.losses)]
        found: dict[Value, str] = {}
        for value in dict.fromkeys(values):
            node = self.graph.node(value[0])
            fallback = kind_name(node.kind)
            if value in objectives:
                alone = len(self.optimizers) > 1 and objectives.count(value) == 1
                step = self._step_name(self.optimizers[objectives.index(value)])
                fallback = f"{step}_loss" if alone else "loss"
            found[value] = scope.unique(snake_case(node.title) or fallback, "loss")
        return found

    def _step_name(self, optimizer: Node) -> str:
        """Return what a step is called among several: by its title, or the network it updates."""
        updated = self._updated(optimizer)
        by_network = self.variables[updated[0]] if len(updated) == 1 else ""
        return snake_case(optimizer.title) or by_network or snake_case(optimizer.kind)

    def _updated(self, optimizer: Node) -> list[str]:
        """Return the networks whose weights an optimizer updates."""
        named = self.analysis.args(TRAINING, optimizer.id).get("networks")
        if isinstance(named, tuple) and named:
            return [str(name) for name in named]
        return reached_networks(self.project, self._objective(optimizer)[0])

    def _loss_value(self, node: Node) -> Value:
        return node.id, self.graph.ports(node.id).outputs[-1].name

    def _objective(self, optimizer: Node) -> Value:
        """Return the value that an optimizer minimises."""
        wire = self.graph.wires_in(optimizer.id).get("loss")
        if wire is None:
            raise GenerateError(f"Nothing is wired to the loss of {optimizer.label!r}.")
        return wire.source, wire.source_port

    # -- writing --------------------------------------------------------------------------------

    def write(self) -> TrainingCode:
        out = Writer()
        _write_definitions(out, self.definitions)
        self._write_objects(out)
        steps = [self._write_step(out, node) for node in self.optimizers]
        steps = self._with_averages(steps)
        evaluate = steps[0].function if len(steps) == 1 else self._write_evaluate(out)
        metrics = tuple(
            MetricCode(
                self.modules[n.id], n.id, bool(getattr(self.graph.kind(n.id), "maximize", True))
            )
            for n in self.metrics
            if n.id in self.modules
        )
        watch, watch_source = self._write_watch()
        return TrainingCode(
            out.source(),
            tuple(steps),
            evaluate,
            metrics,
            self.networks,
            self.variables,
            self.columns,
            averages=tuple(self.averages.values()),
            with_tensors=tuple(self.with_tensors),
            with_mode=tuple(self.with_mode),
            monitors=tuple(self._monitor_code(node) for node in self.monitors),
            watch=watch,
            watch_source=watch_source,
            augmenting=self._augmenting(),
        )

    def _with_averages(self, steps: list[StepCode]) -> list[StepCode]:
        """Have each average follow the last step that updates its network."""
        last = {name: i for i, step in enumerate(steps) for name in step.networks}
        return [
            replace(
                step, averages=tuple(a for a in self.averages.values() if last.get(a.network) == i)
            )
            for i, step in enumerate(steps)
        ]

    def _write_objects(self, out: Writer) -> None:
        written: set[str] = set()
        for node in self.nodes:
            name = self.modules.get(node.id)
            if name is None or name in written:
                continue
            if not written and self.definitions:
                out.line()
                out.line()
            written.add(name)
            kind = self.graph.kind(node.id)
            made = kind.construct(self.analysis.args(TRAINING, node.id)) or ""
            out.statement(f"{name} = ", made, 0, (TRAINING, node.id))
            holds_tensors, has_mode = module_traits(kind, made)
            if holds_tensors:
                self.with_tensors.append(name)
            if has_mode:
                self.with_mode.append(name)

    def _write_step(self, out: Writer, optimizer: Node) -> StepCode:
        objective = self._objective(optimizer)
        wanted = {objective[0]}
        if len(self.optimizers) == 1:  # everything is reported with the only step there is
            wanted |= {node.id for node in [*self.losses, *self.metrics]}
        name = self._step_name(optimizer)
        wish = f"compute_{name}_loss" if len(self.optimizers) > 1 else "compute_loss"
        function = self._write_function(
            out, self.names.unique(wish), wanted, objective, self.reported - {objective}
        )
        kind, args = self.graph.kind(optimizer.id), self.analysis.args(TRAINING, optimizer.id)
        assert isinstance(kind, OptimizerKind)
        every = args.get("every")
        return StepCode(
            name=self.names.unique(
                "optimizer" if len(self.optimizers) == 1 else f"{name}_optimizer"
            ),
            node=optimizer.id,
            constructor=kind.construct(args) or "",
            function=function,
            networks=tuple(self._updated(optimizer)),
            every=every if isinstance(every, int) else 1,
            clip_norm=_number(args.get("clip_norm")),
            clip_value=_number(args.get("clip_value")),
            schedules=tuple(self._schedules_of(optimizer)),
        )

    def _schedules_of(self, optimizer: Node) -> Iterable[ScheduleCode]:
        behind = nx.descendants(self.graph.graph, optimizer.id)
        for node in self.schedules:
            kind = self.graph.kind(node.id)
            if node.id in behind and isinstance(kind, SchedulerKind):
                args = self.analysis.args(TRAINING, node.id)
                yield ScheduleCode(
                    self.names.unique(snake_case(node.title) or "scheduler"),
                    node.id,
                    kind.construct(args) or "",
                    getattr(kind, "per", "epoch"),
                    kind.takes_loss,
                )

    def _write_evaluate(self, out: Writer) -> FunctionCode:
        ends = {self._objective(node)[0] for node in self.optimizers}
        ends |= {node.id for node in [*self.losses, *self.metrics]}
        return self._write_function(out, "evaluate", ends, self._objective(self.optimizers[0]))

    def _write_function(
        self,
        out: Writer,
        function: str,
        ends: set[str],
        objective: Value,
        left_out: Collection[Value] = (),
    ) -> FunctionCode:
        """Write the function that computes `ends`; return what it takes and gives.

        It reports the losses on the way, but for those in `left_out`.
        """
        part = set(ends)
        for node_id in ends:
            part |= nx.ancestors(self.graph.graph, node_id)
        nodes = [node for node in self.nodes if node.id in part]
        reported = [v for v in self.loss_names if v[0] in part and v not in left_out]
        reported.sort(key=lambda value: value != objective)
        self.reported.update(reported)
        losses = tuple(self.loss_names[value] for value in reported)
        code, body = self._begin_function(out, function, nodes, losses)
        body.kept.update(reported)
        out.line(f'"""{_sentence(losses)}"""', 1)
        for node in nodes:
            self._write_node(out, body, node)
        pairs = ", ".join(f'"{self.loss_names[value]}": {body.values[value]}' for value in reported)
        out.statement("return ", f"{{{pairs}}}", 1)
        return code

    def _begin_function(
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

    # -- monitors -------------------------------------------------------------------------------

    def _write_watch(self) -> tuple[FunctionCode | None, Source | None]:
        """Return the function that computes what monitors show, to run beside the others."""
        if not self.monitors:
            return None, None
        out = Writer()
        self._write_shown_alone(out)
        monitors = [self._monitor_code(node) for node in self.monitors]
        keys = tuple(key for monitor in monitors for key in monitor.values.values())
        name = self.names.unique("watch")
        code, body = self._begin_function(out, name, self.watched, keys)
        out.line('"""Return what monitors show."""', 1)
        shown = {node.id for node in self.monitors}
        for node in self.watched:
            if node.id not in shown:
                self._write_node(out, body, node)
        pairs = [
            f'"{key}": {body.inputs(node)[port]}'
            for node, monitor in zip(self.monitors, monitors, strict=True)
            for port, key in monitor.values.items()
        ]
        out.statement("return ", f"{{{', '.join(pairs)}}}", 1)
        return code, out.source()

    def _write_shown_alone(self, out: Writer) -> None:
        """Write the definitions and objects on which only monitors depend."""
        trained = {node.id for node in self.nodes}
        alone = [node for node in self.watched if node.id not in trained]
        found = _definitions(self.graph.kind(node.id) for node in alone)
        _write_definitions(out, [text for text in found if text not in self.definitions])
        for node in alone:
            if node.id in self.modules:
                args = self.analysis.args(TRAINING, node.id)
                made = self.graph.kind(node.id).construct(args) or ""
                before = f"{self.modules[node.id]} = "
                out.statement(before, f"{made}.eval()", 0, (TRAINING, node.id))

    def _augmenting(self) -> tuple[str, ...]:
        """Return the objects of the augmentations on the way to monitors."""
        behind = [n.id for n in self.watched if self.graph.kind(n.id).family == "augmentation"]
        return tuple(self.modules[node_id] for node_id in behind if node_id in self.modules)

    def _monitor_code(self, node: Node) -> MonitorCode:
        kind, wired = self.graph.kind(node.id), self.graph.wires_in(node.id)
        assert isinstance(kind, MonitorKind)
        ports = [port.name for port in kind.inputs if port.name in wired]
        number = self.monitors.index(node)
        values = {port: f"{number}.{port}" for port in ports}
        columns = {
            port: wired[port].source_port
            for port in ports
            if self.graph.node(wired[port].source).kind == "Data"
        }
        args = dict(self.analysis.args(TRAINING, node.id))
        return MonitorCode(node.id, node.kind, node.label, values, columns, args, kind.examples)

    def _is_average(self, node: Node) -> bool:
        return isinstance(self.graph.kind(node.id), EMAKind)

    def _write_node(self, out: Writer, body: Body, node: Node) -> None:
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


def _definitions(kinds: Iterable[Kind]) -> tuple[str, ...]:
    """Return the source of what the code of some kinds calls, each piece once."""
    return tuple(dict.fromkeys(text for kind in kinds for text in kind.definitions))


def _write_definitions(out: Writer, definitions: Iterable[str]) -> None:
    for i, definition in enumerate(definitions):
        if i:
            out.line()
            out.line()
        out.block(definition)


#: Kinds that are written as part of the statement that uses them, where there is only one.
_INSIDE = frozenset({"detach", "ones_like", "zeros_like"})

#: Families of the nodes that a training leads to.
_ENDS = frozenset({"optimizer", "scheduler", "loss", "metric"})


def _decay(args: Mapping[str, object]) -> float:
    return _number(args.get("decay")) or 0.0


def _sentence(losses: tuple[str, ...]) -> str:
    listed = ", ".join(losses)
    if len(listed) < 50:
        return f"Return the losses of one batch: {listed}."
    return "Return the losses of one batch, the one to minimise first."


def _by_place(node: Node) -> tuple[float, float, str]:
    return (*node.position, node.id)


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
