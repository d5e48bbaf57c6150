"""Verbs: change a letterhead, the organization's own or a profile; give it a logo, or none."""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import TypeAlias
from uuid import UUID
from zoneinfo import available_timezones

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.kernel.actor import Actor, Permission
from app.kernel.findings import Findings, Refused
from app.organizations import letterheads
from app.organizations.auditing import audit, difference
from app.organizations.models import IssuerProfile, Logo, Organization
from app.organizations.settings_schemas import LetterheadChanges

Row: TypeAlias = Organization | IssuerProfile

_SUBJECTS: Mapping[type[Row], str] = {
    Organization: "organization",
    IssuerProfile: "issuer_profile",
}


async def edit(
    tx: AsyncSession, actor: Actor, row: Row, changes: LetterheadChanges, *, at: datetime
) -> None:
    """Change the organization or a profile; fields that did not come are left alone.

    Documents already issued keep what they say. A body that changes nothing leaves no
    trace.

    Args:
        tx: The request's transaction.
        actor: Who edits.
        row: Read for update.
        changes: The body; what came is in its `model_fields_set`.
        at: Now.

    Raises:
        Invalid: Fields are wrong; all are named.
        Forbidden: Tax id or IBAN would change, and the last sign-in is too old.
    """
    actor.require(Permission.SETTINGS_WRITE)
    came = {name: getattr(changes, name) for name in changes.model_fields_set}
    findings = Findings()
    present = {name: getattr(row, name) for name in letterheads.FIELDS}
    stored = came | letterheads.checked(
        {name: came[name] for name in letterheads.FIELDS if name in came}, findings, present
    )
    if "time_zone" in came:
        stored["time_zone"] = findings.take("/time_zone", time_zone, came["time_zone"])
    findings.require_none()
    await change(tx, actor, row, stored, at=at)


async def set_logo(tx: AsyncSession, actor: Actor, row: Row, jpeg: bytes, *, at: datetime) -> None:
    """Print a prepared logo from now on; documents already issued keep theirs."""
    actor.require(Permission.SETTINGS_WRITE)
    sha256 = await keep_logo(tx, actor.organization_id, jpeg, at=at)
    await change(tx, actor, row, {"logo_sha256": sha256}, at=at)


async def remove_logo(tx: AsyncSession, actor: Actor, row: Row, *, at: datetime) -> None:
    """Print no logo from now on."""
    actor.require(Permission.SETTINGS_WRITE)
    await change(tx, actor, row, {"logo_sha256": None}, at=at)


async def keep_logo(tx: AsyncSession, organization_id: UUID, jpeg: bytes, *, at: datetime) -> str:
    """Store a prepared logo beside those before it; give its SHA-256, in hex."""
    sha256 = hashlib.sha256(jpeg).hexdigest()
    await tx.execute(
        insert(Logo)
        .values(organization_id=organization_id, sha256=sha256, jpeg=jpeg, created_at=at)
        .on_conflict_do_nothing()
    )
    return sha256


async def change(
    tx: AsyncSession, actor: Actor, row: Row, values: Mapping[str, object], *, at: datetime
) -> None:
    """Write checked values to a row and to the audit, if any differs.

    Raises:
        Forbidden: Tax id or IBAN would change, and the last sign-in is too old.
    """
    changes = difference({name: getattr(row, name) for name in values}, values)
    if not changes:
        return
    if letterheads.SENSITIVE & changes.keys():
        actor.require_recent_sign_in()
    for name in changes:
        setattr(row, name, values[name])
    row.version += 1
    await tx.flush()
    subject = _SUBJECTS[type(row)]
    await audit(tx, actor, f"{subject}.updated", subject, row.id, changes, at=at)


def time_zone(name: str) -> str:
    """Check the name of a time zone.

    Raises:
        Refused: `time_zone.unknown`.
    """
    if name not in _time_zones():
        raise Refused("time_zone.unknown")
    return name


@cache
def _time_zones() -> frozenset[str]:
    return frozenset(available_timezones())
