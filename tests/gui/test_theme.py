"""Colours can be told apart and read; icons are drawn."""

import itertools
import math

import pytest

from gui import icons, theme
from gui.colors import contrast, mix, oklab, oklch, rgb_of
from gui.theme import DARK, LIGHT

#: What a user without red (protanopia) or green cones (deuteranopia) sees, in linear RGB: Machado,
#: Oliveira and Fernandes, "A physiologically-based model for simulation of color vision
#: deficiency" (2009).
DEFICIENCIES = {
    "none": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protan": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deutan": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
}
#: The least distance in OKLab; eyes tell about 0.02 apart when colours touch.
APART = 0.075


@pytest.mark.parametrize("look", [DARK, LIGHT], ids=lambda look: look.name)
def test_text_can_be_read_on_every_ground(look):
    grounds = [look.window, look.panel, look.raised, look.field, look.card, look.canvas]
    for ground in [*grounds, look.hover, look.selection]:
        assert contrast(look.text, ground) >= 4.5, ground
    for ground in [*grounds, look.hover, look.selection, look.tint("structure", 0.20)]:
        assert contrast(look.muted, ground) >= 4.5, ground
    for use in (look.error, look.warning, look.ok):
        assert contrast(use, look.panel) >= 4.5, use
    assert contrast(look.on_accent, look.accent) >= 4.5


@pytest.mark.parametrize("look", [DARK, LIGHT], ids=lambda look: look.name)
def test_titles_can_be_read_on_every_head(look):
    for family in theme.FAMILIES:
        for part in (0.15, 0.18, 0.20, 0.34):
            assert contrast(look.text, look.tint(family, part)) >= 4.5, family


@pytest.mark.parametrize("look", [DARK, LIGHT], ids=lambda look: look.name)
def test_family_colours_stand_out_from_the_card(look):
    for family in theme.FAMILIES:
        assert contrast(look.family(family), look.card) >= 3.0, family


@pytest.mark.parametrize("deficiency", DEFICIENCIES)
@pytest.mark.parametrize("look", [DARK, LIGHT], ids=lambda look: look.name)
def test_families_that_stand_side_by_side_are_told_apart(look, deficiency):
    matrix = DEFICIENCIES[deficiency]
    seen = {}
    for family in theme.COMMON:
        rgb = rgb_of(look.family(family))
        changed = [max(0.0, sum(m * c for m, c in zip(row, rgb, strict=True))) for row in matrix]
        seen[family] = oklab(changed)
    for one, other in itertools.combinations(theme.COMMON, 2):
        assert math.dist(seen[one], seen[other]) > APART, (one, other)


def test_both_themes_share_their_hues():
    for family, (hue, chroma, _) in theme.FAMILIES.items():
        if chroma < 0.05:
            continue
        hues = []
        for look in (DARK, LIGHT):
            _, a, b = oklab(rgb_of(look.family(family)))
            hues.append(math.degrees(math.atan2(b, a)) % 360)
        for found in hues:
            assert abs((found - hue + 180) % 360 - 180) < 12, family


def test_a_family_that_nobody_knows_has_a_colour_of_its_own():
    assert DARK.family("brand new") == DARK.family("brand new")
    assert DARK.family("brand new") != DARK.family("another")


def test_every_family_of_the_catalogue_has_a_colour():
    from graph import catalog

    families = {kind.family for kind in catalog.entries().values()}
    assert families <= set(theme.FAMILIES), families - set(theme.FAMILIES)
    undrawn = {f for f in families if icons.family_drawing(f) == "unknown"}
    assert not undrawn


def test_oklch_makes_the_colours_it_should():
    assert oklch(1.0, 0.0, 0.0) == "#ffffff"
    assert oklch(0.0, 0.0, 0.0) == "#000000"
    lightness, a, b = oklab(rgb_of(oklch(0.7, 0.1, 200)))
    assert lightness == pytest.approx(0.7, abs=0.005)
    assert math.hypot(a, b) == pytest.approx(0.1, abs=0.005)
    assert mix("#ffffff", "#000000", 0.5) == "#808080"


@pytest.mark.parametrize("name", icons.DRAWINGS)
def test_every_icon_is_drawn(qapp, name):
    for size in (16, 32):
        image = icons.pixmap(name, "#ff0000", size).toImage()
        drawn = [
            (x, y) for x in range(size) for y in range(size) if image.pixelColor(x, y).alpha() > 128
        ]
        assert len(drawn) >= size
        assert not any(x in (0, size - 1) for x, _ in drawn), "it touches the edge"


def test_icons_take_the_colours_of_the_theme(qapp):
    theme.apply(qapp, "light")
    light = theme.icon("run").pixmap(18).toImage().pixelColor(8, 9).name()
    theme.apply(qapp, "dark")
    dark = theme.icon("run").pixmap(18).toImage().pixelColor(8, 9).name()
    assert (dark, light) == (DARK.text, LIGHT.text)


def test_the_change_is_told(qapp, qtbot):
    with qtbot.waitSignal(theme.changed) as told:
        theme.apply(qapp, "light")
    assert told.args == [LIGHT]
    assert theme.current() is LIGHT
    theme.apply(qapp, "dark")
