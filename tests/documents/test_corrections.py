"""Corrective invoices: by differences, by substitution, and what becomes of the money."""

from datetime import timedelta

import pytest

from tests.factories import LINE, Json, a_contact, a_payment, a_quote, an_issued_quote
from tests.fakes import FixedClock
from tests.offices import Office

WORK: Json = {"description": "Obra", "quantity": "1", "unit_price": "1000.00"}


async def an_invoice(office: Office, contact: Json | None = None, **changes: object) -> Json:
    return await an_issued_quote(office, contact, **{"type": "invoice", "lines": [WORK], **changes})


async def corrected(office: Office, invoice: Json, **order: object) -> Json:
    body = {"method": "differences", "cause": "return", **order}
    answer = await office.api.post(f"/v1/documents/{invoice['id']}/correct", json=body)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def edited(office: Office, draft: Json, **changes: object) -> Json:
    answer = await office.api.patch(
        f"/v1/documents/{draft['id']}", json=changes, headers={"If-Match": f'"{draft["version"]}"'}
    )
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def issued(office: Office, draft: Json) -> Json:
    answer = await office.api.post(f"/v1/documents/{draft['id']}/issue")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def read(office: Office, document: Json) -> Json:
    return dict((await office.api.get(f"/v1/documents/{document['id']}")).json())


async def told(office: Office, document: Json) -> list[str]:
    path = f"/v1/documents/{document['id']}/events?kind=document.corrected"
    return [one["summary"] for one in (await office.api.get(path)).json()["data"]]


async def test_a_credit_of_all_leaves_nothing_due(office: Office) -> None:
    invoice = await an_invoice(office)
    draft = await corrected(office, invoice)
    assert (draft["invoice_kind"], draft["issue_state"]) == ("corrective", "draft")
    assert [line["quantity"] for line in draft["lines"]] == ["-1"]
    assert draft["total"]["amount"] == -121000
    assert (await read(office, invoice))["amount_due"]["amount"] == 121000  # until it is issued

    credit = await issued(office, draft)
    assert credit["number"].startswith("FR-")
    assert credit["correction"] == {
        "method": "differences",
        "cause": "return",
        "code": "R1",
        "document_id": invoice["id"],
        "number": invoice["number"],
        "issue_date": invoice["issue_date"],
        "taxable_base": None,
        "tax_total": None,
    }
    assert (credit["due_date"], credit["payment_state"]) == (None, "not_applicable")
    shown = await read(office, invoice)
    assert (shown["issue_state"], shown["amount_due"]["amount"]) == ("issued", 0)
    assert "corrected" in shown["badges"]
    assert shown["total"]["amount"] == 121000
    (link,) = shown["links"]
    assert (link["kind"], link["direction"], link["number"]) == (
        "corrects", "result", credit["number"],
    )  # fmt: skip
    (summary,) = await told(office, invoice)
    assert f"con factura rectificativa {credit['number']}: 1.210,00" in summary


async def test_partial_credits_never_take_off_more_than_there_is(office: Office) -> None:
    invoice = await an_invoice(office)
    for price, left in (("400.00", 72600), ("600.00", 0)):
        draft = await corrected(office, invoice)
        line = {**WORK, "quantity": "-1", "unit_price": price}
        await issued(office, await edited(office, draft, lines=[line]))
        assert (await read(office, invoice))["amount_due"]["amount"] == left
    again = await office.api.post(
        f"/v1/documents/{invoice['id']}/correct", json={"method": "differences"}
    )
    assert (again.status_code, again.json()["reason"]) == (409, "nothing_to_correct")


async def test_a_credit_beyond_what_is_left_is_refused(office: Office) -> None:
    invoice = await an_invoice(office)
    first = await corrected(office, invoice)
    line = {**WORK, "quantity": "-1", "unit_price": "400.00"}
    await issued(office, await edited(office, first, lines=[line]))
    whole = await corrected(office, invoice)
    answer = await office.api.post(f"/v1/documents/{whole['id']}/issue")
    assert answer.status_code == 422
    (fault,) = answer.json()["errors"]
    assert (fault["pointer"], fault["code"]) == ("/lines", "correction.too_large")
    assert "726.00" in str(fault)
    positive = await edited(office, whole, lines=[WORK])
    answer = await office.api.post(f"/v1/documents/{positive['id']}/issue")
    assert answer.json()["errors"][0]["code"] == "correction.not_negative"


async def test_what_was_paid_beyond_becomes_the_clients_credit(office: Office) -> None:
    invoice = await an_invoice(office)
    await a_payment(office, invoice, 121000)
    await issued(office, await corrected(office, invoice, cause="discount"))
    shown = await read(office, invoice)
    assert (shown["payment_state"], shown["amount_due"]["amount"]) == ("overpaid", -121000)
    contact = (await office.api.get(f"/v1/contacts/{invoice['contact']['id']}")).json()
    assert contact["summary"]["balances"]["credit"]["amount"] == 121000
    assert contact["summary"]["balances"]["due"]["amount"] == 0


async def test_a_bad_debt_is_still_owed(office: Office) -> None:
    invoice = await an_invoice(office)
    credit = await issued(office, await corrected(office, invoice, cause="bad_debt"))
    assert credit["correction"]["code"] == "R3"
    assert (await read(office, invoice))["amount_due"]["amount"] == 121000


async def test_a_substitution_takes_the_place_and_the_money(office: Office) -> None:
    invoice = await an_invoice(office)
    await a_payment(office, invoice, 100000)
    draft = await corrected(office, invoice, method="substitution", cause="price")
    assert draft["total"]["amount"] == 121000
    line = {**WORK, "unit_price": "900.00"}
    successor = await issued(office, await edited(office, draft, lines=[line]))
    assert successor["correction"]["taxable_base"]["amount"] == 100000
    assert successor["correction"]["tax_total"]["amount"] == 21000
    shown = await read(office, successor)
    assert (shown["total"]["amount"], shown["amount_paid"]["amount"]) == (108900, 100000)
    assert (shown["payment_state"], shown["amount_due"]["amount"]) == ("partially_paid", 8900)
    before = await read(office, invoice)
    assert (before["status"], before["amount_paid"]["amount"]) == ("voided", 0)
    assert before["allowed_actions"] == ["copy"]
    payments = await office.api.get(f"/v1/documents/{successor['id']}/payments")
    assert [one["amount"]["amount"] for one in payments.json()["data"]] == [100000]
    (summary,) = await told(office, successor)
    assert "en lugar de" in summary
    assert "1.000,00" in summary


async def test_money_that_moved_is_given_back_from_where_it_is(office: Office) -> None:
    invoice = await an_invoice(office)
    payment = await a_payment(office, invoice, 121000)
    draft = await corrected(office, invoice, method="substitution")
    successor = await issued(office, draft)
    refund = await office.api.post(
        f"/v1/payments/{payment['id']}/refunds",
        json={"amount": {"amount": 21000}, "reason": "acuerdo"},
        headers={"Idempotency-Key": "back"},
    )
    assert refund.status_code == 201, refund.text
    assert (await read(office, successor))["amount_due"]["amount"] == 21000
    assert (await read(office, invoice))["amount_paid"]["amount"] == 0


async def test_a_substitution_puts_the_client_right(office: Office) -> None:
    invoice = await an_invoice(office)
    other = await a_contact(office, legal_name="Otra Ficticia, S.L.", tax_id="B83534750")
    refused = await office.api.post(
        f"/v1/documents/{invoice['id']}/change-contact", json={"contact_id": other["id"]}
    )
    assert refused.json()["reason"] == "invoice_immutable"
    assert "correct" in refused.json()["allowed_actions"]
    draft = await corrected(office, invoice, method="substitution", cause="client_data")
    moved = await edited(office, draft, contact_id=other["id"])
    successor = await issued(office, moved)
    assert successor["contact"]["id"] == other["id"]
    assert successor["correction"]["code"] == "R4"


async def test_what_is_taken_off_is_the_clients_own(office: Office) -> None:
    invoice = await an_invoice(office)
    other = await a_contact(office, legal_name="Otra Ficticia, S.L.", tax_id="B83534750")
    draft = await edited(office, await corrected(office, invoice), contact_id=other["id"])
    answer = await office.api.post(f"/v1/documents/{draft['id']}/issue")
    assert [one["code"] for one in answer.json()["errors"]] == ["correction.client"]


async def test_one_draft_corrects_an_invoice_at_a_time(office: Office) -> None:
    invoice = await an_invoice(office)
    draft = await corrected(office, invoice)
    path = f"/v1/documents/{invoice['id']}/correct"
    second = await office.api.post(path, json={"method": "substitution"})
    assert (second.status_code, second.json()["reason"]) == (409, "correction_open")
    headers = {"If-Match": f'"{draft["version"]}"'}
    gone = await office.api.delete(f"/v1/documents/{draft['id']}", headers=headers)
    assert gone.status_code == 204
    await corrected(office, invoice, method="substitution")


@pytest.mark.parametrize("method", ["differences", "substitution"])
async def test_only_an_issued_invoice_is_corrected(office: Office, method: str) -> None:
    quote = await an_issued_quote(office)
    draft = await a_quote(office, type="invoice")
    for document, reason in ((quote, "not_an_invoice"), (draft, "not_issued")):
        path = f"/v1/documents/{document['id']}/correct"
        answer = await office.api.post(path, json={"method": method})
        assert (answer.status_code, answer.json()["reason"]) == (409, reason)
        assert "allowed_actions" in answer.json()


async def test_a_simplified_invoice_has_r5(office: Office) -> None:
    invoice = await an_invoice(office, invoice_kind="simplified", lines=[LINE])
    credit = await issued(office, await corrected(office, invoice, cause="client_data"))
    assert credit["correction"]["code"] == "R5"


async def test_a_discount_of_the_whole_is_taken_off_by_tax(office: Office) -> None:
    lines = [WORK, {**WORK, "tax_rate": "10.00"}]
    discount = {"kind": "amount", "value": "100.00"}
    invoice = await an_invoice(office, lines=lines, discount=discount)
    draft = await corrected(office, invoice)
    assert draft["total"]["amount"] == -invoice["total"]["amount"]
    assert len(draft["lines"]) == 2
    summed = await issued(office, draft)
    assert summed["taxable_base"]["amount"] == -invoice["taxable_base"]["amount"]


async def test_withheld_tax_is_taken_off_too(office: Office) -> None:
    invoice = await an_invoice(office, withholding_rate="15.00")
    assert invoice["amount_payable"]["amount"] == 106000
    await issued(office, await corrected(office, invoice))
    assert (await read(office, invoice))["amount_due"]["amount"] == 0


async def test_numbers_are_a_series_of_their_own(office: Office) -> None:
    invoice = await an_invoice(office)
    credit = await issued(office, await corrected(office, invoice))
    following = await an_invoice(office)
    assert credit["number"].endswith("0001")
    assert int(following["number"][-4:]) == int(invoice["number"][-4:]) + 1


async def test_an_overdue_invoice_that_is_credited_is_late_no_more(
    office: Office, clock: FixedClock
) -> None:
    invoice = await an_invoice(office)
    clock.advance(timedelta(days=60))
    assert "overdue" in (await read(office, invoice))["badges"]
    await issued(office, await corrected(office, invoice))
    assert "overdue" not in (await read(office, invoice))["badges"]


async def test_an_invoice_of_a_quote_leaves_its_place_to_its_successor(office: Office) -> None:
    quote = await an_issued_quote(office)
    path = f"/v1/documents/{quote['id']}/convert"
    draft = (await office.api.post(path, json={"to": "invoice"})).json()
    invoice = await issued(office, draft)
    successor = await issued(office, await corrected(office, invoice, method="substitution"))
    assert "converted" in (await read(office, quote))["badges"]
    links = {one["id"]: one["kind"] for one in (await read(office, successor))["links"]}
    assert links == {quote["id"]: "converted", invoice["id"]: "corrects"}


async def test_an_advance_that_was_credited_is_not_taken_off(office: Office) -> None:
    quote = await an_issued_quote(office, lines=[WORK])
    path = f"/v1/documents/{quote['id']}/convert"
    order = {"to": "advance", "percent": "30"}
    advance = await issued(office, (await office.api.post(path, json=order)).json())
    draft = await corrected(office, advance, cause="discount")
    line = {**WORK, "quantity": "-1", "unit_price": "121.00"}
    await issued(office, await edited(office, draft, lines=[line]))
    rest = (await office.api.post(path, json={"to": "invoice"})).json()
    assert rest["total"]["amount"] == 121000 - 36300 + 12100
    assert len(rest["deductions"]) == 2
    final = await issued(office, rest)
    printed = await office.api.get(f"/v1/documents/{final['id']}/pdf")
    assert printed.status_code == 200
