"""Why a document can or cannot be acted on, by whom, and what happens to it by itself."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import and_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.dispatch.models import Dispatch, Recipient
from app.documents import deciding, states
from app.documents import queries as documents
from app.documents.models import ClientLink, Document
from app.documents.views import pay_reasons
from app.kernel.actor import Actor, Permission
from app.organizations import queries as organizations
from app.reminders.rounds import upcoming

PERMISSIONS = {
    "dispatch": Permission.DOCUMENTS_SEND,
    "record_payment": Permission.PAYMENTS_CREATE,
}
"""What each action of staff needs; every other one needs to write documents."""

CLIENT_ACTIONS = ("accept", "reject", "undo", "comment", "pay")
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Possibility:
    """One thing that may be done, or the reason why not."""

    action: str
    reason: str | None


@dataclass(frozen=True, slots=True)
class Holder:
    """Somebody the present revision was sent to, and what their link lets them do."""

    recipient: Recipient
    expires_at: datetime
    possibilities: Sequence[Possibility]


@dataclass(frozen=True, slots=True)
class Coming:
    """What happens by itself; `on` is the first day it is so, `at` the instant."""

    kind: str
    on: date | None = None
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """Everything there is to say about what can be done with a document now."""

    document: Document
    staff: Sequence[Possibility]
    clients: Sequence[Holder]
    pay_reasons: Sequence[str]
    coming: Sequence[Coming]


async def explain(
    tx: AsyncSession, actor: Actor, document: Document, *, at: datetime
) -> Explanation:
    """Explain a document to who asks: what they may not do is refused for that reason first.

    Args:
        tx: The request's transaction.
        actor: Who asks.
        document: As it is now.
        at: Now.
    """
    organization = await organizations.get(tx, document.organization_id)
    today = at.astimezone(ZoneInfo(organization.time_zone)).date()
    return Explanation(
        document=document,
        staff=[
            Possibility(action, reason or _missing(actor, action))
            for action, reason in states.staff_refusals(document).items()
        ],
        clients=await _holders(tx, document, at=at),
        pay_reasons=pay_reasons(
            document, payments_enabled=organization.payments_enabled, today=today
        ),
        coming=sorted(
            [
                *_dated(document, today),
                *await _scheduled(tx, document, at=at),
                *await _reminded(tx, document, at=at),
            ],
            key=_when,
        ),
    )


def _missing(actor: Actor, action: str) -> str | None:
    needed = PERMISSIONS.get(action, Permission.DOCUMENTS_WRITE)
    return None if needed in actor.permissions else "permission_missing"


async def _holders(tx: AsyncSession, document: Document, *, at: datetime) -> list[Holder]:
    """List who holds a link to the present revision: of each address the newest."""
    if document.issue_state == "draft":
        return []
    organization = await organizations.get(tx, document.organization_id)
    last = await documents.last_decision(tx, document, document.revision)
    rows = await tx.execute(
        select(ClientLink, Recipient)
        .join(
            Recipient,
            and_(
                Recipient.organization_id == ClientLink.organization_id,
                Recipient.id == ClientLink.recipient_id,
            ),
        )
        .where(
            ClientLink.organization_id == document.organization_id,
            ClientLink.document_id == document.id,
            ClientLink.revision == document.revision,
            ClientLink.revoked_at.is_(None),
        )
        .order_by(ClientLink.created_at, ClientLink.id)
    )
    newest: dict[tuple[str, str], Holder] = {}
    for link, recipient in rows:
        standing = deciding.standing_of(document, link, organization, last, at=at)
        refusals = states.refusals(standing, at=at)
        expired = "link_expired" if link.expires_at <= at else None
        found = [Possibility(name, expired or refusals[name]) for name in CLIENT_ACTIONS]
        key = (recipient.address.lower(), recipient.name if not recipient.address else "")
        newest[key] = Holder(recipient, link.expires_at, found)
    return list(newest.values())


def _dated(document: Document, today: date) -> Iterator[Coming]:
    """Tell what comes with the calendar."""
    if document.issue_state != "issued" or document.is_converted:
        return
    until = document.valid_until
    is_open = document.type == "quote" and document.decision != "accepted"
    if is_open and until is not None and until >= today:
        yield Coming("document.expired", on=until + _DAY)
    due = document.falls_due_on
    if due is not None and document.due.amount_minor > 0 and due >= today:
        yield Coming("document.overdue", on=due + _DAY)


async def _scheduled(tx: AsyncSession, document: Document, *, at: datetime) -> list[Coming]:
    """Tell when messages leave that are to leave later, or are tried again."""
    instants = await tx.scalars(
        select(Recipient.next_attempt_at)
        .join(Recipient.dispatch)
        .where(
            Recipient.organization_id == document.organization_id,
            Dispatch.document_id == document.id,
            Recipient.queue_state == "ready",
            Recipient.next_attempt_at > at,
        )
        .order_by(Recipient.next_attempt_at)
        .limit(1)
    )
    return [Coming("dispatch.sent", at=instant) for instant in instants]


async def _reminded(tx: AsyncSession, document: Document, *, at: datetime) -> list[Coming]:
    """Tell when its client is reminded of it, as things stand."""
    day = await upcoming(tx, document, at=at)
    return [] if day is None else [Coming("reminder.sent", on=day)]


def _when(coming: Coming) -> date:
    if coming.on is not None:
        return coming.on
    assert coming.at is not None  # noqa: S101 - one of the two is there
    return coming.at.date()
