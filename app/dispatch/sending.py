"""The outbox at work: claim a row, build its message, hand it over, write down how it went.

    transaction     claim: lease the row
    no transaction  build the message, once, from what was frozen
    transaction     store its bytes, and that they are about to leave
    no transaction  SMTP
    transaction     the outcome, history, the document's state

Exactly-once is impossible over SMTP (RFC 5321 §6.1): a worker that died
after the bytes were about to leave leaves doubt, and the message goes out once more,
same bytes, same Message-ID; a second doubt is left to a person.
"""

import asyncio
import hashlib
import time
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import structlog
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from app.dispatch import queries
from app.dispatch.building import build_message, material_of
from app.dispatch.models import Dispatch, Recipient
from app.dispatch.outbox import LEASE, Lease, Outbox, held
from app.dispatch.outcomes import call_off, doubt, note_poison, write_failure, write_success
from app.dispatch.tasks import SendMessage
from app.documents import queries as documents
from app.documents.models import Document
from app.kernel.actor import system
from app.kernel.identifiers import new_id
from app.mail.ports import Envelope, MailError

log = structlog.get_logger()

INSIST_S = (0.2, 1.0, 5.0, 15.0, 30.0)
"""Waits between tries to write an outcome; far less than the lease in all."""

SWEEP_AFTER = timedelta(seconds=30)
SWEEP_LIMIT = 500


async def send(job: SendMessage, outbox: Outbox) -> None:
    """Try one message, if it is due and nobody else is at it."""
    lease = await claim(job, outbox)
    if lease is None:
        return
    try:
        envelope = await prepare(lease, outbox)
    except (SQLAlchemyError, OSError):
        # The database's trouble is not the message's: the lease runs out and it is tried again.
        raise
    except Exception:
        log.exception("message_not_built", recipient_id=str(job.recipient_id))
        await note_poison(lease, outbox)
        return
    if envelope is None:
        return
    started = time.monotonic()
    try:
        receipt = await outbox.transport.send(envelope)
    except MailError as error:
        duration_ms = round((time.monotonic() - started) * 1000)
        refused = error
        await _insist(lambda: write_failure(lease, outbox, refused, duration_ms))
    else:
        duration_ms = round((time.monotonic() - started) * 1000)
        await _insist(lambda: write_success(lease, outbox, receipt, duration_ms))


async def _insist(write: Callable[[], Awaitable[None]]) -> None:
    """Write an outcome down, through a short absence of the database; a lost one is a doubt."""
    for wait_s in INSIST_S:
        try:
            await write()
        except (SQLAlchemyError, OSError) as error:
            log.warning("outcome_not_written", error=type(error).__name__, retry_in_s=wait_s)
            await asyncio.sleep(wait_s)
        else:
            return
    await write()


async def sweep(outbox: Outbox) -> None:
    """Find due rows of every organization whose job got lost, and wake them."""
    async with outbox.database.transaction() as tx:
        before = outbox.clock.now() - SWEEP_AFTER
        due = await queries.overdue(tx, before=before, limit=SWEEP_LIMIT)
    for row in due:
        await send(SendMessage(row.organization_id, row.recipient_id), outbox)


async def claim(job: SendMessage, outbox: Outbox) -> Lease | None:
    """Lease the row if it is due; a lease that ran out is judged by its crash marker."""
    at = outbox.clock.now()
    async with outbox.database.transaction(job.organization_id) as tx:
        row = await tx.scalar(
            select(Recipient)
            .where(
                Recipient.organization_id == job.organization_id,
                Recipient.id == job.recipient_id,
            )
            .with_for_update(skip_locked=True)
        )
        if row is None or not _is_due(row, at):
            return None
        if row.queue_state == "leased" and row.data_started_at is not None:
            await doubt(tx, row, outbox, "the worker died while sending", at=at)
            return None
        row.queue_state = "leased"
        row.lease_owner = new_id()
        row.lease_until = at + LEASE
        row.data_started_at = None
        return Lease(row.organization_id, row.id, row.lease_owner)


def _is_due(row: Recipient, at: datetime) -> bool:
    if row.queue_state == "ready":
        return row.next_attempt_at <= at
    return row.queue_state == "leased" and row.lease_until is not None and row.lease_until <= at


async def prepare(lease: Lease, outbox: Outbox) -> Envelope | None:
    """Give the bytes to send, built now if they never were; None if there is nothing to send."""
    async with outbox.database.transaction(lease.organization_id) as tx:
        row = await queries.recipient(tx, lease.organization_id, lease.recipient_id)
        document = await documents.get(tx, system(lease.organization_id), row.dispatch.document_id)
        if _is_pointless(document, row.dispatch):
            await call_off(tx, row, at=outbox.clock.now())
            return None
        material = None
        if row.sealed_mime is None:
            material = await material_of(tx, row, document, outbox)
    if material is None:
        assert row.sealed_mime is not None  # noqa: S101 - kept until the outcome is known
        content = outbox.vault.open(row.sealed_mime, lease.organization_id)
    else:
        content = await build_message(material, row, outbox)
    async with outbox.database.transaction(lease.organization_id) as tx:
        row_held = await held(tx, lease)
        if row_held is None:
            return None
        if material is not None:
            row_held.sealed_mime = outbox.vault.seal(content, lease.organization_id)
            row_held.mime_sha256 = hashlib.sha256(content).hexdigest()
            row_held.sealed_token = None
        row_held.data_started_at = outbox.clock.now()
    return Envelope(outbox.mail_from, row.address, content, row.message_id)


def _is_pointless(document: Document, dispatch: Dispatch) -> bool:
    return (
        document.issue_state != "issued"
        or document.revision != dispatch.revision
        or dispatch.cancelled_at is not None
    )
