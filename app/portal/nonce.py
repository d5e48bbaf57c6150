"""The secret a form carries: shows that its page was really fetched, and lately (pure).

A link can be pre-filled or posted by a scanner; a form without a fresh nonce decides
nothing. It may be used for any answer and more than once, so a double
click does no harm.
"""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from itsdangerous import BadSignature, Signer

LIFE = timedelta(hours=2)
LENGTH_MAX = 200


@dataclass(frozen=True, slots=True)
class Bound:
    """What a nonce is good for, and nothing else.

    Attributes:
        recipient_id: Whose link the page was behind.
        revision: The revision it showed.
        pdf_sha256: Fingerprint of that revision's PDF, 64 hexadecimal digits.
    """

    recipient_id: UUID
    revision: int
    pdf_sha256: str


def make(bound: Bound, secret_key: bytes, *, at: datetime) -> str:
    """Make a nonce: the instant of issue in seconds and its signature."""
    return _signer(bound, secret_key).sign(str(int(at.timestamp()))).decode()


def is_good(nonce: str, bound: Bound, secret_key: bytes, *, at: datetime) -> bool:
    """Tell whether we made a nonce for exactly this, less than two hours ago."""
    if len(nonce) > LENGTH_MAX or not nonce.isascii():
        return False
    try:
        issued = _signer(bound, secret_key).unsign(nonce)
    except BadSignature:
        return False
    return at - datetime.fromtimestamp(int(issued), UTC) <= LIFE


def _signer(bound: Bound, secret_key: bytes) -> Signer:
    salt = f"form|{bound.recipient_id}|{bound.revision}|{bound.pdf_sha256}"
    return Signer(secret_key, salt=salt, digest_method=hashlib.sha256)
