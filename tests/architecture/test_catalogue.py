"""Walks PostgreSQL's catalogue: no table may forget whose rows it holds."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

from app.kernel.database import SCHEMA_REVISION
from app.settings import Settings
from tests.conftest import ROOT, database_url, make_database
from tests.factories import a_quote, a_vessel
from tests.offices import Office

LISTED = {
    "organizations": "the tenants themselves; its policy is on id",
    "users": "routing: a person may belong to several organizations",
    "memberships": "routing: read to learn a user's organizations",
    "sessions": "routing: read before the organization is known",
    "session_tokens": "routing: from a secret's hash to its session",
    "api_keys": "routing: from a key's hash to its organization",
    "allowed_origins": "routing: a preflight names no organization",
    "wallets": "routing: from a wallet's name to its organization",
    "stray_calls": "calls of the provider that name no wallet of ours; for the operator",
    "link_tokens": "routing: from a link's hash to its organization",
    "second_factors": "routing: asked for before an organization is chosen",
    "recovery_codes": "routing: asked for before an organization is chosen",
    "sign_in_meters": "meters named by a keyed hash; no business content",
    "known_sources": "routing: looked at before anybody is signed in",
    "mailed_tokens": "routing: from a mailed secret's hash to its organization",
    "agenda_feeds": "routing: from a calendar feed's hash to its organization and user",
    "rate_limits": "meters keyed by a hash; no business content",
    "alembic_version": "the schema's own",
    "pgqueuer": "the queue library's",
    "pgqueuer_log": "the queue library's",
    "pgqueuer_schedules": "the queue library's",
    "pgqueuer_statistics": "the queue library's",
}
"""Tables without an organization in front, each with its reason."""

SEEN_ACROSS = {
    "organizations": "worker_finds",
    "dispatch_recipients": "worker_finds",
    "invariant_checks": "worker_finds",
    "contacts": "owner_finds",
    "vessels": "owner_finds",
    "documents": "owner_finds",
}
"""Where the worker may look for what is due before it enters an organization, and what the
views that search show of the entered organization alone."""


@pytest.fixture
async def catalogue(settings: Settings) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(settings.database_url.get_secret_value())
    yield connection
    await connection.close()


async def tables(catalogue: asyncpg.Connection) -> dict[str, asyncpg.Record]:
    rows = await catalogue.fetch(
        "select relname, oid, relrowsecurity, relforcerowsecurity, relowner::regrole::text as owner"
        " from pg_class where relkind in ('r', 'p') and relnamespace = 'public'::regnamespace"
    )
    return {row["relname"]: row for row in rows}


async def columns_of(catalogue: asyncpg.Connection, oid: int, keys: list[int]) -> list[str]:
    rows = await catalogue.fetch(
        "select attnum, attname from pg_attribute where attrelid = $1", oid
    )
    names = {row["attnum"]: row["attname"] for row in rows}
    return [names[key] for key in keys]


async def test_every_table_is_a_tenants_or_listed_with_a_reason(
    catalogue: asyncpg.Connection,
) -> None:
    found = await tables(catalogue)
    assert set(LISTED) <= set(found)
    for name, row in found.items():
        if name in LISTED:
            continue
        key = await catalogue.fetchrow(
            "select conkey from pg_constraint where conrelid = $1 and contype = 'p'", row["oid"]
        )
        first = (await columns_of(catalogue, row["oid"], key["conkey"]))[0]
        assert first == "organization_id", f"{name}'s primary key starts with {first}"


async def test_row_level_security_is_forced_and_fails_closed(
    catalogue: asyncpg.Connection,
) -> None:
    for name, row in (await tables(catalogue)).items():
        if name in LISTED and name != "organizations":
            continue
        assert row["relrowsecurity"], name
        assert row["relforcerowsecurity"], name
        policies = await catalogue.fetch(
            "select polname, polcmd::text as command, pg_get_expr(polqual, polrelid) as using,"
            " array(select r::regrole::text from unnest(polroles) r) as roles,"
            " pg_get_expr(polwithcheck, polrelid) as checked from pg_policy where polrelid = $1",
            row["oid"],
        )
        wide = {one["polname"]: one for one in policies if one["using"] == "true"}
        assert set(wide) == ({SEEN_ACROSS[name]} if name in SEEN_ACROSS else set()), name
        for policy in wide.values():
            role = f"conforme_{policy['polname'].removesuffix('_finds')}"
            assert (policy["command"], policy["roles"]) == ("r", [role]), name
        tenant = next(one for one in policies if one["polname"] == "tenant")
        assert "NULLIF(current_setting('app.org'" in tenant["using"], name
        assert tenant["checked"] == tenant["using"], name


async def test_a_view_keeps_to_the_entered_organization(
    catalogue: asyncpg.Connection, office: Office, rival: Office
) -> None:
    """Every view, whoever owns it: it shows one organization's rows, and nobody else's."""
    views = await catalogue.fetch(
        "select relname from pg_class where relkind in ('v', 'm')"
        " and relnamespace = 'public'::regnamespace"
    )
    assert {row["relname"] for row in views} == {
        "findable_contacts", "findable_documents", "findable_vessels",
    }  # fmt: skip
    for one in (office, rival):
        await a_quote(one)
        await a_vessel(one)
    async with catalogue.transaction():
        await catalogue.execute("set local role conforme_api")
        for view in views:
            query = f"select distinct organization_id from {view['relname']}"  # noqa: S608 - from the catalogue
            await catalogue.execute("select set_config('app.org', '', true)")
            assert await catalogue.fetch(query) == []
            own = str(office.organization_id)
            await catalogue.execute("select set_config('app.org', $1, true)", own)
            assert [str(row[0]) for row in await catalogue.fetch(query)] == [own]


async def test_unique_indexes_and_foreign_keys_carry_the_organization(
    catalogue: asyncpg.Connection,
) -> None:
    found = await tables(catalogue)
    for name, row in found.items():
        if name in LISTED:
            continue
        indexes = await catalogue.fetch(
            "select indkey::int2[] as keys, indexrelid::regclass::text as index"
            " from pg_index where indrelid = $1 and indisunique",
            row["oid"],
        )
        for index in indexes:
            first = (await columns_of(catalogue, row["oid"], [index["keys"][0]]))[0]
            assert first == "organization_id", index["index"]
        links = await catalogue.fetch(
            "select conname, conkey, confrelid::regclass::text as target"
            " from pg_constraint where conrelid = $1 and contype = 'f'",
            row["oid"],
        )
        for link in links:
            if link["target"] in LISTED and link["target"] != "link_tokens":
                continue
            columns = await columns_of(catalogue, row["oid"], link["conkey"])
            assert columns[0] == "organization_id", link["conname"]


async def test_no_process_may_rewrite_what_is_append_only(catalogue: asyncpg.Connection) -> None:
    for role in ("conforme_api", "conforme_worker"):
        for table in ("events", "decisions", "document_revisions", "document_pdfs",
                      "dispatch_attempts", "dispatch_evidence", "audit_entries"):  # fmt: skip
            for right in ("update", "delete", "truncate"):
                allowed = await catalogue.fetchval(
                    "select has_table_privilege($1, $2, $3)", role, table, right
                )
                assert not allowed, f"{role} may {right} {table}"


async def test_roles_cannot_log_in_or_pass_row_level_security(
    catalogue: asyncpg.Connection,
) -> None:
    rows = await catalogue.fetch(
        "select rolname, rolcanlogin, rolsuper, rolbypassrls from pg_roles"
        " where rolname like 'conforme_%'"
    )
    assert {row["rolname"] for row in rows} == {
        "conforme_owner", "conforme_api", "conforme_worker"
    }  # fmt: skip
    assert not any(row["rolcanlogin"] or row["rolsuper"] or row["rolbypassrls"] for row in rows)
    assert {row["owner"] for name, row in (await tables(catalogue)).items()
            if name != "alembic_version"} == {"conforme_owner"}  # fmt: skip


def test_the_code_knows_the_newest_migration() -> None:
    assert ScriptDirectory(str(ROOT / "migrations")).get_heads() == [SCHEMA_REVISION]


async def test_models_and_migrations_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    await make_database("conforme_agreement")
    monkeypatch.setenv("DATABASE_OWNER_URL", database_url("conforme_agreement"))
    config = Config(ROOT / "alembic.ini")
    config.set_main_option("script_location", str(ROOT / "migrations"))
    await asyncio.to_thread(command.check, config)
