"""The disk under the rows, and so under every stored file, is really full; then it has room."""

import asyncio
import ctypes
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import asyncpg
import httpx
import pytest
from PIL import Image
from sqlalchemy.exc import DBAPIError

from app.container import open_container
from app.settings import Settings
from tests.conftest import SERVER_URL, TEMPLATE, database_url
from tests.factories import a_contact, a_quote, an_issued_quote
from tests.fakes import FakeMail, FixedClock
from tests.invariants.checking import violations
from tests.offices import Office, found_office

NAME = "conforme_small_disk"
DISK_BYTES = 64 * 1024 * 1024
QUOTES = 8
"""Their PDFs need more pages than the tables have to spare."""

_DETACHED = 2  # MNT_DETACH


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of a few megabytes, in memory."""
    path = tmp_path / "disk"
    path.mkdir()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mount(b"tmpfs", bytes(path), b"tmpfs", 0, f"size={DISK_BYTES},mode=755".encode()):
        pytest.skip("NO FULL DISK: only root can mount a small one")
    try:
        yield path
    finally:
        libc.umount2(bytes(path), _DETACHED)


@pytest.fixture
async def own(disk: Path, settings: Settings) -> AsyncIterator[Office]:
    """An office whose rows are on that disk; PostgreSQL's log is not."""
    url = os.environ[SERVER_URL]
    owner = await asyncpg.connect(url)
    try:
        space = _make_space(disk, owned_like=Path(await owner.fetchval("show data_directory")))
        await owner.execute(f"create tablespace small_disk location '{space}'")
        await owner.execute(f"create database {NAME} template {TEMPLATE} tablespace small_disk")
        changed = settings.model_dump() | {"database_url": database_url(NAME)}
        small = Settings.model_validate(changed)
        async with (
            open_container(small, for_worker=False) as opened,
            open_container(small, for_worker=True) as opened_worker,
        ):
            clock, mail = FixedClock(), FakeMail()
            api = replace(opened, clock=clock, mail=mail)
            worker = replace(opened_worker, clock=clock, mail=mail)
            async with found_office(api, worker, "Taller") as office:
                yield office
    finally:
        await owner.execute(f"drop database if exists {NAME} with (force)")
        await owner.execute("drop tablespace if exists small_disk")
        await owner.close()


async def test_a_full_disk_loses_nothing_and_says_so(own: Office, disk: Path) -> None:
    """Every answer is a 2xx that holds or a 503; what was refused is done once when repeated."""
    contact = await a_contact(own)
    sent = await an_issued_quote(own, contact)
    drafts = [await a_quote(own, contact) for _ in range(QUOTES)]
    paths = [f"/v1/documents/{draft['id']}/issue" for draft in drafts]
    paths.append(f"/v1/documents/{sent['id']}/dispatches")

    ballast = await asyncio.to_thread(_fill, disk)
    answers = [await _post(own, path) for path in paths]
    answers.append(await _put_logo(own))
    with suppress(DBAPIError):
        await own.deliver()
    for answer in answers:
        assert answer.status_code in {200, 201, 503}, answer.text
    refused = [answer for answer in answers if answer.status_code == 503]
    assert refused
    assert {answer.json()["code"] for answer in refused} == {"unavailable"}
    assert answers[-1].status_code == 503

    ballast.unlink()
    repeated = [await _post(own, path) for path in paths]
    assert [answer.status_code for answer in repeated] == [200] * QUOTES + [201]
    for before, after in zip(answers, repeated, strict=False):
        assert before.status_code == 503 or before.json() == after.json()
    assert (await _put_logo(own)).status_code == 200
    numbers = {answer.json()["number"] for answer in repeated[:QUOTES]}
    assert len(numbers) == QUOTES
    for draft in drafts:
        pdf = await own.api.get(f"/v1/documents/{draft['id']}/pdf")
        assert pdf.content.startswith(b"%PDF"), draft["id"]
    own.clock.advance(timedelta(hours=1))
    await own.deliver()
    mail = own.worker.mail
    assert isinstance(mail, FakeMail)
    assert len(mail.sent) == 1
    assert await violations(own) == []


async def _post(office: Office, path: str) -> httpx.Response:
    """Ask with a key that stays the same."""
    return await office.api.post(path, json={}, headers={"Idempotency-Key": path})


async def _put_logo(office: Office) -> httpx.Response:
    """Store a picture that no compression makes small."""
    output = BytesIO()
    Image.frombytes("RGB", (400, 200), os.urandom(400 * 200 * 3)).save(output, "PNG")
    return await office.api.put(
        "/v1/organization/logo",
        content=output.getvalue(),
        headers={"Content-Type": "image/png"},
    )


def _fill(disk: Path) -> Path:
    """Take all room that is left."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file, suppress(OSError):
        while file.write(bytes(4096)):
            pass
    return ballast


def _make_space(disk: Path, owned_like: Path) -> Path:
    """Make a folder the server may use, and let its user pass on the way there."""
    space = disk / "space"
    space.mkdir()
    os.chown(space, owned_like.stat().st_uid, owned_like.stat().st_gid)
    for parent in [*space.parents][:-2]:
        parent.chmod(parent.stat().st_mode | 0o011)
    return space
