"""The pages on which a client pays (pure)."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from app.documents.printable import DocumentType
from app.kernel import formats
from app.kernel.money import Money
from app.kernel.wording import Wording, wording
from app.payments.intents import deposit_of
from app.payments.models import Payment
from app.payments.movements import TransferAccount
from app.portal.figures import installment_to_pay
from app.portal.frames import Frame, Paths, framed
from app.portal.naming import naming_of
from app.portal.paying import METHODS
from app.portal.reading import Shared

_ICONS = {"card": "card", "pay_by_bank": "phone", "bank_transfer": "bank"}


@dataclass(frozen=True, slots=True)
class Way:
    """One way to pay, as a button."""

    method: str
    icon: str
    title: str
    hint: str


@dataclass(frozen=True, slots=True)
class Portion:
    """How much to pay now."""

    amount_minor: int
    label: str
    figure: str


@dataclass(frozen=True, slots=True)
class ChoosePage:
    """How, and with a deposit how much, to pay; nothing moves yet.

    Attributes:
        portions: The deposit and the whole; empty when there is nothing to choose.
        notes: What paying means, and who handles it.
        alert: Why the last try did not go on.
    """

    frame: Frame
    paths: Paths
    about: str
    heading: str
    back: str
    portions: tuple[Portion, ...]
    ways: tuple[Way, ...]
    notes: tuple[str, ...]
    nonce: str
    alert: str = ""


@dataclass(frozen=True, slots=True)
class LeavingPage:
    """The step before the provider's page: leaving is announced."""

    frame: Frame
    paths: Paths
    heading: str
    text: str
    facts: tuple[tuple[str, str], ...]
    target: str


@dataclass(frozen=True, slots=True)
class TransferPage:
    """Where to wire the money, and with which text."""

    frame: Frame
    paths: Paths
    payment_id: str
    reference: str
    amount: str
    iban: str
    holder: str
    holder_note: str
    nonce: str


@dataclass(frozen=True, slots=True)
class OutcomePage:
    """What became of a payment that did not, or not yet, succeed.

    Attributes:
        retry: The method to try again with; empty when it is not offered.
        waits: Whether it is still being looked at.
    """

    frame: Frame
    paths: Paths
    tone: str
    icon: str
    heading: str
    text: str
    title: str
    facts: tuple[tuple[str, str], ...]
    waits: bool
    payment_id: str
    retry: str
    nonce: str


def choose_page(
    shared: Shared, paths: Paths, language: str, *, nonce: str, alert: str = ""
) -> ChoosePage:
    """Compose the page that asks how to pay."""
    texts = wording("pages", language)
    naming = naming_of(shared.says, language)
    due = formats.money(shared.document.due, language)
    portions = _portions(shared, texts)
    heading = texts("pay.title") if portions else texts("action.pay", due=due)
    notes = []
    if shared.says.type == DocumentType.QUOTE and shared.standing.decision != "accepted":
        notes.append(texts("pay.accepts", **naming.values()))
    notes.append(texts("pay.trust", org=naming.org))
    return ChoosePage(
        frame=framed(shared, paths, language, heading, "pay", is_form=True, is_wrong=bool(alert)),
        paths=paths,
        about=f"{naming.heading} {naming.number} · {naming.org}",
        heading=heading,
        back=texts("link.back", to_doc=naming.to),
        portions=portions,
        ways=tuple(
            Way(
                method.value,
                _ICONS[method.value],
                texts(f"pay.{method.value}"),
                texts(f"pay.{method.value}.hint"),
            )
            for method in METHODS
        ),
        notes=tuple(notes),
        nonce=nonce,
        alert=alert,
    )


def leaving_page(
    shared: Shared, paths: Paths, language: str, payment: Payment, target: str
) -> LeavingPage:
    """Compose the page that announces the provider's."""
    texts = wording("pages", language)
    naming = naming_of(shared.says, language)
    heading = texts("pay.leaving", due=formats.money(payment.amount, language))
    return LeavingPage(
        frame=framed(shared, paths, language, heading, "pay", is_form=True),
        paths=paths,
        heading=heading,
        text=texts("pay.leaving.body", org=naming.org),
        facts=(
            (texts("pay.to"), shared.says.issuer.name),
            (texts("pay.for"), f"{naming.heading} {naming.number}"),
            (texts("pay.method"), texts(f"pay.{payment.method}")),
        ),
        target=target,
    )


def transfer_page(
    shared: Shared,
    paths: Paths,
    language: str,
    payment: Payment,
    account: TransferAccount,
    *,
    nonce: str,
) -> TransferPage:
    """Compose the page with what a transfer needs."""
    texts = wording("pages", language)
    naming = naming_of(shared.says, language)
    heading = texts("pay.transfer.title")
    iban = account.iban.replace(" ", "")
    return TransferPage(
        frame=framed(shared, paths, language, heading, f"pay/{payment.id}", is_form=True),
        paths=paths,
        payment_id=str(payment.id),
        reference=payment.reference or "",
        amount=formats.money(payment.amount, language),
        iban=" ".join(iban[i : i + 4] for i in range(0, len(iban), 4)),
        holder=account.holder,
        holder_note=texts("pay.transfer.holder.note", org=naming.org),
        nonce=nonce,
    )


def outcome_page(
    shared: Shared, paths: Paths, language: str, payment: Payment, *, nonce: str
) -> OutcomePage:
    """Compose the page of a payment that failed, was called off, or is still looked at."""
    texts = wording("pages", language)
    kind = {"failed": "failed", "cancelled": "cancelled", "expired": "cancelled"}.get(
        payment.state, "checking"
    )
    waits = kind == "checking"
    tone, icon = ("info", "clock") if waits else ("no", "alert")
    heading = texts(f"pay.{kind}")
    zone = ZoneInfo(shared.says.time_zone)
    begun = payment.created_at.astimezone(zone)
    clock = formats.clock_time(payment.created_at, zone)
    amount = formats.money(payment.amount, language)
    facts = (
        (texts("pay.amount"), amount),
        (texts("pay.method"), texts(f"pay.{payment.method}")),
        (
            texts("pay.begun"),
            ", ".join((formats.long_date(begun.date(), language), clock)),
        ),
    )
    can_pay = shared.refusals["pay"] is None
    return OutcomePage(
        frame=framed(shared, paths, language, heading, f"pay/{payment.id}", is_form=True),
        paths=paths,
        tone=tone,
        icon=icon,
        heading=heading,
        text=texts(f"pay.{kind}.body"),
        title=texts("action.pay", due=amount),
        facts=facts if waits else (),
        waits=waits,
        payment_id=str(payment.id),
        retry=payment.method if can_pay and not waits else "",
        nonce=nonce,
    )


def _portions(shared: Shared, texts: Wording) -> tuple[Portion, ...]:
    part, whole = _part(shared, texts), shared.document.due
    if part is None:
        return ()
    label, amount = part
    rest = texts("pay.rest") if shared.document.paid_minor > 0 else texts("pay.whole")
    return (
        Portion(amount.amount_minor, label, formats.money(amount, texts.language)),
        Portion(whole.amount_minor, rest, formats.money(whole, texts.language)),
    )


def _part(shared: Shared, texts: Wording) -> tuple[str, Money] | None:
    """Name what may be paid less than the whole: a quote's deposit, or the next installment."""
    deposit, percent = deposit_of(shared.document), shared.document.deposit_percent
    if deposit is not None and percent is not None:
        return texts("pay.deposit", share=formats.percent(percent, texts.language)), deposit
    return installment_to_pay(shared.document, texts.language)
