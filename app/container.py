"""The composition root: what is built once and handed to whoever asks for it."""

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.adapters.mail_smtp import SmtpTransport
from app.adapters.pdf_reportlab import ReportlabPrinter
from app.documents.ports import Printer
from app.kernel.clock import Clock, SystemClock
from app.kernel.database import Database, open_engine
from app.kernel.vault import Vault
from app.mail.ports import MailTransport
from app.organizations.passwords import Passwords
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
    traces: "TracerProvider | None" = None

    @property
    def secret_key(self) -> bytes:
        """The key that signs cursors and nonces, and peppers API keys."""
        return self.settings.secret_key.get_secret_value().encode()

    def parts(self) -> dict[type, object]:
        """Give the parts by type, as routers ask for them."""
        return {
            Settings: self.settings,
            Database: self.database,
            Vault: self.vault,
            Passwords: self.passwords,
            Printer: self.printer,
            MailTransport: self.mail,
        }


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
    password = settings.smtp_password
    clock = SystemClock()
    mail = SmtpTransport(
        host=settings.smtp_host,
        port=settings.smtp_port,
        security=settings.smtp_security,
        username=settings.smtp_username,
        password=password.get_secret_value() if password else None,
        clock=clock,
    )
    traces = None if for_worker else _open_traces(settings)
    threads = ThreadPoolExecutor(max_workers=2, thread_name_prefix="password")
    try:
        yield Container(
            settings=settings,
            database=Database(engine),
            clock=clock,
            vault=Vault.from_text(settings.encryption_key.get_secret_value()),
            passwords=Passwords(threads),
            printer=ReportlabPrinter(),
            mail=mail,
            traces=traces,
        )
    finally:
        if traces is not None:
            await asyncio.to_thread(traces.shutdown)
        threads.shutdown(wait=False)
        await mail.aclose()
        await engine.dispose()


def _open_traces(settings: Settings) -> "TracerProvider | None":
    if settings.otlp_endpoint is None:
        return None
    from app.adapters.traces_otlp import open_traces  # noqa: PLC0415 - only where it is asked for

    return open_traces(settings.otlp_endpoint, settings.trace_percent)
