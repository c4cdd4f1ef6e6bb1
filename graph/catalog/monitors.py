"""Monitors: nodes of the training graph that show a value while training.

They are no part of what is exported. What they show is computed by a function of its own, on
examples that stay the same (see :mod:`graph.codegen.training` and :mod:`runtime.watching`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from graph.catalog.entry import Call, Cost, InputError, Kind, Param, Port, Ports
from graph.catalog.operation import number
from graph.dims import TensorType

if TYPE_CHECKING:
    from graph.document import Project, Value

__all__ = ["KINDS", "MonitorKind"]

Args = Mapping[str, "Value"]
Types = Mapping[str, TensorType]
Check = Callable[[Args, Types], None]


@dataclass(frozen=True, kw_only=True)
class MonitorKind(Kind):
    """Shows what arrives at it. It has no outputs, and nothing is learned from it."""

    __hash__ = Kind.__hash__

    inputs: tuple[Port, ...]
    #: How many examples it shows at most.
    examples: int
    check: Check | None = None

    def ports(self, params: Args, project: Project | None) -> Ports:
        return Ports(self.inputs)

    def call(
        self, module: str, inputs: Mapping[str, str], args: Args, wanted: frozenset[str]
    ) -> Call:
        raise AssertionError("a monitor is written as values that a function returns")

    def rule(self, args: Args, inputs: Types) -> Mapping[str, TensorType] | None:
        """Return nothing: it has no outputs."""
        return {}

    def cost_rule(self, args: Args, inputs: Types) -> Cost | None:
        """Return none."""
        return Cost()

    def check_inputs(self, args: Args, inputs: Types) -> None:
        if self.check is not None:
            self.check(args, inputs)


def _pictures(args: Args, inputs: Types) -> None:
    for port, arriving in inputs.items():
        shape = arriving.shape
        if len(shape) == 3 or (len(shape) == 4 and shape[1] in (1, 3)):
            continue
        mend = "Insert select or a slice that leaves 1 or 3 channels."
        if len(shape) < 3:
            mend = "Insert Unflatten that gives each example its channels, height and width."
        raise InputError(
            port,
            "pictures (N, C, H, W) of 1 or 3 channels, or (N, H, W)",
            arriving.shape_text,
            mend,
        )
    _ordered(args)


def _ordered(args: Args) -> None:
    low, high = args.get("low"), args.get("high")
    if isinstance(low, int | float) and isinstance(high, int | float) and low >= high:
        raise InputError(
            "", f"low={low} to be below high", f"high={high}", "Correct them, or leave both out."
        )


def _tokens(args: Args, inputs: Types) -> None:
    arriving = inputs.get("input")
    if arriving is None:
        return
    whole = not arriving.dtype.startswith(("float", "bfloat", "bool"))
    if len(arriving.shape) != (2 if whole else 3):
        raise InputError(
            "input",
            "tokens (N, T), whole numbers, or logits (N, T, C) for each of them",
            f"{arriving.shape_text} of {arriving.dtype}",
            "Wire tokens, or a network's logits for each step, to it.",
        )


def _points(args: Args, inputs: Types) -> None:
    arriving, color = inputs.get("input"), inputs.get("color")
    if arriving is None:
        return
    if len(arriving.shape) != 2 or arriving.shape[1] == 1:
        raise InputError(
            "input",
            "points (N, D) of at least 2 numbers each",
            arriving.shape_text,
            "Insert Flatten before it.",
            ("flatten",) if len(arriving.shape) > 2 else (),
        )
    if color is not None and color.shape not in (arriving.shape[:1], (arriving.shape[0], 1)):
        raise InputError(
            "color",
            f"a class or a number for each point, {TensorType(arriving.shape[:1]).shape_text}",
            color.shape_text,
            "Wire the classes of the same examples to it.",
        )


_WORDS = ("monitor", "watch", "view")
_INPUT = (Port("input"),)
_RANGE = "Empty: as in the data for pictures of the data's shape, else what the values span."


def _monitor(
    name: str, doc: str, *params: Param, keywords: tuple[str, ...] = (), **more: Any
) -> MonitorKind:
    return MonitorKind(
        name=name,
        family="monitor",
        doc=doc,
        params=params,
        places=("training",),
        keywords=(*keywords, *_WORDS),
        **{"inputs": _INPUT, "examples": 8, **more},
    )


_VOCABULARY = Param(
    "vocabulary",
    "str",
    "",
    "The column of the data whose vocabulary the tokens are of. Empty: the first one that has a "
    "vocabulary.",
    own=True,
)

KINDS: tuple[Kind, ...] = (
    _monitor(
        "ShowImages",
        "Shows pictures (N, C, H, W) or (N, H, W) while training, each with another beside it "
        "where that is wired: an original beside its reconstruction.",
        number("low", None, f"The number that is drawn black. {_RANGE}", own=True),
        number("high", None, f"The number that is drawn white. {_RANGE}", own=True),
        inputs=(*_INPUT, Port("beside", optional=True, doc="Pictures to compare with.")),
        examples=24,
        check=_pictures,
        keywords=("pictures", "grid", "reconstruction", "generated"),
    ),
    _monitor(
        "ShowText",
        "Shows tokens (N, T) as text while training; of logits (N, T, C) the likeliest tokens.",
        _VOCABULARY,
        check=_tokens,
        keywords=("words", "tokens", "sequence"),
    ),
    _monitor(
        "ShowTable",
        "Shows the numbers of a few examples while training.",
        keywords=("numbers", "values"),
    ),
    _monitor(
        "ShowHistogram",
        "Shows how the numbers of a tensor are distributed while training.",
        examples=256,
        keywords=("distribution", "activations"),
    ),
    _monitor(
        "ShowScatter",
        "Shows examples (N, D) as points in a plane while training: their first two principal "
        "components, or the numbers themselves where there are two.",
        inputs=(
            *_INPUT,
            Port("color", optional=True, doc="A class or a number for each point, its colour."),
        ),
        examples=512,
        check=_points,
        keywords=("embedding", "latent", "pca", "representation", "points"),
    ),
    _monitor(
        "GenerateText",
        "Shows text that a network writes while training: it is given a beginning and goes on, "
        "token by token. The network takes tokens (N, T) and gives logits (N, T, C) of the next.",
        Param("network", "str", doc="Name of the network that writes.", own=True),
        _VOCABULARY,
        Param(
            "prompt",
            "str",
            "",
            "What the text begins with. Empty: the first token of an example.",
            own=True,
        ),
        Param("length", "int", 100, "How many tokens it writes at most.", low=1, own=True),
        Param(
            "temperature",
            "float",
            1.0,
            "Below 1 it keeps to the likely; at 0 each token is the likeliest.",
            low=0.0,
            own=True,
        ),
        Param(
            "top_k",
            "int",
            None,
            "It draws from so many of the likeliest tokens. Empty: from all.",
            low=1,
            optional=True,
            own=True,
        ),
        inputs=(),
        examples=1,
        takes_network=True,
        keywords=("sample", "language model", "decode", "write"),
    ),
)
