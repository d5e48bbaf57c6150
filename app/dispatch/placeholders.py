"""What the words of an organization's template may name (pure)."""

from datetime import date

from app.dispatch import letters
from app.dispatch.templates import Values
from app.documents.printable import Printable
from app.kernel import formats
from app.kernel.wording import wording
from app.mail.text import header_text

LINES_MAX = 50
_LENGTH_MAX = 200

NAMES = (
    "`document.name`, `document.the_name`, `document.number`, `document.title`, "
    "`document.version`, `document.total`, `document.amount_payable`, `document.issue_date`, "
    "`document.valid_until`, `document.due_date`, `document.lines` (each with `description`, "
    "`quantity` and `amount`), `organization.name`, `organization.email`, "
    "`organization.phone`, `client.name`, `sender.name`"
)
"""The same, for people; a test compares."""


def of(says: Printable, language: str, sender_name: str) -> Values:
    """Give texts for every name, ready to be read; what a document lacks is None.

    Args:
        says: The document.
        language: Of the letter.
        sender_name: The member of staff who sends; empty for nobody in particular.
    """
    nouns = letters.nouns(says, wording("letters", language))
    issuer, totals = says.issuer, says.totals
    return {
        "document": {
            "name": nouns["doc"],
            "the_name": nouns["the_doc"],
            "number": letters.number_of(says),
            "title": _line(says.title),
            "version": str(says.revision),
            "total": formats.money(totals.total, language),
            "amount_payable": formats.money(totals.payable, language),
            "issue_date": _day(says.issue_date, language),
            "valid_until": _day(says.valid_until, language),
            "due_date": _day(says.due_date, language),
            "lines": [
                {
                    "description": _line(line.description.split("\n", 1)[0]),
                    "quantity": formats.quantity(line.quantity, language),
                    "amount": formats.money(line.amount, language),
                }
                for line in says.lines[:LINES_MAX]
            ],
        },
        "organization": {
            "name": letters.issuer_name(says),
            "email": _line(issuer.email),
            "phone": _line(issuer.phone),
        },
        "client": {"name": _line(says.client.name)},
        "sender": {"name": _line(sender_name)},
    }


def _line(text: str | None) -> str | None:
    """Put a text on one line; an empty one is none."""
    return header_text(text or "", _LENGTH_MAX) or None


def _day(day: date | None, language: str) -> str | None:
    return None if day is None else formats.long_date(day, language)
