"""What a search of documents looks through: number, title, amount and the contact."""

import re
from collections.abc import Iterator
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Select,
    Uuid,
    and_,
    case,
    column,
    func,
    intersect,
    or_,
    select,
    table,
    union,
)

from app.contacts.models import Contact
from app.contacts.queries import matching_ids
from app.contacts.search import EXACT, FINDABLE_CONTACTS, Sought, occurs, one_of
from app.documents.models import Document
from app.kernel.actor import Actor

FINDABLE_DOCUMENTS = table(
    "findable_documents", column("organization_id", Uuid()), column("id", Uuid()), column("words")
)
"""The ids and words of the entered organization's documents, searched by index."""

_DIGITS_MAX = 15
_AMOUNT = re.compile(
    r"""(?P<sign>-?)
    (?P<units>\d{1,3}(?:\.\d{3})+(?=,|$) | \d{1,3}(?:,\d{3})+(?=\.|$) | \d+)
    (?:[.,](?P<cents>\d{1,2}))?""",
    re.VERBOSE | re.ASCII,
)


def read_amount(text: str) -> int | None:
    """Read an amount as people write it, in minor units; None when it is none.

    `1.234,56`, `1,234.56`, `1234.56`, `1234,5` and `1234` are amounts, with or without €.
    """
    found = _AMOUNT.fullmatch(re.sub(r"\s|€|eur$", "", text.casefold()))
    if found is None:
        return None
    units = re.sub(r"\D", "", found["units"])
    if len(units) > _DIGITS_MAX:
        return None
    minor = int(units) * 100 + int((found["cents"] or "").ljust(2, "0"))
    return -minor if found["sign"] else minor


def matching_documents(actor: Actor, sought: Sought) -> Select[UUID] | CompoundSelect[UUID]:
    """Select the ids of documents that have every word themselves or in their contact.

    Or of those whose number or amount the whole text is.
    """
    having_all = intersect(*(_having(actor, word) for word in sought.words))
    return union(having_all, *_being(actor, sought))


def closeness(sought: Sought) -> ColumnElement[int]:
    """Tell how close a document comes; joined with its contact."""
    own = Document.words.expression
    is_number = func.split_part(own, " ", 2) == sought.compact  # the number without its signs
    exact = and_(Document.number.is_not(None), is_number)
    amount = read_amount(sought.whole)
    if amount is not None:
        exact = or_(exact, Document.total_minor == amount)
    words = own + " " + Contact.words.expression
    return case((exact, EXACT), else_=sought.closeness(words))


def _having(actor: Actor, word: str) -> CompoundSelect[UUID]:
    """Select the ids of documents that have a word, or whose contact has it."""
    by_contact = matching_ids(actor, occurs(word, FINDABLE_CONTACTS.c.words))
    own = Document.organization_id == actor.organization_id
    return union(
        _own(actor, occurs(word, FINDABLE_DOCUMENTS.c.words)),
        select(Document.id).where(own, Document.contact_id == one_of(by_contact)),
    )


def _being(actor: Actor, sought: Sought) -> Iterator[Select[UUID] | CompoundSelect[UUID]]:
    """Select the ids of documents whose number, contact's tax id or amount the text is."""
    if sought.has_digits and sought.words != (sought.compact,):
        yield _having(actor, sought.compact)
    amount = read_amount(sought.whole)
    if amount is not None:
        own = Document.organization_id == actor.organization_id
        yield select(Document.id).where(own, Document.total_minor == amount)


def _own(actor: Actor, condition: ColumnElement[bool]) -> Select[UUID]:
    own = FINDABLE_DOCUMENTS.c.organization_id == actor.organization_id
    return select(FINDABLE_DOCUMENTS.c.id).where(own, condition)
