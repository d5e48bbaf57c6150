"""A client's record (ficha) in one call."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response

from app.contacts import queries as contacts
from app.kernel.actor import Actor, Permission
from app.organizations.access import Requires
from app.records import ficha
from app.records.schemas import RecordView
from app.web.conditional import ShowsMore
from app.web.dependencies import Now, Tx, set_etag
from app.web.routing import Route

router = APIRouter(prefix="/v1/contacts", tags=["contacts"], route_class=Route)

Reader = Annotated[Actor, Depends(Requires(Permission.CONTACTS_READ))]


@router.get("/{contact_id}", dependencies=[ShowsMore])
async def get_contact(
    contact_id: UUID, actor: Reader, tx: Tx, at: Now, response: Response
) -> RecordView:
    """Read a contact, archived ones too, with what its record shows at a glance.

    `summary` tells what its invoices come to, its documents by type and status, what was
    sent and looked at last, and what is to be done next.
    """
    contact = await contacts.get(tx, actor, contact_id)
    summary = await ficha.summarize(tx, actor, contact.id, at=at)
    set_etag(response, contact.version)
    return RecordView.of(contact, summary)
