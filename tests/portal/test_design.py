"""The stylesheet keeps the design's tokens, and the tokens keep their contrast."""

import re
from dataclasses import asdict
from itertools import chain

import pytest

from app.kernel.colors import (
    DARK,
    HOUSE_ACCENT,
    LIGHT,
    Accent,
    Palette,
    contrast,
    dark_accent,
    light_accent,
)
from app.portal.markup import asset

CSS = asset("page.css").decode()
TOKEN = re.compile(r"--([a-z0-9-]+): (#[0-9A-Fa-f]{6});")


def tokens(scheme: str) -> dict[str, str]:
    """Read the tokens of a scheme from the stylesheet."""
    start = CSS.index(":root {") if scheme == "light" else CSS.index("prefers-color-scheme: dark")
    block = CSS[start : CSS.index("}", start)]
    return {name: value.lower() for name, value in TOKEN.findall(block)}


def expected(palette: Palette, accent: Accent) -> dict[str, str]:
    """Name the shared palette's colors as the stylesheet does."""
    named = {name.replace("_", "-"): value for name, value in asdict(palette).items()}
    return named | {
        "accent": accent.fill,
        "accent-hover": accent.hover,
        "on-accent": accent.label,
        "accent-text": accent.text,
        "accent-border": accent.border,
    }


@pytest.mark.parametrize(
    ("scheme", "values"),
    [
        ("light", expected(LIGHT, light_accent(HOUSE_ACCENT))),
        ("dark", expected(DARK, dark_accent(HOUSE_ACCENT))),
    ],
)
def test_the_stylesheet_has_the_palette_of_the_house(scheme: str, values: dict[str, str]) -> None:
    assert tokens(scheme) == values


# (ink, ground, light, dark): the figures of the design
FIGURES = [
    ("control", "surface", 4.4, 5.2),
    ("ink", "surface", 16.0, 13.9),
    ("ink-2", "surface", 7.1, 7.9),
    ("ink-2", "bg", 6.5, None),
    ("accent", "surface", 7.6, 8.4),
    ("on-accent", "accent", 7.6, 8.6),
    ("accent-text", "surface", 7.6, None),
    ("ok", "ok-bg", 6.5, 8.1),
    ("no", "no-bg", 6.4, 8.1),
    ("on-no", "no", 7.3, 8.6),
    ("warn", "warn-bg", 7.2, 8.8),
    ("info", "info-bg", 7.4, 8.4),
    ("mute", "mute-bg", 6.1, 6.7),
    ("focus", "surface", 6.4, 9.0),
]


@pytest.mark.parametrize(("ink", "ground", "light", "dark"), FIGURES)
def test_contrast_is_as_designed(ink: str, ground: str, light: float, dark: float | None) -> None:
    for scheme, figure in (("light", light), ("dark", dark)):
        if figure is not None:
            found = tokens(scheme)
            assert contrast(found[ink], found[ground]) == pytest.approx(figure, abs=0.1)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_can_be_read_on_every_ground_it_stands_on(scheme: str) -> None:
    found = tokens(scheme)
    tones = ("ok", "no", "warn", "info", "mute")
    grounds = ["bg", "surface", "sunken", *(f"{tone}-bg" for tone in tones)]
    on_grounds = [(ink, ground) for ink in ("ink", "accent-text") for ground in grounds]
    on_tones = [(tone, f"{tone}-bg") for tone in tones]
    soft = [("ink-2", ground) for ground in ("bg", "surface", "sunken")]
    buttons = [("on-accent", "accent-hover"), ("on-no", "no-hover"), ("no", "surface")]
    for ink, ground in chain(on_grounds, on_tones, soft, buttons):
        assert contrast(found[ink], found[ground]) >= 4.5, (ink, ground)
    for ink, ground in (("control", "surface"), ("control", "sunken"), ("focus", "bg")):
        assert contrast(found[ink], found[ground]) >= 3, (ink, ground)


def test_the_stylesheet_brings_nothing_from_elsewhere() -> None:
    assert "url(" not in CSS
    assert "@import" not in CSS
    assert "@font-face" not in CSS
    assert len(CSS.encode()) < 16_000


def test_motion_is_asked_for() -> None:
    start = CSS.index("transition:")
    assert CSS.count("transition:") == 1
    assert "prefers-reduced-motion" in CSS[start - 120 : start]


def test_text_is_never_smaller_than_small() -> None:
    sizes = [float(size) for size in re.findall(r"font-size: (\.?\d+\.?\d*)rem", CSS)]
    assert min(sizes) == 0.875
