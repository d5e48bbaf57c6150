"""What goes in and out when a client pays."""

from base64 import b64encode
from typing import Literal
from uuid import UUID

from pydantic import Field

from app.payments.models import Payment
from app.payments.movements import TransferAccount
from app.payments.schemas import MoneyBody
from app.portal import transfers
from app.portal.schemas import _NONCE, FormNonce
from app.web.schemas import Body, Instant, MoneyView, View


class ClientPayment(Body):
    """What a client wants to pay, and how."""

    method: Literal["card", "pay_by_bank", "bank_transfer"] = Field(examples=["card"])
    amount: MoneyBody | None = Field(
        None,
        description="All that is due, the next of `installments`, or the deposit of a quote. "
        "All, if left out.",
        examples=[None],
    )
    form_nonce: FormNonce = _NONCE


class ClientCancellation(Body):
    """Calling a payment off."""

    form_nonce: FormNonce = _NONCE


class TransferView(View):
    """Where to wire the money, and with which text."""

    iban: str = Field(examples=["ES9121000418450200051332"])
    bic: str = Field(examples=["CAIXESBBXXX"])
    holder: str = Field(description="Of the account: the payment institution.")
    reference: str = Field(
        description="To be copied exactly: it tells whose payment it is.",
        examples=["P260041K7Q2M9"],
    )
    amount: MoneyView
    qr_png: str = Field(
        description="The same as a picture that bank apps read (EPC 069-12), PNG in base64.",
        examples=["iVBORw0KGgo="],
    )


class ClientPaymentView(View):
    """A payment as its client sees it."""

    id: UUID
    method: str = Field(examples=["card"])
    state: str = Field(
        description="`created`, `redirected`, `awaiting_funds`, `succeeded`, `failed`, "
        "`cancelled`, `expired` or `frozen`.",
        examples=["redirected"],
    )
    amount: MoneyView
    redirect_url: str | None = Field(
        description="The provider's page, given once, by starting a payment.", examples=[None]
    )
    transfer_instructions: TransferView | None
    created_at: Instant
    settled_at: Instant | None

    @classmethod
    def of(
        cls,
        payment: Payment,
        *,
        redirect_url: str | None = None,
        account: TransferAccount | None = None,
    ) -> "ClientPaymentView":
        """From the row, and what the provider gave for it."""
        told = None
        if account is not None and payment.reference is not None:
            told = TransferView(
                iban=account.iban,
                bic=account.bic,
                holder=account.holder,
                reference=payment.reference,
                amount=MoneyView.of(payment.amount),
                qr_png=b64encode(
                    transfers.qr_png(account, payment.amount, payment.reference)
                ).decode(),
            )
        return cls(
            id=payment.id,
            method=payment.method,
            state=payment.state,
            amount=MoneyView.of(payment.amount),
            redirect_url=redirect_url,
            transfer_instructions=told,
            created_at=payment.created_at,
            settled_at=payment.settled_at,
        )
