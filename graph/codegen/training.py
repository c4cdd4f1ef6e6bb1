"""The training graph as functions: one for each optimizer's loss, and one that evaluates."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import networkx as nx

from graph.analysis import Analysis
from graph.catalog.entry import Pattern
from graph.catalog.optimizers import OptimizerKind, SchedulerKind
from graph.catalog.structure import input_ports, output_ports
from graph.codegen.body import Body, Value, ordered
from graph.codegen.names import SCRIPT_NAMES, Names, defined_names, kind_name, snake_case
from graph.codegen.source import Source, Writer
from graph.document import TRAINING, Network, Node, Project
from graph.errors import GenerateError
from graph.rules import reached_networks

__all__ = [
    "FunctionCode",
    "MetricCode",
    "ScheduleCode",
    "StepCode",
    "TrainingCode",
    "write_training",
]


@dataclass(frozen=True)
class ScheduleCode:
    """A learning-rate schedule; ``{optimizer}`` in `constructor` stands for its optimizer."""

    name: str
    node: str
    constructor: str
    per: str
    takes_loss: bool

    def text(self, optimizer: str, epochs: object, steps: object) -> str:
        """Return the code that makes it, for an optimizer, and a run of so many epochs and steps.

        `steps` may be an expression.
        """
        made = self.constructor.replace("{optimizer}", optimizer)
        return made.replace("{epochs}", str(epochs)).replace("{steps}", str(steps))


@dataclass(frozen=True)
class FunctionCode:
    """A function that computes losses of one batch and gives them by name, the objective first."""

    name: str
    losses: tuple[str, ...]
    #: Its arguments: networks, then ports of the data.
    networks: tuple[str, ...]
    columns: tuple[str, ...]


@dataclass(frozen=True)
class StepCode:
    """One optimizer's step: ``{params}`` in `constructor` stands for the parameters."""

    name: str
    node: str
    constructor: str
    function: FunctionCode
    #: The networks whose weights it updates.
    networks: tuple[str, ...]
    every: int
    clip_norm: float | None
    clip_value: float | None
    schedules: tuple[ScheduleCode, ...]

    def text(self, parameters: str) -> str:
        """Return the code that makes the optimizer of `parameters`."""
        return self.constructor.replace("{params}", parameters)


@dataclass(frozen=True)
class MetricCode:
    """A metric: the variable that holds it, and whether a larger value is a better one."""

    name: str
    node: str
    maximize: bool


@dataclass(frozen=True)
class TrainingCode:
    """The generated training graph: definitions, objects and functions, and what they are for."""

    source: Source
    steps: tuple[StepCode, ...]
    #: What validation calls: the same graph without optimizers.
    evaluate: FunctionCode
    metrics: tuple[MetricCode, ...]
    #: The networks that are used, in the project's order.
    networks: tuple[str, ...]
    #: The variable that holds each network.
    variables: dict[str, str]
    #: Ports of the data and the variables that hold their batches.
    columns: dict[str, str]
    #: Objects that hold tensors, such as a loss with a weight for each class.
    with_tensors: tuple[str, ...] = ()

    @property
    def metrics_in_steps(self) -> bool:
        """Whether metrics are updated while training: one step computes all that there is."""
        return len(self.steps) == 1


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
        self.nodes = ordered(self.graph, list(families))
        self.optimizers = sorted(
            (n for n in self.nodes if families[n.id] == "optimizer"), key=_by_place
        )
        self.schedules = [n for n in self.nodes if families[n.id] == "scheduler"]
        self.metrics = [n for n in self.nodes if families[n.id] == "metric"]
        self.losses = [n for n in self.nodes if families[n.id] == "loss"]
        kinds = dict.fromkeys(self.graph.kind(node.id) for node in self.nodes)
        self.definitions = tuple(dict.fromkeys(d for kind in kinds for d in kind.definitions))
        self.defined = defined_names(self.definitions)
        self.names = Names(SCRIPT_NAMES | self.defined)
        self.networks = self._used_networks()
        self.variables = {name: self.names.unique(name, "network") for name in self.networks}
        self.columns = {
            port.name: self.names.unique(port.name, "column") for port in project.data.ports
        }
        self.modules = self._name_modules()
        self.loss_names = self._name_losses()
        self.with_tensors: list[str] = []

    def _used_networks(self) -> tuple[str, ...]:
        used = {n.params.get("network") for n in self.nodes if n.kind == "Network"}
        return tuple(name for name in self.project.networks if name in used)

    def _name_modules(self) -> dict[str, str]:
        """Return the name of the object of each node that has one: a loss, a metric, a module."""
        found = {}
        for node in self.nodes:
            kind = self.graph.kind(node.id)
            if isinstance(kind, OptimizerKind | SchedulerKind):
                continue
            if kind.construct(self.analysis.args(TRAINING, node.id)) is not None:
                wish = kind_name(node.kind)
                if kind.family == "metric" and node.title:
                    wish = node.title
                found[node.id] = self.names.unique(wish, "module")
        return found

    def _name_losses(self) -> dict[Value, str]:
        """Return the reported name of each loss and objective."""
        scope = Names(set(self.modules.values()) | set(self.columns.values()))
        objectives = [self._objective(node) for node in self.optimizers]
        values = [*objectives, *(self._loss_value(node) for node in self.losses)]
        found: dict[Value, str] = {}
        for value in dict.fromkeys(values):
            node = self.graph.node(value[0])
            fallback = "loss" if value in objectives else kind_name(node.kind)
            found[value] = scope.unique(snake_case(node.title) or fallback, "loss")
        return found

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
        self._write_definitions(out)
        self._write_objects(out)
        steps = [self._write_step(out, node) for node in self.optimizers]
        evaluate = steps[0].function if len(steps) == 1 else self._write_evaluate(out)
        metrics = tuple(
            MetricCode(
                self.modules[n.id], n.id, bool(getattr(self.graph.kind(n.id), "maximize", True))
            )
            for n in self.metrics
            if n.id in self.modules
        )
        return TrainingCode(
            out.source(),
            tuple(steps),
            evaluate,
            metrics,
            self.networks,
            self.variables,
            self.columns,
            tuple(self.with_tensors),
        )

    def _write_definitions(self, out: Writer) -> None:
        for definition in self.definitions:
            out.block(definition)
            out.line()
            out.line()

    def _write_objects(self, out: Writer) -> None:
        for node in self.nodes:
            if node.id in self.modules:
                args = self.analysis.args(TRAINING, node.id)
                made = self.graph.kind(node.id).construct(args) or ""
                out.statement(f"{self.modules[node.id]} = ", made, 0, (TRAINING, node.id))
                if "torch.tensor(" in made:
                    self.with_tensors.append(self.modules[node.id])

    def _write_step(self, out: Writer, optimizer: Node) -> StepCode:
        objective = self._objective(optimizer)
        wanted = {objective[0]}
        if len(self.optimizers) == 1:  # everything is reported with the only step there is
            wanted |= {node.id for node in [*self.losses, *self.metrics]}
        name = snake_case(optimizer.title) or snake_case(optimizer.kind)
        wish = f"{name}_loss" if len(self.optimizers) > 1 else "compute_loss"
        function = self._write_function(out, self.names.unique(wish), wanted, objective)
        kind, args = self.graph.kind(optimizer.id), self.analysis.args(TRAINING, optimizer.id)
        assert isinstance(kind, OptimizerKind)
        reached = reached_networks(self.project, objective[0])
        named = args.get("networks")
        chosen = [str(n) for n in named] if isinstance(named, tuple) and named else reached
        every = args.get("every")
        return StepCode(
            name=self.names.unique(
                "optimizer" if len(self.optimizers) == 1 else f"{name}_optimizer"
            ),
            node=optimizer.id,
            constructor=kind.construct(args) or "",
            function=function,
            networks=tuple(chosen),
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
        self, out: Writer, function: str, ends: set[str], objective: Value
    ) -> FunctionCode:
        """Write the function that computes `ends`; return what it takes and gives."""
        part = set(ends)
        for node_id in ends:
            part |= nx.ancestors(self.graph.graph, node_id)
        nodes = [node for node in self.nodes if node.id in part]
        reported = [value for value in self.loss_names if value[0] in part]
        reported.sort(key=lambda value: value != objective)
        columns, networks = self._columns_of(nodes), self._networks_of(nodes)
        taken = {*self.variables.values(), *self.columns.values(), *self.modules.values()}
        names = Names(taken | self.defined)
        body = Body(self.graph, self.analysis, names)
        body.count_uses(node.id for node in nodes)
        body.kept.update(reported)
        for node in nodes:
            if node.kind == "Data":
                body.values.update({(node.id, port): self.columns[port] for port in columns})
        arguments = [
            *(f"{self.variables[name]}: nn.Module" for name in networks),
            *(f"{self.columns[port]}: Tensor" for port in columns),
        ]
        out.line()
        out.line()
        out.statement(
            f"def {function}", f"({', '.join(arguments)})", 0, after=" -> dict[str, Tensor]:"
        )
        losses = tuple(self.loss_names[value] for value in reported)
        out.line(f'"""{_sentence(losses)}"""', 1)
        for node in nodes:
            self._write_node(out, body, node)
        pairs = ", ".join(f'"{self.loss_names[value]}": {body.values[value]}' for value in reported)
        out.statement("return ", f"{{{pairs}}}", 1)
        return FunctionCode(function, losses, tuple(networks), tuple(columns))

    def _columns_of(self, nodes: list[Node]) -> list[str]:
        """Return the ports of the data that some nodes use."""
        wires = [wire for node in nodes for wire in self.graph.wires_in(node.id).values()]
        used = {w.source_port for w in wires if self.graph.node(w.source).kind == "Data"}
        return [port for port in self.columns if port in used]

    def _networks_of(self, nodes: list[Node]) -> list[str]:
        """Return the networks that are used among some nodes."""
        used = {node.params.get("network") for node in nodes if node.kind == "Network"}
        return [name for name in self.networks if name in used]

    def _write_node(self, out: Writer, body: Body, node: Node) -> None:
        if node.kind == "Data":
            return
        if node.kind == "Network":
            self._write_use(out, body, node)
            return
        wishes: dict[str, str] = {}
        for (node_id, port), name in self.loss_names.items():
            if node_id == node.id:
                wishes[port] = name
        body.write(out, node, self.modules.get(node.id, ""), 1, wishes)

    def _write_use(self, out: Writer, body: Body, node: Node) -> None:
        name = str(node.params.get("network"))
        network = self.project.networks[name]
        inputs = body.inputs(node)
        given = ", ".join(inputs[port] for port in input_ports(network) if port in inputs)
        ports = list(output_ports(network))
        pattern: Pattern = ports[0] if len(ports) == 1 else tuple(ports)
        variable = self.variables[name]
        wishes = {
            port: port if snake_case(port) != "output" else f"{variable}_output" for port in ports
        }
        body.use_up(node)
        target = body.targets(node, pattern, wishes)
        comment = body.shape_comment(node, ports[0]) if len(ports) == 1 else ""
        before = "" if target == "_" else f"{target} = "
        out.statement(before, f"{variable}({given})", 1, (TRAINING, node.id), comment)


def _sentence(losses: tuple[str, ...]) -> str:
    listed = ", ".join(losses)
    if len(listed) < 50:
        return f"Return the losses of one batch: {listed}."
    return "Return the losses of one batch, the one to minimise first."


def _by_place(node: Node) -> tuple[float, float, str]:
    return (*node.position, node.id)


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
