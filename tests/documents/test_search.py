"""Documents are found by number, title, amount and contact, closest first."""

import pytest

from app.documents.search import read_amount
from tests.factories import Json, a_contact, a_quote, an_issued_quote
from tests.offices import Office


def line(price: str) -> Json:
    return {"description": "Trabajo", "quantity": "1", "unit_price": price, "tax_rate": "0.00",
            "tax_treatment": "exempt", "exemption_cause": "E1"}  # fmt: skip


async def found(office: Office, q: str, **params: str) -> list[str]:
    answer = await office.api.get("/v1/documents", params={"q": q, **params})
    assert answer.status_code == 200, answer.text
    return [row["title"] for row in answer.json()["data"]]


@pytest.mark.parametrize(
    ("text", "minor"),
    [
        ("1.234,56", 123456), ("1,234.56", 123456), ("1234.56", 123456), ("1234,5", 123450),
        ("1.234.567,8 €", 123456780), ("€ 1 234,56", 123456), ("12 EUR", 1200), ("1234", 123400),
        ("1.234", 123400), ("0,05", 5), ("-12,00", -1200), ("12.345.6", None), ("1.2345", None),
        ("", None), ("€", None), ("1,234,5", None), ("12a", None), ("١٢", None),
        ("9" * 16, None), ("1e5", None), (".5", None),
    ],
)  # fmt: skip
def test_amounts_as_people_write_them(text: str, minor: int | None) -> None:
    assert read_amount(text) == minor


async def test_a_search_looks_through_number_title_amount_and_contact(office: Office) -> None:
    contact = await a_contact(office, legal_name="Náutica Barceló", emails=[])
    other = await a_contact(office, legal_name="Otro", tax_id="B83534750", emails=[])
    quote = await an_issued_quote(office, contact, title="Pulido", lines=[line("1234.56")])
    await a_quote(office, other, title="Reparación de jarcia", lines=[line("99.00")])
    number = quote["number"]
    compact = "".join(char for char in number if char.isalnum())
    for q in (
        number, number.lower(), compact, f"  {number} ", "pulido", "PULLIDO", "1.234,56", "1234.56",
        "1.234,56 €", "barcelo", "nautica barcello", "barceló pulido", "pulido náutica",
    ):  # fmt: skip
        assert await found(office, q) == ["Pulido"], q
    for q in ("reparacion", "JARCIA reparacion", "B83534750", "b-83534750", "99", "otro jarcia"):
        assert await found(office, q) == ["Reparación de jarcia"], q
    for q in ("pulido jarcia", "1234.57", "%", "inexistente"):
        assert await found(office, q) == [], q
    for q, total in (("pulido", 1), ("%", 0)):
        counted = await office.api.get("/v1/documents/count", params={"q": q})
        assert counted.json()["total"] == total


async def test_the_closest_come_first_unless_an_order_is_asked(office: Office) -> None:
    contact = await a_contact(office, legal_name="Cliente", emails=[])
    for title, price in [
        ("Velas", "1.00"), ("Cambio de velas", "3.00"), ("Velas nuevas", "2.00"),
        ("Desvelas", "4.00"), ("Velos", "5.00"), ("Casco 77", "6.00"), ("Otro", "77.00"),
    ]:  # fmt: skip
        await a_quote(office, contact, title=title, lines=[line(price)])
    assert await found(office, "velas") == [
        "Velas nuevas", "Velas", "Cambio de velas", "Desvelas", "Velos",
    ]  # fmt: skip
    assert await found(office, "velas", sort="-total") == [
        "Velos", "Desvelas", "Cambio de velas", "Velas nuevas", "Velas",
    ]  # fmt: skip
    assert await found(office, "77") == ["Otro", "Casco 77"]


async def test_pages_of_a_search_give_everything_once(office: Office) -> None:
    contact = await a_contact(office, legal_name="Cliente", emails=[])
    for title in ("Velas A", "Velas B", "Unas velas", "Velos", "Nada", "Velas C"):
        await a_quote(office, contact, title=title)
    whole = await found(office, "velas")
    assert whole == ["Velas C", "Velas B", "Velas A", "Unas velas", "Velos"]
    seen: list[str] = []
    params: dict[str, str | int] = {"q": "velas", "limit": 2}
    while True:
        page = (await office.api.get("/v1/documents", params=params)).json()
        seen += [row["title"] for row in page["data"]]
        if not page["has_more"]:
            break
        params["cursor"] = page["next_cursor"]
    assert seen == whole


async def test_a_search_stays_in_its_organization(office: Office, rival: Office) -> None:
    await a_quote(rival, title="Antifouling", lines=[line("1234.56")])
    for q in ("antifouling", "antifuling", "velero ficticio", "1234,56"):
        assert await found(office, q) == [], q
        assert await found(rival, q) == ["Antifouling"], q
