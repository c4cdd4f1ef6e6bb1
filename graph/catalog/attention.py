"""Attention and transformer layers.

Masks are optional inputs. The encoder and decoder stacks take a layer object in torch; here the
layer's arguments are the entry's own, and the code composes the two. A stack compares its mask with
a causal one by value, which the meta device cannot, and all of them take it long, so they go by
rule; the tests compare the rules with real runs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from torch import nn

from graph.catalog import checks
from graph.catalog.entry import Call, Cost, InputError, Kind, Param, Port, Ports
from graph.catalog.layerkind import LayerKind, layer, present, unused
from graph.catalog.signature import params_of
from graph.dims import BATCH, PROBES, Dim, Sym, TensorType

if TYPE_CHECKING:
    from graph.document import Project, Value

__all__ = ["KINDS"]

Args = Mapping[str, "Value"]
Types = Mapping[str, TensorType]


class SequenceKind(LayerKind):
    """A layer over whole sequences: its layouts follow ``batch_first``."""

    __hash__ = Kind.__hash__

    def ports(self, params: Args, project: Project | None) -> Ports:
        if params.get("batch_first"):
            return Ports(self.inputs, self.outputs)
        turned = tuple(
            replace(port, layout=(port.layout[1], port.layout[0], port.layout[2]))
            if port.layout is not None and len(port.layout) == 3
            else port
            for port in self.inputs
        )
        return Ports(turned, self.outputs)

    def check_inputs(self, args: Args, inputs: Types) -> None:
        """Refuse time where the batch belongs, batches that differ, and masks of a wrong type."""
        sequences = {n: t for n, t in inputs.items() if not n.endswith("mask")}
        first = next(iter(sequences), None)
        at = 0 if args.get("batch_first") else 1
        for name, arriving in sequences.items():
            if at == 1 and arriving.shape[0] == BATCH and arriving.shape[1] != BATCH:
                raise InputError(
                    name,
                    "time before batch, as batch_first is False",
                    arriving.shape_text,
                    "Set batch_first to True.",
                    ("set:batch_first=true",),
                )
            if first is not None and arriving.shape[at] != sequences[first].shape[at]:
                raise InputError(
                    name,
                    f"the batch of {first}, {sequences[first].shape[at]}, in dimension {at}",
                    arriving.shape_text,
                    f"Bring {name} and {first} to the same batch.",
                )
        _check_masks(inputs)
        super().check_inputs(args, inputs)


def _check_masks(inputs: Types) -> None:
    masks = {n: t for n, t in inputs.items() if n.endswith("mask")}
    for name, mask in masks.items():
        if mask.dtype not in ("bool", "float32", "float64", "float16", "bfloat16"):
            raise InputError(
                name,
                "truth values (True is masked out) or numbers to add",
                mask.dtype,
                "Insert a cast to bool.",
                ("cast:bool",),
            )
    if len({mask.dtype for mask in masks.values()}) > 1:
        name = next(reversed(masks))
        raise InputError(
            name,
            "masks of one type",
            ", ".join(f"{n} {mask.dtype}" for n, mask in masks.items()),
            "Insert a cast so that all masks are bool.",
            ("cast:bool",),
        )


def _fits(name: str, mask: TensorType | None, wanted: tuple[Any, ...]) -> None:
    """Raise InputError unless the mask's last sizes are `wanted`."""
    if mask is not None and tuple(mask.shape[-2:]) != wanted:
        raise InputError(
            name,
            f"a mask whose last sizes are {TensorType(wanted).shape_text}",
            mask.shape_text,
            "Make the mask for these lengths.",
        )


# -- multi-head attention -------------------------------------------------------------------------


class AttentionKind(SequenceKind):
    """Multi-head attention. What is not wired follows: key is the query, value is the key."""

    __hash__ = Kind.__hash__

    def call(
        self, module: str, inputs: Mapping[str, str], args: Args, wanted: frozenset[str]
    ) -> Call:
        query = inputs["query"]
        key = inputs.get("key", query)
        given = [query, key, inputs.get("value", key)]
        given += [f"{n}={inputs[n]}" for n in ("key_padding_mask", "attn_mask") if n in inputs]
        if "weights" not in wanted:
            given.append("need_weights=False")
        elif args.get("average_attn_weights") is False:
            given.append("average_attn_weights=False")
        return Call(
            f"{module}({', '.join(given)})", (unused("output", wanted), unused("weights", wanted))
        )

    def check_inputs(self, args: Args, inputs: Types) -> None:
        super().check_inputs(args, inputs)
        query = inputs.get("query")
        if query is None:
            return
        key = inputs.get("key", query)
        value = inputs.get("value", key)
        embed = args.get("embed_dim")
        for name, arriving, size in (("key", key, "kdim"), ("value", value, "vdim")):
            wanted = embed if args.get(size) is None else args.get(size)
            if arriving.shape[-1] != wanted:
                raise InputError(
                    name,
                    f"{size}={wanted} as its last size",
                    arriving.shape_text,
                    f"Set {size} to {arriving.shape[-1]}, or leave it out.",
                    (f"unset:{size}", f"linear:{wanted}"),
                )
        at = 1 if args.get("batch_first") else 0
        if key.shape[at] != value.shape[at]:
            raise InputError(
                "value",
                f"as many steps as key has, {key.shape[at]}",
                value.shape_text,
                "Key and value come in pairs: wire both from the same sequence.",
            )
        _fits("attn_mask", inputs.get("attn_mask"), (query.shape[at], key.shape[at]))

    def rule(self, args: Args, inputs: Types) -> Mapping[str, TensorType] | None:
        query, at = inputs["query"], 1 if args.get("batch_first") else 0
        steps = inputs.get("key", query).shape[at]
        more = _added_steps(args)
        if isinstance(steps, Sym) and more:
            steps = replace(steps, one=steps.one + more)
        elif isinstance(steps, int):
            steps += more
        heads = args.get("num_heads")
        single = args.get("average_attn_weights") is False
        apart: tuple[Dim, ...] = (heads,) if single and isinstance(heads, int) else ()
        weights = (query.shape[1 - at], *apart, query.shape[at], steps)
        return {"output": query, "weights": TensorType(weights, query.dtype)}

    def cost_rule(self, args: Args, inputs: Types) -> Cost | None:
        """Return four projections of weights, and the operations of these and of attention."""
        at = 1 if args.get("batch_first") else 0
        query = inputs["query"].at(1, PROBES[0][1])
        key = inputs.get("key", inputs["query"]).at(1, PROBES[0][1])
        width = query[-1]
        k_width, v_width = (
            size if isinstance(size := args.get(name), int) else width for name in ("kdim", "vdim")
        )
        biases = 4 * width * bool(args.get("bias")) + 2 * width * bool(args.get("add_bias_kv"))
        ends, middle = 2 * width * width, (k_width + v_width) * width
        scores = 2 * width * query[at] * (key[at] + _added_steps(args))
        return Cost(ends + middle + biases, 2 * (ends * query[at] + middle * key[at] + scores))


def _added_steps(args: Args) -> int:
    """Return how many steps the arguments add to those of key and value."""
    return int(bool(args.get("add_bias_kv"))) + int(bool(args.get("add_zero_attn")))


def _follows(port: str) -> Any:
    """Return what infers ``kdim`` or ``vdim``: the size that arrives, where it is another one."""

    def infer(inputs: Types, params: Args) -> Value:
        query = inputs.get("query")
        key = inputs.get("key", query)
        arriving = inputs.get("value", key) if port == "value" else key
        if query is None or arriving is None or not query.shape or not arriving.shape:
            return None
        embed = params.get("embed_dim", query.shape[-1])
        last = arriving.shape[-1]
        return last if isinstance(last, int) and last != embed else None

    return infer


_AVERAGE = Param(
    "average_attn_weights",
    "bool",
    True,
    "Whether the output weights are averaged over the heads. Default: True",
    own=True,
)


def _attention() -> LayerKind | None:
    inputs = (
        Port("query", dtype="float", layout=("N", "L", "embed_dim")),
        Port("key", True, dtype="float", layout=("N", "S", "E"), doc="The query, if not wired."),
        Port("value", True, dtype="float", layout=("N", "S", "E"), doc="The key, if not wired."),
        _padding_mask("key_padding_mask"),
        _mask("attn_mask"),
    )
    return layer(
        "MultiheadAttention",
        "attention",
        kind=AttentionKind,
        inputs=inputs,
        outputs=(Port("output"), Port("weights", doc="How much each step looks at each other.")),
        change={
            "kdim": {"type": "int", "infer": _follows("key")},
            "vdim": {"type": "int", "infer": _follows("value")},
        },
        more_params=(_AVERAGE,),
        checks=(checks.divides("num_heads", "embed_dim", "query"),),
        presets={"num_heads": 4, "batch_first": True},
        keywords=("self-attention", "transformer"),
    )


def _mask(name: str) -> Port:
    return Port(name, True, doc="(L, S): True where a step may not look, or numbers to add.")


def _padding_mask(name: str) -> Port:
    return Port(name, True, layout=("N", "S"), doc="(N, S): True at steps that only pad.")


# -- transformers ---------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class TransformerKind(SequenceKind):
    """A transformer, one of its stacks or one layer of a stack."""

    __hash__ = Kind.__hash__

    #: The class of the layer that a stack is composed of.
    layer_class: type[nn.Module] | None = None
    #: The parameters of that layer.
    layer_params: tuple[Param, ...] = ()

    def construct(self, args: Args) -> str | None:
        if self.layer_class is None:
            return super().construct(args)
        inner = self.module_text(self.layer_class.__name__, self.layer_params, args)
        outer = tuple(p for p in self.params if p not in self.layer_params)
        text = self.module_text(self.name, outer, args, inner)
        if not args.get("norm"):
            return text
        size = args.get("d_model")
        without = "" if args.get("bias") else ", bias=False"
        return f"{text[:-1]}, norm=nn.LayerNorm({size}{without}))"

    def rule(self, args: Args, inputs: Types) -> Mapping[str, TensorType] | None:
        return {"output": inputs["tgt" if "tgt" in inputs else "src"]}

    def cost_rule(self, args: Args, inputs: Types) -> Cost | None:
        """Return weights and operations by the layers' own arithmetic: see :class:`_Layer`."""
        at = 1 if args.get("batch_first") else 0

        def steps(name: str) -> int:
            return inputs[name].at(1, PROBES[0][1])[at] if name in inputs else 0

        one = _Layer.of(args)
        encoders, decoders = _depths(self.name, args)
        source, target = steps("src"), steps("tgt")
        memory = steps("memory") if "memory" in inputs else source
        norms = 2 if self.name == "Transformer" else int(bool(args.get("norm")))
        return Cost(
            encoders * one.encoder_weights + decoders * one.decoder_weights + norms * one.norm,
            encoders * one.encoder_flops(source) + decoders * one.decoder_flops(target, memory),
        )

    def check_inputs(self, args: Args, inputs: Types) -> None:
        super().check_inputs(args, inputs)
        at = 1 if args.get("batch_first") else 0
        own = "src" if "src" in inputs else "tgt"
        for name, over in (("mask", own), ("src_mask", "src"), ("tgt_mask", "tgt")):
            if over in inputs:
                size = inputs[over].shape[at]
                _fits(name, inputs.get(name), (size, size))
        other = inputs.get("memory", inputs.get("src"))
        if "tgt" in inputs and other is not None:
            sizes = (inputs["tgt"].shape[at], other.shape[at])
            _fits("memory_mask", inputs.get("memory_mask"), sizes)


def _depths(name: str, args: Args) -> tuple[int, int]:
    """Return how many encoder and decoder layers there are."""

    def number(argument: str) -> int:
        value = args.get(argument)
        return value if isinstance(value, int) else 1

    if name == "Transformer":
        return number("num_encoder_layers"), number("num_decoder_layers")
    deep = number("num_layers")
    return (deep, 0) if "Encoder" in name else (0, deep)


@dataclass(frozen=True)
class _Layer:
    """Weights and operations of one layer of width `d`, as in "Attention is all you need"."""

    d: int
    feedforward: int
    bias: int

    @classmethod
    def of(cls, args: Args) -> _Layer:
        d, feedforward = args.get("d_model"), args.get("dim_feedforward")
        assert isinstance(d, int)
        assert isinstance(feedforward, int)
        return cls(d, feedforward, int(bool(args.get("bias"))))

    @property
    def norm(self) -> int:
        return self.d * (1 + self.bias)

    @property
    def attention(self) -> int:
        return 4 * self.d * (self.d + self.bias)

    @property
    def mlp(self) -> int:
        return 2 * self.d * self.feedforward + self.bias * (self.d + self.feedforward)

    @property
    def encoder_weights(self) -> int:
        return self.attention + self.mlp + 2 * self.norm

    @property
    def decoder_weights(self) -> int:
        return 2 * self.attention + self.mlp + 3 * self.norm

    def attention_flops(self, queries: int, keys: int) -> int:
        """Two projections of each side, scores and weighted sums."""
        return 4 * self.d * self.d * (queries + keys) + 4 * queries * keys * self.d

    def encoder_flops(self, steps: int) -> int:
        return self.attention_flops(steps, steps) + 4 * steps * self.d * self.feedforward

    def decoder_flops(self, steps: int, memory: int) -> int:
        return self.encoder_flops(steps) + self.attention_flops(steps, memory)


_CHANGE: dict[str, dict[str, Any]] = {
    "activation": {"type": "choice", "choices": ("relu", "gelu"), "default": "relu"},
}
_SMALL = {"nhead": 4, "dim_feedforward": 256, "batch_first": True}
_SOURCE = (Port("src", dtype="float", layout=("N", "S", "d_model")),)
_TARGET = (
    Port("tgt", dtype="float", layout=("N", "L", "d_model")),
    Port("memory", dtype="float", layout=("N", "S", "d_model"), doc="What the encoder gives."),
)
_DECODER_MASKS = (
    _mask("tgt_mask"),
    _mask("memory_mask"),
    _padding_mask("tgt_key_padding_mask"),
    _padding_mask("memory_key_padding_mask"),
)


def _heads(port: str) -> dict[str, Any]:
    return {"checks": (checks.divides("nhead", "d_model", port),)}


def _stack(
    name: str, layer_name: str, inputs: tuple[Port, ...], **presets: Value
) -> LayerKind | None:
    layer_class = getattr(nn, layer_name)
    of_layer = params_of(layer_class, {"d_model"}, change=_CHANGE)
    norm = Param("norm", "bool", False, "Whether a LayerNorm follows the last layer.", own=True)
    entry = layer(
        name,
        "attention",
        kind=TransformerKind,
        inputs=inputs,
        skip=("encoder_layer", "decoder_layer", "norm"),
        change={
            "num_layers": {"positional": False},
            "mask_check": {"doc": "Whether to look if a mask allows the fast path."},
        },
        more_params=(norm,),
        layer_class=layer_class,
        layer_params=of_layer,
        **_heads(inputs[0].name),
        presets={**_SMALL, "num_layers": 2, **presets},
        keywords=("self-attention",),
    )
    return None if entry is None else replace(entry, params=(*of_layer, *entry.params))


def _transformers() -> tuple[LayerKind | None, ...]:
    encoder_masks = (_mask("src_mask"), _padding_mask("src_key_padding_mask"))
    shared: dict[str, Any] = {"kind": TransformerKind, "change": _CHANGE}
    return (
        layer(
            "TransformerEncoderLayer",
            "attention",
            inputs=(*_SOURCE, *encoder_masks),
            presets=_SMALL,
            **shared,
            **_heads("src"),
        ),
        # Nested tensors shorten the output to the longest sequence, and torch warns of them.
        _stack(
            "TransformerEncoder",
            "TransformerEncoderLayer",
            (*_SOURCE, _mask("mask"), encoder_masks[1]),
            enable_nested_tensor=False,
        ),
        layer(
            "TransformerDecoderLayer",
            "attention",
            inputs=(*_TARGET, *_DECODER_MASKS),
            presets=_SMALL,
            **shared,
            **_heads("tgt"),
        ),
        _stack("TransformerDecoder", "TransformerDecoderLayer", (*_TARGET, *_DECODER_MASKS)),
        layer(
            "Transformer",
            "attention",
            inputs=(
                *_SOURCE,
                _TARGET[0],
                _mask("src_mask"),
                *_DECODER_MASKS[:2],
                encoder_masks[1],
                *_DECODER_MASKS[2:],
            ),
            skip=("custom_encoder", "custom_decoder"),
            presets={**_SMALL, "num_encoder_layers": 2, "num_decoder_layers": 2},
            **shared,
            **_heads("src"),
        ),
    )


KINDS: tuple[Kind, ...] = present(_attention(), *_transformers())
