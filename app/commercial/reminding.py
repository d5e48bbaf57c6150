"""What the scheduler does for salespeople: remind, tell what is overdue, write in the morning.

The rows are the truth: each says itself whether it was told, in the transaction that
tells it. However often this runs, and after however long a pause, each is told once.
"""

from datetime import datetime, time
from functools import partial
from uuid import UUID
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import and_, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.commercial import events
from app.commercial.models import OPEN, ActionReminder, AgendaLetter, CommercialAction
from app.commercial.posting import SendAgendaLetter
from app.commercial.telling import tell_assignee
from app.events.record import record
from app.jobs.queue import enqueue
from app.kernel.actor import system
from app.kernel.batches import BATCH, until_done
from app.kernel.clock import Clock
from app.kernel.database import Database
from app.kernel.identifiers import new_id
from app.organizations import queries as organizations
from app.organizations.models import Membership

log = structlog.get_logger()

LETTER_AT = time(7, 30)
"""When a salesperson's morning letter is due, by their clock."""


async def sweep(database: Database, clock: Clock) -> None:
    """Tell everybody of every organization what is due now."""
    at = clock.now()
    async with database.transaction() as tx:
        organization_ids = await organizations.ids(tx)
    for organization_id in organization_ids:
        try:
            await sweep_one(database, organization_id, at=at)
        except Exception:  # one organization's trouble must not hold up the rest
            log.exception("agenda_not_swept", organization_id=str(organization_id))


async def sweep_one(database: Database, organization_id: UUID, *, at: datetime) -> None:
    """Tell everybody of one organization what is due now."""
    await until_done(database, partial(_step, organization_id, at=at), organization_id)


async def _step(organization_id: UUID, tx: AsyncSession, *, at: datetime) -> int:
    counts = [
        await tell(tx, organization_id, at=at)
        for tell in (tell_reminders, tell_overdue, write_in_the_morning)
    ]
    return sum(counts)


async def tell_reminders(
    tx: AsyncSession, organization_id: UUID, *, at: datetime, limit: int = BATCH
) -> int:
    """Tell the reminders whose time has come, as a notice or a letter; give how many."""
    of_action = and_(
        CommercialAction.organization_id == ActionReminder.organization_id,
        CommercialAction.id == ActionReminder.action_id,
    )
    rows = await tx.execute(
        select(ActionReminder, CommercialAction)
        .join(CommercialAction, of_action)
        .where(
            ActionReminder.organization_id == organization_id,
            ActionReminder.told_at.is_(None),
            ActionReminder.remind_at <= at,
        )
        .order_by(ActionReminder.remind_at)
        .limit(limit)
        .with_for_update(of=ActionReminder, skip_locked=True)
    )
    due = rows.all()
    for reminder, action in due:
        reminder.told_at = at
        if reminder.channel == "notice":
            await tell_assignee(tx, system(organization_id), "action.due", action, at=at)
        else:
            about = {
                "action_id": action.id,
                "minutes_before": reminder.minutes_before,
                "due_at": reminder.due_at,
            }
            await _promise_letter(tx, organization_id, action.assigned_to, about, at=at)
    return len(due)


async def tell_overdue(
    tx: AsyncSession, organization_id: UUID, *, at: datetime, limit: int = BATCH
) -> int:
    """Tell of actions whose time has passed, in the history and a notice; give how many."""
    of_member = and_(
        Membership.organization_id == CommercialAction.organization_id,
        Membership.user_id == CommercialAction.assigned_to,
    )
    rows = await tx.execute(
        select(CommercialAction, Membership.name)
        .join(Membership, of_member)
        .where(
            CommercialAction.organization_id == organization_id,
            CommercialAction.state.in_(OPEN),
            CommercialAction.overdue_told_at.is_(None),
            CommercialAction.due_at <= at,
        )
        .order_by(CommercialAction.due_at)
        .limit(limit)
        .with_for_update(of=CommercialAction, skip_locked=True)
    )
    overdue = rows.all()
    actor = system(organization_id)
    for action, name in overdue:
        await record(tx, actor, events.overdue(action, name), at=at)
        await tell_assignee(tx, actor, "action.overdue", action, at=at)
    # Not through the rows: nobody's version of an action is old because it was told of.
    await tx.execute(
        update(CommercialAction)
        .where(
            CommercialAction.organization_id == organization_id,
            CommercialAction.id.in_([action.id for action, _ in overdue]),
        )
        .values(overdue_told_at=at)
        .execution_options(synchronize_session=False)
    )
    return len(overdue)


async def write_in_the_morning(
    tx: AsyncSession, organization_id: UUID, *, at: datetime, limit: int = BATCH
) -> int:
    """Promise today's letter to who has something due, once it is their morning; give how many.

    What was planned after that moment is known to who planned it, and needs no letter.
    """
    organization = await organizations.get(tx, organization_id)
    zone = func.coalesce(Membership.time_zone, organization.time_zone)
    mine = Membership.organization_id == organization_id, Membership.status == "active"
    promised = 0
    for name in await tx.scalars(select(zone).where(*mine).distinct()):
        day = at.astimezone(ZoneInfo(name)).date()
        morning = datetime.combine(day, LETTER_AT, ZoneInfo(name))
        if at < morning:
            continue
        has_letter = select(AgendaLetter.id).where(
            AgendaLetter.organization_id == organization_id,
            AgendaLetter.user_id == Membership.user_id,
            AgendaLetter.day == day,
        )
        user_ids = await tx.scalars(
            select(Membership.user_id)
            .join(CommercialAction, CommercialAction.assigned_to == Membership.user_id)
            .where(
                *mine,
                zone == name,
                CommercialAction.organization_id == organization_id,
                CommercialAction.state.in_(OPEN),
                CommercialAction.due_on <= day,
                CommercialAction.created_at < morning,
                ~has_letter.exists(),
            )
            .distinct()
            .limit(limit)
        )
        for user_id in user_ids.all():
            promised += await _promise_letter(tx, organization_id, user_id, {"day": day}, at=at)
    return promised


async def _promise_letter(
    tx: AsyncSession,
    organization_id: UUID,
    user_id: UUID,
    about: dict[str, object],
    *,
    at: datetime,
) -> int:
    """Write the row of a letter and the job that sends it; none, if there is such a letter."""
    made = await tx.scalar(
        insert(AgendaLetter)
        .values(
            organization_id=organization_id, id=new_id(), user_id=user_id, created_at=at, **about
        )
        .on_conflict_do_nothing()
        .returning(AgendaLetter.id)
    )
    if made is None:
        return 0
    await enqueue(tx, SendAgendaLetter(organization_id, made))
    return 1
