"""Whose rows an actor sees: the one clause that every query of rows with an owner uses."""

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, select, true
from sqlalchemy.orm import InstrumentedAttribute

from app.kernel.actor import Actor, Visibility
from app.organizations.models import Membership

Owner = InstrumentedAttribute[UUID] | InstrumentedAttribute[UUID | None] | ColumnElement[Any]


def sees(actor: Actor, owner: Owner) -> ColumnElement[bool]:
    """Tell whether a row is of somebody whose rows the actor sees.

    What is nobody's is seen by those who see all.

    Args:
        actor: Their role says `own`, `team` or `all`; a user without a team is their own.
        owner: The column with the user whom the row belongs to.
    """
    if actor.visibility == Visibility.ALL:
        return true()
    if actor.visibility == Visibility.OWN or actor.team is None:
        return owner == actor.id
    return owner.in_(
        select(Membership.user_id).where(
            Membership.organization_id == actor.organization_id, Membership.team == actor.team
        )
    )
