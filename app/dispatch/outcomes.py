"""How an attempt ended: written down with its history, in one transaction."""

import random
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from app.dispatch import queries
from app.dispatch.events import recipient_state_changed, sent
from app.dispatch.models import Attempt, Recipient
from app.dispatch.outbox import Lease, Outbox, locked
from app.dispatch.tasks import SendMessage
from app.documents.models import Document
from app.documents.projecting import apply_delivery
from app.events.record import record
from app.jobs.queue import enqueue
from app.kernel.actor import system
from app.kernel.identifiers import new_id
from app.kernel.rows import inserting, rows_of
from app.mail.ports import Failure, MailError, Receipt

DOUBT_WAIT = timedelta(minutes=10)
"""After a doubt, what a bounce or a report would need to arrive."""

RETRY_MIN = (1, 3, 10, 30, 60, 120, 240)
"""Minutes before each further try; the last repeats until the deadline."""

TRANSPORT_WAIT = (timedelta(seconds=30), timedelta(minutes=10))
"""While the relay is away: a growing wait between these."""

POISON_MAX = 3

NOT_BUILT = "not_built"
NO_PDF = "no_pdf"
WORKER_DIED = "worker_died"
CALLED_OFF = "document_changed"
"""Reasons of our own, given as codes where a relay's are its words."""

PDF_WAIT = timedelta(minutes=2)
"""Between two looks at a PDF that the printer could not make."""

_ATTEMPT = inserting(Attempt)

_FINAL = {
    Failure.SENDER: "failed",
    Failure.TOO_LARGE: "failed",
    Failure.POLICY: "failed",
    Failure.REFUSED: "failed",
    Failure.NO_SUCH_ADDRESS: "bounced",
}


async def write_success(lease: Lease, outbox: Outbox, receipt: Receipt, duration_ms: int) -> None:
    """The relay accepted the message: it is sent, and what was secret in the row goes."""
    at = outbox.clock.now()
    actor = system(lease.organization_id)
    async with outbox.database.transaction(lease.organization_id) as tx:
        document, row = await locked(tx, lease)
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


async def write_failure(lease: Lease, outbox: Outbox, error: MailError, duration_ms: int) -> None:
    """It was not accepted, or may not have been: final, later, or in doubt."""
    at = outbox.clock.now()
    async with outbox.database.transaction(lease.organization_id) as tx:
        document, row = await locked(tx, lease)
        await _log_attempt(
            tx, lease, error.failure.value, error.code, error.text, error.host, at,
            duration_ms=duration_ms,
        )  # fmt: skip
        if row is None:
            return
        row.last_code = error.code
        if error.failure is Failure.UNCERTAIN:
            row.attempts += 1
            await doubt(tx, row, document, outbox, error.text, at=at)
            return
        if error.failure in _FINAL:
            row.attempts += 1
            await give_up(tx, row, document, _FINAL[error.failure], error.text, outbox, at=at)
            return
        is_free = error.failure in {Failure.TRANSPORT, Failure.CONFIGURATION}
        row.attempts += 0 if is_free else 1
        wait = _transport_wait(row, error, at) if is_free else _retry_wait(row, error)
        if at + wait > row.deadline_at:
            await give_up(tx, row, document, "failed", error.text, outbox, at=at)
            return
        is_news = row.state != "deferred" or row.last_error != error.text
        await _put_back(tx, row, document, "deferred", error.text, wait, at=at, is_news=is_news)
        if error.failure is Failure.CONFIGURATION and is_news:
            await outbox.alarm(tx, system(row.organization_id), document, row, at=at)


async def note_poison(lease: Lease, outbox: Outbox) -> None:
    """Our own failure: three tries, then a person must look."""
    at = outbox.clock.now()
    async with outbox.database.transaction(lease.organization_id) as tx:
        document, row = await locked(tx, lease)
        if row is None:
            return
        row.attempts += 1
        if row.attempts >= POISON_MAX:
            await give_up(tx, row, document, "failed", NOT_BUILT, outbox, at=at)
            return
        await _put_back(
            tx, row, document, row.state, row.last_error, timedelta(minutes=1), at=at,
            is_news=False,
        )  # fmt: skip


async def wait_for_pdf(lease: Lease, outbox: Outbox) -> None:
    """The PDF cannot be made yet: the message waits, until its deadline."""
    at = outbox.clock.now()
    async with outbox.database.transaction(lease.organization_id) as tx:
        document, row = await locked(tx, lease)
        if row is None:
            return
        if at + PDF_WAIT > row.deadline_at:
            await give_up(tx, row, document, "failed", NO_PDF, outbox, at=at)
            return
        await _put_back(
            tx, row, document, row.state, row.last_error, PDF_WAIT, at=at, is_news=False
        )


async def doubt(
    tx: AsyncSession,
    row: Recipient,
    document: Document,
    outbox: Outbox,
    text: str,
    *,
    at: datetime,
) -> None:
    """It may have been accepted, or not: once more later, or a person decides.

    Args:
        tx: A transaction that holds the document and the row.
        row: The recipient.
        document: What is sent.
        outbox: What sending stands on.
        text: Why nobody knows.
        at: Now.
    """
    row.uncertain_count += 1
    if row.uncertain_count == 1:
        await _put_back(tx, row, document, "uncertain", text, DOUBT_WAIT, at=at, is_news=True)
        return
    await _end(tx, row, document, "dead", "uncertain", text, at=at)
    await outbox.alarm(tx, system(row.organization_id), document, row, at=at)


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


async def give_up(
    tx: AsyncSession,
    row: Recipient,
    document: Document,
    state: str,
    text: str,
    outbox: Outbox,
    *,
    at: datetime,
) -> None:
    """It will not arrive: end it in a state that says so, and tell staff.

    Args:
        tx: A transaction that holds the document and the row.
        row: The recipient.
        document: What is sent.
        state: `failed` or `bounced`.
        text: The relay's words, or a reason of ours.
        outbox: What sending stands on.
        at: Now.
    """
    row.sealed_mime = row.sealed_token = None
    await _end(tx, row, document, "dead", state, text, at=at)
    await outbox.alarm(tx, system(row.organization_id), document, row, at=at)


async def call_off(lease: Lease, outbox: Outbox) -> None:
    """End what is no longer the word that counts: the document was replaced or voided."""
    at = outbox.clock.now()
    async with outbox.database.transaction(lease.organization_id) as tx:
        document, row = await locked(tx, lease)
        if row is None:
            return
        row.sealed_mime = row.sealed_token = None
        # What may have arrived is not called cancelled.
        state = row.state if row.uncertain_count else "cancelled"
        await _end(tx, row, document, "cancelled", state, CALLED_OFF, at=at)


async def _end(
    tx: AsyncSession,
    row: Recipient,
    document: Document,
    queue_state: str,
    state: str,
    text: str,
    *,
    at: datetime,
) -> None:
    before = row.delivery_state
    row.queue_state = queue_state
    row.last_error = text
    row.become(state, at=at)
    _release(row)
    await _project(tx, document, at=at)
    fact = recipient_state_changed(row.dispatch, row, before, text)
    await record(tx, system(row.organization_id), fact, at=at)


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
    rows = await rows_of(tx)
    await rows.all(
        _ATTEMPT,
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


def _transport_wait(row: Recipient, error: MailError, at: datetime) -> timedelta:
    """Half of what it waited already, or until the relay's rest is over, within bounds."""
    shortest, longest = TRANSPORT_WAIT
    waited = at - max(row.queued_at, row.deadline_at - timedelta(hours=48))
    rest = timedelta(seconds=error.retry_after_s or 0)
    return min(longest, max(shortest, waited / 2, rest))
