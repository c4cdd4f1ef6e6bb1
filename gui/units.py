"""Units and ranges of parameters, as forms show them."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from graph.catalog.entry import Param

__all__ = ["range_text", "slides", "unit_of"]

#: The widest range that a slider covers well, in units of the number: a turn by half a round.
_WIDEST = 180.0


def unit_of(param: Param) -> str:
    """Return the unit that stands behind a parameter's number, or ''."""
    translate = QCoreApplication.translate
    examples = translate("Units", "examples")
    samples = translate("Units", "samples")
    return {
        "batch_size": examples,
        "degrees": "°",
        "rate": "Hz",
        "seconds": "s",
        "frame": samples,
        "hop": samples,
        "horizon": translate("Units", "rows"),
    }.get(param.name, "")


def slides(param: Param) -> bool:
    """Whether a parameter is a number with a natural range: a probability, a momentum, an angle."""
    if param.type not in ("float", "number") or param.low is None or param.high is None:
        return False
    return 0 < param.high - param.low <= _WIDEST


def range_text(param: Param) -> str:
    """Return what a parameter's number may be, in a sentence, or ''."""
    low, high = param.low, param.high
    translate = QCoreApplication.translate
    if low is not None and high is not None:
        return translate("Units", "From {0:g} to {1:g}.").format(low, high)
    if low is not None:
        return translate("Units", "At least {0:g}.").format(low)
    if high is not None:
        return translate("Units", "At most {0:g}.").format(high)
    return ""
