"""What can go wrong, as one tree.

    TorchloomError
    ├── DocumentError        an edit that the document refuses
    │   ├── ConnectError     a wire that may not be drawn
    │   └── ParamError       an argument with a value it cannot take
    ├── ChainError           a chain of layers typed as text that cannot be read
    ├── FileError            a project file that cannot be read or written
    ├── GenerateError        a network or training graph that has no code yet
    └── DataError            data that is missing, broken or mislabelled

Messages are for users: what was expected, what came, how to mend it.
"""

from __future__ import annotations


class TorchloomError(Exception):
    """Base of every error whose message may be shown to a user as it is."""


class DocumentError(TorchloomError):
    """The document refuses an edit; nothing was changed."""


class ConnectError(DocumentError):
    """A wire that may not be drawn."""


class ParamError(DocumentError):
    """An argument with a value it cannot take.

    Parameters
    ----------
    param
        Name of the argument.
    expected
        What the argument takes, in words.
    value
        What came.
    """

    def __init__(self, param: str, expected: str, value: object) -> None:
        super().__init__(f"{param}: expected {expected}, received {value!r:.200}")
        self.param = param
        self.expected = expected
        self.value = value


class ChainError(TorchloomError):
    """A chain of layers typed as text that cannot be read.

    Parameters
    ----------
    message
        What is wrong, and how to mend it.
    position
        Where in the text, counted from 0.
    """

    def __init__(self, message: str, position: int) -> None:
        super().__init__(message)
        self.position = position


class FileError(TorchloomError):
    """A project file that cannot be read or written."""


class GenerateError(TorchloomError):
    """A network or training graph that cannot be written as code as it stands."""


class DataError(TorchloomError):
    """Data that is missing, broken, empty or mislabelled."""
