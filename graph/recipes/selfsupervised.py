"""Recipes that learn features without labels, from two views of each picture.

Where the data has classes, a probe (a network of its own, trained on features that pass no
gradient) shows how much of them the features tell.
"""

from __future__ import annotations

from graph.catalog.entry import REQUIRED, Param
from graph.document import Network, Project, Value
from graph.recipes.chains import Layer, chain, encoder_layers, renamed
from graph.recipes.parts import (
    first_column,
    network_choice,
    network_for,
    optimize,
    optimizer_choices,
    optimizer_guess,
)
from graph.recipes.recipe import Choice, Choices, Recipe, Sketch, column, inputs_of, outputs_of

__all__ = ["CONTRASTIVE", "SELF_SUPERVISED"]

_NONE = ""

_COLUMN = Choice(
    Param("column", "choice", REQUIRED, "The pictures that are looked at."),
    "Data",
    ("column", "crop1", "input"),
    "column",
)
_PROBE = Choice(
    Param("probe", "choice", _NONE, "A network that tells classes from the features, to measure."),
    "Probe",
    ("param", "probe", "network"),
    "network or none",
)
_LABEL = Choice(
    Param("label", "choice", _NONE, "The classes that the probe is measured by."),
    "Classes",
    ("column", "probe_loss", "target"),
    "column or none",
)


def _views(sketch: Sketch, name: str) -> None:
    """Draw data and two random views of it."""
    sketch.add("data", "Data", (0, 1))
    for i, title in enumerate(("one", "two")):
        crop = sketch.add(f"crop{i + 1}", "RandomResizedCrop", (1, i * 1.2), scale=(0.4, 1.0))
        noise = sketch.add(f"view{i + 1}", "GaussianNoise", (2, i * 1.2), title)
        sketch.wire("data", name, crop, "input")
        sketch.wire(crop, "output", noise, "input")
    shown = sketch.add("views", "ShowImages", (3, 3), "views")
    sketch.wire("view1", "output", shown, "input")
    sketch.wire("view2", "output", shown, "beside")


def _probe(sketch: Sketch, project: Project, choices: Choices, encoder: str) -> None:
    """Draw the probe on features of the pictures as they are, where there is one."""
    if not choices["probe"] or not choices["label"]:
        return
    label = column(project, choices["label"])
    (into,), (features,) = inputs_of(project, encoder, 1, "x"), outputs_of(project, encoder, 1, "y")
    (given,) = inputs_of(project, choices["probe"], 1, "the features")
    (logits,) = outputs_of(project, choices["probe"], 1, "the logits")
    sketch.add("whole", "Network", (1, 4), "features", network=encoder)
    sketch.add("cut", "detach", (2, 4))
    sketch.add("probe", "Network", (3, 4), "logits", network=choices["probe"])
    sketch.add("probe_loss", "CrossEntropyLoss", (4, 4), "probe_loss")
    sketch.add("probe_optimizer", "Adam", (5, 4), "probe", networks=(choices["probe"],))
    sketch.add("accuracy", "Accuracy", (4, 5))
    picture = str(choices["column"])
    for ends in (
        ("data", picture, "whole", into),
        ("whole", features, "cut", "input"),
        ("cut", "output", "probe", given),
        ("probe", logits, "probe_loss", "input"),
        ("data", label.name, "probe_loss", "target"),
        ("probe_loss", "loss", "probe_optimizer", "loss"),
        ("probe", logits, "accuracy", "logits"),
        ("data", label.name, "accuracy", "target"),
    ):
        sketch.wire(*ends)


def _guess_probe(project: Project) -> dict[str, Value]:
    label = next((port.name for port in project.data.ports if port.type == "category"), _NONE)
    probe = next((name for name in project.networks if "probe" in name.lower()), _NONE)
    return {"probe": probe, "label": label} if probe and label else {"probe": _NONE, "label": _NONE}


def _begin(project: Project) -> list[Network]:
    """Return an encoder and, where the data has classes, a probe."""
    port = first_column(project, "image")
    layers: list[Layer] = [*encoder_layers(), ("Linear", {"out_features": 64})]
    found = [renamed(project, chain("encoder", port.name, layers, [("features", [])]))]
    label = next((p for p in project.data.ports if p.type == "category"), None)
    if label is not None and label.classes:
        ends: list[Layer] = [("Linear", {"out_features": len(label.classes)})]
        probe = chain("probe", "features", [], [("logits", ends)], shape=(64,))
        found.append(renamed(project, probe))
    return found


# -- contrastive --------------------------------------------------------------------------------


def _draw_contrastive(project: Project, choices: Choices) -> Sketch:
    port, encoder = column(project, choices["column"]), str(choices["encoder"])
    (into,) = inputs_of(project, encoder, 1, "the picture")
    (out,) = outputs_of(project, encoder, 1, "the features")
    temperature = choices["temperature"]
    given: dict[str, Value] = {} if temperature == 0.5 else {"temperature": temperature}
    sketch = Sketch()
    _views(sketch, port.name)
    sketch.add("loss", "NTXentLoss", (4, 0.6), "loss", **given)
    for i in (1, 2):
        use = sketch.add(f"encoder{i}", "Network", (3, (i - 1) * 1.2), f"z{i}", network=encoder)
        sketch.wire(f"view{i}", "output", use, into)
        sketch.wire(use, out, "loss", f"z{i}")
    optimize(sketch, choices, ("loss", "loss"), (5, 0.6), title="encoder", networks=(encoder,))
    _probe(sketch, project, choices, encoder)
    return sketch


CONTRASTIVE = Recipe(
    "contrastive",
    "Contrastive",
    "Two random views of a picture are to have features more alike than those of any others.",
    (
        network_choice("encoder", "Encoder", "Gives the features of a picture.", "encoder1"),
        _COLUMN,
        Choice(
            Param("temperature", "float", 0.5, "Less counts near misses the more.", low=1e-6),
            "Temperature",
            ("param", "loss", "temperature"),
        ),
        *optimizer_choices(),
        _PROBE,
        _LABEL,
    ),
    _draw_contrastive,
    lambda project: {
        "encoder": network_for(project, "encoder"),
        "column": first_column(project, "image").name,
        "temperature": 0.5,
        **optimizer_guess(),
        **_guess_probe(project),
    },
    _begin,
)

# -- a teacher of averaged weights ---------------------------------------------------------------


def _draw_teacher(project: Project, choices: Choices) -> Sketch:
    port, encoder = column(project, choices["column"]), str(choices["encoder"])
    predictor, decay = str(choices["predictor"]), choices["decay"]
    (into,) = inputs_of(project, encoder, 1, "the picture")
    (out,) = outputs_of(project, encoder, 1, "the features")
    (given,) = inputs_of(project, predictor, 1, "the features")
    (told,) = outputs_of(project, predictor, 1, "the prediction")
    sketch = Sketch()
    _views(sketch, port.name)
    sketch.add("objective", "WeightedSum", (6, 0.6), "loss", weights=(0.5, 0.5))
    average: dict[str, Value] = {} if decay == 0.99 else {"decay": decay}
    for i, other in ((1, 2), (2, 1)):
        row = (i - 1) * 1.2
        sketch.add(f"encoder{i}", "Network", (3, row), f"features{i}", network=encoder)
        sketch.add(f"predictor{i}", "Network", (4, row), f"prediction{i}", network=predictor)
        sketch.add(f"teacher{i}", "EMA", (3, 4.2 + row), f"target{i}", network=encoder, **average)
        sketch.add(f"loss{i}", "CosineRegressionLoss", (5, row), f"loss{i}")
        for ends in (
            (f"view{i}", "output", f"encoder{i}", into),
            (f"encoder{i}", out, f"predictor{i}", given),
            (f"predictor{i}", told, f"loss{i}", "input"),
            (f"view{other}", "output", f"teacher{i}", into),
            (f"teacher{i}", out, f"loss{i}", "target"),
            (f"loss{i}", "loss", "objective", f"input{i - 1}"),
        ):
            sketch.wire(*ends)
    optimize(
        sketch,
        choices,
        ("objective", "output"),
        (7, 0.6),
        title="encoder",
        networks=(encoder, predictor),
    )
    _probe(sketch, project, choices, encoder)
    return sketch


def _guess_teacher(project: Project) -> Choices:
    return {
        "encoder": network_for(project, "encoder"),
        "predictor": network_for(project, "predictor"),
        "column": first_column(project, "image").name,
        "decay": 0.99,
        **optimizer_guess(),
        **_guess_probe(project),
    }


def _begin_teacher(project: Project) -> list[Network]:
    layers: list[Layer] = [
        ("Linear", {"out_features": 64}),
        ("ReLU", {}),
        ("Linear", {"out_features": 64}),
    ]
    predictor = chain("predictor", "features", layers, [("prediction", [])], shape=(64,))
    return [*_begin(project), renamed(project, predictor)]


SELF_SUPERVISED = Recipe(
    "self-supervised",
    "EMA self-supervised",
    "A network learns to tell from one view what the average of its own past weights says of the "
    "other.",
    (
        network_choice("encoder", "Encoder", "Gives the features of a picture.", "encoder1"),
        network_choice("predictor", "Predictor", "Tells the other view's.", "predictor1"),
        _COLUMN,
        Choice(
            Param(
                "decay", "float", 0.99, "The share of the average that stays.", low=0.0, high=1.0
            ),
            "Decay",
            ("param", "teacher1", "decay"),
        ),
        *optimizer_choices(),
        _PROBE,
        _LABEL,
    ),
    _draw_teacher,
    _guess_teacher,
    _begin_teacher,
)
