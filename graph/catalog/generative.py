"""Entries for :mod:`graph.catalog.formulas`: losses beyond torch.nn, and what goes with them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from graph.catalog import checks, formulas
from graph.catalog.entry import Call, InputError, Kind, Param, Port, Ports
from graph.catalog.functions import plain, sources_in
from graph.catalog.operation import (
    OperationKind,
    function,
    infix,
    number,
    one_of,
    operation,
    whole,
)
from graph.dims import TensorType

if TYPE_CHECKING:
    from graph.document import Project, Value

__all__ = ["KINDS"]

Args = Mapping[str, "Value"]
Types = Mapping[str, TensorType]

_SOURCES = sources_in(formulas)
_LOSS = (Port("loss"),)


def _floats(*names: str, layout: tuple[str, ...] | None = None) -> tuple[Port, ...]:
    return tuple(Port(name, dtype="float", layout=layout) for name in names)


def _formula(name: str, path: str, family: str, *params: Param, **more: Any) -> OperationKind:
    """Return the entry of one function; its help is the function's own."""
    doc = plain(getattr(formulas, path).__doc__ or "")
    return operation(
        None,
        family,
        function(path),
        *params,
        name=name,
        doc=doc,
        definitions=(_SOURCES[path],),
        **more,
    )


def _loss(name: str, path: str, inputs: tuple[Port, ...], *params: Param, **more: Any) -> Kind:
    return _formula(name, path, "loss", *params, inputs=inputs, outputs=_LOSS, **more)


def _steps_fit(args: Args, inputs: Types) -> None:
    logits, target = inputs.get("input"), inputs.get("target")
    if logits is not None and target is not None and logits.shape[:2] != target.shape:
        raise InputError(
            "target",
            f"a class for each step of the logits: {TensorType(logits.shape[:2]).shape_text}",
            target.shape_text,
            "Let both have the same steps: Shift gives inputs and targets of equal length.",
        )


def _wrong_ones_fit(args: Args, inputs: Types) -> None:
    true, wrong = inputs.get("positive"), inputs.get("negative")
    if true is not None and wrong is not None and true.shape[0] != wrong.shape[0]:
        raise InputError(
            "negative",
            f"scores of wrong triples for each of {true.shape[0]} true ones",
            wrong.shape_text,
            "Wire the scores of what CorruptTriples gives for the same triples.",
        )


def _mask_fits(args: Args, inputs: Types) -> None:
    values, mask = inputs.get("input"), inputs.get("mask")
    if values is not None and mask is not None and values.shape[:2] != mask.shape:
        raise InputError(
            "mask",
            f"a truth value for each step: {TensorType(values.shape[:2]).shape_text}",
            mask.shape_text,
            "Wire the padding_mask of the tokens that the input was made from.",
        )


def _angles_fit(args: Args, inputs: Types) -> None:
    values, angle = inputs.get("input"), inputs.get("angle")
    if values is None or angle is None or not values.shape or not angle.shape:
        return
    size, half = values.shape[-1], angle.shape[-1]
    if isinstance(size, int) and isinstance(half, int) and size != 2 * half:
        raise InputError(
            "angle",
            f"{size // 2} angles, one for each pair of features",
            angle.shape_text,
            "Give the embedding of relations half as many numbers as that of entities.",
        )


@dataclass(frozen=True, kw_only=True)
class ShiftKind(Kind):
    """Two slices of one sequence; only those that something uses are written."""

    __hash__ = Kind.__hash__

    def ports(self, params: Args, project: Project | None) -> Ports:
        tokens = Port("input", layout=("N", "T", "..."))
        return Ports((tokens,), (Port("input"), Port("target")))

    def call(
        self, module: str, inputs: Mapping[str, str], args: Args, wanted: frozenset[str]
    ) -> Call:
        given = inputs["input"]
        slices = {"input": f"{given}[:, :-1]", "target": f"{given}[:, 1:]"}
        used = tuple(name for name in slices if name in wanted) or ("input",)
        return Call(", ".join(slices[name] for name in used), used[0] if len(used) == 1 else used)


_GAUSSIAN: dict[str, Any] = {
    "inputs": _floats("mu", "logvar"),
    "checks": (checks.same_shape("mu", "logvar"),),
}
_VIEWS = _floats("z1", "z2", layout=("N", "D"))
_SEQUENCE = (
    Port("input", dtype="float", layout=("N", "T", "C")),
    Port("target", dtype="int", layout=("N", "T")),
)
_SCORES = (
    Port("positive", dtype="float", layout=("N",)),
    Port("negative", dtype="float", layout=("N", "K")),
)
_GAME = _floats("real", "fake")
_MADE = _floats("fake")


def _generative_losses() -> tuple[Kind, ...]:
    game = ("gan", "adversarial")
    return (
        _loss(
            "GaussianKL",
            "gaussian_kl",
            keywords=("vae", "divergence", "kl", "elbo"),
            **_GAUSSIAN,
        ),
        *(
            _loss(
                f"{name}ReconstructionLoss",
                f"{name.lower()}_reconstruction_loss",
                _floats("input", "target"),
                checks=(checks.same_shape("input", "target"),),
                keywords=("vae", "elbo", "likelihood", "autoencoder"),
            )
            for name in ("Bernoulli", "Gaussian")
        ),
        _loss(
            "AdversarialDiscriminatorLoss", "adversarial_discriminator_loss", _GAME, keywords=game
        ),
        _loss("AdversarialGeneratorLoss", "adversarial_generator_loss", _MADE, keywords=game),
        _loss("HingeDiscriminatorLoss", "hinge_discriminator_loss", _GAME, keywords=game),
        _loss("HingeGeneratorLoss", "hinge_generator_loss", _MADE, keywords=game),
        _loss("WassersteinCriticLoss", "wasserstein_critic_loss", _GAME, keywords=game),
        _loss("WassersteinGeneratorLoss", "wasserstein_generator_loss", _MADE, keywords=game),
    )


def _comparing_losses() -> tuple[Kind, ...]:
    """Return those of views, of steps and of triples."""
    return (
        _loss(
            "NTXentLoss",
            "nt_xent_loss",
            _VIEWS,
            number("temperature", 0.5, "How much near misses count: less, the more.", low=1e-6),
            checks=(checks.same_shape("z1", "z2"),),
            keywords=("contrastive", "simclr", "self-supervised", "infonce"),
        ),
        _loss(
            "CosineRegressionLoss",
            "cosine_regression_loss",
            _floats("input", "target"),
            checks=(checks.same_shape("input", "target"),),
            keywords=("byol", "self-supervised", "similarity"),
        ),
        _loss(
            "SequenceCrossEntropy",
            "sequence_cross_entropy",
            _SEQUENCE,
            whole("ignore_index", -100, "A target that does not count, such as padding."),
            number(
                "label_smoothing",
                0.0,
                "The share of a target that is spread over all classes.",
                low=0.0,
                high=1.0,
            ),
            checks=(_steps_fit,),
            keywords=("language model", "tokens", "translation", "tagging"),
        ),
        _loss(
            "TripleMarginLoss",
            "triple_margin_loss",
            _SCORES,
            number("margin", 1.0, "How much better a true triple has to be.", low=0.0),
            checks=(_wrong_ones_fit,),
            keywords=("knowledge graph", "transe", "link prediction"),
        ),
        _loss(
            "NegativeSamplingLoss",
            "negative_sampling_loss",
            _SCORES,
            number("margin", 6.0, "Distance within which a triple counts as true.", low=0.0),
            number("temperature", 1.0, "How much the likeliest wrong triples count.", low=0.0),
            checks=(_wrong_ones_fit,),
            keywords=("knowledge graph", "rotate", "link prediction"),
        ),
    )


def _operations() -> tuple[Kind, ...]:
    of_steps: dict[str, Any] = {
        "inputs": (
            Port("input", dtype="float", layout=("N", "T", "D")),
            Port("mask", dtype="bool", layout=("N", "T")),
        ),
        "checks": (_mask_fits,),
    }
    return (
        _formula(
            "Reparameterize",
            "reparameterize",
            "random",
            keywords=("vae", "sample", "gaussian"),
            **_GAUSSIAN,
        ),
        _formula(
            "straight_through",
            "straight_through",
            "creation",
            inputs=_floats("hard", "soft"),
            checks=(checks.same_shape("hard", "soft"),),
            keywords=("vq-vae", "quantize", "binarize", "estimator"),
        ),
        ShiftKind(
            name="Shift",
            family="selection",
            doc="A sequence without its last step, and without its first: what goes in, and the "
            "next step that is to be told from it (N, T-1).",
            keywords=("next token", "language model", "teacher forcing"),
        ),
        operation(
            None,
            "comparison",
            infix("==", "padding"),
            whole("padding", 0, "The token that fills up short sequences."),
            name="padding_mask",
            doc="Whether a token is padding, (N, T): True where attention must not look.",
            inputs=(Port("input", dtype="int", layout=("N", "T")),),
            keywords=("mask", "key_padding_mask"),
        ),
        _formula(
            "masked_mean",
            "masked_mean",
            "reduction",
            keywords=("pooling", "average", "padding"),
            **of_steps,
        ),
        _formula(
            "last_step",
            "last_step",
            "selection",
            keywords=("pooling", "padding", "recurrent", "select"),
            **of_steps,
        ),
    )


def _of_triples() -> tuple[Kind, ...]:
    index: dict[str, Any] = {"dtype": "int", "layout": ("N",)}
    triple = tuple(Port(name, **index) for name in ("head", "relation", "tail"))
    triples = (Port("head"), Port("relation"), Port("tail"))
    entities = whole("entities", doc="How many entities there are.", low=1, positional=False)
    return (
        _formula(
            "CorruptTriples",
            "corrupt_triples",
            "random",
            entities,
            whole("negatives", 1, "Wrong triples for each true one.", low=1),
            inputs=triple,
            outputs=triples,
            presets={"entities": 100},
            keywords=("knowledge graph", "negative sampling"),
        ),
        _formula(
            "CandidateTriples",
            "candidate_triples",
            "creation",
            entities,
            one_of("replace", "tail", "tail", "head", doc="What is asked for."),
            inputs=triple,
            outputs=triples,
            presets={"entities": 100},
            keywords=("knowledge graph", "link prediction", "ranking"),
        ),
        _formula(
            "rotate",
            "rotate",
            "arithmetic",
            inputs=_floats("input", "angle"),
            checks=(_angles_fit,),
            keywords=("complex", "knowledge graph", "rotate"),
        ),
    )


KINDS: tuple[Kind, ...] = (
    *_generative_losses(),
    *_comparing_losses(),
    *_operations(),
    *_of_triples(),
)
