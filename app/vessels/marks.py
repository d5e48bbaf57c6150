"""The marks a vessel is told apart by, checked and in one form (pure)."""

import re

from app.contacts.search import fold
from app.kernel.findings import Refused

_SEPARATORS = re.compile(r"[\s.·-]")
_HIN = re.compile(r"[A-Z0-9]{12,15}")
_MMSI = re.compile(r"[0-9]{9}")
_CALL_SIGN = re.compile(r"[A-Z0-9]{3,8}")


def hin(raw: str) -> str:
    """Normalize a hull identification number: 14 signs (ISO 10087), 12 on older hulls.

    Raises:
        Refused: `hin.format`.
    """
    return _matching(_HIN, raw, "hin.format")


def mmsi(raw: str) -> str:
    """Normalize a maritime mobile service identity: nine digits (ITU-R M.585).

    Raises:
        Refused: `mmsi.format`.
    """
    return _matching(_MMSI, raw, "mmsi.format")


def call_sign(raw: str) -> str:
    """Normalize a call sign: letters and digits.

    Raises:
        Refused: `call_sign.format`.
    """
    return _matching(_CALL_SIGN, raw, "call_sign.format")


def registration_key(raw: str) -> str:
    """Give what two ways to write one registration share: `7ª-PM-1-123-20` → `7apm112320`."""
    return "".join(char for char in fold(raw) if char.isalnum())


def _matching(pattern: re.Pattern[str], raw: str, code: str) -> str:
    plain = _SEPARATORS.sub("", raw).upper()
    if not pattern.fullmatch(plain):
        raise Refused(code)
    return plain
