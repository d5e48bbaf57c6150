"""Receipts by mail: one for each payment that succeeded, and the payment never waits for it."""

import io
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from uuid import UUID

import httpx
from pypdf import PdfReader

from app.documents import queries as documents
from app.kernel.money import Money
from app.mail.ports import Failure, MailError
from app.payments.tasks import SendReceipt
from app.worker import handlers_of
from tests.clients import client_behind
from tests.factories import Json, a_contact, a_payment, a_sent_quote, an_issued_quote
from tests.fakes import FakeMail
from tests.fakes_payments import FakeProvider
from tests.invariants.checking import violations
from tests.jobs_done import do_jobs
from tests.offices import Office
from tests.payments.paying import (
    a_paid_invoice,
    enroll,
    fresh,
    hear,
    pay,
)


async def receive(office: Office, mail: FakeMail) -> list[EmailMessage]:
    """Let receipts be promised and sent, and give those that arrived."""
    before = len(mail.sent)
    await do_jobs(office, SendReceipt)
    await office.deliver()
    return [
        message_from_bytes(one.content, policy=default, _class=EmailMessage)
        for one in mail.sent[before:]
    ]


def words_of(message: EmailMessage) -> str:
    body = message.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


async def timeline(office: Office, document: Json) -> list[str]:
    path = f"/v1/contacts/{document['contact']['id']}/timeline?group=messages"
    return [one["summary"] for one in (await office.api.get(path)).json()["data"]]


async def test_a_card_payment_is_confirmed_once_to_who_paid(
    office: Office, anonymous: httpx.AsyncClient, mail: FakeMail, provider: FakeProvider
) -> None:
    document, payment = await a_paid_invoice(office, anonymous, mail, provider)
    before = await fresh(office, document)
    payer = mail.sent[0].recipient
    (message,) = await receive(office, mail)
    assert message["To"].addresses[0].addr_spec == payer
    assert message["Subject"] == f"Recibo: 108,90 € de la factura {document['number']}"
    assert message["Auto-Submitted"] == "auto-generated"
    (pdf,) = message.iter_attachments()
    assert pdf.get_filename() == f"Recibo-{document['number']}.pdf"
    printed = PdfReader(io.BytesIO(pdf.get_content())).pages[0].extract_text()
    assert "Recibo de pago" in printed
    assert "108,90" in printed

    after = await fresh(office, document)
    untold = {"updated_at", "version"}
    assert {key: after[key] for key in after.keys() - untold} == {
        key: before[key] for key in before.keys() - untold
    }
    assert (after["delivery_state"], after["badges"]) == ("opened", ["paid"])
    assert (await timeline(office, document))[0] == (
        f"Recibo de 108,90\u00a0€ enviado a {payer}: la factura {document['number']}."
    )

    transaction_id = next(iter(provider.payins))
    wallet = next(iter(provider.wallets_by_name))
    await hear(office, anonymous, wallet, transaction_id, category="22")
    assert await receive(office, mail) == []
    job = SendReceipt(office.organization_id, UUID(payment["id"]))
    await handlers_of(office.worker)[SendReceipt](job)
    assert await receive(office, mail) == []

    listed = (await office.api.get(f"/v1/dispatches?document_id={document['id']}")).json()["data"]
    receipt = listed[0]
    assert [one["kind"] for one in listed] == ["receipt", "first"]
    assert (receipt["payment_id"], receipt["pdf_sha256"]) == (payment["id"], None)
    again = await office.api.post(f"/v1/dispatches/{receipt['id']}/resend")
    assert (again.status_code, again.json()["reason"]) == (409, "receipt_goes_once")
    assert await violations(office) == []


async def test_each_part_of_a_transfer_is_confirmed_in_the_contact_s_language(
    office: Office, anonymous: httpx.AsyncClient, mail: FakeMail, provider: FakeProvider
) -> None:
    wallet = await enroll(office, provider)
    contact = await a_contact(office, language="en")
    both = {"to": ["ana@velero.example", "luis@velero.example"]}
    document, _ = await a_sent_quote(office, contact, both, type="invoice")
    client = client_behind(anonymous, mail, "ana@velero.example")
    reference = (await pay(client, "bank_transfer")).json()["transfer_instructions"]["reference"]
    for minute, amount_minor in enumerate((4000, 6890)):
        wired = provider.wire(wallet, Money(amount_minor), reference)
        await hear(office, anonymous, wallet, wired.transaction_id, minute=minute)
    by_subject = sorted(await receive(office, mail), key=lambda one: str(one["Subject"]))
    first, second = by_subject  # jobs are done in any order
    assert first["Subject"] == f"Receipt: €40.00 for invoice {document['number']}"
    assert first["To"].addresses[0].addr_spec == "ana@velero.example"
    assert "Paid by: Bank transfer" in words_of(first)
    assert second["Subject"] == f"Receipt: €68.90 for invoice {document['number']}"
    assert "Still to pay" not in words_of(second)


async def test_what_staff_noted_is_confirmed_when_they_ask_for_it(
    office: Office, mail: FakeMail
) -> None:
    document = await an_issued_quote(office, type="invoice")
    await a_payment(office, document, 1000)
    assert await do_jobs(office, SendReceipt) == 0
    payment = await a_payment(office, document, 2000, send_receipt=True)
    mail.failures = [
        MailError(Failure.NO_SUCH_ADDRESS, code=550, text="5.1.1 unknown", host="relay.example")
    ]
    assert await receive(office, mail) == []
    kept = (await office.api.get(f"/v1/payments/{payment['id']}")).json()
    assert kept["state"] == "succeeded"
    told = await fresh(office, document)
    assert (told["amount_paid"]["amount"], told["delivery_state"]) == (3000, "not_sent")
    assert told["badges"] == ["partly_paid"]
    notices = (await office.api.get("/v1/notices")).json()["data"]
    assert [one["kind"] for one in notices] == ["dispatch.recipient_state_changed"]


async def test_a_receipt_goes_though_its_document_was_voided_meanwhile(
    office: Office, anonymous: httpx.AsyncClient, mail: FakeMail, provider: FakeProvider
) -> None:
    document, _ = await a_paid_invoice(office, anonymous, mail, provider)
    async with office.container.database.transaction(office.organization_id) as tx:
        row = await documents.get(tx, office.actor, UUID(document["id"]), for_update=True)
        row.issue_state = "voided"
    (message,) = await receive(office, mail)
    assert str(message["Subject"]).startswith("Recibo: ")
