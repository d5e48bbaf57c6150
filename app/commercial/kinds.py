"""Verbs: the kinds of action an organization distinguishes; those it begins with."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.commercial.kind_schemas import KindChanges, KindCreate
from app.commercial.models import ActionKind
from app.kernel.actor import Actor, Permission
from app.kernel.identifiers import new_id
from app.kernel.wording import wording
from app.organizations.auditing import audit, difference
from app.organizations.models import Organization

FIRST = {
    "call": "#1d4ed8", "visit": "#0f766e", "meeting": "#7c3aed", "email": "#0369a1",
    "whatsapp": "#15803d", "task": "#475569", "quote_follow_up": "#b45309",
    "payment_follow_up": "#b91c1c", "renewal": "#a16207", "other": "#6b7280",
}  # fmt: skip
"""Codes and colors an organization begins with."""


async def create_defaults(tx: AsyncSession, organization: Organization, *, at: datetime) -> None:
    """Give an organization the usual kinds, named in its language."""
    words = wording("commercial", organization.default_language)
    for code, color in FIRST.items():
        tx.add(
            ActionKind(
                organization_id=organization.id,
                id=new_id(),
                code=code,
                name=words(f"kind.{code}"),
                color=color,
                status="active",
                created_at=at,
                version=1,
            )
        )
    await tx.flush()


async def create(tx: AsyncSession, actor: Actor, body: KindCreate, *, at: datetime) -> ActionKind:
    """Add a kind; a code that is taken is refused by the table's constraint."""
    actor.require(Permission.SETTINGS_WRITE)
    kind = ActionKind(
        organization_id=actor.organization_id,
        id=new_id(),
        code=body.code,
        name=body.name,
        color=body.color,
        status="active",
        created_at=at,
        version=1,
    )
    tx.add(kind)
    await tx.flush()
    told = difference({}, body.model_dump())
    await audit(tx, actor, "action_kind.created", "action_kind", kind.id, told, at=at)
    return kind


async def edit(
    tx: AsyncSession, actor: Actor, kind: ActionKind, body: KindChanges, *, at: datetime
) -> None:
    """Change a kind, read for update; actions that name it stay as they are."""
    actor.require(Permission.SETTINGS_WRITE)
    came = body.model_dump(exclude_unset=True)
    changes = difference({name: getattr(kind, name) for name in came}, came)
    if not changes:
        return
    for name, (_, value) in changes.items():
        setattr(kind, name, value)
    kind.version += 1
    await tx.flush()
    await audit(tx, actor, "action_kind.updated", "action_kind", kind.id, changes, at=at)
