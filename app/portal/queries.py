"""Reading what stands behind a link, across the domains it is made of."""

from dataclasses import dataclass

from sqlalchemy import and_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.dispatch.models import Recipient
from app.documents.models import ClientLink, Document, DocumentRevision
from app.kernel.errors import NotFound
from app.organizations.models import Organization


@dataclass(frozen=True, slots=True)
class Behind:
    """The rows a link leads to; its revision is the one the link was made for."""

    organization: Organization
    recipient: Recipient
    document: Document
    revision: DocumentRevision


async def behind(tx: AsyncSession, link: ClientLink) -> Behind:
    """Give all of it in one statement; what this transaction holds already stays as it is.

    Raises:
        NotFound: The document or its recipient is gone.
    """
    own = link.organization_id
    query = (
        select(Organization, Recipient, Document, DocumentRevision)
        .join(Recipient, Recipient.organization_id == Organization.id)
        .join(Document, Document.organization_id == Organization.id)
        .join(
            DocumentRevision,
            and_(
                DocumentRevision.organization_id == Document.organization_id,
                DocumentRevision.document_id == Document.id,
            ),
        )
        .where(
            Organization.id == own,
            Recipient.id == link.recipient_id,
            Document.id == link.document_id,
            DocumentRevision.number == link.revision,
        )
    )
    row = (await tx.execute(query)).first()
    if row is None:
        raise NotFound
    return Behind(*row)
