"""What a project is trained for: a choice of recipes, and the form of the one that is followed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from PySide6.QtWidgets import QVBoxLayout, QWidget

from graph import recipes
from graph.catalog.entry import DEFAULT, REQUIRED, Param
from graph.document import TRAINING, Value
from graph.edits import Edit
from graph.errors import DocumentError
from graph.recipes import Choice, Choices, Recipe
from graph.uses import used_networks
from gui.forms import Field, Form
from gui.panels.parts import button, clear_layout, hint
from gui.supervised import TrainingForm
from gui.workspace import Workspace

__all__ = ["RecipeForm", "TaskForm"]

_CLASSIFY, _REGRESS, _OTHER = "classify", "regress", "other"


class TaskForm(QWidget):
    """Chooses the kind of training; below it is that kind's form."""

    def __init__(self, workspace: Workspace) -> None:
        super().__init__()
        self._workspace = workspace
        self._titles = {
            _CLASSIFY: self.tr("Classify"),
            _REGRESS: self.tr("Regress"),
            **{recipe.name: recipe.title for recipe in recipes.RECIPES},
            _OTHER: self.tr("Drawn by hand"),
        }
        doc = self.tr("What is learned. Another choice draws another training graph.")
        titles = tuple(self._titles.values())
        self.task = Field(Param("task", "choice", REQUIRED, doc, titles), label=self.tr("Task"))
        self.task.edited.connect(self._choose)
        self.supervised = TrainingForm(workspace)
        self.recipe = RecipeForm(workspace)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        for widget in (self.task, self.supervised, self.recipe):
            layout.addWidget(widget)
        workspace.project_changed.connect(self.refresh)
        workspace.updated.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Show the task that the training graph spells out."""
        project = self._workspace.project
        found = recipes.read_recipe(project)
        self.task.setVisible(bool(project.data.ports))
        self.supervised.setVisible(found is None)
        self.recipe.setVisible(found is not None)
        self.recipe.show_recipe(found)
        self.task.show_value(self._titles[self._name(found[0] if found else None)])

    def _name(self, recipe: Recipe | None) -> str:
        if recipe is not None:
            return recipe.name
        choices = recipes.read(self._workspace.project)
        if choices is None:
            return _OTHER
        return _CLASSIFY if recipes.is_classification(choices) else _REGRESS

    def _choose(self, title: object) -> None:
        name = next(name for name, text in self._titles.items() if text == title)
        if name == _OTHER:
            self._workspace.show_graph(TRAINING)
        else:
            try:
                edit = self._begin(name)
            except DocumentError as error:
                self._workspace.told.emit("error", str(error))
            else:
                text = self.tr("Train to {0}").format(title)
                if self._workspace.push(edit, text):
                    self._workspace.update()
                    self._show_a_network()
        self.refresh()

    def _begin(self, name: str) -> Edit:
        project = self._workspace.project
        if name in (_CLASSIFY, _REGRESS):
            return recipes.begin_supervised(project, classify=name == _CLASSIFY)
        recipe = next(recipe for recipe in recipes.RECIPES if recipe.name == name)
        return recipe.begin(project)

    def _show_a_network(self) -> None:
        """Show a network that is trained now, where the one that is shown is not."""
        workspace = self._workspace
        used = used_networks(workspace.project)
        if workspace.graph != TRAINING and workspace.graph not in used and used:
            workspace.show_graph(used[0])


class RecipeForm(QWidget):
    """The choices of a recipe."""

    def __init__(self, workspace: Workspace) -> None:
        super().__init__()
        self._workspace = workspace
        self._key: object = None
        self._found: tuple[Recipe, Choices] | None = None
        self.form: Form | None = None
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(6)

    def show_recipe(self, found: tuple[Recipe, Choices] | None) -> None:
        """Show a recipe with its choices, or nothing."""
        self._found = found
        if found is None:
            return
        recipe, choices = found
        project = self._workspace.project
        ports = tuple(port.name for port in project.data.ports)
        key = (recipe.name, tuple(project.networks), ports)
        if key != self._key:
            self._key = key
            self._build(recipe, tuple(project.networks), ports)
        assert self.form is not None
        for choice in recipe.choices:
            value = choices[choice.name]
            default = choice.param.default
            nothing = value == "" or (default is not REQUIRED and value == default)
            shown = DEFAULT if nothing and not choice.among else value
            self.form.fields[choice.name].show_value(DEFAULT if value == "" else shown, default)

    def _build(self, recipe: Recipe, networks: tuple[str, ...], ports: tuple[str, ...]) -> None:
        clear_layout(self._layout)
        self._layout.addWidget(hint(recipe.doc))
        params = [_filled(choice, networks, ports) for choice in recipe.choices]
        labels = {choice.name: choice.label for choice in recipe.choices}
        self.form = Form(params, labels=labels)
        self.form.edited.connect(self._set)
        self._layout.addWidget(self.form)
        opens = button(
            self.tr("Open the training graph"), lambda: self._workspace.show_graph(TRAINING)
        )
        self._layout.addWidget(opens)

    def _set(self, name: str, value: Any) -> None:
        if self._found is None:
            return
        recipe, choices = self._found
        choice = next(one for one in recipe.choices if one.name == name)
        if value is DEFAULT or value is None:
            value = "" if choice.among else choice.param.default
        try:
            edit = recipe.write(self._workspace.project, {**choices, name: _frozen(value)})
        except DocumentError as error:
            self._workspace.told.emit("error", str(error))
        else:
            text = self.tr("Set {0}").format(choice.label)
            self._workspace.push(edit, text)
            self._workspace.update()
        self.show_recipe(recipes.read_recipe(self._workspace.project))


def _filled(choice: Choice, networks: tuple[str, ...], ports: tuple[str, ...]) -> Param:
    """Return a choice's parameter, with what the project has to choose from."""
    among = {"network": networks, "column": ports}.get(choice.among.split(" ")[0])
    if among is None:
        return choice.param
    optional = choice.among.endswith("or none")
    return replace(
        choice.param,
        choices=among,
        optional=optional,
        default=None if optional else choice.param.default,
    )


def _frozen(value: Any) -> Value:
    return tuple(value) if isinstance(value, list) else value
