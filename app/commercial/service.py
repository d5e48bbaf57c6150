"""Verbs: plan a commercial action, change it, give it to somebody else."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.commercial import events, references, reminders
from app.commercial.models import CommercialAction
from app.commercial.planning import as_time, first_action, plan_for, take_recurrence
from app.commercial.references import Assignee
from app.commercial.scheduling import recurrence
from app.commercial.schemas import ActionChanges, ActionDraft
from app.commercial.telling import tell_assignee
from app.events.record import record
from app.kernel.actor import Actor, Permission
from app.kernel.errors import Conflict
from app.kernel.findings import Findings

_PLAIN = (
    "kind", "subject", "description", "duration_minutes", "contact_person_id", "document_id",
    "priority", "state",
)  # fmt: skip


async def create(
    tx: AsyncSession,
    actor: Actor,
    contact_id: UUID,
    draft: ActionDraft,
    *,
    previous: CommercialAction | None = None,
    below: str = "",
    at: datetime,
) -> CommercialAction:
    """Plan an action for a contact; who is to do it is told, unless they plan it themselves.

    Args:
        tx: The request's transaction.
        actor: Who plans it.
        contact_id: For whom.
        draft: The body.
        previous: The action it follows from.
        below: Pointer to where in the request's body the draft is.
        at: Now.

    Raises:
        Invalid: What it names is not there; all is named.
    """
    actor.require(Permission.COMMERCIAL_WRITE)
    findings = Findings()
    named = dict(draft)
    await references.check(tx, actor, contact_id, named, findings, below=below)
    assignee = await references.find_assignee(
        tx, actor, draft.assigned_to, findings, pointer=f"{below}/assigned_to"
    )
    if draft.recurrence is not None:
        findings.take(f"{below}/recurrence", recurrence, draft.recurrence)
    findings.require_none()
    assert assignee is not None  # noqa: S101 - otherwise it was found wrong
    action = first_action(actor, contact_id, draft, assignee, at=at)
    action.previous_action_id = previous.id if previous else None
    return await begin(tx, actor, action, assignee, at=at)


async def begin(
    tx: AsyncSession,
    actor: Actor,
    action: CommercialAction,
    assignee: Assignee,
    *,
    at: datetime,
) -> CommercialAction:
    """Write a new action with its reminders and its fact; tell who is to do it."""
    tx.add(action)
    await tx.flush()
    await reminders.plan(tx, action, at=at)
    await record(tx, actor, events.created(action, assignee.name), at=at)
    await _tell_of_assignment(tx, actor, action, at=at)
    return action


async def edit(
    tx: AsyncSession,
    actor: Actor,
    action: CommercialAction,
    changes: ActionChanges,
    *,
    at: datetime,
) -> None:
    """Change an open action; moved to another time, its history tells so and keeps the old one.

    Args:
        tx: The request's transaction.
        actor: Who changes it.
        action: Read for update.
        changes: What came is in its `model_fields_set`.
        at: Now.

    Raises:
        Conflict: It is closed.
        Invalid: What it names is not there; all is named.
    """
    actor.require(Permission.COMMERCIAL_WRITE)
    require_open(action)
    came = {name: getattr(changes, name) for name in changes.model_fields_set}
    findings = Findings()
    new = {name: value for name, value in came.items() if value != getattr(action, name, None)}
    await references.check(tx, actor, action.contact_id, new, findings)
    if came.get("recurrence") is not None:
        findings.take("/recurrence", recurrence, came["recurrence"])
    findings.require_none()
    for name in _PLAIN:
        if name in came:
            setattr(action, name, came[name])
    before = events.when(action)
    if "due_on" in came:
        action.due_on = changes.due_on
    if "due_time" in came:
        action.due_time = as_time(changes.due_time)
    is_moved = events.when(action) != before
    if is_moved:
        plan_for(action, await references.assignee_of(tx, actor, action.assigned_to))
        action.reschedule_count += 1
        action.overdue_told_at = None
    if "recurrence" in came:
        take_recurrence(action, changes.recurrence)
    if "reminders" in came:
        action.reminders = [reminder.model_dump() for reminder in changes.reminders]
    action.updated_at = at
    await tx.flush()
    await reminders.plan(tx, action, at=at)
    if is_moved:
        await record(tx, actor, events.rescheduled(action, before), at=at)


async def reassign(
    tx: AsyncSession, actor: Actor, action: CommercialAction, user_id: UUID, *, at: datetime
) -> None:
    """Give an open action to somebody else, who is told; to who has it already, nothing.

    Its day and hour are meant in the new salesperson's time zone from then on.

    Raises:
        Conflict: It is closed.
        Invalid: The other is no active colleague who may write actions.
    """
    actor.require(Permission.COMMERCIAL_WRITE)
    require_open(action)
    if user_id == action.assigned_to:
        return
    findings = Findings()
    assignee = await references.find_assignee(tx, actor, user_id, findings, pointer="/assigned_to")
    findings.require_none()
    assert assignee is not None  # noqa: S101 - otherwise it was found wrong
    await hand_to(tx, actor, action, assignee, at=at)


async def hand_to(
    tx: AsyncSession,
    actor: Actor,
    action: CommercialAction,
    assignee: Assignee,
    *,
    at: datetime,
) -> None:
    """Give an open action to a salesperson who may have it."""
    plan_for(action, assignee)
    action.updated_at = at
    await tx.flush()
    await reminders.plan(tx, action, at=at)
    await record(tx, actor, events.assigned(action, assignee.name), at=at)
    await _tell_of_assignment(tx, actor, action, at=at)


def require_open(action: CommercialAction) -> None:
    """Refuse to touch what is done, cancelled or rejected.

    Raises:
        Conflict: It is.
    """
    if not action.is_open:
        raise Conflict(reason="action_closed", extra={"current_status": action.state})


async def _tell_of_assignment(
    tx: AsyncSession, actor: Actor, action: CommercialAction, *, at: datetime
) -> None:
    if action.assigned_to != actor.id:
        await tell_assignee(tx, actor, "action.assigned", action, at=at)
