"""What goes in and out about transfers that nobody awaited."""

from collections.abc import Sequence
from uuid import UUID

from pydantic import Field

from app.payments.models import UnmatchedTransfer
from app.payments.transfers import Proposal
from app.web.schemas import Body, Instant, MoneyView, View


class TransferMatch(Body):
    """Which document a transfer pays."""

    document_id: UUID = Field(examples=["019aa8c4-5c00-7000-8000-000000000001"])


class ProposalView(View):
    """A document that a transfer may be for."""

    document_id: UUID
    type: str = Field(examples=["invoice"])
    number: str | None = Field(examples=["F-260001"])
    contact_name: str = Field(examples=["Náutica Ponent, S.L."])
    amount_due: MoneyView
    why: str = Field(
        description="`reference`: the text resembles its number or a reference given for it; "
        "`same_amount`: as much is due.",
        examples=["same_amount"],
    )

    @classmethod
    def of(cls, proposal: Proposal) -> "ProposalView":
        """From what was found."""
        document = proposal.document
        return cls(
            document_id=document.id,
            type=document.type,
            number=document.number,
            contact_name=proposal.contact_name,
            amount_due=MoneyView.of(document.due),
            why=proposal.why,
        )


class TransferView(View):
    """A transfer that arrived and waits for a person to say whose it is."""

    id: UUID
    amount: MoneyView
    text: str = Field(description="What the payer wrote.", examples=["Pago factura enero"])
    received_at: Instant
    proposals: list[ProposalView]

    @classmethod
    def of(cls, transfer: UnmatchedTransfer, proposals: Sequence[Proposal]) -> "TransferView":
        """From the row and what it may be for."""
        return cls(
            id=transfer.id,
            amount=MoneyView.of(transfer.amount),
            text=transfer.text,
            received_at=transfer.received_at,
            proposals=[ProposalView.of(one) for one in proposals],
        )
