"""The palette of every surface, and what follows from an organization's accent.

Colors are `#rrggbb`. Contrast is the ratio of WCAG 2.2 (1 to 21); text needs 4.5,
the border of a control 3. The ratios are those of WCAG 2.2, 1.4.3 and 1.4.11.
"""

import re
from collections.abc import Callable
from colorsys import hls_to_rgb, rgb_to_hls
from dataclasses import dataclass

WHITE = "#ffffff"
BLACK = "#000000"
HOUSE_ACCENT = "#0f5a78"
"""The accent of an organization that chose none."""

TEXT_CONTRAST = 4.5
CONTROL_CONTRAST = 3.0

_STEP = 2
_HOVER_STEP = 8
_COLOR = re.compile(r"#[0-9A-Fa-f]{6}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Palette:
    """The tokens of one scheme that do not depend on the organization."""

    bg: str
    surface: str
    sunken: str
    line: str
    control: str
    ink: str
    ink_2: str
    ok: str
    ok_bg: str
    no: str
    no_bg: str
    no_hover: str
    on_no: str
    warn: str
    warn_bg: str
    info: str
    info_bg: str
    mute: str
    mute_bg: str
    focus: str

    @property
    def grounds(self) -> tuple[str, ...]:
        """Everything a link may stand on: the page, cards, boxes and panels."""
        panels = (self.ok_bg, self.no_bg, self.warn_bg, self.info_bg, self.mute_bg)
        return (self.bg, self.surface, self.sunken, *panels)


@dataclass(frozen=True, slots=True, kw_only=True)
class Accent:
    """What one accent comes to in one scheme.

    Attributes:
        fill: Of the filled button.
        hover: The same under the pointer.
        label: On `fill` and on `hover`.
        text: Of links; readable on every ground.
        border: Of the filled button; stands out from the card.
    """

    fill: str
    hover: str
    label: str
    text: str
    border: str


LIGHT = Palette(
    bg="#f3f5f6",
    surface="#ffffff",
    sunken="#f7f9fa",
    line="#dae1e6",
    control="#6b7a86",
    ink="#16232d",
    ink_2="#4a5a66",
    ok="#17623c",
    ok_bg="#e7f3ec",
    no="#a3262b",
    no_bg="#fbecec",
    no_hover="#821c21",
    on_no="#ffffff",
    warn="#754600",
    warn_bg="#fcf2df",
    info="#1d4f7a",
    info_bg="#e8f0f7",
    mute="#4a5a66",
    mute_bg="#e9edf0",
    focus="#0b57d0",
)
DARK = Palette(
    bg="#0f161b",
    surface="#182127",
    sunken="#131b20",
    line="#2e3a43",
    control="#8494a0",
    ink="#e8edf1",
    ink_2="#a9b6c0",
    ok="#7fd3a4",
    ok_bg="#152e22",
    no="#ff9e9a",
    no_bg="#321b1d",
    no_hover="#ffbdba",
    on_no="#3a0a0c",
    warn="#f0c272",
    warn_bg="#33270f",
    info="#9cc8ee",
    info_bg="#18293a",
    mute="#a9b6c0",
    mute_bg="#232e36",
    focus="#9cc2ff",
)

_HOUSE_LIGHT = Accent(
    fill=HOUSE_ACCENT,
    hover="#0b465e",
    label=WHITE,
    text=HOUSE_ACCENT,
    border=HOUSE_ACCENT,
)
_HOUSE_DARK = Accent(
    fill="#7cc3e3",
    hover="#a3d7ee",
    label="#08202c",
    text="#7cc3e3",
    border="#7cc3e3",
)


def light_accent(accent: str) -> Accent:
    """Derive what an accent comes to on light grounds.

    Raises:
        ValueError: It is not `#rrggbb`.
    """
    if accent.lower() == HOUSE_ACCENT:
        return _HOUSE_LIGHT
    return _derive(accent, LIGHT, darken, lighten)


def dark_accent(accent: str) -> Accent:
    """Derive what an accent comes to on dark grounds.

    Raises:
        ValueError: It is not `#rrggbb`.
    """
    if accent.lower() == HOUSE_ACCENT:
        return _HOUSE_DARK
    return _derive(accent, DARK, lighten, darken)


def contrast(one: str, other: str) -> float:
    """Give the contrast ratio of two colors, in either order (WCAG 2.2).

    Raises:
        ValueError: One is not `#rrggbb`.
    """
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def label_on(fill: str) -> str:
    """Choose the label for a filled button: white if it reaches 4.5, else black.

    One of the two always does, since their ratios multiply to 21.

    Raises:
        ValueError: It is not `#rrggbb`.
    """
    return WHITE if contrast(WHITE, fill) >= TEXT_CONTRAST else BLACK


def darken(color: str, points: int) -> str:
    """Take percentage points from a color's lightness (HSL), down to black.

    Raises:
        ValueError: It is not `#rrggbb`.
    """
    return lighten(color, -points)


def lighten(color: str, points: int) -> str:
    """Add percentage points to a color's lightness (HSL), up to white.

    Lightness moves on whole percents, so that steps do not gather rounding.

    Raises:
        ValueError: It is not `#rrggbb`.
    """
    hue, lightness, saturation = rgb_to_hls(*_channels(color))
    moved = min(max(round(lightness * 100) + points, 0), 100) / 100
    return "#" + "".join(
        f"{round(channel * 255):02x}" for channel in hls_to_rgb(hue, moved, saturation)
    )


def _derive(
    accent: str,
    palette: Palette,
    away: Callable[[str, int], str],
    towards: Callable[[str, int], str],
) -> Accent:
    """Apply the rules; `away` moves a color from the grounds, `towards` to them."""
    fill = accent.lower()
    label = label_on(fill)
    hover = away(fill, _HOVER_STEP)
    if contrast(hover, label) < TEXT_CONTRAST:
        hover = towards(fill, _HOVER_STEP)
    text, points = fill, 0
    while min(contrast(text, ground) for ground in palette.grounds) < TEXT_CONTRAST:
        points += _STEP
        text = away(fill, points)
    stands_out = contrast(fill, palette.surface) >= CONTROL_CONTRAST
    return Accent(
        fill=fill, hover=hover, label=label, text=text, border=fill if stands_out else text
    )


def _luminance(color: str) -> float:
    """Give the relative luminance, 0 to 1 (WCAG 2.2; IEC 61966-2-1)."""
    red, green, blue = (
        channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4  # noqa: PLR2004
        for channel in _channels(color)
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _channels(color: str) -> tuple[float, float, float]:
    if not _COLOR.fullmatch(color):
        raise ValueError(f"{color!r} is not a color like #0f5a78")
    red, green, blue = bytes.fromhex(color[1:])
    return red / 255, green / 255, blue / 255
