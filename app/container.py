"""The composition root: what is built once and handed to whoever asks for it."""

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.adapters.dialing import Dialer
from app.adapters.lemonway.access import Access, Addresses
from app.adapters.lemonway.gateway import open_lemonway
from app.adapters.mail_smtp import SmtpTransport
from app.adapters.pdf_reportlab import ReportlabPrinter
from app.adapters.smtp_relays import SmtpRelays
from app.documents.ports import Books, Printer
from app.kernel.clock import Clock, SystemClock
from app.kernel.database import Database, open_engine
from app.kernel.vault import Vault
from app.mail.ports import MailRelays, MailTransport, SmtpAccount
from app.notices import alarms
from app.organizations.passwords import Passwords
from app.payments.correcting import LedgerBooks
from app.payments.desk import Desk, Provider
from app.settings import Settings

if TYPE_CHECKING:  # it takes long to load, and is off by default
    from opentelemetry.sdk.trace import TracerProvider


@dataclass(frozen=True, slots=True)
class Container:
    """Everything the application stands on; tests replace a part of it."""

    settings: Settings
    database: Database
    clock: Clock
    vault: Vault
    passwords: Passwords
    printer: Printer
    mail: MailTransport
    provider: Provider | None
    """The payment provider; None where payments are not set up."""
    relays: MailRelays
    traces: "TracerProvider | None" = None

    @property
    def secret_key(self) -> bytes:
        """The key that signs cursors and nonces, and peppers API keys."""
        return self.settings.secret_key.get_secret_value().encode()

    @property
    def desk(self) -> Desk | None:
        """What the work on payments stands on; None where they are not set up."""
        if self.provider is None:
            return None
        return Desk(
            database=self.database,
            clock=self.clock,
            provider=self.provider,
            alarm=alarms.payment_moves,
            account_alarm=alarms.account_moves,
            fact_alarm=alarms.fact_tells,
        )

    def parts(self) -> dict[type, object]:
        """Give the parts by type, as routers ask for them."""
        parts: dict[type[object], object] = {
            Settings: self.settings,
            Database: self.database,
            Vault: self.vault,
            Passwords: self.passwords,
            Printer: self.printer,
            Books: LedgerBooks(),
            MailTransport: self.mail,
            MailRelays: self.relays,
        }
        if self.desk is not None:
            parts[Desk] = self.desk
        return parts


@asynccontextmanager
async def open_container(settings: Settings, *, for_worker: bool) -> AsyncIterator[Container]:
    """Open pools and clients, give the container, close them in reverse.

    Args:
        settings: Read once by the process.
        for_worker: The worker acts under its own role and waits longer for a statement.
    """
    url = settings.database_url
    if for_worker and settings.database_worker_url is not None:
        url = settings.database_worker_url
    engine = open_engine(
        url.get_secret_value(),
        role="conforme_worker" if for_worker else "conforme_api",
        statement_timeout_s=60 if for_worker else 10,
        pool_size=settings.database_pool_size,
    )
    clock = SystemClock()
    account = _platform_account(settings)
    mail = SmtpTransport(
        host=account.host,
        port=account.port,
        security=account.security,
        username=account.username,
        password=account.password,
        clock=clock,
    )
    relays = SmtpRelays(account, Dialer(allows_private=settings.smtp_private_hosts), clock)
    traces = None if for_worker else _open_traces(settings)
    threads = ThreadPoolExecutor(max_workers=2, thread_name_prefix="password")
    async with AsyncExitStack() as opened:
        provider = await _open_provider(settings, opened)
        opened.push_async_callback(engine.dispose)
        opened.push_async_callback(mail.aclose)
        opened.push_async_callback(relays.aclose)
        opened.callback(threads.shutdown, wait=False)
        if traces is not None:
            opened.push_async_callback(asyncio.to_thread, traces.shutdown)
        yield Container(
            settings=settings,
            database=Database(engine),
            clock=clock,
            vault=Vault.from_text(settings.encryption_key.get_secret_value()),
            passwords=Passwords(threads),
            printer=ReportlabPrinter(),
            mail=mail,
            relays=relays,
            provider=provider,
            traces=traces,
        )


async def _open_provider(settings: Settings, opened: AsyncExitStack) -> Provider | None:
    if settings.lemonway_api_key is None:
        return None
    access = Access(
        addresses=Addresses(
            token=settings.lemonway_token_url,
            directkit=settings.lemonway_directkit_url,
            webkit=settings.lemonway_webkit_url,
            onboarding=settings.lemonway_onboarding_url,
            forms=settings.lemonway_forms_url,
        ),
        api_key=settings.lemonway_api_key.get_secret_value(),
        server_ip=settings.lemonway_server_ip,
        profile=settings.lemonway_profile,
        solution_name=settings.lemonway_solution_name,
    )
    return await opened.enter_async_context(open_lemonway(access))


def _platform_account(settings: Settings) -> SmtpAccount:
    password = settings.smtp_password
    return SmtpAccount(
        settings.smtp_host,
        settings.smtp_port,
        settings.smtp_security,
        settings.smtp_username,
        password.get_secret_value() if password else None,
    )


def _open_traces(settings: Settings) -> "TracerProvider | None":
    if settings.otlp_endpoint is None:
        return None
    from app.adapters.traces_otlp import open_traces  # noqa: PLC0415 - only where it is asked for

    return open_traces(settings.otlp_endpoint, settings.trace_percent)
