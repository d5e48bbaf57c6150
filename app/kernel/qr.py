"""QR codes as pictures (pure)."""

import io

import segno

_SCALE = 6


def png(text: str) -> bytes:
    """Draw a code of error correction M, black on white with its quiet zone."""
    code = segno.make(text, error="m", micro=False, encoding="utf-8")
    out = io.BytesIO()
    code.save(out, kind="png", scale=_SCALE, border=4, dark="#000000", light="#ffffff")
    return out.getvalue()
