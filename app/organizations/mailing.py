"""Jobs that mail a secret: an invitation, or the way to a new password.

The secret is made here, kept as a hash, and exists in the message alone. Every try
makes another, so only the link of the last message opens anything.
"""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar
from uuid import UUID
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from app.jobs.queue import Job
from app.kernel.batches import BATCH
from app.kernel.clock import Clock
from app.kernel.database import Database
from app.kernel.identifiers import hash_token, new_id, new_token
from app.mail.message import Mailbox, OutgoingMessage, build, message_id
from app.mail.ports import Envelope, Failure, MailError, MailTransport, Withheld
from app.organizations import letters, queries
from app.organizations.letters import AccessLetter, Purpose
from app.organizations.models import Invitation, MailedToken, User
from app.organizations.sessions import KEPT_AFTER

log = structlog.get_logger()

RESET_LIFE = timedelta(hours=1)
FINAL = frozenset(
    {
        Failure.SENDER,
        Failure.TOO_LARGE,
        Failure.NO_SUCH_ADDRESS,
        Failure.POLICY,
        Failure.REFUSED,
    }
)
"""Trying again would change nothing."""

_PATHS = {Purpose.INVITATION: "invitation", Purpose.PASSWORD_RESET: "password-reset"}


@dataclass(frozen=True, slots=True)
class SendInvitation(Job):
    """Mail an invitation that was not sent yet."""

    name: ClassVar[str] = "organizations.send_invitation"
    concurrency: ClassVar[int] = 2

    invitation_id: UUID


@dataclass(frozen=True, slots=True)
class SendPasswordReset(Job):
    """Mail a user the way to a new password."""

    name: ClassVar[str] = "organizations.send_password_reset"
    concurrency: ClassVar[int] = 2

    user_id: UUID


@dataclass(frozen=True, slots=True)
class Post:
    """What mailing stands on.

    Attributes:
        mail_from: The envelope's and the From header's address.
        front_end_url: Where the pages are that take a token.
    """

    database: Database
    clock: Clock
    transport: MailTransport
    mail_from: str
    front_end_url: str


@dataclass(frozen=True, slots=True)
class _Errand:
    purpose: Purpose
    subject_id: UUID
    to_name: str
    address: str
    by_name: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class _Message:
    envelope: Envelope
    token_hash: bytes


async def send_invitation(job: SendInvitation, post: Post) -> None:
    """Mail an invitation, unless it was sent, taken up, withdrawn or ran out.

    Raises:
        MailError: The relay may take it later; the job is tried again.
    """
    at = post.clock.now()
    async with post.database.transaction(job.organization_id) as tx:
        invitation = await tx.get(Invitation, (job.organization_id, job.invitation_id))
        if (
            invitation is None
            or invitation.sent_at is not None
            or invitation.status_at(at) != "pending"
        ):
            return
        errand = _Errand(
            purpose=Purpose.INVITATION,
            subject_id=invitation.id,
            to_name=invitation.name,
            address=invitation.email,
            by_name=invitation.invited_by_name,
            expires_at=invitation.expires_at,
        )
        message = await _written(tx, job.organization_id, errand, post, at=at)
    try:
        failure = await _hand_over(message, post)
    except Withheld:
        return
    async with post.database.transaction(job.organization_id) as tx:
        sent = await tx.get_one(Invitation, (job.organization_id, job.invitation_id))
        sent.mail_failure = failure
        sent.sent_at = None if failure else post.clock.now()


async def send_password_reset(job: SendPasswordReset, post: Post) -> None:
    """Mail the way to a new password; for a user who is not there, do nothing.

    Raises:
        MailError: The relay may take it later; the job is tried again.
    """
    at = post.clock.now()
    async with post.database.transaction(job.organization_id) as tx:
        user = await tx.get(User, job.user_id)
        if user is None:
            return
        errand = _Errand(
            purpose=Purpose.PASSWORD_RESET,
            subject_id=user.id,
            to_name=user.name,
            address=user.email,
            by_name="",
            expires_at=at + RESET_LIFE,
        )
        message = await _written(tx, job.organization_id, errand, post, at=at)
    with suppress(Withheld):
        await _hand_over(message, post)


async def forget_tokens(tx: AsyncSession, *, at: datetime, limit: int = BATCH) -> int:
    """Delete mailed secrets that expired a day ago and more; tell how many."""
    old = select(MailedToken.token_hash).where(MailedToken.expires_at < at - KEPT_AFTER)
    deleted = await tx.execute(
        delete(MailedToken)
        .where(MailedToken.token_hash.in_(old.limit(limit)))
        .returning(MailedToken.token_hash)
    )
    return len(deleted.all())


async def _written(
    tx: AsyncSession, organization_id: UUID, errand: _Errand, post: Post, *, at: datetime
) -> _Message:
    """Make a secret, keep its hash in place of the one before, and write the message."""
    token = new_token()
    token_hash = hash_token(token)
    kept = {
        "token_hash": token_hash,
        "organization_id": organization_id,
        "expires_at": errand.expires_at,
    }
    await tx.execute(
        insert(MailedToken)
        .values(purpose=errand.purpose.value, subject_id=errand.subject_id, **kept)
        .on_conflict_do_update(index_elements=["purpose", "subject_id"], set_=kept)
    )
    organization = await queries.get(tx, organization_id)
    logo = await queries.logo(tx, organization_id, organization.logo_sha256)
    subject, text, html = letters.compose(
        AccessLetter(
            purpose=errand.purpose,
            language=organization.default_language,
            organization=organization.name,
            accent_color=organization.accent_color,
            has_logo=logo is not None,
            to_name=errand.to_name,
            address=errand.address,
            by_name=errand.by_name,
            link=f"{post.front_end_url}/{_PATHS[errand.purpose]}#token={token}",
            expires_at=errand.expires_at,
            zone=ZoneInfo(organization.time_zone),
        )
    )
    # Its own number: a second try is another message, with another link.
    number = message_id(new_id(), post.mail_from.rpartition("@")[2])
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
            logo=logo,
        )
    )
    return _Message(Envelope(post.mail_from, errand.address, content, number), token_hash)


async def _hand_over(message: _Message, post: Post) -> str | None:
    """Hand the message to the relay; give the failure that no other try would mend.

    Raises:
        MailError: The relay may take it later.
        Withheld: Meanwhile the secret was withdrawn, or another try made a new one.
    """

    async def still_opens() -> bool:
        # Without the database nobody can tell, and a mail too many opens nothing.
        with suppress(SQLAlchemyError, OSError):
            async with post.database.transaction() as tx:
                return await tx.get(MailedToken, message.token_hash) is not None
        return True

    try:
        await post.transport.send(message.envelope, still_opens)
    except MailError as error:
        if error.failure not in FINAL:
            raise
        log.warning("access_mail_refused", failure=error.failure.value, code=error.code)
        return error.failure.value
    return None
