"""The outbox at work: claim a row, build its message, hand it over, write down how it went.

    transaction     claim: lease the row
    no transaction  build the message, once, from what was frozen
    transaction     store its bytes
    no transaction  SMTP, until the relay has accepted the recipient
    transaction     the crash marker: the bytes are about to leave
    no transaction  SMTP: the bytes
    transaction     the outcome, history, the document's state

Exactly-once is impossible over SMTP (RFC 5321 §6.1): a worker that died
after the marker leaves doubt, and the message goes out once more, same bytes, same
Message-ID; a second doubt is left to a person. One that died before it leaves none, and
the message simply goes out later, unless it is the message that kills.
"""

import asyncio
import hashlib
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import bindparam, select, update
from sqlalchemy.exc import SQLAlchemyError

from app.dispatch import queries
from app.dispatch.building import build_message, material_of
from app.dispatch.models import RECEIPT, Dispatch, Recipient
from app.dispatch.outbox import LEASE, Lease, Outbox, lock
from app.dispatch.outcomes import (
    WORKER_DIED,
    call_off,
    doubt,
    give_up,
    note_poison,
    wait_for_pdf,
    write_failure,
    write_success,
)
from app.dispatch.tasks import SendMessage
from app.documents.models import Document
from app.documents.rendering import NotPrinted
from app.kernel.identifiers import new_id
from app.kernel.rows import Statement
from app.mail.message import sender_of
from app.mail.ports import Envelope, MailError, MailTransport, Withheld
from app.organizations.mail_routes import route_of

log = structlog.get_logger()

INSIST_S = (0.2, 1.0, 5.0, 15.0, 30.0)
"""Waits between tries to write an outcome; far less than the lease in all."""

LOST_LEASES_MAX = 5
"""Workers that may die over one message before any of it left. A deployment or a machine
that went kills one or two; five mean that the message itself is too much."""

SWEEP_AFTER = timedelta(seconds=30)
SWEEP_LIMIT = 500


async def send(job: SendMessage, outbox: Outbox) -> None:
    """Try one message, if it is due and nobody else is at it."""
    lease = await claim(job, outbox)
    if lease is None:
        return
    try:
        prepared = await prepare(lease, outbox)
    except (SQLAlchemyError, OSError):
        # The database's trouble is not the message's: the lease runs out and it is tried again.
        raise
    except NotPrinted:
        await wait_for_pdf(lease, outbox)
        return
    except Exception:
        log.exception("message_not_built", recipient_id=str(job.recipient_id))
        await note_poison(lease, outbox)
        return
    if prepared is None:
        return
    started = time.monotonic()
    try:
        receipt = await prepared.transport.send(prepared.envelope, lambda: _mark(lease, outbox))
    except Withheld:
        # The row is another's by now, or the lease runs out and it is tried again.
        log.info("message_withheld", recipient_id=str(job.recipient_id))
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
        try:
            await send(SendMessage(row.organization_id, row.recipient_id), outbox)
        except Exception:  # one message's trouble must not hold up the rest
            log.exception("message_not_swept", recipient_id=str(row.recipient_id))


async def claim(job: SendMessage, outbox: Outbox) -> Lease | None:
    """Lease the row if it is due, and nobody else is at it."""
    at = outbox.clock.now()
    lease = Lease(job.organization_id, job.recipient_id, new_id())
    async with outbox.database.reading(job.organization_id) as rows:
        if await rows.first(_CLAIM, **asdict(lease), at=at, until=at + LEASE) is not None:
            return lease
    async with outbox.database.transaction(job.organization_id) as tx:
        row = await tx.scalar(
            select(Recipient)
            .where(
                Recipient.organization_id == job.organization_id,
                Recipient.id == job.recipient_id,
            )
            .with_for_update(skip_locked=True)
        )
        is_lost = row is not None and _is_lost(row, at)
    return await _take_over(job, outbox, at) if is_lost else None


_DUE = (
    select(Recipient.id)
    .where(
        Recipient.organization_id == bindparam("organization_id"),
        Recipient.id == bindparam("recipient_id"),
        Recipient.queue_state == "ready",
        Recipient.next_attempt_at <= bindparam("at"),
    )
    .with_for_update(skip_locked=True)
)
_CLAIM = Statement(
    update(Recipient)
    .where(
        Recipient.organization_id == bindparam("organization_id"),
        Recipient.id == _DUE.scalar_subquery(),
    )
    .values(
        queue_state="leased",
        lease_owner=bindparam("owner"),
        lease_until=bindparam("until"),
        data_started_at=None,
    )
    .returning(Recipient.id)
)


async def _take_over(job: SendMessage, outbox: Outbox, at: datetime) -> Lease | None:
    """Judge a row whose worker is gone by its crash marker, and lease it if none is set."""
    async with outbox.database.transaction(job.organization_id) as tx:
        document, row = await lock(tx, job.organization_id, job.recipient_id)
        if not _is_lost(row, at):
            return None
        if row.data_started_at is not None:
            await doubt(tx, row, document, outbox, WORKER_DIED, at=at)
            return None
        row.lost_leases += 1
        if row.lost_leases >= LOST_LEASES_MAX:
            await give_up(tx, row, document, "failed", WORKER_DIED, outbox, at=at)
            return None
        return _lease(row, at)


def _lease(row: Recipient, at: datetime) -> Lease:
    row.queue_state = "leased"
    row.lease_owner = new_id()
    row.lease_until = at + LEASE
    row.data_started_at = None
    return Lease(row.organization_id, row.id, row.lease_owner)


def _is_lost(row: Recipient, at: datetime) -> bool:
    """Tell whether the lease ran out, its holder having told nothing."""
    return row.queue_state == "leased" and row.lease_until is not None and row.lease_until <= at


@dataclass(frozen=True, slots=True)
class Prepared:
    """A message ready to leave, and by which way."""

    envelope: Envelope
    transport: MailTransport


async def prepare(lease: Lease, outbox: Outbox) -> Prepared | None:
    """Give the bytes to send, built now if they never were; None if there is nothing to send.

    The organization's mail settings say by which way; a message that was built as the
    platform's stays so, since another server would not let its sender pass.
    """
    async with outbox.database.transaction(lease.organization_id) as tx:
        row, document = await queries.outgoing(tx, lease.organization_id, lease.recipient_id)
        is_pointless = _is_pointless(document, row.dispatch)
        route = await route_of(
            tx, row.organization_id, outbox.vault, platform_address=outbox.mail_from
        )
        material = None
        if not is_pointless and row.sealed_mime is None:
            material = await material_of(tx, row, document, route, outbox)
    if is_pointless:
        await call_off(lease, outbox)
        return None
    if material is None:
        assert row.sealed_mime is not None  # noqa: S101 - kept until the outcome is known
        content = outbox.vault.open(row.sealed_mime, lease.organization_id)
    else:
        content = await build_message(material, row, outbox)
        if not await _keep(content, lease, outbox):
            return None
    sender, transport = sender_of(content), outbox.transport
    if route.account is not None and sender != outbox.mail_from:
        transport = outbox.relays.relay(route.account)
    return Prepared(Envelope(sender, row.address, content, row.message_id), transport)


async def _keep(content: bytes, lease: Lease, outbox: Outbox) -> bool:
    """Store the bytes, which every attempt will send; tell whether the row is still ours."""
    async with outbox.database.reading(lease.organization_id) as rows:
        kept = await rows.first(
            _KEEP,
            **asdict(lease),
            mime=outbox.vault.seal(content, lease.organization_id),
            sha256=hashlib.sha256(content).hexdigest(),
        )
    return kept is not None


async def _mark(lease: Lease, outbox: Outbox) -> bool:
    """Commit that the bytes are about to leave; without that, they must not."""
    try:
        async with outbox.database.reading(lease.organization_id) as rows:
            marked = await rows.first(_MARK, **asdict(lease), at=outbox.clock.now())
    except (SQLAlchemyError, OSError) as error:
        log.warning("marker_not_written", error=type(error).__name__)
        return False
    return marked is not None


_HELD = update(Recipient).where(
    Recipient.organization_id == bindparam("organization_id"),
    Recipient.id == bindparam("recipient_id"),
    Recipient.queue_state == "leased",
    Recipient.lease_owner == bindparam("owner"),
)
_KEEP = Statement(
    _HELD.values(
        sealed_mime=bindparam("mime"), mime_sha256=bindparam("sha256"), sealed_token=None
    ).returning(Recipient.id)
)
_MARK = Statement(_HELD.values(data_started_at=bindparam("at")).returning(Recipient.id))


def _is_pointless(document: Document, dispatch: Dispatch) -> bool:
    """Tell whether there is nothing to send; what was paid stays paid, so its receipt goes."""
    if dispatch.cancelled_at is not None:
        return True
    is_current = document.issue_state == "issued" and document.revision == dispatch.revision
    return not is_current and dispatch.kind != RECEIPT
