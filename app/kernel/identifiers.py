"""Identifiers that sort by time, and secrets that do not."""

import hashlib
import secrets
from uuid import UUID

import uuid_utils


def new_id() -> UUID:
    """Make a UUIDv7: it grows with time, so indexes stay compact.

    It reveals when it was made; anything secret is a token instead.
    """
    return UUID(int=uuid_utils.uuid7().int)


def new_token() -> str:
    """Make a secret of 256 random bits, 43 URL-safe characters."""
    return secrets.token_urlsafe(32)


def hash_token(token: str) -> bytes:
    """SHA-256 of a token: all that is ever stored of it."""
    return hashlib.sha256(token.encode()).digest()
