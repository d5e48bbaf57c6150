"""Verbs: create, edit and archive a contact."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import inspect
from sqlalchemy.ext.asyncio import AsyncSession

from app.contacts import parts, queries
from app.contacts.events import archived, created, updated
from app.contacts.findings import Findings
from app.contacts.identity import Identity
from app.contacts.models import Contact
from app.contacts.schemas import ContactChanges, ContactDraft, ContactView
from app.events.record import record
from app.kernel.actor import Actor, Permission
from app.kernel.database import Base
from app.kernel.errors import Conflict
from app.kernel.identifiers import new_id
from app.organizations import queries as organizations

_PLAIN_FIELDS = (
    "allow_duplicate", "parent_contact_id", "language", "assigned_salesperson_id",
    "payment_terms_days", "equivalence_surcharge", "withholding_rate", "tags",
    "internal_notes", "status",
)  # fmt: skip
_DERIVED = {"id", "display_name", "version", "created_at", "updated_at"}


async def create(tx: AsyncSession, actor: Actor, draft: ContactDraft, *, at: datetime) -> Contact:
    """Enter a contact.

    Raises:
        Invalid: Fields are wrong; all are named.
        Conflict: Its tax id is an active contact's, and `allow_duplicate` was not said.
    """
    actor.require(Permission.CONTACTS_WRITE)
    contact = Contact(
        organization_id=actor.organization_id,
        id=new_id(),
        party_kind=draft.party_kind.value,
        tax_id_country=draft.tax_id_country,
        allow_duplicate=draft.allow_duplicate,
        status="active",
        emails=[],
        phones=[],
        addresses=[],
        persons=[],
        bank_accounts=[],
        created_at=at,
        updated_at=at,
    )
    await _write(tx, actor, contact, draft, ContactDraft.model_fields)
    tx.add(contact)
    await tx.flush()
    await record(tx, actor, created(contact), at=at)
    return contact


async def edit(
    tx: AsyncSession, actor: Actor, contact: Contact, changes: ContactChanges, *, at: datetime
) -> None:
    """Change a contact; fields that did not come are left alone.

    A body that changes nothing leaves no trace. Documents already issued keep what
    they say.

    Args:
        tx: The request's transaction.
        actor: Who edits.
        contact: Read for update.
        changes: The body; what came is in its `model_fields_set`.
        at: Now.

    Raises:
        Invalid: Fields are wrong; all are named.
        Conflict: Its tax id is another active contact's.
    """
    actor.require(Permission.CONTACTS_WRITE)
    before = _told(contact)
    await _write(tx, actor, contact, changes, changes.model_fields_set)
    changed = [name for name, value in _told(contact).items() if value != before[name]]
    if changed:
        contact.updated_at = at
    await tx.flush()
    if "status" in changed and contact.status == "archived":
        changed.remove("status")
        await record(tx, actor, archived(contact), at=at)
    if changed:
        await record(tx, actor, updated(contact, changed), at=at)


async def archive(tx: AsyncSession, actor: Actor, contact: Contact, *, at: datetime) -> None:
    """Take a contact out of the lists; archiving it again changes nothing.

    Args:
        tx: The request's transaction.
        actor: Who archives.
        contact: Read for update.
        at: Now.
    """
    await edit(tx, actor, contact, ContactChanges(status="archived"), at=at)


async def _write(
    tx: AsyncSession,
    actor: Actor,
    contact: Contact,
    body: ContactDraft | ContactChanges,
    came: Collection[str],
) -> None:
    """Check what came against itself and what is there, then store it."""
    findings = Findings()
    changes = {name: getattr(body, name) for name in Identity.__slots__ if name in came}
    identity = contact.identity.changed(changes).checked(findings)
    lists = _lists(contact, body, came, findings)
    await _check_references(tx, actor, contact, body, came, findings)
    findings.require_none()
    plain = {name: getattr(body, name) for name in _PLAIN_FIELDS if name in came and name in body.__class__.model_fields}
    await _require_unclaimed(tx, actor, contact, identity, plain)
    await _replace(tx, contact, lists)
    contact.take_identity(identity)
    for name, value in plain.items():
        setattr(contact, name, value)
    if "roles" in came:
        contact.roles = [role.value for role in body.roles]
    contact.index()
