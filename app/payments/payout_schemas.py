"""What goes in and out about payouts and the bank accounts they go to."""

from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from app.kernel.money import Money
from app.payments.models import Payout, PayoutAccount
from app.payments.payouts import Wish
from app.payments.schemas import MoneyBody
from app.web.schemas import Body, Instant, Line, MoneyView, View


class PayoutAccountDraft(Body):
    """A bank account of the organization."""

    iban: Annotated[Line, StringConstraints(min_length=1, max_length=50)] = Field(
        examples=["ES91 2100 0418 4502 0005 1332"]
    )
    holder: Annotated[Line, StringConstraints(min_length=2, max_length=100)] = Field(
        description="As the bank knows them.", examples=["Varadero Sol SL"]
    )


class PayoutAccountView(View):
    """A bank account that the organization may be paid out to, once it is verified."""

    id: UUID
    iban: str = Field(examples=["ES9121000418450200051332"])
    holder: str = Field(examples=["Varadero Sol SL"])
    state: str = Field(
        description="`pending` until the provider verified it, `active`, `rejected` or "
        "`disabled`; money goes only to an active one.",
        examples=["active"],
    )
    failure: str | None = Field(
        description="Why it was rejected, in the provider's words.", examples=[None]
    )
    created_by_name: str = Field(examples=["Joan Muestra"])
    created_at: Instant

    @classmethod
    def of(cls, named: PayoutAccount) -> "PayoutAccountView":
        """From the row."""
        return cls(
            id=named.id,
            iban=named.iban,
            holder=named.holder,
            state=named.state,
            failure=named.failure,
            created_by_name=named.created_by_name,
            created_at=named.created_at,
        )


class PayoutDraft(Body):
    """Money to send to the organization's bank account."""

    amount: MoneyBody | None = Field(None, description="All that is there, when left out.")
    payout_account_id: UUID | None = Field(
        None,
        description="The verified account that was named last, when left out.",
        examples=[None],
    )

    def value(self) -> Wish:
        """As the verb takes it."""
        amount = Money(self.amount.amount, self.amount.currency) if self.amount else None
        return Wish(amount, self.payout_account_id)


class PayoutView(View):
    """Money sent to the organization's bank account."""

    id: UUID
    payout_account_id: UUID
    amount: MoneyView
    state: str = Field(
        description="`pending`, `succeeded` or `failed`: then the money is in the wallet again.",
        examples=["pending"],
    )
    failure: str | None = Field(description="In the provider's words.", examples=[None])
    created_by_name: str = Field(examples=["Joan Muestra"])
    created_at: Instant
    settled_at: Instant | None = Field(description="When it arrived, or failed.")

    @classmethod
    def of(cls, payout: Payout) -> "PayoutView":
        """From the row."""
        return cls(
            id=payout.id,
            payout_account_id=payout.payout_account_id,
            amount=MoneyView.of(payout.amount),
            state=payout.state,
            failure=payout.failure,
            created_by_name=payout.created_by_name,
            created_at=payout.created_at,
            settled_at=payout.settled_at,
        )
