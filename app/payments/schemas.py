"""What goes in and out about payments."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from app.payments.models import Payment, Refund
from app.web.schemas import Body, CivilDate, Instant, Line, MoneyView, PageQuery, Text, View

AMOUNT_MAX_MINOR = 10**12
"""Ten thousand millions: beyond any document, far from the edge of the column."""


class MoneyBody(Body):
    """An amount in minor units."""

    amount: Annotated[int, Field(strict=True, gt=0, le=AMOUNT_MAX_MINOR)] = Field(
        description="Integer minor units.", examples=[12100]
    )
    currency: Literal["EUR"] = Field("EUR", description="The document's currency.")


class CollectionDraft(Body):
    """Money staff have received outside the service."""

    method: Literal["cash", "card_terminal", "bank_transfer", "credit"] = Field(
        description="`credit`: what the client paid beyond what was due, of any document.",
        examples=["bank_transfer"],
    )
    amount: MoneyBody
    received_on: CivilDate | None = Field(
        None, description="Today, when left out; never a day to come.", examples=["2026-11-23"]
    )
    note: Annotated[Text, StringConstraints(max_length=500)] = Field(
        "", description="For staff only.", examples=["Transferencia vista en el banco"]
    )
    send_receipt: bool = Field(
        default=False,
        description="Send the client a receipt by e-mail; what is paid on line gets one.",
    )


class RefundDraft(Body):
    """Money to give back."""

    amount: MoneyBody | None = Field(None, description="All that is left, when left out.")
    reason: Annotated[Line, StringConstraints(max_length=140)] = Field(
        "", examples=["Trabajo no realizado"]
    )


class Review(Body):
    """How a payment that needed a person was settled."""

    note: Annotated[Line, StringConstraints(min_length=1, max_length=140)] = Field(
        examples=["El cliente deja el exceso para la próxima factura"]
    )


class RefundView(View):
    """Money given back."""

    id: UUID
    payment_id: UUID
    amount: MoneyView
    state: str = Field(
        description="`queued`, `pending`, `succeeded` or `failed`.", examples=["succeeded"]
    )
    reason: str = Field(examples=["Trabajo no realizado"])
    failure: str | None = Field(
        description="Why it failed, in the provider's words.", examples=[None]
    )
    created_at: Instant
    created_by_name: str = Field(examples=["Ana Ruiz"])
    settled_at: Instant | None

    @classmethod
    def of(cls, refund: Refund) -> "RefundView":
        """From the row."""
        return cls(
            id=refund.id,
            payment_id=refund.payment_id,
            amount=MoneyView.of(refund.amount),
            state=refund.state,
            reason=refund.reason,
            failure=refund.failure,
            created_at=refund.created_at,
            created_by_name=refund.created_by_name,
            settled_at=refund.settled_at,
        )


class PaymentView(View):
    """One payment of one document."""

    id: UUID
    document_id: UUID
    installment_no: int = Field(examples=[1])
    method: str = Field(
        description="`card`, `pay_by_bank`, `bank_transfer`, `cash`, `card_terminal` or `credit`.",
        examples=["bank_transfer"],
    )
    amount: MoneyView
    amount_refunded: MoneyView
    state: str = Field(
        description="`created`, `redirected`, `awaiting_funds`, `succeeded`, `failed`, "
        "`cancelled`, `expired` or `frozen`.",
        examples=["succeeded"],
    )
    needs_review: bool = Field(examples=[False])
    review_reason: str | None = Field(
        description="`overpaid`: more came in than was due.", examples=[None]
    )
    reviewed_at: Instant | None
    reviewed_by_name: str | None = Field(examples=[None])
    review_note: str | None = Field(examples=[None])
    received_on: date | None
    note: str
    created_by_name: str = Field(examples=["Ana Ruiz"])
    created_at: Instant
    settled_at: Instant | None
    refunds: list[RefundView]
    version: int

    @classmethod
    def of(cls, payment: Payment, refunds: Sequence[Refund]) -> "PaymentView":
        """From the rows."""
        given = sum(one.amount_minor for one in refunds if one.state == "succeeded")
        return cls(
            id=payment.id,
            document_id=payment.document_id,
            installment_no=payment.installment_no,
            method=payment.method,
            amount=MoneyView.of(payment.amount),
            amount_refunded=MoneyView(amount=given, currency=payment.currency),
            state=payment.state,
            needs_review=payment.needs_review,
            review_reason=payment.review_reason,
            reviewed_at=payment.reviewed_at,
            reviewed_by_name=payment.reviewed_by_name,
            review_note=payment.review_note,
            received_on=payment.received_on,
            note=payment.note,
            created_by_name=payment.created_by_name,
            created_at=payment.created_at,
            settled_at=payment.settled_at,
            refunds=[RefundView.of(one) for one in refunds],
            version=payment.version,
        )


class PaymentQuery(PageQuery):
    """Filters of the list of payments."""

    document_id: UUID | None = Field(None, description="Only this document's.")
    contact_id: UUID | None = Field(None, description="Only of this contact's documents.")
    needs_review: bool | None = Field(None, description="`true` for those a person has to look at.")
