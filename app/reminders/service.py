"""Verbs: open, change and give up a policy of reminding."""

from collections.abc import Sequence
from datetime import datetime, time
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from app.kernel.actor import Actor, Permission
from app.kernel.errors import Fault, Invalid
from app.kernel.identifiers import new_id
from app.organizations import queries as organizations
from app.organizations.auditing import audit, difference
from app.reminders.models import ReminderPolicy
from app.reminders.schemas import PolicyChanges, PolicyCreate, PolicyView

_SUBJECT = "reminder_policy"


async def create(
    tx: AsyncSession, actor: Actor, body: PolicyCreate, *, at: datetime
) -> ReminderPolicy:
    """Open a policy; from today on when it is active. A second active one is refused (409).

    Raises:
        Invalid: A step is named twice, comes after a quote's last day, or the hours are none.
    """
    actor.require(Permission.SETTINGS_WRITE)
    policy = ReminderPolicy(
        organization_id=actor.organization_id,
        id=new_id(),
        **body.model_dump(exclude={"steps", "send_from", "send_until"}),
        steps=sorted(body.steps),
        send_from=time.fromisoformat(body.send_from),
        send_until=time.fromisoformat(body.send_until),
        active_since=None,
        created_at=at,
        version=1,
    )
    _require_sound(policy, body.steps)
    await _follow_status(tx, policy, at=at)
    tx.add(policy)
    await tx.flush()
    told = difference({}, body.model_dump(mode="json"))
    await audit(tx, actor, "reminder_policy.created", _SUBJECT, policy.id, told, at=at)
    return policy


async def edit(
    tx: AsyncSession, actor: Actor, policy: ReminderPolicy, body: PolicyChanges, *, at: datetime
) -> None:
    """Change a policy, read for update; what was decided of a step stays decided.

    Raises:
        Invalid: A step is named twice, comes after a quote's last day, or the hours are none.
    """
    actor.require(Permission.SETTINGS_WRITE)
    came = {name: getattr(body, name) for name in body.model_fields_set}
    if "steps" in came:
        came["steps"] = sorted(body.steps)
    for name in {"send_from", "send_until"} & came.keys():
        came[name] = time.fromisoformat(came[name])
    changes = difference({name: getattr(policy, name) for name in came}, came)
    if not changes:
        return
    before = PolicyView.of(policy).model_dump(mode="json", include=set(came))
    for name, (_, value) in changes.items():
        setattr(policy, name, value)
    _require_sound(policy, body.steps if "steps" in came else ())
    if "status" in changes:
        await _follow_status(tx, policy, at=at)
    policy.version += 1
    await tx.flush()
    told = difference(before, PolicyView.of(policy).model_dump(mode="json", include=set(came)))
    await audit(tx, actor, "reminder_policy.updated", _SUBJECT, policy.id, told, at=at)


async def delete(tx: AsyncSession, actor: Actor, policy: ReminderPolicy, *, at: datetime) -> None:
    """Give a policy up; what it sent stays in every history."""
    actor.require(Permission.SETTINGS_WRITE)
    await tx.delete(policy)
    await tx.flush()
    told = difference({"name": policy.name, "steps": policy.steps}, {})
    await audit(tx, actor, "reminder_policy.deleted", _SUBJECT, policy.id, told, at=at)


async def _follow_status(tx: AsyncSession, policy: ReminderPolicy, *, at: datetime) -> None:
    """Begin today what comes into force: nobody is reminded of what was long ago."""
    if policy.status != "active":
        policy.active_since = None
        return
    organization = await organizations.get(tx, policy.organization_id)
    policy.active_since = at.astimezone(ZoneInfo(organization.time_zone)).date()


def _require_sound(policy: ReminderPolicy, steps: Sequence[int]) -> None:
    faults = []
    for place, step in enumerate(steps):
        if step in steps[:place]:
            faults.append(Fault(f"/steps/{place}", "reference.repeated"))
        elif policy.document_type == "quote" and step > 0:
            faults.append(Fault(f"/steps/{place}", "reminder.after_expiry"))
    if policy.send_from >= policy.send_until:
        faults.append(Fault("/send_until", "hours.order"))
    if faults:
        raise Invalid(faults=faults)
