"""Kinds of the training graph alone: noise, averaged weights, and losses that call a network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from graph.catalog import penalties
from graph.catalog.checks import same_shape
from graph.catalog.entry import Call, Cost, InputError, Kind, Param, Port, Ports
from graph.catalog.functions import plain, sources_in
from graph.catalog.structure import NetworkKind
from graph.catalog.writing import literal
from graph.dims import BATCH, Dim, TensorType

if TYPE_CHECKING:
    from graph.document import Project, Value

__all__ = ["KINDS", "EMAKind", "NoiseKind", "PenaltyKind"]


@dataclass(frozen=True, kw_only=True)
class NoiseKind(Kind):
    """Random numbers for each example, drawn anew in each batch."""

    __hash__ = Kind.__hash__

    def ports(self, params: Mapping[str, Value], project: Project | None) -> Ports:
        doc = "Gives N, its first size, and the device. Unwired: the examples of the data."
        return Ports((Port("like", optional=True, doc=doc),), (Port("output"),))

    def call(
        self,
        module: str,
        inputs: Mapping[str, str],
        args: Mapping[str, Value],
        wanted: frozenset[str],
    ) -> Call:
        like, sizes = inputs["like"], args["shape"]
        assert isinstance(sizes, tuple)
        size = ", ".join([f"len({like})", *map(literal, sizes)])
        where = f"{size}, device={like}.device"
        low, high = args["low"], args["high"]
        if args["distribution"] == "normal":
            return Call(f"torch.randn({where})", "output")
        if (low, high) == (0, 1):
            return Call(f"torch.rand({where})", "output")
        return Call(f"torch.empty({where}).uniform_({literal(low)}, {literal(high)})", "output")

    def rule(
        self, args: Mapping[str, Value], inputs: Mapping[str, TensorType]
    ) -> Mapping[str, TensorType] | None:
        """Return (N, *shape), with the N of what arrives."""
        like, sizes = inputs.get("like"), args["shape"]
        batch: Dim = like.shape[0] if like is not None and like.shape else BATCH
        return {"output": TensorType((batch, *(sizes if isinstance(sizes, tuple) else ())))}

    def cost_rule(self, args: Mapping[str, Value], inputs: Mapping[str, TensorType]) -> Cost | None:
        """Return none."""
        return Cost()

    def check_inputs(self, args: Mapping[str, Value], inputs: Mapping[str, TensorType]) -> None:
        like = inputs.get("like")
        if like is not None and not like.shape:
            raise InputError(
                "like",
                "a tensor whose first size is N",
                like.shape_text,
                "Wire a tensor of the batch to it, or remove the wire.",
                ("disconnect",),
            )
        low, high = args.get("low"), args.get("high")
        uniform = args.get("distribution") == "uniform"
        if not isinstance(low, int | float) or not isinstance(high, int | float):
            return
        if uniform and low >= high:
            raise InputError(
                "", f"low={low} to be below high", f"high={high}", "Swap or change them."
            )


@dataclass(frozen=True, kw_only=True)
class EMAKind(NetworkKind):
    """A use of a network with averaged weights: they follow those of the network slowly."""

    __hash__ = Kind.__hash__

    def blocks_gradient(self, params: Mapping[str, Value]) -> bool:
        """Whether its output counts as a constant; its own weights never get a gradient."""
        return params.get("stop_gradient", True) is not False

    def construct_average(self, args: Mapping[str, Value]) -> str:
        """Return the code that makes the averages; ``{network}`` stands for the network."""
        function = f"get_ema_multi_avg_fn({literal(args['decay'])})"
        return f"AveragedModel({{network}}, multi_avg_fn={function}, use_buffers=True)"


@dataclass(frozen=True, kw_only=True)
class PenaltyKind(Kind):
    """A loss that calls a network itself, on examples that it makes of those that arrive."""

    __hash__ = Kind.__hash__

    #: The function that it is written as; the network comes first among its arguments.
    function: str

    def ports(self, params: Mapping[str, Value], project: Project | None) -> Ports:
        examples = tuple(Port(name, dtype="float") for name in ("real", "fake"))
        return Ports(examples, (Port("loss"),))

    def call(
        self,
        module: str,
        inputs: Mapping[str, str],
        args: Mapping[str, Value],
        wanted: frozenset[str],
    ) -> Call:
        return Call(f"{self.function}({module}, {inputs['real']}, {inputs['fake']})", "loss")

    def rule(
        self, args: Mapping[str, Value], inputs: Mapping[str, TensorType]
    ) -> Mapping[str, TensorType] | None:
        """Return a scalar."""
        return {"loss": TensorType(())}

    def cost_rule(self, args: Mapping[str, Value], inputs: Mapping[str, TensorType]) -> Cost | None:
        """Return none of its own."""
        return Cost()

    def check_inputs(self, args: Mapping[str, Value], inputs: Mapping[str, TensorType]) -> None:
        same_shape("real", "fake")(args, inputs)
        real = inputs.get("real")
        if real is not None and len(real.shape) < 2:
            raise InputError(
                "real",
                "examples (N, ...), as the network takes them",
                real.shape_text,
                "Wire the examples themselves to it, not the scores of the network.",
            )


KINDS: tuple[Kind, ...] = (
    NoiseKind(
        name="Noise",
        family="random",
        doc="Random numbers (N, *shape), drawn anew in each batch: what a generator starts from. "
        "Under a monitor they are the same each time.",
        places=("training",),
        batch_port="like",
        detached=True,
        params=(
            Param(
                "shape", "ints", (64,), "Shape for one example, without the batch.", low=1, own=True
            ),
            Param(
                "distribution",
                "choice",
                "normal",
                "normal: of mean 0 and variance 1; uniform: from low to high.",
                choices=("normal", "uniform"),
                own=True,
            ),
            Param("low", "number", 0, "Least value of uniform numbers.", own=True),
            Param("high", "number", 1, "Uniform numbers stay below it.", own=True),
        ),
        keywords=("random", "latent", "generator", "gan", "randn"),
    ),
    EMAKind(
        name="EMA",
        family="structure",
        doc="A network with an exponential moving average of its weights (and buffers): after each "
        "step of the network's optimizer, average = decay * average + (1 - decay) * weights. The "
        "same network and decay are the same averages, however often drawn.",
        places=("training",),
        takes_network=True,
        params=(
            Param("network", "str", doc="Name of the network whose weights it averages.", own=True),
            Param(
                "decay",
                "float",
                0.99,
                "How much of the average stays in each step.",
                low=0.0,
                high=1.0,
                own=True,
            ),
            Param(
                "stop_gradient",
                "bool",
                True,
                "Whether what it gives counts as a constant, as a teacher's targets do.",
                own=True,
            ),
        ),
        keywords=("average", "momentum encoder", "teacher", "target network", "byol", "polyak"),
    ),
    PenaltyKind(
        name="GradientPenalty",
        family="loss",
        doc=plain(penalties.gradient_penalty.__doc__ or ""),
        places=("training",),
        takes_network=True,
        detached=True,
        function="gradient_penalty",
        definitions=(sources_in(penalties)["gradient_penalty"],),
        params=(
            Param("network", "str", doc="Name of the network whose slope it takes.", own=True),
        ),
        keywords=("wasserstein", "wgan-gp", "critic", "lipschitz", "gan"),
    ),
)
