"""A diagnosis: each thing the service stands on, well or not, and what to do about it."""

import asyncio
import shutil
import smtplib
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Literal, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import asyncpg

from app.kernel.clock import Clock
from app.kernel.database import SCHEMA_REVISION
from app.settings import Settings

Seen = TypeVar("Seen")

SKEW_MAX = timedelta(seconds=5)
DISK_FREE_MIN = 1_000_000_000
"""Bytes; PDFs are drawn in memory, but logs and backups want room."""
TIMEOUT_S = 5
SECRET_LENGTH_GOOD = 43
"""What 32 random bytes take in base64."""

_UNFORCED = """
    select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'public' and c.relkind in ('r', 'p')
      and (exists (select from pg_policy p where p.polrelid = c.oid) or (
        c.relname not in ('users', 'memberships', 'sessions', 'session_tokens', 'api_keys',
                          'allowed_origins', 'link_tokens', 'mailed_tokens', 'wallets',
                          'rate_limits', 'agenda_feeds')
        and exists (select from pg_attribute a where a.attrelid = c.oid
                    and a.attname = 'organization_id' and not a.attisdropped)))
      and not (c.relrowsecurity and c.relforcerowsecurity)
    order by c.relname
"""
"""Tables with rows of one organization that show them to all; routing tables aside."""

_REFUSALS = {
    asyncpg.InvalidParameterValueError: "the role {role} is missing; run `migrate`",
    asyncpg.InsufficientPrivilegeError: "the log-in is not a member; `grant {role} to` it",
    asyncpg.InvalidAuthorizationSpecificationError: "the server refuses the log-in or its password",
    asyncpg.InvalidCatalogNameError: "the database does not exist; create it and run `migrate`",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at.

    Attributes:
        state: `well`, `doubtful` (it works, but) or `ill` (it will not work).
        says: What was seen, and what to do when it is not well; never a secret.
    """

    subject: str
    state: Literal["well", "doubtful", "ill"]
    says: str


def well(subject: str, says: str) -> Finding:
    """Make a finding of something that is as it should be."""
    return Finding(subject, "well", says)


def ill(subject: str, says: str) -> Finding:
    """Make a finding of something that keeps the service from working."""
    return Finding(subject, "ill", says)


async def examine(settings: Settings, clock: Clock) -> list[Finding]:
    """Look at everything; one ill thing does not hide the next."""
    worker_url = settings.database_worker_url or settings.database_url
    findings = [
        *examine_keys(settings),
        *await examine_database(settings.database_url.get_secret_value(), "conforme_api", clock),
        await examine_log_in(worker_url.get_secret_value(), "conforme_worker"),
        examine_time_zones(),
        await asyncio.to_thread(examine_relay, settings),
        examine_disk(Path.cwd()),
    ]
    return [well("settings", "every setting is valid"), *findings]


def examine_keys(settings: Settings) -> list[Finding]:
    """Look at the keys' length; their form was checked when they were read."""
    length = len(settings.secret_key.get_secret_value())
    if length < SECRET_LENGTH_GOOD:
        says = f"SECRET_KEY has {length} characters; 32 random bytes have {SECRET_LENGTH_GOOD}"
        return [Finding("keys", "doubtful", says)]
    return [well("keys", "SECRET_KEY and ENCRYPTION_KEY are long enough")]


async def examine_database(url: str, role: str, clock: Clock) -> list[Finding]:
    """Look at the log-in, the schema, row-level security and the server's clock."""
    log_in = await examine_log_in(url, role)
    if log_in.state == "ill":
        return [log_in]

    async def look(connection: asyncpg.Connection) -> list[Finding]:
        return [
            log_in,
            await _version(connection),
            await _schema(connection),
            await _isolation(connection),
            await _clock(connection, clock),
        ]

    return await _connected(url, role, look)


async def examine_log_in(url: str, role: str) -> Finding:
    """Look whether a log-in reaches the server and may act as its group role."""
    subject = f"log-in as {role}"

    async def look(connection: asyncpg.Connection) -> Finding:
        row = await connection.fetchrow(
            "select session_user as name, rolsuper or rolbypassrls as sees_all"
            " from pg_roles where rolname = current_user"
        )
        if row["sees_all"]:
            return ill(subject, f"{role} sees past row-level security; alter it to nobypassrls")
        return well(subject, f"{row['name']} acts as {role}")

    try:
        return await _connected(url, role, look)
    except (OSError, TimeoutError) as error:
        return ill(subject, f"no server answers there ({type(error).__name__})")
    except asyncpg.PostgresError as error:
        for kind, says in _REFUSALS.items():
            if isinstance(error, kind):
                return ill(subject, says.format(role=role))
        return ill(subject, f"the server refuses: {type(error).__name__}")


async def _connected(
    url: str, role: str, look: Callable[[asyncpg.Connection], Awaitable[Seen]]
) -> Seen:
    connection = await asyncpg.connect(url, timeout=TIMEOUT_S, server_settings={"role": role})
    try:
        return await look(connection)
    finally:
        await connection.close()


async def _version(connection: asyncpg.Connection) -> Finding:
    major = connection.get_server_version().major
    if major < 15:  # noqa: PLR2004 - what the README asks for
        return ill("PostgreSQL", f"version {major}; 15 or newer is needed")
    return well("PostgreSQL", f"version {major}")


async def _schema(connection: asyncpg.Connection) -> Finding:
    try:
        revision = await connection.fetchval("select version_num from alembic_version")
    except (asyncpg.UndefinedTableError, asyncpg.InsufficientPrivilegeError):
        return ill("schema", "there is none; run `migrate`")
    if revision != SCHEMA_REVISION:
        says = f"revision {revision}, this version needs {SCHEMA_REVISION}; run `migrate`"
        return ill("schema", says)
    return well("schema", f"revision {revision}")


async def _isolation(connection: asyncpg.Connection) -> Finding:
    bare = [row["relname"] for row in await connection.fetch(_UNFORCED)]
    if bare:
        return ill("row-level security", f"not forced on {', '.join(bare)}")
    forced = await connection.fetchval("select count(*) from pg_class where relforcerowsecurity")
    if not forced:
        return ill("row-level security", "forced on no table; run `migrate`")
    return well("row-level security", f"forced on {forced} tables")


async def _clock(connection: asyncpg.Connection, clock: Clock) -> Finding:
    apart = abs(await connection.fetchval("select clock_timestamp()") - clock.now())
    if apart > SKEW_MAX:
        says = f"{apart.total_seconds():.0f} s from the database's; let NTP set both"
        return ill("clock", says)
    return well("clock", "agrees with the database's")


def examine_time_zones() -> Finding:
    """Look whether days can be told in the organizations' time zones."""
    for name in ("Europe/Madrid", "Atlantic/Canary"):
        try:
            ZoneInfo(name)
        except ZoneInfoNotFoundError:
            return ill("time zones", f"no data for {name}; install tzdata")
    return well("time zones", "Europe/Madrid and Atlantic/Canary are known")


def examine_relay(settings: Settings) -> Finding:
    """Talk to the relay as far as its log-in; no message is sent."""
    host, port = settings.smtp_host, settings.smtp_port
    subject, where = "mail relay", f"{host}:{port}"
    context = ssl.create_default_context()
    try:
        if settings.smtp_security == "tls":
            relay: smtplib.SMTP = smtplib.SMTP_SSL(host, port, timeout=TIMEOUT_S, context=context)
        else:
            relay = smtplib.SMTP(host, port, timeout=TIMEOUT_S)
        with relay:
            relay.ehlo()
            if settings.smtp_security == "starttls":
                relay.starttls(context=context)
                relay.ehlo()
            if settings.smtp_username and settings.smtp_password:
                relay.login(settings.smtp_username, settings.smtp_password.get_secret_value())
    except ssl.SSLCertVerificationError as error:
        return ill(subject, f"the certificate of {where} is not trusted: {error.verify_message}")
    except ssl.SSLError:
        return ill(subject, f"{where} does not speak TLS; see SMTP_SECURITY")
    except smtplib.SMTPAuthenticationError:
        return ill(subject, f"{where} refuses SMTP_USERNAME or SMTP_PASSWORD")
    except smtplib.SMTPNotSupportedError:
        return ill(subject, f"{where} does not offer what is set; see SMTP_SECURITY, SMTP_USERNAME")
    except (OSError, smtplib.SMTPException) as error:
        return ill(subject, f"{where} does not answer ({type(error).__name__})")
    return well(subject, f"{where} answers ({settings.smtp_security})")


def examine_disk(folder: Path) -> Finding:
    """Look at the room left."""
    free = shutil.disk_usage(folder).free
    if free < DISK_FREE_MIN:
        return Finding("disk", "doubtful", f"{free / 1e9:.1f} GB free; make room")
    return well("disk", f"{free / 1e9:.1f} GB free")
