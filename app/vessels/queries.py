"""Reading vessels; tenancy is in every query."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Uuid, case, column, exists, or_, select, table, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from app.contacts import search
from app.contacts.search import EXACT, Sought
from app.kernel.actor import Actor, system
from app.kernel.errors import NotFound
from app.kernel.rows import rows_of
from app.vessels.models import Vessel, VesselParty
from app.vessels.schemas import VesselQuery
from app.vessels.visibility import sees_vessel

MARKS = ("registration_key", "hin", "mmsi")
"""What no two active vessels share without being told to."""

FINDABLE_VESSELS = table(
    "findable_vessels", column("organization_id", Uuid()), column("id", Uuid()), column("words")
)
"""The ids and words of the entered organization's vessels, searched by index."""

_PARTIES = selectinload(Vessel.all_parties).joinedload(VesselParty.contact)


async def get(
    tx: AsyncSession, actor: Actor, vessel_id: UUID, *, for_update: bool = False
) -> Vessel:
    """Give one vessel of the actor's organization, with its parties.

    Raises:
        NotFound: There is none that the actor sees.
    """
    query = _of(actor).where(Vessel.id == vessel_id).options(_PARTIES)
    if for_update:
        query = query.with_for_update(of=Vessel)
    vessel = await tx.scalar(query.execution_options(populate_existing=True))
    if vessel is None:
        raise NotFound
    return vessel


async def get_of_document(tx: AsyncSession, organization_id: UUID, vessel_id: UUID) -> Vessel:
    """Give a document's vessel: who sees the document may know what it is about."""
    return await get(tx, system(organization_id), vessel_id)


async def list_vessels(
    tx: AsyncSession,
    actor: Actor,
    wanted: VesselQuery,
    *,
    after: tuple[str, UUID] | None,
    limit: int,
) -> Sequence[Vessel]:
    """List vessels by name, one more than the limit.

    Args:
        tx: The request's transaction.
        actor: Whose vessels.
        wanted: The filters.
        after: Search name and id of the last vessel seen.
        limit: How many belong to the page.
    """
    query = _wanted(actor, wanted)
    key = (Vessel.search_name, Vessel.id)
    if after is not None:
        query = query.where(tuple_(*key) > tuple_(*after))
    return list(await tx.scalars(query.order_by(*key).limit(limit + 1)))


async def search_vessels(
    tx: AsyncSession,
    actor: Actor,
    wanted: VesselQuery,
    text: str,
    *,
    after: tuple[int, str, UUID] | None,
    limit: int,
) -> Sequence[tuple[Vessel, int]]:
    """List the vessels that match, closest first, each with how close it comes.

    Args:
        tx: The request's transaction.
        actor: Whose vessels.
        wanted: The filters.
        text: What is looked for; punctuation alone finds nothing.
        after: Closeness, search name and id of the last vessel seen.
        limit: How many belong to the page; one more is given.
    """
    sought = await search.read(await rows_of(tx), text)
    if not sought.words:
        return []
    closeness = _closeness(sought)
    found = select(FINDABLE_VESSELS.c.id).where(
        FINDABLE_VESSELS.c.organization_id == actor.organization_id, _matching(sought)
    )
    query = _wanted(actor, wanted).add_columns(closeness)
    query = query.where(Vessel.id == search.one_of(found))
    key = (-closeness, Vessel.search_name, Vessel.id)
    if after is not None:
        last, *rest = after
        query = query.where(tuple_(*key) > tuple_(-last, *rest))
    rows = await tx.execute(query.order_by(*key).limit(limit + 1))
    return [(vessel, close) for vessel, close in rows]


async def find_alike(tx: AsyncSession, actor: Actor, vessel: Vessel) -> UUID | None:
    """Find another active vessel that has one of a vessel's marks."""
    same = [
        getattr(Vessel, mark) == value for mark in MARKS if (value := getattr(vessel, mark, None))
    ]
    if not same:
        return None
    return await tx.scalar(
        select(Vessel.id)
        .where(
            Vessel.organization_id == actor.organization_id,
            Vessel.id != vessel.id,
            Vessel.status == "active",
            or_(*same),
        )
        .order_by(Vessel.allow_duplicate, Vessel.id)
        .limit(1)
    )


async def is_seen(tx: AsyncSession, actor: Actor, vessel_id: UUID) -> bool:
    """Tell whether the actor sees a vessel."""
    seen = select(Vessel.id).where(
        Vessel.organization_id == actor.organization_id, Vessel.id == vessel_id, sees_vessel(actor)
    )
    return await tx.scalar(seen) is not None


async def names_of(tx: AsyncSession, actor: Actor, contact_id: UUID) -> Sequence[str]:
    """List the names of the active vessels a contact owns now."""
    names = select(Vessel.name).where(
        Vessel.organization_id == actor.organization_id,
        Vessel.status == "active",
        _has_party(contact_id, VesselParty.role == "owner"),
    )
    return list(await tx.scalars(names.order_by(Vessel.name)))


def _of(actor: Actor) -> Select[Vessel]:
    own = Vessel.organization_id == actor.organization_id
    return select(Vessel).where(own, sees_vessel(actor))


def _wanted(actor: Actor, wanted: VesselQuery) -> Select[Vessel]:
    query = _of(actor).where(Vessel.status == wanted.status).options(_PARTIES)
    if wanted.tag is not None:
        query = query.where(Vessel.tags.contains([wanted.tag]))
    if wanted.contact_id is not None:
        query = query.where(_has_party(wanted.contact_id))
    return query


def _has_party(contact_id: UUID, *conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(
        VesselParty.organization_id == Vessel.organization_id,
        VesselParty.vessel_id == Vessel.id,
        VesselParty.contact_id == contact_id,
        VesselParty.valid_to.is_(None),
        *conditions,
    )


def _matching(sought: Sought) -> ColumnElement[bool]:
    """Every word occurs, or the whole is a mark as people write it."""
    words = FINDABLE_VESSELS.c.words
    if not sought.has_digits:
        return sought.in_words(words)
    return or_(sought.in_words(words), words.contains(sought.compact, autoescape=True))


def _closeness(sought: Sought) -> ColumnElement[int]:
    mark = sought.compact
    is_mark = or_(Vessel.registration_key == mark, Vessel.hin == mark.upper(), Vessel.mmsi == mark)
    return case((is_mark, EXACT), else_=sought.closeness(Vessel.words.expression))
