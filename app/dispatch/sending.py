"""The outbox at work: claim a row, build its message, hand it over, write down how it went.

    transaction     claim: lease the row
    no transaction  build the message, once, from what was frozen
    transaction     store its bytes, and that they are about to leave
    no transaction  SMTP
    transaction     the outcome, history, the document's state

Exactly-once is impossible over SMTP (the e-mail reference, 2.4): a worker that died
after the bytes were about to leave leaves doubt, and the message goes out once more,
same bytes, same Message-ID; a second doubt is left to a person.
"""

import hashlib
import random
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.dispatch import letters, queries
from app.dispatch.events import recipient_state_changed, sent
from app.dispatch.letters import LetterKind, LetterOrder
from app.dispatch.models import Attempt, Dispatch, Recipient
from app.dispatch.ports import Alarm
from app.dispatch.tasks import SendMessage
from app.documents import printable, states
from app.documents import queries as documents
from app.documents.models import Document
from app.documents.ports import Printer
from app.documents.printable import Printable
from app.documents.projecting import apply_delivery
from app.documents.rendering import ensure_pdf
from app.events.record import record
from app.jobs.queue import enqueue
from app.kernel.actor import system
from app.kernel.clock import Clock
from app.kernel.database import Database
from app.kernel.identifiers import new_id
from app.kernel.vault import Vault
from app.mail.message import Attachment, Mailbox, OutgoingMessage, build
from app.mail.ports import Envelope, Failure, MailError, MailTransport, Receipt
from app.organizations import queries as organizations

log = structlog.get_logger()

LEASE = timedelta(minutes=15)
"""Longer than any one attempt may take (the transport gives up after 11 minutes)."""

DOUBT_WAIT = timedelta(minutes=10)
"""After a doubt, what a bounce or a report would need to arrive."""

RETRY_MIN = (1, 3, 10, 30, 60, 120, 240)
"""Minutes before each further try; the last repeats until the deadline."""

TRANSPORT_WAIT = (timedelta(seconds=30), timedelta(minutes=10))
"""While the relay is away: a growing wait between these."""

SWEEP_AFTER = timedelta(seconds=30)
SWEEP_LIMIT = 500
POISON_MAX = 3

_FINAL = {
    Failure.SENDER: "failed",
    Failure.TOO_LARGE: "failed",
    Failure.POLICY: "failed",
    Failure.REFUSED: "failed",
    Failure.NO_SUCH_ADDRESS: "bounced",
}


@dataclass(frozen=True, slots=True)
class Outbox:
    """What sending stands on.

    Attributes:
        mail_from: The envelope's and the From header's address.
        public_url: Where links lead.
        alarm: Tells staff what will not arrive by itself.
    """

    database: Database
    clock: Clock
    vault: Vault
    printer: Printer
    transport: MailTransport
    mail_from: str
    public_url: str
    alarm: Alarm


@dataclass(frozen=True, slots=True)
class Lease:
    """A row that is ours for a while.

    Attributes:
        owner: Every later write must still find it in the row.
    """

    organization_id: UUID
    recipient_id: UUID
    owner: UUID


@dataclass(frozen=True, slots=True)
class _Material:
    """What a message is built from."""

    order: LetterOrder
    logo: bytes | None
    document_id: UUID
    revision: int
    sender_name: str
    reply_to: str | None
    in_reply_to: str | None
    attach_pdf: bool


async def send(job: SendMessage, outbox: Outbox) -> None:
    """Try one message, if it is due and nobody else is at it."""
    lease = await claim(job, outbox)
    if lease is None:
        return
    try:
        envelope = await prepare(lease, outbox)
    except Exception:
        log.exception("message_not_built", recipient_id=str(job.recipient_id))
        await _note_poison(lease, outbox)
        return
    if envelope is None:
        return
    started = time.monotonic()
    try:
        receipt = await outbox.transport.send(envelope)
    except MailError as error:
        duration_ms = round((time.monotonic() - started) * 1000)
        await _write_failure(lease, outbox, error, duration_ms)
    else:
        duration_ms = round((time.monotonic() - started) * 1000)
        await _write_success(lease, outbox, receipt, duration_ms)


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
            await _doubt(tx, row, outbox, "the worker died while sending", at=at)
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
            await _call_off(tx, row, at=outbox.clock.now())
            return None
        material = None
        if row.sealed_mime is None:
            material = await _material(tx, row, document, outbox)
    if material is None:
        assert row.sealed_mime is not None  # noqa: S101 - kept until the outcome is known
        content = outbox.vault.open(row.sealed_mime, lease.organization_id)
    else:
        content = await _build(material, row, outbox)
    async with outbox.database.transaction(lease.organization_id) as tx:
        held = await _held(tx, lease)
        if held is None:
            return None
        if material is not None:
            held.sealed_mime = outbox.vault.seal(content, lease.organization_id)
            held.mime_sha256 = hashlib.sha256(content).hexdigest()
            held.sealed_token = None
        held.data_started_at = outbox.clock.now()
    return Envelope(outbox.mail_from, row.address, content, row.message_id)


def _is_pointless(document: Document, dispatch: Dispatch) -> bool:
    return (
        document.issue_state != "issued"
        or document.revision != dispatch.revision
        or dispatch.cancelled_at is not None
    )


async def _material(
    tx: AsyncSession, row: Recipient, document: Document, outbox: Outbox
) -> _Material:
    dispatch = row.dispatch
    organization = await organizations.get(tx, row.organization_id)
    revision = await documents.revision(
        tx, row.organization_id, dispatch.document_id, dispatch.revision
    )
    says: Printable = printable.from_json(revision.snapshot)
    if row.sealed_token is None:
        raise ValueError("neither the message nor its link is there any more")
    token = outbox.vault.open(row.sealed_token, row.organization_id).decode()
    today = outbox.clock.now().astimezone(ZoneInfo(organization.time_zone)).date()
    can_pay = (
        organization.payments_enabled
        and document.due.amount_minor > 0
        and not states.is_expired(document, today)
    )
    order = LetterOrder(
        says=says,
        kind=LetterKind.of(dispatch.kind, dispatch.revision),
        language=dispatch.language,
        sender_name=dispatch.created_by_name,
        to_name=row.name,
        address=row.address,
        is_copy=row.kind == "cc",
        can_pay=can_pay,
        attach_pdf=dispatch.attach_pdf,
        has_logo=says.logo_sha256 is not None,
        subject=dispatch.subject,
        body=dispatch.body,
        link=f"{outbox.public_url}/d/{token}",
    )
    return _Material(
        order=order,
        logo=await organizations.logo(tx, row.organization_id, says.logo_sha256),
        document_id=dispatch.document_id,
        revision=dispatch.revision,
        sender_name=says.issuer.trade_name or says.issuer.name,
        reply_to=dispatch.reply_to,
        in_reply_to=await queries.first_message_id(tx, document, row.address),
        attach_pdf=dispatch.attach_pdf,
    )


async def _build(material: _Material, row: Recipient, outbox: Outbox) -> bytes:
    at = outbox.clock.now()
    pdf = await ensure_pdf(
        outbox.database,
        outbox.printer,
        row.organization_id,
        material.document_id,
        material.revision,
        at=at,
    )
    order = material.order
    letter = letters.compose(order)
    attachment = None
    if material.attach_pdf:
        attachment = Attachment(
            name=letters.attachment_name(order.says, order.language), content=pdf
        )
    reply_to = Mailbox(address=material.reply_to) if material.reply_to else None
    return build(
        OutgoingMessage(
            message_id=row.message_id,
            sent_at=at,
            sender=Mailbox(address=outbox.mail_from, name=material.sender_name),
            to=Mailbox(address=row.address, name=row.name),
            subject=letter.subject,
            text=letter.text,
            html=letter.html,
            reply_to=reply_to,
            in_reply_to=material.in_reply_to,
            logo=material.logo,
            attachment=attachment,
        )
    )


async def _write_success(lease: Lease, outbox: Outbox, receipt: Receipt, duration_ms: int) -> None:
    at = outbox.clock.now()
    actor = system(lease.organization_id)
    async with outbox.database.transaction(lease.organization_id) as tx:
        document, row = await _locked(tx, lease)
        if row is None:
            await _log_attempt(tx, lease, "late", receipt.code, receipt.text, receipt.host, at)
            return
        is_first = all(one.sent_at is None for one in row.dispatch.recipients)
        before = row.delivery_state
        row.attempts += 1
        row.queue_state = "done"
        row.sent_at = at
        row.last_error = None
        row.last_code = receipt.code
        row.sealed_mime = None
        _release(row)
        row.become("sent", at=at)
        await _log_attempt(
            tx, lease, "accepted", receipt.code, receipt.text, receipt.host, at,
            is_encrypted=receipt.is_encrypted, duration_ms=duration_ms,
        )  # fmt: skip
        await _project(tx, document, at=at)
        if is_first:
            await record(tx, actor, sent(row.dispatch, document), at=at)
        fact = recipient_state_changed(row.dispatch, row, before, None)
        await record(tx, actor, fact, at=at)


async def _write_failure(lease: Lease, outbox: Outbox, error: MailError, duration_ms: int) -> None:
    at = outbox.clock.now()
    async with outbox.database.transaction(lease.organization_id) as tx:
        document, row = await _locked(tx, lease)
        await _log_attempt(
            tx, lease, error.failure.value, error.code, error.text, error.host, at,
            duration_ms=duration_ms,
        )  # fmt: skip
        if row is None:
            return
        row.last_code = error.code
        if error.failure is Failure.UNCERTAIN:
            row.attempts += 1
            await _doubt(tx, row, outbox, error.text, at=at, document=document)
            return
        if error.failure in _FINAL:
            row.attempts += 1
            await _give_up(tx, row, document, _FINAL[error.failure], error.text, outbox, at=at)
            return
        is_free = error.failure in {Failure.TRANSPORT, Failure.CONFIGURATION}
        row.attempts += 0 if is_free else 1
        wait = _transport_wait(row, at) if is_free else _retry_wait(row, error)
        if at + wait > row.deadline_at:
            await _give_up(tx, row, document, "failed", error.text, outbox, at=at)
            return
        is_news = row.state != "deferred" or row.last_error != error.text
        await _put_back(tx, row, document, "deferred", error.text, wait, at=at, is_news=is_news)
        if error.failure is Failure.CONFIGURATION and is_news:
            await outbox.alarm(tx, system(row.organization_id), document, row, at=at)


async def _note_poison(lease: Lease, outbox: Outbox) -> None:
    """Our own failure: three tries, then a person must look."""
    at = outbox.clock.now()
    async with outbox.database.transaction(lease.organization_id) as tx:
        document, row = await _locked(tx, lease)
        if row is None:
            return
        row.attempts += 1
        if row.attempts >= POISON_MAX:
            text = "the message could not be built"
            await _give_up(tx, row, document, "failed", text, outbox, at=at)
            return
        await _put_back(
            tx, row, document, row.state, row.last_error, timedelta(minutes=1), at=at,
            is_news=False,
        )  # fmt: skip


async def _doubt(
    tx: AsyncSession,
    row: Recipient,
    outbox: Outbox,
    text: str,
    *,
    at: datetime,
    document: Document | None = None,
) -> None:
    """It may have been accepted, or not: once more later, or a person decides."""
    row = await queries.recipient(tx, row.organization_id, row.id)
    actor = system(row.organization_id)
    if document is None:
        document = await documents.get(tx, actor, row.dispatch.document_id)
    row.uncertain_count += 1
    if row.uncertain_count == 1:
        await _put_back(tx, row, document, "uncertain", text, DOUBT_WAIT, at=at, is_news=True)
        return
    before = row.delivery_state
    row.queue_state = "dead"
    row.last_error = text
    row.become("uncertain", at=at)
    _release(row)
    await _project(tx, document, at=at)
    await record(tx, actor, recipient_state_changed(row.dispatch, row, before, text), at=at)
    await outbox.alarm(tx, actor, document, row, at=at)


async def _put_back(
    tx: AsyncSession,
    row: Recipient,
    document: Document,
    state: str,
    text: str | None,
    wait: timedelta,
    *,
    at: datetime,
    is_news: bool,
) -> None:
    before = row.delivery_state
    row.queue_state = "ready"
    row.next_attempt_at = at + wait
    row.last_error = text
    row.become(state, at=at)
    _release(row)
    await tx.flush()
    job = SendMessage(row.organization_id, row.id)
    await enqueue(tx, job, after_s=wait.total_seconds())
    if not is_news:
        return
    await _project(tx, document, at=at)
    fact = recipient_state_changed(row.dispatch, row, before, text)
    await record(tx, system(row.organization_id), fact, at=at)


async def _give_up(
    tx: AsyncSession,
    row: Recipient,
    document: Document,
    state: str,
    text: str,
    outbox: Outbox,
    *,
    at: datetime,
) -> None:
    actor = system(row.organization_id)
    before = row.delivery_state
    row.queue_state = "dead"
    row.last_error = text
    row.sealed_mime = row.sealed_token = None
    row.become(state, at=at)
    _release(row)
    await _project(tx, document, at=at)
    await record(tx, actor, recipient_state_changed(row.dispatch, row, before, text), at=at)
    await outbox.alarm(tx, actor, document, row, at=at)


async def _call_off(tx: AsyncSession, row: Recipient, *, at: datetime) -> None:
    """The document changed or the dispatch was cancelled before the message left."""
    row.queue_state = "cancelled"
    row.sealed_mime = row.sealed_token = None
    row.become("cancelled", at=at)
    _release(row)
    await tx.flush()


async def _locked(tx: AsyncSession, lease: Lease) -> tuple[Document, Recipient | None]:
    """Lock the document, then the row; None for a row that is no longer ours."""
    row = await queries.recipient(tx, lease.organization_id, lease.recipient_id)
    document = await documents.get(
        tx, system(lease.organization_id), row.dispatch.document_id, for_update=True
    )
    held = await _held(tx, lease)
    if held is None:
        return document, None
    return document, await queries.recipient(tx, lease.organization_id, lease.recipient_id)


async def _held(tx: AsyncSession, lease: Lease) -> Recipient | None:
    return await tx.scalar(
        select(Recipient)
        .where(
            Recipient.organization_id == lease.organization_id,
            Recipient.id == lease.recipient_id,
            Recipient.queue_state == "leased",
            Recipient.lease_owner == lease.owner,
        )
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def _release(row: Recipient) -> None:
    row.lease_owner = row.lease_until = row.data_started_at = None


async def _log_attempt(
    tx: AsyncSession,
    lease: Lease,
    outcome: str,
    code: int | None,
    text: str,
    host: str,
    at: datetime,
    *,
    is_encrypted: bool | None = None,
    duration_ms: int = 0,
) -> None:
    tx.add(
        Attempt(
            organization_id=lease.organization_id,
            id=new_id(),
            recipient_id=lease.recipient_id,
            at=at,
            outcome=outcome,
            code=code,
            text=text,
            host=host,
            is_encrypted=is_encrypted,
            duration_ms=duration_ms,
        )
    )
    await tx.flush()


async def _project(tx: AsyncSession, document: Document, *, at: datetime) -> None:
    apply_delivery(document, await queries.delivery_of(tx, document))
    document.updated_at = at
    await tx.flush()


def _retry_wait(row: Recipient, error: MailError) -> timedelta:
    """What the other side asked for, or our own growing wait, spread a little."""
    if error.retry_after_s is not None:
        return timedelta(seconds=error.retry_after_s + 10)
    minutes = RETRY_MIN[min(row.attempts, len(RETRY_MIN)) - 1]
    return timedelta(minutes=minutes) * random.uniform(0.8, 1.2)  # noqa: S311 - not a secret


def _transport_wait(row: Recipient, at: datetime) -> timedelta:
    shortest, longest = TRANSPORT_WAIT
    waited = at - max(row.queued_at, row.deadline_at - timedelta(hours=48))
    return min(longest, max(shortest, waited / 2))
