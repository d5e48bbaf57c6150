"""Where a document stands, as pills and as one panel of plain words (pure)."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from markupsafe import Markup

from app.documents.models import Decision
from app.documents.states import UNDO_WINDOW
from app.kernel import formats
from app.kernel.actor import ActorKind
from app.kernel.wording import Wording, wording
from app.portal.naming import Naming, gendered, naming_of
from app.portal.reading import Shared


@dataclass(frozen=True, slots=True)
class Pill:
    """A state in an icon and a word; color alone says nothing."""

    tone: str
    icon: str
    text: str


@dataclass(frozen=True, slots=True)
class Offer:
    """What a panel lets the reader do.

    Attributes:
        target: The page's path to lead or post to.
        posts: Whether it is a form of one button; else a link.
        look: `primary` or `quiet` for a button, `text` for a plain link.
        action: What a form says it wants; empty for links.
    """

    target: str
    label: str
    posts: bool
    look: str
    action: str = ""


@dataclass(frozen=True, slots=True)
class Panel:
    """What happened, what follows, how to undo it."""

    tone: str
    icon: str
    heading: Markup
    paragraphs: tuple[Markup, ...] = ()
    offers: tuple[Offer, ...] = ()
    is_alert: bool = False


def stage_of(shared: Shared) -> str:
    """Give the document's stage: the first that holds, in the design's order."""
    if shared.standing.issue_state == "voided":
        return "voided"
    if shared.standing.issue_state == "superseded" or not shared.standing.is_current:
        return "superseded"
    if shared.standing.is_expired:
        return "expired"
    kind = shared.decision.kind if shared.decision is not None else "withdrawn"
    if kind in {"accepted", "rejected"}:
        return kind
    return "converted" if shared.standing.is_converted else "open"


_STAGE_LOOKS = {
    "voided": ("mute", "stop"),
    "superseded": ("mute", "swap"),
    "converted": ("mute", "swap"),
    "expired": ("warn", "clock"),
    "accepted": ("ok", "check"),
    "rejected": ("no", "cross"),
}
_PAYMENT_LOOKS = {
    "paid": ("ok", "check", True),
    "partly_paid": ("warn", "clock", False),
    "processing": ("info", "clock", False),
    "overdue": ("warn", "clock", False),
    "due": ("info", "clock", False),
}


def pills_of(
    stage: str,
    payment: str | None,
    naming: Naming,
    language: str,
    *,
    may_answer: bool = True,
) -> tuple[Pill, ...]:
    """Give the pills: the document's stage, then its payment; never none."""
    texts = wording("pages", language)
    pills = []
    if stage in _STAGE_LOOKS:
        tone, icon = _STAGE_LOOKS[stage]
        pills.append(Pill(tone, icon, gendered(texts, f"pill.{stage}", naming)))
    is_closed = stage in {"voided", "superseded", "expired", "converted"}
    if payment is not None and not (is_closed and payment in {"due", "overdue"}):
        tone, icon, has_gender = _PAYMENT_LOOKS[payment]
        key = f"pill.{payment}"
        text = gendered(texts, key, naming) if has_gender else texts(key)
        pills.append(Pill(tone, icon, text))
    open_text = texts("pill.open" if may_answer else "pill.open.copy")
    return tuple(pills) or (Pill("info", "clock", open_text),)


def done_panel(done: str, shared: Shared, language: str) -> Panel | None:
    """Give the panel that follows something the reader just did."""
    texts = wording("pages", language)
    values = naming_of(shared.says, language).values()
    if done == "undo" and stage_of(shared) == "open":
        return _panel("info", "clock", texts, "panel.undone", values)
    if done == "renewal":
        return _panel("ok", "check", texts, "panel.requested", values)
    if done == "seen":
        return Panel(
            "ok",
            "check",
            rich(texts, "seen.heading", **values),
            (rich(texts, "seen.body", **values),),
        )
    return None


def refusal_panel(reason: str | None, shared: Shared, language: str) -> Panel:
    """Say why an answer was not kept."""
    texts = wording("pages", language)
    naming = naming_of(shared.says, language)
    values = naming.values()
    key = f"reason.{reason}"
    if reason == "already_accepted" and shared.decision is not None:
        values["name"] = shared.decision.actor_name
        values["date"] = _date(shared.decision, shared, texts)
        key += ".f" if naming.gender == "f" else ""
    elif key not in texts or reason == "already_accepted":
        key = "reason.other"
    heading = rich(texts, "reason.heading")
    offers = _way_on(shared, texts) if reason == "not_current_revision" else ()
    return Panel("no", "alert", heading, (rich(texts, key, **values),), offers, is_alert=True)


def state_panel(shared: Shared, language: str) -> Panel | None:
    """Give the panel of the document's stage; an open one has none."""
    texts = wording("pages", language)
    stage = stage_of(shared)
    values = naming_of(shared.says, language).values()
    if stage == "voided":
        return _panel("mute", "stop", texts, "panel.voided", values)
    if stage == "superseded":
        return _superseded(shared, texts, values)
    if stage == "expired":
        return _expired(shared, texts, values)
    if stage == "converted":
        return _panel("info", "swap", texts, "panel.converted", values)
    if shared.decision is None or stage == "open":
        return None
    return _decided(shared, shared.decision, stage, texts, values)


def payment_panel(shared: Shared, language: str) -> Panel | None:
    """Say that all was paid, or that a transfer is awaited; None when there is neither."""
    payment = shared.payment
    if payment is None or not shared.standing.is_current:
        return None
    texts = wording("pages", language)
    values: dict[str, object] = naming_of(shared.says, language).values()
    values["total"] = formats.money(payment.amount, language)
    if payment.state == "awaiting_funds" and shared.link.can_pay:
        values["ref"] = payment.reference or ""
        heading = rich(texts, "panel.waiting", **values)
        body = (rich(texts, "panel.waiting.body", **values),)
        details = Offer(
            f"pay/{payment.id}", texts("panel.waiting.button"), posts=False, look="text"
        )
        return Panel("info", "clock", heading, body, (details,))
    if payment.settled_at is None or shared.document.payment_state not in {"paid", "overpaid"}:
        return None
    zone = ZoneInfo(shared.says.time_zone)
    values["date"] = formats.long_date(payment.settled_at.astimezone(zone).date(), language)
    values["how"] = texts(f"how.{payment.method}")
    heading = rich(texts, f"panel.paid.{naming_of(shared.says, language).gender}", **values)
    receipt = Offer(
        f"pay/{payment.id}/receipt", texts("panel.paid.receipt"), posts=False, look="text"
    )
    return Panel("ok", "check", heading, (rich(texts, "panel.paid.body", **values),), (receipt,))


def rich(texts: Wording, key: str, **values: object) -> Markup:
    """Give a catalogue text with its few tags; every value is escaped."""
    return Markup(texts.texts[key]).format(**values)  # noqa: S704 - our own catalogue


def _panel(tone: str, icon: str, texts: Wording, key: str, values: dict[str, object]) -> Panel:
    heading = rich(texts, key, **values)
    return Panel(tone, icon, heading, (rich(texts, f"{key}.body", **values),))


def _superseded(shared: Shared, texts: Wording, values: dict[str, object]) -> Panel:
    values["v"] = shared.newer or shared.document.revision
    if shared.successor is None:
        return _panel("info", "swap", texts, "panel.superseded", values)
    zone = ZoneInfo(shared.says.time_zone)
    day = shared.successor.queued_at.astimezone(zone).date()
    values["date"] = formats.long_date(day, texts.language)
    body = (rich(texts, "panel.superseded.sent", **values),)
    return Panel(
        "info", "swap", rich(texts, "panel.superseded", **values), body, _way_on(shared, texts)
    )


def _way_on(shared: Shared, texts: Wording) -> tuple[Offer, ...]:
    """Lead to the present revision whoever it was sent to."""
    if shared.successor is None:
        return ()
    label = texts("panel.superseded.button", v=shared.newer)
    return (Offer("latest", label, posts=True, look="primary"),)


def _expired(shared: Shared, texts: Wording, values: dict[str, object]) -> Panel:
    until = shared.says.valid_until
    values["date"] = formats.long_date(until, texts.language) if until else ""
    offers: tuple[Offer, ...] = ()
    if shared.refusals["comment"] is None:
        button = texts("panel.expired.button")
        offers = (Offer("comments", button, posts=True, look="primary", action="renewal"),)
    return Panel(
        "warn",
        "clock",
        rich(texts, "panel.expired", **values),
        (rich(texts, "panel.expired.body", **values),),
        offers,
    )


def _decided(
    shared: Shared, decision: Decision, stage: str, texts: Wording, values: dict[str, object]
) -> Panel:
    tone, icon = _STAGE_LOOKS[stage]
    values["name"] = decision.actor_name
    values["date"] = _date(decision, shared, texts)
    if decision.channel == "payment":
        return _panel(tone, icon, texts, f"panel.{stage}.payment", values)
    if decision.actor_kind != ActorKind.CLIENT:
        return _panel(tone, icon, texts, f"panel.{stage}.staff", values)
    when = rich(texts, "when", **values, **_clock(decision.decided_at, shared))
    is_own = decision.actor_id in {None, shared.link.recipient_id}
    heading = rich(texts, f"panel.{stage}" if is_own else f"panel.{stage}.copy", **values)
    if not shared.link.can_decide:
        return Panel(tone, icon, heading, (when,))
    first, paragraphs, offers = when, list[Markup](), list[Offer]()
    if stage == "rejected":
        told = rich(texts, "panel.rejected.told", **values)
        first = Markup("{} {}").format(when, told)
        paragraphs += _second_thoughts(shared, texts, values)
    if shared.refusals["undo"] is None:
        until = _clock(decision.decided_at + UNDO_WINDOW, shared)
        undo = rich(texts, f"panel.{stage}.undo", **values, **until)
        paragraphs = [Markup(" ").join([*paragraphs, undo])]
        button = texts(f"panel.{stage}.undo.button")
        offers.append(Offer("undo", button, posts=True, look="quiet", action="undo"))
    receipt = texts(f"panel.{stage}.receipt")
    offers.append(Offer("receipt", receipt, posts=False, look="text"))
    return Panel(tone, icon, heading, (first, *paragraphs), tuple(offers))


def _second_thoughts(shared: Shared, texts: Wording, values: dict[str, object]) -> list[Markup]:
    if shared.refusals["accept"] is not None:
        return []
    until = shared.says.valid_until
    if until is None:
        return [rich(texts, "panel.rejected.change.open", **values)]
    last_day = formats.long_date(until, texts.language)
    return [rich(texts, "panel.rejected.change", **{**values, "date": last_day})]


def _date(decision: Decision, shared: Shared, texts: Wording) -> str:
    zone = ZoneInfo(shared.says.time_zone)
    return formats.long_date(decision.decided_at.astimezone(zone).date(), texts.language)


def _clock(instant: datetime, shared: Shared) -> dict[str, object]:
    zone = ZoneInfo(shared.says.time_zone)
    return {"time": formats.clock_time(instant, zone), "city": formats.zone_city(zone)}
