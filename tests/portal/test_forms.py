import pytest

from app.kernel.errors import Invalid
from app.portal import forms
from app.portal.receipts import file_name


def faults_of(error: pytest.ExceptionInfo[Invalid]) -> list[tuple[str, str]]:
    return [(fault.pointer, fault.code) for fault in error.value.faults]


def test_text_is_cleaned() -> None:
    assert forms.clean_line("  Ana \t Ruiz\r\n\x00\x1b ") == "Ana Ruiz"
    assert forms.clean_text(" a \r\nb\rc\x07\n\n") == "a\nb\nc"
    assert forms.clean_line("n\u0303") == "ñ"
    assert forms.clean_line("\x00\t ") == ""
    assert forms.clean_line("Ana \u202ezuR\u202c") == "Ana zuR"
    assert forms.clean_line("\u200b\u2060") == forms.clean_text("\u3164\n\u200d") == ""


def test_everything_missing_is_named_at_once() -> None:
    with pytest.raises(Invalid) as error:
        forms.check_answer("", "x" * 2001, is_ticked=False)
    assert faults_of(error) == [
        ("/name", "name.required"),
        ("/statement_accepted", "statement.required"),
        ("/comment", "comment.too_long"),
    ]
    assert error.value.faults[2].params["excess"] == 1


def test_the_limits_themselves_are_allowed() -> None:
    forms.check_answer("n" * 120, "x" * 2000, is_ticked=True)
    forms.check_comment("n", "x" * 2000)


def test_a_comment_needs_a_name_and_words() -> None:
    with pytest.raises(Invalid) as error:
        forms.check_comment("n" * 121, "")
    assert faults_of(error) == [("/name", "name.too_long"), ("/body", "comment.required")]


def test_file_names_hold_nothing_odd() -> None:
    assert file_name("Justificante", "P/26-0041 ñ") == "Justificante-P-26-0041.pdf"
    assert file_name("Receipt", None) == "Receipt.pdf"
