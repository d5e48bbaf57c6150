import base64

import pytest
from cryptography.exceptions import InvalidTag
from hypothesis import given
from hypothesis import strategies as st

from app.kernel.identifiers import new_id
from app.kernel.vault import Vault

KEY = bytes(range(32))
OURS, THEIRS = new_id(), new_id()


@given(st.binary(max_size=300))
def test_what_is_sealed_opens_again(plain: bytes) -> None:
    vault = Vault(KEY)
    sealed = vault.seal(plain, OURS)
    assert vault.open(sealed, OURS) == plain
    assert sealed != vault.seal(plain, OURS)


def test_another_organization_key_or_content_does_not_open() -> None:
    vault = Vault(KEY)
    sealed = vault.seal(b"secret", OURS)
    with pytest.raises(InvalidTag):
        vault.open(sealed, THEIRS)
    with pytest.raises(InvalidTag):
        Vault(KEY[::-1]).open(sealed, OURS)
    with pytest.raises(InvalidTag):
        vault.open(sealed[:-1] + bytes([sealed[-1] ^ 1]), OURS)


def test_keys_are_written_as_text() -> None:
    text = base64.urlsafe_b64encode(KEY).decode()
    assert Vault.from_text(text) == Vault.from_text(text.rstrip("=")) == Vault(KEY)
    with pytest.raises(ValueError, match="32 bytes"):
        Vault.from_text("c2hvcnQ")


def test_a_printed_vault_tells_no_key() -> None:
    assert repr(KEY) not in repr(Vault(KEY))
