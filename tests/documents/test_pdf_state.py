"""A printer that fails costs no document: it is waited for, its failure told, and mended."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from app.container import Container
from app.documents import printable, queries
from app.documents.ports import Printer
from app.documents.printable import Printable
from app.documents.receipt import PaymentReceipt, Receipt
from app.documents.tasks import RenderPdf
from app.jobs import dead_letters
from app.jobs.queue import Job
from app.jobs.runner import ATTEMPTS_MAX, Handler, Runner
from app.organizations import queries as organizations
from app.worker import burials_of, handlers_of
from tests.factories import a_contact, a_quote, a_sent_quote, an_issued_quote
from tests.fakes import FakeMail
from tests.offices import Office


class Jam:
    """A printer that prints nothing."""

    def document(self, says: Printable, *, logo: bytes | None, band: str | None) -> bytes:
        raise RuntimeError(says.number, logo, band)

    def translation(
        self, says: Printable, language: str, *, logo: bytes | None, original_sha256: str
    ) -> bytes:
        raise RuntimeError(says.number, language, logo, original_sha256)

    def receipt(self, receipt: Receipt, *, logo: bytes | None) -> bytes:
        raise RuntimeError(receipt.name, logo)

    def payment_receipt(self, receipt: PaymentReceipt, *, logo: bytes | None) -> bytes:
        raise RuntimeError(receipt.code, logo)


@pytest.fixture
def jammed(office: Office) -> Container:
    """Jam the printers of the office; give its worker."""
    office.app.state.parts[Printer] = Jam()
    office.worker = replace(office.worker, printer=Jam())
    return office.worker


def mend(office: Office) -> None:
    """Let the office print again."""
    office.app.state.parts[Printer] = office.container.printer
    office.worker = replace(office.worker, printer=office.container.printer)


_DUE = (
    "from pgqueuer where headers->>'organization_id' = :id"
    " and (status = 'picked' or (status = 'queued' and execute_after <= now()))"
)


async def work(office: Office, burials: Mapping[type[Job], Handler] | None = None) -> None:
    """Let the worker do every rendering of the office, as if it were due."""
    values = {"id": str(office.organization_id)}
    wake = text(
        "update pgqueuer set execute_after = now()"
        " where status = 'queued' and headers->>'organization_id' = :id"
    )
    delay = text(
        "update pgqueuer set execute_after = now() + interval '1 day'"
        " where status = 'queued' and headers->>'organization_id' <> :id"
    )  # what other tests left would come first
    async with office.worker.database.transaction() as tx:
        for statement in (wake, delay):
            await tx.execute(statement, values)
    url = office.worker.settings.database_url.get_secret_value()
    handlers: dict[type[Job], Handler] = {RenderPdf: handlers_of(office.worker)[RenderPdf]}
    runner = Runner(url, handlers, burials=burials or burials_of(office.worker))
    task = asyncio.create_task(runner.run())
    for _ in range(200):
        await asyncio.sleep(0.02)
        async with office.worker.database.transaction() as tx:
            if not await tx.scalar(text(f"select count(*) {_DUE}"), values):
                break
    runner.stop()
    await task


async def exhaust(office: Office) -> int:
    """Let the rendering fail for the last time; give the dead letter's id."""
    last = text(
        "update pgqueuer set attempts = :attempts where entrypoint = :name"
        " and headers->>'organization_id' = :id"
    )
    async with office.worker.database.transaction() as tx:
        values = {"attempts": ATTEMPTS_MAX - 1, "name": RenderPdf.name}
        await tx.execute(last, {**values, "id": str(office.organization_id)})
    await work(office)
    async with office.worker.database.transaction() as tx:
        letters = await dead_letters.list_dead(tx)
    (own,) = [one for one in letters if one.organization_id == str(office.organization_id)]
    return own.id


async def read(office: Office, document: dict[str, Any]) -> dict[str, Any]:
    return dict((await office.api.get(f"/v1/documents/{document['id']}")).json())


async def test_issuing_answers_while_the_printer_fails(office: Office, jammed: Container) -> None:
    del jammed
    draft = await a_quote(office)
    headers = {"Idempotency-Key": "issue-once"}
    first = await office.api.post(f"/v1/documents/{draft['id']}/issue", headers=headers)
    assert (first.status_code, first.json()["pdf_state"]) == (200, "pending")
    assert first.json()["number"] == "P-260001"
    again = await office.api.post(f"/v1/documents/{draft['id']}/issue", headers=headers)
    assert again.json() == first.json()
    for suffix in ("", "?preview=true"):
        target = draft if not suffix else await a_quote(office)
        pdf = await office.api.get(f"/v1/documents/{target['id']}/pdf{suffix}")
        assert (pdf.status_code, pdf.json()["reason"]) == (503, "pdf_failed")
        assert "retry-after" in pdf.headers
    mend(office)
    await work(office)
    shown = await read(office, draft)
    assert (shown["pdf_state"], len(shown["pdf_sha256"])) == ("ready", 64)


async def test_a_rendering_given_up_is_said_and_a_retried_one_mends_it(
    office: Office, jammed: Container
) -> None:
    document = await an_issued_quote(office)
    letter = await exhaust(office)
    failed = await read(office, document)
    assert (failed["pdf_state"], failed["pdf_sha256"]) == ("failed", None)
    assert failed["version"] > document["version"]
    assert "dispatch" not in failed["allowed_actions"]
    events = await office.api.get(f"/v1/documents/{document['id']}/events")
    newest = events.json()["data"][0]
    assert (newest["kind"], newest["actor"]["kind"]) == ("document.pdf_failed", "system")
    assert newest["summary"].endswith("P-260001.")
    path = f"/v1/documents/{document['id']}/dispatches"
    for answer in (await office.api.post(path, json={}),
                   await office.api.post(f"{path}/preview", json={})):  # fmt: skip
        assert (answer.status_code, answer.json()["reason"]) == (409, "pdf_failed")
        assert answer.json()["allowed_actions"] == failed["allowed_actions"]
    mend(office)
    async with jammed.database.transaction() as tx:
        assert await dead_letters.requeue(tx, letter)
    await work(office)
    assert (await read(office, document))["pdf_state"] == "ready"
    assert (await office.api.post(path, json={})).status_code == 201
    assert await office.deliver() == 1


async def test_asking_for_a_failed_pdf_makes_it(office: Office, jammed: Container) -> None:
    del jammed
    document = await an_issued_quote(office)
    await exhaust(office)
    refused = await office.api.get(f"/v1/documents/{document['id']}/pdf")
    assert (refused.status_code, refused.json()["code"]) == (503, "unavailable")
    mend(office)
    made = await office.api.get(f"/v1/documents/{document['id']}/pdf")
    assert made.content.startswith(b"%PDF")
    assert (await read(office, document))["pdf_state"] == "ready"


async def test_a_dispatch_waits_for_the_pdf(
    office: Office, jammed: Container, mail: FakeMail
) -> None:
    del jammed
    document, dispatch = await a_sent_quote(office, await a_contact(office))
    assert (document["pdf_state"], document["status"]) == ("pending", "issued")
    (recipient,) = dispatch["recipients"]
    assert (recipient["delivery_state"], recipient["attempts"]) == ("queued", 0)
    for _ in range(4):
        office.clock.advance(timedelta(minutes=5))
        await office.deliver()
    assert mail.sent == []
    mend(office)
    office.clock.advance(timedelta(minutes=5))
    await office.deliver()
    assert len(mail.sent) == 1
    shown = await read(office, document)
    assert (shown["pdf_state"], shown["status"]) == ("ready", "sent")


async def test_a_message_does_not_wait_for_ever(
    office: Office, jammed: Container, mail: FakeMail
) -> None:
    del jammed
    document, dispatch = await a_sent_quote(office)
    office.clock.advance(timedelta(hours=48))
    await office.deliver()
    shown = (await office.api.get(f"/v1/dispatches/{dispatch['id']}")).json()
    assert shown["recipients"][0]["delivery_state"] == "failed"
    assert shown["recipients"][0]["last_error"] == "no_pdf"
    assert (await read(office, document))["delivery_state"] == "failed"
    assert mail.sent == []


async def test_a_burial_that_cannot_be_written_keeps_the_job_alive(
    office: Office, jammed: Container
) -> None:
    document = await an_issued_quote(office)

    async def stumble(_: RenderPdf) -> None:
        raise OSError("the database is away")

    async with jammed.database.transaction() as tx:
        await tx.execute(
            text(
                "update pgqueuer set attempts = :attempts where headers->>'organization_id' = :id"
            ),
            {"attempts": ATTEMPTS_MAX, "id": str(office.organization_id)},
        )
    await work(office, {RenderPdf: stumble})
    assert (await read(office, document))["pdf_state"] == "pending"
    await exhaust(office)
    assert (await read(office, document))["pdf_state"] == "failed"
    job = RenderPdf(office.organization_id, UUID(document["id"]), 1)
    await burials_of(jammed)[RenderPdf](job)  # once more changes nothing
    assert (await read(office, document))["pdf_state"] == "failed"


async def test_the_stored_pdf_is_what_the_frozen_content_prints(office: Office) -> None:
    document = await an_issued_quote(office, title="Ñandú «œuvre» Łódź – 5 m²")
    own, key = office.organization_id, UUID(document["id"])
    async with office.container.database.transaction(own) as tx:
        frozen = await queries.revision(tx, own, key, 1)
        says = printable.from_json(frozen.snapshot)
        logo = await organizations.logo(tx, own, says.logo_sha256)
    printed = office.container.printer.document(says, logo=logo, band=None)
    assert (await office.api.get(f"/v1/documents/{key}/pdf")).content == printed
