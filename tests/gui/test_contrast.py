"""Text stands out from its ground by at least 4.5 to 1 (WCAG 2, level AA), in both themes.

The pairs are read from the style sheet as it is applied, and from what paints itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from gui.colors import contrast, mix
from gui.panels.code_view import code_colors
from gui.panels.style import sheet
from gui.theme import DARK, LIGHT, READABLE, Theme

both = pytest.mark.parametrize("look", [DARK, LIGHT], ids=lambda look: look.name)

_RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
_COLOR = re.compile(r"(?<![\w-])(color|background|placeholder-text-color)\s*:\s*(#[0-9a-f]{6})")


def rules(look: Theme) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield each selector of the style sheet with its colours."""
    for selectors, body in _RULE.findall(sheet(look, 10.0)):
        colors = dict(_COLOR.findall(body))
        for selector in selectors.split(","):
            yield selector.strip(), colors


def grounds(look: Theme) -> list[str]:
    """The colours that windows, panels, menus, fields and cards are filled with."""
    return [look.window, look.panel, look.raised, look.field, look.canvas, look.hover]


def pairs(look: Theme) -> Iterator[tuple[str, str, str]]:
    """Yield (selector, colour of the text, colour behind it), what is disabled left out."""
    own: dict[tuple[str, frozenset[str]], str] = {}
    for selector, colors in rules(look):
        if ":disabled" in selector:
            continue
        base = re.sub(r"(?<!:):[a-z-]+", "", selector)
        states = frozenset(re.findall(r"(?<!:):([a-z-]+)", selector))
        if "color" in colors:
            own[base, states] = colors["color"]
        held = [c for (b, some), c in own.items() if b == base and some <= states]
        text = held[-1] if held else look.text
        if "background" in colors and not re.search(r"handle|separator|chunk|indicator", selector):
            yield selector, text, colors["background"]
            if "placeholder-text-color" in colors:
                yield selector, colors["placeholder-text-color"], colors["background"]
        elif "color" in colors and "QFrame[frameShape" not in selector:
            for ground in grounds(look):
                yield selector, text, ground


@both
def test_every_text_of_the_style_sheet_can_be_read(look: Theme) -> None:
    found = list(pairs(look))
    assert len(found) > 100
    faint = {
        f"{selector}: {text} on {ground} is {contrast(text, ground):.2f}"
        for selector, text, ground in found
        if contrast(text, ground) < READABLE
    }
    assert faint == set()


@both
def test_text_on_soft_grounds_can_be_read(look: Theme) -> None:
    """Banners, bars that fill up, the line of code of a selected node, selected text."""
    soft = {
        "error banner": mix(look.error, look.panel, 0.16),
        "warning banner": mix(look.warning, look.panel, 0.14),
        "progress": mix(look.accent, look.field, 0.45),
        "marked line": mix(look.accent, look.field, 0.22),
        "selection": look.selection,
    }
    faint = {name for name, ground in soft.items() if contrast(look.text, ground) < READABLE}
    assert faint == set()


@both
def test_code_can_be_read(look: Theme) -> None:
    faint = {use: contrast(color, look.field) for use, color in code_colors(look).items()}
    assert {use: c for use, c in faint.items() if c < READABLE} == {}


@both
def test_placeholders_and_curves_can_be_seen(look: Theme) -> None:
    assert contrast(look.muted, look.field) >= READABLE
    for color in look.series:  # lines, not text
        assert contrast(color, look.field) >= 3.0
