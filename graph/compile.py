"""Executes generated source, and finds the node behind an error raised in it."""

from __future__ import annotations

import linecache
import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import FrameType, TracebackType
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812 - everyone's name for it
from torch import nn

from graph.codegen.source import Source

__all__ = ["Compiled", "compile_source", "construct"]


@dataclass(frozen=True)
class Compiled:
    """Executed source: the names it defines, and the way back from its lines to nodes."""

    source: Source
    filename: str
    names: dict[str, Any]

    def locate(self, traceback: TracebackType | None) -> tuple[str, str] | None:
        """Return the (graph, node) whose line of this source is the innermost in a traceback."""
        found = None
        while traceback is not None:
            found = self.node_at(traceback.tb_frame, traceback.tb_lineno) or found
            traceback = traceback.tb_next
        return found

    def node_at(self, frame: FrameType, line: int) -> tuple[str, str] | None:
        """Return the (graph, node) that wrote a line, if the frame is of this source."""
        if frame.f_code.co_filename != self.filename or not 0 < line <= len(self.source.nodes):
            return None
        return self.source.nodes[line - 1]


def _names() -> dict[str, Any]:
    return {"torch": torch, "nn": nn, "F": F, "math": math, "Tensor": torch.Tensor}


def compile_source(source: Source, name: str, among: Mapping[str, Any] | None = None) -> Compiled:
    """Execute generated source and return what it defines, `among` the names of other source.

    The text is known to :mod:`linecache` as ``<name>``, so tracebacks show its lines.
    """
    filename = f"<{name}>"
    text = source.text
    linecache.cache[filename] = (len(text), None, text.splitlines(keepends=True), filename)
    names = {**_names(), **(among or {}), "__name__": name}
    exec(compile(text, filename, "exec"), names)
    return Compiled(source, filename, names)


def construct(expression: str, names: dict[str, Any]) -> Any:
    """Return the value of a generated constructor, such as an optimizer's."""
    return eval(compile(expression, "<constructor>", "eval"), {**_names(), **names})
