"""How migrations run: as the owner's log-in, one at a time, and never waiting long for a lock."""

import asyncio
import os
from typing import Literal

from alembic import context
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool
from sqlalchemy.sql.schema import SchemaItem

from app.comments import models as comments
from app.contacts import models as contacts
from app.dispatch import models as dispatch
from app.documents import models as documents
from app.events import models as events
from app.invariants import models as invariants
from app.kernel.database import Base, async_url
from app.notices import models as notices
from app.organizations import models as organizations
from app.payments import models as payments
from app.web import models as web

TABLES_OF = (
    comments,
    contacts,
    dispatch,
    documents,
    events,
    invariants,
    notices,
    organizations,
    payments,
    web,
)
"""Importing them is what fills the metadata."""

ADVISORY_LOCK = 5_812_337_001
"""Two deployments that migrate at once take turns."""

_TIMEOUTS = {"lock_timeout": "3000", "statement_timeout": "60000"}

Kind = Literal["schema", "table", "column", "index", "unique_constraint", "foreign_key_constraint"]


def is_ours(
    _: SchemaItem,
    name: str | None,
    kind: str,
    reflected: bool,  # noqa: FBT001 - alembic's own face
    __: SchemaItem | None,
) -> bool:
    """Leave the queue library's tables to themselves."""
    return not (kind == "table" and reflected and (name or "").startswith("pgqueuer"))


def migrate(connection: Connection) -> None:
    """Run what is missing, each migration in a transaction of its own."""
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        include_object=is_ours,
        compare_type=True,
        transaction_per_migration=True,
    )
    connection.execute(text(f"select pg_advisory_lock({ADVISORY_LOCK})"))
    connection.commit()
    try:
        with context.begin_transaction():
            context.run_migrations()
    finally:
        connection.execute(text(f"select pg_advisory_unlock({ADVISORY_LOCK})"))
        connection.commit()


async def _connect_and_migrate() -> None:
    url = os.environ.get("DATABASE_OWNER_URL") or os.environ["DATABASE_URL"]
    engine = create_async_engine(
        async_url(url), poolclass=NullPool, connect_args={"server_settings": _TIMEOUTS}
    )
    try:
        async with engine.connect() as connection:
            await connection.run_sync(migrate)
    finally:
        await engine.dispose()


if context.is_offline_mode():
    raise SystemExit("migrations run against a database only")
asyncio.run(_connect_and_migrate())
