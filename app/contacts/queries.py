"""Reading contacts; tenancy is in every query."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from app.contacts.models import Contact
from app.contacts.schemas import ContactQuery
from app.contacts.search import fold
from app.kernel.actor import Actor
from app.kernel.errors import NotFound
from app.kernel.tax_ids import compact

_PARTS = (
    selectinload(Contact.emails),
    selectinload(Contact.phones),
    selectinload(Contact.addresses),
    selectinload(Contact.persons),
    selectinload(Contact.bank_accounts),
)


async def get(
    tx: AsyncSession, actor: Actor, contact_id: UUID, *, for_update: bool = False
) -> Contact:
    """Give one contact of the actor's organization, whole.

    Raises:
        NotFound: There is none.
    """
    query = _of(actor).where(Contact.id == contact_id).options(*_PARTS)
    if for_update:
        query = query.with_for_update()
    contact = await tx.scalar(query.execution_options(populate_existing=True))
    if contact is None:
        raise NotFound
    return contact


async def list_contacts(
    tx: AsyncSession,
    actor: Actor,
    wanted: ContactQuery,
    *,
    after: tuple[str, UUID] | None,
    limit: int,
) -> Sequence[Contact]:
    """List contacts by name, one more than the limit.

    Args:
        tx: The request's transaction.
        actor: Whose contacts.
        wanted: The filters.
        after: Search name and id of the last contact seen.
        limit: How many belong to the page.
    """
    query = _of(actor).where(Contact.status == wanted.status).options(*_PARTS)
    if wanted.q:
        query = query.where(_matching(wanted.q))
    if wanted.role is not None:
        query = query.where(Contact.roles.contains([wanted.role.value]))
    if wanted.salesperson_id is not None:
        query = query.where(Contact.assigned_salesperson_id == wanted.salesperson_id)
    if wanted.tag is not None:
        query = query.where(Contact.tags.contains([wanted.tag]))
    if after is not None:
        query = query.where(tuple_(Contact.search_name, Contact.id) > tuple_(*after))
    return list(await tx.scalars(query.order_by(Contact.search_name, Contact.id).limit(limit + 1)))


async def find_active_with_tax_id(
    tx: AsyncSession, actor: Actor, country: str, tax_id: str, *, but: UUID
) -> UUID | None:
    """Find who else holds a tax id among active contacts, and keep others from taking it.

    The lock lasts to the end of the transaction: of two that look up the same id at
    once, the second waits and sees what the first made of it.
    """
    key = f"contacts|{actor.organization_id}|{country}|{tax_id}"
    await tx.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(key, 0))))
    return await tx.scalar(
        select(Contact.id)
        .where(
            Contact.organization_id == actor.organization_id,
            Contact.id != but,
            Contact.tax_id_country == country,
            Contact.tax_id == tax_id,
            Contact.status == "active",
        )
        .order_by(Contact.allow_duplicate, Contact.id)
        .limit(1)
    )


async def ancestors(tx: AsyncSession, actor: Actor, contact_id: UUID) -> set[UUID]:
    """Give a contact's id, its parent's, and so on; and keep others from moving any of them.

    The lock lasts to the end of the transaction: of two that would close a circle
    together, the second waits and sees what the first made of it.
    """
    key = f"contacts|{actor.organization_id}|parents"
    await tx.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(key, 0))))
    own = Contact.organization_id == actor.organization_id
    chain = (
        select(Contact.id, Contact.parent_contact_id)
        .where(own, Contact.id == contact_id)
        .cte("chain", recursive=True)
    )
    above = select(Contact.id, Contact.parent_contact_id).where(
        own, Contact.id == chain.c.parent_contact_id
    )
    return set(await tx.scalars(select(chain.union(above).c.id)))


def _of(actor: Actor) -> Select[Contact]:
    return select(Contact).where(Contact.organization_id == actor.organization_id)


def _matching(text: str) -> ColumnElement[bool]:
    """Every word occurs, or the whole is a tax id as people write it."""
    words = fold(text).split()
    condition = and_(*(Contact.search_text.contains(word, autoescape=True) for word in words))
    tax_id = compact(text).lower()
    if any(char.isdigit() for char in tax_id):
        condition = or_(condition, Contact.search_text.contains(tax_id, autoescape=True))
    return condition
