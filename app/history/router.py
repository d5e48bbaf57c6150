"""History: what happened with a contact or a document, and what was sent."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from sqlalchemy.ext.asyncio import AsyncSession

from app.contacts import queries as contacts
from app.dispatch import queries as dispatches
from app.dispatch.schemas import DispatchQuery, DispatchView
from app.documents import queries as documents
from app.events.models import Event
from app.history import timeline
from app.history.schemas import EntryView, EventQuery, TimelineQuery
from app.history.showing import entry_of
from app.history.timeline import Subject
from app.kernel.actor import Actor, Permission
from app.organizations.access import Requires
from app.web.dependencies import Language, Tx
from app.web.pagination import Paging
from app.web.routing import Route
from app.web.schemas import Page, PageQuery

router = APIRouter(prefix="/v1", tags=["history"], route_class=Route)

Reader = Annotated[Actor, Depends(Requires(Permission.HISTORY_READ))]
DocumentReader = Annotated[Actor, Depends(Requires(Permission.DOCUMENTS_READ))]


@router.get("/contacts/{contact_id}/timeline")
async def get_contact_timeline(
    contact_id: UUID,
    actor: Reader,
    tx: Tx,
    request: Request,
    language: Language,
    query: Annotated[TimelineQuery, Query()],
) -> Page[EntryView]:
    """Read a contact's history (HISTORIAL), newest first.

    A dispatch is one card with the present state of its messages; `raw=true` gives every
    entry as it was recorded.
    """
    await contacts.get(tx, actor, contact_id)
    paging = Paging.of(request, query)
    rows = await timeline.read(
        tx,
        actor,
        Subject("contact_id", contact_id),
        query,
        document_id=query.document_id,
        vessel_id=query.vessel_id,
        before=_before(paging),
    )
    return await _page(tx, actor, paging, rows, language, is_raw=query.raw)


@router.get("/documents/{document_id}/events")
async def list_document_events(
    document_id: UUID,
    actor: Reader,
    tx: Tx,
    request: Request,
    language: Language,
    query: Annotated[EventQuery, Query()],
) -> Page[EntryView]:
    """Read a document's history, newest first, like its contact's."""
    document = await documents.get(tx, actor, document_id)
    paging = Paging.of(request, query)
    subject = Subject("document_id", document.id)
    rows = await timeline.read(tx, actor, subject, query, before=_before(paging))
    return await _page(tx, actor, paging, rows, language, is_raw=query.raw)


@router.get("/contacts/{contact_id}/dispatches")
async def list_contact_dispatches(
    contact_id: UUID,
    actor: DocumentReader,
    tx: Tx,
    request: Request,
    query: Annotated[PageQuery, Query()],
) -> Page[DispatchView]:
    """List what was sent to a contact, and when, newest first."""
    await contacts.get(tx, actor, contact_id)
    paging = Paging.of(request, query)
    before = UUID(str(paging.after[0])) if paging.after else None
    wanted = DispatchQuery(contact_id=contact_id)
    rows = await dispatches.list_dispatches(tx, actor, wanted, before=before, limit=paging.limit)
    page, cursor = paging.split(rows, lambda row: [str(row.id)])
    views = await dispatches.views(tx, actor, page)
    return Page(data=views, has_more=cursor is not None, next_cursor=cursor)


def _before(paging: Paging) -> tuple[datetime, UUID] | None:
    if paging.after is None:
        return None
    occurred_at, event_id = paging.after
    return datetime.fromisoformat(str(occurred_at)), UUID(str(event_id))


async def _page(
    tx: AsyncSession,
    actor: Actor,
    paging: Paging,
    rows: Sequence[Event],
    language: str,
    *,
    is_raw: bool,
) -> Page[EntryView]:
    entries, cursor = paging.split(rows, lambda row: [row.occurred_at.isoformat(), str(row.id)])
    cards = {} if is_raw else await timeline.cards(tx, actor, entries)
    views = [entry_of(entry, cards, language) for entry in entries]
    return Page(data=views, has_more=cursor is not None, next_cursor=cursor)
