"""Verbs: sign in, go on, sign out. Tokens are opaque, random, stored as hashes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.kernel.batches import BATCH
from app.kernel.errors import Unauthenticated
from app.kernel.identifiers import hash_token, new_id, new_token
from app.kernel.rows import Rows
from app.organizations import queries
from app.organizations.models import Session, SessionToken, User
from app.organizations.queries import Seat

ACCESS_LIFE = timedelta(minutes=10)
REFRESH_LIFE = timedelta(days=30)
COOKIE_LIFE = timedelta(hours=12)
FRESH_FOR = timedelta(minutes=5)
"""How long a proof of identity opens sensitive changes."""
KEPT_AFTER = timedelta(days=1)
"""How long an expired token is still told from an unknown one."""
PARALLEL_GRACE = timedelta(seconds=10)
"""Two tabs may refresh at once; a reuse later than this is a stolen token."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a sign-in gives; known to the caller alone."""

    access: str
    refresh: str
    expires_in_s: int


async def begin(tx: AsyncSession, user_id: UUID, *, at: datetime) -> tuple[Tokens, str]:
    """Open a session; give its tokens, and the one for a cookie."""
    session = Session(id=new_id(), user_id=user_id, created_at=at, authenticated_at=at)
    tx.add(session)
    await tx.flush()
    tokens = _issue(tx, session.id, at=at)
    cookie = _token(tx, session.id, "cookie", at + COOKIE_LIFE)
    return tokens, cookie


async def refresh(tx: AsyncSession, token: str, *, at: datetime) -> Tokens | None:
    """Exchange a refresh token for new tokens.

    Gives None when the token is unknown or expired, or was used before, which
    ends its session; the ending is the caller's to commit, so it is no exception.
    """
    found = await queries.find_session_token(tx, hash_token(token), for_update=True)
    if found is None:
        return None
    held, session, user = found
    if held.kind != "refresh" or session.revoked_at is not None or user.status != "active":
        return None
    if held.expires_at <= at:
        return None
    if held.used_at is not None and at - held.used_at > PARALLEL_GRACE:
        session.revoked_at = at
        return None
    held.used_at = held.used_at or at
    return _issue(tx, session.id, at=at)


async def end(tx: AsyncSession, session_id: UUID, *, at: datetime) -> None:
    """Revoke a session; all its tokens die with it."""
    await tx.execute(update(Session).where(Session.id == session_id).values(revoked_at=at))


async def end_all(
    tx: AsyncSession, user_id: UUID, *, but: UUID | None = None, at: datetime
) -> None:
    """Revoke every session of a user, but one they keep."""
    query = update(Session).where(Session.user_id == user_id, Session.revoked_at.is_(None))
    if but is not None:
        query = query.where(Session.id != but)
    await tx.execute(query.values(revoked_at=at))


async def step_up(tx: AsyncSession, session_id: UUID, *, at: datetime) -> None:
    """Remember that the user of a session proved again who they are."""
    await tx.execute(update(Session).where(Session.id == session_id).values(authenticated_at=at))


async def forget_tokens(tx: AsyncSession, *, at: datetime, limit: int = BATCH) -> int:
    """Delete tokens that expired a day ago and more; tell how many."""
    old = select(SessionToken.token_hash).where(SessionToken.expires_at < at - KEPT_AFTER)
    deleted = await tx.execute(
        delete(SessionToken)
        .where(SessionToken.token_hash.in_(old.limit(limit)))
        .returning(SessionToken.token_hash)
    )
    return len(deleted.all())


async def forget_ended(tx: AsyncSession, *, at: datetime, limit: int = BATCH) -> int:
    """Delete sign-ins none of whose tokens is left; tell how many."""
    holds = select(SessionToken.token_hash).where(SessionToken.session_id == Session.id)
    ended = select(Session.id).where(Session.created_at < at - KEPT_AFTER, ~holds.exists())
    deleted = await tx.execute(
        delete(Session).where(Session.id.in_(ended.limit(limit))).returning(Session.id)
    )
    return len(deleted.all())


async def identify(
    tx: AsyncSession, token: str, kind: str, *, at: datetime
) -> tuple[User, Session]:
    """Give the user and the session behind an access or cookie token.

    Raises:
        Unauthenticated: The token is unknown, revoked or expired.
    """
    found = await queries.find_session_token(tx, hash_token(token))
    if found is None:
        raise Unauthenticated
    held, session, user = found
    _require_valid(
        is_live=held.kind == kind and session.revoked_at is None and user.status == "active",
        expires_at=held.expires_at,
        at=at,
    )
    return user, session


async def seats(
    rows: Rows, token: str, kind: str, organization_id: UUID | None, *, at: datetime
) -> Sequence[Seat]:
    """Give the organizations an access or cookie token opens, one at least.

    Args:
        rows: The transaction; one that is opened alone is entered.
        token: As shown.
        kind: `access` or `cookie`.
        organization_id: The one asked for; if it is among them, it is given alone.
        at: Now.

    Raises:
        Unauthenticated: The token is unknown, revoked or expired, or opens none.
    """
    token_hash = hash_token(token)
    found = await queries.seats(rows, token_hash, organization_id)
    if not found and organization_id is not None:
        found = await queries.seats(rows, token_hash, None)
    if not found:
        raise Unauthenticated
    held = found[0]
    _require_valid(
        is_live=held.kind == kind and held.revoked_at is None and held.user_status == "active",
        expires_at=held.expires_at,
        at=at,
    )
    return found


def _require_valid(*, is_live: bool, expires_at: datetime, at: datetime) -> None:
    if not is_live:
        raise Unauthenticated
    if expires_at <= at:
        raise Unauthenticated(code="token_expired")


def _issue(tx: AsyncSession, session_id: UUID, *, at: datetime) -> Tokens:
    return Tokens(
        access=_token(tx, session_id, "access", at + ACCESS_LIFE),
        refresh=_token(tx, session_id, "refresh", at + REFRESH_LIFE),
        expires_in_s=int(ACCESS_LIFE.total_seconds()),
    )


def _token(tx: AsyncSession, session_id: UUID, kind: str, expires_at: datetime) -> str:
    token = new_token()
    tx.add(
        SessionToken(
            token_hash=hash_token(token), session_id=session_id, kind=kind, expires_at=expires_at
        )
    )
    return token
