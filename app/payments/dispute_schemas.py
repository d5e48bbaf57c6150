"""What goes out about disputes."""

from uuid import UUID

from pydantic import Field

from app.payments.models import Dispute
from app.web.schemas import Instant, MoneyView, View


class DisputeView(View):
    """A card payment that the payer's bank took back."""

    id: UUID
    payment_id: UUID
    document_id: UUID
    amount: MoneyView
    state: str = Field(description="`open` or `won`.", examples=["open"])
    reason: str = Field(description="In the bank's words.", examples=["Fraud"])
    opened_at: Instant
    won_at: Instant | None = Field(description="When the money came back.")

    @classmethod
    def of(cls, dispute: Dispute, document_id: UUID) -> "DisputeView":
        """From the row."""
        return cls(
            id=dispute.id,
            payment_id=dispute.payment_id,
            document_id=document_id,
            amount=MoneyView.of(dispute.amount),
            state=dispute.state,
            reason=dispute.reason,
            opened_at=dispute.opened_at,
            won_at=dispute.won_at,
        )
