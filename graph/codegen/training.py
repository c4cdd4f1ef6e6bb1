"""The training graph as functions: one for each optimizer's loss, and one that evaluates."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace

import networkx as nx

from graph.analysis import Analysis
from graph.catalog.optimizers import OptimizerKind, SchedulerKind
from graph.codegen.body import Value
from graph.codegen.functions import FunctionWriter, number, write_definitions
from graph.codegen.names import snake_case
from graph.codegen.parts import FunctionCode, MetricCode, ScheduleCode, StepCode, TrainingCode
from graph.codegen.source import Writer
from graph.codegen.traits import module_traits
from graph.codegen.watch import augmenting, monitor_codes, write_watch
from graph.document import TRAINING, Node, Project
from graph.errors import GenerateError

__all__ = ["write_training"]


def write_training(project: Project, analysis: Analysis) -> TrainingCode:
    """Return the code of the training graph; raises GenerateError where it has errors."""
    errors = [p for p in analysis.problems() if p.network == TRAINING and p.severity == "error"]
    if errors:
        raise GenerateError(f"{errors[0].title[:80]} {errors[0].message}")
    return _TrainingWriter(project, analysis).write()


class _TrainingWriter(FunctionWriter):
    """Writes a function for each step, and one that evaluates."""

    def __init__(self, project: Project, analysis: Analysis) -> None:
        super().__init__(project, analysis)
        self.with_tensors: list[str] = []
        self.with_mode: list[str] = []
        #: The losses that the functions of the steps so far report.
        self.reported: set[Value] = set()

    def write(self) -> TrainingCode:
        out = Writer()
        write_definitions(out, self.definitions)
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
        watch, watch_source = write_watch(self)
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
            monitors=monitor_codes(self),
            watch=watch,
            watch_source=watch_source,
            augmenting=augmenting(self),
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
        objective = self.objective(optimizer)
        wanted = {objective[0]}
        if len(self.optimizers) == 1:  # everything is reported with the only step there is
            wanted |= {node.id for node in [*self.losses, *self.metrics]}
        name = self.step_name(optimizer)
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
            networks=tuple(self.updated(optimizer)),
            every=every if isinstance(every, int) else 1,
            clip_norm=number(args.get("clip_norm")),
            clip_value=number(args.get("clip_value")),
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
        ends = {self.objective(node)[0] for node in self.optimizers}
        ends |= {node.id for node in [*self.losses, *self.metrics]}
        return self._write_function(out, "evaluate", ends, self.objective(self.optimizers[0]))

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
        code, body = self.begin_function(out, function, nodes, losses)
        body.kept.update(reported)
        out.line(f'"""{_sentence(losses)}"""', 1)
        for node in nodes:
            self.write_node(out, body, node)
        pairs = ", ".join(f'"{self.loss_names[value]}": {body.values[value]}' for value in reported)
        out.statement("return ", f"{{{pairs}}}", 1)
        return code


def _sentence(losses: tuple[str, ...]) -> str:
    listed = ", ".join(losses)
    if len(listed) < 50:
        return f"Return the losses of one batch: {listed}."
    return "Return the losses of one batch, the one to minimise first."
