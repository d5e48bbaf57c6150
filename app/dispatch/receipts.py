"""Verb: promise the receipt of a payment to whoever paid, once."""

from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.contacts.models import Contact
from app.dispatch import letters
from app.dispatch.letters import LetterKind, LetterOrder
from app.dispatch.models import EMAIL, NOT_SENDINGS, RECEIPT, Dispatch, Recipient
from app.dispatch.paid import Paid
from app.dispatch.promising import Addressee, Sender, promise
from app.documents import printable
from app.documents import queries as documents
from app.documents.links import ALL_RIGHTS
from app.documents.models import Document
from app.kernel.actor import Actor
from app.kernel.identifiers import new_id
from app.organizations import queries as organizations


async def send_receipt(
    tx: AsyncSession,
    actor: Actor,
    document: Document,
    payment_id: UUID,
    paid: Paid,
    sender: Sender,
    *,
    payer_id: UUID | None,
    at: datetime,
) -> Dispatch | None:
    """Promise a payment's receipt; None when it was promised, or there is nobody to send it to.

    A document that was voided or replaced meanwhile changes nothing: the money came.

    Args:
        tx: One transaction.
        actor: Who sends: the system.
        document: The payment's, read for update: its lock keeps a second receipt out.
        payment_id: Of which payment.
        paid: What the receipt says.
        sender: What sending needs.
        payer_id: The recipient whose link was paid from, if any.
        at: Now.
    """
    if await _is_promised(tx, document, payment_id):
        return None
    contact = await documents.contact_of(tx, document, parts=(Contact.emails, Contact.persons))
    addressee = await _addressee(tx, document, contact, payer_id)
    if addressee is None:
        return None
    organization = await organizations.get(tx, document.organization_id)
    mail = await organizations.find_mail_settings(tx, document.organization_id)
    revision = await documents.revision(
        tx, document.organization_id, document.id, document.revision
    )
    says = printable.from_json(revision.snapshot)
    letter = letters.compose(
        LetterOrder(
            says=says,
            kind=LetterKind.RECEIPT,
            language=contact.language,
            sender_name="",
            to_name=addressee.name,
            address=addressee.address,
            is_copy=False,
            can_decide=False,
            can_pay=False,
            attach_pdf=True,
            has_logo=says.logo_sha256 is not None,
            link=letters.LINK,
            paid=paid,
        )
    )
    dispatch = Dispatch(
        organization_id=document.organization_id,
        id=new_id(),
        document_id=document.id,
        revision=document.revision,
        contact_id=document.contact_id,
        kind=RECEIPT,
        channel=EMAIL,
        subject=letter.subject,
        body=letter.body,
        body_text=letter.text,
        body_html=letter.html,
        language=contact.language,
        attach_pdf=True,
        reply_to=(mail.reply_to if mail else None) or organization.email,
        created_by_name=actor.name,
        created_at=at,
        payment_id=payment_id,
        paid=paid.to_json(),
        recipients=[],
    )
    zone = ZoneInfo(organization.time_zone)
    await promise(tx, actor, document, dispatch, [addressee], sender, zone=zone, at=at)
    return dispatch


async def _is_promised(tx: AsyncSession, document: Document, payment_id: UUID) -> bool:
    query = select(Dispatch.id).where(
        Dispatch.organization_id == document.organization_id, Dispatch.payment_id == payment_id
    )
    return await tx.scalar(query) is not None


async def _addressee(
    tx: AsyncSession, document: Document, contact: Contact, payer_id: UUID | None
) -> Addressee | None:
    """Choose who paid, else who was last sent the document, else the contact's own address."""
    query = (
        select(Recipient)
        .join(Recipient.dispatch)
        .where(
            Recipient.organization_id == document.organization_id,
            Dispatch.document_id == document.id,
            Dispatch.contact_id == document.contact_id,
            Dispatch.kind.not_in(NOT_SENDINGS) | (Recipient.id == payer_id),
            Dispatch.cancelled_at.is_(None),
            Dispatch.channel == EMAIL,
            Recipient.kind == "to",
        )
        .order_by((Recipient.id == payer_id).desc().nulls_last(), Recipient.id.desc())
        .limit(1)
    )
    recipient = await tx.scalar(query)
    if recipient is not None:
        return Addressee(recipient.address, "to", recipient.name, recipient.rights)
    if contact.primary_email is None:
        return None
    name = "" if contact.is_company else contact.given_name or ""
    return Addressee(contact.primary_email, "to", name, ALL_RIGHTS)
