"""What nobody sees neither reorders nor passes for a text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kernel.text import BIDI_CONTROLS, seen


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("  n\u0303 ", "ñ"),
        ("Factura \u202egpj.exe\u202c", "Factura gpj.exe"),
        ("\u2066Ana\u2069 \u200fRuiz\u200e", "Ana Ruiz"),
        ("\ufeffAna\u200bRuiz", "AnaRuiz"),
        ("una\u2028otra\u2029tercera", "una\notra\ntercera"),
        ("\u200b\u200d\u2060", ""),
        ("\u3164 \u2800\ufe0f", ""),
        ("👩\u200d🔧 a bordo", "👩\u200d🔧 a bordo"),
        ("می\u200cخواهم", "می\u200cخواهم"),
    ],
)
def test_a_text_is_what_is_seen_of_it(written: str, stored: str) -> None:
    assert seen(written) == stored


@given(st.text(st.characters() | st.sampled_from([*sorted(BIDI_CONTROLS), "\u200b", "\u0301"])))
def test_what_is_seen_is_seen_the_same_again(text: str) -> None:
    stored = seen(text)
    assert seen(stored) == stored
    assert not BIDI_CONTROLS & set(stored)
