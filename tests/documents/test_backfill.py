"""Organizations that were there before simplified invoices get a series for them."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from uuid import UUID

import asyncpg
import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

from app.kernel.identifiers import new_id
from tests.conftest import ROOT, database_url, recreate

NAME = "conforme_backfill"
ANY: Mapping[str, object] = {
    "text": "x", "uuid": new_id(), "bigint": 1, "integer": 1, "numeric": 21, "boolean": False,
    "timestamp with time zone": datetime(2026, 1, 1, tzinfo=UTC),
}  # fmt: skip
SERIES = "select pattern from number_series where organization_id = $1 order by id"


async def insert(connection: asyncpg.Connection, table: str, **values: object) -> None:
    """Insert a row; what must be there and was not said is anything of its type."""
    columns = await connection.fetch(
        "select column_name, data_type from information_schema.columns"
        " where table_name = $1 and is_nullable = 'NO' and column_default is null",
        table,
    )
    row = {one["column_name"]: ANY[one["data_type"]] for one in columns} | values
    await connection.copy_records_to_table(table, records=[tuple(row.values())], columns=list(row))


async def test_a_series_is_opened_for_each_that_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_OWNER_URL", database_url(NAME))
    config = Config(ROOT / "alembic.ini")
    config.set_main_option("script_location", str(ROOT / "migrations"))
    before = ScriptDirectory.from_config(config).get_revision("0004").down_revision
    await recreate(NAME, None)
    await asyncio.to_thread(command.upgrade, config, str(before))
    plain, careful, own = new_id(), new_id(), new_id()
    connection = await asyncpg.connect(database_url(NAME))
    try:
        looks = {"accent_color": "#0f5a78", "default_language": "es"}
        for organization_id in (plain, careful, own):
            await insert(connection, "organizations", id=organization_id, **looks)
        await a_series(connection, plain, "F-[yy]%%%%")
        await a_series(connection, careful, "FS-26%%%%")
        await a_series(connection, own, "S-[yy]%%%%", invoice_kind="simplified")
        await asyncio.to_thread(command.upgrade, config, "0004")
        kept = {
            one: [row["pattern"] for row in await connection.fetch(SERIES, one)]
            for one in (plain, careful, own)
        }
    finally:
        await connection.close()
    assert kept == {
        plain: ["F-[yy]%%%%", "FS-[yy]%%%%"],
        careful: ["FS-26%%%%"],
        own: ["S-[yy]%%%%"],
    }


async def a_series(
    connection: asyncpg.Connection, organization_id: UUID, pattern: str, **values: object
) -> None:
    said = {"type": "invoice", "reset_policy": "yearly", "pattern": pattern, **values}
    await insert(connection, "number_series", organization_id=organization_id, id=new_id(), **said)
