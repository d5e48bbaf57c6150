"""The page that asks once more before an answer (pure)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from markupsafe import Markup, escape

from app.documents.printable import DocumentType, Printable
from app.kernel import formats
from app.kernel.wording import Wording, wording
from app.portal import figures
from app.portal.figures import Amount
from app.portal.forms import COMMENT_LENGTH_MAX, clean_text
from app.portal.frames import Frame, Paths, framed
from app.portal.naming import Naming, naming_of
from app.portal.reading import Shared


@dataclass(frozen=True, slots=True)
class Typed:
    """What a client typed into a confirm page; nothing is ever filled in for them."""

    name: str = ""
    comment: str = ""
    statement_accepted: bool = False


@dataclass(frozen=True, slots=True)
class ConfirmPage:
    """The step between wanting and deciding (WCAG 2.2, 3.3.4).

    Attributes:
        errors: Text by field: `name`, `statement`, `comment`; in the form's order.
        alert: What is wrong with the whole, if anything.
    """

    frame: Frame
    paths: Paths
    naming: Naming
    action: str
    heading: str
    intro: str
    subject: str
    issuer: str
    amount: Amount | None
    terms: str
    statement: Markup
    nonce: str
    typed: Typed
    button: str
    alert: str = ""
    errors: Mapping[str, str] = field(default_factory=dict)


def confirm_page(
    shared: Shared,
    paths: Paths,
    language: str,
    *,
    action: str,
    statement: str,
    nonce: str,
    typed: Typed | None = None,
    pointers: Mapping[str, str] | None = None,
    reason: str | None = None,
) -> ConfirmPage:
    """Compose the page that asks once more.

    Args:
        shared: What is behind the link.
        paths: Where its parts are.
        language: Of the page.
        action: `accept` or `reject`.
        statement: The sentence to tick.
        nonce: For the form.
        typed: What was typed, when the form comes back.
        pointers: Codes of the faults by JSON pointer.
        reason: Why the whole was refused.
    """
    says = shared.says
    texts = wording("pages", language)
    naming = naming_of(says, language)
    heading = texts(f"confirm.{action}", **naming.values())
    typed = typed or Typed()
    errors = _errors(pointers or {}, typed, action, texts)
    alert = texts(f"reason.{reason}") if reason else ""
    is_wrong = bool(errors or alert)
    frame = framed(shared, paths, language, heading, action, is_form=True, is_wrong=is_wrong)
    return ConfirmPage(
        frame=frame,
        paths=paths,
        naming=naming,
        action=action,
        heading=heading,
        intro=_intro(says, naming, texts) if action == "reject" else "",
        subject=says.subject,
        issuer=says.issuer.name,
        amount=figures.shown_amount(shared, language) if figures.shows_prices(says) else None,
        terms=says.notes,
        statement=_unbroken(statement, naming.number),
        nonce=nonce,
        typed=typed,
        button=texts(f"action.{action}.doc", doc=naming.noun),
        alert=alert,
        errors=errors,
    )


def _unbroken(sentence: str, number: str) -> Markup:
    """Keep the document's number in one piece where the sentence names it."""
    if not number:
        return escape(sentence)
    piece = Markup('<span class="number">{}</span>').format(number)
    return piece.join(escape(part) for part in sentence.split(number))


def _intro(says: Printable, naming: Naming, texts: Wording) -> str:
    if says.type in {DocumentType.INVOICE, DocumentType.QUOTE}:
        return texts(f"confirm.reject.{says.type}", **naming.values())
    suffix = ".f" if naming.gender == "f" else ""
    return texts(f"confirm.reject.intro{suffix}", **naming.values())


def _errors(
    pointers: Mapping[str, str], typed: Typed, action: str, texts: Wording
) -> dict[str, str]:
    """Say what is wrong with each field, in the order in which the form asks."""
    found = {}
    if "/name" in pointers:
        found["name"] = texts("error.name.long" if typed.name.strip() else "error.name")
    if "/statement_accepted" in pointers:
        found["statement"] = texts("error.statement")
    if "/comment" in pointers:
        found["comment"] = comment_error(typed.comment, texts)
    order = ["name", "statement", "comment"]
    if action == "reject":
        order = ["comment", "name", "statement"]
    return {name: found[name] for name in order if name in found}


def comment_error(body: str, texts: Wording) -> str:
    """Say what is wrong with a comment that was refused."""
    excess = len(clean_text(body)) - COMMENT_LENGTH_MAX
    if excess > 0:
        limit = formats.quantity(Decimal(COMMENT_LENGTH_MAX), texts.language)
        return texts("error.comment.long", max=limit, k=excess)
    return texts("error.comment.other" if body.strip() else "error.comment")
