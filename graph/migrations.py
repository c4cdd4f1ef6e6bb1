"""Numbers of the file format, and the steps from each to the next.

A change of the format is a new number, a step here and a test that reads a file of the old one.
A step takes and returns the file's content as plain JSON values, before anything is validated.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from graph.errors import FileError

__all__ = ["CURRENT", "NEEDS", "STEPS", "migrate"]

#: The format number that this version writes.
CURRENT = 1
#: The first version of Torchloom that reads the current format. Written into every file, so that
#: an older version can say what to install.
NEEDS = "0.1"

Step = Callable[[dict[str, Any]], dict[str, Any]]
#: The step from each older number to the next.
STEPS: Mapping[int, Step] = {}


def migrate(content: dict[str, Any], version: object) -> dict[str, Any]:
    """Return the content of a file of format `version` as of the current format.

    Raises
    ------
    FileError
        If the version is no format number, or a newer one than is known here.
    """
    if isinstance(version, bool) or not isinstance(version, int) or version < 1:
        raise FileError(
            f"its 'version' should be a whole number from 1 to {CURRENT}; "
            f"received {str(version)[:40]!r}. The file is damaged or was not written by Torchloom."
        )
    if version > CURRENT:
        needs = content.get("needs")
        wanted = (
            f"Torchloom {needs}"[:60] if isinstance(needs, str) and needs else "a newer version"
        )
        raise FileError(
            f"it has the file format {str(version)[:40]}; this version reads up to {CURRENT}. "
            f"Install {wanted} or later to open it."
        )
    for number in range(version, CURRENT):
        content = STEPS[number](content)
    return content
