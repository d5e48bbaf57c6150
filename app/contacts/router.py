"""Contacts over HTTP."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.contacts import duplicates, queries, service
from app.contacts.models import Contact
from app.contacts.schemas import (
    ContactChanges,
    ContactDraft,
    ContactQuery,
    ContactView,
    DuplicateView,
)
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
    """List contacts by name; those a search finds, closest first.

    A search forgives accents, case and small slips, and takes a tax id as people write
    it. The tax id itself comes first, then names that begin like the search, then those
    that have its words, then what is only like it.
    """
    paging = Paging.of(request, query)
    if query.q:
        page, cursor = await _found(tx, actor, query, query.q, paging)
    else:
        after = (str(paging.after[0]), UUID(str(paging.after[1]))) if paging.after else None
        rows = await queries.list_contacts(tx, actor, query, after=after, limit=paging.limit)
        page, cursor = paging.split(rows, lambda contact: [contact.search_name, str(contact.id)])
    views = [ContactView.model_validate(contact) for contact in page]
    return Page(data=views, has_more=cursor is not None, next_cursor=cursor)


async def _found(
    tx: AsyncSession, actor: Actor, query: ContactQuery, text: str, paging: Paging
) -> tuple[Sequence[Contact], str | None]:
    """Give a page of what a search finds; its cursor keeps how close the last one came."""
    after = None
    if paging.after:
        closeness, name, last_id = map(str, paging.after)
        after = (int(closeness), name, UUID(last_id))
    rows = await queries.search_contacts(tx, actor, query, text, after=after, limit=paging.limit)
    page, cursor = paging.split(rows, lambda row: [row[1], row[0].search_name, str(row[0].id)])
    return [contact for contact, _ in page], cursor


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


@router.get("/{contact_id}/duplicates")
async def list_duplicates(contact_id: UUID, actor: Reader, tx: Tx) -> Page[DuplicateView]:
    """List active contacts that may be the same one, those that share most first.

    They share its tax id, an e-mail or a phone, or have a name like it in the same
    postcode. It is advice, and hinders nothing.
    """
    contact = await queries.get(tx, actor, contact_id)
    found = await duplicates.candidates(tx, actor, contact)
    views = [
        DuplicateView(
            id=one.contact.id,
            display_name=one.contact.display_name,
            tax_id=one.contact.tax_id,
            reasons=one.reasons,
            created_at=one.contact.created_at,
        )
        for one in found
    ]
    return Page(data=views, has_more=False, next_cursor=None)
