"""Recipes draw ordinary training graphs, and are read back from them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from graph import files, recipes
from graph.analysis import Analysis
from graph.codegen import generate_model, write_training
from graph.dataspec import DataPort, DataSpec
from graph.document import Network, Project
from graph.edits import set_params
from graph.errors import DocumentError
from graph.recipes import Choice, Recipe
from tests import builders

RECIPES = pytest.mark.parametrize("recipe", recipes.RECIPES, ids=lambda recipe: recipe.name)


def _triples() -> DataSpec:
    entities, relations = tuple("abcdefg"), ("likes", "knows")
    ports = tuple(
        DataPort(
            name=name,
            type="category",
            columns=(name,),
            shape=(),
            dtype="int64",
            classes=relations if name == "relation" else entities,
        )
        for name in ("head", "relation", "tail")
    )
    return DataSpec(source="csv", path="triples.csv", ports=ports)


def _texts() -> DataSpec:
    ports = tuple(
        DataPort(
            name=name,
            type="tokens",
            columns=(name,),
            shape=(length,),
            dtype="int64",
            vocabulary=("<pad>", "<unk>", *name),
        )
        for name, length in (("english", 12), ("french", 9))
    )
    return DataSpec(source="csv", path="texts.tsv", ports=ports)


def _suited(recipe: Recipe) -> DataSpec:
    if recipe.name == "links":
        return _triples()
    return _texts() if recipe.name in ("language", "translate") else builders.digits()


def begun(recipe: Recipe) -> Project:
    """A project without networks in which a recipe has begun."""
    made = builders.project(data=_suited(recipe))
    recipe.begin(made).apply(made)
    return made


@RECIPES
def test_a_recipe_begins_in_a_project_without_networks(recipe: Recipe) -> None:
    project = begun(recipe)
    analysis = Analysis(project)
    assert [f"{p.title}: {p.message}" for p in analysis.problems()] == []
    assert generate_model(project, analysis).text
    code = write_training(project, analysis)
    assert code.steps
    analysis.close()


@RECIPES
def test_what_it_draws_is_read_back(recipe: Recipe) -> None:
    project = begun(recipe)
    found = recipes.read_recipe(project)
    assert found is not None
    assert found[0] is recipe
    assert found[1] == recipe.guess(project)
    assert recipes.read(project) is None, "it is no supervised training"


@RECIPES
def test_it_is_taken_back_as_one(recipe: Recipe) -> None:
    project = builders.project(data=_suited(recipe))
    before = files.dumps(project)
    undo = recipe.begin(project).apply(project)
    after = files.dumps(project)
    redo = undo.apply(project)
    assert files.dumps(project) == before
    redo.apply(project)
    assert files.dumps(project) == after


@RECIPES
def test_every_choice_is_drawn_and_read(recipe: Recipe) -> None:
    project = begun(recipe)
    for choice in recipe.choices:
        chosen = {**recipe.guess(project), choice.name: _another(choice, project)}
        try:
            edit = recipe.write(project, chosen)
        except DocumentError:
            assert choice.among, "only networks and columns can be wrong"
            continue
        undo = edit.apply(project)
        found = recipe.read(project)
        assert found is not None, choice.name
        assert found[choice.name] == chosen[choice.name]
        undo.apply(project)


def _another(choice: Choice, project: Project) -> object:
    param = choice.param
    if choice.among.startswith("network"):
        return list(project.networks)[-1]
    if choice.among.startswith("column"):
        return project.data.ports[-1].name
    if param.choices:
        return param.choices[-1]
    return {"ints": (8,), "int": 3, "float": 0.25, "str": "Once"}[param.type]


@RECIPES
def test_titles_places_and_comments_do_not_hide_it(recipe: Recipe) -> None:
    project = begun(recipe)
    for node in list(project.training):
        moved = replace(node, title="Größe", position=(-3.0, 7.0), comment="mine")
        project.training.update_node(moved)
    assert recipes.read_recipe(project) is not None


@RECIPES
def test_a_graph_that_says_more_is_left_alone(recipe: Recipe) -> None:
    project = begun(recipe)
    builders.add(project.training, "more", "MSELoss")
    assert recipes.read_recipe(project) is None


def test_networks_of_the_role_are_taken_before_new_ones_are_made() -> None:
    made = begun(recipes.RECIPES[1])
    names = list(made.networks)
    recipes.RECIPES[1].begin(made).apply(made)
    assert list(made.networks) == names


def test_a_name_that_is_taken_gets_a_number() -> None:
    project = builders.project(Network("decoder"), data=builders.digits())
    vae = next(recipe for recipe in recipes.RECIPES if recipe.name == "vae")
    vae.begin(project).apply(project)
    assert list(project.networks) == ["decoder", "encoder", "decoder2"]
    found = vae.read(project)
    assert found is not None
    assert found["decoder"] == "decoder2"


def test_data_that_does_not_suit_is_refused_by_name() -> None:
    links = next(recipe for recipe in recipes.RECIPES if recipe.name == "links")
    with pytest.raises(DocumentError, match=r"needs triples.*image \(image\), label \(category\)"):
        links.begin(builders.project(data=builders.digits()))
    contrastive = next(recipe for recipe in recipes.RECIPES if recipe.name == "contrastive")
    with pytest.raises(DocumentError, match="column of type image"):
        contrastive.begin(builders.project(data=_triples()))


def test_a_network_that_lacks_an_output_is_refused_by_name() -> None:
    project = begun(recipes.RECIPES[1])
    choices = {**recipes.RECIPES[1].guess(project), "encoder": "decoder"}
    with pytest.raises(DocumentError, match=r"'decoder' needs 2 outputs \(the mean"):
        recipes.RECIPES[1].write(project, choices)


def test_classes_and_numbers_are_learned_by_the_loss_that_suits_them() -> None:
    project = builders.trained(builders.chain(builders.CNN))
    found = recipes.read(project)
    assert found is not None
    assert recipes.is_classification(found)
    recipes.begin_supervised(project, classify=True).apply(project)
    assert recipes.read(project) == found
    with pytest.raises(DocumentError, match="column of numbers"):
        recipes.begin_supervised(project, classify=False)


def test_more_than_a_recipe_is_no_recipe() -> None:
    project = begun(recipes.RECIPES[0])
    set_params(project.training, "optimizer", {"weight_decay": 0.1}).apply(project)
    assert recipes.read_recipe(project) is None


def test_a_language_model_writes_while_it_learns_if_it_can() -> None:
    language = next(recipe for recipe in recipes.RECIPES if recipe.name == "language")
    project = begun(language)
    (writer,) = project.training.by_kind("GenerateText")
    assert writer.params == {"network": "language_model", "vocabulary": "english"}
    network = project.network("language_model")
    builders.add(network, "more", "Output", title="states")
    builders.connect(network, "n1.output > more")
    language.write(project, language.guess(project)).apply(project)
    assert not project.training.by_kind("GenerateText"), "which of two outputs are the logits?"
    assert language.read(project) == language.guess(project)
