"""Telling a salesperson of their actions, in a notice of their own."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.commercial.models import CommercialAction
from app.contacts.models import Contact
from app.kernel.actor import Actor
from app.kernel.formats import short_date
from app.notices.service import raise_notice
from app.notices.summaries import summary_of
from app.organizations import queries as organizations


async def tell_assignee(
    tx: AsyncSession, actor: Actor, kind: str, action: CommercialAction, *, at: datetime
) -> None:
    """Raise a notice for who is to do an action.

    Args:
        tx: The transaction of what happened.
        actor: Who did it.
        kind: `action.assigned`, `action.due` or `action.overdue`.
        action: Which.
        at: Now.
    """
    organization = await organizations.get(tx, action.organization_id)
    language = organization.default_language
    summary = summary_of(
        kind,
        language,
        contact=await _contact_name(tx, action),
        name=actor.name,
        subject=action.subject,
        due=due_text(action, language),
    )
    await raise_notice(
        tx,
        actor,
        kind=kind,
        summary=summary,
        contact_id=action.contact_id,
        document_id=action.document_id,
        subject_type="action",
        subject_id=action.id,
        for_user_id=action.assigned_to,
        at=at,
    )


def due_text(action: CommercialAction, language: str) -> str:
    """Write when an action is due: `01/12/2026 10:30`, or the day alone (pure)."""
    hour = f" {action.due_time:%H:%M}" if action.due_time else ""
    return f"{short_date(action.due_on, language)}{hour}"


async def _contact_name(tx: AsyncSession, action: CommercialAction) -> str | None:
    return await tx.scalar(
        select(Contact.display_name).where(
            Contact.organization_id == action.organization_id, Contact.id == action.contact_id
        )
    )
