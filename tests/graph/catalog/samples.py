"""Good and bad values for an argument, made from what it says of itself."""

from __future__ import annotations

import math

from graph.catalog.entry import DTYPES, REQUIRED, Param
from graph.document import Value
from graph.errors import ParamError

__all__ = ["bad_values", "good_values"]


def good_values(param: Param) -> list[Value]:
    """Return values that `param` takes: its default, its words, and some of its type."""
    found: list[Value] = [] if param.default is REQUIRED else [param.default]
    found += list(param.words) + list(param.choices) + ([None] if param.optional else [])
    low = 0 if param.low is None else math.ceil(param.low)
    whole = low if param.high is None else min(low, int(param.high))
    match param.type:
        case "int":
            found += [whole]
        case "float" | "number":
            found += [float(whole), whole + 0.25]
        case "bool":
            found += [True, False]
        case "str" if param.own is False:
            found += ["text"]
        case "size":
            found += [whole, (whole,) * max(param.length, 2)] if param.length != 1 else [whole]
        case "ints":
            found += [(whole,), (whole, whole + 1)]
        case "floats":
            found += [(float(whole),), (whole + 0.5, whole + 0.25)]
        case "dtype":
            found += [DTYPES[0], DTYPES[-1]]
        case "names":
            found += [(), ("first", "second")]
        case _:
            pass
    return [value for value in found if _takes(param, value)]


def _takes(param: Param, value: Value) -> bool:
    try:
        param.check(value)
    except ParamError:
        return False
    return True


def bad_values(param: Param) -> list[Value]:
    """Return values that `param` must refuse."""
    nonsense: tuple[Value, ...] = ("not a word of torch's",)
    found: list[Value] = [] if param.optional or _is_shape(param) else [None]
    match param.type:
        case "int":
            found += [1.5, True, (1, 2), *nonsense]
        case "float" | "number":
            found += [True, math.nan, math.inf, *nonsense]
        case "bool":
            found += [1, 0.0, *nonsense]
        case "str":
            found += [3, True, ("a",)]
        case "choice" | "dtype":
            found += [3, True, *nonsense]
        case "size":
            found += [1.5, True, (1.5, 2), (1,) * (param.length + 1) if param.length else (True,)]
            found += nonsense
        case "ints":
            found += [1.5, True, (1.5,), (True,), *nonsense]
        case "floats":
            found += [True, (True,), ("1.0",), (math.nan,), *nonsense]
        case "names":
            found += [3, (3,), "name"]
    out = [] if param.low is None else [param.low - 1]
    out += [] if param.high is None else [param.high + 1]
    for value in out:
        whole = int(value) if float(value).is_integer() else value
        found += [(whole,)] if param.type in ("ints", "floats") else [whole]
    return found


def _is_shape(param: Param) -> bool:
    """Whether it is an Input's shape, which may be None without saying so."""
    return type(param).__name__ == "ShapeParam"
