"""Verbs: change the organization's own data; give it another logo, or none."""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from uuid import UUID
from zoneinfo import available_timezones

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.kernel.actor import Actor, Permission
from app.kernel.findings import Findings, Refused
from app.organizations import letterheads
from app.organizations.auditing import Changes, audit, difference
from app.organizations.models import Letterhead, Logo, Organization
from app.organizations.settings_schemas import OrganizationChanges

_DEFAULTS = (
    "default_language", "default_tax_rate", "quote_validity_days", "payment_terms_days",
    "simplified_activity",
)  # fmt: skip


async def edit(
    tx: AsyncSession,
    actor: Actor,
    organization: Organization,
    changes: OrganizationChanges,
    *,
    at: datetime,
) -> None:
    """Change the organization; fields that did not come are left alone.

    Documents already issued keep what they say. A body that changes nothing leaves no
    trace.

    Args:
        tx: The request's transaction.
        actor: Who edits.
        organization: Read for update.
        changes: The body; what came is in its `model_fields_set`.
        at: Now.

    Raises:
        Invalid: Fields are wrong; all are named.
        Forbidden: Tax id or IBAN would change, and the last sign-in is too old.
    """
    actor.require(Permission.SETTINGS_WRITE)
    came = {name: getattr(changes, name) for name in changes.model_fields_set}
    findings = Findings()
    stored = letterheads.checked(
        {name: value for name, value in came.items() if name in letterheads.FIELDS},
        findings,
        {name: getattr(organization, name) for name in letterheads.FIELDS},
    )
    stored |= {name: value for name, value in came.items() if name in _DEFAULTS}
    if "time_zone" in came:
        stored["time_zone"] = findings.take("/time_zone", _time_zone, changes.time_zone)
    findings.require_none()
    await _change(tx, actor, organization, stored, at=at)


async def set_logo(
    tx: AsyncSession, actor: Actor, organization: Organization, jpeg: bytes, *, at: datetime
) -> None:
    """Print a prepared logo from now on; documents already issued keep theirs."""
    actor.require(Permission.SETTINGS_WRITE)
    sha256 = await keep_logo(tx, organization.id, jpeg, at=at)
    await _change(tx, actor, organization, {"logo_sha256": sha256}, at=at)


async def remove_logo(
    tx: AsyncSession, actor: Actor, organization: Organization, *, at: datetime
) -> None:
    """Print no logo from now on."""
    actor.require(Permission.SETTINGS_WRITE)
    await _change(tx, actor, organization, {"logo_sha256": None}, at=at)


async def keep_logo(tx: AsyncSession, organization_id: UUID, jpeg: bytes, *, at: datetime) -> str:
    """Store a prepared logo beside those before it; give its SHA-256, in hex."""
    sha256 = hashlib.sha256(jpeg).hexdigest()
    await tx.execute(
        insert(Logo)
        .values(organization_id=organization_id, sha256=sha256, jpeg=jpeg, created_at=at)
        .on_conflict_do_nothing()
    )
    return sha256


def apply(actor: Actor, row: Letterhead, values: Mapping[str, object]) -> Changes:
    """Write values to a row; give what became what.

    Raises:
        Forbidden: Tax id or IBAN would change, and the last sign-in is too old.
    """
    changes = difference({name: getattr(row, name) for name in values}, values)
    if letterheads.SENSITIVE & changes.keys():
        actor.require_recent_sign_in()
    for name in changes:
        setattr(row, name, values[name])
    return changes


async def _change(
    tx: AsyncSession,
    actor: Actor,
    organization: Organization,
    values: Mapping[str, object],
    *,
    at: datetime,
) -> None:
    changes = apply(actor, organization, values)
    if not changes:
        return
    organization.version += 1
    await tx.flush()
    subject = ("organization", organization.id)
    await audit(tx, actor, "organization.updated", *subject, changes, at=at)


def _time_zone(name: str) -> str:
    if name not in _time_zones():
        raise Refused("time_zone.unknown")
    return name


@cache
def _time_zones() -> frozenset[str]:
    return frozenset(available_timezones())
