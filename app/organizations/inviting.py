"""Verbs: invite somebody, call it off, take it up."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from app.jobs.queue import enqueue
from app.kernel.actor import Actor, ActorKind
from app.kernel.database import enter_organization
from app.kernel.errors import Conflict, Gone, NotFound
from app.kernel.identifiers import hash_token, new_id
from app.organizations import member_queries, members
from app.organizations.auditing import audit, difference
from app.organizations.granting import require_reach
from app.organizations.letters import Purpose
from app.organizations.mailing import SendInvitation
from app.organizations.models import AccessRole, Invitation, MailedToken, Membership, User
from app.organizations.user_schemas import InvitationAccept, InvitationCreate

LIFE = timedelta(days=7)


async def invite(
    tx: AsyncSession, actor: Actor, body: InvitationCreate, *, at: datetime
) -> tuple[Invitation, AccessRole]:
    """Offer a place to an address; a job mails the link.

    An offer that ran out is replaced by the new one.

    Raises:
        Invalid: There is no such role here.
        Forbidden: The role goes beyond what the actor holds.
        Conflict: The address belongs to a member, or was invited already.
    """
    role = await members.offered_role(tx, actor, body.access_role_id)
    await member_queries.lock_members(tx, actor)
    if await member_queries.belongs(tx, actor, body.email):
        raise Conflict(code="duplicate", reason="already_member")
    earlier = await member_queries.find_pending_invitation(tx, actor, body.email)
    if earlier is not None and earlier.status_at(at) == "pending":
        raise Conflict(code="duplicate", reason="already_invited")
    invitation = Invitation(
        organization_id=actor.organization_id,
        id=new_id(),
        email=body.email,
        name=body.name,
        team=body.team,
        access_role_id=role.id,
        invited_by_name=actor.name,
        created_at=at,
        expires_at=at + LIFE,
        version=1,
    )
    tx.add(invitation)
    await tx.flush()
    told = difference({}, body.model_dump(mode="json"))
    await audit(tx, actor, "invitation.created", "invitation", invitation.id, told, at=at)
    await enqueue(tx, SendInvitation(actor.organization_id, invitation.id))
    return invitation, role


async def send_again(
    tx: AsyncSession,
    actor: Actor,
    invitation: Invitation,
    role: AccessRole | None,
    *,
    at: datetime,
) -> None:
    """Mail a pending or expired invitation once more, with a new link and a new term.

    Raises:
        Forbidden: The role goes beyond what the actor holds.
        Conflict: It was taken up or withdrawn.
    """
    actor.require_recent_sign_in()
    _require_open(invitation, at)
    assert role is not None  # noqa: S101 - what an open invitation offers cannot be deleted
    require_reach(actor, role)
    invitation.sent_at = None
    invitation.mail_failure = None
    invitation.expires_at = at + LIFE
    invitation.version += 1
    await tx.flush()
    told = difference({}, {"expires_at": invitation.expires_at})
    await audit(tx, actor, "invitation.sent_again", "invitation", invitation.id, told, at=at)
    await enqueue(tx, SendInvitation(actor.organization_id, invitation.id))


async def revoke(tx: AsyncSession, actor: Actor, invitation: Invitation, *, at: datetime) -> None:
    """Withdraw an invitation; its link stops working at once.

    Raises:
        Conflict: It was taken up already.
    """
    if invitation.revoked_at is not None:
        return
    _require_open(invitation, at)
    invitation.revoked_at = at
    invitation.version += 1
    await _forget_token(tx, invitation.id)
    told = difference({}, {"revoked_at": at})
    await audit(tx, actor, "invitation.revoked", "invitation", invitation.id, told, at=at)


async def find(
    tx: AsyncSession, token: str, *, at: datetime, for_update: bool = False
) -> Invitation:
    """Find the invitation behind a mailed token, and enter its organization.

    Raises:
        NotFound: There is none, or it was taken up, withdrawn or sent again.
        Gone: It ran out.
    """
    held = await member_queries.find_mailed_token(
        tx, hash_token(token), Purpose.INVITATION.value, for_update=for_update
    )
    if held is None:
        raise NotFound
    if held.expires_at <= at:
        raise Gone
    await enter_organization(tx, held.organization_id)
    invitation, _ = await member_queries.get_invitation(
        tx, held.organization_id, held.subject_id, for_update=for_update
    )
    return invitation


async def accept(
    tx: AsyncSession,
    invitation: Invitation,
    user: User | None,
    body: InvitationAccept,
    *,
    password_hash: str,
    at: datetime,
) -> User:
    """Take an invitation up; it works once.

    Args:
        tx: The transaction that found the invitation, locked.
        invitation: What was offered.
        user: Whose account the address has; None opens one.
        body: The name they give themselves.
        password_hash: Of a new account.
        at: When.
    """
    name = body.name or invitation.name
    if user is None:
        user = User(
            id=new_id(),
            email=invitation.email,
            name=name,
            password_hash=password_hash,
            status="active",
            created_at=at,
        )
        tx.add(user)
        await tx.flush()
    tx.add(
        Membership(
            user_id=user.id,
            organization_id=invitation.organization_id,
            name=name,
            access_role_id=invitation.access_role_id,
            team=invitation.team,
            status="active",
            created_at=at,
            version=1,
        )
    )
    invitation.accepted_at = at
    invitation.version += 1
    await _forget_token(tx, invitation.id)
    joined = Actor(ActorKind.USER, invitation.organization_id, user.id, name)
    told = difference({}, {"user_id": user.id, "name": name})
    await audit(tx, joined, "invitation.accepted", "invitation", invitation.id, told, at=at)
    return user


def _require_open(invitation: Invitation, at: datetime) -> None:
    if invitation.status_at(at) in {"accepted", "revoked"}:
        raise Conflict(reason="invitation_closed")


async def _forget_token(tx: AsyncSession, invitation_id: UUID) -> None:
    await tx.execute(
        delete(MailedToken).where(
            MailedToken.purpose == Purpose.INVITATION.value,
            MailedToken.subject_id == invitation_id,
        )
    )
