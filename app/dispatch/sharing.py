"""Verb: hand a document over by a link, outside the mail, and know whose link it is."""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from app.contacts.models import Contact, ContactPerson
from app.dispatch import letters
from app.dispatch.events import sent
from app.dispatch.models import RANKS, Dispatch, Recipient
from app.dispatch.promising import project_delivery
from app.dispatch.schemas import ShareOrder
from app.dispatch.service import require_sendable
from app.documents import links, printable
from app.documents import queries as documents
from app.documents.links import ALL_RIGHTS, Rights
from app.documents.models import Document
from app.events.record import record
from app.kernel.actor import Actor, Permission
from app.kernel.errors import Fault, Invalid
from app.kernel.identifiers import new_id
from app.mail.message import message_id
from app.organizations import queries as organizations

WHATSAPP = "https://wa.me"
_BY_PHONE = frozenset({"whatsapp", "sms"})


@dataclass(frozen=True, slots=True)
class HandedOver:
    """A link that was made to be handed over; its address is known here and never again.

    Attributes:
        text: The words to send with it, the link in them.
        phone: E.164; empty when none is known.
    """

    dispatch: Dispatch
    url: str
    text: str
    phone: str

    @property
    def whatsapp_url(self) -> str:
        """Open WhatsApp with the words written, at the contact's number if there is one.

        Source:
            https://faq.whatsapp.com/5913398998672934 (numbers without `+` or zeros).
        """
        return f"{WHATSAPP}/{self.phone.lstrip('+')}?text={quote(self.text, safe='')}"


@dataclass(frozen=True, slots=True)
class _Holder:
    name: str
    phone: str
    rights: Rights


async def hand_over(
    tx: AsyncSession,
    actor: Actor,
    document: Document,
    order: ShareOrder,
    *,
    public_url: str,
    mail_domain: str,
    at: datetime,
) -> HandedOver:
    """Make a dispatch of one link that a person, not the worker, takes to the client.

    It counts as sent: whoever asked for it says that they send it.

    Args:
        tx: The request's transaction.
        actor: Who hands it over.
        document: Read for update.
        order: How, and to whom.
        public_url: Where clients reach us, without a slash at the end.
        mail_domain: Ends the identifier every recipient has.
        at: Now.

    Raises:
        Conflict: The document cannot be sent.
        Invalid: The contact has no such person.
    """
    actor.require(Permission.DOCUMENTS_SEND)
    require_sendable(document)
    parts = (Contact.phones, Contact.persons)
    contact = await documents.contact_of(tx, document, parts=parts)
    holder = _holder(contact, order.contact_person_id)
    organization = await organizations.get(tx, document.organization_id)
    revision = await documents.revision(
        tx, document.organization_id, document.id, document.revision
    )
    says = printable.from_json(revision.snapshot)
    language = order.language or document.language
    words = letters.shared_text(says, language)
    dispatch = Dispatch(
        organization_id=document.organization_id,
        id=new_id(),
        document_id=document.id,
        revision=document.revision,
        contact_id=document.contact_id,
        kind="resend" if document.dispatch_count else "first",
        channel=order.channel,
        subject="",
        body=words,
        body_text=words,
        body_html="",
        language=language,
        attach_pdf=False,
        created_by=actor.id,
        created_by_name=actor.name,
        created_at=at,
        recipients=[],
    )
    recipient_id = new_id()
    phone = holder.phone if order.channel in _BY_PHONE else ""
    dispatch.recipients.append(
        Recipient(
            organization_id=dispatch.organization_id,
            id=recipient_id,
            dispatch_id=dispatch.id,
            position=0,
            address=phone,
            name=holder.name,
            kind="to",
            can_decide=holder.rights.can_decide,
            can_pay=holder.rights.can_pay,
            message_id=message_id(recipient_id, mail_domain),
            queue_state="done",
            attempts=0,
            uncertain_count=0,
            lost_leases=0,
            next_attempt_at=at,
            deadline_at=at,
            state="sent",
            state_rank=RANKS["sent"],
            state_at=at,
            queued_at=at,
            sent_at=at,
            view_count=0,
        )
    )
    tx.add(dispatch)
    expires_at = links.expiry_of(document, ZoneInfo(organization.time_zone), at=at)
    token = await links.issue(
        tx, document, recipient_id, rights=holder.rights, expires_at=expires_at, at=at
    )
    await project_delivery(tx, document, at=at)
    await record(tx, actor, sent(dispatch, document), at=at)
    url = f"{public_url}/d/{token}"
    return HandedOver(dispatch, url, words.replace(letters.LINK, url), phone)


def _holder(contact: Contact, person_id: UUID | None) -> _Holder:
    """Give the person named, else the contact itself, which may do everything."""
    if person_id is None:
        phone = next((one.number for one in contact.phones), "")
        return _Holder(contact.display_name, phone, ALL_RIGHTS)
    person: ContactPerson | None = next(
        (one for one in contact.persons if one.id == person_id), None
    )
    if person is None:
        raise Invalid(faults=[Fault("/contact_person_id", "reference.unknown")])
    rights = Rights(can_decide=person.can_decide, can_pay=person.can_pay)
    return _Holder(person.name, person.phone or "", rights)
