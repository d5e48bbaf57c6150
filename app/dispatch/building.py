"""The bytes of one message, made once from what was frozen at issue and at dispatch."""

import asyncio
from dataclasses import dataclass, replace
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from app.dispatch import letters, queries
from app.dispatch.letters import LetterKind, LetterOrder
from app.dispatch.models import REMINDER, Recipient
from app.dispatch.outbox import Outbox
from app.dispatch.paid import Paid
from app.documents import printable, states
from app.documents import queries as documents
from app.documents.links import READS
from app.documents.models import Document
from app.documents.printable import Printable
from app.documents.receipt import PaymentReceipt
from app.documents.rendering import ensure_pdf
from app.mail.message import (
    ATTACHMENT_BYTES_MAX,
    Attachment,
    Mailbox,
    OutgoingMessage,
    build,
)
from app.organizations import queries as organizations
from app.organizations.mail_routes import MailRoute


@dataclass(frozen=True, slots=True)
class Material:
    """What a message is built from."""

    order: LetterOrder
    logo: bytes | None
    pdf: bytes | None
    """The document's; None when it was never made."""
    document_id: UUID
    revision: int
    sender: Mailbox
    reply_to: str | None
    in_reply_to: str | None
    attach_pdf: bool


async def material_of(
    tx: AsyncSession, row: Recipient, document: Document, route: MailRoute, outbox: Outbox
) -> Material:
    """Read what a message is built from, in the transaction that claimed its row.

    Raises:
        ValueError: Neither the message nor its link is there any more.
    """
    dispatch = row.dispatch
    organization = await organizations.get(tx, row.organization_id)
    revision = await documents.revision(
        tx, row.organization_id, dispatch.document_id, dispatch.revision
    )
    says: Printable = printable.from_json(revision.snapshot)
    if row.sealed_token is None:
        raise ValueError("neither the message nor its link is there any more")
    paid = None if dispatch.paid is None else Paid.from_json(dispatch.paid)
    token = outbox.vault.open(row.sealed_token, row.organization_id).decode()
    today = outbox.clock.now().astimezone(ZoneInfo(organization.time_zone)).date()
    can_pay = (
        organization.payments_enabled
        and document.due.amount_minor > 0
        and not states.is_expired(document, today)
    )
    order = LetterOrder(
        says=says,
        kind=LetterKind.of(dispatch.kind, dispatch.revision),
        language=dispatch.language,
        sender_name=dispatch.created_by_name,
        to_name=row.name,
        address=row.address,
        can_decide=row.can_decide,
        can_pay=can_pay and row.can_pay,
        is_copy=row.rights == READS,
        attach_pdf=dispatch.attach_pdf,
        has_logo=says.logo_sha256 is not None,
        subject=dispatch.subject,
        body=dispatch.body,
        link=f"{outbox.public_url}/d/{token}",
        paid=paid,
        due=document.due if dispatch.kind == REMINDER else None,
    )
    stored = await documents.find_pdf(
        tx, row.organization_id, document.id, dispatch.revision, revision.language
    )
    return Material(
        order=order,
        pdf=stored.content if stored is not None else None,
        logo=await organizations.logo(tx, row.organization_id, says.logo_sha256),
        document_id=dispatch.document_id,
        revision=dispatch.revision,
        sender=Mailbox(
            address=route.address,
            name=route.sender_name or says.issuer.trade_name or says.issuer.name,
        ),
        reply_to=dispatch.reply_to,
        in_reply_to=await queries.first_message_id(tx, document, row.address),
        attach_pdf=dispatch.attach_pdf,
    )


async def build_message(material: Material, row: Recipient, outbox: Outbox) -> bytes:
    """Make the message's bytes; the PDF, too, if it was never made. No transaction is open."""
    at = outbox.clock.now()
    attachment = await _attachment(material, row, outbox)
    # What mailboxes refuse for its size goes as the link alone.
    attaches = material.attach_pdf and len(attachment.content) <= ATTACHMENT_BYTES_MAX
    order = replace(material.order, attach_pdf=attaches)
    letter = letters.compose(order)
    reply_to = Mailbox(address=material.reply_to) if material.reply_to else None
    return build(
        OutgoingMessage(
            message_id=row.message_id,
            sent_at=at,
            sender=material.sender,
            to=Mailbox(address=row.address, name=row.name),
            subject=letter.subject,
            text=letter.text,
            html=letter.html,
            reply_to=reply_to,
            in_reply_to=material.in_reply_to,
            is_automatic=order.kind in {LetterKind.RECEIPT, LetterKind.REMINDER},
            logo=material.logo,
            attachment=attachment if attaches else None,
        )
    )


async def _attachment(material: Material, row: Recipient, outbox: Outbox) -> Attachment:
    """Give the document's PDF, or print the receipt; the same one gives the same bytes."""
    order = material.order
    if order.paid is not None:
        receipt = PaymentReceipt(
            says=order.says,
            language=order.language,
            method=order.paid.method,
            amount=order.paid.amount,
            paid_at=order.paid.paid_at,
            code=order.paid.code,
        )
        content = await asyncio.to_thread(
            outbox.printer.payment_receipt, receipt, logo=material.logo
        )
        return Attachment(name=letters.receipt_name(order.says, order.language), content=content)
    pdf = material.pdf
    if pdf is None:
        pdf = await ensure_pdf(
            outbox.database,
            outbox.printer,
            row.organization_id,
            material.document_id,
            material.revision,
            at=outbox.clock.now(),
        )
    return Attachment(name=letters.attachment_name(order.says, order.language), content=pdf)
