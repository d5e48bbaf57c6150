"""What can happen to a vessel, as the history of its contacts tells it."""

from collections.abc import Iterator, Mapping, Sequence
from uuid import UUID

from pydantic import JsonValue

from app.events.record import Fact, Group
from app.vessels.models import Vessel, VesselParty


def _fact(
    kind: str, vessel: Vessel, contact_id: UUID | None, payload: Mapping[str, JsonValue]
) -> Fact:
    return Fact(
        kind=kind,
        group=Group.CHANGES,
        subject_type="vessel",
        subject_id=vessel.id,
        contact_id=contact_id,
        vessel_id=vessel.id,
        payload={"vessel": vessel.name, **payload},
    )


def created(vessel: Vessel, owner_id: UUID | None) -> Fact:
    """The vessel was entered."""
    return _fact("vessel.created", vessel, owner_id, {})


def updated(vessel: Vessel, owner_id: UUID | None, changes: Sequence[str]) -> Fact:
    """Fields changed; only their names are told."""
    return _fact("vessel.updated", vessel, owner_id, {"changes": [*changes]})


def linked(vessel: Vessel, party: VesselParty) -> Fact:
    """A contact has to do with the vessel from now on."""
    return _fact("vessel.linked", vessel, party.contact_id, {"role": party.role})


def unlinked(vessel: Vessel, party: VesselParty) -> Fact:
    """A contact has nothing to do with the vessel any more, in one role."""
    return _fact("vessel.unlinked", vessel, party.contact_id, {"role": party.role})


def transferred(vessel: Vessel, old: VesselParty | None, new: VesselParty) -> Iterator[Fact]:
    """The vessel has another owner; each of the two is told."""
    day = str(new.valid_from)
    told: dict[str, JsonValue] = {
        "transferred_on": day,
        "from_contact_id": None if old is None else str(old.contact_id),
        "to_contact_id": str(new.contact_id),
    }
    if old is not None:
        yield _fact("vessel.transferred", vessel, old.contact_id, {**told, "direction": "out"})
    yield _fact("vessel.transferred", vessel, new.contact_id, {**told, "direction": "in"})
