"""What a generated training graph consists of: functions, optimizers, schedules, averages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from graph.codegen.source import Source
from graph.document import Value
from graph.errors import GenerateError
from graph.settings import RunSettings

__all__ = [
    "AverageCode",
    "FunctionCode",
    "MetricCode",
    "MonitorCode",
    "ScheduleCode",
    "StepCode",
    "TrainingCode",
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
    """A function that computes values of one batch and gives them by name: losses, the objective
    first, or what monitors show."""

    name: str
    losses: tuple[str, ...]
    #: Its arguments: networks, then averages by their variables, then ports of the data.
    networks: tuple[str, ...]
    averages: tuple[str, ...]
    columns: tuple[str, ...]


@dataclass(frozen=True)
class AverageCode:
    """Averaged weights of a network; ``{network}`` in `constructor` stands for the network."""

    name: str
    network: str
    constructor: str
    #: Whether its weights must be kept from getting gradients, as its outputs are not.
    frozen: bool

    def text(self, network: str) -> str:
        """Return the code that makes it of `network`."""
        return self.constructor.replace("{network}", network)


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
    #: The averages that are brought up to date after it.
    averages: tuple[AverageCode, ...] = ()

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
class MonitorCode:
    """A monitor: by its wired inputs, the names of what the function ``watch`` returns."""

    node: str
    kind: str
    title: str
    values: Mapping[str, str]
    #: Ports of the data by the inputs that they are wired straight to.
    columns: Mapping[str, str]
    #: Its arguments.
    options: Mapping[str, Value]
    #: How many examples it shows at most.
    examples: int


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
    #: Averaged weights of networks.
    averages: tuple[AverageCode, ...] = ()
    #: Objects that hold tensors, such as a loss with a weight for each class.
    with_tensors: tuple[str, ...] = ()
    #: Objects that do something else in training than in evaluation, such as a Dropout.
    with_mode: tuple[str, ...] = ()
    #: What is shown while training, the function that computes it, and its source: it is run
    #: among the names of `source`, and is not exported.
    monitors: tuple[MonitorCode, ...] = ()
    watch: FunctionCode | None = None
    watch_source: Source | None = None
    #: The augmentations on the way to monitors: evaluated, there would be nothing to see of them.
    augmenting: tuple[str, ...] = ()

    def watched(self, settings: RunSettings, *, validated: bool) -> tuple[str, bool]:
        """Return what says which epoch is the best, and whether a larger value is better.

        `validated` says whether there is a validation part; without one the training part counts.
        Raises GenerateError where the settings name something else than what is computed there.
        """
        losses = self.evaluate.losses
        known = dict.fromkeys(losses, False)
        if validated or self.metrics_in_steps:
            known |= {metric.name: metric.maximize for metric in self.metrics}
        name = settings.watch or losses[0]
        if name not in known:
            raise GenerateError(
                f"Expected the watched value to be one of {', '.join(known)}, received "
                f"{name[:80]!r}. Choose one of them under Run, or leave it empty."
            )
        return name, known[name] if settings.watch_mode == "auto" else settings.watch_mode == "max"

    @property
    def metrics_in_steps(self) -> bool:
        """Whether metrics are updated while training: one step computes all that there is."""
        return len(self.steps) == 1
