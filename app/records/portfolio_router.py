"""The contacts of one of the organization's people, handed over, with what is to be done."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import Field, StrictBool

from app.commercial import handing_over
from app.contacts import portfolio
from app.kernel.actor import Actor, Permission
from app.organizations import member_queries
from app.organizations.access import Requires
from app.web.dependencies import Now, Tx
from app.web.routing import Route
from app.web.schemas import Body, View

router = APIRouter(prefix="/v1/users", tags=["users"], route_class=Route)

UsersWriter = Annotated[Actor, Depends(Requires(Permission.USERS_WRITE))]


class PortfolioReassign(Body):
    """Who takes the contacts over."""

    to_user_id: UUID
    with_actions: StrictBool = Field(
        default=False,
        description="Their open commercial actions too, whosever the contact.",
        examples=[True],
    )


class HandoverView(View):
    """How far it came."""

    moved_count: int = Field(description="Contacts.", examples=[500])
    left_count: int = Field(description="Ask again while it is not 0.", examples=[37])
    moved_action_count: int = Field(examples=[12])
    left_action_count: int = Field(description="Ask again while it is not 0.", examples=[0])


@router.post("/{user_id}/reassign")
async def reassign_portfolio(
    user_id: UUID, body: PortfolioReassign, actor: UsersWriter, tx: Tx, at: Now
) -> HandoverView:
    """Hand somebody's contacts over to a colleague, up to 500 at a time.

    Also needs `contacts:write`, and `commercial:write` when open actions move along.
    Documents keep the salesperson who made them; each contact's history tells the change.
    """
    await member_queries.get_member(tx, actor, user_id)
    handover = await portfolio.reassign(tx, actor, user_id, body.to_user_id, at=at)
    actions = handing_over.Handover(0, 0)
    if body.with_actions:
        actions = await handing_over.hand_over(tx, actor, user_id, body.to_user_id, at=at)
    return HandoverView(
        moved_count=handover.moved_count,
        left_count=handover.left_count,
        moved_action_count=actions.moved_count,
        left_action_count=actions.left_count,
    )
