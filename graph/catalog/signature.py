"""Reads a torch class or function: its arguments with types and defaults, and its help.

The type of an argument comes from its annotation and default; the words that it takes
(``reduction``, ``mode``) from its annotation or else from the quoted words in its help. What
cannot be read so is stated by the entry, in `change`.
"""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

from graph.catalog.entry import REQUIRED, Param, ParamType
from graph.catalog.functions import docstring, sections
from graph.document import Value

__all__ = ["NumberOrNumbers", "TensorParam", "params_of", "summary_of"]

#: Arguments that are chosen elsewhere (device, dtype), are out of use, or hold no plain value.
_SKIPPED: Final = frozenset(
    {"self", "device", "dtype", "size_average", "reduce", "_weight", "_freeze", "_random_samples"}
    | {"process_group", "min_value", "max_value"}
)
_ONE_OR_MORE: Final = re.compile(
    r"(in[12]?|out)_(features|channels)|(input|hidden|output|kernel)_size|(up|down)scale_factor|"
    r"num_((en|de)coder_)?(features|groups|channels|layers|heads|embeddings|classes|parameters)|"
    r"stride|dilation|groups|size|embed_dim|[kv]dim|d_model|nhead|dim_feedforward|embedding_dim|"
    r"n_classes|normalized_shape|cutoffs|divisor_override"
)
_ZERO_OR_MORE: Final = frozenset(
    {"output_padding", "proj_size", "eps", "layer_norm_eps", "blank", "max_norm", "scale_factor"}
)
_ENTRY: Final = re.compile(r"\s+`{0,2}(\w+)`{0,2}\s*(?:\(.*?\))?\s*:\s*(.*)")
_SHARES: Final = frozenset({"dropout", "label_smoothing"})


@dataclass(frozen=True)
class NumberOrNumbers(Param):
    """A number, or one for each dimension: ``scale_factor``."""

    @property
    def expected(self) -> str:
        return f"{super().expected}, or one for each dimension"

    def _takes(self, value: Value) -> bool:
        if isinstance(value, tuple):
            right = len(value) == self.length if self.length else len(value) > 0
            return right and all(
                v is not None and super(NumberOrNumbers, self)._takes(v) for v in value
            )
        return super()._takes(value)


@dataclass(frozen=True)
class TensorParam(Param):
    """Numbers that the torch class takes as a tensor: ``torch.tensor([1.0, 2.0])``."""

    @property
    def takes_expressions(self) -> bool:
        return False


def summary_of(thing: object) -> str:
    """Return the first paragraph of a docstring, without markup."""
    paragraphs = docstring(thing).split("\n\n")
    return next((_plain(p) for p in paragraphs if not re.match(r"\w+\(", p)), "")


def params_of(
    thing: Any,
    tied: Collection[str] = (),
    *,
    skip: Collection[str] = (),
    change: Mapping[str, Mapping[str, Any]] | None = None,
) -> tuple[Param, ...]:
    """Return the parameters of a class's constructor or of a function.

    Parameters
    ----------
    tied
        Names of those that can be inferred.
    skip
        Names to leave out.
    change
        Fields of :class:`~graph.catalog.entry.Param` that differ from what is read, by name.
    """
    helps = _argument_docs(thing)
    found = []
    for p in _signature(thing).parameters.values():
        if p.name in _SKIPPED or p.name in skip or p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD):
            continue
        fields = _read(p, helps.get(p.name, ""), getattr(thing, "__name__", ""))
        fields["inferred"] = p.name in tied
        fields.update((change or {}).get(p.name, {}))
        made = fields.pop("made", Param)
        found.append(made(p.name, **fields))
    return tuple(found)


def _signature(thing: Any) -> inspect.Signature:
    """Return the signature; where it is only ``*args``, the one in the docstring's first line.

    ``nn.LSTM`` and its kin state their arguments there.
    """
    signature = inspect.signature(thing)
    if any(p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD) for p in signature.parameters.values()):
        return signature
    first = docstring(thing).split("\n", 1)[0]
    if not re.fullmatch(r"\w+\(.*\)", first):
        return signature
    arguments = ast.parse(f"def {first}: ...").body[0].args  # type: ignore[attr-defined]
    without = len(arguments.args) - len(arguments.defaults)
    defaults = [inspect.Parameter.empty] * without + list(map(ast.literal_eval, arguments.defaults))
    return inspect.Signature(
        [
            inspect.Parameter(a.arg, inspect.Parameter.POSITIONAL_OR_KEYWORD, default=d)
            for a, d in zip(arguments.args, defaults, strict=True)
        ]
    )


def _read(p: inspect.Parameter, doc: str, owner: str) -> dict[str, Any]:
    """Return the fields of the parameter `p` of the class or function called `owner`."""
    default: Any = REQUIRED if p.default is p.empty else p.default
    annotation = "" if p.annotation is p.empty else inspect.formatannotation(p.annotation)
    alone = re.sub(r"(?i:tuple|sequence|list|iterable)\[[^]]*\]", "", annotation)
    fields: dict[str, Any] = {
        "type": _type(annotation, alone, default),
        "default": default,
        "doc": _plain(doc),
        "optional": default is None or "None" in alone or "Optional" in alone,
        "positional": default is REQUIRED and p.kind is not p.KEYWORD_ONLY,
        "fixed": p.name == "return_indices",
        **_range(p.name),
    }
    if fields["type"] == "size":
        fields["length"] = _length(annotation, owner)
        if "str" in alone:
            fields["words"] = ("same", "valid")
    elif fields["type"] == "str":
        words = re.findall(r"Literal\[(.*?)\]", annotation)
        choices = tuple(dict.fromkeys(re.findall(r"['\"](\w+)['\"]", words[0] if words else doc)))
        if default in choices:
            fields.update(type="choice", choices=choices)
    elif fields["type"] == "floats":
        if "float" not in annotation:
            fields["made"] = TensorParam
        elif "float" in alone:
            fields.update(made=NumberOrNumbers, type="float", length=_length(annotation, owner))
    return fields


def _type(annotation: str, alone: str, default: object) -> ParamType:
    if isinstance(default, bool) or "bool" in annotation:
        return "bool"
    if annotation != alone or "Size" in annotation:
        if "float" in annotation:
            return "floats"
        return "size" if "int" in alone else "ints"
    if isinstance(default, str) or "str" in annotation or "Literal" in annotation:
        return "str"
    if "float" in annotation or isinstance(default, float):
        return "float"
    return "floats" if "Tensor" in annotation else "int"


def _length(annotation: str, owner: str) -> int:
    """Return how many numbers a size has: as its tuple says, or the class's name (``Pool2d``)."""
    inner = re.search(r"(?i:tuple)\[([^]]*)\]", annotation)
    if inner and "..." not in inner[1]:
        return len(re.findall("int|float", inner[1]))
    dimensions = re.search(r"(\d)d$", owner)
    return int(dimensions[1]) if dimensions and inner else 0


def _range(name: str) -> dict[str, float]:
    if _ONE_OR_MORE.fullmatch(name):
        return {"low": 1}
    if name in _SHARES:
        return {"low": 0, "high": 1}
    return {"low": 0} if name in _ZERO_OR_MORE else {}


def _argument_docs(thing: object) -> dict[str, str]:
    """Return the help of each argument as it stands in the docstring."""
    docs: dict[str, str] = {}
    for lines in sections(docstring(thing)):
        name, indent = "", len(lines[0]) - len(lines[0].lstrip()) if lines else 0
        for line in lines:
            depth = len(line) - len(line.lstrip())
            entry = _ENTRY.match(line) if depth == indent else None
            if entry:
                name, docs[entry[1]] = entry[1], entry[2]
            elif name and depth > indent:
                docs[name] += " " + line.strip()
    return docs


def _plain(text: str) -> str:
    text = re.sub(r":math:`([^`]*)`", lambda m: _formula(m[1]), text)
    text = re.sub(r":[\w:]+:`~?([^`<]*?)(?: ?<[^>]*>)?`", r"\1", text)
    text = re.sub(r"`{1,2}([^`]*?)(?: <[^>]*>)?`{1,2}_{0,2}", r"\1", text).replace("**", "")
    return " ".join(text.split())


def _formula(text: str) -> str:
    """Return a short formula as plain text: ``1 - \\text{rate}`` is ``1 - rate``."""
    text = re.sub(r"\\(?:text|mathrm|mathcal|texttt|mathbb|mathbf)\{([^}]*)\}", r"\1", text)
    text = re.sub(r"\\(?:frac|dfrac)\{([^}]*)\}\{([^}]*)\}", r"\1 / \2", text)
    for word, sign in (("times", "×"), ("leq?", "<="), ("geq?", ">="), ("cdot", "·")):
        text = re.sub(rf"\\{word}\b", sign, text)
    text = re.sub(r"\\(?:left|right|limits|;|,|!)(?![a-z])", "", text)
    return re.sub(r"\\([A-Za-z]+)", r"\1", text).replace("\\", "").replace("{", "").replace("}", "")
