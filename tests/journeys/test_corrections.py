"""Quotes that ran out, and invoices that were wrong, as a workshop lives them."""

from datetime import timedelta

import httpx

from tests.clients import client_behind
from tests.factories import Json, a_payment, a_sent_quote
from tests.fakes import FakeMail, FixedClock
from tests.offices import Office

WORK: Json = {"description": "Motor", "quantity": "1", "unit_price": "1000.00"}


async def now(office: Office, document: Json) -> Json:
    return dict((await office.api.get(f"/v1/documents/{document['id']}")).json())


async def test_12_a_quote_that_ran_out_is_extended_or_accepted_on_behalf(
    office: Office, anonymous: httpx.AsyncClient, mail: FakeMail, clock: FixedClock
) -> None:
    quote, _ = await a_sent_quote(office)
    path = f"/v1/documents/{quote['id']}"
    client = client_behind(anonymous, mail)
    clock.advance(timedelta(days=45))
    late = await client.answer("accept")
    assert (late.status_code, late.json()["reason"]) == (409, "document_expired")
    assert "expired" in (await now(office, quote))["badges"]

    until = str((clock.now() + timedelta(days=10)).date())
    extended = await office.api.post(f"{path}/extend", json={"valid_until": until})
    assert extended.status_code == 200, extended.text
    assert (await client.answer("accept")).status_code == 200
    assert (await now(office, quote))["status"] == "accepted"

    other, _ = await a_sent_quote(office)
    clock.advance(timedelta(days=45))
    told = {"decision": "accepted", "told_by": "Ana Ruiz", "note": "Por teléfono"}
    answer = await office.api.post(f"/v1/documents/{other['id']}/decisions", json=told)
    assert answer.status_code == 200, answer.text
    (kept,) = (await office.api.get(f"/v1/documents/{other['id']}/decisions")).json()["data"]
    assert (kept["actor_kind"], kept["channel"]) == ("staff", "staff_on_behalf")
    assert (await now(office, other))["status"] == "accepted"


async def test_24_a_credit_lowers_the_balance_and_a_substitution_takes_the_place(
    office: Office, anonymous: httpx.AsyncClient, mail: FakeMail
) -> None:
    invoice, _ = await a_sent_quote(office, type="invoice", lines=[WORK])
    path = f"/v1/documents/{invoice['id']}"
    order = {"method": "differences", "cause": "discount"}
    draft = (await office.api.post(f"{path}/correct", json=order)).json()
    lines = [{**WORK, "quantity": "-1", "unit_price": "200.00"}]
    await office.api.patch(f"/v1/documents/{draft['id']}", json={"lines": lines})
    credit = await office.api.post(f"/v1/documents/{draft['id']}/issue")
    assert credit.status_code == 200, credit.text
    after = await now(office, invoice)
    assert (after["issue_state"], after["amount_due"]["amount"]) == ("issued", 96800)
    assert after["amount_credited"]["amount"] == 24200
    client = client_behind(anonymous, mail)
    assert "968,00" in (await anonymous.get(f"/d/{client.token}")).text
    seen = await client.see()
    assert seen["document"]["amount_due"]["amount"] == 96800

    wrong, _ = await a_sent_quote(office, type="invoice", lines=[WORK])
    old = client_behind(anonymous, mail)
    await a_payment(office, wrong, 50000)
    path = f"/v1/documents/{wrong['id']}"
    order = {"method": "substitution", "cause": "price"}
    draft = (await office.api.post(f"{path}/correct", json=order)).json()
    lines = [{**WORK, "unit_price": "800.00"}]
    await office.api.patch(f"/v1/documents/{draft['id']}", json={"lines": lines})
    right = (await office.api.post(f"/v1/documents/{draft['id']}/issue")).json()
    assert (await now(office, wrong))["issue_state"] == "voided"
    after = await now(office, right)
    assert (after["amount_paid"]["amount"], after["amount_due"]["amount"]) == (50000, 46800)
    reasons = (await old.see())["reasons"]
    assert {reasons[name] for name in ("accept", "reject", "pay")} == {"document_voided"}

    listed = await office.api.get(f"/v1/contacts/{wrong['contact']['id']}/timeline?limit=100")
    kinds = [one["kind"] for one in listed.json()["data"]]
    assert kinds.count("document.corrected") == 2
    printed = await office.api.get(f"/v1/documents/{right['id']}/pdf")
    assert printed.status_code == 200
