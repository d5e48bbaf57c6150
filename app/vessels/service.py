"""Verbs: enter, change and archive a vessel, and hand it to another owner."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm.attributes import flag_modified

from app.contacts import queries as contacts
from app.contacts.service import note_vessels
from app.events.record import record
from app.kernel import places
from app.kernel.actor import Actor, Permission, Visibility
from app.kernel.errors import Conflict, NotFound
from app.kernel.findings import Findings
from app.kernel.identifiers import new_id
from app.organizations import queries as organizations
from app.vessels import marks, queries
from app.vessels.events import created, linked, transferred, unlinked, updated
from app.vessels.models import PartyRole, Vessel, VesselParty
from app.vessels.schemas import PartyBody, Transfer, VesselChanges, VesselDraft

_NORMAL = {
    "hin": marks.hin,
    "mmsi": marks.mmsi,
    "call_sign": marks.call_sign,
    "flag_country_code": places.country,
}
_PLAIN_FIELDS = (
    "name", "kind", "brand", "model", "year", "registration_number", "home_port", "length_m",
    "beam_m", "draft_m", "depth_m", "displacement_kg", "material", "berth", "storage_place",
    "notes", "tags", "allow_duplicate", "status",
)  # fmt: skip
_PAPERS = ("engines", "certificates", "insurance")
_CLAIMS = frozenset({"registration_number", "hin", "mmsi", "status", "allow_duplicate"})
"""Changes by which a vessel may come to have a mark that another has."""


async def create(tx: AsyncSession, actor: Actor, draft: VesselDraft, *, at: datetime) -> Vessel:
    """Enter a vessel; who sees some contacts only says which of theirs it belongs to.

    Raises:
        Invalid: Fields are wrong; all are named.
        Conflict: An active vessel has one of its marks, and `allow_duplicate` was not said.
    """
    actor.require(Permission.CONTACTS_WRITE)
    vessel = Vessel(
        organization_id=actor.organization_id,
        id=new_id(),
        status="active",
        all_parties=[],
        created_at=at,
        updated_at=at,
    )
    findings = Findings()
    today = await _today(tx, actor, at)
    if draft.owner_id is not None:
        await _check_contact(tx, actor, draft.owner_id, "/owner_id", findings)
        _check_past(draft.owned_since, today, "/owned_since", findings)
    elif actor.visibility != Visibility.ALL:
        findings.add("/owner_id", "missing")
    await _write(tx, actor, vessel, draft, VesselDraft.model_fields, today, findings)
    if draft.owner_id is not None:
        _own(vessel, draft.owner_id, draft.owned_since)
    tx.add(vessel)
    await tx.flush()
    await record(tx, actor, created(vessel, draft.owner_id), at=at)
    for party in vessel.all_parties:
        await record(tx, actor, linked(vessel, party), at=at)
    await _tell_contacts(tx, actor, draft.owner_id)
    return vessel


async def edit(
    tx: AsyncSession, actor: Actor, vessel: Vessel, changes: VesselChanges, *, at: datetime
) -> None:
    """Change a vessel; fields that did not come are left alone.

    A body that changes nothing leaves no trace. Documents already issued keep what
    they say.

    Args:
        tx: The request's transaction.
        actor: Who edits.
        vessel: Read for update.
        changes: The body; what came is in its `model_fields_set`.
        at: Now.

    Raises:
        Invalid: Fields are wrong; all are named.
        Conflict: Another active vessel has one of its marks.
    """
    actor.require(Permission.CONTACTS_WRITE)
    before, parties = _told(vessel), list(vessel.parties)
    today = await _today(tx, actor, at)
    came = changes.model_fields_set
    await _write(tx, actor, vessel, changes, came, today, Findings())
    after = _told(vessel)
    changed = [name for name, value in after.items() if value != before[name]]
    if not changed:
        return
    vessel.updated_at = at
    flag_modified(vessel, "updated_at")
    await tx.flush()
    owner = vessel.ownership
    owner_id = None if owner is None else owner.contact_id
    await record(tx, actor, updated(vessel, owner_id, changed), at=at)
    if "parties" in changed:
        await _record_links(tx, actor, vessel, parties, at=at)
    if {"name", "status"} & set(changed):
        await _tell_contacts(tx, actor, owner_id)


async def archive(tx: AsyncSession, actor: Actor, vessel: Vessel, *, at: datetime) -> None:
    """Take a vessel out of the lists; documents keep it, archiving again changes nothing."""
    await edit(tx, actor, vessel, VesselChanges(status="archived"), at=at)


async def transfer(
    tx: AsyncSession, actor: Actor, vessel: Vessel, to: Transfer, *, at: datetime
) -> None:
    """Give a vessel a new owner from a day on; its documents stay whose they are.

    Args:
        tx: The request's transaction.
        actor: Who notes it.
        vessel: Read for update: of two transfers at once the second follows the first.
        to: The new owner and the day.
        at: Now.

    Raises:
        Invalid: The contact is none to own it, or the day does not fit.
    """
    actor.require(Permission.CONTACTS_WRITE)
    findings = Findings()
    await _check_contact(tx, actor, to.contact_id, "/contact_id", findings)
    today = await _today(tx, actor, at)
    day = to.transferred_on or today
    _check_past(day, today, "/transferred_on", findings)
    old = vessel.ownership
    if old is not None:
        if old.contact_id == to.contact_id:
            findings.add("/contact_id", "owner.same")
        if old.valid_from is not None and day < old.valid_from:
            findings.add("/transferred_on", "date.before_owner")
    findings.require_none()
    if old is not None:
        old.valid_to = day
        await tx.flush()  # the index of present owners looks at every statement
    new = _own(vessel, to.contact_id, day)
    vessel.updated_at = at
    flag_modified(vessel, "updated_at")
    await tx.flush()
    for fact in transferred(vessel, old, new):
        await record(tx, actor, fact, at=at)
    await _tell_contacts(tx, actor, to.contact_id, None if old is None else old.contact_id)


def _own(vessel: Vessel, contact_id: UUID, since: date | None) -> VesselParty:
    party = VesselParty(
        organization_id=vessel.organization_id,
        id=new_id(),
        contact_id=contact_id,
        role=PartyRole.OWNER.value,
        position=len(vessel.owners),
        valid_from=since,
    )
    vessel.all_parties.append(party)
    return party


async def _write(
    tx: AsyncSession,
    actor: Actor,
    vessel: Vessel,
    body: VesselDraft | VesselChanges,
    came: Collection[str],
    today: date,
    findings: Findings,
) -> None:
    """Check what came against itself and what is there, then store it."""
    values: dict[str, object] = {
        name: getattr(body, name) for name in _PLAIN_FIELDS if name in came
    }
    for name, rule in _NORMAL.items():
        if name in came:
            raw = getattr(body, name)
            values[name] = None if raw is None else findings.take(f"/{name}", rule, raw)
    for name in _PAPERS:
        if name in came:
            values[name] = _as_json(getattr(body, name))
    parties = None
    if "parties" in came:
        parties = await _parties(tx, actor, vessel, body.parties, today, findings)
    findings.require_none()
    for name, value in values.items():
        setattr(vessel, name, value)
    if parties is not None:
        vessel.all_parties = [*reversed(vessel.owners), *parties]
    vessel.index()
    is_alone = vessel.status == "active" and not vessel.allow_duplicate
    if is_alone and _CLAIMS & set(came):
        await _require_unlike(tx, actor, vessel)


async def _require_unlike(tx: AsyncSession, actor: Actor, vessel: Vessel) -> None:
    with tx.no_autoflush:
        holder = await queries.find_alike(tx, actor, vessel)
        if holder is None:
            return
        is_seen = await queries.is_seen(tx, actor, holder)
    raise Conflict(code="duplicate", extra={"existing_id": str(holder)} if is_seen else {})


async def _parties(
    tx: AsyncSession,
    actor: Actor,
    vessel: Vessel,
    bodies: Sequence[PartyBody],
    today: date,
    findings: Findings,
) -> Sequence[VesselParty]:
    """Make rows of the parties that came; one that is there already stays the same row."""
    present = {_key(party): party for party in vessel.parties}
    rows, seen = [], set()
    for position, body in enumerate(bodies):
        pointer = f"/parties/{position}"
        if _key(body) in seen:
            findings.add(pointer, "party.repeated")
        seen.add(_key(body))
        party = present.get(_key(body))
        if party is None:
            await _check_contact(tx, actor, body.contact_id, f"{pointer}/contact_id", findings)
            party = VesselParty(
                organization_id=vessel.organization_id,
                id=new_id(),
                contact_id=body.contact_id,
                role=body.role,
            )
        _check_past(body.valid_to, today, f"{pointer}/valid_to", findings)
        if body.valid_from and body.valid_to and body.valid_to < body.valid_from:
            findings.add(f"{pointer}/valid_to", "date.before_start")
        party.position, party.valid_from, party.valid_to = (
            position, body.valid_from, body.valid_to,
        )  # fmt: skip
        rows.append(party)
    return rows


def _key(party: PartyBody | VesselParty) -> tuple[UUID, str]:
    return party.contact_id, party.role


async def _record_links(
    tx: AsyncSession, actor: Actor, vessel: Vessel, before: Sequence[VesselParty], *, at: datetime
) -> None:
    """Tell each contact that came to have to do with the vessel, or ceased to."""
    now = {_key(party) for party in vessel.parties}
    then = {_key(party) for party in before}
    for party in vessel.parties:
        if _key(party) not in then:
            await record(tx, actor, linked(vessel, party), at=at)
    for party in before:
        if _key(party) not in now:
            await record(tx, actor, unlinked(vessel, party), at=at)


async def _tell_contacts(tx: AsyncSession, actor: Actor, *contact_ids: UUID | None) -> None:
    """Let searches find owners by the names of their vessels."""
    for contact_id in sorted({one for one in contact_ids if one is not None}):
        await note_vessels(tx, actor, contact_id, await queries.names_of(tx, actor, contact_id))


async def _check_contact(
    tx: AsyncSession, actor: Actor, contact_id: UUID, pointer: str, findings: Findings
) -> None:
    try:
        contact = await contacts.get(tx, actor, contact_id, parts=())
    except NotFound:
        findings.add(pointer, "reference.unknown")
        return
    if contact.status != "active":
        findings.add(pointer, "contact.archived")


def _check_past(day: date | None, today: date, pointer: str, findings: Findings) -> None:
    if day is not None and day > today:
        findings.add(pointer, "date.future")


async def _today(tx: AsyncSession, actor: Actor, at: datetime) -> date:
    organization = await organizations.get(tx, actor.organization_id)
    return at.astimezone(ZoneInfo(organization.time_zone)).date()


def _as_json(value: BaseModel | Sequence[BaseModel] | None) -> object:
    if value is None:
        return None
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    return [one.model_dump(mode="json") for one in value]


def _told(vessel: Vessel) -> Mapping[str, object]:
    """What an editor can change of a vessel, to tell what did."""
    told = {name: getattr(vessel, name) for name in (*_PLAIN_FIELDS, *_NORMAL, *_PAPERS)}
    parties = [(*_key(one), one.valid_from, one.valid_to) for one in vessel.parties]
    return {**told, "parties": parties}
