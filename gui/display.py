"""Whether a window can be shown here, found out before Qt is loaded.

Where Qt finds no display it ends the whole process with a core dump, so it must not be asked.
"""

from __future__ import annotations

import ctypes
import importlib.util
import os
import socket
import sys
from collections.abc import Mapping
from pathlib import Path

__all__ = ["obstacle"]

#: Seconds to wait for a display.
_PATIENCE = 2.0


def obstacle(environment: Mapping[str, str] = os.environ) -> str:
    """Return what keeps a window from being shown, as the end of a sentence, or ''."""
    if not sys.platform.startswith("linux"):
        return ""
    wish = environment.get("QT_QPA_PLATFORM", "")
    names = [word.partition(":")[0] for word in wish.split(";") if word]
    if not names:
        names = ["wayland"] if environment.get("WAYLAND_DISPLAY") else []
        names += ["xcb"] if environment.get("DISPLAY") else []
    found = [_obstacle_of(name, environment) for name in names]
    return "" if "" in found else "; ".join(found) or "neither DISPLAY nor WAYLAND_DISPLAY is set"


def _obstacle_of(name: str, environment: Mapping[str, str]) -> str:
    """Return what keeps one of Qt's platform plugins from working, or ''."""
    if name.startswith("wayland"):
        reason = _wayland(environment)
    else:
        reason = _x11(environment.get("DISPLAY", "")) if name == "xcb" else ""
    return reason or _plugin(name)


def _wayland(environment: Mapping[str, str]) -> str:
    name = environment.get("WAYLAND_DISPLAY") or "wayland-0"
    path = os.path.join(environment.get("XDG_RUNTIME_DIR", ""), name)
    answers = _answers(socket.AF_UNIX, path)
    return "" if answers else f"no Wayland display answers at WAYLAND_DISPLAY={name[:80]!r}"


def _x11(name: str) -> str:
    if not name:
        return "QT_QPA_PLATFORM asks for xcb, but DISPLAY is not set"
    host, colon, rest = name.rpartition(":")
    number = rest.partition(".")[0]
    refusal = f"no X display answers at DISPLAY={name[:80]!r}"
    if os.path.exists(name):  # a socket by its path
        return "" if _answers(socket.AF_UNIX, name) else refusal
    if not (colon and number.isascii() and number.isdigit() and len(number) < 5):
        return refusal
    path = f"/tmp/.X11-unix/X{number}"  # wherever X runs, its sockets lie there
    local = host in ("", "unix") or host.endswith("/unix")
    if local and any(_answers(socket.AF_UNIX, start + path) for start in ("", "\0")):
        return ""
    host = "localhost" if local else host.strip("[]")
    return "" if _answers(socket.AF_INET, (host, 6000 + int(number))) else refusal


def _answers(family: socket.AddressFamily, address: str | tuple[str, int]) -> bool:
    try:
        if family is socket.AF_UNIX:
            with socket.socket(family, socket.SOCK_STREAM) as there:
                there.settimeout(_PATIENCE)
                there.connect(address)
        else:
            socket.create_connection(address, _PATIENCE).close()  # type: ignore[arg-type]
    except (OSError, ValueError):
        return False
    return True


def _plugin(name: str) -> str:
    """Return why Qt's plugin cannot be loaded, which is mostly a library that is missing."""
    package = importlib.util.find_spec("PySide6")
    if package is None or not package.origin:
        return ""  # importing it says more
    folder = Path(package.origin).parent / "Qt" / "plugins" / "platforms"
    file = "wayland" if name.startswith("wayland") else name
    path = folder / f"libq{file}.so"
    if not folder.is_dir():
        return ""  # a distribution's Qt, which lies elsewhere
    if not path.is_file():
        known = ", ".join(sorted(p.stem.removeprefix("libq") for p in folder.glob("libq*.so")))
        return f"Qt has no platform {name[:40]!r}, only {known}"
    try:
        ctypes.CDLL(str(path))
    except OSError as error:
        return f"{error} (README.md lists the packages that bring it)"
    return ""
