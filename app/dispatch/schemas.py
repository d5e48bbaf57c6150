"""What goes in and out about dispatches."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StrictBool, StringConstraints

from app.dispatch.models import Dispatch, Evidence, Recipient
from app.kernel.languages import Language
from app.web.moments import Moment
from app.web.schemas import Body, Instant, Line, NearInstant, PageQuery, Text, View

Address = Annotated[Line, StringConstraints(min_length=3, max_length=254)]
Addresses = Annotated[list[Address], Field(max_length=20)]
Subject = Annotated[Line, StringConstraints(min_length=1, max_length=150)]
Kind = Literal["first", "resend", "reminder", "receipt", "link"]
DeliveryState = Literal[
    "queued",
    "held",
    "uncertain",
    "deferred",
    "sent",
    "delivered",
    "opened",
    "failed",
    "bounced",
    "complained",
    "cancelled",
]
ShareChannel = Literal["link", "whatsapp", "sms", "manual"]
Words = Annotated[Text, StringConstraints(min_length=1, max_length=10_000)]


class DispatchOrder(Body):
    """How to send a document; what is left out comes from the contact and our texts."""

    to: Addresses | None = Field(
        None,
        description="Who gets it to answer; the contact's primary e-mail when left out. A contact "
        "person may decide or pay as the contact's record says; any other address, both.",
        examples=[["oficina@varaderosol.example"]],
    )
    cc: Addresses | None = Field(
        None,
        description="Who gets a copy to read; persons marked so when left out.",
        examples=[[]],
    )
    subject: Subject | None = Field(None, examples=["Presupuesto P-260041 de Taller Ejemplo"])
    body: Words | None = Field(
        None,
        description="Plain text; greeting, buttons and signature are added around it.",
        examples=["Te enviamos el presupuesto que nos pediste."],
    )
    language: Language | None = Field(
        None, description="The document's when left out.", examples=["es"]
    )
    attach_pdf: StrictBool = Field(
        default=True, description="Attach the PDF, or send the link alone.", examples=[True]
    )
    reply_to: Address | None = Field(
        None, description="The organization's e-mail when left out.", examples=[None]
    )
    send_at: NearInstant | None = Field(None, description="Not before.", examples=[None])


class BulkOrder(Body):
    """Many documents to send, each to its own client and in its own words."""

    document_ids: Annotated[list[UUID], Field(min_length=1, max_length=1000)] = Field(
        description="Issued documents, each once; one that cannot be sent stops no other."
    )
    subject: Subject | None = Field(None, description="Of every message.", examples=[None])
    body: Words | None = Field(None, description="Of every message.", examples=[None])
    language: Language | None = Field(
        None, description="Each document's own when left out.", examples=[None]
    )
    attach_pdf: StrictBool = Field(default=True, examples=[True])
    send_at: NearInstant | None = Field(None, description="Not before.", examples=[None])


class DispatchPreview(View):
    """What would be sent, with nothing stored; `{link}` stands for each one's link."""

    to: list[str] = Field(examples=[["oficina@varaderosol.example"]])
    cc: list[str] = Field(examples=[[]])
    subject: str = Field(examples=["Presupuesto P-260041 de Taller Ejemplo"])
    body: str = Field(description="The words that can be changed.", examples=["Te enviamos…"])
    body_text: str = Field(description="The whole letter.", examples=["Hola:\n\n…\n\n{link}"])
    body_html: str = Field(examples=["<!doctype html>…"])
    language: str = Field(examples=["es"])
    kind: Kind = Field(examples=["first"])
    attach_pdf: bool
    reply_to: str = Field(examples=["oficina@taller.example"])
    warnings: list[str] = Field(
        description="`address_failed`: a message to an address failed before; "
        "`document_expired`: the client cannot accept any more; `nobody_can_decide`: no addressee "
        "has the right to accept or reject; `template_failed`: your own words "
        "cannot be filled in for this document, and ours are sent.",
        examples=[[]],
    )


class ShareOrder(Body):
    """How a link is handed over, and to whom."""

    channel: ShareChannel = Field(
        description="`manual`: printed, or shown as a QR code; `link`: any other way.",
        examples=["whatsapp"],
    )
    contact_person_id: UUID | None = Field(
        None,
        description="A person of the contact, who may do what the contact's record says; the "
        "contact itself, which may do everything, when left out.",
        examples=[None],
    )
    language: Language | None = Field(
        None, description="Of the words; the document's when left out.", examples=["es"]
    )


class EvidenceView(View):
    """One signal about a message or its link, and how we read it."""

    kind: str = Field(examples=["page_fetched"])
    occurred_at: Instant
    source: str = Field(examples=["203.0.113.7"])
    verdict: str = Field(description="`human`, `machine` or `unknown`.", examples=["human"])
    explanation: str


class RecipientView(View):
    """One addressee: one message, one link."""

    id: UUID
    address: str = Field(examples=["oficina@varaderosol.example"])
    kind: str = Field(description="`to` or `cc`.", examples=["to"])
    can_decide: bool = Field(description="May accept or reject behind the link.")
    can_pay: bool = Field(description="May pay behind the link.")
    delivery_state: DeliveryState = Field(examples=["sent"])
    queued_at: Instant
    sent_at: Instant | None
    delivered_at: Instant | None
    opened_at: Instant | None
    last_viewed_at: Instant | None
    view_count: int = Field(examples=[0])
    attempts: int = Field(examples=[1])
    next_attempt_at: Instant | None
    last_error: str | None
    evidence: list[EvidenceView]


class DispatchView(View):
    """One act of sending."""

    id: UUID
    document_id: UUID
    contact_id: UUID
    revision: int = Field(examples=[1])
    kind: Kind = Field(
        description="`link`: a new link, which the client asked for; `receipt`: of a payment. "
        "Neither sends the document again.",
        examples=["first"],
    )
    channel: str = Field(examples=["email"])
    subject: str = Field(examples=["Presupuesto P-260041 de Taller Ejemplo"])
    body_text: str
    body_html: str
    language: str = Field(examples=["es"])
    attach_pdf: bool
    reply_to: str | None
    send_at: Instant | None
    pdf_sha256: str | None = Field(description="Of the document's PDF; null for a receipt.")
    payment_id: UUID | None = Field(description="The payment of a receipt.")
    created_by: UUID | None
    created_by_name: str = Field(examples=["Joan Muestra"])
    created_at: Instant
    cancelled_at: Instant | None
    recipients: list[RecipientView]

    @classmethod
    def of(
        cls,
        dispatch: Dispatch,
        *,
        pdf_sha256: str | None,
        evidence: dict[UUID, list[Evidence]],
    ) -> "DispatchView":
        """From the row, its recipients loaded, and what was noted of each."""
        values: dict[str, object] = {
            name: getattr(dispatch, name)
            for name in cls.model_fields
            if name not in {"pdf_sha256", "recipients"}
        }
        recipients = [
            recipient_of(recipient, evidence.get(recipient.id, []))
            for recipient in dispatch.recipients
        ]
        return cls.model_validate({**values, "pdf_sha256": pdf_sha256, "recipients": recipients})


def recipient_of(recipient: Recipient, evidence: list[Evidence]) -> RecipientView:
    """Show one recipient."""
    waits = recipient.queue_state in {"ready", "leased"}
    return RecipientView(
        id=recipient.id,
        address=recipient.address,
        kind=recipient.kind,
        can_decide=recipient.can_decide,
        can_pay=recipient.can_pay,
        delivery_state=recipient.delivery_state,
        queued_at=recipient.queued_at,
        sent_at=recipient.sent_at,
        delivered_at=recipient.delivered_at,
        opened_at=recipient.opened_at,
        last_viewed_at=recipient.last_viewed_at,
        view_count=recipient.view_count,
        attempts=recipient.attempts,
        next_attempt_at=recipient.next_attempt_at if waits else None,
        last_error=recipient.last_error,
        evidence=[EvidenceView.model_validate(one) for one in evidence],
    )


class ShareView(View):
    """A link to hand over; everything but the dispatch is told once."""

    dispatch: DispatchView
    url: str | None = Field(examples=["https://conforme.example/d/…"])
    text: str | None = Field(
        description="Words to send with it, the link in them.",
        examples=["Presupuesto P-260041 de Taller Ejemplo: https://conforme.example/d/…"],
    )
    whatsapp_url: str | None = Field(
        description="Opens WhatsApp with the words written, at the phone on record if there is "
        "one.",
        examples=["https://wa.me/34611222333?text=…"],
    )
    qr_png: str | None = Field(description="A QR code of the link, a PNG in base64.")


class DispatchQuery(PageQuery):
    """Filters of the list of dispatches."""

    contact_id: UUID | None = Field(None, description="Only those to this contact.")
    document_id: UUID | None = Field(None, description="Only those of this document.")
    from_: Moment | None = Field(
        None, alias="from", description="Made from this day or instant on.", examples=["2026-11-01"]
    )
    to: Moment | None = Field(
        None, description="Made to the end of this day, or before this instant."
    )
    delivery_state: DeliveryState | None = Field(
        None, description="Only those with a message that is now in this state."
    )
