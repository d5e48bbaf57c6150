"""Promising a message: a dispatch, its addressees, and a link and a job for each."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from app.dispatch import queries
from app.dispatch.events import queued
from app.dispatch.models import Dispatch, Recipient
from app.dispatch.tasks import SendMessage
from app.documents import links
from app.documents.links import Rights
from app.documents.models import Document
from app.documents.projecting import apply_delivery
from app.events.record import record
from app.jobs.queue import enqueue
from app.kernel.actor import Actor
from app.kernel.identifiers import new_id
from app.kernel.vault import Vault
from app.mail.message import message_id

DEADLINE = timedelta(hours=48)
"""How long a message is tried through a relay: shorter than a relay's own four to five days
(RFC 5321 §4.5.4.1), since whoever sent it waits to know."""


@dataclass(frozen=True, slots=True)
class Sender:
    """What sending needs beside the database.

    Attributes:
        vault: Seals each link until its message is built.
        mail_domain: Ends every Message-ID.
    """

    vault: Vault
    mail_domain: str


@dataclass(frozen=True, slots=True)
class Addressee:
    """Where one message goes, and what its link allows; `name` is greeted, and may be empty."""

    address: str
    kind: str
    name: str
    rights: Rights


async def promise(
    tx: AsyncSession,
    actor: Actor,
    document: Document,
    dispatch: Dispatch,
    addressees: Iterable[Addressee],
    sender: Sender,
    *,
    zone: ZoneInfo,
    at: datetime,
) -> None:
    """Store a dispatch with a message, a link and a job for each addressee.

    Args:
        tx: One transaction.
        actor: Who sends.
        document: Read for update.
        dispatch: New, without recipients.
        addressees: At least one.
        sender: What sending needs.
        zone: The organization's: a link lives by its days.
        at: Now.
    """
    tx.add(dispatch)
    for addressee in addressees:
        await _add_recipient(tx, document, dispatch, addressee, sender, zone=zone, at=at)
    await project_delivery(tx, document, at=at)
    await record(tx, actor, queued(dispatch, document), at=at)


async def project_delivery(tx: AsyncSession, document: Document, *, at: datetime) -> None:
    """Let the document follow what became of its dispatches."""
    apply_delivery(document, await queries.delivery_of(tx, document))
    document.updated_at = at
    await tx.flush()


async def _add_recipient(
    tx: AsyncSession,
    document: Document,
    dispatch: Dispatch,
    addressee: Addressee,
    sender: Sender,
    *,
    zone: ZoneInfo,
    at: datetime,
) -> None:
    recipient_id = new_id()
    token = await links.issue(
        tx,
        document,
        recipient_id,
        rights=addressee.rights,
        expires_at=links.expiry_of(document, zone, at=at),
        at=at,
    )
    due = dispatch.send_at or at
    dispatch.recipients.append(
        Recipient(
            organization_id=dispatch.organization_id,
            id=recipient_id,
            dispatch_id=dispatch.id,
            position=len(dispatch.recipients),
            address=addressee.address,
            name=addressee.name,
            kind=addressee.kind,
            can_decide=addressee.rights.can_decide,
            can_pay=addressee.rights.can_pay,
            message_id=message_id(recipient_id, sender.mail_domain),
            sealed_token=sender.vault.seal(token.encode(), dispatch.organization_id),
            queue_state="ready",
            attempts=0,
            uncertain_count=0,
            lost_leases=0,
            next_attempt_at=due,
            deadline_at=due + DEADLINE,
            state="queued",
            state_rank=0,
            state_at=at,
            queued_at=at,
            view_count=0,
        )
    )
    job = SendMessage(dispatch.organization_id, recipient_id)
    await enqueue(tx, job, after_s=max(0.0, (due - at).total_seconds()))
