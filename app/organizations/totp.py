"""Time-based one-time passwords and recovery codes (pure).

Source:
    RFC 6238 (TOTP) with what every authenticator reads: SHA-1, six digits, 30 seconds.
"""

import hmac
import secrets
from base64 import b32encode
from datetime import datetime

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

STEP_S = 30
DIGITS = 6
WINDOW = 1
"""Steps a clock may be off, before and after."""
RECOVERY_CODES = 10

_SECRET_BYTES = 20
_CODE_BYTES = 10
_GROUP = 4
_ISSUER = "Conforme"


def new_secret() -> bytes:
    """Make a secret of 160 random bits, as long as the hash (RFC 4226 §4, R6)."""
    return secrets.token_bytes(_SECRET_BYTES)


def secret_text(secret: bytes) -> str:
    """Write a secret as people type it into an authenticator."""
    return b32encode(secret).decode()


def uri(secret: bytes, email: str) -> str:
    """Give the `otpauth://` address that a QR code shows to an authenticator."""
    return _totp(secret).get_provisioning_uri(email, _ISSUER)


def code_at(secret: bytes, at: datetime) -> str:
    """Give the code of an instant."""
    return _totp(secret).generate(int(at.timestamp())).decode()


def matching_step(secret: bytes, code: str, *, at: datetime, after: int | None) -> int | None:
    """Find the step whose code it is, around an instant; None when there is none.

    Args:
        secret: The user's.
        code: As typed.
        at: Now.
        after: The last step used; none up to it counts, so a code works once.
    """
    now = int(at.timestamp()) // STEP_S
    for step in range(now - WINDOW, now + WINDOW + 1):
        expected = _totp(secret).generate(step * STEP_S)
        is_new = after is None or step > after
        if is_new and hmac.compare_digest(expected, code.encode()):
            return step
    return None


def new_recovery_codes() -> list[str]:
    """Make ten codes of 80 random bits, each to be used once when the phone is lost."""
    return [_grouped(b32encode(secrets.token_bytes(_CODE_BYTES)).decode())
            for _ in range(RECOVERY_CODES)]  # fmt: skip


def plain(code: str) -> str:
    """Give a code without the signs and cases that people add."""
    return "".join(char for char in code.upper() if char.isalnum())


def _grouped(text: str) -> str:
    return "-".join(text[start : start + _GROUP] for start in range(0, len(text), _GROUP))


def _totp(secret: bytes) -> TOTP:
    return TOTP(secret, DIGITS, SHA1(), STEP_S)  # noqa: S303 - what authenticators speak
