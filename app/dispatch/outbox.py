"""What the outbox stands on, and the lease that makes a row ours for a while."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.dispatch import queries
from app.dispatch.models import Recipient
from app.dispatch.ports import Alarm
from app.documents import queries as documents
from app.documents.models import Document
from app.documents.ports import Printer
from app.kernel.actor import system
from app.kernel.clock import Clock
from app.kernel.database import Database
from app.kernel.vault import Vault
from app.mail.ports import MailRelays, MailTransport

LEASE = timedelta(minutes=15)
"""Longer than any one attempt may take (the transport gives up after 11 minutes)."""


@dataclass(frozen=True, slots=True)
class Outbox:
    """What sending stands on.

    Attributes:
        transport: The platform's relay.
        relays: The servers of organizations that use their own.
        mail_from: The sender's address at the platform's relay.
        public_url: Where links lead.
        alarm: Tells staff what will not arrive by itself.
    """

    database: Database
    clock: Clock
    vault: Vault
    printer: Printer
    transport: MailTransport
    relays: MailRelays
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


async def lock(
    tx: AsyncSession, organization_id: UUID, recipient_id: UUID
) -> tuple[Document, Recipient]:
    """Lock the document, then the row: in this order everywhere, so that nobody waits in a ring.

    Raises:
        NotFound: There is none.
    """
    document_id = await queries.document_id_of(tx, organization_id, recipient_id)
    document = await documents.get(tx, system(organization_id), document_id, for_update=True)
    return document, await queries.recipient(tx, organization_id, recipient_id, for_update=True)


async def locked(tx: AsyncSession, lease: Lease) -> tuple[Document, Recipient | None]:
    """Lock the document, then the row; None for a row that is no longer ours."""
    document, row = await lock(tx, lease.organization_id, lease.recipient_id)
    is_ours = row.queue_state == "leased" and row.lease_owner == lease.owner
    return document, row if is_ours else None
