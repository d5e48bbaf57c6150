"""Verb: change a document's client, with the money that was taken for it."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StrictBool
from sqlalchemy.ext.asyncio import AsyncSession

from app.contacts import queries as contacts
from app.documents import drafting, moving
from app.documents import queries as documents
from app.documents.models import Document
from app.documents.moving import Kept, Move, Moved
from app.documents.schemas import DocumentView
from app.kernel.actor import Actor
from app.kernel.errors import Conflict, Fault, Invalid, NotFound
from app.payments import ledger, queries, refunding
from app.payments.schemas import RefundDraft
from app.payments.settlement import settle_document
from app.web.schemas import Body


class ContactChange(Body):
    """Whom a document is for from now on."""

    contact_id: UUID = Field(description="The new client.")
    keep: Annotated[list[Kept], Field(max_length=10)] = Field(
        default_factory=list,
        description="What stays as it is instead of following the new client: `language`, "
        "`terms` (an invoice's due date), `taxes` (withholding and equivalence surcharge).",
        examples=[["language"]],
    )
    confirm: StrictBool = Field(
        default=False, description="Needed for what was accepted, paid or converted."
    )
    allocated: Literal["refund", "credit", "move"] | None = Field(
        None,
        description="What becomes of money that was taken: given back, kept as the old client's "
        "credit, or moved along with their consent.",
        examples=[None],
    )


class MovedView(DocumentView):
    """A document and its new client."""

    warnings: list[str] = Field(
        description="What to look at: `taxes_changed` when the new client's taxes are others.",
        examples=[["taxes_changed"]],
    )


async def change_contact(
    tx: AsyncSession, actor: Actor, document: Document, change: ContactChange, *, at: datetime
) -> Moved:
    """Make a document out to another client, and settle whose the money is.

    Args:
        tx: The request's transaction.
        actor: Who changes it.
        document: Read for update, with its lines.
        change: To whom, and how.
        at: Now.

    Raises:
        Conflict: It cannot be moved, a payment is under way, or nobody confirmed.
        Invalid: They are no client, or it was not said what becomes of the money.
    """
    try:
        contact = await contacts.get(tx, actor, change.contact_id, parts=())
    except NotFound:
        raise Invalid(faults=[Fault("/contact_id", "reference.unknown")]) from None
    if contact.status != "active":
        raise Invalid(faults=[Fault("/contact_id", "contact.archived")])
    to = Move(contact, change.keep, is_confirmed=change.confirm)
    moving.require_movable(document, to)
    if await queries.is_processing(tx, document):
        raise Conflict(reason="payment_live", extra=drafting.conflict_facts(document))
    if document.paid_minor > 0:
        await _settle(tx, actor, document, change, at=at)
        # Giving money back read it again, without its lines.
        document = await documents.get(tx, actor, document.id, for_update=True, with_lines=True)
    if document.paid_minor > 0 and change.allocated == "credit":
        await ledger.book_former_credit(tx, document, at=at)
    done = await moving.move(tx, actor, document, to, at=at)
    if done.issued is not None:
        # Credit of the client it leaves is no longer its own, of the one it comes to, it is.
        await settle_document(tx, done.document, at=at)
    return done


async def _settle(
    tx: AsyncSession, actor: Actor, document: Document, change: ContactChange, *, at: datetime
) -> None:
    if change.allocated is None:
        raise Invalid(faults=[Fault("/allocated", "missing")])
    if change.allocated == "refund":
        for payment in await queries.refundable(tx, document):
            await refunding.give_back(tx, actor, document, payment, RefundDraft(), at=at)
