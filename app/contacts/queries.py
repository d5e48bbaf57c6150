"""Reading contacts; tenancy is in every query."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, case, func, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute, selectinload

from app.contacts import search
from app.contacts.models import Contact
from app.contacts.schemas import ContactQuery
from app.contacts.search import EXACT, FINDABLE_CONTACTS, Sought
from app.contacts.visibility import sees_contact
from app.kernel.actor import Actor
from app.kernel.errors import NotFound
from app.kernel.rows import rows_of

WHOLE = (
    Contact.emails,
    Contact.phones,
    Contact.addresses,
    Contact.persons,
    Contact.bank_accounts,
)
_PARTS = tuple(selectinload(part) for part in WHOLE)


async def get(
    tx: AsyncSession,
    actor: Actor,
    contact_id: UUID,
    *,
    for_update: bool = False,
    parts: Sequence[InstrumentedAttribute[Any]] = WHOLE,
) -> Contact:
    """Give one contact of the actor's organization.

    Args:
        tx: The request's transaction.
        actor: Whose contact.
        contact_id: Which.
        for_update: Whether to lock it.
        parts: Which of its lists to read, each with a statement of its own; another
            raises when it is touched.

    Raises:
        NotFound: There is none that the actor sees.
    """
    query = _of(actor).where(Contact.id == contact_id)
    query = query.options(*(selectinload(part) for part in parts))
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
    query = _wanted(actor, wanted)
    key = (Contact.search_name, Contact.id)
    if after is not None:
        query = query.where(tuple_(*key) > tuple_(*after))
    return list(await tx.scalars(query.order_by(*key).limit(limit + 1)))


async def search_contacts(
    tx: AsyncSession,
    actor: Actor,
    wanted: ContactQuery,
    text: str,
    *,
    after: tuple[int, str, UUID] | None,
    limit: int,
) -> Sequence[tuple[Contact, int]]:
    """List the contacts that match, each with how close it comes, one more than the limit.

    Closest first, equals by name. Closeness depends on the contact and the text alone, so
    pages fit together.

    Args:
        tx: The request's transaction.
        actor: Whose contacts.
        wanted: The filters.
        text: What is looked for; punctuation alone finds nothing.
        after: Closeness, search name and id of the last contact seen.
        limit: How many belong to the page.
    """
    sought = await search.read(await rows_of(tx), text)
    if not sought.words:
        return []
    closeness = _closeness(sought)
    query = _wanted(actor, wanted).add_columns(closeness)
    query = query.where(Contact.id == search.one_of(matching_ids(actor, _matching(sought))))
    key = (-closeness, Contact.search_name, Contact.id)
    if after is not None:
        last, *rest = after
        query = query.where(tuple_(*key) > tuple_(-last, *rest))
    rows = await tx.execute(query.order_by(*key).limit(limit + 1))
    return [(contact, close) for contact, close in rows]


def matching_ids(actor: Actor, condition: ColumnElement[bool]) -> Select[UUID]:
    """Select the ids of the organization's contacts whose words meet a condition."""
    own = FINDABLE_CONTACTS.c.organization_id == actor.organization_id
    return select(FINDABLE_CONTACTS.c.id).where(own, condition)


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


async def is_seen(tx: AsyncSession, actor: Actor, contact_id: UUID) -> bool:
    """Tell whether the actor sees a contact."""
    return await tx.scalar(_of(actor).where(Contact.id == contact_id)) is not None


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
        .where(own, Contact.id == contact_id, sees_contact(actor))
        .cte("chain", recursive=True)
    )
    above = select(Contact.id, Contact.parent_contact_id).where(
        own, Contact.id == chain.c.parent_contact_id
    )
    return set(await tx.scalars(select(chain.union(above).c.id)))


def _of(actor: Actor) -> Select[Contact]:
    own = Contact.organization_id == actor.organization_id
    return select(Contact).where(own, sees_contact(actor))


def _wanted(actor: Actor, wanted: ContactQuery) -> Select[Contact]:
    query = _of(actor).where(Contact.status == wanted.status).options(*_PARTS)
    if wanted.role is not None:
        query = query.where(Contact.roles.contains([wanted.role.value]))
    if wanted.salesperson_id is not None:
        query = query.where(Contact.assigned_salesperson_id == wanted.salesperson_id)
    if wanted.tag is not None:
        query = query.where(Contact.tags.contains([wanted.tag]))
    return query


def _matching(sought: Sought) -> ColumnElement[bool]:
    """Every word occurs, or the whole is a tax id as people write it."""
    words = FINDABLE_CONTACTS.c.words
    if not sought.has_digits:
        return sought.in_words(words)
    return or_(sought.in_words(words), words.contains(sought.compact, autoescape=True))


def _closeness(sought: Sought) -> ColumnElement[int]:
    tax_id = sought.compact.upper()
    is_tax_id = or_(Contact.tax_id == tax_id, Contact.vat_id == tax_id)
    return case((is_tax_id, EXACT), else_=sought.closeness(Contact.words.expression))
