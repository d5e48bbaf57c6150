"""Taxes through the API: what is kept, printed and refused."""

from io import BytesIO

import pytest
from pypdf import PdfReader

from tests.factories import Json, a_contact, a_quote, an_issued_quote
from tests.offices import Office

LINE = {"description": "Cabo de 12 mm", "quantity": "1", "unit_price": "121.00"}


async def refused(office: Office, draft: Json) -> dict[str, str]:
    answer = await office.api.post(f"/v1/documents/{draft['id']}/issue")
    assert answer.status_code == 422, answer.text
    return {one["pointer"]: one["code"] for one in answer.json()["errors"]}


async def test_prices_with_tax_add_up_to_what_was_written(office: Office) -> None:
    document = await an_issued_quote(office, prices_include_tax=True, lines=[LINE])
    assert document["prices_include_tax"] is True
    assert document["taxable_base"]["amount"] == 10000
    assert document["tax_total"]["amount"] == 2100
    assert document["total"]["amount"] == 12100


async def test_a_draft_turns_to_prices_with_tax(office: Office) -> None:
    draft = await a_quote(office, lines=[LINE])
    answer = await office.api.patch(
        f"/v1/documents/{draft['id']}", json={"prices_include_tax": True}
    )
    assert answer.json()["total"]["amount"] == 12100


async def test_a_simplified_invoice_needs_nothing_of_the_client(office: Office) -> None:
    contact = await a_contact(office, party_kind="natural_person", legal_name=None,
                              given_name="Ana", tax_id=None, addresses=[])  # fmt: skip
    document = await an_issued_quote(
        office, contact, type="invoice", invoice_kind="simplified", prices_include_tax=True,
        lines=[LINE],
    )  # fmt: skip
    assert document["number"] == "FS-260001"
    full = await an_issued_quote(office, type="invoice", lines=[LINE])
    assert full["number"] == "F-260001"


async def test_a_simplified_invoice_has_its_limits(office: Office) -> None:
    kind: Json = {"type": "invoice", "invoice_kind": "simplified"}
    exact = {**LINE, "unit_price": "400.00"}
    await an_issued_quote(office, **kind, prices_include_tax=True, lines=[exact])
    above = {**LINE, "unit_price": "400.01"}
    draft = await a_quote(office, **kind, prices_include_tax=True, lines=[above])
    assert await refused(office, draft) == {"/total": "simplified.too_large"}
    body = {"simplified_activity": True}
    assert (await office.api.patch("/v1/organization", json=body)).status_code == 200
    assert (await office.api.post(f"/v1/documents/{draft['id']}/issue")).status_code == 200
    most = {**LINE, "quantity": "1", "unit_price": "3000.00"}
    await an_issued_quote(office, **kind, prices_include_tax=True, lines=[most])
    above = {**most, "unit_price": "3000.01"}
    draft = await a_quote(office, **kind, prices_include_tax=True, lines=[above])
    assert await refused(office, draft) == {"/total": "simplified.too_large"}


async def test_a_simplified_invoice_takes_no_reverse_charge(office: Office) -> None:
    kind: Json = {"type": "invoice", "invoice_kind": "simplified"}
    reverse = {**LINE, "tax_treatment": "reverse_charge"}
    draft = await a_quote(office, **kind, lines=[reverse])
    assert await refused(office, draft) == {"/lines/0/tax_treatment": "simplified.treatment"}


async def test_a_rate_that_is_over_is_refused_at_issue(office: Office) -> None:
    food = {**LINE, "tax_rate": "5.00"}
    draft = await a_quote(office, type="invoice", lines=[LINE, food])
    assert await refused(office, draft) == {"/lines/1/tax_rate": "tax_rate.not_in_force"}
    await an_issued_quote(office, type="invoice", lines=[food], operation_date="2024-09-30")


async def test_an_operation_after_its_invoice_and_too_many_groups_are_named(office: Office) -> None:
    lines = [{**LINE, "tax_kind": "ipsi", "tax_rate": f"{rate}"} for rate in range(1, 11)]
    lines += [{**LINE, "tax_rate": rate} for rate in ("21", "10", "4")]
    draft = await a_quote(office, type="invoice", lines=lines, operation_date="2026-11-25")
    assert await refused(office, draft) == {
        "/lines": "lines.too_many_taxes", "/operation_date": "operation_date.after_issue",
    }  # fmt: skip


async def test_a_delivery_within_the_union_needs_the_client_s_vat_id(office: Office) -> None:
    line = {**LINE, "tax_treatment": "exempt", "exemption_cause": "E5"}
    draft = await a_quote(office, type="invoice", lines=[line])
    assert await refused(office, draft) == {"/contact/vat_id": "legal_field.missing"}
    client = await a_contact(office, vat_id="FR40303265045")
    await an_issued_quote(office, client, type="invoice", lines=[line])


@pytest.mark.parametrize(
    ("kind", "rate", "surcharge", "pointer", "code"),
    [
        ("iva", "7", None, "tax_rate", "tax_rate.unknown"),
        ("igic", "21", None, "tax_rate", "tax_rate.unknown"),
        ("ipsi", "10.5", None, "tax_rate", "tax_rate.unknown"),
        ("iva", "21", "1.4", "surcharge_rate", "surcharge_rate.unknown"),
        ("igic", "7", "5.2", "surcharge_rate", "surcharge_rate.unknown"),
    ],
)
async def test_a_rate_that_never_was_is_refused_in_the_draft(
    office: Office, kind: str, rate: str, surcharge: str | None, pointer: str, code: str
) -> None:
    contact = await a_contact(office)
    line = {**LINE, "tax_kind": kind, "tax_rate": rate, "surcharge_rate": surcharge}
    body = {"type": "quote", "contact_id": contact["id"], "lines": [line]}
    answer = await office.api.post("/v1/documents", json=body)
    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert (error["pointer"], error["code"]) == (f"/lines/0/{pointer}", code)


async def test_only_invoices_have_series_of_simplified_ones(office: Office) -> None:
    body: Json = {
        "type": "quote",
        "name": "x",
        "pattern": "X-[yy]%%%",
        "invoice_kind": "simplified",
    }
    answer = await office.api.post("/v1/number-series", json=body)
    assert answer.status_code == 422
    body = {**body, "type": "invoice", "is_default": True}
    made = await office.api.post("/v1/number-series", json=body)
    assert (made.status_code, made.json()["invoice_kind"]) == (201, "simplified")
    kind: Json = {"type": "invoice", "invoice_kind": "simplified", "lines": [LINE]}
    assert (await an_issued_quote(office, **kind))["number"] == "X-26001"


@pytest.mark.parametrize(
    ("kind", "price", "amount"),
    [("standard", "100,00", "200,00"), ("simplified", "121,00", "242,00")],
)
async def test_only_a_full_invoice_prints_its_prices_without_tax(
    office: Office, kind: str, price: str, amount: str
) -> None:
    lines = [{**LINE, "quantity": "2"}]
    document = await an_issued_quote(
        office, type="invoice", invoice_kind=kind, prices_include_tax=True, lines=lines
    )
    pdf = await office.api.get(f"/v1/documents/{document['id']}/pdf")
    text = PdfReader(BytesIO(pdf.content)).pages[0].extract_text()
    row = text[text.index("Cabo de 12 mm") :]
    assert price in row
    assert amount in row
    assert document["total"]["amount"] == 24200
