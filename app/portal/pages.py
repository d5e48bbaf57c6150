"""What a client sees, as values: the pages are these and a template (pure)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from app.comments.models import Comment
from app.documents.printable import DocumentType, Party, Printable, TaxTreatment
from app.kernel import formats
from app.kernel.wording import Wording, wording
from app.portal import figures, panels
from app.portal.figures import Amount, Line, Sum
from app.portal.naming import Naming, naming_of
from app.portal.panels import Panel, Pill
from app.portal.reading import Shared

COMMENT_MAX = 2_000
"""Characters of a comment (the e-mail reference, 8.4)."""

_HOUSE_THEME = "0f5a78"


@dataclass(frozen=True, slots=True)
class Paths:
    """Where things are behind one link.

    Attributes:
        language: Set when the reader chose another language than the document's; it
            then follows them everywhere.
    """

    token: str
    language: str | None = None

    def __call__(self, name: str = "", *, done: str = "") -> str:
        """Give the path of a part of the page; `done` names what was just done."""
        path = f"/d/{self.token}/{name}" if name else f"/d/{self.token}"
        query = [f"done={done}"] if done else []
        if self.language:
            query.append(f"lang={self.language}")
        return f"{path}?{'&'.join(query)}" if query else path

    def in_language(self, language: str, name: str = "") -> str:
        """Give the same page in a chosen language."""
        return Paths(self.token, language)(name)


@dataclass(frozen=True, slots=True)
class Frame:
    """What surrounds every page.

    Attributes:
        brand: Who speaks: the issuer, or nobody on a page without a document.
        logo: Path of the issuer's logo, if there is one.
        theme: Six hexadecimal digits of the accent.
        other_path: The same page in the other language.
        issuer: Whose name and address stand at the foot.
        is_form: Forms are narrower than documents.
    """

    language: str
    title: str
    brand: str
    other_path: str
    logo: str | None = None
    theme: str = _HOUSE_THEME
    issuer: Party | None = None
    is_form: bool = False

    @property
    def other_language(self) -> str:
        """The language the link in the top bar leads to."""
        return "en" if self.language == "es" else "es"

    @property
    def other_name(self) -> str:
        """That language's name in itself."""
        return wording("pages", self.other_language)("language.name")

    @property
    def privacy_path(self) -> str:
        """Where privacy is explained."""
        return f"/privacy?lang={self.language}"


@dataclass(frozen=True, slots=True)
class Action:
    """One of the things a client can do; at most one of a page is primary."""

    target: str
    label: str
    is_primary: bool
    icon: str | None = None


@dataclass(frozen=True, slots=True)
class FactRow:
    """One row of a list of facts."""

    label: str
    value: str
    is_strong: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the thread; `pill` marks the comment given with an answer."""

    author: str
    is_own: bool
    instant: str
    when: str
    body: str
    pill: Pill | None = None


@dataclass(frozen=True, slots=True)
class CommentForm:
    """The form under the thread, with what was typed when it comes back."""

    nonce: str
    body: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True)
class DocumentPage:
    """The page behind a link."""

    frame: Frame
    paths: Paths
    naming: Naming
    panel: Panel | None
    pills: tuple[Pill, ...]
    subject: str
    amount: Amount | None
    actions: tuple[Action, ...]
    is_copy: bool
    facts: tuple[FactRow, ...]
    asks: bool
    issuer: Party
    client: Party
    lines: tuple[Line, ...]
    tax_column: str
    sums: tuple[Sum, ...]
    terms: str
    account: str
    mentions: tuple[str, ...]
    thread: tuple[Entry, ...]
    was_commented: bool
    comment_form: CommentForm | None
    form_nonce: str


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
    statement: str
    nonce: str
    typed: Typed
    button: str
    alert: str = ""
    errors: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MessagePage:
    """A page of a few words: an error, an expired link, privacy.

    Attributes:
        target: Where its one button posts to, if it has one.
    """

    frame: Frame
    heading: str
    paragraphs: tuple[str, ...]
    button: str = ""
    target: str = ""
    hint: str = ""


def document_page(
    shared: Shared,
    paths: Paths,
    language: str,
    *,
    nonce: str,
    done: str = "",
    alert: Panel | None = None,
    comment: CommentForm | None = None,
) -> DocumentPage:
    """Compose the page behind a link.

    Args:
        shared: What is behind it.
        paths: Where its parts are.
        language: Of the page; the document's own texts stay as written.
        nonce: For the forms of the page.
        done: What the reader just did, as the redirect after it says.
        alert: Why what they did was refused; takes the place of the other panels.
        comment: A comment form that came back with an error.
    """
    says = shared.says
    texts = wording("pages", language)
    naming = naming_of(says, language)
    stage = panels.stage_of(shared)
    payment = figures.payment_stage(shared.document, says, at=shared.at)
    with_prices = figures.shows_prices(says)
    may_comment = shared.refusals["comment"] is None
    what = f"{naming.heading} {naming.number}"
    return DocumentPage(
        frame=_frame(shared, paths, language, what, ""),
        paths=paths,
        naming=naming,
        panel=alert
        or panels.done_panel(done, shared, language)
        or panels.state_panel(shared, language),
        pills=panels.pills_of(stage, payment, naming, language),
        subject=says.title,
        amount=_amount(shared, payment, language) if with_prices else None,
        actions=_actions(shared, paths, naming, texts),
        is_copy=not shared.link.can_decide,
        facts=_facts(says, texts),
        asks=may_comment and stage != "expired",
        issuer=says.issuer,
        client=says.client,
        lines=figures.lines_of(says, language),
        tax_column=figures.tax_column(says, language),
        sums=figures.sums_of(says, language) if with_prices else (),
        terms=says.notes,
        account=_iban(says.iban),
        mentions=_mentions(says, texts),
        thread=_thread(shared, naming, texts),
        was_commented=done == "comment",
        comment_form=(comment or CommentForm(nonce)) if may_comment else None,
        form_nonce=nonce,
    )


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
    frame = _frame(shared, paths, language, heading, action, is_form=True, is_wrong=is_wrong)
    payment = figures.payment_stage(shared.document, says, at=shared.at)
    return ConfirmPage(
        frame=frame,
        paths=paths,
        naming=naming,
        action=action,
        heading=heading,
        intro=_intro(says, naming, texts) if action == "reject" else "",
        subject=says.title,
        issuer=says.issuer.name,
        amount=_amount(shared, payment, language) if figures.shows_prices(says) else None,
        terms=says.notes,
        statement=statement,
        nonce=nonce,
        typed=typed,
        button=texts(f"action.{action}.doc", doc=naming.noun),
        alert=alert,
        errors=errors,
    )


def message_page(
    language: str, key: str, path: str, *, lines: int = 0, **values: object
) -> MessagePage:
    """Compose a page without a document: no issuer, no data.

    Args:
        language: Of the page.
        key: Of its texts: `<key>.heading`, and `<key>.body` or `<key>.1`, `<key>.2` ….
        path: Of the page itself, without a query; for the other language.
        lines: How many numbered paragraphs there are; 0 for one body.
        values: Placeholders of the body.
    """
    texts = wording("pages", language)
    keys = [f"{key}.{number}" for number in range(1, lines + 1)] or [f"{key}.body"]
    heading = texts(f"{key}.heading")
    return MessagePage(
        frame=_neutral(language, heading, path),
        heading=heading,
        paragraphs=tuple(texts(name, **values) for name in keys),
    )


def wait_page(language: str, path: str, minutes: int) -> MessagePage:
    """Compose the page of a reached limit."""
    texts = wording("pages", language)
    heading = texts("rate_limited.heading")
    one = texts("rate_limited.body.one")
    body = one if minutes <= 1 else texts("rate_limited.body", k=minutes)
    return MessagePage(_neutral(language, heading, path), heading, (body,))


def expired_page(language: str, paths: Paths) -> MessagePage:
    """Compose the page of an expired link, which says nothing of what was behind it."""
    texts = wording("pages", language)
    heading = texts("link_expired.heading")
    return MessagePage(
        frame=_neutral(language, heading, f"/d/{paths.token}"),
        heading=heading,
        paragraphs=(texts("link_expired.body"),),
        button=texts("link_expired.button"),
        target=paths("renewals"),
        hint=texts("link_expired.hint"),
    )


def _neutral(language: str, heading: str, path: str) -> Frame:
    texts = wording("pages", language)
    other = "en" if language == "es" else "es"
    brand = texts("private")
    return Frame(
        language=language,
        title=texts("title", what=heading, org=brand),
        brand=brand,
        other_path=f"{path}?lang={other}",
        is_form=True,
    )


def _frame(
    shared: Shared,
    paths: Paths,
    language: str,
    what: str,
    part: str,
    *,
    is_form: bool = False,
    is_wrong: bool = False,
) -> Frame:
    says = shared.says
    texts = wording("pages", language)
    org = naming_of(says, language).org
    title = texts("title", what=what, org=org)
    other = "en" if language == "es" else "es"
    return Frame(
        language=language,
        title=texts("title.error", title=title) if is_wrong else title,
        brand=org,
        other_path=paths.in_language(other, part),
        logo=paths("logo") if says.logo_sha256 else None,
        theme=says.accent_color.removeprefix("#").lower(),
        issuer=says.issuer,
        is_form=is_form,
    )


def _amount(shared: Shared, payment: str | None, language: str) -> Amount:
    is_current = shared.standing.is_current
    stage = payment if is_current else None
    return figures.amount_of(shared.document, shared.says, stage, language)


def _actions(shared: Shared, paths: Paths, naming: Naming, texts: Wording) -> tuple[Action, ...]:
    """Offer only what is allowed: the next sensible step filled, the rest outlined."""
    allowed = [name for name in ("accept", "reject", "pay") if shared.refusals[name] is None]
    if not allowed:
        return ()
    pays_first = shared.says.type in figures.PAYABLE_TYPES and panels.stage_of(shared) != "rejected"
    wanted = ("pay", "accept") if pays_first else ("accept", "pay")
    primary = next((name for name in wanted if name in allowed), None)
    ordered = sorted(allowed, key=lambda name: name != primary)
    return tuple(
        Action(
            target=paths(name),
            label=_label(name, shared, naming, texts, is_primary=name == primary),
            is_primary=name == primary,
            icon="check" if name == "accept" and name == primary else None,
        )
        for name in ordered
    )


def _label(
    name: str, shared: Shared, naming: Naming, texts: Wording, *, is_primary: bool
) -> str:
    if name != "pay":
        is_long = is_primary and name == "accept"
        return texts("action.accept.doc", doc=naming.noun) if is_long else texts(f"action.{name}")
    due, is_deposit = figures.amount_to_pay(shared.document, shared.says)
    figure = formats.money(due, texts.language)
    if is_deposit:
        return texts("action.deposit.sum", due=figure) if is_primary else texts("action.deposit")
    return texts("action.pay", due=figure)


def _facts(says: Printable, texts: Wording) -> tuple[FactRow, ...]:
    def day(value: date) -> str:
        return formats.long_date(value, texts.language)

    rows = [FactRow(texts("fact.client"), says.client.name)]
    if says.issue_date is not None:
        rows.append(FactRow(texts("fact.date"), day(says.issue_date)))
    if says.operation_date is not None and says.operation_date != says.issue_date:
        rows.append(FactRow(texts("fact.operation_date"), day(says.operation_date)))
    if says.valid_until is not None:
        rows.append(FactRow(texts("fact.valid_until"), day(says.valid_until), is_strong=True))
    if says.due_date is not None:
        rows.append(FactRow(texts("fact.due_date"), day(says.due_date), is_strong=True))
    deposit = figures.deposit_of(says, texts.language)
    if deposit is not None:
        rows.append(FactRow(texts("fact.deposit"), deposit))
    return tuple(rows)


def _iban(iban: str | None) -> str:
    """Write an account number in fours."""
    bare = (iban or "").replace(" ", "")
    groups = [bare[start : start + 4] for start in range(0, len(bare), 4)]
    return " ".join(groups)


def _mentions(says: Printable, texts: Wording) -> tuple[str, ...]:
    """Give what the law wants said, as the PDF says it (ROF art. 6.1)."""
    mentions = []
    if says.type in {DocumentType.PROFORMA, DocumentType.DELIVERY_NOTE}:
        mentions.append(texts(f"mention.{says.type}"))
    for tax in says.taxes:
        if tax.treatment != TaxTreatment.TAXABLE:
            name = texts(f"tax.{tax.kind}")
            mentions.append(texts(f"mention.{tax.treatment}", tax=name))
    return tuple(dict.fromkeys(mentions))


def _thread(shared: Shared, naming: Naming, texts: Wording) -> tuple[Entry, ...]:
    """Give the comments, oldest first; the one that came with the answer is marked."""
    zone = ZoneInfo(shared.says.time_zone)
    mine = shared.link.recipient_id
    entries = []
    for comment in shared.thread:
        is_client = comment.author_kind == "client"
        is_own = is_client and comment.author_id in {None, mine}
        author = comment.author_name
        if not is_client:
            author = texts("thread.staff", name=author, org=naming.org)
        entry = Entry(
            author=texts("thread.own") if is_own else author,
            is_own=is_own,
            instant=comment.created_at.isoformat(),
            when=_when(comment.created_at, zone, texts),
            body=comment.body,
            pill=_pill_of(comment, shared, naming, texts),
        )
        entries.append(entry)
    return tuple(entries)


def _pill_of(comment: Comment, shared: Shared, naming: Naming, texts: Wording) -> Pill | None:
    decision = shared.decision
    if (
        decision is None
        or decision.kind not in {"accepted", "rejected"}
        or (comment.created_at, comment.body) != (decision.decided_at, decision.comment)
    ):
        return None
    return panels.pills_of(decision.kind, None, naming, texts.language)[0]


def _when(instant: datetime, zone: ZoneInfo, texts: Wording) -> str:
    day = formats.long_date(instant.astimezone(zone).date(), texts.language)
    return texts("thread.time", date=day, time=formats.clock_time(instant, zone))


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
    excess = len(body.replace("\r\n", "\n").strip()) - COMMENT_MAX
    if excess > 0:
        limit = formats.quantity(Decimal(COMMENT_MAX), texts.language)
        return texts("error.comment.long", max=limit, k=excess)
    return texts("error.comment.other" if body.strip() else "error.comment")
