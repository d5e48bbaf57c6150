"""Verbs: found an organization, give and take API keys, allow a front end."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import delete, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.kernel import reach
from app.kernel.actor import Actor, Permission, Visibility
from app.kernel.colors import HOUSE_ACCENT
from app.kernel.database import enter_organization
from app.kernel.errors import Fault, Forbidden, Invalid
from app.kernel.findings import Findings
from app.kernel.identifiers import new_id
from app.kernel.wording import wording
from app.organizations import letterheads, queries
from app.organizations.api_keys import hash_key, new_key
from app.organizations.auditing import audit, difference
from app.organizations.models import (
    AccessRole,
    AllowedOrigin,
    ApiKey,
    Membership,
    Organization,
    User,
)
from app.organizations.roles import PERMISSIONS, VISIBILITY, Template


@dataclass(frozen=True, slots=True)
class Founding:
    """What a new organization begins with; the rest has defaults."""

    name: str
    legal_name: str
    tax_id: str
    street: str
    postal_code: str
    city: str
    province: str
    email: str
    country: str = "ES"
    phone: str | None = None
    mercantile_registry: str | None = None
    iban: str | None = None
    time_zone: str = "Europe/Madrid"
    default_language: str = "es"
    accent_color: str = HOUSE_ACCENT
    footer: str = ""


async def found_organization(
    tx: AsyncSession,
    founding: Founding,
    *,
    admin_email: str,
    admin_name: str,
    password_hash: str,
    at: datetime,
) -> tuple[Organization, User]:
    """Create an organization and its first admin, and enter it.

    An admin whose address is known already joins with the account there is.

    Raises:
        Invalid: What is wrong with the legal data or the admin's address, all at once.
    """
    values = {name: getattr(founding, name) for name in founding.__slots__}
    findings = Findings()
    came = {name: values[name] for name in letterheads.FIELDS}
    values |= letterheads.checked(came, findings)
    findings.take("/admin_email", reach.email, admin_email)
    findings.require_none()
    organization = Organization(
        id=new_id(),
        **values,
        default_tax_rate=Decimal("21.00"),
        quote_validity_days=30,
        payment_terms_days=30,
        simplified_activity=False,
        payments_enabled=False,
        created_at=at,
        version=1,
    )
    await enter_organization(tx, organization.id)
    tx.add(organization)
    user = await queries.find_user_by_email(tx, admin_email)
    if user is None:
        user = User(
            id=new_id(),
            email=admin_email.lower(),
            name=admin_name,
            password_hash=password_hash,
            status="active",
            created_at=at,
        )
        tx.add(user)
    roles = _first_roles(organization)
    tx.add_all(roles)
    await tx.flush()
    tx.add(
        Membership(
            user_id=user.id,
            organization_id=organization.id,
            name=admin_name,
            access_role_id=next(one.id for one in roles if one.template == Template.ADMIN),
            status="active",
            created_at=at,
            version=1,
        )
    )
    await tx.flush()
    return organization, user


def _first_roles(organization: Organization) -> list[AccessRole]:
    """Give an organization the five templates as roles of its own, named in its language."""
    words = wording("access", organization.default_language)
    return [
        AccessRole(
            organization_id=organization.id,
            id=new_id(),
            name=words(f"role.{template}"),
            template=template.value,
            permissions=sorted(PERMISSIONS[template]),
            visibility=VISIBILITY[template].value,
            created_at=organization.created_at,
            version=1,
        )
        for template in Template
    ]


async def create_api_key(
    tx: AsyncSession,
    actor: Actor,
    *,
    name: str,
    scopes: Sequence[Permission],
    expires_at: datetime | None,
    pepper: bytes,
    at: datetime,
) -> tuple[ApiKey, str]:
    """Make a key with some of the actor's own permissions; give it once, whole.

    Raises:
        Forbidden: A scope goes beyond what the actor may do, or the actor does not see
            every row, as a key does.
        Invalid: It would have expired already.
    """
    for scope in scopes:
        actor.require(scope)
    if actor.visibility != Visibility.ALL:
        raise Forbidden(reason="permission_missing", extra={"permission": Visibility.ALL.value})
    if expires_at is not None and expires_at <= at:
        raise Invalid(faults=[Fault("/expires_at", "date.past")])
    secret, prefix = new_key()
    key = ApiKey(
        id=new_id(),
        organization_id=actor.organization_id,
        key_hash=hash_key(secret, pepper),
        prefix=prefix,
        name=name,
        scopes=sorted({scope.value for scope in scopes}),
        created_by=actor.id,
        created_at=at,
        expires_at=expires_at,
    )
    tx.add(key)
    await tx.flush()
    told = {"name": key.name, "scopes": key.scopes, "expires_at": expires_at}
    await audit(tx, actor, "api_key.created", "api_key", key.id, difference({}, told), at=at)
    return key, secret


async def revoke_api_key(tx: AsyncSession, actor: Actor, key: ApiKey, *, at: datetime) -> None:
    """End a key; ending it again changes nothing."""
    if key.revoked_at is not None:
        return
    key.revoked_at = at
    told = difference({}, {"revoked_at": at})
    await audit(tx, actor, "api_key.revoked", "api_key", key.id, told, at=at)


async def allow_origin(tx: AsyncSession, organization_id: UUID, origin: str) -> None:
    """Let a front end read the organization's answers."""
    await tx.execute(
        insert(AllowedOrigin)
        .values(organization_id=organization_id, origin=origin)
        .on_conflict_do_nothing()
    )


async def forbid_origin(tx: AsyncSession, organization_id: UUID, origin: str) -> None:
    """Let a front end no longer read the organization's answers."""
    await tx.execute(
        delete(AllowedOrigin).where(
            AllowedOrigin.organization_id == organization_id, AllowedOrigin.origin == origin
        )
    )


async def enable_payments(tx: AsyncSession, organization_id: UUID, *, is_enabled: bool) -> None:
    """Let the organization's documents be paid on line, or no longer; payments alone say so."""
    await tx.execute(
        update(Organization)
        .where(Organization.id == organization_id)
        .values(payments_enabled=is_enabled)
    )
