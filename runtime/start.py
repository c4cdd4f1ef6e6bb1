"""Where the command `torchloom` begins."""

from __future__ import annotations

import os
import sys

from runtime import interrupts

__all__ = ["main"]

#: How long one of PyTorch's threads turns in circles at the end of its share before it sleeps, in
#: turns; OpenMP reads it when PyTorch is loaded. GNU's default is far longer. That is fine while a
#: core is free for each thread, but next to other busy processes the one that is waited for cannot
#: run: there the CNN example on two threads made 140 to 450 examples a second in most runs with
#: the default, and 740 to 1,560 with this.
_SPINS = "10000"


def main() -> None:
    """Run the command line. Ctrl-C is answered in a line from the first moment on."""
    interrupts.catch()
    os.environ.setdefault("GOMP_SPINCOUNT", _SPINS)
    if len(sys.argv) == 1:
        from runtime.commands import guarded, show_window

        guarded(lambda: sys.exit(show_window(None)))  # without what reads arguments
    else:
        from runtime import cli

        cli.main()


if __name__ == "__main__":
    main()
