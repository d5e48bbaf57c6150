"""Verb: add a letterhead to the organization; series then name it."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.kernel.actor import Actor, Permission
from app.kernel.findings import Findings
from app.kernel.identifiers import new_id
from app.organizations import letterheads
from app.organizations.auditing import audit, difference
from app.organizations.models import IssuerProfile
from app.organizations.settings_schemas import IssuerProfileCreate


async def create(
    tx: AsyncSession, actor: Actor, body: IssuerProfileCreate, *, at: datetime
) -> IssuerProfile:
    """Enter a profile.

    Raises:
        Invalid: Fields are wrong; all are named.
    """
    actor.require(Permission.SETTINGS_WRITE)
    came = body.model_dump()
    findings = Findings()
    stored = came | letterheads.checked({name: came[name] for name in letterheads.FIELDS}, findings)
    findings.require_none()
    profile = IssuerProfile(
        organization_id=actor.organization_id,
        id=new_id(),
        **stored,
        status="active",
        created_at=at,
        version=1,
    )
    tx.add(profile)
    await tx.flush()
    told = difference({}, stored)
    await audit(tx, actor, "issuer_profile.created", "issuer_profile", profile.id, told, at=at)
    return profile
