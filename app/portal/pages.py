"""The page behind a link, as values that a template only has to write down (pure)."""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from app.comments.models import Comment
from app.documents.mentions import mentions
from app.documents.printable import Party, Printable
from app.kernel import formats
from app.kernel.wording import Wording, wording
from app.portal import changes, figures, panels
from app.portal.figures import Amount, Line, Sum
from app.portal.frames import Frame, Paths, framed
from app.portal.naming import Naming, naming_of
from app.portal.panels import Panel, Pill
from app.portal.reading import Shared


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
    """The page behind a link.

    Attributes:
        foreign: The language of the document's own texts where the page's is another.
        asks: Whether the page invites to a question.
        changes: What is different from the version before, `changed_since`.
        was_commented: Whether the reader comes from sending a comment.
    """

    frame: Frame
    paths: Paths
    naming: Naming
    foreign: str
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
    changes: tuple[str, ...]
    changed_since: int
    comment_form: CommentForm | None
    form_nonce: str


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
        frame=framed(shared, paths, language, what, ""),
        paths=paths,
        naming=naming,
        foreign=says.language if says.language != language else "",
        panel=alert
        or panels.done_panel(done, shared, language)
        or panels.payment_panel(shared, language)
        or panels.state_panel(shared, language),
        pills=panels.pills_of(
            stage, payment, naming, language, may_answer=not shared.link.can_only_read
        ),
        subject=says.subject,
        amount=figures.shown_amount(shared, language) if with_prices else None,
        actions=_actions(shared, paths, naming, texts),
        is_copy=shared.link.can_only_read,
        facts=_facts(says, texts),
        asks=may_comment and stage != "expired",
        issuer=says.issuer,
        client=says.client,
        lines=figures.lines_of(says, language),
        tax_column=figures.tax_column(says, language),
        sums=figures.sums_of(says, language) if with_prices else (),
        terms=says.notes,
        account=_iban(says.iban),
        mentions=tuple(mentions(says, language)),
        thread=_thread(shared, naming, texts),
        was_commented=done == "comment",
        changes=()
        if shared.changes is None
        else changes.told(shared.changes, texts, with_prices=with_prices),
        changed_since=says.revision - 1,
        comment_form=(comment or CommentForm(nonce)) if may_comment else None,
        form_nonce=nonce,
    )


def _actions(shared: Shared, paths: Paths, naming: Naming, texts: Wording) -> tuple[Action, ...]:
    """Offer only what is allowed: the next sensible step filled, the rest outlined.

    Who has paid all of it is asked for nothing more.
    """
    allowed = [name for name in ("accept", "reject", "pay") if shared.refusals[name] is None]
    if not allowed or shared.document.payment_state in {"paid", "overpaid"}:
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


def _label(name: str, shared: Shared, naming: Naming, texts: Wording, *, is_primary: bool) -> str:
    if name != "pay":
        is_long = is_primary and name == "accept"
        return texts("action.accept.doc", doc=naming.noun) if is_long else texts(f"action.{name}")
    due, is_deposit = figures.amount_to_pay(shared.document, shared.says)
    figure = formats.money(due, texts.language)
    if is_deposit:
        return texts("action.deposit.sum", due=figure) if is_primary else texts("action.deposit")
    if (part := figures.installment_to_pay(shared.document, texts.language)) is not None:
        return texts("action.installment", due=formats.money(part[1], texts.language))
    return texts("action.pay", due=figure)


def _facts(says: Printable, texts: Wording) -> tuple[FactRow, ...]:
    def day(value: date) -> str:
        return formats.long_date(value, texts.language)

    rows = [FactRow(texts("fact.client"), says.client.name)]
    if says.issue_date is not None:
        rows.append(FactRow(texts("fact.date"), day(says.issue_date)))
    if says.revised_on is not None:
        rows.append(FactRow(texts("fact.revised"), day(says.revised_on)))
    if says.operation_date is not None and says.operation_date != says.issue_date:
        rows.append(FactRow(texts("fact.operation_date"), day(says.operation_date)))
    if says.valid_until is not None:
        rows.append(FactRow(texts("fact.valid_until"), day(says.valid_until), is_strong=True))
    for no, one in enumerate(says.installments, start=1):
        label = texts("fact.installment", no=no, count=len(says.installments))
        value = texts(
            "fact.installment.value",
            amount=formats.money(one.amount, texts.language),
            date=day(one.due_date),
        )
        rows.append(FactRow(label, value, is_strong=True))
    if says.due_date is not None and not says.installments:
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
