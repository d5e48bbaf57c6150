"""The job that mails a salesperson about their actions: one reminder, or the morning's letter."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

import structlog
from sqlalchemy import and_, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from app.commercial.letters import SHOWN_MAX, Errand, compose_morning, compose_reminder
from app.commercial.models import OPEN, AgendaLetter, CommercialAction
from app.contacts.models import Contact
from app.jobs.queue import Job
from app.kernel.actor import system
from app.kernel.errors import NotFound
from app.mail.message import Mailbox, OutgoingMessage, build, message_id
from app.mail.ports import Envelope, Failure, MailError
from app.organizations import member_queries, queries
from app.organizations.mailing import FINAL, Post

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class SendAgendaLetter(Job):
    """Mail a letter that was promised."""

    name: ClassVar[str] = "commercial.send_letter"
    concurrency: ClassVar[int] = 2

    letter_id: UUID


async def send_letter(job: SendAgendaLetter, post: Post) -> None:
    """Mail a letter, unless it was, may have been, or has nothing to say any more.

    Raises:
        MailError: The relay may take it later; the job is tried again.
        Withheld: Nobody could note that it leaves; the job is tried again.
    """
    at = post.clock.now()
    async with post.database.transaction(job.organization_id) as tx:
        letter = await tx.get(
            AgendaLetter, (job.organization_id, job.letter_id), with_for_update=True
        )
        if letter is None or letter.sent_at is not None or letter.failure is not None:
            return
        if letter.left_at is not None:  # who sent it died before it wrote what became of it
            letter.failure = Failure.UNCERTAIN.value
            return
        envelope = await _written(tx, letter, post, at=at)
        if envelope is None:
            letter.failure = "nothing_to_tell"
            return
    try:
        await post.transport.send(envelope, lambda: _mark(job, post))
    except MailError as error:
        await _note_failure(job, post, error)
        if error.failure not in FINAL and error.failure is not Failure.UNCERTAIN:
            raise
    else:
        await _note(job, post, {"sent_at": post.clock.now(), "failure": None})


async def _mark(job: SendAgendaLetter, post: Post) -> bool:
    """Note that the bytes are about to leave; False if another's may have, or nobody can tell."""
    with suppress(SQLAlchemyError, OSError):
        async with post.database.transaction(job.organization_id) as tx:
            marked = await tx.scalar(
                update(AgendaLetter)
                .where(
                    AgendaLetter.organization_id == job.organization_id,
                    AgendaLetter.id == job.letter_id,
                    AgendaLetter.left_at.is_(None),
                )
                .values(left_at=post.clock.now())
                .returning(AgendaLetter.id)
            )
        return marked is not None
    return False


async def _note_failure(job: SendAgendaLetter, post: Post, error: MailError) -> None:
    is_over = error.failure in FINAL or error.failure is Failure.UNCERTAIN
    log.warning("agenda_letter_refused", failure=error.failure.value, code=error.code)
    await _note(job, post, {"failure": error.failure.value} if is_over else {"left_at": None})


async def _note(job: SendAgendaLetter, post: Post, values: dict[str, object]) -> None:
    async with post.database.transaction(job.organization_id) as tx:
        await tx.execute(
            update(AgendaLetter)
            .where(
                AgendaLetter.organization_id == job.organization_id,
                AgendaLetter.id == job.letter_id,
            )
            .values(**values)
        )


async def _written(
    tx: AsyncSession, letter: AgendaLetter, post: Post, *, at: datetime
) -> Envelope | None:
    """Write the message as things stand now; None if there is nobody or nothing to tell."""
    errand = await _errand(tx, letter, post)
    actions = await _actions(tx, letter)
    if errand is None or not actions:
        return None
    if letter.day is None:
        subject, text, html = compose_reminder(errand, *actions[0])
    else:
        subject, text, html = compose_morning(errand, letter.day, actions)
    number = message_id(letter.id, post.mail_from.rpartition("@")[2])
    organization = await queries.get(tx, letter.organization_id)
    content = build(
        OutgoingMessage(
            message_id=number,
            sent_at=at,
            sender=Mailbox(address=post.mail_from, name=organization.name),
            to=Mailbox(address=errand.address, name=errand.to_name),
            subject=subject,
            text=text,
            html=html,
            is_automatic=True,
            logo=errand.logo,
        )
    )
    return Envelope(post.mail_from, errand.address, content, number)


async def _errand(tx: AsyncSession, letter: AgendaLetter, post: Post) -> Errand | None:
    """Give to whom and as whom a letter is written; None when they have left."""
    try:
        member = await member_queries.get_member(tx, system(letter.organization_id), letter.user_id)
    except NotFound:
        return None
    if member.membership.status != "active" or member.user.status != "active":
        return None
    organization = await queries.get(tx, letter.organization_id)
    return Errand(
        language=organization.default_language,
        organization=organization.name,
        accent_color=organization.accent_color,
        logo=await queries.logo(tx, letter.organization_id, organization.logo_sha256),
        to_name=member.membership.name,
        address=member.user.email,
        link=f"{post.front_end_url}/agenda",
    )


async def _actions(
    tx: AsyncSession, letter: AgendaLetter
) -> Sequence[tuple[CommercialAction, str]]:
    """Give the open actions a letter is about, each with its contact's name, first due first."""
    of_contact = and_(
        Contact.organization_id == CommercialAction.organization_id,
        Contact.id == CommercialAction.contact_id,
    )
    query = (
        select(CommercialAction, Contact.display_name)
        .join(Contact, of_contact)
        .where(
            CommercialAction.organization_id == letter.organization_id,
            CommercialAction.assigned_to == letter.user_id,
            CommercialAction.state.in_(OPEN),
        )
    )
    if letter.day is None:
        query = query.where(
            CommercialAction.id == letter.action_id, CommercialAction.due_at == letter.due_at
        )
    else:
        query = query.where(CommercialAction.due_on <= letter.day)
    rows = await tx.execute(
        query.order_by(CommercialAction.due_at, CommercialAction.id).limit(SHOWN_MAX + 1)
    )
    return [(action, name) for action, name in rows]
