"""Recipes whose networks make examples: autoencoders and adversaries."""

from __future__ import annotations

from graph.catalog.entry import REQUIRED, Param
from graph.dataspec import DataPort
from graph.document import Network, Project
from graph.recipes.chains import Layer, chain, encoder_layers, image_layers, renamed
from graph.recipes.parts import (
    first_column,
    network_choice,
    network_for,
    optimize,
    optimizer_choices,
    optimizer_guess,
)
from graph.recipes.recipe import Choice, Choices, Recipe, Sketch, column, inputs_of, outputs_of

__all__ = ["GAN", "RECONSTRUCT", "VAE"]

#: Numbers in a latent code of the networks that a recipe begins with.
_LATENT = 16

_CONTINUOUS = ("image", "number", "series", "audio", "clip")


def _what(node: str, port: str) -> Choice:
    param = Param("column", "choice", REQUIRED, "The column of the data that is learned.")
    return Choice(param, "Data", ("column", node, port), "column")


def _show(sketch: Sketch, port: DataPort, node: str, title: str, place: tuple[float, float]) -> str:
    """Add a monitor that suits a column."""
    return sketch.add(node, "ShowImages" if port.type == "image" else "ShowTable", place, title)


# -- autoencoder --------------------------------------------------------------------------------


def _draw_reconstruct(project: Project, choices: Choices) -> Sketch:
    port, name = column(project, choices["column"]), choices["network"]
    (into,), (out,) = inputs_of(project, name, 1, "the example"), outputs_of(project, name, 1, "it")
    sketch = Sketch()
    sketch.add("data", "Data", (0, 0))
    sketch.add("network", "Network", (1, 0), network=name)
    sketch.add("loss", str(choices["loss"]), (2, 0), "loss")
    sketch.wire("data", port.name, "network", into)
    sketch.wire("network", out, "loss", "input")
    sketch.wire("data", port.name, "loss", "target")
    optimize(sketch, choices, ("loss", "loss"), (3, 0))
    shown = _show(sketch, port, "reconstruction", "reconstruction", (2, 1))
    sketch.wire("network", out, shown, "input")
    if port.type == "image":
        sketch.wire("data", port.name, shown, "beside")
    return sketch


def _guess_reconstruct(project: Project) -> Choices:
    port = first_column(project, *_CONTINUOUS)
    return {
        "network": network_for(project, "autoencoder"),
        "column": port.name,
        "loss": "MSELoss",
        **optimizer_guess(),
    }


def _begin_reconstruct(project: Project) -> list[Network]:
    port = first_column(project, *_CONTINUOUS)
    layers: list[Layer] = [
        *encoder_layers(),
        ("Linear", {"out_features": _LATENT}),
        *image_layers(port),
    ]
    return [renamed(project, chain("autoencoder", port.name, layers, [("reconstruction", [])]))]


RECONSTRUCT = Recipe(
    "reconstruct",
    "Reconstruct",
    "An autoencoder: a network learns to give back what it was given, through a narrow code.",
    (
        network_choice("network", "Network", "What is trained.", "network"),
        _what("loss", "target"),
        Choice(
            Param(
                "loss",
                "choice",
                "MSELoss",
                "How a reconstruction is compared.",
                choices=("MSELoss", "L1Loss", "SmoothL1Loss", "BCEWithLogitsLoss"),
            ),
            "Loss",
            ("kind", "loss"),
        ),
        *optimizer_choices(),
    ),
    _draw_reconstruct,
    _guess_reconstruct,
    _begin_reconstruct,
)

# -- variational autoencoder ----------------------------------------------------------------------


def _draw_vae(project: Project, choices: Choices) -> Sketch:
    port, encoder, decoder = (
        column(project, choices["column"]),
        choices["encoder"],
        choices["decoder"],
    )
    (into,) = inputs_of(project, encoder, 1, "the example")
    mean, spread = outputs_of(project, encoder, 2, "the mean and the log of the variance")
    (code,) = inputs_of(project, decoder, 1, "the code")
    (out,) = outputs_of(project, decoder, 1, "the reconstruction")
    beta = choices["beta"]
    assert isinstance(beta, int | float)
    latent = choices["latent"]
    sketch = Sketch()
    sketch.add("data", "Data", (0, 0))
    sketch.add("encoder", "Network", (1, 0), network=encoder)
    sketch.add("reparameterize", "Reparameterize", (2, 0))
    sketch.add("decoder", "Network", (3, 0), network=decoder)
    sketch.add("reconstruction_loss", str(choices["loss"]), (4, 0), "reconstruction")
    sketch.add("kl", "GaussianKL", (4, 1), "kl")
    sketch.add("objective", "WeightedSum", (5, 0), "loss", weights=(1.0, float(beta)))
    sketch.wire("data", port.name, "encoder", into)
    sketch.wire("encoder", mean, "reparameterize", "mu")
    sketch.wire("encoder", spread, "reparameterize", "logvar")
    sketch.wire("reparameterize", "output", "decoder", code)
    sketch.wire("decoder", out, "reconstruction_loss", "input")
    sketch.wire("data", port.name, "reconstruction_loss", "target")
    sketch.wire("encoder", mean, "kl", "mu")
    sketch.wire("encoder", spread, "kl", "logvar")
    sketch.wire("reconstruction_loss", "loss", "objective", "input0")
    sketch.wire("kl", "loss", "objective", "input1")
    optimize(sketch, choices, ("objective", "output"), (6, 0))
    sketch.add("noise", "Noise", (2, 2), shape=latent if isinstance(latent, tuple) else (latent,))
    sketch.add("prior", "Network", (3, 2), network=decoder)
    sketch.wire("noise", "output", "prior", code)
    shown = _show(sketch, port, "samples", "samples from the prior", (4, 3))
    sketch.wire("prior", out, shown, "input")
    shown = _show(sketch, port, "reconstructions", "reconstructions", (4, 2))
    sketch.wire("decoder", out, shown, "input")
    if port.type == "image":
        sketch.wire("data", port.name, shown, "beside")
    return sketch


def _guess_vae(project: Project) -> Choices:
    port = first_column(project, *_CONTINUOUS)
    return {
        "encoder": network_for(project, "encoder"),
        "decoder": network_for(project, "decoder"),
        "column": port.name,
        "loss": "GaussianReconstructionLoss",
        "latent": (_LATENT,),
        "beta": 1.0,
        **optimizer_guess(),
    }


def _begin_vae(project: Project) -> list[Network]:
    port = first_column(project, *_CONTINUOUS)
    ends: list[Layer] = [("Linear", {"out_features": _LATENT})]
    encoder = chain("encoder", port.name, encoder_layers(), [("mu", ends), ("logvar", ends)])
    decoder = chain("decoder", "code", image_layers(port), [("reconstruction", [])])
    return [renamed(project, encoder), renamed(project, decoder)]


VAE = Recipe(
    "vae",
    "VAE",
    "A variational autoencoder: codes are drawn from a distribution that is held near the normal "
    "one, so that new examples can be made from noise.",
    (
        network_choice("encoder", "Encoder", "Gives mean and log variance of a code.", "encoder"),
        network_choice("decoder", "Decoder", "Makes an example from a code.", "decoder"),
        _what("reconstruction_loss", "target"),
        Choice(
            Param(
                "loss",
                "choice",
                "GaussianReconstructionLoss",
                "How a reconstruction is compared.",
                choices=("GaussianReconstructionLoss", "BernoulliReconstructionLoss"),
            ),
            "Loss",
            ("kind", "reconstruction_loss"),
        ),
        Choice(
            Param("latent", "ints", (_LATENT,), "Shape of one code.", low=1),
            "Code",
            ("param", "noise", "shape"),
        ),
        Choice(
            Param("beta", "float", 1.0, "Weight of the divergence from the normal.", low=0.0),
            "Beta",
            ("param", "objective", "weights", "1"),
        ),
        *optimizer_choices(),
    ),
    _draw_vae,
    _guess_vae,
    _begin_vae,
)

# -- adversaries --------------------------------------------------------------------------------

#: By name the losses of discriminator and generator.
_GAMES = {
    "adversarial": ("AdversarialDiscriminatorLoss", "AdversarialGeneratorLoss"),
    "hinge": ("HingeDiscriminatorLoss", "HingeGeneratorLoss"),
    "wasserstein": ("WassersteinCriticLoss", "WassersteinGeneratorLoss"),
}


def _draw_gan(project: Project, choices: Choices) -> Sketch:
    port = column(project, choices["column"])
    generator, discriminator = choices["generator"], choices["discriminator"]
    (code,) = inputs_of(project, generator, 1, "the noise")
    (made,) = outputs_of(project, generator, 1, "the example")
    (seen,) = inputs_of(project, discriminator, 1, "the example")
    (score,) = outputs_of(project, discriminator, 1, "the score")
    latent = choices["latent"]
    sketch = Sketch()
    sketch.add("data", "Data", (0, 0))
    sketch.add("noise", "Noise", (0, 2), shape=latent if isinstance(latent, tuple) else (latent,))
    sketch.add("generator", "Network", (1, 2), network=generator)
    sketch.add("detach", "detach", (2, 1))
    sketch.add("real", "Network", (3, 0), "real", network=discriminator)
    sketch.add("fake", "Network", (3, 1), "fake", network=discriminator)
    sketch.add("judged", "Network", (3, 2), "judged", network=discriminator)
    first, second = str(choices["discriminator_loss"]), str(choices["generator_loss"])
    sketch.add("discriminator_loss", first, (4, 0), "discriminator_loss")
    sketch.add("generator_loss", second, (4, 2), "generator_loss")
    sketch.wire("data", port.name, "real", seen)
    sketch.wire("noise", "output", "generator", code)
    sketch.wire("generator", made, "detach", "input")
    sketch.wire("detach", "output", "fake", seen)
    sketch.wire("generator", made, "judged", seen)
    sketch.wire("real", score, "discriminator_loss", "real")
    sketch.wire("fake", score, "discriminator_loss", "fake")
    sketch.wire("judged", score, "generator_loss", "fake")
    for role, row in (("discriminator", 0), ("generator", 2)):
        optimize(
            sketch,
            choices,
            (f"{role}_loss", "loss"),
            (5, row),
            f"{role}_optimizer",
            role,
            f"{role}_",
            networks=(choices[role],),
        )
    shown = _show(sketch, port, "samples", "samples", (2, 3))
    sketch.wire("generator", made, shown, "input")
    return sketch


def _guess_gan(project: Project) -> Choices:
    port = first_column(project, *_CONTINUOUS)
    first, second = _GAMES["adversarial"]
    return {
        "generator": network_for(project, "generator"),
        "discriminator": network_for(project, "discriminator"),
        "column": port.name,
        "latent": (_LATENT,),
        "discriminator_loss": first,
        "generator_loss": second,
        **optimizer_guess(0.0002, "discriminator_"),
        **optimizer_guess(0.0002, "generator_"),
    }


def _begin_gan(project: Project) -> list[Network]:
    port = first_column(project, *_CONTINUOUS)
    judge: list[Layer] = [
        ("Flatten", {}),
        ("Linear", {"out_features": 256}),
        ("LeakyReLU", {"negative_slope": 0.2}),
        ("Linear", {"out_features": 1}),
    ]
    made = chain("generator", "noise", image_layers(port), [(port.name, [])], shape=(_LATENT,))
    return [
        renamed(project, made),
        renamed(project, chain("discriminator", port.name, judge, [("score", [])])),
    ]


def _loss(role: str, place: int, label: str) -> Choice:
    kinds = tuple(pair[place] for pair in _GAMES.values())
    param = Param(f"{role}_loss", "choice", kinds[0], f"What the {role} minimises.", choices=kinds)
    return Choice(param, label, ("kind", f"{role}_loss"))


GAN = Recipe(
    "gan",
    "GAN",
    "Two adversaries: a generator makes examples from noise, a discriminator learns to tell them "
    "from real ones.",
    (
        network_choice("generator", "Generator", "Makes examples from noise.", "generator"),
        network_choice("discriminator", "Discriminator", "Tells made from real.", "real"),
        _what("real", "*"),
        Choice(
            Param("latent", "ints", (_LATENT,), "Shape of the noise of one example.", low=1),
            "Noise",
            ("param", "noise", "shape"),
        ),
        _loss("discriminator", 0, "D loss"),
        *optimizer_choices(
            "discriminator_optimizer", "discriminator_", ("D optimizer", "D learning rate")
        ),
        _loss("generator", 1, "G loss"),
        *optimizer_choices("generator_optimizer", "generator_", ("G optimizer", "G learning rate")),
    ),
    _draw_gan,
    _guess_gan,
    _begin_gan,
)
