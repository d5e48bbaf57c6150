"""What two revisions say otherwise, as data and in the words of the client's page."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.documents.differing import Difference, difference
from app.documents.printable import Printable, PrintedLine, PrintedVessel
from app.kernel.wording import wording
from app.portal.changes import told
from tests.factories_printable import a_line, a_printable

HULL, PAINT, MAST = (a_line(name) for name in ("Limpieza de casco", "Antifouling", "Jarcia"))


def words(before: Printable, after: Printable, *, with_prices: bool = True) -> tuple[str, ...]:
    return told(difference(before, after), wording("pages", "es"), with_prices=with_prices)


def kinds(found: Difference) -> list[str]:
    return [one.change for one in found.lines]


def test_lines_are_paired_by_what_they_describe() -> None:
    dearer = a_line(MAST.description, unit_price=Decimal("50.00"))
    found = difference(a_printable([HULL, PAINT, MAST]), a_printable([HULL, dearer]))
    assert kinds(found) == ["removed", "changed"]
    assert (found.lines[0].before, found.lines[1].after) == (PAINT, dearer)
    assert kinds(difference(a_printable([HULL]), a_printable([PAINT, HULL]))) == ["added"]
    assert kinds(difference(a_printable([HULL]), a_printable([PAINT]))) == ["changed"]


@given(
    st.lists(st.sampled_from([HULL, PAINT, MAST]), min_size=1, max_size=6),
    st.lists(st.sampled_from([HULL, PAINT, MAST]), min_size=1, max_size=6),
)
def test_every_line_is_accounted_for(before: list[PrintedLine], after: list[PrintedLine]) -> None:
    one, other = a_printable(before), a_printable(after)
    found = difference(one, other)
    added, removed = kinds(found).count("added"), kinds(found).count("removed")
    assert len(before) - removed == len(after) - added
    assert difference(one, one).is_nothing
    assert found.is_nothing == (before == after)


def test_changes_are_told_in_words() -> None:
    before = a_printable([HULL, PAINT], valid_until=date(2026, 12, 31))
    dearer = a_line(HULL.description, unit_price=Decimal("50.00"))
    after = replace(
        a_printable([dearer, PAINT, MAST], valid_until=date(2027, 1, 31)),
        vessel=PrintedVessel("Brisa de Prueba", None),
        notes="Otras",
        deposit_percent=Decimal("30.00"),
    )
    said = words(replace(before, notes="", deposit_percent=None), after)
    assert said == (
        "Total: 108,90\u00a0€ → 169,40\u00a0€",
        "Cambia: Limpieza de casco (45,00\u00a0€ → 50,00\u00a0€)",
        "Se añade: Jarcia",
        "Embarcación: nada → Brisa de Prueba",
        "Cambian las condiciones.",
        "Válido hasta: 31 de diciembre de 2026 → 31 de enero de 2027",
        "Reserva: nada → 30\u00a0%",
    )
    hidden = words(before, after, with_prices=False)
    assert not [one for one in hidden if "€" in one]


@pytest.mark.parametrize("language", ["es", "en"])
def test_every_field_has_a_name(language: str) -> None:
    texts = wording("pages", language)
    fields = {one.field for one in difference(a_printable(), _all_different()).fields}
    unspoken = {"client", "language", "notes"}
    assert not [name for name in fields - unspoken if f"change.field.{name}" not in texts]


def _all_different() -> Printable:
    base = a_printable()
    return replace(
        base,
        client=replace(base.client, name="Otra"),
        vessel=PrintedVessel("Brisa", None),
        title="Otro",
        notes="Otras",
        language="en",
        operation_date=date(2026, 1, 1),
        valid_until=date(2028, 1, 1),
        due_date=date(2028, 1, 1),
        deposit_percent=Decimal("12.5"),
        totals=replace(
            base.totals,
            discount=base.totals.total,
            disbursements=base.totals.total,
            withholding=base.totals.total,
        ),
    )
