"""Which vessels an actor sees: those of contacts that are theirs to see."""

from sqlalchemy import ColumnElement, exists, true

from app.contacts.visibility import sees_contact_of
from app.kernel.actor import Actor, Visibility
from app.vessels.models import Vessel, VesselParty


def sees_vessel(actor: Actor) -> ColumnElement[bool]:
    """Tell whether the actor sees a vessel, in a query of vessels.

    Who sees some contacts only sees the vessels that one of them owns, runs or pays for
    now. What belongs to nobody is seen by those who see all.
    """
    if actor.visibility == Visibility.ALL:
        return true()
    return exists().where(
        VesselParty.organization_id == actor.organization_id,
        VesselParty.vessel_id == Vessel.id,
        VesselParty.valid_to.is_(None),
        sees_contact_of(actor, VesselParty.contact_id),
    )
