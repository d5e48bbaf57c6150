"""Verbs: a new password, by mail for who forgot it, or by who knows it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from app.jobs.queue import enqueue
from app.kernel.errors import Gone, NotFound
from app.kernel.identifiers import hash_token, new_id
from app.organizations import member_queries, queries, sessions
from app.organizations.auditing import audit_everywhere
from app.organizations.letters import Purpose
from app.organizations.mailing import SendPasswordReset
from app.organizations.models import MailedToken, User


async def request(tx: AsyncSession, email: str) -> None:
    """Have a job mail the way to a new password, if the address is somebody's.

    An address that is nobody's causes the same work, a job for nobody, so that neither
    the answer nor its time tells one from the other.
    """
    user = await member_queries.find_user_to_sign_in(tx, email)
    if user is None:
        await enqueue(tx, SendPasswordReset(new_id(), new_id()))
        return
    first = (await queries.memberships(tx, user.id))[0]
    await enqueue(tx, SendPasswordReset(first.organization_id, user.id))


async def confirm(tx: AsyncSession, token: str, password_hash: str, *, at: datetime) -> User:
    """Set the new password of whoever was mailed a token, and give them; it works once.

    Raises:
        NotFound: There is no such token, or it was used, or replaced by a later one.
        Gone: It ran out.
    """
    held = await member_queries.find_mailed_token(
        tx, hash_token(token), Purpose.PASSWORD_RESET.value, for_update=True
    )
    if held is None:
        raise NotFound
    if held.expires_at <= at:
        raise Gone
    user = await tx.get_one(User, held.subject_id)
    await tx.delete(held)
    await _set(tx, user, password_hash, "password.reset", keep=None, at=at)
    return user


async def change(
    tx: AsyncSession, user: User, password_hash: str, *, keep: UUID, at: datetime
) -> None:
    """Set another password; every session but one ends."""
    changed = await tx.get_one(User, user.id)
    await tx.execute(
        delete(MailedToken).where(
            MailedToken.purpose == Purpose.PASSWORD_RESET.value,
            MailedToken.subject_id == user.id,
        )
    )
    await _set(tx, changed, password_hash, "password.changed", keep=keep, at=at)


async def _set(
    tx: AsyncSession,
    user: User,
    password_hash: str,
    action: str,
    *,
    keep: UUID | None,
    at: datetime,
) -> None:
    user.password_hash = password_hash
    await sessions.end_all(tx, user.id, but=keep, at=at)
    await tx.flush()
    await audit_everywhere(tx, user, action, at=at)
