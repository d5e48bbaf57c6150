"""What can happen to a payment, as history tells it."""

from pydantic import JsonValue

from app.documents.models import Document
from app.events.record import Fact, Group
from app.kernel.money import Money
from app.payments.models import (
    Dispute,
    Paper,
    Payment,
    PaymentAccount,
    Payout,
    PayoutAccount,
    ProviderDifference,
    Refund,
    UnmatchedTransfer,
)


def _fact(
    kind: str, payment: Payment, document: Document, amount: Money, **more: JsonValue
) -> Fact:
    return Fact(
        kind=kind,
        group=Group.PAYMENTS,
        subject_type="payment",
        subject_id=payment.id,
        contact_id=document.contact_id,
        document_id=document.id,
        payload={
            "payment_id": str(payment.id),
            "type": document.type,
            "number": document.number,
            "method": payment.method,
            "name": payment.created_by_name,
            "channel": "online" if payment.reference or payment.provider_id else "office",
            "amount": {"amount": amount.amount_minor, "currency": amount.currency},
            **more,
        },
    )


def started(payment: Payment, document: Document) -> Fact:
    """A client set out to pay."""
    return _fact("payment.started", payment, document, payment.amount)


def failed(payment: Payment, document: Document) -> Fact:
    """The payer's bank, or the provider, said no."""
    return _fact("payment.failed", payment, document, payment.amount)


def account_changed(account: PaymentAccount, before: str) -> Fact:
    """The provider decided something about the organization's application."""
    return Fact(
        kind="payment_account.state_changed",
        group=Group.PAYMENTS,
        subject_type="payment_account",
        subject_id=account.organization_id,
        payload={
            "from": before,
            "to": account.state,
            "can_receive": account.can_receive,
            "restrictions": [*account.restrictions],
        },
    )


def paper_changed(paper: Paper) -> Fact:
    """A paper was handed in, or the provider got it or decided about it."""
    told: dict[str, JsonValue] = {"reason": paper.fault} if paper.fault else {}
    return Fact(
        kind="payment_account.paper_changed",
        group=Group.PAYMENTS,
        subject_type="paper",
        subject_id=paper.id,
        payload={
            "to": paper.state,
            "state": paper.state,
            "paper": paper.kind,
            "text": paper.name,
            **told,
        },
    )


def received(payment: Payment, document: Document) -> Fact:
    """The money of a payment is there."""
    return _fact("payment.received", payment, document, payment.amount)


def refunded(payment: Payment, refund: Refund, document: Document) -> Fact:
    """Money of a payment went back."""
    return _of_refund("payment.refunded", payment, refund, document, refund.reason)


def refund_failed(payment: Payment, refund: Refund, document: Document) -> Fact:
    """The provider did not give money back, and will not."""
    return _of_refund("payment.refund_failed", payment, refund, document, refund.failure)


def _of_refund(
    kind: str, payment: Payment, refund: Refund, document: Document, reason: str | None
) -> Fact:
    told = {"reason": reason} if reason else {}
    name = refund.created_by_name
    return _fact(kind, payment, document, refund.amount, name=name, **told)


def charged_back(payment: Payment, dispute: Dispute, document: Document) -> Fact:
    """The payer's bank took a card payment back."""
    told = {"reason": dispute.reason} if dispute.reason else {}
    return _fact("payment.charged_back", payment, document, dispute.amount, **told)


def dispute_won(payment: Payment, dispute: Dispute, document: Document) -> Fact:
    """What the payer's bank had taken back came again."""
    return _fact("payment.dispute_won", payment, document, dispute.amount)


def matched(payment: Payment, document: Document) -> Fact:
    """Staff said which document a transfer pays."""
    return _fact("payment.matched", payment, document, payment.amount)


def unmatched(payment: Payment, document: Document) -> Fact:
    """Staff took a transfer off its document."""
    return _fact("payment.unmatched", payment, document, payment.amount)


def arrived_unmatched(transfer: UnmatchedTransfer) -> Fact:
    """A transfer came that nobody awaited."""
    return Fact(
        kind="transfer.unmatched",
        group=Group.PAYMENTS,
        subject_type="transfer",
        subject_id=transfer.id,
        payload={
            "text": transfer.text,
            "amount": {"amount": transfer.amount_minor, "currency": transfer.currency},
        },
    )


def differs(difference: ProviderDifference) -> Fact:
    """The provider and we do not agree on a transaction."""
    return Fact(
        kind="provider.differs",
        group=Group.PAYMENTS,
        subject_type="provider_difference",
        subject_id=difference.id,
        payload={"state": difference.kind, "text": difference.provider_id},
    )


def payout_account_changed(account: PayoutAccount) -> Fact:
    """A bank account to be paid out to was named, or the provider decided about it."""
    return Fact(
        kind="payout_account.state_changed",
        group=Group.PAYMENTS,
        subject_type="payout_account",
        subject_id=account.id,
        payload={"to": account.state, "state": account.state, "text": masked(account.iban)},
    )


def payout_changed(payout: Payout, iban: str) -> Fact:
    """Money was sent to the organization's bank account, arrived there, or came back."""
    told: dict[str, JsonValue] = {"reason": payout.failure} if payout.failure else {}
    return Fact(
        kind="payout.state_changed",
        group=Group.PAYMENTS,
        subject_type="payout",
        subject_id=payout.id,
        payload={
            "to": payout.state,
            "state": payout.state,
            "text": masked(iban),
            "amount": {"amount": payout.amount_minor, "currency": payout.currency},
            **told,
        },
    )


def masked(iban: str) -> str:
    """Show enough of an IBAN to know which one it is."""
    return f"{iban[:4]}…{iban[-4:]}"
