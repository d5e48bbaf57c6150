"""Verbs: define an access role, change it, take it away."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.kernel.actor import Actor
from app.kernel.errors import Conflict
from app.kernel.identifiers import new_id
from app.organizations import role_queries
from app.organizations.auditing import audit, difference
from app.organizations.granting import require_reach
from app.organizations.models import AccessRole
from app.organizations.role_schemas import AccessRoleChanges, AccessRoleCreate
from app.organizations.roles import Template


async def create(
    tx: AsyncSession, actor: Actor, body: AccessRoleCreate, *, at: datetime
) -> AccessRole:
    """Define a role that grants no more than the actor holds.

    Raises:
        Forbidden: It goes beyond what the actor holds.
    """
    role = AccessRole(
        organization_id=actor.organization_id,
        id=new_id(),
        name=body.name,
        template=None,
        permissions=sorted(set(body.permissions)),
        visibility=body.visibility.value,
        created_at=at,
        version=1,
    )
    require_reach(actor, role)
    tx.add(role)
    await tx.flush()
    told = difference({}, _told(role))
    await audit(tx, actor, "access_role.created", "access_role", role.id, told, at=at)
    return role


async def change(
    tx: AsyncSession, actor: Actor, role: AccessRole, body: AccessRoleChanges, *, at: datetime
) -> None:
    """Change a role, for everyone who holds it, at once.

    Raises:
        Forbidden: It goes beyond what the actor holds, before or after; or the sign-in is
            too old.
        Conflict: It is the admin role, which holds everything for good.
    """
    _require_changeable(actor, role)
    before = _told(role)
    changes = body.model_dump(exclude_unset=True)
    if "name" in changes:
        role.name = body.name
    if "permissions" in changes:
        role.permissions = sorted(set(body.permissions))
    if "visibility" in changes:
        role.visibility = body.visibility.value
    require_reach(actor, role)
    told = difference(before, _told(role))
    if told:
        role.version += 1
        await tx.flush()
        await audit(tx, actor, "access_role.changed", "access_role", role.id, told, at=at)


async def delete(tx: AsyncSession, actor: Actor, role: AccessRole, *, at: datetime) -> None:
    """Take away a role that nobody holds and no invitation offers.

    Args:
        tx: With the members locked (`member_queries.lock_members`).
        actor: Who does it.
        role: As read under that lock.
        at: When.

    Raises:
        Forbidden: It goes beyond what the actor holds, or the sign-in is too old.
        Conflict: It is the admin role, or in use.
    """
    _require_changeable(actor, role)
    if await role_queries.holders(tx, actor, [role]) or await role_queries.is_offered(tx, role):
        raise Conflict(reason="role_in_use")
    told = difference(_told(role), {})
    await tx.delete(role)
    await tx.flush()
    await audit(tx, actor, "access_role.deleted", "access_role", role.id, told, at=at)


def _require_changeable(actor: Actor, role: AccessRole) -> None:
    actor.require_recent_sign_in()
    require_reach(actor, role)
    if role.template == Template.ADMIN:
        raise Conflict(reason="role_fixed")


def _told(role: AccessRole) -> dict[str, object]:
    return {
        "name": role.name,
        "permissions": [*role.permissions],
        "visibility": role.visibility,
    }
