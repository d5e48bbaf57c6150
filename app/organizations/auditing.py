"""Verb: write down who changed what in the organization's administration.

Entries are append-only and hash-chained like facts (`app/events/sequencing.py`); they
are evidence for the organization, while a timeline is for reading.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from uuid import UUID

import structlog
from pydantic import JsonValue
from pydantic_core import to_jsonable_python
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.kernel.actor import Actor, ActorKind
from app.kernel.database import enter_organization, entered_organization
from app.kernel.identifiers import new_id
from app.organizations import queries
from app.organizations.models import AuditEntry, User

Changes = Mapping[str, tuple[object, object]]
"""By field, its value before and after."""

_SECRET = re.compile("password|secret|token|hash")


async def audit(
    tx: AsyncSession,
    actor: Actor,
    action: str,
    subject_type: str,
    subject_id: UUID,
    changes: Changes,
    *,
    at: datetime,
) -> None:
    """Write one entry into the caller's transaction.

    Args:
        tx: The caller's transaction, the organization entered.
        actor: Who did it.
        action: Dotted and in the past tense, such as `api_key.created`.
        subject_type: What kind of thing was changed, such as `api_key`.
        subject_id: Which one.
        changes: What became what; see `difference`. Of a field named like a secret only
            the fact that it changed is kept.
        at: When.
    """
    await tx.execute(
        insert(AuditEntry).values(
            organization_id=actor.organization_id,
            id=new_id(),
            occurred_at=at,
            actor_kind=actor.kind.value,
            actor_id=actor.id,
            actor_name=actor.name,
            action=action,
            subject_type=subject_type,
            subject_id=subject_id,
            changes=list(_written(changes)),
            request_id=structlog.contextvars.get_contextvars().get("request_id"),
        )
    )


async def audit_everywhere(
    tx: AsyncSession, user: User, action: str, changes: Changes | None = None, *, at: datetime
) -> None:
    """Write what a user did to their own account into every organization they belong to.

    The organization entered before is entered again.
    """
    entered = await entered_organization(tx)
    for membership in await queries.memberships(tx, user.id):
        await enter_organization(tx, membership.organization_id)
        actor = Actor(ActorKind.USER, membership.organization_id, user.id, membership.name)
        await audit(tx, actor, action, "user", user.id, changes or {}, at=at)
    await enter_organization(tx, entered)


def difference(before: Mapping[str, object], after: Mapping[str, object]) -> Changes:
    """Give the fields that differ; what is absent on one side counts as None (pure)."""
    names = [*before, *(name for name in after if name not in before)]
    pairs = {name: (before.get(name), after.get(name)) for name in names}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def _written(changes: Changes) -> Iterator[dict[str, JsonValue]]:
    for field, (before, after) in changes.items():
        is_secret = _SECRET.search(field) is not None
        yield {
            "field": field,
            "before": None if is_secret else to_jsonable_python(before),
            "after": None if is_secret else to_jsonable_python(after),
        }
