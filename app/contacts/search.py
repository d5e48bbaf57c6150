"""How a search forgives: accents, case, punctuation and a slip of the finger."""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    CollectionAggregate,
    ColumnElement,
    CompoundSelect,
    Integer,
    Select,
    Text,
    Uuid,
    and_,
    any_,
    bindparam,
    case,
    cast,
    column,
    func,
    or_,
    select,
    table,
    true,
)

from app.kernel.rows import Rows, Statement

WORDS_MAX = 8
"""Words of a search that are looked at; more narrow nothing down, and each costs."""

FORGIVEN_LENGTH_MIN = 4
"""Shorter words are like too many others to forgive a slip in them."""

ALIKE_MIN = 0.25
"""How alike two words are at least: the trigrams both have, of all that either has.

Tried on 188 Spanish names: with one letter wrong, missing or too many all are found, with
two swapped all of six letters and more, beside half a name meant by nobody. 0.3 loses one
swapped pair in four.
"""

EXACT, STARTS, BEGINS_WORDS, CONTAINED = 1004, 1003, 1002, 1001
"""How close what is found comes, best first; above any likeness, in thousandths."""

FINDABLE_CONTACTS = table(
    "findable_contacts", column("organization_id", Uuid()), column("id", Uuid()), column("words")
)
"""The ids and words of the entered organization's contacts, searched by index.

Row-level security lets no index answer `like`, which might tell what it was shown; this
view keeps to the organization itself. Read the rows of its ids from the table.
"""


def fold(text: str) -> str:
    """Give text without accents or case, single-spaced: `Núñez  S.L.` → `nunez s.l.`."""
    decomposed = unicodedata.normalize("NFKD", text)
    plain = "".join(char for char in decomposed if not unicodedata.combining(char))
    return " ".join(plain.casefold().split())


def searchable(*parts: str | None) -> str:
    """Join what a search looks through, folded; parts that are not there are skipped."""
    return fold(" ".join(part for part in parts if part))


@dataclass(frozen=True, slots=True)
class Sought:
    """What somebody looks for, folded as the database folds what it keeps.

    Attributes:
        whole: All of it, single-spaced.
        words: Its words without the punctuation around them; none when it was only that.
    """

    whole: str
    words: tuple[str, ...]

    @property
    def compact(self) -> str:
        """Its letters and digits alone, as numbers and tax ids are kept."""
        return "".join(char for char in self.whole if char.isalnum())

    @property
    def has_digits(self) -> bool:
        """Whether it may be a number, a tax id or an amount."""
        return any(char.isdigit() for char in self.whole)

    def closeness(self, text: ColumnElement[str]) -> ColumnElement[int]:
        """Tell how close a text comes: how it has the words, or how alike it is."""
        padded = " " + text
        alike = cast(func.round(1000 * func.word_similarity(self.whole, text)), Integer)
        return case(
            (text.startswith(self.whole, autoescape=True), STARTS),
            (_all(padded.contains(f" {word}", autoescape=True) for word in self.words),
             BEGINS_WORDS),
            (_all(text.contains(word, autoescape=True) for word in self.words), CONTAINED),
            else_=alike,
        )  # fmt: skip

    def in_words(self, text: ColumnElement[str]) -> ColumnElement[bool]:
        """Every word occurs in the text, or one like it does."""
        return _all(occurs(word, text) for word in self.words)


async def read(rows: Rows, text: str) -> Sought:
    """Read what somebody typed.

    It also sets, for the rest of the transaction, how alike words must be.
    """
    row = await rows.first(_FOLDED, text=fold(text))
    words = dict.fromkeys(filter(None, map(_bare, row[0].split()))) if row else {}
    return Sought(row[0] if row else "", tuple(words)[:WORDS_MAX])


_FOLDED = Statement(
    select(
        func.folded(bindparam("text", type_=Text())),
        func.set_config("pg_trgm.strict_word_similarity_threshold", str(ALIKE_MIN), true()),
    )
)


def occurs(word: str, text: ColumnElement[str]) -> ColumnElement[bool]:
    """Tell whether a text has a word or one like it; numbers are taken to the letter."""
    contained = text.contains(word, autoescape=True)
    if len(word) < FORGIVEN_LENGTH_MIN or any(char.isdigit() for char in word):
        return contained
    return or_(contained, text.op("%>>", is_comparison=True)(word))


def one_of(query: Select[UUID] | CompoundSelect[UUID]) -> CollectionAggregate[bool]:
    """Give what equals any id of a query, which is run first and by itself.

    Joined to a table with row-level security, the views would be read by it too.
    """
    return any_(func.array(query.scalar_subquery(), type_=ARRAY(Uuid())))


def _all(conditions: Iterator[ColumnElement[bool]]) -> ColumnElement[bool]:
    return and_(*conditions)


def _bare(word: str) -> str:
    """Strip a word of punctuation; letters, digits and pictures stay."""
    start, end = 0, len(word)
    while start < end and not _says_something(word[start]):
        start += 1
    while end > start and not _says_something(word[end - 1]):
        end -= 1
    return word[start:end]


def _says_something(char: str) -> bool:
    kind = unicodedata.category(char)
    return kind[0] in "LN" or kind == "So"
