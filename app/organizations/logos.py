"""A logo as it came, made ready once for print, page and e-mail (pure).

It is told by its content, never by its name. Only its pixels go on: they are drawn
anew, so nothing hidden in the file is served to anyone.
"""

from io import BytesIO

from PIL import Image, ImageOps

from app.kernel.findings import Refused

PIXELS_MAX = 8_000_000
"""Decoded, they take some 60 MB for a moment."""

WIDTH_MAX, HEIGHT_MAX = 600, 168
"""The most the print can show: 50 by 14 mm at 300 dots an inch."""

_FORMATS = ("PNG", "JPEG")
_QUALITY = 92


def prepare(content: bytes) -> bytes:
    """Give a small JPEG on white; the same content gives the same bytes.

    JPEG, because it goes into every PDF as it is, while a PNG would be packed anew
    each time.

    Raises:
        Refused: `logo.format` for anything but a whole PNG or JPEG, `logo.too_large` for
            one of too many pixels.
    """
    image = _opened(content)
    if image.width * image.height > PIXELS_MAX:
        raise Refused("logo.too_large")
    try:
        return _encoded(_on_white(ImageOps.exif_transpose(image)))
    except (OSError, ValueError, SyntaxError):
        raise Refused("logo.format") from None


def _opened(content: bytes) -> Image.Image:
    """Read the head of a picture alone; its pixels are decoded later."""
    try:
        return Image.open(BytesIO(content), formats=_FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise Refused("logo.too_large") from None
    except (OSError, ValueError, SyntaxError):
        raise Refused("logo.format") from None


def _on_white(image: Image.Image) -> Image.Image:
    """Scale down to what is needed, and let white shine through."""
    picture = image.convert("RGBA")
    picture.thumbnail((WIDTH_MAX, HEIGHT_MAX), Image.Resampling.LANCZOS)
    ground = Image.new("RGBA", picture.size, "white")
    return Image.alpha_composite(ground, picture).convert("RGB")


def _encoded(image: Image.Image) -> bytes:
    output = BytesIO()
    image.save(output, "JPEG", quality=_QUALITY, subsampling=0)
    return output.getvalue()
