"""Whom and what an action may name: a salesperson, a kind, and what is its contact's."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.commercial import queries
from app.contacts.models import ContactPerson
from app.documents import queries as documents
from app.kernel.actor import Actor, Permission
from app.kernel.errors import NotFound
from app.kernel.findings import Findings
from app.organizations import member_queries
from app.organizations import queries as organizations


@dataclass(frozen=True, slots=True)
class Assignee:
    """Who is to do an action.

    Attributes:
        time_zone: In which their days and hours are meant.
    """

    user_id: UUID
    name: str
    time_zone: str


async def find_assignee(
    tx: AsyncSession, actor: Actor, user_id: UUID, findings: Findings, *, pointer: str
) -> Assignee | None:
    """Find an active colleague whom the actor may give actions to; note who is none."""
    if not await organizations.may_own(tx, actor, user_id):
        findings.add(pointer, "reference.unknown")
        return None
    member = await member_queries.get_member(tx, actor, user_id)
    if Permission.COMMERCIAL_WRITE not in member.role.grants:
        findings.add(pointer, "assignee.permission")
        return None
    return await assignee_of(tx, actor, user_id)


async def assignee_of(tx: AsyncSession, actor: Actor, user_id: UUID) -> Assignee:
    """Give who does an action already, active or not."""
    membership = (await member_queries.get_member(tx, actor, user_id)).membership
    organization = await organizations.get(tx, actor.organization_id)
    return Assignee(user_id, membership.name, membership.time_zone or organization.time_zone)


async def check(
    tx: AsyncSession,
    actor: Actor,
    contact_id: UUID,
    named: Mapping[str, object],
    findings: Findings,
    *,
    below: str = "",
) -> None:
    """Note a kind that is not there, and a person or a document that is not the contact's.

    Args:
        tx: The request's transaction.
        actor: Who names them.
        contact_id: Whose action it is.
        named: What the body says, by field.
        findings: What is wrong so far.
        below: Pointer to where in the body the fields are.
    """
    kind = named.get("kind")
    if isinstance(kind, str) and await queries.find_kind(tx, actor, kind) is None:
        findings.add(f"{below}/kind", "reference.unknown")
    person_id = named.get("contact_person_id")
    if isinstance(person_id, UUID) and not await _is_person_of(tx, actor, contact_id, person_id):
        findings.add(f"{below}/contact_person_id", "reference.unknown")
    document_id = named.get("document_id")
    if isinstance(document_id, UUID) and not await _is_document_of(
        tx, actor, contact_id, document_id
    ):
        findings.add(f"{below}/document_id", "reference.unknown")
    if named.get("vessel_id") is not None:
        findings.add(f"{below}/vessel_id", "reference.unknown")


async def _is_person_of(tx: AsyncSession, actor: Actor, contact_id: UUID, person_id: UUID) -> bool:
    query = select(ContactPerson.id).where(
        ContactPerson.organization_id == actor.organization_id,
        ContactPerson.id == person_id,
        ContactPerson.contact_id == contact_id,
    )
    return await tx.scalar(query) is not None


async def _is_document_of(
    tx: AsyncSession, actor: Actor, contact_id: UUID, document_id: UUID
) -> bool:
    try:
        document = await documents.get(tx, actor, document_id)
    except NotFound:
        return False
    return document.contact_id == contact_id
