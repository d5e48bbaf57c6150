"""What can happen to a contact, as history tells it."""

from collections.abc import Mapping, Sequence

from pydantic import JsonValue

from app.contacts.models import Contact
from app.events.record import Fact, Group


def _fact(kind: str, contact: Contact, payload: Mapping[str, JsonValue]) -> Fact:
    return Fact(
        kind=kind,
        group=Group.CHANGES,
        subject_type="contact",
        subject_id=contact.id,
        contact_id=contact.id,
        payload=payload,
    )


def created(contact: Contact) -> Fact:
    """The contact was entered."""
    return _fact("contact.created", contact, {"roles": [*contact.roles]})


def updated(contact: Contact, changes: Sequence[str]) -> Fact:
    """Fields changed; only their names are told."""
    return _fact("contact.updated", contact, {"changes": [*changes]})


def archived(contact: Contact) -> Fact:
    """The contact left the lists; its history stays."""
    return _fact("contact.archived", contact, {})
