"""Money that staff received: what it does to the document, and what it never does."""

import asyncio
from datetime import timedelta

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.documents.states import payment_state_of
from app.settings import Settings
from tests.factories import Json, a_payment, a_quote, an_issued_quote
from tests.fakes import FixedClock
from tests.invariants.checking import violations
from tests.offices import Office

PAYABLE = 10890
"""Two hours at 45.00 and IVA of 21 %."""


async def fresh(office: Office, document: Json) -> Json:
    answer = await office.api.get(f"/v1/documents/{document['id']}")
    return dict(answer.json())


async def refused(office: Office, document: Json, status: int, **body: object) -> Json:
    """Try to note a payment; nothing of it may remain."""
    draft = {"method": "cash", "amount": {"amount": 100}, **body}
    answer = await office.api.post(f"/v1/documents/{document['id']}/payments", json=draft)
    assert answer.status_code == status, answer.text
    left = await office.api.get(f"/v1/documents/{document['id']}/payments")
    assert left.json()["data"] == []
    return dict(answer.json())


async def test_a_document_is_paid_in_parts_and_given_back(office: Office) -> None:
    invoice = await an_issued_quote(office, type="invoice", due_date="2026-11-24")
    assert invoice["payment_state"] == "unpaid"
    assert "record_payment" in invoice["allowed_actions"]

    first = await a_payment(office, invoice, 4000, note="Entregado a Joan")
    half = await fresh(office, invoice)
    assert (half["payment_state"], half["badges"]) == ("partially_paid", ["partly_paid"])
    assert (half["amount_paid"]["amount"], half["amount_due"]["amount"]) == (4000, PAYABLE - 4000)

    await a_payment(office, invoice, PAYABLE - 4000, method="bank_transfer")
    paid = await fresh(office, invoice)
    assert (paid["payment_state"], paid["badges"]) == ("paid", ["paid"])
    assert paid["pay_reasons"] == ["payments_not_enabled", "nothing_due"]

    back = {"amount": {"amount": 1500}, "reason": "Trabajo no realizado"}
    answer = await office.api.post(f"/v1/payments/{first['id']}/refunds", json=back)
    assert (answer.status_code, answer.json()["state"]) == (201, "succeeded")
    assert (await office.api.get(answer.headers["location"])).json() == answer.json()
    assert (await fresh(office, invoice))["payment_state"] == "partially_paid"
    shown = (await office.api.get(f"/v1/payments/{first['id']}")).json()
    assert shown["amount_refunded"]["amount"] == 1500
    assert [one["reason"] for one in shown["refunds"]] == ["Trabajo no realizado"]

    path = f"/v1/contacts/{invoice['contact']['id']}/timeline?group=payments"
    told = [entry["summary"] for entry in (await office.api.get(path)).json()["data"]]
    assert told == [
        (
            "Joan Muestra ha devuelto 15,00\u00a0€ de lo cobrado por la factura F-260001"
            " (en efectivo): «Trabajo no realizado»"
        ),
        (
            "Joan Muestra ha anotado un cobro de 68,90\u00a0€ por la factura F-260001"
            " (por transferencia)."
        ),
        "Joan Muestra ha anotado un cobro de 40,00\u00a0€ por la factura F-260001 (en efectivo).",
    ]
    assert await violations(office) == []


async def test_all_of_it_given_back_reads_refunded(office: Office) -> None:
    invoice = await an_issued_quote(office, type="invoice")
    payment = await a_payment(office, invoice, PAYABLE)
    path = f"/v1/payments/{payment['id']}/refunds"
    assert (await office.api.post(path, json={})).json()["amount"]["amount"] == PAYABLE
    assert (await fresh(office, invoice))["payment_state"] == "refunded"
    again = await office.api.post(path, json={})
    assert (again.status_code, again.json()["reason"]) == (409, "nothing_to_refund")


async def test_more_is_never_given_back_than_came_in(office: Office) -> None:
    payment = await a_payment(office, await an_issued_quote(office), 1000)
    answer = await office.api.post(
        f"/v1/payments/{payment['id']}/refunds", json={"amount": {"amount": 1001}}
    )
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/amount/amount"


async def test_too_much_is_taken_and_waits_for_a_person(office: Office) -> None:
    invoice = await an_issued_quote(office, type="invoice")
    payment = await a_payment(office, invoice, PAYABLE + 500)
    assert (payment["needs_review"], payment["review_reason"]) == (True, "overpaid")
    assert (await fresh(office, invoice))["payment_state"] == "overpaid"
    waiting = (await office.api.get("/v1/payments?needs_review=true")).json()["data"]
    assert [one["id"] for one in waiting] == [payment["id"]]

    path = f"/v1/payments/{payment['id']}/resolve"
    answer = await office.api.post(path, json={"note": "Queda a cuenta"})
    assert (answer.status_code, answer.json()["needs_review"]) == (200, False)
    assert answer.json()["review_note"] == "Queda a cuenta"
    again = await office.api.post(path, json={"note": "Otra vez"})
    assert (again.status_code, again.json()["reason"]) == (409, "nothing_to_review")
    assert (await office.api.get("/v1/payments?needs_review=true")).json()["data"] == []
    assert await violations(office) == []


async def test_only_what_was_issued_is_paid(office: Office) -> None:
    problem = await refused(office, await a_quote(office), 409)
    assert problem["reason"] == "not_issued"


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"amount": {"amount": 0}}, "/amount/amount"),
        ({"amount": {"amount": -1}}, "/amount/amount"),
        ({"amount": {"amount": "100"}}, "/amount/amount"),
        ({"amount": {"amount": 1.5}}, "/amount/amount"),
        ({"amount": {"amount": 10**13}}, "/amount/amount"),
        ({"amount": {"amount": 100, "currency": "USD"}}, "/amount/currency"),
        ({"method": "card"}, "/method"),
        ({"received_on": "2026-11-25"}, "/received_on"),
        ({"received_on": "1999-01-01"}, "/received_on"),
        ({"surprise": 1}, "/surprise"),
    ],
)
async def test_bad_payments_are_refused(office: Office, body: Json, pointer: str) -> None:
    problem = await refused(office, await an_issued_quote(office), 422, **body)
    assert problem["errors"][0]["pointer"] == pointer


async def test_a_repeated_request_is_one_payment(office: Office) -> None:
    document = await an_issued_quote(office)
    path, body = (
        f"/v1/documents/{document['id']}/payments",
        {
            "method": "cash",
            "amount": {"amount": 100},
        },
    )
    headers = {"Idempotency-Key": "the-same-click"}
    answers = await asyncio.gather(
        *(office.api.post(path, json=body, headers=headers) for _ in range(3))
    )
    again = await office.api.post(path, json=body, headers=headers)
    assert again.status_code == 201
    made = {one.json()["id"] for one in [*answers, again] if one.status_code == 201}
    assert len(made) == 1
    assert (await fresh(office, document))["amount_paid"]["amount"] == 100


async def test_two_at_once_are_both_booked_and_one_is_flagged(office: Office) -> None:
    invoice = await an_issued_quote(office, type="invoice")
    both = await asyncio.gather(*(a_payment(office, invoice, PAYABLE) for _ in range(2)))
    assert sorted(one["needs_review"] for one in both) == [False, True]
    assert (await fresh(office, invoice))["amount_paid"]["amount"] == 2 * PAYABLE
    assert await violations(office) == []


async def test_the_ledger_holds_against_every_role(office: Office, settings: Settings) -> None:
    await a_payment(office, await an_issued_quote(office), 100)
    connection = await asyncpg.connect(settings.database_url.get_secret_value())
    try:
        for statement in (
            "update ledger_entries set amount_minor = 1",
            "delete from journals",
            "truncate ledger_entries",
        ):
            with pytest.raises(asyncpg.RestrictViolationError):
                await connection.execute(statement)
        with pytest.raises(asyncpg.CheckViolationError, match="does not sum to zero"):
            await connection.execute(
                "insert into ledger_entries select organization_id, journal_id, 3, 'cash', null,"
                " 5, currency from ledger_entries where organization_id = $1 limit 1",
                office.organization_id,
            )
    finally:
        await connection.close()


async def test_overdue_ends_with_the_last_cent(office: Office, clock: FixedClock) -> None:
    invoice = await an_issued_quote(office, type="invoice", due_date="2026-11-24")
    clock.advance(timedelta(days=1))
    await a_payment(office, invoice, PAYABLE - 1)
    late = (await office.api.get("/v1/documents?overdue=true")).json()["data"]
    assert [one["badges"] for one in late] == [["partly_paid", "overdue"]]
    await a_payment(office, invoice, 1)
    assert (await office.api.get("/v1/documents?overdue=true")).json()["data"] == []


@given(
    payable=st.integers(-100, 100),
    collected=st.integers(0, 200),
    refunded=st.integers(0, 200),
    is_processing=st.booleans(),
)
def test_the_state_follows_from_the_sums(
    *, payable: int, collected: int, refunded: int, is_processing: bool
) -> None:
    refunded = min(refunded, collected)
    state = payment_state_of(
        payable_minor=payable,
        collected_minor=collected,
        refunded_minor=refunded,
        is_processing=is_processing,
    )
    paid = collected - refunded
    assert (state in {"paid", "overpaid", "partially_paid"}) == (paid > 0)
    assert (state == "overpaid") == (paid > max(payable, 0))
    assert (state == "paid") == (paid == payable > 0)
    if paid == 0:
        expected = "refunded" if refunded else "unpaid" if payable > 0 else "not_applicable"
        assert state in {expected, "processing"}
        assert (state == "processing") <= is_processing
