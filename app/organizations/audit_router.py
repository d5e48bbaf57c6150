"""Reading the audit of administrative changes."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request

from app.kernel.actor import Actor, Permission
from app.organizations import queries
from app.organizations.access import Requires
from app.organizations.audit_schemas import AuditEntryView, AuditQuery
from app.web.dependencies import Tx
from app.web.pagination import Paging
from app.web.routing import Route
from app.web.schemas import Page

router = APIRouter(prefix="/v1", tags=["settings"], route_class=Route)

SettingsReader = Annotated[Actor, Depends(Requires(Permission.SETTINGS_READ))]


@router.get("/audit")
async def list_audit_entries(
    actor: SettingsReader, tx: Tx, request: Request, query: Annotated[AuditQuery, Query()]
) -> Page[AuditEntryView]:
    """List administrative changes, newest first; entries are never changed or deleted."""
    paging = Paging.of(request, query)
    before = UUID(str(paging.after[0])) if paging.after else None
    rows = await queries.list_audit_entries(tx, actor, query, before=before)
    page, cursor = paging.split(rows, lambda entry: [str(entry.id)])
    views = [AuditEntryView.model_validate(entry) for entry in page]
    return Page(data=views, has_more=cursor is not None, next_cursor=cursor)
