"""Breaking text into lines, and the catalogues it comes from."""

import re
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from app.adapters.pdf_reportlab import ReportlabPrinter
from app.adapters.pdf_reportlab.text import BODY, STRONG, Span, TextLine, wrap, wrap_spans
from app.documents.printable import PrintedLine
from app.kernel.wording import wording
from tests.adapters.pdf.reading import text_of
from tests.factories_printable import a_line, a_printable

ReportlabPrinter()
WIDTH = 100.0


def plain(lines: list[TextLine]) -> list[str]:
    return ["".join(span.text for span in line.spans) for line in lines]


def test_lines_break_at_spaces_and_at_the_typed_ends() -> None:
    lines = wrap("uno dos tres cuatro cinco seis siete\n\nocho", BODY, WIDTH)
    assert plain(lines) == ["uno dos tres cuatro cinco", "seis siete", "", "ocho"]


def test_a_no_break_space_holds_words_together() -> None:
    lines = wrap("aaaaaaaaaaaaaaa ES91\u00a02100\u00a00418", BODY, WIDTH)
    assert plain(lines)[1] == "ES91\u00a02100\u00a00418"


def test_a_long_word_breaks_after_its_hyphen() -> None:
    lines = plain(wrap("antiincrustante-autopulimentable", BODY, WIDTH))
    assert lines == ["antiincrustante-", "autopulimentable"]


def test_a_long_word_breaks_anywhere_else() -> None:
    lines = wrap("W" * 5000, BODY, WIDTH)
    assert "".join(plain(lines)) == "W" * 5000
    assert all(line.width <= WIDTH for line in lines)


def test_spans_that_touch_are_not_parted() -> None:
    spans = [Span("a", BODY), Span(" ES91", STRONG), Span(", fin", BODY)]
    assert plain(wrap_spans(spans, STRONG.width("ES91,") + 2)) == ["a", "ES91,", "fin"]


def test_at_most_so_many_lines_and_the_last_says_so() -> None:
    lines = wrap("palabra " * 50, BODY, WIDTH, most=2)
    assert len(lines) == 2
    assert plain(lines)[1].endswith("…")
    assert lines[1].width <= WIDTH


def test_a_text_shrinks_to_fit() -> None:
    style = BODY.fitting("F-" + "9" * 60, WIDTH)
    assert style.width("F-" + "9" * 60) <= WIDTH + 0.001
    assert BODY.fitting("F-1", WIDTH) is BODY


@given(st.text(alphabet="ab -\n€", max_size=200), st.floats(min_value=20, max_value=200))
def test_no_line_is_too_long_and_nothing_is_lost(text: str, width: float) -> None:
    lines = wrap(text, BODY, width)
    assert all(line.width <= width + 0.001 for line in lines)
    assert "".join("".join(plain(lines)).split()) == "".join(text.split())


def test_both_languages_say_the_same_things() -> None:
    spanish, english = wording("printed", "es").texts, wording("printed", "en").texts
    assert spanish.keys() == english.keys()
    for key, text in spanish.items():
        assert set(re.findall(r"{\w+}", text)) == set(re.findall(r"{\w+}", english[key])), key


def test_a_line_may_have_any_discount() -> None:
    line: PrintedLine = a_line(discount_percent=Decimal("12.50"))
    assert "12,5 %" in text_of(a_printable([line]))
