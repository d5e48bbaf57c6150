"""Verbs: create, edit and archive a contact."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import inspect
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm.attributes import flag_modified

from app.contacts import parts, queries
from app.contacts.events import archived, created, updated
from app.contacts.identity import Identity
from app.contacts.models import Contact
from app.contacts.schemas import ContactChanges, ContactDraft, ContactView
from app.events.record import record
from app.kernel.actor import Actor, Permission, Visibility, system
from app.kernel.database import Base
from app.kernel.errors import Conflict
from app.kernel.findings import Findings
from app.kernel.identifiers import new_id
from app.organizations import queries as organizations

_PLAIN_FIELDS = (
    "allow_duplicate", "parent_contact_id", "language", "assigned_salesperson_id",
    "payment_terms_days", "equivalence_surcharge", "withholding_rate", "tags",
    "internal_notes", "status",
)  # fmt: skip
_DERIVED = {"id", "display_name", "version", "created_at", "updated_at"}


async def create(tx: AsyncSession, actor: Actor, draft: ContactDraft, *, at: datetime) -> Contact:
    """Enter a contact; who sees some contacts only becomes its salesperson, if none is named.

    Raises:
        Invalid: Fields are wrong; all are named.
        Conflict: Its tax id is an active contact's, and `allow_duplicate` was not said.
    """
    actor.require(Permission.CONTACTS_WRITE)
    if draft.assigned_salesperson_id is None and actor.visibility != Visibility.ALL:
        draft = draft.model_copy(update={"assigned_salesperson_id": actor.id})
    contact = Contact(
        organization_id=actor.organization_id,
        id=new_id(),
        party_kind=draft.party_kind.value,
        tax_id_country=draft.tax_id_country,
        allow_duplicate=draft.allow_duplicate,
        status="active",
        vessel_names="",
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
        _touch(contact, at)
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
    actor.require(Permission.CONTACTS_WRITE)
    if contact.status == "archived":
        return
    contact.status = "archived"
    _touch(contact, at)
    await tx.flush()
    await record(tx, actor, archived(contact), at=at)


async def note_vessels(
    tx: AsyncSession, actor: Actor, contact_id: UUID, names: Sequence[str]
) -> None:
    """Let searches find a contact by the names of the vessels it owns.

    Also one that the actor does not see: whose vessel it was is told to nobody by this.
    """
    owner = system(actor.organization_id)
    contact = await queries.get(tx, owner, contact_id, for_update=True, parts=(Contact.emails,))
    contact.vessel_names = " ".join(names)
    contact.index()
    await tx.flush()


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
    identity = contact.identity.changed(changes)
    if changes:
        identity = identity.checked(findings)
    lists = _lists(contact, body, came, findings)
    plain = {name: getattr(body, name) for name in _PLAIN_FIELDS if name in came}
    await _check_references(tx, actor, contact, plain, findings)
    findings.require_none()
    await _require_unclaimed(tx, actor, contact, identity, plain)
    await _replace(tx, contact, lists)
    contact.take_identity(identity)
    for name, value in plain.items():
        setattr(contact, name, value)
    if "roles" in came:
        contact.roles = [role.value for role in body.roles]
    contact.index()


def _told(contact: Contact) -> dict[str, object]:
    """What a reader sees of a contact and an editor can change, to tell what did."""
    return ContactView.model_validate(contact).model_dump(exclude=_DERIVED)


def _touch(contact: Contact, at: datetime) -> None:
    """Note that the contact changed, so that its version grows.

    Its parts are other rows, and two changes can share an instant: neither would
    write the contact's own row.
    """
    contact.updated_at = at
    flag_modified(contact, "updated_at")


def _lists(
    contact: Contact,
    body: ContactDraft | ContactChanges,
    came: Collection[str],
    findings: Findings,
) -> Mapping[str, Sequence[Base]]:
    """Make rows of the lists that came."""
    lists: dict[str, Sequence[Base]] = {}
    if "emails" in came:
        lists["emails"] = parts.emails(body.emails, findings)
    if "phones" in came:
        lists["phones"] = parts.phones(body.phones, findings)
    if "addresses" in came:
        lists["addresses"] = parts.addresses(body.addresses, findings)
    if "persons" in came:
        lists["persons"] = parts.persons(body.persons, contact.persons, findings)
    if "bank_accounts" in came:
        lists["bank_accounts"] = parts.bank_accounts(body.bank_accounts, findings)
    return lists


async def _check_references(
    tx: AsyncSession,
    actor: Actor,
    contact: Contact,
    plain: Mapping[str, object],
    findings: Findings,
) -> None:
    """Note a salesperson who is no member, and a parent that is not there or depends on it.

    Who sees some contacts only gives none away to where they would not see it.
    """
    if "assigned_salesperson_id" in plain:
        owner = plain["assigned_salesperson_id"]
        owner_id = owner if isinstance(owner, UUID) else None
        if not await organizations.may_own(tx, actor, owner_id):
            findings.add("/assigned_salesperson_id", "reference.unknown")
    parent_id = plain.get("parent_contact_id")
    if isinstance(parent_id, UUID):
        if parent_id == contact.id:
            findings.add("/parent_contact_id", "reference.itself")
            return
        above = await queries.ancestors(tx, actor, parent_id)
        if not above:
            findings.add("/parent_contact_id", "reference.unknown")
        elif contact.id in above:
            findings.add("/parent_contact_id", "reference.circle")


async def _require_unclaimed(
    tx: AsyncSession,
    actor: Actor,
    contact: Contact,
    identity: Identity,
    plain: Mapping[str, object],
) -> None:
    """Refuse a tax id that another active contact has, unless sharing was said.

    Whoever already had it keeps it: only a change that claims it is looked at.
    """
    status = plain.get("status", contact.status)
    shares = plain.get("allow_duplicate", contact.allow_duplicate)
    if identity.tax_id is None or status != "active" or shares:
        return
    wanted = (identity.tax_id_country, identity.tax_id)
    held = (contact.tax_id_country, contact.tax_id)
    if wanted == held and contact.status == "active" and not contact.allow_duplicate:
        return
    holder = await queries.find_active_with_tax_id(tx, actor, *wanted, but=contact.id)
    if holder is not None:
        is_seen = await queries.is_seen(tx, actor, holder)
        extra = {"existing_id": str(holder)} if is_seen else {}
        raise Conflict(code="duplicate", extra=extra)


async def _replace(tx: AsyncSession, contact: Contact, lists: Mapping[str, Sequence[Base]]) -> None:
    """Put new lists in the place of the old ones.

    The old rows leave the database first: its unique indexes look at every statement,
    so a primary e-mail could not move one place down otherwise.
    """
    for name in lists:
        setattr(contact, name, [])
    if inspect(contact).persistent:
        await tx.flush()
    for name, rows in lists.items():
        setattr(contact, name, list(rows))
