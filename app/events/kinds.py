"""Every kind of event there is, and how a timeline groups it."""

from collections.abc import Mapping

from app.events.record import Group

KINDS: Mapping[str, Group] = {
    "contact.created": Group.CHANGES,
    "contact.updated": Group.CHANGES,
    "contact.archived": Group.CHANGES,
    "document.created": Group.DOCUMENTS,
    "document.deleted": Group.DOCUMENTS,
    "document.issued": Group.DOCUMENTS,
    "document.viewed": Group.DOCUMENTS,
    "document.accepted": Group.DOCUMENTS,
    "document.rejected": Group.DOCUMENTS,
    "document.decision_withdrawn": Group.DOCUMENTS,
}
"""The public list of the contract, as far as something makes them; a kind stays once it is here."""
