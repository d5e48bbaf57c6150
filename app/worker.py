"""The job process: which function does which job, and what comes round by the clock."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.container import Container
from app.dispatch import sending
from app.dispatch.models import Recipient
from app.dispatch.outbox import Outbox
from app.dispatch.tasks import SendMessage
from app.documents.models import Decision, Document
from app.documents.tasks import RenderPdf, render_pdf
from app.events import sequencing
from app.events.models import Event
from app.jobs.queue import Job
from app.jobs.runner import Handler, Runner, Scheduled
from app.kernel.actor import Actor
from app.kernel.batches import until_done
from app.kernel.database import Base
from app.notices import service as notices
from app.operations import forgetting
from app.organizations import queries as organizations
from app.organizations.models import AuditEntry

CHAINED = (Event.__tablename__, Decision.__tablename__, AuditEntry.__tablename__)


def handlers_of(container: Container) -> Mapping[type[Job], Handler]:
    """Say which function does which job."""
    outbox = outbox_of(container)

    async def send(job: SendMessage) -> None:
        await sending.send(job, outbox)

    async def render(job: RenderPdf) -> None:
        await render_pdf(job, container.database, container.printer, container.clock)

    return {SendMessage: send, RenderPdf: render}


def schedules_of(container: Container) -> tuple[Scheduled, ...]:
    """Say what comes round by the clock, in UTC."""
    outbox = outbox_of(container)

    async def sweep_messages() -> None:
        await sending.sweep(outbox)

    async def forget_expired() -> None:
        await forgetting.forget_expired(container)

    async def chain_events() -> None:
        async with container.database.transaction() as tx:
            organization_ids = await organizations.ids(tx)
        for organization_id in organization_ids:
            step = partial(_chain, organization_id=organization_id)
            await until_done(container.database, step, organization_id)

    return (
        Scheduled("dispatch.sweep", "* * * * *", sweep_messages),
        Scheduled("events.chain", "* * * * *", chain_events),
        Scheduled("expired.forget", "17 3 * * *", forget_expired),
    )


def outbox_of(container: Container) -> Outbox:
    """Give sending what it stands on."""
    return Outbox(
        database=container.database,
        clock=container.clock,
        vault=container.vault,
        printer=container.printer,
        transport=container.mail,
        mail_from=container.settings.mail_from,
        public_url=container.settings.public_url,
        alarm=_alarm,
    )


def create_runner(container: Container, *, heartbeat_timeout: timedelta | None = None) -> Runner:
    """Make the engine of a worker process."""
    settings = container.settings
    url = (settings.database_worker_url or settings.database_url).get_secret_value()
    runner = Runner(url, handlers_of(container), schedules_of(container))
    if heartbeat_timeout is not None:
        runner = Runner(
            url,
            handlers_of(container),
            schedules_of(container),
            heartbeat_timeout=heartbeat_timeout,
        )
    return runner


async def _chain(tx: AsyncSession, organization_id: UUID) -> int:
    """Chain the next rows of everything that has a chain; tell how many."""
    counts = [
        await sequencing.chain(tx, organization_id, Base.metadata.tables[name]) for name in CHAINED
    ]
    return sum(counts)


async def _alarm(
    tx: AsyncSession, actor: Actor, document: Document, recipient: Recipient, *, at: datetime
) -> None:
    """Raise the notice of a message that will not arrive by itself."""
    await notices.raise_about(
        tx,
        actor,
        document,
        "dispatch.recipient_state_changed",
        subject_type="dispatch",
        subject_id=recipient.dispatch_id,
        at=at,
        address=recipient.address,
        state=recipient.state,
        reason=recipient.last_error,
    )
