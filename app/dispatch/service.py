"""Verbs: preview, send, send again, call off, renew a link."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from app.contacts.models import Contact
from app.dispatch import letters, queries, templating
from app.dispatch.events import cancelled
from app.dispatch.letters import Deadline, Letter, LetterKind, LetterOrder
from app.dispatch.models import EMAIL, LINK, RECEIPT, REMINDER, Dispatch, Recipient
from app.dispatch.promising import Addressee, Sender, project_delivery, promise
from app.dispatch.schemas import DispatchOrder, DispatchPreview
from app.documents import printable, states
from app.documents import queries as documents
from app.documents.drafting import conflict_facts, require_issued
from app.documents.links import ALL_RIGHTS, READS, Rights
from app.documents.models import Document
from app.documents.printable import Printable
from app.events.record import record
from app.kernel import reach
from app.kernel.actor import Actor, ActorKind, Permission, system
from app.kernel.errors import Conflict, Fault, Invalid
from app.kernel.findings import Findings
from app.kernel.identifiers import new_id
from app.organizations import queries as organizations
from app.organizations.models import Organization

SEND_AHEAD_MAX = timedelta(days=60)


@dataclass(frozen=True, slots=True)
class _Plan:
    """Everything an order comes down to, checked."""

    organization: Organization
    contact: Contact
    says: Printable
    kind: str
    language: str
    reply_to: str
    addressees: tuple[Addressee, ...]
    letter: Letter
    is_template_broken: bool


async def preview(
    tx: AsyncSession, actor: Actor, document: Document, order: DispatchOrder, *, at: datetime
) -> DispatchPreview:
    """Say what an order would send; nothing is stored.

    Raises:
        Conflict: The document cannot be sent.
        Invalid: An address is wrong, or there is none.
    """
    actor.require(Permission.DOCUMENTS_SEND)
    plan = await _plan(tx, actor, document, order, at=at)
    addresses = [one.address for one in plan.addressees]
    warnings = []
    if await queries.failed_before(tx, document.organization_id, addresses):
        warnings.append("address_failed")
    if states.is_expired(document, at.astimezone(_zone(plan.organization)).date()):
        warnings.append("document_expired")
    if not any(one.rights.can_decide for one in plan.addressees):
        warnings.append("nobody_can_decide")
    if plan.is_template_broken:
        warnings.append("template_failed")
    return DispatchPreview(
        to=[one.address for one in plan.addressees if one.kind == "to"],
        cc=[one.address for one in plan.addressees if one.kind == "cc"],
        subject=plan.letter.subject,
        body=plan.letter.body,
        body_text=plan.letter.text,
        body_html=plan.letter.html,
        language=plan.language,
        kind=plan.kind,
        attach_pdf=order.attach_pdf,
        reply_to=plan.reply_to,
        warnings=warnings,
    )


async def dispatch_document(
    tx: AsyncSession,
    actor: Actor,
    document: Document,
    order: DispatchOrder,
    sender: Sender,
    *,
    at: datetime,
) -> Dispatch:
    """Promise to send a document; the worker keeps the promise.

    Each address becomes a row with a message and a link of its own.

    Args:
        tx: The request's transaction.
        actor: Who sends.
        document: Read for update.
        order: To whom and in what words.
        sender: What sending needs.
        at: Now.

    Raises:
        Conflict: The document cannot be sent.
        Invalid: An address is wrong, or there is none, or `send_at` is too far off.
    """
    actor.require(Permission.DOCUMENTS_SEND)
    plan = await _plan(tx, actor, document, order, at=at)
    return await _promise(tx, actor, document, order, plan, sender, at=at)


async def _promise(
    tx: AsyncSession,
    actor: Actor,
    document: Document,
    order: DispatchOrder,
    plan: _Plan,
    sender: Sender,
    *,
    at: datetime,
) -> Dispatch:
    send_at = order.send_at if order.send_at and order.send_at > at else None
    if send_at is not None and send_at > at + SEND_AHEAD_MAX:
        raise Invalid(faults=[Fault("/send_at", "date.too_far")])
    dispatch = Dispatch(
        organization_id=document.organization_id,
        id=new_id(),
        document_id=document.id,
        revision=document.revision,
        contact_id=document.contact_id,
        kind=plan.kind,
        channel=EMAIL,
        subject=plan.letter.subject,
        body=plan.letter.body,
        body_text=plan.letter.text,
        body_html=plan.letter.html,
        language=plan.language,
        attach_pdf=order.attach_pdf,
        reply_to=plan.reply_to,
        send_at=send_at,
        created_by=None if actor.kind is ActorKind.CLIENT else actor.id,
        created_by_name=actor.name,
        created_at=at,
        recipients=[],
    )
    zone = _zone(plan.organization)
    await promise(tx, actor, document, dispatch, plan.addressees, sender, zone=zone, at=at)
    return dispatch


async def resend(
    tx: AsyncSession,
    actor: Actor,
    document: Document,
    earlier: Dispatch,
    sender: Sender,
    *,
    at: datetime,
) -> Dispatch:
    """Send an earlier dispatch's document to the same people again, with new links.

    Raises:
        Conflict: The document cannot be sent, or it was a receipt, which goes once, or a link
            that was handed over.
    """
    if earlier.channel != EMAIL:
        raise Conflict(reason="no_recipient", extra=conflict_facts(document))
    if earlier.kind == RECEIPT:
        raise Conflict(reason="receipt_goes_once", extra=conflict_facts(document))
    order = DispatchOrder(
        to=[one.address for one in earlier.recipients if one.kind == "to"],
        cc=[one.address for one in earlier.recipients if one.kind == "cc"],
        language=earlier.language,
        attach_pdf=earlier.attach_pdf,
        reply_to=earlier.reply_to,
    )
    return await dispatch_document(tx, actor, document, order, sender, at=at)


async def cancel(
    tx: AsyncSession, actor: Actor, document: Document, dispatch: Dispatch, *, at: datetime
) -> None:
    """Call off what has not left yet; calling it off again changes nothing.

    Raises:
        Conflict: A message left already, or may have.
    """
    actor.require(Permission.DOCUMENTS_SEND)
    if dispatch.cancelled_at is not None:
        return
    rows = [
        await queries.recipient(tx, dispatch.organization_id, one.id, for_update=True)
        for one in dispatch.recipients
    ]
    if any(row.queue_state != "ready" or row.state != "queued" for row in rows):
        raise Conflict(reason="already_sent", extra=conflict_facts(document))
    for row in rows:
        row.queue_state = "cancelled"
        row.become("cancelled", at=at)
        row.sealed_token = row.sealed_mime = None
    dispatch.cancelled_at = at
    await project_delivery(tx, document, at=at)
    await record(tx, actor, cancelled(dispatch, document), at=at)


async def renew_link(
    tx: AsyncSession, actor: Actor, document: Document, recipient: Recipient, sender: Sender,
    *, at: datetime,
) -> Dispatch:  # fmt: skip
    """Mail a new link to the very address an expired one went to, and to nobody else.

    Args:
        tx: The request's transaction.
        actor: The client behind the expired link.
        document: Read for update.
        recipient: Whose link expired, its dispatch loaded.
        sender: What sending needs.
        at: Now.

    Raises:
        Conflict: The document cannot be sent any more, or the link was not mailed.
    """
    if recipient.dispatch.channel != EMAIL:
        raise Conflict(reason="no_recipient", extra=conflict_facts(document))
    is_copy = recipient.kind == "cc"
    order = DispatchOrder(
        to=[] if is_copy else [recipient.address],
        cc=[recipient.address] if is_copy else [],
        language=recipient.dispatch.language,
        attach_pdf=False,
        reply_to=recipient.dispatch.reply_to,
    )
    plan = await _plan(tx, actor, document, order, at=at, kind=LINK)
    return await _promise(tx, actor, document, order, plan, sender, at=at)


async def remind(
    tx: AsyncSession,
    document: Document,
    deadline: Deadline,
    sender: Sender,
    *,
    attach_pdf: bool,
    at: datetime,
) -> Dispatch:
    """Remind of a document those it was last sent to, else the contact, in the document's words.

    Args:
        tx: One transaction.
        document: Read for update.
        deadline: The day it is about.
        sender: What sending needs.
        attach_pdf: Whether the PDF goes along again.
        at: Now.

    Raises:
        Conflict: The document cannot be sent any more.
        Invalid: Nobody can be written to.
    """
    to = await queries.last_addresses(tx, document)
    order = DispatchOrder(to=to or None, cc=[], attach_pdf=attach_pdf)
    actor = system(document.organization_id)
    plan = await _plan(tx, actor, document, order, at=at, kind=REMINDER, deadline=deadline)
    return await _promise(tx, actor, document, order, plan, sender, at=at)


async def _plan(
    tx: AsyncSession,
    actor: Actor,
    document: Document,
    order: DispatchOrder,
    *,
    at: datetime,
    kind: str | None = None,
    deadline: Deadline | None = None,
) -> _Plan:
    require_sendable(document)
    organization = await organizations.get(tx, document.organization_id)
    parts = (Contact.emails, Contact.persons)
    contact = await documents.contact_of(tx, document, parts=parts)
    revision = await documents.revision(
        tx, document.organization_id, document.id, document.revision
    )
    says = printable.from_json(revision.snapshot)
    findings = Findings()
    addressees = _addressees(contact, order, findings)
    mail = await organizations.read_mail_settings(tx, document.organization_id)
    reply_to = (mail.reply_to if mail else None) or organization.email
    if order.reply_to is not None:
        reply_to = findings.take("/reply_to", reach.email, order.reply_to) or reply_to
    findings.require_none()
    if kind != LINK and not any(one.kind == "to" for one in addressees):
        raise Invalid(reason="no_recipient", faults=[Fault("/to", "no_recipient")])
    if kind is None:
        kind = "resend" if document.dispatch_count else "first"
    language = order.language or document.language
    first = next((one for one in addressees if one.kind == "to"), addressees[0])
    letter_kind = LetterKind.of(kind, document.revision)
    own = await templating.words_for(
        tx, document.organization_id, says, letter_kind, language, actor.name
    )
    letter = letters.compose(
        LetterOrder(
            says=says,
            kind=letter_kind,
            language=language,
            sender_name=actor.name,
            to_name=first.name,
            address=first.address,
            can_decide=first.rights.can_decide,
            can_pay=first.rights.can_pay and _can_pay(document, organization, at),
            is_copy=first.rights == READS,
            attach_pdf=order.attach_pdf,
            has_logo=says.logo_sha256 is not None,
            subject=order.subject or own.subject,
            body=order.body or own.body,
            link=letters.LINK,
            deadline=deadline,
            due=document.due if kind == REMINDER else None,
        )
    )
    return _Plan(
        organization=organization,
        contact=contact,
        says=says,
        kind=kind,
        language=language,
        reply_to=reply_to,
        addressees=addressees,
        letter=letter,
        is_template_broken=own.is_broken,
    )


def require_sendable(document: Document) -> None:
    """Refuse what is not issued, or no longer the word that counts.

    A PDF that is still being made is waited for; one that failed has to be made first.

    Raises:
        Conflict: `not_issued`, `document_voided`, `not_current_revision` or `pdf_failed`.
    """
    require_issued(document)
    if document.pdf_state == "failed":
        raise Conflict(reason="pdf_failed", extra=conflict_facts(document))


def _can_pay(document: Document, organization: Organization, at: datetime) -> bool:
    today = at.astimezone(_zone(organization)).date()
    return (
        organization.payments_enabled
        and document.due.amount_minor > 0
        and not states.is_expired(document, today)
    )


def _addressees(
    contact: Contact, order: DispatchOrder, findings: Findings
) -> tuple[Addressee, ...]:
    """Check the addresses, none twice; fill in the contact's own where none came."""
    known = _known(contact)
    to: Sequence[str] = order.to or []
    if order.to is None and contact.primary_email is not None:
        to = [contact.primary_email]
    taken: set[str] = set()
    found = []
    cc: Sequence[str] = order.cc or []
    if order.cc is None:
        cc = [person.email for person in contact.persons if person.cc_by_default and person.email]
        cc = [address for address in cc if address.lower() not in {one.lower() for one in to}]
    for kind, raw_addresses in (("to", to), ("cc", cc)):
        for index, raw in enumerate(raw_addresses):
            pointer = f"/{kind}/{index}"
            address = findings.take(pointer, reach.email, raw)
            if address is None:
                continue
            if address.lower() in taken:
                findings.add(pointer, "email.repeated")
            taken.add(address.lower())
            name, rights = known.get(address.lower(), ("", ALL_RIGHTS))
            found.append(Addressee(address, kind, name, rights if kind == "to" else READS))
    return tuple(found)


def _known(contact: Contact) -> dict[str, tuple[str, Rights]]:
    """Whom each known address greets, and what a link sent there may do.

    A person may do what the contact's record says; the contact's own addresses, everything.
    """
    greets = contact.given_name if not contact.is_company and contact.given_name else ""
    known = {email.address.lower(): (greets, ALL_RIGHTS) for email in contact.emails}
    for person in contact.persons:
        if person.email:
            address = person.email.lower()
            own = Rights(can_decide=person.can_decide, can_pay=person.can_pay)
            rights = ALL_RIGHTS if address in known else own
            known[address] = (person.name.split(" ", 1)[0], rights)
    return known


def _zone(organization: Organization) -> ZoneInfo:
    return ZoneInfo(organization.time_zone)
