"""Verbs: let a calendar program read a user's agenda, and no more.

The feeds' table is read before an organization is entered: by the hash of the secret.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.commercial.calendar import Entry
from app.commercial.models import OPEN, ActionKind, AgendaFeed, CommercialAction
from app.contacts.models import Contact
from app.kernel.actor import Actor, ActorKind, Permission, system
from app.kernel.database import entering
from app.kernel.errors import Conflict, NotFound
from app.kernel.identifiers import hash_token, new_token
from app.organizations import member_queries
from app.organizations.auditing import audit

ENTRIES_MAX = 1000


async def find(tx: AsyncSession, actor: Actor) -> AgendaFeed | None:
    """Find the actor's feed; an API key has none."""
    return await tx.scalar(
        select(AgendaFeed)
        .where(AgendaFeed.organization_id == actor.organization_id, AgendaFeed.user_id == actor.id)
        .execution_options(populate_existing=True)
    )


async def open_feed(tx: AsyncSession, actor: Actor, *, at: datetime) -> tuple[AgendaFeed, str]:
    """Make the actor's feed with a new secret, which takes an older one's place.

    Returns:
        The feed, and the secret: it is kept as a hash alone.

    Raises:
        Conflict: An API key has no agenda.
    """
    if actor.kind != ActorKind.USER:
        raise Conflict(reason="no_own_agenda")
    token = new_token()
    made = {"token_hash": hash_token(token), "created_at": at}
    await tx.execute(
        insert(AgendaFeed)
        .values(organization_id=actor.organization_id, user_id=actor.id, version=1, **made)
        .on_conflict_do_update(
            index_elements=["organization_id", "user_id"],
            set_={**made, "version": AgendaFeed.version + 1},
        )
    )
    await _audit(tx, actor, "agenda_feed.opened", at=at)
    feed = await find(tx, actor)
    assert feed is not None  # noqa: S101 - it was just made
    return feed, token


async def close_feed(tx: AsyncSession, actor: Actor, *, at: datetime) -> None:
    """Revoke the actor's feed; where there is none, do nothing."""
    gone = await tx.scalar(
        delete(AgendaFeed)
        .where(AgendaFeed.organization_id == actor.organization_id, AgendaFeed.user_id == actor.id)
        .returning(AgendaFeed.user_id)
    )
    if gone is not None:
        await _audit(tx, actor, "agenda_feed.closed", at=at)


async def enter(tx: AsyncSession, token: str) -> tuple[UUID, UUID]:
    """Enter the organization that a secret opens; give it and the user.

    Raises:
        NotFound: The secret opens nothing, or its user may not see actions any more.
    """
    found = (
        await tx.execute(
            select(
                AgendaFeed.organization_id,
                AgendaFeed.user_id,
                entering(AgendaFeed.organization_id),
            ).where(AgendaFeed.token_hash == hash_token(token))
        )
    ).first()
    if found is None:
        raise NotFound
    organization_id, user_id, _ = found
    member = await member_queries.get_member(tx, system(organization_id), user_id)
    is_active = member.membership.status == "active" and member.user.status == "active"
    if not is_active or Permission.COMMERCIAL_READ not in member.role.grants:
        raise NotFound
    return organization_id, user_id


async def entries(tx: AsyncSession, organization_id: UUID, user_id: UUID) -> Sequence[Entry]:
    """List what a user has to do, the first due first; a thousand at most."""
    of_contact = and_(
        Contact.organization_id == CommercialAction.organization_id,
        Contact.id == CommercialAction.contact_id,
    )
    of_kind = and_(
        ActionKind.organization_id == CommercialAction.organization_id,
        ActionKind.code == CommercialAction.kind,
    )
    rows = await tx.execute(
        select(CommercialAction, Contact.display_name, ActionKind.name)
        .join(Contact, of_contact)
        .join(ActionKind, of_kind)
        .where(
            CommercialAction.organization_id == organization_id,
            CommercialAction.assigned_to == user_id,
            CommercialAction.state.in_(OPEN),
        )
        .order_by(CommercialAction.due_at, CommercialAction.id)
        .limit(ENTRIES_MAX)
    )
    return [Entry(*row) for row in rows]


async def _audit(tx: AsyncSession, actor: Actor, action: str, *, at: datetime) -> None:
    if actor.id is not None:
        await audit(tx, actor, action, "user", actor.id, {}, at=at)
