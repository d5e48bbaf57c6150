"""Reading transfers that nobody awaited, with the documents each may be for."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Select,
    SQLColumnExpression,
    false,
    func,
    or_,
    select,
    true,
)
from sqlalchemy.ext.asyncio import AsyncSession

from app.contacts.models import Contact
from app.documents.models import Document
from app.documents.visibility import sees_document
from app.kernel.actor import Actor, Visibility
from app.kernel.errors import NotFound
from app.payments.models import Payment, UnmatchedTransfer

TEXT_MAX = 500
"""Characters kept of what a payer wrote."""

PROPOSALS_MAX = 5
"""Of each kind, for one transfer."""

_CLOSE = 0.4
"""How much of a reference's letter groups a text must show."""

_NUMBER_MIN = 4
"""A shorter number is in too many texts."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A document that a transfer may be for.

    Attributes:
        why: `reference` or `same_amount`.
    """

    document: Document
    contact_name: str
    why: str


async def get(
    tx: AsyncSession, actor: Actor, transfer_id: UUID, *, for_update: bool = False
) -> UnmatchedTransfer:
    """Give one transfer; lock its document first.

    Raises:
        NotFound: There is none that the actor sees.
    """
    query = select(UnmatchedTransfer).where(*_seen_by(actor), UnmatchedTransfer.id == transfer_id)
    if for_update:
        query = query.with_for_update()
    transfer = await tx.scalar(query.execution_options(populate_existing=True))
    if transfer is None:
        raise NotFound
    return transfer


async def by_provider_id(
    tx: AsyncSession, organization_id: UUID, provider_id: str
) -> UnmatchedTransfer | None:
    """Find the transfer that keeps a transaction of the provider."""
    return await tx.scalar(
        select(UnmatchedTransfer).where(
            UnmatchedTransfer.organization_id == organization_id,
            UnmatchedTransfer.provider_id == provider_id,
        )
    )


async def list_unmatched(
    tx: AsyncSession, actor: Actor, limit: int, *, before: UUID | None
) -> Sequence[UnmatchedTransfer]:
    """List what waits for a person, newest first, one more than the limit."""
    query = select(UnmatchedTransfer).where(
        *_seen_by(actor), UnmatchedTransfer.payment_id.is_(None)
    )
    if before is not None:
        query = query.where(UnmatchedTransfer.id < before)
    return list(await tx.scalars(query.order_by(UnmatchedTransfer.id.desc()).limit(limit + 1)))


def _seen_by(actor: Actor) -> list[ColumnElement[bool]]:
    """A transfer is of nobody yet: who sees some contacts only cannot tell whether of theirs."""
    own = UnmatchedTransfer.organization_id == actor.organization_id
    return [own, true() if actor.visibility == Visibility.ALL else false()]


async def proposals(
    tx: AsyncSession, actor: Actor, transfers: Iterable[UnmatchedTransfer]
) -> Mapping[UUID, Sequence[Proposal]]:
    """Propose documents for transfers: whose reference the text resembles, then of the amount."""
    ids = [transfer.id for transfer in transfers]
    found: dict[UUID, dict[UUID, Proposal]] = defaultdict(dict)
    kinds = (("reference", _is_named()), ("same_amount", _is_due()))
    for why, fits in kinds if ids else ():
        rows = await tx.execute(_fitting(actor, ids, fits))
        for transfer_id, document, name in rows:
            found[transfer_id].setdefault(document.id, Proposal(document, name, why))
    return {transfer_id: list(several.values()) for transfer_id, several in found.items()}


def _fitting(
    actor: Actor, transfer_ids: Sequence[UUID], fits: ColumnElement[bool]
) -> Select[UUID, Document, str]:
    """Find for each transfer the newest open documents that fit."""
    place = func.row_number().over(partition_by=UnmatchedTransfer.id, order_by=Document.id.desc())
    pairs = (
        select(
            UnmatchedTransfer.id.label("transfer_id"),
            Document.id.label("document_id"),
            place.label("place"),
        )
        .join(Document, Document.organization_id == UnmatchedTransfer.organization_id)
        .where(
            UnmatchedTransfer.organization_id == actor.organization_id,
            UnmatchedTransfer.id.in_(transfer_ids),
            Document.issue_state == "issued",
            Document.payable_minor > Document.paid_minor,
            sees_document(actor),
            fits,
        )
        .subquery()
    )
    return (
        select(pairs.c.transfer_id, Document, Contact.display_name)
        .join(Document, Document.id == pairs.c.document_id)
        .join(
            Contact,
            (Contact.organization_id == Document.organization_id)
            & (Contact.id == Document.contact_id),
        )
        .where(Document.organization_id == actor.organization_id, pairs.c.place <= PROPOSALS_MAX)
        .order_by(pairs.c.transfer_id, pairs.c.place)
    )


def _is_due() -> ColumnElement[bool]:
    return Document.payable_minor - Document.paid_minor == UnmatchedTransfer.amount_minor


def _is_named() -> ColumnElement[bool]:
    """Tell whether the text has the document's number, or much of a reference of its payments."""
    text, number = _typed(UnmatchedTransfer.text), _typed(Document.number)
    resembles = (
        select(Payment.id)
        .where(
            Payment.organization_id == Document.organization_id,
            Payment.document_id == Document.id,
            Payment.method == "bank_transfer",
            func.word_similarity(Payment.reference, text) >= _CLOSE,
        )
        .exists()
    )
    has_number = (func.length(number) >= _NUMBER_MIN) & (func.strpos(text, number) > 0)
    return or_(has_number, resembles)


def _typed(text: SQLColumnExpression[str] | SQLColumnExpression[str | None]) -> ColumnElement[str]:
    """Leave of a text what survives a bank: letters and digits, in capitals."""
    return func.regexp_replace(func.upper(text), "[^[:alnum:]]", "", "g")
