"""Where the command `torchloom` begins."""

from __future__ import annotations

import os

from runtime import interrupts

__all__ = ["main"]

#: How long one of PyTorch's threads turns in circles at the end of its share before it sleeps, in
#: turns. The default of GNU's OpenMP is 30 times as much: fine while a core is free for each, but
#: with another busy process the thread that is waited for cannot run, and a step takes 20 times as
#: long; so only 5 times. OpenMP reads it when PyTorch is loaded.
_SPINS = "10000"


def main() -> None:
    """Run the command line. Ctrl-C is answered in a line from the first moment on."""
    interrupts.catch()
    os.environ.setdefault("GOMP_SPINCOUNT", _SPINS)
    from runtime import cli

    cli.main()


if __name__ == "__main__":
    main()
