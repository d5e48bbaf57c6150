"""Whose rows an actor sees: the one clause that every query of rows with an owner uses."""

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, bindparam, select, true
from sqlalchemy.orm import InstrumentedAttribute

from app.kernel.actor import Actor, ActorKind, Visibility
from app.organizations.models import Membership

Owner = InstrumentedAttribute[UUID] | InstrumentedAttribute[UUID | None] | ColumnElement[Any]


def stand_in(actor: Actor) -> Actor:
    """Give an actor of named parameters, for a statement written once per visibility.

    `values_of` gives the parameters. Two stand-ins of the same visibility are equal.
    """
    visibility = actor.visibility
    if visibility == Visibility.TEAM and actor.team is None:
        visibility = Visibility.OWN
    return _STAND_INS[visibility]


def values_of(actor: Actor) -> dict[str, object]:
    """Give the values of the parameters a stand-in is made of."""
    return {
        "organization_id": actor.organization_id,
        "actor_id": actor.id,
        "team": actor.team,
    }


def _stand_in(visibility: Visibility) -> Actor:
    def parameter(name: str) -> Any:  # noqa: ANN401 - in the place of a value of any type
        return bindparam(name)

    return Actor(
        ActorKind.USER,
        parameter("organization_id"),
        parameter("actor_id"),
        "",
        visibility=visibility,
        team=parameter("team"),
    )


_STAND_INS = {visibility: _stand_in(visibility) for visibility in Visibility}


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
