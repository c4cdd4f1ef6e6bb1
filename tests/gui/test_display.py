"""Where no window can be shown it is said beforehand: Qt would end the process with a core dump."""

from __future__ import annotations

import socket
import sys
from pathlib import Path

import pytest

from gui.display import obstacle

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="always a display")


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({}, "neither DISPLAY nor WAYLAND_DISPLAY is set"),
        ({"DISPLAY": ":4321"}, "no X display answers at DISPLAY=':4321'"),
        ({"DISPLAY": "nonsense"}, "no X display answers"),
        ({"DISPLAY": "no.such.host.invalid:0"}, "no X display answers"),
        ({"DISPLAY": ":" + "9" * 5_000}, "no X display answers"),
        ({"QT_QPA_PLATFORM": "xcb"}, "asks for xcb, but DISPLAY is not set"),
        ({"QT_QPA_PLATFORM": "xcb:options;wayland"}, "no Wayland display answers"),
        ({"QT_QPA_PLATFORM": "teletype", "DISPLAY": ":0"}, "no platform 'teletype', only"),
    ],
)
def test_what_is_in_the_way_is_said(environment: dict[str, str], said: str) -> None:
    assert said in obstacle(environment)


@pytest.mark.parametrize("wish", ["offscreen", "minimal", "xcb;offscreen", "offscreen:fonts=x"])
def test_platforms_that_need_no_display_are_taken_at_their_word(wish: str) -> None:
    assert obstacle({"QT_QPA_PLATFORM": wish}) == ""


@pytest.mark.parametrize("name", ["wayland", "xcb"])
def test_a_display_that_answers_is_none(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # the path of a socket must be short
    monkeypatch.setattr("gui.display._plugin", lambda name: "")
    with socket.socket(socket.AF_UNIX) as there:
        there.bind("display")
        there.listen()
        key = "WAYLAND_DISPLAY" if name == "wayland" else "DISPLAY"
        assert obstacle({key: "display"}) == ""


def test_a_library_that_is_missing_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: str) -> None:
        raise OSError("libxcb-cursor.so.0: cannot open shared object file")

    monkeypatch.setattr("ctypes.CDLL", refuse)
    said = obstacle({"QT_QPA_PLATFORM": "offscreen"})
    assert said.startswith("libxcb-cursor.so.0: cannot open")
    assert "README.md" in said
