"""Which step of a policy is due for a document, and why it is not sent (pure)."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from app.kernel.workdays import is_workday

LATER_STEP = "later_step"
"""The step was missed, and a later one is due already."""


@dataclass(frozen=True, slots=True)
class Due:
    """What is to be decided now.

    Attributes:
        offset_days: Of the step to send, or to skip with a reason.
        missed: Earlier steps that nobody decided: the later one stands for them.
    """

    offset_days: int
    missed: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """What a reminder depends on.

    Attributes:
        is_open: A quote nobody answered, or money that is due.
        was_answered: A quote was accepted or rejected.
        is_processing: A payment is under way.
        has_replied: The client wrote after the document was last sent.
        has_bounced: A message of the present revision did not arrive.
        was_sent: The present revision was sent at all.
        can_be_reached: There is an address.
        is_wanted: The contact is active, and takes reminders.
    """

    was_answered: bool
    is_paid: bool
    is_processing: bool
    is_converted: bool
    has_replied: bool
    has_bounced: bool
    was_sent: bool
    is_active: bool


def due_step(
    steps: Sequence[int], deadline: date, decided: Collection[int], today: date, since: date
) -> Due | None:
    """Give the step to decide today, the last of those that are due; None when there is none.

    Args:
        steps: Days after the deadline, negative before it.
        deadline: The day they are counted from.
        decided: Steps of that deadline that were sent or skipped.
        today: The day in the organization's zone.
        since: The first day that counts: the policy came into force, or the document.
    """
    open_steps = sorted(
        step
        for step in steps
        if step not in decided and since <= deadline + timedelta(days=step) <= today
    )
    if not open_steps:
        return None
    return Due(open_steps[-1], tuple(open_steps[:-1]))


def next_step(
    steps: Sequence[int], deadline: date, decided: Collection[int], today: date, since: date
) -> date | None:
    """Give the day of the next step that is still to come, or is due now."""
    days = [
        max(today, deadline + timedelta(days=step))
        for step in steps
        if step not in decided and deadline + timedelta(days=step) >= since
    ]
    return min(days, default=None)


def refusal(facts: Facts) -> str | None:
    """Say why a reminder is not sent; None when it is."""
    reasons = {
        "contact_inactive": not facts.is_active,
        "document_converted": facts.is_converted,
        "answered": facts.was_answered,
        "nothing_due": facts.is_paid,
        "payment_live": facts.is_processing,
        "not_sent": not facts.was_sent,
        "bounced": facts.has_bounced,
        "replied": facts.has_replied,
    }
    return next((reason for reason, is_so in reasons.items() if is_so), None)


def may_send(now: datetime, region: str, send_from: time, send_until: time) -> bool:
    """Tell whether people work at an instant, given by the organization's clock."""
    return is_workday(now.date(), region) and send_from <= now.time() < send_until
