"""Secrets at rest: sealed with AES-GCM, bound to their owner."""

import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE_BYTES = 12
_KEY_ID = b"\x01"
_SEALED = "sealed:"
_PLATFORM = UUID(int=0)
"""Owns what belongs to no organization: the operator's own credentials."""


def is_sealed(text: str) -> bool:
    """Tell whether a text is what `Vault.seal_text` wrote."""
    return text.startswith(_SEALED)


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
            raise ValueError("write 32 bytes in URL-safe base64")
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

    def seal_text(self, plain: str) -> str:
        """Encrypt a credential of the operator's, for a file of settings."""
        sealed = self.seal(plain.encode(), _PLATFORM)
        return _SEALED + urlsafe_b64encode(sealed).decode().rstrip("=")

    def open_text(self, sealed: str) -> str:
        """Decrypt a credential of the operator's.

        Raises:
            ValueError: Another key sealed it, or it is not whole.
        """
        text = sealed.removeprefix(_SEALED)
        try:
            return self.open(urlsafe_b64decode(text + "=" * (-len(text) % 4)), _PLATFORM).decode()
        except (InvalidTag, ValueError):
            raise ValueError("it was sealed with another ENCRYPTION_KEY, or is cut off") from None
