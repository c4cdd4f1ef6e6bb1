"""From the errors that reading raises to the one that users see."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from graph.errors import DataError

__all__ = ["data_faults"]


@contextmanager
def data_faults() -> Iterator[None]:
    """Raise DataError for whatever goes wrong while data is read.

    The readers know nothing of Torchloom, since they are exported: they raise ValueError
    with a message for users, or let the system's OSError through.
    """
    try:
        yield
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        raise DataError(f"{where}{error.strerror or error}") from error
    except MemoryError as error:
        message = (
            "The data does not fit into memory. Take fewer examples, or smaller images."
        )
        raise DataError(message) from error
    except ValueError as error:
        raise DataError(_sentence(str(error))) from error


def _sentence(text: str) -> str:
    return text[:2000] or "The data cannot be read."
