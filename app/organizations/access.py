"""From a bearer token, an API key or a cookie to an Actor; a route's declared permission."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from fastapi import Request
from sqlalchemy.ext.asyncio import AsyncSession

from app.kernel.actor import Actor, ActorKind, Permission, Visibility
from app.kernel.database import Database
from app.kernel.errors import Fault, Forbidden, Malformed, NotFound, Unauthenticated
from app.kernel.rows import Rows, rows_of
from app.organizations import queries, sessions
from app.organizations.api_keys import hash_key, is_well_formed
from app.organizations.models import Organization, Session, User
from app.organizations.queries import Seat
from app.web import idempotency
from app.web.credentials import Credentials, Presented
from app.web.dependencies import (
    Db,
    Now,
    Tx,
    note_organization,
    now,
    open_for_answer,
    provided,
)

_USE_NOTED_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Entered:
    """Who acts, and the organization they are in, to be read only."""

    actor: Actor
    organization: Organization


async def identify(rows: Rows, shown: Presented, *, at: datetime) -> Entered:
    """Find out who acts, and enter their organization.

    Raises:
        Unauthenticated: Nothing valid was shown.
        Malformed: A user of several organizations did not say which.
        NotFound: The organization named is not theirs, or there is none; they look alike.
    """
    if shown.bearer is not None and shown.bearer.startswith("conforme_"):
        entered = await _by_api_key(rows, shown, at=at)
    else:
        entered = await _by_session(rows, shown, at=at)
    note_organization(shown.request, entered.organization.id)
    return entered


async def identify_within(tx: AsyncSession, shown: Presented, *, at: datetime) -> Actor:
    """Find out who acts, and enter their organization for the rest of a session's transaction.

    Raises:
        Unauthenticated: Nothing valid was shown.
        Malformed: A user of several organizations did not say which.
        NotFound: The organization named is not theirs, or there is none; they look alike.
    """
    entered = await identify(await rows_of(tx), shown, at=at)
    queries.keep(tx, entered.organization)
    return entered.actor


async def session_of(tx: AsyncSession, shown: Presented, *, at: datetime) -> tuple[User, Session]:
    """Give a signed-in user, and their session.

    Raises:
        Unauthenticated: No user is signed in.
        Forbidden: A cookie came with a request from a foreign page.
    """
    token, kind = _session_token(shown)
    return await sessions.identify(tx, token, kind, at=at)


def _session_token(shown: Presented) -> tuple[str, str]:
    """Give a session's token and its kind."""
    if shown.bearer is not None:
        return shown.bearer, "access"
    if shown.cookie is not None:
        _require_own_page(shown.request)
        return shown.cookie, "cookie"
    raise Unauthenticated


async def _by_api_key(rows: Rows, shown: Presented, *, at: datetime) -> Entered:
    token = shown.bearer or ""
    key = None
    if is_well_formed(token):
        pepper = shown.request.app.state.secret_key
        key = await queries.find_api_key(rows, hash_key(token, pepper), at=at)
    if key is None:
        raise Unauthenticated
    if shown.organization_id not in {None, key.organization_id}:
        raise NotFound(reason="organization_foreign")
    if key.last_used_at is None or at - key.last_used_at > _USE_NOTED_EVERY:
        await queries.note_use(rows, key, at=at)
    scopes = frozenset(Permission(scope) for scope in key.scopes)
    actor = Actor(ActorKind.INTEGRATION, key.organization_id, key.id, key.name, scopes)
    return Entered(actor, await queries.entered(rows, key.organization_id))


async def _by_session(rows: Rows, shown: Presented, *, at: datetime) -> Entered:
    token, kind = _session_token(shown)
    found = await sessions.seats(rows, token, kind, shown.organization_id, at=at)
    seat = _choose(found, shown.organization_id)
    role, organization = await queries.access_role(rows, seat.organization_id, seat.access_role_id)
    actor = Actor(
        ActorKind.USER,
        seat.organization_id,
        seat.user_id,
        seat.name,
        role.grants,
        visibility=Visibility(role.visibility),
        team=seat.team,
        is_fresh=at - seat.authenticated_at < sessions.FRESH_FOR,
    )
    return Entered(actor, organization)


def _choose(seats: Sequence[Seat], organization_id: UUID | None) -> Seat:
    if organization_id is None:
        if len(seats) == 1:
            return seats[0]
        raise Malformed(
            reason="organization_required",
            faults=[Fault("Organization-Id", "missing", "header")],
        )
    for seat in seats:
        if seat.organization_id == organization_id:
            return seat
    raise NotFound(reason="organization_foreign")


def _require_own_page(request: Request) -> None:
    """Refuse a cookie that a foreign page sent along (CSRF)."""
    if request.method in {"GET", "HEAD"}:
        return
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    own = f"{request.url.scheme}://{request.url.netloc}"
    if site in {"same-origin", "none"} or (site is None and origin in {None, own}):
        return
    raise Forbidden(code="role_missing", reason="foreign_page")


class Requires:
    """A route's declaration: who may call it, and whether it takes a key.

    Shares the request's transaction and enters the organization there.

    Args:
        permission: What the actor must hold; None for whoever is signed in.
        needs_key: Whether an Idempotency-Key is required.
        recent: Whether the user must have proved moments ago who they are; for routes
            without an id in their path (see `Actor.require_recent_sign_in`).
    """

    def __init__(
        self, permission: Permission | None, *, needs_key: bool = False, recent: bool = False
    ) -> None:
        self.permission = permission
        self.needs_key = needs_key
        self.recent = recent

    async def __call__(self, shown: Credentials, tx: Tx, at: Now) -> Actor:
        """Give the actor.

        Raises:
            Unauthenticated: Nothing valid was shown.
            NotFound: The organization named is not theirs.
            Forbidden: The permission is missing, or the last sign-in is too old.
            Replay: The request was executed before under its key.
        """
        actor = await identify_within(tx, shown, at=at)
        if self.permission is not None:
            actor.require(self.permission)
        if self.recent:
            actor.require_recent_sign_in()
        if shown.request.method == "POST":
            await idempotency.claim(tx, shown.request, actor, at=at, is_required=self.needs_key)
        return actor


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads, and a transaction to read rows in.

    Attributes:
        organization: To be read only.
        rows: Inside the organization; it ends before the answer leaves.
        at: The present instant.
    """

    actor: Actor
    organization: Organization
    rows: Rows
    at: datetime


class Reads:
    """A route's declaration that it reads, rows rather than objects, for who holds a permission.

    For what is asked for most; everything else has `Requires`.
    """

    needs_key = False

    def __init__(self, permission: Permission) -> None:
        self.permission = permission

    async def __call__(self, shown: Credentials) -> Reader:
        """Give the reader.

        Raises:
            Unauthenticated: Nothing valid was shown.
            NotFound: The organization named is not theirs.
            Forbidden: The permission is missing.
        """
        request = shown.request
        at = now(request)
        rows = await open_for_answer(request, provided(request, Database).reading())
        entered = await identify(rows, shown, at=at)
        entered.actor.require(self.permission)
        return Reader(entered.actor, entered.organization, rows, at)


class RequiresBriefly:
    """The same for routes that open their own short transactions (`Db`).

    Such a route claims its key itself, in the transaction of its effect.
    """

    needs_key = False

    def __init__(self, permission: Permission | None) -> None:
        self.permission = permission

    async def __call__(self, shown: Credentials, database: Db, at: Now) -> Actor:
        """Give the actor.

        Raises:
            Unauthenticated: Nothing valid was shown.
            Forbidden: The permission is missing.
        """
        async with database.reading() as rows:
            actor = (await identify(rows, shown, at=at)).actor
        if self.permission is not None:
            actor.require(self.permission)
        return actor
