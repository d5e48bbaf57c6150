"""Looking up access roles, and who holds them."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.kernel.actor import Actor
from app.kernel.errors import NotFound
from app.organizations.models import AccessRole, Invitation, Membership


async def list_roles(
    tx: AsyncSession, actor: Actor, *, after: UUID | None, limit: int
) -> Sequence[AccessRole]:
    """List access roles, oldest first, one more than the limit."""
    query = select(AccessRole).where(AccessRole.organization_id == actor.organization_id)
    if after is not None:
        query = query.where(AccessRole.id > after)
    return list(await tx.scalars(query.order_by(AccessRole.id).limit(limit + 1)))


async def get_role(
    tx: AsyncSession, actor: Actor, role_id: UUID, *, for_update: bool = False
) -> AccessRole:
    """Give one access role of the actor's organization.

    Raises:
        NotFound: There is none.
    """
    query = select(AccessRole).where(
        AccessRole.organization_id == actor.organization_id, AccessRole.id == role_id
    )
    if for_update:
        query = query.with_for_update()
    role = await tx.scalar(query.execution_options(populate_existing=True))
    if role is None:
        raise NotFound
    return role


async def holders(
    tx: AsyncSession, actor: Actor, roles: Sequence[AccessRole]
) -> Mapping[UUID, int]:
    """Count who holds each role, active or not."""
    rows = await tx.execute(
        select(Membership.access_role_id, func.count())
        .where(
            Membership.organization_id == actor.organization_id,
            Membership.access_role_id.in_([role.id for role in roles]),
        )
        .group_by(Membership.access_role_id)
    )
    return {role_id: count for role_id, count in rows}  # noqa: C416 - rows are not a mapping


async def is_offered(tx: AsyncSession, role: AccessRole) -> bool:
    """Tell whether an invitation that is neither taken up nor withdrawn offers a role."""
    found = await tx.scalar(
        select(Invitation.id)
        .where(
            Invitation.organization_id == role.organization_id,
            Invitation.access_role_id == role.id,
            Invitation.accepted_at.is_(None),
            Invitation.revoked_at.is_(None),
        )
        .limit(1)
    )
    return found is not None
