"""Looking up organizations and what may enter them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.kernel.actor import Actor, Visibility
from app.kernel.database import entering
from app.kernel.errors import NotFound
from app.kernel.rows import Rows, Statement, columns_of, names_of, plain, rows_of
from app.organizations.audit_schemas import AuditQuery
from app.organizations.models import (
    AccessRole,
    AllowedOrigin,
    ApiKey,
    AuditEntry,
    IssuerProfile,
    Logo,
    MailSettings,
    Membership,
    Organization,
    Session,
    SessionToken,
    User,
)
from app.organizations.visibility import sees


async def get(tx: AsyncSession, organization_id: UUID, *, for_update: bool = False) -> Organization:
    """Give the organization entered.

    Raises:
        NotFound: It is not the one entered.
    """
    if for_update:  # without its key: rows that name the organization need not wait
        query = select(Organization).where(Organization.id == organization_id)
        organization = await tx.scalar(query.with_for_update(key_share=True))
    else:  # most of a request's verbs ask for it; it is read once
        organization = _kept(tx, organization_id) or await tx.get(Organization, organization_id)
    if organization is None:
        raise NotFound
    keep(tx, organization)
    return organization


def keep(tx: AsyncSession, organization: Organization) -> None:
    """Hold on to it until the transaction ends: the session alone would let go of it."""
    tx.info[Organization] = organization


def _kept(tx: AsyncSession, organization_id: UUID) -> Organization | None:
    organization: Organization | None = tx.info.get(Organization)
    return organization if organization and organization.id == organization_id else None


async def ids(tx: AsyncSession) -> list[UUID]:
    """List every organization, for sweeps that then enter each; the worker alone may."""
    return list(await tx.scalars(select(Organization.id).order_by(Organization.id)))


async def issuer_profile(
    tx: AsyncSession, actor: Actor, profile_id: UUID, *, for_update: bool = False
) -> IssuerProfile:
    """Give one profile of the actor's organization.

    Raises:
        NotFound: There is none.
    """
    query = select(IssuerProfile).where(
        IssuerProfile.organization_id == actor.organization_id, IssuerProfile.id == profile_id
    )
    if for_update:
        query = query.with_for_update(key_share=True)
    profile = await tx.scalar(query)
    if profile is None:
        raise NotFound
    return profile


async def list_issuer_profiles(
    tx: AsyncSession, actor: Actor, *, status: str, after: UUID | None, limit: int
) -> list[IssuerProfile]:
    """List profiles, oldest first, one more than the limit."""
    query = select(IssuerProfile).where(
        IssuerProfile.organization_id == actor.organization_id, IssuerProfile.status == status
    )
    if after is not None:
        query = query.where(IssuerProfile.id > after)
    return list(await tx.scalars(query.order_by(IssuerProfile.id).limit(limit + 1)))


async def find_mail_settings(
    tx: AsyncSession, organization_id: UUID, *, for_update: bool = False
) -> MailSettings | None:
    """Find how an organization's messages leave; None for as the platform's do."""
    query = select(MailSettings).where(MailSettings.organization_id == organization_id)
    if for_update:
        query = query.with_for_update()
    return await tx.scalar(query)


async def read_mail_settings(tx: AsyncSession, organization_id: UUID) -> MailSettings | None:
    """Find the same, to be read only."""
    rows = await rows_of(tx)
    found = await rows.first(_MAIL_SETTINGS, organization_id=organization_id)
    return None if found is None else plain(MailSettings, _MAIL_COLUMNS, found)


_MAIL_COLUMNS = names_of(MailSettings)
_MAIL_SETTINGS = Statement(
    select(*columns_of(MailSettings)).where(
        MailSettings.organization_id == bindparam("organization_id")
    )
)


async def logo(tx: AsyncSession, organization_id: UUID, sha256: str | None) -> bytes | None:
    """Give a stored logo's JPEG bytes."""
    if sha256 is None:
        return None
    rows = await rows_of(tx)
    found = await rows.first(_LOGO, organization_id=organization_id, sha256=sha256)
    return None if found is None else found[0]


_LOGO = Statement(
    select(Logo.jpeg).where(
        Logo.organization_id == bindparam("organization_id"), Logo.sha256 == bindparam("sha256")
    )
)


async def find_user_by_email(tx: AsyncSession, email: str) -> User | None:
    """Find a user by address, whatever its case."""
    return await tx.scalar(select(User).where(User.email == email.lower()))


async def find_session_token(
    tx: AsyncSession, token_hash: bytes, *, for_update: bool = False
) -> tuple[SessionToken, Session, User] | None:
    """Find a token with its session and user, by the token's hash."""
    query = (
        select(SessionToken, Session, User)
        .join(Session, Session.id == SessionToken.session_id)
        .join(User, User.id == Session.user_id)
        .where(SessionToken.token_hash == token_hash)
    )
    if for_update:
        query = query.with_for_update(of=Session)
    row = (await tx.execute(query)).first()
    return (row[0], row[1], row[2]) if row else None


@dataclass(frozen=True, slots=True)
class Seat:
    """A session's token, its user, and one organization where the user is active."""

    kind: str
    expires_at: datetime
    revoked_at: datetime | None
    authenticated_at: datetime
    user_id: UUID
    user_status: str
    organization_id: UUID
    name: str
    team: str | None
    access_role_id: UUID


async def seats(rows: Rows, token_hash: bytes, organization_id: UUID | None) -> Sequence[Seat]:
    """Find what a session's token opens, oldest membership first, and enter it if it is one.

    Args:
        rows: The transaction. Nearly every request begins with this.
        token_hash: Of the token.
        organization_id: The only one of interest; None for all.
    """
    if organization_id is None:
        found = await rows.all(_SEATS, token_hash=token_hash)
    else:
        found = await rows.all(_SEAT_IN, token_hash=token_hash, organization_id=organization_id)
    return [Seat(*row[:-1]) for row in found]


_OPENED = (
    select(
        SessionToken.kind,
        SessionToken.expires_at,
        Session.revoked_at,
        Session.authenticated_at,
        User.id.label("user_id"),
        User.status.label("user_status"),
        Membership.organization_id,
        Membership.name,
        Membership.team,
        Membership.access_role_id,
        entering(Membership.organization_id),
    )
    .join(Session, Session.id == SessionToken.session_id)
    .join(User, User.id == Session.user_id)
    .join(Membership, Membership.user_id == User.id)
    .where(SessionToken.token_hash == bindparam("token_hash"), Membership.status == "active")
    .order_by(Membership.created_at)
)
_SEATS = Statement(_OPENED)
_SEAT_IN = Statement(_OPENED.where(Membership.organization_id == bindparam("organization_id")))


async def memberships(tx: AsyncSession, user_id: UUID) -> list[Membership]:
    """List where a user is active, oldest membership first."""
    query = select(Membership).where(Membership.user_id == user_id, Membership.status == "active")
    return list(await tx.scalars(query.order_by(Membership.created_at)))


async def may_own(tx: AsyncSession, actor: Actor, user_id: UUID | None) -> bool:
    """Tell whether the actor may make a row somebody's: an active colleague they see.

    None, for nobody's, is for those who see all.
    """
    if user_id is None:
        return actor.visibility == Visibility.ALL
    found = await tx.scalar(
        select(Membership.user_id)
        .join(User, User.id == Membership.user_id)
        .where(
            Membership.organization_id == actor.organization_id,
            Membership.user_id == user_id,
            Membership.status == "active",
            User.status == "active",
            sees(actor, Membership.user_id),
        )
    )
    return found is not None


async def access_role(
    rows: Rows, organization_id: UUID, role_id: UUID
) -> tuple[AccessRole, Organization]:
    """Give one access role of the organization entered, and the organization.

    Both to be read only.

    Raises:
        NotFound: There is none.
    """
    row = await rows.first(_ROLE, organization_id=organization_id, role_id=role_id)
    if row is None:
        raise NotFound
    names = names_of(AccessRole)
    return plain(AccessRole, names, row), plain(Organization, _NAMES, row[len(names) :])


async def entered(rows: Rows, organization_id: UUID) -> Organization:
    """Give the organization entered, to be read only.

    Raises:
        NotFound: It is not the one entered.
    """
    row = await rows.first(_ENTERED, organization_id=organization_id)
    if row is None:
        raise NotFound
    return plain(Organization, _NAMES, row)


_NAMES = names_of(Organization)
_ENTERED = Statement(
    select(*columns_of(Organization)).where(Organization.id == bindparam("organization_id"))
)
_ROLE = Statement(
    select(*columns_of(AccessRole), *columns_of(Organization))
    .join(Organization, Organization.id == AccessRole.organization_id)
    .where(
        AccessRole.organization_id == bindparam("organization_id"),
        AccessRole.id == bindparam("role_id"),
    )
)


async def find_api_key(rows: Rows, key_hash: bytes, *, at: datetime) -> ApiKey | None:
    """Find a key that is neither revoked nor expired, by its keyed hash; to be read only.

    Its organization is entered.
    """
    row = await rows.first(_KEY, key_hash=key_hash)
    if row is None:
        return None
    key = plain(ApiKey, names_of(ApiKey), row)
    is_over = key.expires_at is not None and key.expires_at <= at
    return None if is_over or key.revoked_at is not None else key


async def note_use(rows: Rows, key: ApiKey, *, at: datetime) -> None:
    """Note when an API key was last used."""
    await rows.all(_USED, key_id=key.id, at=at)


_KEY = Statement(
    select(*columns_of(ApiKey), entering(ApiKey.organization_id)).where(
        ApiKey.key_hash == bindparam("key_hash")
    )
)
_USED = Statement(
    update(ApiKey).where(ApiKey.id == bindparam("key_id")).values(last_used_at=bindparam("at"))
)


async def list_api_keys(
    tx: AsyncSession, actor: Actor, *, before: UUID | None, limit: int
) -> list[ApiKey]:
    """List an organization's keys, newest first, one more than the limit."""
    query = select(ApiKey).where(ApiKey.organization_id == actor.organization_id)
    if before is not None:
        query = query.where(ApiKey.id < before)
    return list(await tx.scalars(query.order_by(ApiKey.id.desc()).limit(limit + 1)))


async def get_api_key(tx: AsyncSession, actor: Actor, key_id: UUID) -> ApiKey:
    """Give one key of the actor's organization.

    Raises:
        NotFound: There is none.
    """
    key = await tx.scalar(
        select(ApiKey).where(ApiKey.organization_id == actor.organization_id, ApiKey.id == key_id)
    )
    if key is None:
        raise NotFound
    return key


async def list_audit_entries(
    tx: AsyncSession, actor: Actor, wanted: AuditQuery, *, before: UUID | None
) -> list[AuditEntry]:
    """List administrative changes, newest first, one more than the limit."""
    query = select(AuditEntry).where(AuditEntry.organization_id == actor.organization_id)
    for name in ("action", "actor_id", "subject_type", "subject_id"):
        value = getattr(wanted, name)
        if value is not None:
            query = query.where(getattr(AuditEntry, name) == value)
    if wanted.from_ is not None:
        query = query.where(AuditEntry.occurred_at >= wanted.from_)
    if wanted.to is not None:
        query = query.where(AuditEntry.occurred_at < wanted.to)
    if before is not None:
        query = query.where(AuditEntry.id < before)
    return list(await tx.scalars(query.order_by(AuditEntry.id.desc()).limit(wanted.limit + 1)))


async def origins_of(tx: AsyncSession, organization_id: UUID) -> Sequence[str]:
    """List the front ends that may read an organization's answers."""
    own = select(AllowedOrigin.origin).where(AllowedOrigin.organization_id == organization_id)
    return list(await tx.scalars(own.order_by(AllowedOrigin.origin)))


async def allowed_origins(tx: AsyncSession) -> dict[str, frozenset[UUID]]:
    """Give every front end with the organizations that list it."""
    rows = await tx.execute(
        select(AllowedOrigin.origin, func.array_agg(AllowedOrigin.organization_id)).group_by(
            AllowedOrigin.origin
        )
    )
    return {origin: frozenset(organization_ids) for origin, organization_ids in rows}
