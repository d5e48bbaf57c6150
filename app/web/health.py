"""Whether the process lives, and whether it can serve."""

import asyncio
from typing import Literal

from fastapi import APIRouter, Depends, Request
from pydantic import Field
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from app.kernel.database import SCHEMA_REVISION, Database
from app.kernel.errors import Unavailable
from app.web.declarations import Public
from app.web.dependencies import provided
from app.web.routing import Route
from app.web.schemas import View

router = APIRouter(
    prefix="/health",
    tags=["health"],
    route_class=Route,
    dependencies=[Depends(Public("Whatever watches the process has no account."))],
)

READY_TIMEOUT_S = 1.0


class HealthView(View):
    """The state of the process."""

    status: Literal["ok"] = Field(examples=["ok"])


@router.get("/live")
async def health_live() -> HealthView:
    """Tell that the process answers; nothing else is asked."""
    return HealthView(status="ok")


@router.get("/ready")
async def health_ready(request: Request) -> HealthView:
    """Tell whether requests can be served: the database answers and its schema is ours."""
    if getattr(request.app.state, "is_leaving", False):
        raise Unavailable(retry_after_s=1)
    database = provided(request, Database)
    try:
        async with asyncio.timeout(READY_TIMEOUT_S), database.transaction() as tx:
            revision = await tx.scalar(text("select version_num from alembic_version"))
    except (SQLAlchemyError, OSError, TimeoutError):
        raise Unavailable(retry_after_s=1) from None
    if revision != SCHEMA_REVISION:
        raise Unavailable(reason="schema_differs", retry_after_s=5)
    return HealthView(status="ok")
