"""Where the command `torchloom` begins."""

from __future__ import annotations

from runtime import interrupts

__all__ = ["main"]


def main() -> None:
    """Run the command line. Ctrl-C is answered in a line from the first moment on."""
    interrupts.catch()
    from runtime import cli

    cli.main()


if __name__ == "__main__":
    main()
