"""Notices: what staff should look at."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request

from app.kernel.actor import Actor, Permission
from app.notices import queries, service
from app.notices.schemas import NoticeCount, NoticeQuery, NoticeView
from app.organizations.access import Requires
from app.web.dependencies import Now, Tx
from app.web.pagination import Paging
from app.web.routing import Route
from app.web.schemas import Page

router = APIRouter(prefix="/v1/notices", tags=["notices"], route_class=Route)

Reader = Annotated[Actor, Depends(Requires(Permission.DOCUMENTS_READ))]
Reviewer = Annotated[Actor, Depends(Requires(Permission.DOCUMENTS_WRITE))]


@router.get("")
async def list_notices(
    actor: Reader, tx: Tx, request: Request, query: Annotated[NoticeQuery, Query()]
) -> Page[NoticeView]:
    """List notices, newest first.

    A user sees those for everyone and their own; an API key sees all.
    """
    paging = Paging.of(request, query)
    before = UUID(str(paging.after[0])) if paging.after else None
    rows = await queries.list_notices(
        tx, actor, is_reviewed=query.reviewed, before=before, limit=paging.limit
    )
    page, cursor = paging.split(rows, lambda notice: [str(notice.id)])
    views = [NoticeView.of(notice) for notice in page]
    return Page(data=views, has_more=cursor is not None, next_cursor=cursor)


@router.get("/count")
async def count_notices(actor: Reader, tx: Tx) -> NoticeCount:
    """Count the notices that await review."""
    by_kind = await queries.count_pending(tx, actor)
    return NoticeCount(by_kind=by_kind, total=sum(by_kind.values()))


@router.post("/{notice_id}/review")
async def review_notice(notice_id: UUID, actor: Reviewer, tx: Tx, at: Now) -> NoticeView:
    """Mark a notice as reviewed, by you and now.

    Reviewing it again changes nothing: the first to look stays.
    """
    return NoticeView.of(await service.review(tx, actor, notice_id, at=at))
