"""How lines spread over pages."""

import re
import time
from decimal import Decimal

import pytest
from pypdf import PageObject
from reportlab.lib.units import mm

from tests.adapters.pdf.reading import PRINTER, pages_of, printed
from tests.factories_printable import a_line, a_printable

MOST_S = 3.0


def numbered(count: int) -> list[str]:
    return [f"Partida {i:03}" + ("\nCon detalle" if i % 3 else "") for i in range(count)]


@pytest.mark.parametrize("count", [1, *range(18, 34), 40, 53])
def test_every_line_once_and_totals_never_alone(count: int) -> None:
    pages = pages_of(printed(a_printable([a_line(text) for text in numbered(count)])))
    found = [re.findall(r"Partida (\d{3})", page) for page in pages]
    assert [int(n) for page in found for n in page] == list(range(count))
    [with_totals] = [i for i, page in enumerate(pages) if "Base imponible" in page]
    assert "Total" in pages[with_totals]
    assert len(found[with_totals]) >= min(2, count)


def test_head_and_page_numbers_are_repeated() -> None:
    pages = pages_of(printed(a_printable([a_line(text) for text in numbered(53)])))
    assert len(pages) > 2
    for number, page in enumerate(pages, start=1):
        assert f"Página {number} de {len(pages)}" in page
        assert "Presupuesto P-260041" in page
    assert all("Concepto" in page for page in pages[:-1])


def test_a_description_longer_than_a_page_goes_on() -> None:
    details = "\n".join(f"renglón {i}" for i in range(150))
    says = a_printable([a_line("Primera"), a_line(f"Larga\n{details}"), a_line("Última")])
    text = "\n".join(pages_of(printed(says)))
    assert re.findall(r"renglón (\d+)", text) == [str(i) for i in range(150)]


@pytest.mark.parametrize("extra", range(0, 60, 3))
def test_a_long_last_line_keeps_company_with_the_totals(extra: int) -> None:
    details = "\n".join(f"renglón {i}" for i in range(60 + extra))
    pages = pages_of(printed(a_printable([a_line(f"Larga\n{details}")])))
    [page] = [page for page in pages if "Base imponible" in page]
    assert "renglón" in page
    found = re.findall(r"renglón (\d+)", "\n".join(pages))
    assert found == [str(i) for i in range(60 + extra)]


def test_long_terms_break_but_keep_their_label() -> None:
    notes = "\n".join(f"Cláusula {i}" for i in range(120))
    pages = pages_of(printed(a_printable(notes=notes)))
    [page] = [page for page in pages if "Condiciones" in page]
    assert "Cláusula 0" in page
    assert re.findall(r"Cláusula (\d+)", "\n".join(pages)) == [str(i) for i in range(120)]


def test_figures_are_never_broken() -> None:
    line = a_line(quantity=Decimal("123456.123456"), unit_price=Decimal("999999.123456"))
    [page] = pages_of(printed(a_printable([line])))
    for figure in ("123.456,123456", "999.999,123456 €", "123.456.015.241,28 €"):
        assert figure in page


def test_four_hundred_lines_are_quick() -> None:
    says = a_printable([a_line(text) for text in numbered(400)])
    begun = time.perf_counter()
    PRINTER.document(says, logo=None, band=None)
    assert time.perf_counter() - begun < MOST_S


def places_of(page: PageObject) -> set[tuple[str, float, float]]:
    """Give each text, where it begins and its baseline; mm from the left and the top."""
    places = set()

    def visit(text: str, _cm: object, matrix: list[float], _font: object, _size: float) -> None:
        if text.strip():
            places.add((text.strip(), round(matrix[4] / mm, 1), round(297 - matrix[5] / mm, 1)))

    page.extract_text(visitor_text=visit)
    return places


def test_things_stand_where_the_design_puts_them() -> None:
    reader = printed(a_printable([a_line(text) for text in numbered(53)]))
    first, second = places_of(reader.pages[0]), places_of(reader.pages[1])
    lefts = {text: left for text, left, _ in first}
    assert (lefts["Presupuesto"], lefts["Cliente"], lefts["24/11/2026"]) == (136, 18, 159)
    assert ("Taller Náutico Ejemplo, S.L.", 18, 16.5) in second
    [(left, _)] = [(x, y) for text, x, y in second if text.startswith("Presup") and y == 16.5]
    assert left > 136
