"""The job process: which function does which job, and what comes round by the clock."""

from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.commercial import posting, reminding
from app.commercial.posting import SendAgendaLetter
from app.container import Container
from app.dispatch import bulk, sending
from app.dispatch.outbox import Outbox
from app.dispatch.promising import Sender
from app.dispatch.tasks import SendMessage
from app.documents.models import Decision
from app.documents.tasks import RenderPdf, give_up_pdf, render_pdf
from app.events import sequencing
from app.events.models import Event
from app.invariants import watching
from app.jobs.queue import Job, enqueue
from app.jobs.runner import HEARTBEAT_TIMEOUT, Handler, Runner, Scheduled
from app.kernel.batches import until_done
from app.kernel.database import Base
from app.kernel.vault import Vault
from app.notices import alarms
from app.operations import running
from app.operations.models import OperationKind
from app.operations.running import Work
from app.operations.tasks import RunOperation
from app.organizations import mailing
from app.organizations import queries as organizations
from app.organizations.mailing import Post, SendInvitation, SendPasswordReset
from app.organizations.models import AuditEntry
from app.payments import (
    accounts,
    calls,
    chargebacks,
    checking,
    comparing,
    papers,
    payout_accounts,
    payouts,
    refunding,
)
from app.payments.desk import Desk
from app.payments.tasks import (
    CheckAccount,
    CheckPayment,
    CheckPayoutAccount,
    CompareMovements,
    DeliverPaper,
    HandleCall,
    SendPayout,
    SendReceipt,
    SendRefund,
)
from app.portal import receipt_mail
from app.reminders import rounds
from app.upkeep import forgetting

CHAINED = (Event.__tablename__, Decision.__tablename__, AuditEntry.__tablename__)


def handlers_of(container: Container) -> Mapping[type[Job], Handler]:
    """Say which function does which job."""
    outbox = outbox_of(container)
    post = Post(
        database=container.database,
        clock=container.clock,
        transport=container.mail,
        mail_from=container.settings.mail_from,
        front_end_url=container.settings.front_end_url,
    )

    async def send(job: SendMessage) -> None:
        await sending.send(job, outbox)

    async def render(job: RenderPdf) -> None:
        await render_pdf(job, container.database, container.printer, container.clock)

    async def send_invitation(job: SendInvitation) -> None:
        await mailing.send_invitation(job, post)

    async def send_password_reset(job: SendPasswordReset) -> None:
        await mailing.send_password_reset(job, post)

    async def send_receipt(job: SendReceipt) -> None:
        await receipt_mail.send(job, container.database, _sender(container), container.clock)

    async def send_agenda_letter(job: SendAgendaLetter) -> None:
        await posting.send_letter(job, post)

    works = works_of(container)

    async def run_operation(job: RunOperation) -> None:
        await running.run(job, works, container.database, container.clock)

    handlers: dict[type[Job], Handler] = {
        SendMessage: send,
        SendReceipt: send_receipt,
        RenderPdf: render,
        SendInvitation: send_invitation,
        SendPasswordReset: send_password_reset,
        SendAgendaLetter: send_agenda_letter,
        RunOperation: run_operation,
    }
    if (desk := container.desk) is not None:
        handlers |= _payment_handlers(desk, container.vault)
    return handlers


def works_of(container: Container) -> Mapping[OperationKind, Work]:
    """Say which function does which long work."""
    return {OperationKind.BULK_DISPATCH: bulk.work_of(_sender(container))}


def _sender(container: Container) -> Sender:
    return Sender(container.vault, container.settings.mail_from.rpartition("@")[2])


def _payment_handlers(desk: Desk, vault: Vault) -> dict[type[Job], Handler]:
    async def check_payment(job: CheckPayment) -> None:
        await checking.check(job, desk)

    async def check_account(job: CheckAccount) -> None:
        await papers.look(job.organization_id, desk)

    async def handle_call(job: HandleCall) -> None:
        await calls.handle(job, desk)

    async def deliver_paper(job: DeliverPaper) -> None:
        await papers.deliver(job, desk, vault)

    async def check_payout_account(job: CheckPayoutAccount) -> None:
        await payout_accounts.check(job, desk)

    async def send_payout(job: SendPayout) -> None:
        await payouts.send(job, desk)

    async def send_refund(job: SendRefund) -> None:
        await refunding.send(job, desk)

    async def compare_movements(job: CompareMovements) -> None:
        await comparing.compare(job, desk)

    return {
        CheckPayment: check_payment,
        CheckAccount: check_account,
        HandleCall: handle_call,
        DeliverPaper: deliver_paper,
        CheckPayoutAccount: check_payout_account,
        SendPayout: send_payout,
        SendRefund: send_refund,
        CompareMovements: compare_movements,
    }


def burials_of(container: Container) -> Mapping[type[Job], Handler]:
    """Say what follows when a job failed for good."""

    async def give_up(job: RenderPdf) -> None:
        await give_up_pdf(job, container.database, container.clock)

    async def give_up_operation(job: RunOperation) -> None:
        await running.give_up(job, container.database, container.clock)

    return {RenderPdf: give_up, RunOperation: give_up_operation}


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

    async def remind() -> None:
        await reminding.sweep(container.database, container.clock)

    async def remind_clients() -> None:
        await rounds.sweep(container.database, container.clock, _sender(container))

    async def wake_operations() -> None:
        async with container.database.transaction() as tx:
            organization_ids = await organizations.ids(tx)
        for organization_id in organization_ids:
            await running.sweep(container.database, container.clock, organization_id)

    async def check_invariants() -> None:
        await watching.check_in_turn(container.database, container.clock)

    return (
        *_payment_schedules(container),
        Scheduled("dispatch.sweep", "* * * * *", sweep_messages),
        Scheduled("events.chain", "* * * * *", chain_events),
        Scheduled("commercial.remind", "* * * * *", remind),
        Scheduled("reminders.sweep", "*/10 * * * *", remind_clients),
        Scheduled("operations.sweep", "* * * * *", wake_operations),
        Scheduled("invariants.check", "7 * * * *", check_invariants, may_be_cut=True),
        Scheduled("expired.forget", "17 3 * * *", forget_expired),
    )


def _payment_schedules(container: Container) -> tuple[Scheduled, ...]:
    desk = container.desk
    if desk is None:
        return ()

    async def look_at_payments() -> None:
        async with container.database.transaction() as tx:
            organization_ids = await organizations.ids(tx)
        for organization_id in organization_ids:
            await checking.sweep(desk, organization_id)
            await refunding.sweep(desk, organization_id)
            await papers.sweep(desk, organization_id)
            await payout_accounts.sweep(desk, organization_id)
            await payouts.sweep(desk, organization_id)

    async def look_at_accounts() -> None:
        async with container.database.transaction() as tx:
            organization_ids = await organizations.ids(tx)
        for organization_id in organization_ids:
            async with container.database.transaction(organization_id) as tx:
                await accounts.look_again(tx, organization_id)

    async def compare_all() -> None:
        async with container.database.transaction() as tx:
            organization_ids = await organizations.ids(tx)
        for organization_id in organization_ids:
            async with container.database.transaction(organization_id) as tx:
                await enqueue(tx, CompareMovements(organization_id))

    async def look_at_chargebacks() -> None:
        await chargebacks.sweep(desk)

    return (
        Scheduled("payments.compare", "43 3 * * *", compare_all),
        Scheduled("payments.chargebacks", "13 4 * * *", look_at_chargebacks),
        Scheduled("payments.sweep", "* * * * *", look_at_payments),
        Scheduled("payments.accounts", "7 * * * *", look_at_accounts),
    )


def outbox_of(container: Container) -> Outbox:
    """Give sending what it stands on."""
    return Outbox(
        database=container.database,
        clock=container.clock,
        vault=container.vault,
        printer=container.printer,
        transport=container.mail,
        relays=container.relays,
        mail_from=container.settings.mail_from,
        public_url=container.settings.public_url,
        alarm=alarms.message_fails,
    )


def create_runner(
    container: Container, *, heartbeat_timeout: timedelta = HEARTBEAT_TIMEOUT
) -> Runner:
    """Make the engine of a worker process."""
    settings = container.settings
    url = (settings.database_worker_url or settings.database_url).get_secret_value()
    return Runner(
        url,
        handlers_of(container),
        schedules_of(container),
        burials=burials_of(container),
        heartbeat_timeout=heartbeat_timeout,
    )


async def _chain(tx: AsyncSession, organization_id: UUID) -> int:
    """Chain the next rows of everything that has a chain; tell how many."""
    counts = [
        await sequencing.chain(tx, organization_id, Base.metadata.tables[name]) for name in CHAINED
    ]
    return sum(counts)
