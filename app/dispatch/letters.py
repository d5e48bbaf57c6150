"""The letter that carries a document: its subject, its words, its text and its HTML.

Pure: the same order makes the same letter. What people wrote (names, titles, the
staff's own words) is only ever a value: it is never read as a format or as markup.
"""

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from zoneinfo import ZoneInfo

from app.dispatch.paid import Paid
from app.documents.printable import DocumentType, InvoiceKind, Printable, TaxTreatment
from app.kernel import formats
from app.kernel.colors import DARK, LIGHT, dark_accent, light_accent
from app.kernel.money import Money
from app.kernel.wording import Wording, wording
from app.mail.letters import render
from app.mail.text import block_text, file_name_text, header_text

LINK = "{link}"
"""Stands for the client's link in what staff may see."""

_SUBJECT_LENGTH_MAX = 150
_NAME_LENGTH_MAX = 100
_LINE_LENGTH_MAX = 200
_PAYABLE = frozenset({DocumentType.PROFORMA, DocumentType.INVOICE})
_BLANK_LINES = re.compile(r"\n(?:[^\S\n]*\n)+")


class LetterKind(StrEnum):
    """Why a letter goes: with a document (three kinds), its new link, a receipt, a reminder."""

    FIRST = "first"
    RESEND = "resend"
    REVISION = "revision"
    LINK = "link"
    RECEIPT = "receipt"
    REMINDER = "reminder"

    @classmethod
    def of(cls, dispatch_kind: str, revision: int) -> "LetterKind":
        """Tell the kind of letter from the kind of dispatch and the revision it carries."""
        if dispatch_kind in {cls.RESEND, cls.LINK, cls.RECEIPT, cls.REMINDER}:
            return cls(dispatch_kind)
        return cls.REVISION if revision > 1 else cls.FIRST


@dataclass(frozen=True, slots=True)
class Deadline:
    """The day a reminder is about; `is_past` once it is over."""

    on: date
    is_past: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterOrder:
    """What one recipient's letter is made of; every name and text may be hostile.

    Attributes:
        language: Of the letter; the document may speak another.
        sender_name: The member of staff who sends; empty for the organization itself.
        to_name: The person greeted; may be empty.
        address: Where the letter goes.
        is_copy: The addressee may only read.
        can_decide: The addressee may accept or reject.
        can_pay: The addressee may pay this document on line.
        attach_pdf: The PDF goes with the letter.
        link: The full URL of `/d/{token}`, or `LINK` for what staff may see.
        has_logo: The message holds the logo as `cid:logo`.
        subject: The staff's own; None for the default.
        body: The staff's own words, plain text of several lines; None for the default.
            The greeting and the closing are not part of them.
        paid: The payment that a receipt is of; None in every other letter.
        deadline: The day a reminder is about; the document's own when None.
        due: What is left to pay, which a reminder asks for; None in every other letter.
    """

    says: Printable
    kind: LetterKind
    language: str
    sender_name: str
    to_name: str
    address: str
    is_copy: bool
    can_decide: bool
    can_pay: bool
    attach_pdf: bool
    link: str
    has_logo: bool = False
    subject: str | None = None
    body: str | None = None
    paid: Paid | None = None
    deadline: Deadline | None = None
    due: Money | None = None


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter ready for the mail; `body` is the part of it that staff may rewrite."""

    subject: str
    body: str
    text: str
    html: str


@dataclass(frozen=True, slots=True)
class _Fact:
    label: str
    value: str
    is_strong: bool = False


@dataclass(frozen=True, slots=True)
class _Action:
    label: str
    url: str
    is_primary: bool = False


def compose(order: LetterOrder) -> Letter:
    """Write the letter to one recipient.

    Raises:
        FileNotFoundError: There is no catalogue for the language.
        ValueError: The document's accent is not `#rrggbb`.
    """
    says, words = order.says, wording("letters", order.language)
    own_subject = header_text(order.subject or "", _SUBJECT_LENGTH_MAX)
    subject = own_subject or _subject(order)
    body = _body(order, words)
    label, amount = _amount(order, words)
    actions = _actions(order, words)
    parts = {
        "language": order.language,
        "subject": subject,
        "heading": words(f"heading.{order.kind}", **nouns(says, words), n=number_of(says)),
        "number": number_of(says),
        "preheader": _preheader(order, words),
        "greeting": _greeting(order.to_name, words),
        "paragraphs": [part.split("\n") for part in _BLANK_LINES.split(body)],
        "amount_label": label,
        "amount": amount,
        "facts": _facts(order, words),
        "actions": actions,
        "view": _Action(words("action.view"), order.link, is_primary=not actions),
        "copy": words("copy") if order.is_copy else "",
        "closing": _closing(order, words),
        "organization": issuer_name(says),
        "link": order.link,
        "link_help": words("link.help"),
        "footer": _footer(order, words),
        "has_logo": order.has_logo,
        "light": LIGHT,
        "dark": DARK,
        "accent": light_accent(says.accent_color),
        "dark_accent": dark_accent(says.accent_color),
    }
    text, html = render(parts)
    return Letter(subject=subject, body=body, text=text, html=html)


def _subject(order: LetterOrder) -> str:
    """Give the subject when staff wrote none; a receipt's says how much was paid."""
    words = wording("letters", order.language)
    if order.kind is LetterKind.REMINDER:
        text = words(f"subject.reminder.{_reminds_of(order)}", **_reminder_values(order, words))
        return header_text(text, _SUBJECT_LENGTH_MAX)
    if order.paid is None:
        return default_subject(order.says, order.kind, order.language)
    amount = _money(order.paid.amount, words)
    text = words(
        "subject.receipt", **nouns(order.says, words), n=number_of(order.says), total=amount
    )
    return header_text(text, _SUBJECT_LENGTH_MAX)


def default_subject(says: Printable, kind: LetterKind, language: str) -> str:
    """Give the subject when staff wrote none."""
    words = wording("letters", language)
    text = words(f"subject.{kind}", **nouns(says, words), n=number_of(says), org=issuer_name(says))
    return header_text(text, _SUBJECT_LENGTH_MAX)


def default_body(says: Printable, kind: LetterKind, language: str, *, can_pay: bool) -> str:
    """Give the words between greeting and box when staff wrote none."""
    words = wording("letters", language)
    key = f"body.{kind}"
    if kind == LetterKind.FIRST:
        key += "." + _first_of(says, can_pay=can_pay)
    title = header_text(says.title, _LINE_LENGTH_MAX)
    quoted = words("title", title=title) if title else ""
    return words(key, **nouns(says, words), title=quoted)


def shared_text(says: Printable, language: str) -> str:
    """Give the words that go with a link handed over; `{link}` stands in the link's place."""
    words = wording("letters", language)
    names = nouns(says, words)
    return words("shared", **names, n=number_of(says), org=issuer_name(says), link=LINK)


def attachment_name(says: Printable, language: str) -> str:
    """Name the PDF for the reader: `Presupuesto-P-260041.pdf`."""
    words = wording("letters", language)
    return file_name_text(f"{nouns(says, words)['Doc']} {number_of(says)}.pdf")


def receipt_name(says: Printable, language: str) -> str:
    """Name the PDF of a receipt for the reader: `Recibo-F-260118.pdf`."""
    return file_name_text(f"{wording('letters', language)('receipt')} {number_of(says)}.pdf")


def _body(order: LetterOrder, words: Wording) -> str:
    """Give staff's words or the default; a copy does not invite to answer.

    A dispatch keeps the default as if staff had written it, so it is known by its text.
    """
    says = order.says
    if order.kind is LetterKind.REMINDER:
        default = words(f"body.reminder.{_reminds_of(order)}", **_reminder_values(order, words))
    else:
        default = default_body(says, order.kind, order.language, can_pay=_can_pay(order))
    body = block_text(order.body or "").strip() or default
    if order.is_copy and body == default and order.kind is not LetterKind.LINK:
        return words("body.copy", **nouns(says, words), n=number_of(says))
    return body


def _reminds_of(order: LetterOrder) -> str:
    """Tell what a reminder is about: a quote that expires, or money that is, or was, due."""
    if _deadline(order) is None:
        return "plain"
    if order.says.type is DocumentType.QUOTE:
        return "expires"
    return "overdue" if order.deadline is not None and order.deadline.is_past else "due"


def _deadline(order: LetterOrder) -> date | None:
    if order.deadline is not None:
        return order.deadline.on
    says = order.says
    return says.valid_until if says.type is DocumentType.QUOTE else says.due_date


def _reminder_values(order: LetterOrder, words: Wording) -> dict[str, str]:
    deadline = _deadline(order)
    day = formats.long_date(deadline, words.language) if deadline is not None else ""
    return {**nouns(order.says, words), "n": number_of(order.says), "date": day}


def _first_of(says: Printable, *, can_pay: bool) -> str:
    if says.type in _PAYABLE:
        return "payable" if can_pay else "not_payable"
    return says.type.value


def _can_pay(order: LetterOrder) -> bool:
    return order.can_pay and order.says.totals.payable.amount_minor > 0


def nouns(says: Printable, words: Wording) -> dict[str, str]:
    """Name the document in the forms that the texts use."""
    key = says.type.value
    if says.invoice_kind not in {None, InvoiceKind.STANDARD}:
        key += f".{says.invoice_kind}"
    noun = words(f"{key}.noun")
    return {
        "doc": noun,
        "Doc": noun[0].upper() + noun[1:],
        "the_doc": words(f"{key}.the"),
        "of_doc": words(f"{key}.of"),
    }


def number_of(says: Printable) -> str:
    """Give the number, fit for a line; empty on a draft."""
    return header_text(says.number or "", _NAME_LENGTH_MAX)


def issuer_name(says: Printable) -> str:
    """Give the name clients know, fit for a line."""
    return header_text(says.issuer.trade_name or says.issuer.name, _NAME_LENGTH_MAX)


def _greeting(name: str, words: Wording) -> str:
    """Greet by the first name; as written when it starts otherwise ("Sra. Ruiz")."""
    whole = header_text(name, _NAME_LENGTH_MAX)
    if not whole:
        return words("greeting.nameless")
    first = whole.split()[0]
    return words("greeting", first=whole if first.endswith((".", ",")) else first)


def _amount(order: LetterOrder, words: Wording) -> tuple[str, str]:
    """Give the figure that matters and its label; both empty without prices."""
    says = order.says
    if order.paid is not None:
        return words("amount.paid"), _money(order.paid.amount, words)
    if order.due is not None and says.type in _PAYABLE:
        return words("amount.due"), _money(order.due, words)
    if _is_priceless(says):
        return "", ""
    totals = says.totals
    if says.type in _PAYABLE and totals.payable.amount_minor > 0:
        return words("amount.payable"), _money(totals.payable, words)
    return _with_tax(words("amount.total"), says, words), _money(totals.total, words)


def _is_priceless(says: Printable) -> bool:
    """A delivery note may go without prices."""
    is_note = says.type is DocumentType.DELIVERY_NOTE
    return is_note and all(line.unit_price == 0 for line in says.lines)


def _with_tax(label: str, says: Printable, words: Wording) -> str:
    kinds = {
        tax.kind
        for tax in says.taxes
        if tax.treatment is TaxTreatment.TAXABLE and tax.amount.amount_minor
    }
    if not kinds:
        return label
    if len(kinds) > 1:
        return words("amount.with_taxes", amount=label)
    return words("amount.with_tax", amount=label, tax=words(f"tax.{kinds.pop()}"))


def _money(value: Money, words: Wording) -> str:
    return formats.money(value, words.language)


def _facts(order: LetterOrder, words: Wording) -> list[_Fact]:
    says, language = order.says, words.language
    facts = []
    if title := header_text(says.title, _LINE_LENGTH_MAX):
        facts.append(_Fact(words("fact.title"), title))
    if says.revision > 1:
        facts.append(_Fact(words("fact.version"), str(says.revision)))
    if order.paid is not None:
        return [*facts, *_payment_facts(order, order.paid, words)]
    if says.valid_until:
        until = formats.long_date(says.valid_until, language)
        facts.append(_Fact(words("fact.valid_until"), until, is_strong=True))
    for no, one in enumerate(says.installments, start=1):
        label = words("fact.installment", no=no, count=len(says.installments))
        day = formats.long_date(one.due_date, language)
        value = words("fact.installment.value", amount=_money(one.amount, words), date=day)
        facts.append(_Fact(label, value, is_strong=True))
    if says.due_date and not says.installments:
        due = formats.long_date(says.due_date, language)
        facts.append(_Fact(words("fact.due_date"), due, is_strong=True))
    if says.deposit and says.deposit_percent:
        share = formats.percent(says.deposit_percent, language)
        facts.append(_Fact(words("fact.deposit"), f"{_money(says.deposit, words)} ({share})"))
    if order.attach_pdf:
        facts.append(_Fact(words("fact.attachment"), attachment_name(says, language)))
    return facts


def _payment_facts(order: LetterOrder, paid: Paid, words: Wording) -> list[_Fact]:
    facts = [
        _Fact(words("fact.paid_on"), _paid_on(order, paid, words)),
        _Fact(words("fact.method"), words(f"method.{paid.method}")),
    ]
    if paid.due is not None:
        facts.append(_Fact(words("fact.due"), _money(paid.due, words), is_strong=True))
    facts.append(_Fact(words("fact.attachment"), receipt_name(order.says, words.language)))
    return facts


def _paid_on(order: LetterOrder, paid: Paid, words: Wording) -> str:
    day = paid.paid_at.astimezone(ZoneInfo(order.says.time_zone)).date()
    return formats.long_date(day, words.language)


def _actions(order: LetterOrder, words: Wording) -> list[_Action]:
    """Give the row of buttons, each to its confirm page; the next sensible one leads.

    The row is the same for all four types, as far as the addressee's rights go; a receipt
    asks for nothing.
    """
    if order.is_copy or order.kind is LetterKind.RECEIPT:
        return []
    can_pay = _can_pay(order)
    pay_first = can_pay and order.says.type in _PAYABLE
    actions = []
    if order.can_decide:
        accept = _Action(words("action.accept"), f"{order.link}/accept", is_primary=not pay_first)
        actions += [accept, _Action(words("action.reject"), f"{order.link}/reject")]
    if can_pay:
        is_primary = pay_first or not order.can_decide
        pay = _Action(words("action.pay"), f"{order.link}/pay", is_primary=is_primary)
        actions.append(pay)
    return actions


def _preheader(order: LetterOrder, words: Wording) -> str:
    """Give the line that an inbox shows after the subject."""
    says, amount = order.says, _amount(order, words)[1]
    if order.paid is not None:
        return words(
            "preheader.receipt",
            date=_paid_on(order, order.paid, words),
            how=words(f"how.{order.paid.method}"),
        )
    if order.kind is LetterKind.REMINDER:
        asks = "due" if order.due is not None and says.type in _PAYABLE else "open"
        news = words(f"preheader.{asks}.reminder", total=amount)
    elif order.kind == LetterKind.LINK:
        news = words("preheader.link")
    elif order.kind == LetterKind.REVISION:
        news = words("preheader.replaces", v=says.revision - 1)
    elif not amount:
        news = words(
            "preheader.priceless",
            **nouns(says, words),
            n=number_of(says),
            org=issuer_name(says),
        )
    elif says.type is DocumentType.QUOTE and says.valid_until:
        until = formats.long_date(says.valid_until, words.language)
        news = words("preheader.until", total=amount, date=until)
    elif says.due_date:
        due = formats.long_date(says.due_date, words.language)
        news = words("preheader.due", total=amount, date=due)
    else:
        news = words("preheader.undated", total=amount, org=issuer_name(says))
    return f"{news} {words('preheader.copy' if order.is_copy else 'preheader.reply')}"


def _closing(order: LetterOrder, words: Wording) -> list[str]:
    """Sign as the member of staff who sends; what nobody sends, as the organization."""
    name = "" if order.kind in {LetterKind.LINK, LetterKind.RECEIPT} else order.sender_name
    sender = header_text(name, _NAME_LENGTH_MAX) or issuer_name(order.says)
    lines = [words("closing.start"), sender]
    return lines if order.is_copy else [*lines, words("closing.reply")]


def _footer(order: LetterOrder, words: Wording) -> list[str]:
    """Say who writes and to whom; letters too name the registry entry (CCom art. 24.1)."""
    issuer = order.says.issuer
    name = header_text(issuer.name, _LINE_LENGTH_MAX)
    if issuer.tax_id:
        name = words("footer.issuer", name=name, tax_id=header_text(issuer.tax_id, 40))
    lines = [
        name,
        header_text(", ".join(issuer.address), _LINE_LENGTH_MAX),
        header_text(issuer.registry or "", _LINE_LENGTH_MAX),
        words("footer.addressee", address=header_text(order.address, 254)),
    ]
    return [line for line in lines if line]
