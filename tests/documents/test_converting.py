"""What a document becomes, what is carried along, and what is refused."""

import asyncio
from collections.abc import Iterable
from typing import Any

import httpx
import pytest

from tests.clients import client_behind
from tests.factories import LINE, Json, a_contact, a_quote, a_sent_quote, an_issued_quote
from tests.fakes import FakeMail
from tests.offices import Office

TWO_RATES = [
    {**LINE, "description": "Pintura", "quantity": "3", "unit_price": "33.33"},
    {"description": "Libro de a bordo", "unit_price": "17.77", "tax_rate": "4.00"},
    {**LINE, "description": "Pulido", "unit_price": "10.01", "discount_percent": "5"},
]


async def convert(office: Office, document: Json, **order: object) -> Json:
    answer = await office.api.post(f"/v1/documents/{document['id']}/convert", json=order)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def refused(office: Office, document: Json, **order: object) -> tuple[int, str | None]:
    answer = await office.api.post(f"/v1/documents/{document['id']}/convert", json=order)
    told = answer.json()
    faults = [one["code"] for one in told.get("errors", [])]
    return answer.status_code, faults[0] if faults else told["reason"]


async def issue(office: Office, draft: Json) -> Json:
    answer = await office.api.post(f"/v1/documents/{draft['id']}/issue")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def fresh(office: Office, document: Json) -> Json:
    return dict((await office.api.get(f"/v1/documents/{document['id']}")).json())


def by_rate(documents: Iterable[Json]) -> dict[str, tuple[int, int]]:
    """Sum bases and taxes by rate."""
    sums: dict[str, tuple[int, int]] = {}
    for document in documents:
        for tax in document["taxes"]:
            base, amount = sums.get(tax["rate"], (0, 0))
            sums[tax["rate"]] = (base + tax["base"]["amount"], amount + tax["amount"]["amount"])
    return sums


def links_of(document: Json) -> list[tuple[str, str, str]]:
    return [(one["kind"], one["direction"], one["id"]) for one in document["links"]]


async def test_a_quote_becomes_an_invoice_with_all_it_says_and_both_know(office: Office) -> None:
    contact = await a_contact(office, language="en")
    quote = await an_issued_quote(
        office,
        contact,
        lines=TWO_RATES,
        discount={"kind": "percent", "value": "10.00"},
        withholding_rate="15.00",
        disbursements=[{"description": "Tasa portuaria", "amount": "35.00"}],
        notes="Plazo: 10 días.",
    )
    draft = await convert(office, quote, to="invoice")
    same = ("title", "language", "currency", "lines", "taxes", "withholdings", "discount",
            "disbursements", "notes", "total", "amount_payable", "contact")  # fmt: skip
    assert {name: draft[name] for name in same} == {name: quote[name] for name in same}
    assert (draft["type"], draft["invoice_kind"], draft["status"]) == (
        "invoice",
        "standard",
        "draft",
    )
    assert draft["number"] is None
    assert links_of(draft) == [("converted", "source", quote["id"])]
    quote = await fresh(office, quote)
    assert links_of(quote) == [("converted", "result", draft["id"])]
    assert "converted" in quote["badges"]
    assert not {"convert", "decide"} & set(quote["allowed_actions"])
    assert "document_converted" in quote["pay_reasons"]
    timeline = await office.api.get(
        f"/v1/contacts/{contact['id']}/timeline?kind=document.converted"
    )
    assert {one["document_id"] for one in timeline.json()["data"]} == {quote["id"], draft["id"]}
    told = [one["summary"] for one in timeline.json()["data"]]
    assert any(f"ha convertido el presupuesto {quote['number']} en factura" in one for one in told)
    assert await refused(office, quote, to="delivery_note") == (409, "document_converted")
    invoice = await issue(office, draft)
    assert (invoice["total"], invoice["payment_state"]) == (quote["total"], "unpaid")


async def test_a_draft_thrown_away_frees_what_it_was_made_from(office: Office) -> None:
    quote = await an_issued_quote(office)
    draft = await convert(office, quote, to="delivery_note")
    gone = await office.api.delete(f"/v1/documents/{draft['id']}")
    assert gone.status_code == 204, gone.text
    quote = await fresh(office, quote)
    assert (quote["links"], "converted" in quote["badges"]) == ([], False)
    assert (await convert(office, quote, to="proforma"))["total"] == quote["total"]


async def test_of_two_at_once_one_converts_and_a_repeated_request_is_one(office: Office) -> None:
    quote = await an_issued_quote(office)
    path, order = f"/v1/documents/{quote['id']}/convert", {"to": "invoice"}
    two = await asyncio.gather(*(office.api.post(path, json=order) for _ in range(2)))
    assert sorted(one.status_code for one in two) == [201, 409]
    other = await an_issued_quote(office)
    path, key = f"/v1/documents/{other['id']}/convert", {"Idempotency-Key": "once"}
    once = [await office.api.post(path, json=order, headers=key) for _ in range(2)]
    assert once[0].json() == once[1].json()
    assert len((await fresh(office, other))["links"]) == 1


async def test_a_client_no_longer_decides_on_what_was_converted(
    office: Office, anonymous: httpx.AsyncClient, mail: FakeMail
) -> None:
    quote, _ = await a_sent_quote(office)
    client = client_behind(anonymous, mail)
    before = await client.see()
    await convert(office, quote, to="invoice")
    seen = await client.see()
    assert seen["allowed_actions"] == ["comment"]
    assert seen["reasons"]["accept"] == seen["reasons"]["pay"] == "document_converted"
    answer = await client.answer("accept", nonce=before["form_nonce"])
    assert (answer.status_code, answer.json()["reason"]) == (409, "document_converted")
    page = await anonymous.get(f"/d/{client.token}")
    assert "Otro documento sigue a este" in page.text
    on_behalf = await office.api.post(
        f"/v1/documents/{quote['id']}/decisions",
        json={"decision": "accepted", "told_by": "Ana Ruiz"},
    )
    assert (on_behalf.status_code, on_behalf.json()["reason"]) == (409, "document_converted")


async def test_advances_are_asked_for_up_to_the_total_and_taken_off_with_their_tax(
    office: Office,
) -> None:
    quote = await an_issued_quote(office, lines=TWO_RATES, deposit_percent="33.33")
    total = quote["total"]["amount"]
    first = await issue(office, await convert(office, quote, to="advance"))
    assert first["invoice_kind"] == "advance"
    assert first["total"]["amount"] == round(total * 0.3333)
    assert "Anticipo del presupuesto" in first["lines"][0]["description"]
    second = await convert(office, quote, to="invoice", amount={"amount": 2000})
    assert second["total"]["amount"] == 2000
    assert await refused(office, quote, to="invoice") == (409, "advance_not_issued")
    assert await refused(office, quote, to="advance", percent="60") == (422, "advance.too_large")
    second = await issue(office, second)
    rest = await issue(office, await convert(office, quote, to="invoice"))
    assert rest["amount_payable"]["amount"] == total - first["total"]["amount"] - 2000
    assert rest["lines"] == quote["lines"]
    assert [one["number"] for one in rest["deductions"]] == [first["number"], second["number"]]
    assert by_rate([first, second, rest]) == by_rate([quote])
    assert ("deducts", "source", first["id"]) in links_of(rest)
    assert {kind for kind, *_ in links_of(await fresh(office, quote))} == {
        "advance_of",
        "converted",
    }


async def test_advances_of_the_whole_leave_an_invoice_of_nothing(office: Office) -> None:
    quote = await an_issued_quote(office, lines=[{**LINE, "quantity": "1", "unit_price": "0.83"}])
    halves = [await convert(office, quote, to="advance", percent="50") for _ in range(2)]
    assert sum(one["total"]["amount"] for one in halves) == quote["total"]["amount"]
    assert await refused(office, quote, to="advance", percent="2") == (422, "advance.too_large")
    last = await issue(office, halves[1])
    await issue(office, halves[0])
    rest = await issue(office, await convert(office, quote, to="invoice"))
    assert (rest["total"]["amount"], rest["payment_state"]) == (0, "not_applicable")
    ((base, tax),) = by_rate([*halves, rest]).values()
    assert base + tax == quote["total"]["amount"]
    assert ("deducts", "result", rest["id"]) in links_of(await fresh(office, last))


async def test_an_advance_that_outgrew_its_quote_is_not_issued(office: Office) -> None:
    quote = await an_issued_quote(office)
    draft = await convert(office, quote, to="advance", percent="50")
    await convert(office, quote, to="advance", percent="50")
    edit = await office.api.patch(
        f"/v1/documents/{draft['id']}",
        json={"lines": [{**LINE, "unit_price": "60.00"}]},
        headers={"If-Match": f'"{draft["version"]}"'},
    )
    assert edit.status_code == 200, edit.text
    over = await office.api.post(f"/v1/documents/{draft['id']}/issue")
    assert over.json()["errors"][0]["code"] == "advance.too_large"


async def test_delivery_notes_of_a_client_go_into_one_invoice(office: Office) -> None:
    contact = await a_contact(office)
    notes = [
        await an_issued_quote(office, contact, type="delivery_note", lines=TWO_RATES, notes=text)
        for text in ("Uno", "Dos")
    ]
    other = await an_issued_quote(office, type="delivery_note")
    ids = [notes[1]["id"]]
    assert await refused(office, notes[0], to="invoice", document_ids=[other["id"]]) == (
        422,
        "conversion.not_alike",
    )
    draft = await convert(office, notes[0], to="invoice", document_ids=ids, carry_notes=False)
    assert draft["total"]["amount"] == 2 * notes[0]["total"]["amount"]
    assert draft["notes"] == ""
    assert f"Albarán {notes[1]['number']}" in draft["lines"][-1]["description"]
    for note in notes:
        assert "converted" in (await fresh(office, note))["badges"]
    assert await refused(office, notes[1], to="invoice") == (409, "document_converted")


async def test_a_summary_has_one_line_for_each_tax_and_the_same_sums(office: Office) -> None:
    discount = {"kind": "amount", "value": "7.77"}
    proforma = await an_issued_quote(office, type="proforma", lines=TWO_RATES, discount=discount)
    draft = await convert(office, proforma, to="invoice", line_format="summary")
    assert len(draft["lines"]) == 2
    assert proforma["number"] in draft["lines"][0]["description"]
    assert (draft["taxes"], draft["total"]) == (proforma["taxes"], proforma["total"])


@pytest.mark.parametrize(
    ("changes", "order", "told"),
    [
        ({"type": "delivery_note"}, {"to": "proforma"}, (422, "conversion.impossible")),
        ({"type": "invoice"}, {"to": "invoice"}, (409, "not_convertible")),
        ({"type": "proforma"}, {"to": "advance"}, (422, "conversion.impossible")),
        ({}, {"to": "proforma", "percent": "10"}, (422, "conversion.not_advance")),
        ({}, {"to": "advance"}, (422, "missing")),
        (
            {},
            {"to": "advance", "percent": "10", "amount": {"amount": 1}},
            (422, "conversion.percent_or_amount"),
        ),
    ],
)
async def test_what_does_not_become_that_is_refused(
    office: Office, changes: Json, order: dict[str, Any], told: tuple[int, str]
) -> None:
    assert await refused(office, await an_issued_quote(office, **changes), **order) == told


async def test_only_what_is_issued_is_converted(office: Office) -> None:
    assert await refused(office, await a_quote(office), to="invoice") == (409, "not_issued")


async def test_a_copy_is_a_new_draft_of_another_type_for_another_client(office: Office) -> None:
    source = await an_issued_quote(
        office,
        lines=TWO_RATES,
        discount={"kind": "percent", "value": "10"},
        valid_until="2026-12-31",
        deposit_percent="30",
    )
    other = await a_contact(office, legal_name="Otra Náutica, S.L.", language="en")
    order = {"type": "invoice", "contact_id": other["id"], "keep_discounts": False}
    answer = await office.api.post(f"/v1/documents/{source['id']}/copy", json=order)
    assert answer.status_code == 201, answer.text
    copy = answer.json()
    assert (copy["type"], copy["invoice_kind"], copy["language"]) == ("invoice", "standard", "en")
    assert (copy["discount"], copy["valid_until"], copy["deposit_percent"]) == (None, None, None)
    assert {line["discount_percent"] for line in copy["lines"]} == {"0.00"}
    assert [one["unit_price"] for one in copy["lines"]] == [
        one["unit_price"] for one in source["lines"]
    ]
    assert links_of(copy) == [("copied", "source", source["id"])]
    assert "converted" not in (await fresh(office, source))["badges"]
    for contact_id in (source["contact"]["id"], other["id"]):
        path = f"/v1/contacts/{contact_id}/timeline?kind=document.copied"
        assert len((await office.api.get(path)).json()["data"]) == 1


async def test_a_copy_with_fresh_prices_has_the_rates_in_force(office: Office) -> None:
    old = {**LINE, "tax_rate": "7.50", "surcharge_rate": "1.00"}
    source = await a_quote(office, lines=[old, {**LINE, "tax_rate": "10"}])
    path = f"/v1/documents/{source['id']}/copy"
    assert (await office.api.post(path, json={})).json()["lines"] == source["lines"]
    fresh_ = (await office.api.post(path, json={"refresh_prices": True})).json()
    assert [(one["tax_rate"], one["surcharge_rate"]) for one in fresh_["lines"]] == [
        ("21.00", "5.20"),
        ("10.00", None),
    ]
