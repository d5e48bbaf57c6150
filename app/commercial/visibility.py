"""Which actions an actor sees: their own to do, and those for their contacts."""

from sqlalchemy import ColumnElement, or_, true

from app.commercial.models import CommercialAction
from app.contacts.visibility import sees_contact_of
from app.kernel.actor import Actor, Visibility
from app.organizations.visibility import sees


def sees_action(actor: Actor) -> ColumnElement[bool]:
    """Tell whether the actor sees an action, in a query of actions."""
    if actor.visibility == Visibility.ALL:
        return true()
    return or_(
        sees(actor, CommercialAction.assigned_to),
        sees_contact_of(actor, CommercialAction.contact_id),
    )
