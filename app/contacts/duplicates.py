"""Who may be the same contact twice: candidates, each with what it shares."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    Select,
    Text,
    and_,
    func,
    literal,
    or_,
    select,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from app.contacts.models import Contact, ContactAddress, ContactEmail, ContactPhone
from app.contacts.queries import matching_ids
from app.contacts.search import FINDABLE_CONTACTS, one_of
from app.contacts.visibility import sees_contact
from app.kernel.actor import Actor

SHOWN_MAX = 50
"""Candidates shown; a contact that shares something with more shares nothing telling."""

NAME_ALIKE_MIN = 0.5
"""How alike two names are at least, by their trigrams, in the same postcode."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """Another contact that may be the same one.

    Attributes:
        contact: Without its parts.
        reasons: What both share: `tax_id`, `email`, `phone`, `name_and_place`.
    """

    contact: Contact
    reasons: Sequence[str]


async def candidates(tx: AsyncSession, actor: Actor, contact: Contact) -> Sequence[Candidate]:
    """Find active contacts that may be the same as one, those that share most first.

    Args:
        tx: The request's transaction.
        actor: Whose contacts.
        contact: Whole.
    """
    sharing = list(_sharing(actor, contact))
    if not sharing:
        return []
    found = union_all(*sharing).subquery()
    reasons = func.array_agg(found.c.reason.distinct(), type_=ARRAY(Text()))
    grouped = select(found.c.id, reasons.label("reasons")).group_by(found.c.id).subquery()
    rows = await tx.execute(
        select(Contact, grouped.c.reasons)
        .join(grouped, grouped.c.id == Contact.id)
        .where(
            Contact.organization_id == actor.organization_id,
            Contact.id != contact.id,
            Contact.status == "active",
            sees_contact(actor),
        )
        .order_by(func.cardinality(grouped.c.reasons).desc(), Contact.search_name, Contact.id)
        .limit(SHOWN_MAX)
    )
    return [Candidate(other, reasons) for other, reasons in rows]


def _sharing(actor: Actor, contact: Contact) -> Iterator[Select[UUID, str]]:
    """Select ids and one reason each, by whatever the contact has to compare."""
    if contact.tax_id is not None:
        same = and_(
            Contact.tax_id_country == contact.tax_id_country, Contact.tax_id == contact.tax_id
        )
        yield _select(actor, Contact, Contact.id, "tax_id").where(same)
    if contact.emails:
        yield _sharing_email(actor, [email.address.lower() for email in contact.emails])
    if contact.phones:
        numbers = [phone.number for phone in contact.phones]
        query = _select(actor, ContactPhone, ContactPhone.contact_id, "phone")
        yield query.where(ContactPhone.number.in_(numbers))
    places = [address for address in contact.addresses if address.postal_code]
    if places:
        yield _sharing_place(actor, contact.search_name, places)


def _sharing_email(actor: Actor, addresses: Sequence[str]) -> Select[UUID, str]:
    """Compare addresses whatever their case, among contacts whose words have one of them.

    Row-level security keeps `lower(address)` from being looked up by index.
    """
    words = FINDABLE_CONTACTS.c.words
    having = or_(*(words.contains(address, autoescape=True) for address in addresses))
    return _select(actor, ContactEmail, ContactEmail.contact_id, "email").where(
        ContactEmail.contact_id == one_of(matching_ids(actor, having)),
        func.lower(ContactEmail.address).in_(addresses),
    )


def _sharing_place(actor: Actor, name: str, places: Sequence[ContactAddress]) -> Select[UUID, str]:
    query = _select(actor, ContactAddress, ContactAddress.contact_id, "name_and_place")
    return query.join(
        Contact,
        and_(
            Contact.organization_id == ContactAddress.organization_id,
            Contact.id == ContactAddress.contact_id,
        ),
    ).where(
        ContactAddress.postal_code.in_([place.postal_code for place in places]),
        ContactAddress.country.in_([place.country for place in places]),
        func.similarity(Contact.search_name, name) >= NAME_ALIKE_MIN,
    )


def _select(
    actor: Actor,
    table: type[Contact | ContactAddress | ContactEmail | ContactPhone],
    contact_id: InstrumentedAttribute[UUID],
    reason: str,
) -> Select[UUID, str]:
    columns = (contact_id.label("id"), literal(reason, Text()).label("reason"))
    return select(*columns).where(table.organization_id == actor.organization_id)
