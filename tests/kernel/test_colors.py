"""The figures the design promises, and the rules for any accent."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kernel.colors import (
    DARK,
    HOUSE_ACCENT,
    LIGHT,
    WHITE,
    Accent,
    Palette,
    contrast,
    dark_accent,
    darken,
    label_on,
    light_accent,
    lighten,
)

colors = st.integers(0, 0xFFFFFF).map("#{:06x}".format)
schemes = pytest.mark.parametrize(
    ("derive", "palette"), [(light_accent, LIGHT), (dark_accent, DARK)], ids=["light", "dark"]
)


@pytest.mark.parametrize(
    ("token", "ground", "light", "dark"),
    [
        ("line", "surface", 1.3, None),
        ("control", "surface", 4.4, 5.2),
        ("ink", "surface", 16.0, 13.9),
        ("ink_2", "surface", 7.1, 7.9),
        ("ink_2", "bg", 6.5, None),
        ("ok", "ok_bg", 6.5, 8.1),
        ("no", "no_bg", 6.4, 8.1),
        ("on_no", "no", 7.3, 8.6),
        ("warn", "warn_bg", 7.2, 8.8),
        ("info", "info_bg", 7.4, 8.4),
        ("mute", "mute_bg", 6.1, 6.7),
        ("focus", "surface", 6.4, 9.0),
    ],
)
def test_tokens_have_the_contrast_the_design_states(
    token: str, ground: str, light: float, dark: float | None
) -> None:
    for palette, figure in ((LIGHT, light), (DARK, dark)):
        if figure is not None:
            ratio = contrast(getattr(palette, token), getattr(palette, ground))
            assert ratio == pytest.approx(figure, abs=0.06)


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_text_is_readable_on_every_ground(palette: Palette) -> None:
    assert min(contrast(palette.ink, ground) for ground in palette.grounds) >= 7
    assert min(contrast(palette.ink_2, ground) for ground in palette.grounds) >= 4.5


def test_the_house_accent_is_the_designs() -> None:
    light, dark = light_accent(HOUSE_ACCENT.upper()), dark_accent(HOUSE_ACCENT)
    assert contrast(light.fill, LIGHT.surface) == pytest.approx(7.6, abs=0.06)
    assert contrast(light.label, light.fill) == pytest.approx(7.6, abs=0.06)
    assert contrast(dark.fill, DARK.surface) == pytest.approx(8.4, abs=0.06)
    assert contrast(dark.label, dark.fill) == pytest.approx(8.6, abs=0.06)
    assert min(contrast(light.text, ground) for ground in LIGHT.grounds) >= 6.4
    assert min(contrast(dark.text, ground) for ground in DARK.grounds) >= 7.05


def test_a_yellow_accent_comes_to_the_designs_example() -> None:
    accent = light_accent("#F5C400")
    assert (accent.fill, accent.label, accent.text) == ("#f5c400", "#000000", "#7a6200")
    assert accent.border == accent.text
    assert contrast(accent.text, WHITE) == pytest.approx(5.9, abs=0.06)
    assert contrast(accent.text, LIGHT.bg) == pytest.approx(5.4, abs=0.06)
    assert contrast(accent.label, accent.fill) == pytest.approx(12.8, abs=0.06)


@schemes
@given(color=colors)
def test_every_accent_is_readable(
    derive: Callable[[str], Accent], palette: Palette, color: str
) -> None:
    accent = derive(color)
    assert accent.fill in {color, "#7cc3e3"}
    assert contrast(accent.label, accent.fill) >= 4.5
    assert contrast(accent.label, accent.hover) >= 4.5
    assert min(contrast(accent.text, ground) for ground in palette.grounds) >= 4.5
    assert contrast(accent.border, palette.surface) >= 3


@schemes
@pytest.mark.parametrize("color", ["#000000", "#ffffff", "#808080", "#7f7f7f"])
def test_grays_are_readable_too(
    derive: Callable[[str], Accent], palette: Palette, color: str
) -> None:
    accent = derive(color)
    assert min(contrast(accent.text, ground) for ground in palette.grounds) >= 4.5
    assert contrast(accent.label, accent.hover) >= 4.5


@given(one=colors, other=colors)
def test_contrast_has_no_order_and_stays_between_1_and_21(one: str, other: str) -> None:
    assert contrast(one, other) == contrast(other, one)
    assert 1 <= contrast(one, other) <= 21.0001
    assert contrast(one, one) == 1


@given(color=colors)
def test_lightness_ends_at_white_and_black(color: str) -> None:
    assert lighten(color, 100) == WHITE
    assert darken(color, 100) == "#000000"
    assert contrast(label_on(color), color) >= 4.5


@pytest.mark.parametrize("text", ["", "#fff", "0f5a78", "#0f5a7g", "#0f5a78;", "red", "#0f5a78\n"])
def test_what_is_no_color_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a color"):
        light_accent(text)
    with pytest.raises(ValueError, match="is not a color"):
        contrast(text, WHITE)
