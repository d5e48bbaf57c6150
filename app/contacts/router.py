"""Contacts over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from app.contacts import queries, service
from app.contacts.schemas import ContactChanges, ContactDraft, ContactQuery, ContactView
from app.kernel.actor import Actor, Permission
from app.kernel.errors import Conflict
from app.organizations.access import Requires
from app.web.dependencies import MustSee, Now, Tx, set_created, set_etag
from app.web.pagination import Paging
from app.web.problems import foresee
from app.web.routing import Route
from app.web.schemas import Page

router = APIRouter(prefix="/v1/contacts", tags=["contacts"], route_class=Route)

Reader = Annotated[Actor, Depends(Requires(Permission.CONTACTS_READ))]
Writer = Annotated[Actor, Depends(Requires(Permission.CONTACTS_WRITE))]

foresee("uq_contacts_tax_id", Conflict(code="duplicate"))


@router.get("")
async def list_contacts(
    actor: Reader, tx: Tx, request: Request, query: Annotated[ContactQuery, Query()]
) -> Page[ContactView]:
    """List contacts by name.

    A search forgives accents and case, and takes a tax id as people write it.
    """
    paging = Paging.of(request, query)
    after = (str(paging.after[0]), UUID(str(paging.after[1]))) if paging.after else None
    rows = await queries.list_contacts(tx, actor, query, after=after, limit=paging.limit)
    page, cursor = paging.split(rows, lambda contact: [contact.search_name, str(contact.id)])
    views = [ContactView.model_validate(contact) for contact in page]
    return Page(data=views, has_more=cursor is not None, next_cursor=cursor)


@router.post("", status_code=201)
async def create_contact(
    body: ContactDraft, actor: Writer, tx: Tx, at: Now, response: Response
) -> ContactView:
    """Enter a contact.

    A name and a role are enough; an invoice asks for the legal data later. A tax id
    that another active contact has answers 409 `duplicate` with its `existing_id`.
    """
    contact = await service.create(tx, actor, body, at=at)
    set_created(response, "/v1/contacts", contact.id, contact.version)
    return ContactView.model_validate(contact)


@router.get("/{contact_id}")
async def get_contact(contact_id: UUID, actor: Reader, tx: Tx, response: Response) -> ContactView:
    """Read a contact, archived ones too."""
    contact = await queries.get(tx, actor, contact_id)
    set_etag(response, contact.version)
    return ContactView.model_validate(contact)


@router.patch("/{contact_id}")
async def update_contact(
    contact_id: UUID,
    body: ContactChanges,
    actor: Writer,
    tx: Tx,
    at: Now,
    *,
    seen: MustSee,
    response: Response,
) -> ContactView:
    """Change a contact.

    What is left out is left alone, null clears, a list replaces the whole list.
    Documents already issued keep what they say.
    """
    contact = await queries.get(tx, actor, contact_id, for_update=True)
    seen.check(contact.version)
    await service.edit(tx, actor, contact, body, at=at)
    set_etag(response, contact.version)
    return ContactView.model_validate(contact)


@router.delete("/{contact_id}", status_code=204)
async def archive_contact(contact_id: UUID, actor: Writer, tx: Tx, at: Now, seen: MustSee) -> None:
    """Archive a contact; it leaves the lists, its history and documents stay."""
    contact = await queries.get(tx, actor, contact_id, for_update=True)
    seen.check(contact.version)
    await service.archive(tx, actor, contact, at=at)
