"""What every command shares: its exit codes, and the window, which is the layer above.

Nothing slow is imported here: the window is to open at once.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

from graph.errors import TorchloomError
from runtime import interrupts
from runtime.terminal import say

__all__ = ["fail", "guarded", "load_gui", "show_window"]


def guarded(command: Callable[[], Any]) -> None:
    """Run a command and end the process: with 0, 1 or 2, and never with a traceback."""
    interrupts.catch()
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a title may hold what the terminal cannot show
            stream.reconfigure(errors="backslashreplace")
    try:
        command()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1 if end.code else 0
        sys.exit(code if code in (0, 1, 2) else 1)
    except TorchloomError as error:
        fail(str(error))
    except (interrupts.Interrupted, KeyboardInterrupt):
        fail("interrupted")
    except BrokenPipeError:
        # Whoever read our output has enough; Python would complain again while it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        sys.exit(1)
    except Exception as error:
        if os.environ.get("TORCHLOOM_DEBUG"):
            raise
        fail(
            f"something went wrong inside Torchloom: {type(error).__name__}: {error}\n"
            "Set TORCHLOOM_DEBUG=1 to see where; please report it."
        )


def fail(message: str, code: int = 1) -> NoReturn:
    """End the process with a message."""
    say(f"torchloom: {message}")
    sys.exit(code)


def show_window(path: Path | None) -> int:
    """Show the window with a project, or with the first example; return the exit code."""
    if obstacle := load_gui("gui.display").obstacle():
        fail(
            f"there is no display for the window here: {obstacle}. These commands need none: "
            "train, check, export, examples, catalog, shot.",
            code=2,
        )
    return int(load_gui("gui.app").run(path))


def load_gui(module: str) -> Any:
    """Return a module of the window, imported late and by name: it is the layer above."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        if error.name and error.name.startswith("gui"):
            raise
        fail(
            f"Qt could not be loaded: {error}. On Debian and Ubuntu install "
            "libegl1 libgl1 libxkbcommon0 libdbus-1-3 libfontconfig1 libxcb-cursor0."
        )
