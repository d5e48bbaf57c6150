"""Verbs: a transfer that arrived, matched to the document whose reference it carries.

The payer may have wired any amount with any text. What matches no awaited transfer waits
for a person in the list of unmatched ones.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.documents import queries as documents
from app.documents.models import Document
from app.kernel.actor import Actor
from app.kernel.identifiers import new_id
from app.payments import intents, queries, transfers
from app.payments.desk import Desk
from app.payments.events import arrived_unmatched, received
from app.payments.models import Payment, UnmatchedTransfer
from app.payments.movements import MoneyIn, MoneyInState


async def take(tx: AsyncSession, desk: Desk, actor: Actor, truth: MoneyIn) -> None:
    """Book a transfer that arrived, once; keep it for a person when nobody awaits it.

    Args:
        tx: One transaction, the organization entered.
        desk: Whose clock and alarm.
        actor: The provider.
        truth: The transfer as fetched.
    """
    if truth.state is not MoneyInState.SUCCEEDED:
        return
    if await transfers.by_provider_id(tx, actor.organization_id, truth.transaction_id):
        return  # a person says whose it is, also after a match was taken back
    at = desk.clock.now()
    awaited = match(truth.text, await queries.awaited(tx, actor.organization_id))
    if awaited is None:
        await _keep_unmatched(tx, desk, actor, truth)
        return
    document = await documents.get(tx, actor, awaited.document_id, for_update=True)
    payment = await queries.get(tx, actor, awaited.id, for_update=True)
    if await queries.by_provider_id(tx, actor.organization_id, truth.transaction_id):
        return
    if payment.reference is None:  # another transfer took its place while we waited
        await take(tx, desk, actor, truth)
        return
    await book(tx, actor, document, payment, truth, at=at)
    await desk.alarm(tx, actor, document, payment, at=at)


def match(text: str, awaited: Sequence[Payment]) -> Payment | None:
    """Find the awaited transfer whose reference a text carries, however it was typed (pure).

    Banks change case, drop signs and add words; letters and digits survive.
    """
    typed = _letters_and_digits(text)
    found = [one for one in awaited if one.reference and one.reference in typed]
    return found[0] if len(found) == 1 else None


async def book(
    tx: AsyncSession,
    actor: Actor,
    document: Document,
    payment: Payment,
    truth: MoneyIn,
    *,
    at: datetime,
) -> None:
    """Turn an awaited transfer into what arrived; the rest of what was asked is awaited anew.

    Args:
        tx: One transaction.
        actor: The provider.
        document: Read for update.
        payment: The awaited one, read for update.
        truth: The transfer as fetched; its amount counts, whatever was asked for.
        at: Now.
    """
    was_awaited = payment.state == "awaiting_funds"
    asked_minor = payment.amount_minor
    reference = payment.reference or ""
    payment.review_reason = intents.doubt(document, truth.amount, is_late=not was_awaited)
    payment.amount_minor = truth.amount.amount_minor
    payment.provider_id = truth.transaction_id
    payment.state = "succeeded"
    payment.settled_at = at
    payment.reference = None
    payment.note = truth.text[: transfers.TEXT_MAX]
    await tx.flush()
    await intents.book(tx, actor, document, payment, received(payment, document), at=at)
    rest_minor = min(asked_minor - payment.amount_minor, document.due.amount_minor)
    if was_awaited and rest_minor > 0 and document.issue_state == "issued":
        await intents.await_rest(tx, document, payment, reference, rest_minor, at=at)


async def _keep_unmatched(tx: AsyncSession, desk: Desk, actor: Actor, truth: MoneyIn) -> None:
    at = desk.clock.now()
    transfer = await tx.scalar(
        insert(UnmatchedTransfer)
        .values(
            organization_id=actor.organization_id,
            id=new_id(),
            provider_id=truth.transaction_id,
            amount_minor=truth.amount.amount_minor,
            currency=truth.amount.currency,
            text=truth.text[: transfers.TEXT_MAX],
            received_at=truth.executed_at or at,
            payment_id=None,
        )
        .on_conflict_do_nothing()
        .returning(UnmatchedTransfer)
    )
    if transfer is not None:
        await desk.fact_alarm(tx, actor, None, arrived_unmatched(transfer), at=at)


def _letters_and_digits(text: str) -> str:
    return "".join(character for character in text.upper() if character.isalnum())
