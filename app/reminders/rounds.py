"""The round that reminds clients: each step of each document is sent or skipped once.

The row of a step is the truth, written with what it stands for. However often the round
runs, and after however long a pause, the same steps are decided once each; of steps that
were missed only the latest is sent.
"""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.contacts.models import Contact
from app.dispatch import service as dispatching
from app.dispatch.letters import Deadline
from app.dispatch.promising import Sender
from app.documents import queries as documents
from app.documents.models import Document
from app.events.record import record
from app.kernel.actor import system
from app.kernel.clock import Clock
from app.kernel.database import Database
from app.kernel.errors import Problem
from app.kernel.workdays import next_workday, region_of
from app.organizations import queries as organizations
from app.organizations.models import Organization
from app.payments.queries import is_processing
from app.reminders import events, queries, rules
from app.reminders.models import Reminder, ReminderPolicy
from app.reminders.rules import LATER_STEP, Due, Facts

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Round:
    """One round of one organization.

    Attributes:
        local: Now, by the organization's clock.
    """

    organization_id: UUID
    sender: Sender
    local: datetime
    at: datetime

    @property
    def today(self) -> date:
        """The day in the organization's zone."""
        return self.local.date()


async def sweep(database: Database, clock: Clock, sender: Sender) -> None:
    """Remind the clients of every organization whose hours it is."""
    at = clock.now()
    async with database.transaction() as tx:
        organization_ids = await organizations.ids(tx)
    for organization_id in organization_ids:
        try:
            await sweep_one(database, organization_id, sender, at=at)
        except Exception:  # one organization's trouble must not hold up the rest
            log.exception("reminders_not_swept", organization_id=str(organization_id))


async def sweep_one(
    database: Database, organization_id: UUID, sender: Sender, *, at: datetime
) -> None:
    """Decide the steps that are due in one organization, the most urgent first."""
    async with database.transaction(organization_id) as tx:
        organization = await organizations.get(tx, organization_id)
        local = at.astimezone(ZoneInfo(organization.time_zone))
        current = Round(organization_id, sender, local, at)
        due = [
            (policy.id, document_id)
            for policy in await queries.in_force(tx, organization_id)
            if rules.may_send(local, _region(organization), policy.send_from, policy.send_until)
            for document_id in await queries.candidates(tx, policy, current.today)
        ]
    for policy_id, document_id in due:
        async with database.transaction(organization_id) as tx:
            await _decide(tx, current, policy_id, document_id)


async def upcoming(tx: AsyncSession, document: Document, *, at: datetime) -> date | None:
    """Tell on which day the client is reminded of a document next, as things stand.

    Args:
        tx: One transaction.
        document: As it is now.
        at: Now.
    """
    deadline = deadline_of(document)
    policies = await queries.in_force(tx, document.organization_id, document.type)
    if document.issue_state != "issued" or deadline is None or not policies:
        return None
    (policy,) = policies
    if rules.refusal(await _facts(tx, document)) is not None:
        return None
    organization = await organizations.get(tx, document.organization_id)
    today = at.astimezone(ZoneInfo(organization.time_zone)).date()
    day = rules.next_step(
        _steps(policy),
        deadline,
        await queries.decided(tx, document, deadline),
        today,
        _since(policy, document),
    )
    return None if day is None else next_workday(day, _region(organization))


def deadline_of(document: Document) -> date | None:
    """Give the day a document's reminders are about."""
    return document.valid_until if document.type == "quote" else document.falls_due_on


async def _decide(tx: AsyncSession, current: Round, policy_id: UUID, document_id: UUID) -> None:
    """Send or skip the step of a document that is due, if nobody did meanwhile."""
    # One after the other: two documents of a client must not both be its one of the day.
    key = f"reminders|{current.organization_id}"
    await tx.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(key, 0))))
    actor = system(current.organization_id)
    policy = await tx.get(ReminderPolicy, (current.organization_id, policy_id))
    document = await documents.get(tx, actor, document_id, for_update=True)
    deadline = deadline_of(document)
    is_over = policy is None or policy.status != "active" or document.issue_state != "issued"
    if policy is None or is_over or deadline is None:
        return
    decided = await queries.decided(tx, document, deadline)
    due = rules.due_step(_steps(policy), deadline, decided, current.today, _since(policy, document))
    if due is None:
        return
    reason = rules.refusal(await _facts(tx, document))
    if reason is None and await queries.was_reminded(tx, document, current.today):
        return  # it waits for another day
    dispatch_id = None
    if reason is None:
        try:
            async with tx.begin_nested():
                about = Deadline(deadline, is_past=deadline < current.today)
                dispatch = await dispatching.remind(
                    tx, document, about, current.sender, attach_pdf=policy.attach_pdf, at=current.at
                )
                dispatch_id = dispatch.id
        except Problem as problem:
            reason = problem.reason or (problem.faults[0].code if problem.faults else "internal")
    await _write(tx, current, policy, document, deadline, due, dispatch_id, reason)


async def _write(
    tx: AsyncSession,
    current: Round,
    policy: ReminderPolicy,
    document: Document,
    deadline: date,
    due: Due,
    dispatch_id: UUID | None,
    reason: str | None,
) -> None:
    decisions = [(step, None, LATER_STEP) for step in due.missed]
    for step, sent_id, why in [*decisions, (due.offset_days, dispatch_id, reason)]:
        reminder = Reminder(
            organization_id=current.organization_id,
            document_id=document.id,
            deadline=deadline,
            offset_days=step,
            contact_id=document.contact_id,
            policy_id=policy.id,
            dispatch_id=sent_id,
            reason=why,
            decided_on=current.today,
            decided_at=current.at,
        )
        tx.add(reminder)
        await tx.flush()
        tell = events.sent if why is None else events.skipped
        fact = tell(document, reminder, policy)
        await record(tx, system(current.organization_id), fact, at=current.at)


async def _facts(tx: AsyncSession, document: Document) -> Facts:
    is_quote = document.type == "quote"
    contact: Contact = await documents.contact_of(tx, document, parts=())
    return Facts(
        was_answered=is_quote and document.decision != "pending",
        is_paid=not is_quote and document.due.amount_minor <= 0,
        is_processing=await is_processing(tx, document),
        is_converted=document.is_converted or document.is_billed,
        has_replied=await queries.has_replied(tx, document),
        has_bounced=document.has_delivery_problem,
        was_sent=document.was_sent,
        is_active=contact.status == "active",
    )


def _steps(policy: ReminderPolicy) -> list[int]:
    steps = policy.steps if isinstance(policy.steps, list) else []
    return [step for step in steps if isinstance(step, int)]


def _since(policy: ReminderPolicy, document: Document) -> date:
    """Give the first day that counts: of the policy, or of the document."""
    since = policy.active_since or date.max
    return max(since, document.issue_date or date.max) if since != date.max else since


def _region(organization: Organization) -> str:
    return region_of(organization.country, organization.postal_code)
