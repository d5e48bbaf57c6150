"""The database: the base of all tables, and the one place that commits."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

import asyncpg
from pydantic import JsonValue
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    DateTime,
    MetaData,
    Text,
    cast,
    event,
    func,
    text,
    true,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.engine.interfaces import AdaptedConnection
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import (
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)
from sqlalchemy.orm import DeclarativeBase, InstrumentedAttribute
from sqlalchemy.pool import PoolProxiedConnection

from app.kernel.rows import Rows, told

SCHEMA_REVISION = "0060"
"""The migration this code needs; readiness compares it with the database's."""

_SETTING = "app.org"
"""What row-level security compares with; it lasts as long as the transaction."""

_ENTER = text(f"select set_config('{_SETTING}', :organization_id, true)")

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Every table's base; names of constraints are stable, so errors can be told apart."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: DateTime(timezone=True),
        str: Text(),
        int: BigInteger(),
        list[str]: ARRAY(Text()),
        JsonValue: JSONB(),
        dict[str, JsonValue]: JSONB(),
    }


class Database:
    """Opens transactions; nothing else in the code base commits."""

    def __init__(self, engine: AsyncEngine) -> None:
        self.engine = engine
        self._sessions = async_sessionmaker(engine, expire_on_commit=False)

    @asynccontextmanager
    async def transaction(self, organization_id: UUID | None = None) -> AsyncIterator[AsyncSession]:
        """Open one transaction; commit at the end, roll back on any exception.

        Row-level security shows nothing until an organization is entered: here, by
        `enter_organization`, or with the look-up that finds it (`entering`).

        The statement that says so is sent also when there is none yet: it makes asyncpg
        really begin. A job enqueued first in a transaction that SQLAlchemy only means to
        begin would survive its rollback.
        """
        async with self._sessions() as tx, tx.begin():
            await enter_organization(tx, organization_id)
            yield tx

    @asynccontextmanager
    async def reading(self, organization_id: UUID | None = None) -> AsyncIterator[Rows]:
        """Open one transaction for statements of `app.kernel.rows`: no session stands over it.

        It takes a connection of the same pool, begins and enters as `transaction` does, in
        one message.
        """
        held = await self.engine.raw_connection()
        driver = held.driver_connection
        try:
            entering = f"select set_config('{_SETTING}', '{organization_id or ''}', true)"
            await _send(driver, f"begin; {entering}")
            yield Rows(driver)
            await _send(driver, "commit")
        except BaseException:
            await _roll_back(held)
            raise
        finally:
            held.close()


async def _send(driver: asyncpg.Connection, text: str) -> None:
    try:
        await driver.execute(text)
    except (asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise told(error, driver) from error


async def _roll_back(held: PoolProxiedConnection) -> None:
    """End a transaction that failed; a connection that cannot even do that is given up."""
    driver: asyncpg.Connection = held.driver_connection
    try:
        if not driver.is_closed():
            await driver.execute("rollback")
    except BaseException:
        held.invalidate()
        raise


def entering(organization_id: InstrumentedAttribute[UUID]) -> ColumnElement[str]:
    """Enter the organization of the row found, as a column of the look-up that finds it."""
    return func.set_config(_SETTING, cast(organization_id, Text), true())


async def enter_organization(tx: AsyncSession, organization_id: UUID | None) -> None:
    """Let the rest of this transaction see one organization's rows; None leaves it."""
    await tx.execute(
        _ENTER,
        {"organization_id": str(organization_id) if organization_id else ""},
    )


async def entered_organization(tx: AsyncSession) -> UUID | None:
    """Tell which organization this transaction sees."""
    entered = await tx.scalar(text("select nullif(current_setting('app.org', true), '')"))
    return UUID(entered) if entered else None


def open_engine(url: str, *, role: str, statement_timeout_s: int, pool_size: int) -> AsyncEngine:
    """Make an engine whose every connection acts as one group role.

    The start-up role holds against RESET ALL, and it keeps a superuser's log-in from
    seeing past row-level security.

    Args:
        url: `postgresql://…`; the driver is ours to choose.
        role: `conforme_api`, `conforme_worker` or `conforme_owner`.
        statement_timeout_s: The longest a statement may run.
        pool_size: Connections at most; opened when needed, then kept.
    """
    engine = create_async_engine(
        async_url(url),
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=5,
        hide_parameters=True,  # what people wrote does not belong in a log
        connect_args={
            "timeout": 5,
            "server_settings": {
                "role": role,
                "application_name": role,
                "statement_timeout": str(statement_timeout_s * 1000),
                "lock_timeout": "3000",
                "idle_in_transaction_session_timeout": "15000",
            },
        },
    )
    event.listen(engine.sync_engine, "checkout", _require_open)
    return engine


def _require_open(connection: AdaptedConnection, *_: object) -> None:
    """Let the pool replace a connection that PostgreSQL closed, without a question over it.

    The event loop has seen the end of the connection by itself; asking PostgreSQL would
    take three more round trips for every transaction.

    Raises:
        DisconnectionError: It is closed; the pool opens another.
    """
    if connection.driver_connection.is_closed():
        raise DisconnectionError


def async_url(url: str) -> str:
    """Name our driver in a PostgreSQL address that names none."""
    scheme, separator, rest = url.partition("://")
    return f"postgresql+asyncpg{separator}{rest}" if scheme in {"postgresql", "postgres"} else url
