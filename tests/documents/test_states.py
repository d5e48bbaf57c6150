"""The single state, the badges and what a client may do: every combination."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import product
from uuid import UUID

import pytest

from app.documents import states
from app.documents.states import COLORS, Standing, Status, badges_of, refusals, status_of

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
ISSUE_STATES = ("draft", "issued", "superseded", "voided")
DELIVERY = ("not_sent", "queued", "sent", "deferred", "delivered", "opened", "failed")
DECISIONS = ("pending", "accepted", "rejected")
PAYMENTS = (
    "not_applicable", "unpaid", "processing", "partially_paid", "paid", "overpaid", "refunded",
)  # fmt: skip


@dataclass
class Paper:
    """A document's dimensions, as a test needs them."""

    issue_state: str = "issued"
    delivery_state: str = "not_sent"
    was_sent: bool = False
    has_delivery_problem: bool = False
    dispatch_count: int = 0
    decision: str = "pending"
    payment_state: str = "unpaid"
    is_commented: bool = False
    is_converted: bool = False
    is_corrected: bool = False
    is_billed: bool = False
    total_minor: int = 100
    credited_minor: int = 0
    pdf_state: str = "ready"
    type: str = "quote"
    valid_until: date | None = None
    falls_due_on: date | None = None
    payable_minor: int = 100
    paid_minor: int = 0
    revises_id: UUID | None = None


def expected(paper: Paper) -> str:
    """The projection, row by row."""
    if paper.issue_state in {"draft", "voided", "superseded"}:
        return paper.issue_state
    if paper.decision in {"accepted", "rejected"}:
        return paper.decision
    best = {"opened": "opened", "delivered": "received"}.get(paper.delivery_state)
    return best or ("sent" if paper.was_sent else "issued")


def test_every_combination_has_the_state_of_the_projection() -> None:
    for issue_state, delivery, was_sent, decision in product(
        ISSUE_STATES, DELIVERY, (False, True), DECISIONS
    ):
        paper = Paper(
            issue_state=issue_state, delivery_state=delivery, was_sent=was_sent, decision=decision
        )
        assert status_of(paper).value == expected(paper), paper


def test_a_bounce_of_what_was_sent_stays_sent_and_says_so() -> None:
    paper = Paper(delivery_state="failed", was_sent=True, has_delivery_problem=True)
    assert status_of(paper) == Status.SENT
    assert badges_of(paper) == ["delivery_problem"]


def test_every_status_has_its_color() -> None:
    assert [COLORS[status] for status in Status] == [
        "gray", "blue", "blue", "teal", "amber", "green", "red", "gray", "gray",
    ]  # fmt: skip


def test_every_combination_of_badges() -> None:
    paid = {"paid": "paid", "overpaid": "paid", "partially_paid": "partly_paid",
            "processing": "payment_processing"}  # fmt: skip
    for payment, commented, problem, count in product(
        PAYMENTS, (False, True), (False, True), (0, 1, 2)
    ):
        paper = Paper(
            payment_state=payment,
            is_commented=commented,
            has_delivery_problem=problem,
            dispatch_count=count,
        )
        wanted = [paid[payment]] if payment in paid else []
        wanted += ["commented"] if commented else []
        wanted += ["delivery_problem"] if problem else []
        wanted += ["resent"] if count > 1 else []
        assert badges_of(paper) == wanted, paper


@pytest.mark.parametrize(
    ("changes", "is_expired"),
    [
        ({}, True),
        ({"valid_until": date(2026, 11, 24)}, False),
        ({"valid_until": None}, False),
        ({"type": "proforma"}, False),
        ({"issue_state": "draft"}, False),
        ({"decision": "accepted"}, False),
        ({"decision": "rejected"}, True),
    ],
)
def test_a_quote_expires_after_its_last_day(changes: dict[str, object], is_expired: bool) -> None:  # noqa: FBT001
    paper = replace(Paper(valid_until=date(2026, 11, 23)), **changes)  # type: ignore[arg-type]  # as the table says
    assert states.is_expired(paper, date(2026, 11, 24)) is is_expired


@pytest.mark.parametrize(
    ("changes", "is_overdue"),
    [
        ({}, True),
        ({"falls_due_on": date(2026, 11, 24)}, False),
        ({"falls_due_on": None}, False),
        ({"paid_minor": 100}, False),
        ({"paid_minor": 99}, True),
        ({"issue_state": "voided"}, False),
    ],
)
def test_money_is_overdue_after_its_day(changes: dict[str, object], is_overdue: bool) -> None:  # noqa: FBT001
    paper = replace(Paper(falls_due_on=date(2026, 11, 23)), **changes)  # type: ignore[arg-type]  # as the table says
    assert states.is_overdue(paper, date(2026, 11, 24)) is is_overdue


def test_what_staff_may_do_follows_the_issue_state() -> None:
    draft = ["edit", "delete", "issue", "copy"]
    assert states.staff_actions(Paper(issue_state="draft")) == [*draft, "change_contact"]
    assert states.staff_actions(Paper(issue_state="draft", revises_id=UUID(int=1))) == draft
    issued = [
        "dispatch", "revise", "void", "convert", "copy", "change_contact", "extend", "decide",
        "record_payment",
    ]  # fmt: skip
    assert states.staff_actions(Paper(pdf_state="pending")) == issued
    assert states.staff_actions(Paper(pdf_state="failed")) == issued[1:]
    assert states.staff_actions(Paper(is_converted=True)) == ["dispatch", "copy", "change_contact"]
    assert "record_payment" not in states.staff_actions(Paper(is_billed=True))
    assert states.staff_actions(Paper(type="invoice")) == [
        "dispatch", "copy", "correct", "decide", "record_payment",
    ]  # fmt: skip
    assert "extend" not in states.staff_actions(Paper(type="delivery_note"))
    for paid in (Paper(paid_minor=1), Paper(payment_state="processing")):
        assert "void" not in states.staff_actions(paid)
    for over in ("superseded", "voided"):
        assert states.staff_actions(Paper(issue_state=over)) == ["copy"]


OPEN = Standing(
    issue_state="issued",
    is_current=True,
    is_expired=False,
    decision="pending",
    client_answered_at=None,
    can_decide=True,
    can_pay=True,
    payments_enabled=True,
    amount_due_minor=100,
)
ANSWERED = (None, NOW, NOW - timedelta(minutes=15), NOW - timedelta(minutes=15, microseconds=1))


def test_every_combination_of_what_a_client_may_do() -> None:
    for state, current, expired, decision, answered, decides, pays, enabled, due in product(
        ISSUE_STATES[1:], (False, True), (False, True), DECISIONS, ANSWERED,
        (False, True), (False, True), (False, True), (0, 1),
    ):  # fmt: skip
        standing = Standing(
            issue_state=state,
            is_current=current,
            is_expired=expired,
            decision=decision,
            client_answered_at=answered,
            can_decide=decides,
            can_pay=pays,
            payments_enabled=enabled,
            amount_due_minor=due,
        )
        require_ruled(standing, refusals(standing, at=NOW))


def require_ruled(standing: Standing, told: dict[str, str | None]) -> None:
    """Who may answer when, each rule by itself."""
    assert set(told) == {"accept", "reject", "undo", "comment", "pay"}
    read_only = "recipient_read_only"
    if not (standing.can_decide or standing.can_pay):
        assert set(told.values()) == {read_only}
        return
    assert told["comment"] is None
    if not (standing.can_decide and standing.can_pay):
        full = refusals(replace(standing, can_decide=True, can_pay=True), at=NOW)
        kept = ("accept", "reject", "undo") if standing.can_decide else ("pay",)
        refused = {"accept", "reject", "undo", "pay"} - set(kept)
        assert {told[name] for name in refused} == {read_only}
        assert all(told[name] == full[name] for name in kept)
        return
    is_open = standing.issue_state == "issued" and standing.is_current and not standing.is_expired
    answers = {told[name] for name in ("accept", "reject", "undo", "pay")}
    if not is_open:
        assert len(answers) == 1
        assert answers <= {"document_voided", "not_current_revision", "document_expired"}
        return
    assert (told["accept"] is None) == (standing.decision != "accepted")
    assert (told["reject"] is None) == (standing.decision == "pending")
    recent = standing.client_answered_at is not None and (
        NOW - standing.client_answered_at <= timedelta(minutes=15)
    )
    assert (told["undo"] is None) == (standing.decision != "pending" and recent)
    assert (told["pay"] is None) == (standing.payments_enabled and standing.amount_due_minor > 0)


@pytest.mark.parametrize(
    ("changes", "reasons"),
    [
        ({}, {"undo": "nothing_to_undo"}),
        ({"decision": "accepted", "client_answered_at": NOW},
         {"accept": "already_accepted", "reject": "already_accepted"}),
        ({"decision": "rejected", "client_answered_at": NOW}, {"reject": "already_rejected"}),
        ({"decision": "rejected", "client_answered_at": NOW - timedelta(minutes=16)},
         {"reject": "already_rejected", "undo": "undo_window_passed"}),
        ({"decision": "rejected"}, {"reject": "already_rejected", "undo": "nothing_to_undo"}),
        ({"payments_enabled": False},
         {"undo": "nothing_to_undo", "pay": "payments_not_enabled"}),
        ({"amount_due_minor": 0}, {"undo": "nothing_to_undo", "pay": "nothing_due"}),
        ({"issue_state": "voided", "is_expired": True},
         dict.fromkeys(("accept", "reject", "undo", "pay"), "document_voided")),
        ({"is_current": False, "is_expired": True},
         dict.fromkeys(("accept", "reject", "undo", "pay"), "not_current_revision")),
        ({"is_expired": True},
         dict.fromkeys(("accept", "reject", "undo", "pay"), "document_expired")),
    ],
)  # fmt: skip
def test_each_refusal_has_its_reason(changes: dict[str, object], reasons: dict[str, str]) -> None:
    standing = replace(OPEN, **changes)  # type: ignore[arg-type]  # as the table says
    told = refusals(standing, at=NOW)
    assert {name: reason for name, reason in told.items() if reason} == reasons
