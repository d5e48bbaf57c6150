"""What wakes staff: each alarm raises the notice, in the transaction of what happened."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.dispatch.models import Recipient
from app.documents import lineage
from app.documents.models import Document
from app.events.record import Fact
from app.kernel.actor import Actor
from app.kernel.formats import money
from app.kernel.money import Money
from app.kernel.wording import wording
from app.notices.service import raise_about, raise_notice
from app.notices.summaries import summary_of
from app.organizations import queries as organizations
from app.payments.models import Payment, PaymentAccount


async def message_fails(
    tx: AsyncSession, actor: Actor, document: Document, recipient: Recipient, *, at: datetime
) -> None:
    """Tell of a message that will not arrive by itself."""
    await raise_about(
        tx,
        actor,
        document,
        "dispatch.recipient_state_changed",
        subject_type="dispatch",
        subject_id=recipient.dispatch_id,
        at=at,
        address=recipient.address,
        state=recipient.state,
        reason=recipient.last_error,
    )


async def payment_moves(
    tx: AsyncSession, actor: Actor, document: Document, payment: Payment, *, at: datetime
) -> None:
    """Tell of money that came in, and of a payment that needs a person."""
    organization = await organizations.get(tx, document.organization_id)
    state = None
    if payment.needs_review:
        state = "needs_review"
    elif await lineage.came_of_payment(tx, document, payment.id):
        state = "drafted"
    await raise_about(
        tx,
        actor,
        document,
        "payment.received",
        subject_type="payment",
        subject_id=payment.id,
        at=at,
        amount=money(payment.amount, organization.default_language),
        state=state,
    )


async def fact_tells(
    tx: AsyncSession, actor: Actor, document: Document | None, fact: Fact, *, at: datetime
) -> None:
    """Tell of a fact about money, in the words of its kind."""
    organization = await organizations.get(tx, actor.organization_id)
    told = {name: fact.payload.get(name) for name in ("reason", "text", "state")}
    words = {name: value for name, value in told.items() if isinstance(value, str)}
    if isinstance(paper := fact.payload.get("paper"), str):
        words["text"] = wording("payments", organization.default_language)(f"paper.{paper}")
    match fact.payload.get("amount"):
        case {"amount": int(amount_minor), "currency": str(currency)}:
            words["amount"] = money(Money(amount_minor, currency), organization.default_language)
    if document is not None:
        await raise_about(
            tx,
            actor,
            document,
            fact.kind,
            subject_type=fact.subject_type,
            subject_id=fact.subject_id,
            at=at,
            **words,
        )
        return
    await raise_notice(
        tx,
        actor,
        kind=fact.kind,
        summary=summary_of(fact.kind, organization.default_language, **words),
        contact_id=None,
        document_id=None,
        subject_type=fact.subject_type,
        subject_id=fact.subject_id,
        at=at,
    )


async def account_moves(
    tx: AsyncSession, actor: Actor, account: PaymentAccount, *, at: datetime
) -> None:
    """Tell that the payment account's state changed, and with it what clients can do."""
    organization = await organizations.get(tx, account.organization_id)
    kind = "payment_account.state_changed"
    await raise_notice(
        tx,
        actor,
        kind=kind,
        summary=summary_of(kind, organization.default_language, state=account.state),
        contact_id=None,
        document_id=None,
        subject_type="payment_account",
        subject_id=account.organization_id,
        at=at,
    )
