"""Looking up an organization's people, and who is invited to become one."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.kernel.actor import Actor
from app.kernel.errors import NotFound
from app.organizations.models import AccessRole, Invitation, MailedToken, Membership, User
from app.organizations.roles import Template


@dataclass(frozen=True, slots=True)
class Member:
    """A user in an organization, with the role they hold there."""

    membership: Membership
    user: User
    role: AccessRole


async def list_members(
    tx: AsyncSession, actor: Actor, *, status: str | None, after: UUID | None, limit: int
) -> Sequence[Member]:
    """List an organization's people, oldest account first, one more than the limit."""
    query = _members(actor)
    if status is not None:
        query = query.where(Membership.status == status)
    if after is not None:
        query = query.where(Membership.user_id > after)
    rows = await tx.execute(query.order_by(Membership.user_id).limit(limit + 1))
    return [Member(*row) for row in rows]


async def get_member(
    tx: AsyncSession, actor: Actor, user_id: UUID, *, for_update: bool = False
) -> Member:
    """Give one of the organization's people, active or not.

    Raises:
        NotFound: There is no such person here.
    """
    query = _members(actor).where(Membership.user_id == user_id)
    if for_update:
        query = query.with_for_update(of=Membership)
    row = (await tx.execute(query.execution_options(populate_existing=True))).first()
    if row is None:
        raise NotFound
    return Member(*row)


async def lock_members(tx: AsyncSession, actor: Actor) -> None:
    """Keep others from changing who is who here, to the end of the transaction."""
    key = f"members|{actor.organization_id}"
    await tx.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(key, 0))))


async def count_admins(tx: AsyncSession, actor: Actor) -> int:
    """Count the active people who hold the admin role."""
    query = _members(actor).where(
        Membership.status == "active",
        User.status == "active",
        AccessRole.template == Template.ADMIN.value,
    )
    return await tx.scalar(select(func.count()).select_from(query.subquery())) or 0


async def find_user_to_sign_in(tx: AsyncSession, email: str) -> User | None:
    """Find a user by address who is active, here or there, whatever the case."""
    somewhere = exists().where(Membership.user_id == User.id, Membership.status == "active")
    return await tx.scalar(
        select(User).where(User.email == email.lower(), User.status == "active", somewhere)
    )


async def belongs(tx: AsyncSession, actor: Actor, email: str) -> bool:
    """Tell whether an address is one of the organization's people, active or not."""
    found = select(Membership.user_id).join(User, User.id == Membership.user_id)
    own = Membership.organization_id == actor.organization_id
    return await tx.scalar(found.where(own, User.email == email)) is not None


async def list_invitations(
    tx: AsyncSession, actor: Actor, *, before: UUID | None, limit: int
) -> Sequence[tuple[Invitation, AccessRole | None]]:
    """List invitations, newest first, each with its role if it is still there.

    One more than the limit.
    """
    query = _invitations(actor.organization_id)
    if before is not None:
        query = query.where(Invitation.id < before)
    rows = await tx.execute(query.order_by(Invitation.id.desc()).limit(limit + 1))
    return [(invitation, role) for invitation, role in rows]


async def get_invitation(
    tx: AsyncSession, organization_id: UUID, invitation_id: UUID, *, for_update: bool = False
) -> tuple[Invitation, AccessRole | None]:
    """Give one invitation with the role it offers.

    Raises:
        NotFound: There is none.
    """
    query = _invitations(organization_id).where(Invitation.id == invitation_id)
    if for_update:
        query = query.with_for_update(of=Invitation)
    row = (await tx.execute(query.execution_options(populate_existing=True))).first()
    if row is None:
        raise NotFound
    return row[0], row[1]


async def find_pending_invitation(tx: AsyncSession, actor: Actor, email: str) -> Invitation | None:
    """Find what was offered to an address and neither taken up nor withdrawn."""
    return await tx.scalar(
        select(Invitation)
        .where(
            Invitation.organization_id == actor.organization_id,
            Invitation.email == email,
            Invitation.accepted_at.is_(None),
            Invitation.revoked_at.is_(None),
        )
        .order_by(Invitation.id.desc())
        .limit(1)
    )


async def find_mailed_token(
    tx: AsyncSession, token_hash: bytes, purpose: str, *, for_update: bool = False
) -> MailedToken | None:
    """Find what a mailed secret opens, by its hash."""
    query = select(MailedToken).where(
        MailedToken.token_hash == token_hash, MailedToken.purpose == purpose
    )
    return await tx.scalar(query.with_for_update() if for_update else query)


def _members(actor: Actor) -> Select[Membership, User, AccessRole]:
    return (
        select(Membership, User, AccessRole)
        .join(User, User.id == Membership.user_id)
        .join(AccessRole, _holds(Membership))
        .where(Membership.organization_id == actor.organization_id)
    )


def _invitations(organization_id: UUID) -> Select[Invitation, AccessRole | None]:
    return (
        select(Invitation, AccessRole)
        .outerjoin(AccessRole, _holds(Invitation))
        .where(Invitation.organization_id == organization_id)
    )


def _holds(model: type[Membership | Invitation]) -> ColumnElement[bool]:
    return and_(
        AccessRole.organization_id == model.organization_id, AccessRole.id == model.access_role_id
    )
