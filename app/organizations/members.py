"""Verbs: change what one of the organization's people is called, may do, and whether at all."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.kernel.actor import Actor
from app.kernel.errors import Conflict, Fault, Invalid
from app.kernel.findings import Findings
from app.organizations import editing, member_queries, service, sessions
from app.organizations.auditing import audit, difference
from app.organizations.granting import require_reach
from app.organizations.member_queries import Member
from app.organizations.models import AccessRole, ApiKey, Membership
from app.organizations.roles import Template
from app.organizations.user_schemas import UserChanges

_SENSITIVE = frozenset({"access_role_id", "status"})


async def change(
    tx: AsyncSession, actor: Actor, member: Member, body: UserChanges, *, at: datetime
) -> Member:
    """Change a member; the organization keeps an admin, whatever is asked.

    Deactivating ends every session of the user and every API key they made here.

    Args:
        tx: With the members locked (`member_queries.lock_members`).
        actor: Who does it.
        member: As read under that lock.
        body: What to change.
        at: When.

    Raises:
        Forbidden: The sign-in is too old for a role or a status, or a role goes beyond
            what the actor holds.
        Invalid: There is no such role here, or no such time zone.
        Conflict: The last admin would be gone.
    """
    membership, before = member.membership, _told(member.membership)
    changes = body.model_dump(exclude_unset=True)
    _check_time_zone(changes.get("time_zone"))
    role = member.role
    if _SENSITIVE & changes.keys():
        actor.require_recent_sign_in()
        require_reach(actor, role)
    if "access_role_id" in changes:
        role = await offered_role(tx, actor, changes["access_role_id"])
    if _is_admin(member.membership, member.role) and not (
        role.template == Template.ADMIN and changes.get("status", "active") == "active"
    ):
        await _require_another_admin(tx, actor)
    for name, value in changes.items():
        setattr(membership, name, value)
    told = difference(before, _told(membership))
    if told:
        membership.version += 1
        await tx.flush()
        await audit(tx, actor, "user.changed", "user", membership.user_id, told, at=at)
    if "status" in told and membership.status == "inactive":
        await _shut_out(tx, actor, membership.user_id, at=at)
    return Member(membership, member.user, role)


def _check_time_zone(name: str | None) -> None:
    findings = Findings()
    if name is not None:
        findings.take("/time_zone", editing.time_zone, name)
    findings.require_none()


async def offered_role(tx: AsyncSession, actor: Actor, role_id: UUID) -> AccessRole:
    """Give a role that the actor may give to others.

    Raises:
        Invalid: There is no such role here.
        Forbidden: It goes beyond what the actor holds.
    """
    role = await tx.get(AccessRole, (actor.organization_id, role_id))
    if role is None:
        raise Invalid(faults=[Fault("/access_role_id", "reference.unknown")])
    require_reach(actor, role)
    return role


def _told(membership: Membership) -> dict[str, object]:
    return {
        name: getattr(membership, name)
        for name in ("name", "team", "time_zone", "access_role_id", "status")
    }


def _is_admin(membership: Membership, role: AccessRole) -> bool:
    return membership.status == "active" and role.template == Template.ADMIN


async def _require_another_admin(tx: AsyncSession, actor: Actor) -> None:
    if await member_queries.count_admins(tx, actor) <= 1:
        raise Conflict(reason="last_admin")


async def _shut_out(tx: AsyncSession, actor: Actor, user_id: UUID, *, at: datetime) -> None:
    await sessions.end_all(tx, user_id, at=at)
    keys = await tx.scalars(
        select(ApiKey).where(
            ApiKey.organization_id == actor.organization_id,
            ApiKey.created_by == user_id,
            ApiKey.revoked_at.is_(None),
        )
    )
    for key in keys:
        await service.revoke_api_key(tx, actor, key, at=at)
