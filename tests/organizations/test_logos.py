"""What is taken for a logo, and what becomes of it."""

import struct
import zlib
from io import BytesIO

import pytest
from PIL import Image, PngImagePlugin

from app.kernel.findings import Refused
from app.organizations.logos import HEIGHT_MAX, WIDTH_MAX, prepare


def drawn(
    size: tuple[int, int], color: object = "#0f5a78", form: str = "PNG", **how: object
) -> bytes:
    output = BytesIO()
    mode = "RGBA" if form == "PNG" else "RGB"
    Image.new(mode, size, color).save(output, form, **how)  # type: ignore[arg-type]
    return output.getvalue()


def read(jpeg: bytes) -> Image.Image:
    image = Image.open(BytesIO(jpeg))
    image.load()
    assert image.format == "JPEG"
    return image


def test_a_large_picture_is_scaled_down_and_a_small_one_left_its_size() -> None:
    wide = read(prepare(drawn((3000, 600))))
    assert wide.width == WIDTH_MAX
    assert wide.height == 120
    assert read(prepare(drawn((300, 3000)))).height == HEIGHT_MAX
    assert read(prepare(drawn((40, 30)))).size == (40, 30)


def test_a_picture_that_packs_badly_is_taken() -> None:
    """It is larger than the buffer a packer is given at first."""
    size = (WIDTH_MAX, HEIGHT_MAX)
    noise = Image.merge("RGB", [Image.effect_noise(size, 250) for _ in range(3)])
    output = BytesIO()
    noise.save(output, "PNG")
    assert read(prepare(output.getvalue())).size == size


def test_what_is_transparent_becomes_white() -> None:
    assert read(prepare(drawn((40, 30), (200, 0, 0, 0)))).getpixel((20, 15)) == (255, 255, 255)


def test_the_same_content_gives_the_same_bytes() -> None:
    content = drawn((600, 168))
    assert prepare(content) == prepare(content)


def test_nothing_but_pixels_goes_on() -> None:
    note = PngImagePlugin.PngInfo()
    note.add_text("Comment", "SECRET")
    exif = Image.Exif()
    exif[0x010E] = "SECRET"
    for content in (
        drawn((50, 50), pnginfo=note) + b"SECRET",
        drawn((50, 50), form="JPEG", exif=exif) + b"SECRET",
    ):
        assert b"SECRET" in content
        assert b"SECRET" not in prepare(content)


def test_a_photograph_taken_sideways_stands_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    assert read(prepare(drawn((80, 20), form="JPEG", exif=exif))).size == (20, 80)


@pytest.mark.parametrize("mode", ["1", "L", "P", "CMYK", "I;16"])
def test_other_ways_to_write_colors_are_understood(mode: str) -> None:
    output = BytesIO()
    Image.new(mode, (30, 30)).save(output, "JPEG" if mode == "CMYK" else "PNG")
    assert read(prepare(output.getvalue())).mode == "RGB"


def test_what_is_no_png_or_jpeg_is_refused_whatever_it_says() -> None:
    gif = BytesIO()
    Image.new("P", (10, 10)).save(gif, "GIF")
    svg = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
    half = drawn((300, 300), form="JPEG")[:400]
    for content in (b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", gif.getvalue(), svg, half):
        with pytest.raises(Refused) as refused:
            prepare(content)
        assert refused.value.code == "logo.format"


@pytest.mark.parametrize("side", [3_000, 20_000])
def test_a_bomb_is_refused_by_its_head_alone(side: int) -> None:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0))
    with pytest.raises(Refused) as refused:
        prepare(b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"\0" * 100)))
    assert refused.value.code == "logo.too_large"
