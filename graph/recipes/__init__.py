"""Short forms that write ordinary training graphs.

A recipe is a few choices; what it writes can be opened on the canvas and changed at will. A
training graph that still has a recipe's form is read back into those choices.
"""

from __future__ import annotations

from graph.document import Project
from graph.recipes.generative import GAN, RECONSTRUCT, VAE
from graph.recipes.links import LINKS
from graph.recipes.recipe import Choice, Choices, Recipe
from graph.recipes.selfsupervised import CONTRASTIVE, SELF_SUPERVISED
from graph.recipes.sequences import LANGUAGE, TRANSLATE
from graph.recipes.supervised import (
    Supervised,
    begin_supervised,
    guess,
    is_classification,
    read,
    supervised,
)

__all__ = [
    "RECIPES",
    "Choice",
    "Choices",
    "Recipe",
    "Supervised",
    "begin_supervised",
    "guess",
    "is_classification",
    "read",
    "read_recipe",
    "supervised",
]

#: All but the supervised ones, which have a form of their own.
RECIPES: tuple[Recipe, ...] = (
    RECONSTRUCT,
    VAE,
    GAN,
    LANGUAGE,
    TRANSLATE,
    CONTRASTIVE,
    SELF_SUPERVISED,
    LINKS,
)


def read_recipe(project: Project) -> tuple[Recipe, Choices] | None:
    """Return the recipe that the training graph follows, with its choices, or None."""
    for recipe in RECIPES:
        choices = recipe.read(project)
        if choices is not None:
            return recipe, choices
    return None
