"""What a run trains: the generated program, executed, with its data and its optimizers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from graph.analysis import Analysis
from graph.codegen import (
    Facts,
    generate_model,
    network_paths,
    prefers_channels_last,
    write_training,
)
from graph.codegen.names import class_name
from graph.codegen.parts import AverageCode, FunctionCode, StepCode, TrainingCode
from graph.compile import Compiled, compile_source, construct
from graph.document import TRAINING, Project
from graph.errors import DataError
from graph.problems import Problem
from graph.ways import Place
from runtime.data import Dataset, load
from runtime.data.streaming import Streamed
from runtime.feasible import infeasible
from runtime.machine import choose_device, threads_for

__all__ = ["Plan", "ProblemsError", "Step", "facts", "prepare", "refuse", "unwrapped"]


class ProblemsError(DataError):
    """The project has problems that keep it from training."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        first = problems[0]
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        super().__init__(f"{first.title}: {first.message}{more}")
        self.problems = list(problems)


def refuse(problems: Sequence[Problem]) -> None:
    """Raise ProblemsError where there are any."""
    if problems:
        raise ProblemsError(problems)


@dataclass
class Step:
    """One optimizer with the function of its losses."""

    code: StepCode
    compute: Callable[..., dict[str, Tensor]]
    #: What `compute` takes: networks and averages first, then batches of these ports of the data.
    networks: tuple[nn.Module, ...]
    columns: tuple[str, ...]
    optimizer: torch.optim.Optimizer
    parameters: list[nn.Parameter]
    schedules: list[tuple[Any, str, bool]] = field(default_factory=list)
    #: Averaged weights that follow after it, each with its network.
    averages: list[tuple[AveragedModel, nn.Module]] = field(default_factory=list)


@dataclass
class Plan:
    """Everything a trainer needs."""

    project: Project
    code: TrainingCode
    model: Compiled
    training: Compiled
    networks: dict[str, nn.Module]
    steps: list[Step]
    dataset: Dataset
    #: The examples' columns, on the device.
    columns: dict[str, Tensor | Streamed]
    train: Tensor
    validation: Tensor
    test: Tensor
    device: torch.device
    #: CPU threads that suit the work on a quiet machine.
    threads: int
    flops: int
    #: Averaged weights, by the variable that holds them in the program.
    averages: dict[str, AveragedModel] = field(default_factory=dict)
    #: The executed function of what monitors show, where there are any.
    watch: Compiled | None = None
    #: The node behind each layer and block, and which repetition it is, by the module's id.
    owners: dict[int, Place] = field(default_factory=dict)

    @property
    def metrics(self) -> dict[str, Any]:
        """The metric objects of the training graph, by reported name."""
        return {metric.name: self.training.names[metric.name] for metric in self.code.metrics}

    @property
    def with_mode(self) -> list[nn.Module]:
        """All that is told whether it trains or is evaluated."""
        objects = [self.training.names[name] for name in self.code.with_mode]
        return [*self.networks.values(), *self.averages.values(), *objects]

    def weights(self) -> dict[str, dict[str, Tensor]]:
        """Return the state of each network, and of each average as that of its network."""
        networks = {name: network.state_dict() for name, network in self.networks.items()}
        return networks | unwrapped({n: a.state_dict() for n, a in self.averages.items()})

    def arguments(self, function: FunctionCode, batch: Tensor) -> list[nn.Module | Tensor]:
        """Return what a function of the program takes, for the examples at these indices."""
        return [
            *(self.networks[name] for name in function.networks),
            *(self.averages[name] for name in function.averages),
            *(self.columns[port].index_select(0, batch) for port in function.columns),
        ]

    def locate(self, error: BaseException) -> tuple[str, str] | None:
        """Return the (graph, node) that wrote the line in which an error was raised."""
        way = self.way_to(error)
        return (way[-1].graph, way[-1].node) if way else None

    def way_to(self, error: BaseException) -> tuple[Place, ...]:
        """Return the node that wrote the line in which an error was raised, and the way to it.

        A line that calls a whole Sequential is told apart by the layer that was at work.
        """
        trace, frames = error.__traceback__, []
        while trace is not None:
            frames.append((trace.tb_frame, trace.tb_lineno))
            trace = trace.tb_next
        return self._way(frames)

    def way_at(self, frame: FrameType | None) -> tuple[Place, ...]:
        """Return the node at work in a frame and those that called it, and the way to it."""
        frames = []
        while frame is not None:
            frames.append((frame, frame.f_lineno))
            frame = frame.f_back
        return self._way(reversed(frames))

    def _way(self, frames: Iterable[tuple[FrameType, int]]) -> tuple[Place, ...]:
        """Return the way that frames and their lines go, the outermost first."""
        steps: list[Place] = []
        for frame, line in frames:
            owner = self.owners.get(id(frame.f_locals.get("self")))
            for step in (owner, self._written_by(frame, line)):
                if step is None:
                    continue
                graphs = [known.graph for known in steps]
                if step.graph in graphs:
                    before = steps[graphs.index(step.graph)]
                    if before.node == step.node and not step.number:
                        step = before  # its line is seen once more
                    del steps[graphs.index(step.graph) :]
                steps.append(step)
        return tuple(steps)

    def _written_by(self, frame: FrameType, line: int) -> Place | None:
        """Return the node that wrote the line at which a frame is."""
        for source in (self.model, self.training, self.watch):
            found = source.node_at(frame, line) if source is not None else None
            if found is not None:
                return Place(*found)
        return None


def unwrapped(averages: Mapping[str, Mapping[str, Tensor]]) -> dict[str, dict[str, Tensor]]:
    """Return states of averaged weights as states of the networks that they are averages of."""
    return {
        name: {
            key.removeprefix("module."): value
            for key, value in state.items()
            if key.startswith("module.")
        }
        for name, state in averages.items()
    }


def facts(project: Project, analysis: Analysis, dataset: Dataset) -> Facts:
    """Return what an exported script must know to do as the trainer does."""
    settings = project.settings
    flops = analysis.total(TRAINING).flops
    return Facts(
        settings=settings,
        threads=settings.threads or threads_for(flops, settings.batch_size),
        channels_last=prefers_channels_last(project),
        has_validation=len(dataset.validation) > 0,
        has_test=len(dataset.test) > 0,
        reads_ahead=any(isinstance(each, Streamed) for each in dataset.columns.values()),
    )


def prepare(project: Project, base: Path) -> Plan:
    """Load the data, write and execute the program, make networks and optimizers.

    Parameters
    ----------
    base
        The folder that the data's path is relative to.

    Raises
    ------
    ProblemsError
        If the project has errors.
    DataError
        If its data cannot be used.
    """
    analysis = Analysis(project)
    try:
        refuse(analysis.errors())
        model_source = generate_model(project, analysis)
        code = write_training(project, analysis)
        device = choose_device(project.settings.device)
        dataset = load(project.data, base)
        if not len(dataset.train):
            raise DataError(
                "The training part has no examples; give it a larger share of the split."
            )
        refuse(infeasible(project, analysis, dataset, device))
        known = facts(project, analysis, dataset)
        paths = {name: network_paths(project, name, analysis) for name in code.networks}
        flops = analysis.total(TRAINING).flops
    finally:
        analysis.close()
    code.watched(project.settings, validated=len(dataset.validation) > 0)
    model = compile_source(model_source, f"model of {class_name(project.name)}")
    training, watch = _executed(class_name(project.name), code, device)
    torch.manual_seed(project.settings.seed)
    batches = -(-len(dataset.train) // project.settings.batch_size)
    memory = torch.channels_last if known.channels_last else torch.preserve_format
    networks = {
        name: model.names[class_name(name)]().to(device, memory_format=memory)
        for name in code.networks
    }
    averages = {average.name: _average(average, networks) for average in code.averages}
    return Plan(
        project=project,
        code=code,
        model=model,
        training=training,
        networks=networks,
        steps=[
            _step(step, networks, averages, training, project.settings.epochs, batches)
            for step in code.steps
        ],
        dataset=dataset,
        columns={name: column.to(device) for name, column in dataset.columns.items()},
        train=dataset.train.to(device),
        validation=dataset.validation.to(device),
        test=dataset.test.to(device),
        device=device,
        threads=known.threads,
        flops=flops,
        averages=averages,
        watch=watch,
        owners={
            id(networks[name].get_submodule(path)): Place(*origin, _number(path, found))
            for name, found in paths.items()
            for path, origin in found.items()
        },
    )


def _number(path: str, found: Mapping[str, tuple[str, str]]) -> int:
    """Return which repetition of a block a module is, from 1 on; 0 where it is none."""
    container, _, last = path.rpartition(".")
    repeated = found.get(container) == found[path] and last.isdigit()
    return int(last) + 1 if repeated else 0


def _executed(
    title: str, code: TrainingCode, device: torch.device
) -> tuple[Compiled, Compiled | None]:
    """Execute the training graph's source, and among its names that of the monitors."""
    training = compile_source(code.source, f"training of {title}")
    watch = None
    if code.watch_source is not None:
        watch = compile_source(code.watch_source, f"monitors of {title}", training.names)
    for made in (watch or training).names.values():
        if isinstance(made, nn.Module):  # a loss may hold weights of classes
            made.to(device)
    return training, watch


def _average(code: AverageCode, networks: dict[str, nn.Module]) -> AveragedModel:
    swa = {"AveragedModel": AveragedModel, "get_ema_multi_avg_fn": get_ema_multi_avg_fn}
    made = construct(code.text("network"), {"network": networks[code.network], **swa})
    assert isinstance(made, AveragedModel)
    return made.requires_grad_(False) if code.frozen else made


def _step(
    code: StepCode,
    networks: dict[str, nn.Module],
    averages: dict[str, AveragedModel],
    training: Compiled,
    epochs: int,
    batches: int,
) -> Step:
    parameters = [p for name in code.networks for p in networks[name].parameters()]
    optimizer = construct(code.text("parameters"), {"parameters": parameters})
    steps = epochs * (batches // code.every + 1 if code.every > 1 else batches)
    schedules = [
        (
            construct(schedule.text("optimizer", epochs, steps), {"optimizer": optimizer}),
            schedule.per,
            schedule.takes_loss,
        )
        for schedule in code.schedules
    ]
    return Step(
        code=code,
        compute=training.names[code.function.name],
        networks=(
            *(networks[name] for name in code.function.networks),
            *(averages[name] for name in code.function.averages),
        ),
        columns=code.function.columns,
        optimizer=optimizer,
        parameters=parameters,
        schedules=schedules,
        averages=[(averages[a.name], networks[a.network]) for a in code.averages],
    )
