"""Verbs: an action is done, and what comes next; or it will not be done."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.commercial import events, references, reminders, service
from app.commercial.models import CommercialAction
from app.commercial.planning import next_occurrence
from app.commercial.schemas import ActionCancel, ActionComplete, ActionDraft, NextAction
from app.events.record import record
from app.kernel.actor import Actor, Permission


async def complete(
    tx: AsyncSession, actor: Actor, action: CommercialAction, body: ActionComplete, *, at: datetime
) -> None:
    """Close an action with its outcome, and plan what comes next in the same step.

    The next occurrence of an action that recurs is born here too.

    Args:
        tx: The request's transaction.
        actor: Who did it.
        action: Read for update.
        body: The outcome, and the next action if one was decided.
        at: Now.

    Raises:
        Conflict: It is closed already.
        Invalid: What the next action names is not there.
    """
    actor.require(Permission.COMMERCIAL_WRITE)
    service.require_open(action)
    action.outcome = body.outcome.value
    await _close(tx, actor, action, "done", body.note, at=at)
    if body.next_action is not None:
        following = await service.create(
            tx,
            actor,
            action.contact_id,
            _draft_after(action, body.next_action),
            previous=action,
            below="/next_action",
            at=at,
        )
        action.next_action_id = following.id
    assignee = await references.assignee_of(tx, actor, action.assigned_to)
    occurrence = next_occurrence(actor, action, assignee, at=at)
    if occurrence is not None:
        action.next_occurrence_id = occurrence.id
        await service.begin(tx, actor, occurrence, assignee, at=at)
    await tx.flush()
    await record(tx, actor, events.completed(action), at=at)


async def cancel(
    tx: AsyncSession, actor: Actor, action: CommercialAction, body: ActionCancel, *, at: datetime
) -> None:
    """Close an action that will not be done; one that recurs, recurs no more.

    Raises:
        Conflict: It is closed already.
    """
    actor.require(Permission.COMMERCIAL_WRITE)
    service.require_open(action)
    await _close(tx, actor, action, body.state, body.reason, at=at)
    await record(tx, actor, events.cancelled(action), at=at)


async def _close(
    tx: AsyncSession, actor: Actor, action: CommercialAction, state: str, note: str, *, at: datetime
) -> None:
    action.state = state
    action.note = note or None
    action.closed_at = action.updated_at = at
    action.closed_by, action.closed_by_name = actor.id, actor.name
    await tx.flush()
    await reminders.plan(tx, action, at=at)


def _draft_after(action: CommercialAction, following: NextAction) -> ActionDraft:
    """Fill in from the action before what was left out."""
    came = following.model_dump(exclude_unset=True, exclude_none=True)
    before = {
        "kind": action.kind, "subject": action.subject, "assigned_to": action.assigned_to,
        "document_id": action.document_id,
    }  # fmt: skip
    return ActionDraft.model_validate(before | came)
