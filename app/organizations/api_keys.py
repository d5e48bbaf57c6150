"""The form of an API key, and its keyed hash (pure).

`conforme_live_<8 characters>_<40 base62><6 of checksum>`: the prefix and checksum
let scanners recognize a leaked key without asking us.
"""

import hashlib
import hmac
import secrets
import string
import zlib

BRAND = "conforme_live_"
_ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
_SECRET_LENGTH = 40
_CHECKSUM_LENGTH = 6


def new_key() -> tuple[str, str]:
    """Make a key; give it whole, and the prefix that may be shown."""
    prefix = BRAND + _random(8)
    body = f"{prefix}_{_random(_SECRET_LENGTH)}"
    return body + _checksum(body), prefix


def is_well_formed(key: str) -> bool:
    """Tell whether text can be one of our keys, its checksum right."""
    body, checksum = key[:-_CHECKSUM_LENGTH], key[-_CHECKSUM_LENGTH:]
    return (
        key.isascii()
        and key.startswith(BRAND)
        and hmac.compare_digest(_checksum(body).encode(), checksum.encode())
    )


def hash_key(key: str, pepper: bytes) -> bytes:
    """HMAC-SHA-256: the key is random, so a slow hash would add nothing."""
    return hmac.new(pepper, b"api-key" + key.encode(), hashlib.sha256).digest()


def _random(length: int) -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))


def _checksum(body: str) -> str:
    number = zlib.crc32(body.encode())
    digits = ""
    for _ in range(_CHECKSUM_LENGTH):
        number, digit = divmod(number, len(_ALPHABET))
        digits = _ALPHABET[digit] + digits
    return digits
