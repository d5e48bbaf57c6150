"""Secrets at rest: sealed with AES-GCM, bound to their owner."""

import os
from base64 import urlsafe_b64decode
from dataclasses import dataclass, field
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE_BYTES = 12
_KEY_ID = b"\x01"


@dataclass(frozen=True, slots=True)
class Vault:
    """Seals and opens bytes; the first byte of a sealed value names its key.

    Attributes:
        key: 32 bytes.
    """

    key: bytes = field(repr=False)

    @classmethod
    def from_text(cls, text: str) -> "Vault":
        """From 32 bytes written as URL-safe base64.

        Raises:
            ValueError: It is not 32 bytes.
        """
        try:
            key = urlsafe_b64decode(text + "=" * (-len(text) % 4))
        except ValueError:
            key = b""
        if len(key) != 32:  # noqa: PLR2004 - AES-256
            raise ValueError("the encryption key is not 32 bytes of URL-safe base64")
        return cls(key)

    def seal(self, plain: bytes, owner_id: UUID) -> bytes:
        """Encrypt; only for the same organization, or user, can it be opened."""
        nonce = os.urandom(_NONCE_BYTES)
        return _KEY_ID + nonce + AESGCM(self.key).encrypt(nonce, plain, owner_id.bytes)

    def open(self, sealed: bytes, owner_id: UUID) -> bytes:
        """Decrypt.

        Raises:
            cryptography.exceptions.InvalidTag: Another key, or for another owner, sealed it.
        """
        nonce, rest = sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :]
        return AESGCM(self.key).decrypt(nonce, rest, owner_id.bytes)
