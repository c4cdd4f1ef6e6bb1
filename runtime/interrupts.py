"""Ctrl-C and a polite kill: what they do outside of a training.

Python raises KeyboardInterrupt wherever it is. In the middle of an import some packages take that
for one of their own failures and go on half loaded, so there the process is left at once.
"""

from __future__ import annotations

import os
import signal
import sys
from types import FrameType
from typing import NoReturn

__all__ = ["Interrupted", "catch", "leave"]


class Interrupted(BaseException):
    """Ctrl-C was pressed; like KeyboardInterrupt, which libraries catch and keep to themselves."""


def catch() -> None:
    """Have Ctrl-C end the process without a traceback. Only the main thread may call this."""
    signal.signal(signal.SIGINT, _interrupt)


def leave(*_: object) -> NoReturn:
    """End the process at once, whatever other threads do; fit for a handler of signals."""
    if sys.stderr.isatty():
        os.write(2, b"\x1b[?25h")  # a progress bar hides the cursor
    os.write(2, b"torchloom: interrupted\n")
    os._exit(1)


def _interrupt(signum: int, frame: FrameType | None) -> None:
    while frame is not None:
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            leave()
        frame = frame.f_back
    raise Interrupted
