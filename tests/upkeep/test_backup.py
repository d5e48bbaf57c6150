"""A copy of the database comes back whole, into a database made for it."""

import os
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest
from pydantic import SecretStr

from app.cli import main
from app.container import open_container
from app.invariants import pack
from app.settings import Settings
from app.upkeep import backup, doctor
from tests.conftest import SERVER_URL, database_url
from tests.factories import an_issued_quote
from tests.fakes import FixedClock
from tests.offices import Office


async def on_server(*statements: str) -> None:
    connection = await asyncpg.connect(os.environ[SERVER_URL])
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


async def fingerprints(url: str) -> Mapping[str, tuple[int, str]]:
    """Give each table's count of rows and a hash over all of them, in any order."""
    connection = await asyncpg.connect(url)
    try:
        tables = await connection.fetch(
            "select relname from pg_class where relnamespace = 'public'::regnamespace"
            " and relkind = 'r' order by relname"
        )
        return {
            name: tuple(
                await connection.fetchrow(
                    "select count(*), coalesce(md5(string_agg(h, '' order by h)), '')"  # noqa: S608 - names of the catalogue
                    f' from (select md5(t::text) as h from "{name}" t) as rows'
                )
            )
            for (name,) in tables
        }
    finally:
        await connection.close()


async def test_a_copy_comes_back_row_for_row_and_byte_for_byte(
    office: Office, settings: Settings, tmp_path: Path, worker_id: str, clock: FixedClock
) -> None:
    document = await an_issued_quote(office)
    printed = await office.api.get(f"/v1/documents/{document['id']}/pdf")
    url = settings.database_url.get_secret_value()
    path = tmp_path / "conforme.dump"
    role = f"copies_{worker_id}"  # as the README makes it: no superuser
    making = f"create role {role} login bypassrls in role pg_read_all_data"
    await on_server(f"drop role if exists {role}", making)
    parts = urlsplit(url)
    own = parts._replace(netloc=f"{role}@{parts.hostname}:{parts.port}").geturl()
    copy = await backup.back_up(own, path)
    await on_server(f"drop role {role}")
    before = await fingerprints(url)
    assert (copy.size, path.stat().st_mode & 0o777) == (path.stat().st_size, 0o600)

    name = f"conforme_back_{worker_id}"
    restored = database_url(name)
    await on_server(f"drop database if exists {name}", f"create database {name} encoding 'utf8'")
    try:
        await backup.restore(restored, path)
        assert await fingerprints(restored) == before
        assert before["document_pdfs"][0] > 0

        connection = await asyncpg.connect(restored)
        content = await connection.fetchval(
            "select content from document_pdfs where document_id = $1", document["id"]
        )
        await connection.execute("set role conforme_api")
        unseen = await connection.fetchval("select count(*) from documents")
        await connection.close()
        assert bytes(content) == printed.content
        assert unseen == 0

        found = await doctor.examine_database(restored, "conforme_api", clock)
        states = {finding.subject: finding.state for finding in found}
        assert (states["row-level security"], states["schema"]) == ("well", "well")

        back = settings.model_copy(update={"database_url": SecretStr(restored)})
        async with (
            open_container(back, for_worker=True) as opened,
            opened.database.transaction(office.organization_id) as tx,
        ):
            assert await pack.check(tx, office.organization_id, at=clock.now()) == []

        with pytest.raises(backup.BackupError, match="into an empty one"):
            await backup.restore(restored, path)
    finally:
        await on_server(f"drop database {name} with (force)")


async def test_a_log_in_that_sees_too_little_makes_no_copy(
    settings: Settings, tmp_path: Path, worker_id: str
) -> None:
    name = f"small_{worker_id}"
    await on_server(f"drop role if exists {name}", f"create role {name} login password 'p'")
    parts = urlsplit(settings.database_url.get_secret_value())
    url = parts._replace(netloc=f"{name}:p@{parts.hostname}:{parts.port}").geturl()
    try:
        with pytest.raises(backup.BackupError, match="BYPASSRLS"):
            await backup.back_up(url, tmp_path / "none.dump")
    finally:
        await on_server(f"drop role {name}")
    assert list(tmp_path.iterdir()) == []  # noqa: ASYNC240


async def test_a_copy_never_overwrites_another(settings: Settings, tmp_path: Path) -> None:
    path = tmp_path / "there.dump"
    path.write_bytes(b"older")
    with pytest.raises(backup.BackupError, match="never overwrites"):
        await backup.back_up(settings.database_url.get_secret_value(), path)
    assert path.read_bytes() == b"older"


async def test_half_a_file_brings_nothing_back(tmp_path: Path, worker_id: str) -> None:
    path = tmp_path / "broken.dump"
    path.write_bytes(b"PGDMP and then nothing")
    name = f"conforme_none_{worker_id}"
    await on_server(f"drop database if exists {name}", f"create database {name}")
    try:
        with pytest.raises(backup.BackupError, match="pg_restore failed"):
            await backup.restore(database_url(name), path)
        assert await fingerprints(database_url(name)) == {}
    finally:
        await on_server(f"drop database {name} with (force)")


def test_an_older_program_is_not_taken() -> None:
    with pytest.raises(backup.BackupError, match="pg_dump of PostgreSQL 99 or newer"):
        backup.find("pg_dump", 99)


def test_a_password_is_no_argument() -> None:
    address, secrets = backup._without_password("postgresql://ana:p%40ss@db:5432/conforme")  # noqa: SLF001 - the promise itself
    assert address == "postgresql://ana@db:5432/conforme"
    assert secrets == {"PGPASSWORD": "p@ss"}


def test_the_address_to_restore_into_comes_from_the_environment(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["restore", str(tmp_path / "a.dump"), "--into", "RESTORE_NOWHERE"]) == 2
    assert "RESTORE_NOWHERE is not set" in capsys.readouterr().err
