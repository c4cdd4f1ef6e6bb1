"""What a module of the training graph is like, found by making one."""

from __future__ import annotations

import inspect

import torch
from torch import nn

from graph.catalog.entry import Kind
from graph.shapes import namespace

__all__ = ["module_traits"]


def module_traits(kind: Kind, constructor: str) -> tuple[bool, bool]:
    """Return whether the object holds tensors, and whether it knows training from evaluation.

    The first are moved to the device, the second told of each epoch's begin and end.
    """
    with torch.device("meta"):
        made = eval(compile(constructor, "<constructor>", "eval"), namespace(kind))
    if not isinstance(made, nn.Module):
        return False, False
    holds = any(True for _ in made.parameters()) or any(True for _ in made.buffers())
    own = any(
        f"class {type(m).__name__}(" in text for m in made.modules() for text in kind.definitions
    )
    if own:  # its source is there, but not in a file
        return holds, any("self.training" in text for text in kind.definitions)
    return holds, any(_looks_at_mode(type(module)) for module in made.modules())


def _looks_at_mode(module: type[nn.Module]) -> bool:
    return "self.training" in inspect.getsource(module.forward)
