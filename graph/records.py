"""The parts of a project file as records, read leniently.

What is wrong in a record costs as little as can be: an unknown key is kept, a value of the wrong
type gives way to the default, and only a record without which nothing can be said is left out.
Everything of this is reported.
"""

from __future__ import annotations

import math
import reprlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, PlainValidator, Strict, ValidationError

from graph.document import Node, Value, check_argument
from graph.errors import DocumentError, FileError
from graph.expressions import Argument, Expression

__all__ = [
    "Coordinate",
    "NodeRecord",
    "Report",
    "Text",
    "Word",
    "check_depth",
    "finite",
    "from_json",
    "read",
    "read_arguments",
    "read_params",
    "read_wire",
    "to_json",
]


def _text(value: object) -> str:
    # Not pydantic's own: that refuses lone surrogates, which titles may hold.
    if not isinstance(value, str):
        raise ValueError("should be text")
    return value


def _word(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError("should be text that is not empty")
    return value


def _object(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError("should be an object")
    return value


Text = Annotated[str, PlainValidator(_text)]
Word = Annotated[str, PlainValidator(_word)]
#: Scene pixels. Canvases lose their precision far beyond this.
Coordinate = Annotated[float, Strict(), Field(ge=-1e7, le=1e7, allow_inf_nan=False)]

_MOST_NOTES = 200


@dataclass
class Report:
    """What was found while reading a file, in sentences for the user."""

    notes: list[str] = field(default_factory=list)
    #: Whether something in the file has no place in the project: saving would lose it.
    lost: bool = False
    _more: int = 0

    def kept(self, note: str) -> None:
        """Report something that is kept and will be written back."""
        if len(self.notes) < _MOST_NOTES:
            self.notes.append(note)
        else:
            self._more += 1

    def left_out(self, note: str) -> None:
        """Report something that could not be taken over."""
        self.lost = True
        self.kept(note)

    def all_notes(self) -> list[str]:
        """Return the notes; where there are too many to read, the first and a count."""
        return [*self.notes, f"... and {self._more} more."] if self._more else list(self.notes)


class NodeRecord(BaseModel):
    """A node as a file has it; arguments are read one by one."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Word
    kind: Word
    params: Annotated[dict[str, Any], PlainValidator(_object)] = {}
    title: Text = ""
    position: tuple[Coordinate, Coordinate] = (0.0, 0.0)
    comment: Text = ""
    collapsed: Annotated[bool, Strict()] = False
    pinned: Annotated[bool, Strict()] = False

    def node(self, node_id: str, params: Mapping[str, Value]) -> Node:
        """Return the node, under an id and with arguments that were read one by one."""
        return Node(
            node_id,
            self.kind,
            params,
            self.title,
            self.position,
            self.comment,
            self.collapsed,
            self.pinned,
        )


Model = TypeVar("Model", bound=BaseModel)


def read(
    model: type[Model], raw: object, where: str, report: Report
) -> tuple[Model | None, dict[str, Any]]:
    """Return the record in `raw`, and what of it the record does not hold.

    The record is None where `raw` is no object or lacks what the record cannot be without.
    """
    if not isinstance(raw, dict):
        report.left_out(f"{where} should be an object; received {reprlib.repr(raw)}.")
        return None, {}
    known = {key: value for key, value in raw.items() if key in model.model_fields}
    extra = {key: value for key, value in raw.items() if key not in model.model_fields}
    for key in extra:
        report.kept(f"{where} has the unknown key {reprlib.repr(key)}; it is kept as it is.")
    try:
        return model.model_validate(known), extra
    except ValidationError as error:
        wrong = {str(e["loc"][0]) if e["loc"] else "": e for e in error.errors()}
    for name, found in wrong.items():
        expected = found["msg"].removeprefix("Input ").removeprefix("Value error, ")
        what = f"'{name}' {expected}" if name else expected
        received = (
            "" if found["type"] == "missing" else f"; received {reprlib.repr(found['input'])}"
        )
        report.left_out(f"{where}: {what}{received}.")
        extra[name] = known.pop(name, None)
    try:
        return model.model_validate(known), extra
    except ValidationError:
        report.left_out(f"{where} was left out: it cannot be read without these.")
        return None, {}


def read_params(
    raw: Mapping[str, Any], where: str, report: Report
) -> tuple[dict[str, Value], dict[str, Any]]:
    """Return the arguments in `raw`, and those with values that no argument can have."""
    params: dict[str, Value] = {}
    refused: dict[str, Any] = {}
    for name, value in raw.items():
        try:
            params[name] = from_json(value)
        except ValueError as error:
            refused[name] = value
            report.kept(f"{where}: the argument {reprlib.repr(name)} {error}; it is not used.")
    return params, refused


def read_wire(raw: object, where: str, report: Report) -> tuple[str, str, str, str] | None:
    """Return a wire's source, source port, target and target port."""
    if isinstance(raw, list) and len(raw) == 4 and all(isinstance(part, str) for part in raw):
        return (raw[0], raw[1], raw[2], raw[3])
    report.left_out(
        f"A wire of {where} should be [source, output, target, input]; "
        f"received {reprlib.repr(raw)}. It was left out."
    )
    return None


def read_arguments(raw: object, where: str, report: Report) -> tuple[Argument, ...]:
    """Return the arguments of a network, written as [name, type, default]."""
    found: dict[str, Argument] = {}
    items = raw if isinstance(raw, list) else [raw]
    for item in items:
        try:
            if not isinstance(item, list) or len(item) != 3 or not isinstance(item[0], str):
                raise DocumentError("It should be [name, type, default].")
            argument = Argument(*item)
            check_argument(argument)
            if argument.name in found:
                raise DocumentError("There is one of this name already.")
            found[argument.name] = argument
        except (DocumentError, TypeError) as error:
            report.left_out(f"An argument of {where} was left out: {reprlib.repr(item)}. {error}")
    return tuple(found.values())


#: Numbers that JSON cannot write.
_SPECIAL = {"inf": float("inf"), "-inf": float("-inf"), "nan": float("nan")}


def from_json(value: object) -> Value:
    """Return the value of an argument as read from JSON; raises ValueError for other objects."""
    if isinstance(value, list):
        return tuple(from_json(item) for item in value)
    if isinstance(value, dict):
        name = value.get("float")
        if len(value) == 1 and isinstance(name, str) and name in _SPECIAL:
            return _SPECIAL[name]
        if len(value) == 1 and "expr" in value:
            try:
                return Expression(value["expr"])
            except DocumentError as error:
                raise ValueError(f"should be an expression: {error}".rstrip(".")) from None
        raise ValueError("should be a number, text, true, false, null or a list of these")
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise AssertionError(f"json gave a {type(value).__name__}")


def to_json(value: Value) -> Any:
    """Return what :func:`from_json` reads back as `value`."""
    if isinstance(value, tuple):
        return [to_json(item) for item in value]
    if isinstance(value, Expression):
        return {"expr": value.text}
    if isinstance(value, float) and value != value:
        return {"float": "nan"}
    if isinstance(value, float) and value in (float("inf"), float("-inf")):
        return {"float": "inf" if value > 0 else "-inf"}
    return value


def check_depth(value: object, most: int = 64) -> None:
    """Raise FileError where lists and objects are nested more than `most` deep."""
    level: list[object] = [value]
    for _ in range(most):
        deeper: list[object] = []
        for item in level:
            if isinstance(item, dict):
                deeper.extend(v for v in item.values() if isinstance(v, dict | list))
            elif isinstance(item, list):
                deeper.extend(v for v in item if isinstance(v, dict | list))
        if not deeper:
            return
        level = deeper
    raise FileError(f"its lists and objects are nested more than {most} deep.")


def finite(value: Any) -> Any:
    """Return `value` with numbers that JSON cannot write as None, in objects and lists too."""
    if isinstance(value, dict):
        return {key: finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
