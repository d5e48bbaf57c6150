"""Which contacts an actor sees: those of the salespeople whose rows are theirs to see."""

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, exists, true
from sqlalchemy.orm import InstrumentedAttribute, aliased

from app.contacts.models import Contact
from app.kernel.actor import Actor, Visibility
from app.organizations.visibility import sees

Reference = InstrumentedAttribute[UUID] | InstrumentedAttribute[UUID | None] | ColumnElement[Any]


def sees_contact(actor: Actor) -> ColumnElement[bool]:
    """Tell whether the actor sees a contact, in a query of contacts."""
    return sees(actor, Contact.assigned_salesperson_id)


def sees_contact_of(actor: Actor, contact_id: Reference) -> ColumnElement[bool]:
    """Tell whether the actor sees the contact that a row of another table names."""
    if actor.visibility == Visibility.ALL:
        return true()
    contact = aliased(Contact)
    return exists().where(
        contact.organization_id == actor.organization_id,
        contact.id == contact_id,
        sees(actor, contact.assigned_salesperson_id),
    )
