from dataclasses import replace
from datetime import timedelta

import pytest

from app.kernel.identifiers import new_id
from app.portal import nonce
from app.portal.nonce import LIFE, Bound
from tests.fakes import START

KEY = b"a secret of the tests, long enough"
BOUND = Bound(new_id(), 1, "ab" * 32)


def test_a_nonce_is_good_for_two_hours() -> None:
    made = nonce.make(BOUND, KEY, at=START)
    assert nonce.is_good(made, BOUND, KEY, at=START)
    assert nonce.is_good(made, BOUND, KEY, at=START + LIFE)
    assert not nonce.is_good(made, BOUND, KEY, at=START + LIFE + timedelta(seconds=1))


@pytest.mark.parametrize(
    "other",
    [
        replace(BOUND, recipient_id=new_id()),
        replace(BOUND, revision=2),
        replace(BOUND, pdf_sha256="cd" * 32),
    ],
)
def test_a_nonce_is_good_for_nothing_else(other: Bound) -> None:
    assert not nonce.is_good(nonce.make(BOUND, KEY, at=START), other, KEY, at=START)


def test_a_nonce_of_another_key_is_refused() -> None:
    made = nonce.make(BOUND, b"another secret, just as long as it", at=START)
    assert not nonce.is_good(made, BOUND, KEY, at=START)


@pytest.mark.parametrize("text", ["", ".", "1795510800", "1795510800.", "ñ.ñ", "x" * 5000, "\0.\0"])
def test_what_we_did_not_make_is_refused(text: str) -> None:
    assert not nonce.is_good(text, BOUND, KEY, at=START)


def test_the_instant_cannot_be_altered() -> None:
    issued, _, signature = nonce.make(BOUND, KEY, at=START).rpartition(".")
    later = f"{int(issued) + 7200}.{signature}"
    assert not nonce.is_good(later, BOUND, KEY, at=START)
