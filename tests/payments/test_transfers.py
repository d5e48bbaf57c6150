"""Transfers that nobody awaited: proposed, matched, taken back, and never lost."""

import asyncio

import httpx
import pytest
from sqlalchemy import update

from app.documents.models import Document
from app.kernel.money import Money
from tests.factories import Json, a_payment, a_quote, an_issued_quote
from tests.fakes import FakeMail
from tests.fakes_payments import FakeProvider
from tests.invariants.checking import violations
from tests.offices import Office
from tests.payments.paying import a_payer, enroll, fresh, hear, pay, payments_of

PAYABLE = 10890


async def unmatched(office: Office) -> list[Json]:
    return list((await office.api.get("/v1/unmatched-transfers")).json()["data"])


async def arrive(
    office: Office,
    anonymous: httpx.AsyncClient,
    provider: FakeProvider,
    amount_minor: int,
    text: str,
) -> Json:
    """Let a transfer arrive that matches nothing, and give it as it waits."""
    wallet = await enroll(office, provider)
    wired = provider.wire(wallet, Money(amount_minor), text)
    await hear(office, anonymous, wallet, wired.transaction_id)
    await hear(office, anonymous, wallet, wired.transaction_id, minute=6)
    (waiting,) = await unmatched(office)
    return waiting


async def match(office: Office, transfer: Json, document: Json) -> httpx.Response:
    path = f"/v1/unmatched-transfers/{transfer['id']}/match"
    return await office.api.post(path, json={"document_id": document["id"]})


async def kinds_of(office: Office, document: Json) -> list[str]:
    path = f"/v1/contacts/{document['contact']['id']}/timeline?group=payments"
    return [one["kind"] for one in (await office.api.get(path)).json()["data"]]


async def test_proposals_name_the_documents_it_may_be_for(
    office: Office, anonymous: httpx.AsyncClient, provider: FakeProvider
) -> None:
    named = await an_issued_quote(office, type="invoice", title="A")
    equal = await an_issued_quote(office, type="invoice", title="B")
    text = f"pago fra. {named['number'].lower().replace('-', ' ')} gracias"
    transfer = await arrive(office, anonymous, provider, PAYABLE, text)
    assert (transfer["amount"]["amount"], transfer["text"]) == (PAYABLE, text)
    assert [(one["number"], one["why"]) for one in transfer["proposals"]] == [
        (named["number"], "reference"),
        (equal["number"], "same_amount"),
    ]
    notices = (await office.api.get("/v1/notices")).json()["data"]
    (notice,) = [one for one in notices if one["kind"] == "transfer.unmatched"]
    assert notice["summary"] == (
        f"Ha llegado una transferencia de 108,90\u00a0€ que no se sabe de quién es: «{text}»"
    )


async def test_half_a_reference_is_close_enough(
    office: Office, anonymous: httpx.AsyncClient, mail: FakeMail, provider: FakeProvider
) -> None:
    wallet = await enroll(office, provider)
    document, client = await a_payer(office, anonymous, mail)
    reference = (await pay(client, "bank_transfer")).json()["transfer_instructions"]["reference"]
    wired = provider.wire(wallet, Money(5), f"Ana {reference[3:].lower()}")
    await hear(office, anonymous, wallet, wired.transaction_id)
    (transfer,) = await unmatched(office)
    (proposal,) = transfer["proposals"]
    assert (proposal["document_id"], proposal["why"]) == (document["id"], "reference")


async def test_matched_taken_back_and_matched_with_another(
    office: Office, anonymous: httpx.AsyncClient, provider: FakeProvider
) -> None:
    wrong = await an_issued_quote(office, type="invoice")
    right = await an_issued_quote(office, type="invoice")
    transfer = await arrive(office, anonymous, provider, PAYABLE, "gracias")
    answer = await match(office, transfer, wrong)
    assert (answer.status_code, answer.json()["state"]) == (200, "succeeded"), answer.text
    payment = answer.json()
    assert (await fresh(office, wrong))["payment_state"] == "paid"
    assert await unmatched(office) == []
    again = await match(office, transfer, right)
    assert (again.status_code, again.json()["reason"]) == (409, "already_matched")

    back = await office.api.post(f"/v1/payments/{payment['id']}/unmatch")
    assert (back.status_code, back.json()["state"]) == (200, "cancelled"), back.text
    assert (await fresh(office, wrong))["payment_state"] == "unpaid"
    assert [one["id"] for one in await unmatched(office)] == [transfer["id"]]
    assert await violations(office) == []
    assert (await office.api.post(f"/v1/payments/{payment['id']}/unmatch")).status_code == 409

    wallet = next(iter(provider.wallets_by_name))
    await hear(office, anonymous, wallet, next(iter(provider.payins)), minute=9)
    assert len(await unmatched(office)) == 1
    both = await asyncio.gather(*(match(office, transfer, right) for _ in range(2)))
    assert sorted(one.status_code for one in both) == [200, 409]
    assert (await fresh(office, right))["payment_state"] == "paid"
    assert (await kinds_of(office, wrong))[:2] == ["payment.unmatched", "payment.matched"]
    assert await violations(office) == []


async def test_one_that_matched_by_itself_is_taken_back_too(
    office: Office, anonymous: httpx.AsyncClient, mail: FakeMail, provider: FakeProvider
) -> None:
    wallet = await enroll(office, provider)
    document, client = await a_payer(office, anonymous, mail)
    reference = (await pay(client, "bank_transfer")).json()["transfer_instructions"]["reference"]
    wired = provider.wire(wallet, Money(4000), reference)
    await hear(office, anonymous, wallet, wired.transaction_id)
    (payment,) = [one for one in await payments_of(office, document) if one["settled_at"]]
    back = await office.api.post(f"/v1/payments/{payment['id']}/unmatch")
    assert back.status_code == 200, back.text
    await hear(office, anonymous, wallet, wired.transaction_id, minute=8)
    (transfer,) = await unmatched(office)
    assert (transfer["text"], transfer["amount"]["amount"]) == (reference, 4000)
    (awaited,) = [
        one for one in await payments_of(office, document) if one["state"] == "awaiting_funds"
    ]
    assert awaited["amount"]["amount"] == PAYABLE
    assert (await match(office, transfer, document)).json()["needs_review"] is False
    assert (await fresh(office, document))["amount_due"]["amount"] == PAYABLE - 4000
    assert await violations(office) == []


async def test_one_for_a_document_that_no_longer_stands_waits_for_a_person(
    office: Office, anonymous: httpx.AsyncClient, mail: FakeMail, provider: FakeProvider
) -> None:
    wallet = await enroll(office, provider)
    document, client = await a_payer(office, anonymous, mail)
    reference = (await pay(client, "bank_transfer")).json()["transfer_instructions"]["reference"]
    async with office.worker.database.transaction(office.organization_id) as tx:
        own = Document.organization_id == office.organization_id
        voided = {"issue_state": "voided", "status": "voided"}
        await tx.execute(update(Document).where(own).values(**voided))
    wired = provider.wire(wallet, Money(PAYABLE), reference)
    await hear(office, anonymous, wallet, wired.transaction_id)
    (payment,) = await payments_of(office, document)
    assert (payment["state"], payment["review_reason"]) == ("succeeded", "document_voided")
    assert await violations(office) == []


@pytest.mark.parametrize("kind", ["draft", "cash"])
async def test_what_cannot_be(
    office: Office, anonymous: httpx.AsyncClient, provider: FakeProvider, kind: str
) -> None:
    transfer = await arrive(office, anonymous, provider, 500, "")
    document = await an_issued_quote(office)
    if kind == "draft":
        refused = await match(office, transfer, await a_quote(office))
        assert (refused.status_code, refused.json()["reason"]) == (409, "not_issued")
        return
    cash = {"method": "cash", "amount": {"amount": 100}}
    path = f"/v1/documents/{document['id']}/payments"
    payment = (await office.api.post(path, json=cash)).json()
    refused = await office.api.post(f"/v1/payments/{payment['id']}/unmatch")
    assert (refused.status_code, refused.json()["reason"]) == (409, "not_a_transfer")


async def test_a_quote_paid_by_a_matched_transfer_is_accepted(
    office: Office, anonymous: httpx.AsyncClient, provider: FakeProvider
) -> None:
    quote = await an_issued_quote(office)
    transfer = await arrive(office, anonymous, provider, PAYABLE + 1, "ok")
    assert (await match(office, transfer, quote)).json()["review_reason"] == "overpaid"
    assert (await fresh(office, quote))["decision"] == "accepted"
    assert await violations(office) == []


async def test_what_staff_receive_meanwhile_is_no_longer_awaited(
    office: Office, anonymous: httpx.AsyncClient, mail: FakeMail, provider: FakeProvider
) -> None:
    await enroll(office, provider)
    document, client = await a_payer(office, anonymous, mail)
    begun = (await pay(client, "bank_transfer")).json()
    await a_payment(office, document, 4000)
    shown = (await anonymous.get(f"{client.path}/payments/{begun['id']}")).json()
    assert (shown["state"], shown["amount"]["amount"]) == ("awaiting_funds", PAYABLE - 4000)
    await a_payment(office, document, PAYABLE - 4000)
    shown = (await anonymous.get(f"{client.path}/payments/{begun['id']}")).json()
    assert shown["state"] == "cancelled"
    assert (await fresh(office, document))["payment_state"] == "paid"
    assert await violations(office) == []
