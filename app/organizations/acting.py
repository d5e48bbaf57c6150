"""Who asked for something that is done later: what they may do and see by then."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.kernel.actor import Actor, ActorKind, Permission, Visibility, system
from app.kernel.errors import NotFound
from app.organizations import member_queries
from app.organizations.models import ApiKey


async def as_of_now(
    tx: AsyncSession, organization_id: UUID, principal: str, *, at: datetime
) -> Actor | None:
    """Give the user or API key of a principal as they are now; None if they have left.

    Whoever lost a permission, or sees less than before, does so in the work under way too.

    Args:
        tx: With the organization entered.
        organization_id: Where they act.
        principal: As `Actor.principal` names them.
        at: Now; a key may have expired.
    """
    kind, _, identifier = principal.partition(":")
    if kind == ActorKind.USER:
        return await _user(tx, organization_id, UUID(identifier))
    if kind == ActorKind.INTEGRATION:
        return await _integration(tx, organization_id, UUID(identifier), at=at)
    return None


async def _user(tx: AsyncSession, organization_id: UUID, user_id: UUID) -> Actor | None:
    try:
        member = await member_queries.get_member(tx, system(organization_id), user_id)
    except NotFound:
        return None
    if member.membership.status != "active" or member.user.status != "active":
        return None
    return Actor(
        ActorKind.USER,
        organization_id,
        user_id,
        member.membership.name,
        member.role.grants,
        visibility=Visibility(member.role.visibility),
        team=member.membership.team,
    )


async def _integration(
    tx: AsyncSession, organization_id: UUID, key_id: UUID, *, at: datetime
) -> Actor | None:
    key = await tx.scalar(
        select(ApiKey).where(ApiKey.organization_id == organization_id, ApiKey.id == key_id)
    )
    if key is None or key.revoked_at is not None:
        return None
    if key.expires_at is not None and key.expires_at <= at:
        return None
    scopes = frozenset(Permission(scope) for scope in key.scopes)
    return Actor(ActorKind.INTEGRATION, organization_id, key.id, key.name, scopes)
