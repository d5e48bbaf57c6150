"""Text of other people made fit for a header, a letter and a file name."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.mail.text import block_text, file_name_text, header_text


@pytest.mark.parametrize(
    ("raw", "safe"),
    [
        ("  a \r\n\t b  ", "a b"),
        ("=?UTF-8?Q?x?=", "= ?UTF-8?Q?x?="),
        ("a\u202eb\u2066c", "abc"),
        ("a\0b", "ab"),
        ("a\u2028b", "a b"),
        ("", ""),
    ],
)
def test_a_header_is_one_visible_line(raw: str, safe: str) -> None:
    assert header_text(raw, 100) == safe


@given(st.text())
def test_no_header_holds_an_encoded_word_or_a_line_end(text: str) -> None:
    safe = header_text(text, 50)
    assert len(safe) <= 50
    assert "=?" not in safe
    assert safe == safe.strip()
    assert len(safe.splitlines()) <= 1
    assert header_text(safe, 50) == safe


@pytest.mark.parametrize(
    ("raw", "safe"),
    [
        ("a\r\nb\rc\nd", "a\nb\nc\nd"),
        ("a\u2028b\u2029c\x85d\x0be\x0cf", "a\nb\nc\nd\ne\nf"),
        ("a\tb\0", "a b"),
        ("  sangría", "  sangría"),
    ],
)
def test_a_letter_keeps_its_lines(raw: str, safe: str) -> None:
    assert block_text(raw) == safe


@given(st.text())
def test_a_letter_has_no_control_characters(text: str) -> None:
    assert not [c for c in block_text(text) if unicodedata.category(c) == "Cc" and c != "\n"]


@pytest.mark.parametrize(
    ("raw", "safe"),
    [
        ("Presupuesto P-260041.pdf", "Presupuesto-P-260041.pdf"),
        ("../../etc/passwd", "etc-passwd"),
        ("a/b\\c:d*e?.pdf", "a-b-c-d-e-.pdf"),
        ("", "document"),
        ("...", "document"),
        (".pdf", "pdf"),
        ("a\u202efdp.exe", "afdp.exe"),
        ("Factura_F-1", "Factura_F-1"),
    ],
)
def test_a_file_name_is_a_name_everywhere(raw: str, safe: str) -> None:
    assert file_name_text(raw) == safe


@given(st.text())
def test_no_file_name_leaves_its_folder(text: str) -> None:
    name = file_name_text(text)
    assert name
    assert len(name.encode()) <= 100
    assert not set(name) & set('/\\:"<>|?*\r\n\0')
    assert name not in {".", ".."}
    assert not name.startswith((".", "-"))
