"""Recipes that tell the next token: of a text, and of a translation."""

from __future__ import annotations

from graph.catalog.entry import REQUIRED, Param
from graph.catalog.structure import network_ports
from graph.dataspec import DataPort
from graph.document import Network, Project, Value
from graph.errors import DocumentError
from graph.recipes.chains import Layer, Placed, chain, drawn, renamed
from graph.recipes.parts import (
    first_column,
    network_choice,
    network_for,
    optimize,
    optimizer_choices,
    optimizer_guess,
)
from graph.recipes.recipe import Choice, Choices, Recipe, Sketch, column, inputs_of, outputs_of

__all__ = ["LANGUAGE", "TRANSLATE"]

#: The token that fills up short texts, in every vocabulary.
_PADDING = 0
_WIDTH, _HIDDEN = 64, 128


def _smoothing() -> Choice:
    doc = "The share of a target that is spread over all tokens."
    param = Param("label_smoothing", "float", 0.0, doc, low=0.0, high=1.0)
    return Choice(param, "Label smoothing", ("param", "loss", "label_smoothing"))


def _finish(sketch: Sketch, choices: Choices, port: DataPort, out: str) -> None:
    """Draw loss, optimizer, metrics and monitors behind the network of a sketch."""
    smoothing = choices["label_smoothing"]
    params: dict[str, Value] = {"label_smoothing": smoothing} if smoothing else {}
    sketch.add("loss", "SequenceCrossEntropy", (3, 0), "loss", ignore_index=_PADDING, **params)
    sketch.add("accuracy", "SequenceAccuracy", (3, 1), ignore_index=_PADDING)
    sketch.add("told", "ShowText", (3, 2), "told", vocabulary=port.name)
    sketch.add("right", "ShowText", (3, 2.8), "right", vocabulary=port.name)
    for ends in (
        ("network", out, "loss", "input"),
        ("shift", "target", "loss", "target"),
        ("network", out, "accuracy", "logits"),
        ("shift", "target", "accuracy", "target"),
        ("network", out, "told", "input"),
        ("shift", "target", "right", "input"),
    ):
        sketch.wire(*ends)
    optimize(sketch, choices, ("loss", "loss"), (4, 0))


# -- language model -----------------------------------------------------------------------------

_WRITER = (
    Choice(
        Param("prompt", "str", "", "What the text that is shown while training begins with."),
        "Begins with",
        ("param", "writes", "prompt"),
    ),
    Choice(
        Param("temperature", "float", 1.0, "Below 1 it keeps to the likely.", low=0.0),
        "Temperature",
        ("param", "writes", "temperature"),
    ),
)


def _draw_language(project: Project, choices: Choices) -> Sketch:
    port, network = column(project, choices["column"]), choices["network"]
    (into,) = inputs_of(project, network, 1, "the tokens")
    (out,) = outputs_of(project, network, 1, "the logits of the next one")
    sketch = Sketch()
    sketch.add("data", "Data", (0, 0))
    sketch.add("shift", "Shift", (1, 0))
    sketch.add("network", "Network", (2, 0), "logits", network=network)
    sketch.wire("data", port.name, "shift", "input")
    sketch.wire("shift", "input", "network", into)
    _finish(sketch, choices, port, out)
    ports = network_ports(project.network(str(network)))
    if (len(ports.inputs), len(ports.outputs)) == (1, 1):
        usual = {choice.name: choice.param.default for choice in _WRITER}
        params = {name: choices[name] for name in usual if choices[name] != usual[name]}
        params |= {"network": network, "vocabulary": port.name}
        sketch.add("writes", "GenerateText", (3, 3.6), "written", **params)
    return sketch


def _begin_language(project: Project) -> list[Network]:
    size = len(first_column(project, "tokens").vocabulary)
    layers: list[Layer] = [
        ("Embedding", {"num_embeddings": size, "embedding_dim": _WIDTH}),
        ("GRU", {"hidden_size": _HIDDEN, "batch_first": True}),
        ("Linear", {"out_features": size}),
    ]
    return [renamed(project, chain("language_model", "tokens", layers, [("logits", [])]))]


LANGUAGE = Recipe(
    "language",
    "Language model",
    "A network learns to tell each token of a text from those before it.",
    (
        network_choice("network", "Network", "What is trained.", "network"),
        Choice(
            Param("column", "choice", REQUIRED, "The text that is learned."),
            "Text",
            ("column", "shift", "input"),
            "column",
        ),
        _smoothing(),
        *optimizer_choices(),
        *_WRITER,
    ),
    _draw_language,
    lambda project: {
        "network": network_for(project, "language"),
        "column": first_column(project, "tokens").name,
        "label_smoothing": 0.0,
        **optimizer_guess(),
        **{choice.name: choice.param.default for choice in _WRITER},
    },
    _begin_language,
)

# -- translation --------------------------------------------------------------------------------


def _texts(project: Project) -> tuple[DataPort, DataPort]:
    """Return the columns of the texts that are translated, and of their translations."""
    found = [port for port in project.data.ports if port.type == "tokens"]
    if len(found) < 2:
        there = ", ".join(f"{port.name} ({port.type})" for port in project.data.ports) or "none"
        raise DocumentError(
            f"This needs two columns of text, one the translation of the other; there are: {there}."
        )
    return found[0], found[1]


def _draw_translate(project: Project, choices: Choices) -> Sketch:
    source, target = column(project, choices["source"]), column(project, choices["target"])
    network = choices["network"]
    text, before = inputs_of(project, network, 2, "the text and the translation so far")
    (out,) = outputs_of(project, network, 1, "the logits of the next token")
    sketch = Sketch()
    sketch.add("data", "Data", (0, 0))
    sketch.add("shift", "Shift", (1, 1))
    sketch.add("network", "Network", (2, 0), "logits", network=network)
    sketch.wire("data", source.name, "network", text)
    sketch.wire("data", target.name, "shift", "input")
    sketch.wire("shift", "input", "network", before)
    _finish(sketch, choices, target, out)
    return sketch


def _guess_translate(project: Project) -> Choices:
    source, target = _texts(project)
    return {
        "network": network_for(project, "translat"),
        "source": source.name,
        "target": target.name,
        "label_smoothing": 0.0,
        **optimizer_guess(),
    }


def _begin_translate(project: Project) -> list[Network]:
    """Return an encoder and a decoder in one network; what is read begins what is written."""
    source, target = _texts(project)

    def table(port: DataPort) -> dict[str, Value]:
        return {"num_embeddings": len(port.vocabulary), "embedding_dim": _WIDTH}

    recurrent: dict[str, Value] = {"hidden_size": _HIDDEN, "batch_first": True}
    nodes: tuple[Placed, ...] = (
        ("text", "Input", {}, "text", 0, 0),
        ("words", "Embedding", table(source), "", 1, 0),
        ("reader", "GRU", recurrent, "encoder", 2, 0),
        ("before", "Input", {}, "before", 0, 1.2),
        ("said", "Embedding", table(target), "", 1, 1.2),
        ("writer", "GRU", recurrent, "decoder", 3, 1),
        ("next", "Linear", {"out_features": len(target.vocabulary)}, "", 4, 1),
        ("logits", "Output", {}, "logits", 5, 1),
    )
    wires = (
        "text.output > words.input",
        "words.output > reader.input",
        "before.output > said.input",
        "said.output > writer.input",
        "reader.h > writer.h0",
        "writer.output > next.input",
        "next.output > logits.input",
    )
    return [renamed(project, drawn("translator", nodes, wires))]


def _text_choice(name: str, label: str, doc: str, node: str, port: str) -> Choice:
    return Choice(Param(name, "choice", REQUIRED, doc), label, ("column", node, port), "column")


TRANSLATE = Recipe(
    "translate",
    "Translate",
    "A network reads a text and learns to tell each token of its translation from those before "
    "it (teacher forcing).",
    (
        network_choice("network", "Network", "What is trained.", "network"),
        _text_choice("source", "Text", "What is read.", "network", "*"),
        _text_choice("target", "Translation", "What is written.", "shift", "input"),
        _smoothing(),
        *optimizer_choices(),
    ),
    _draw_translate,
    _guess_translate,
    _begin_translate,
)
