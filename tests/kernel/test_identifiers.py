import hashlib
import re

from app.kernel.identifiers import hash_token, new_id, new_token


def test_ids_are_version_seven_and_grow() -> None:
    ids = [new_id() for _ in range(1000)]
    assert {identifier.version for identifier in ids} == {7}
    assert len(set(ids)) == 1000
    assert ids == sorted(ids)


def test_tokens_are_256_random_bits_for_urls() -> None:
    tokens = {new_token() for _ in range(100)}
    assert len(tokens) == 100
    assert all(re.fullmatch(r"[\w-]{43}", token) for token in tokens)


def test_only_the_hash_of_a_token_is_kept() -> None:
    assert hash_token("abc") == hashlib.sha256(b"abc").digest()
