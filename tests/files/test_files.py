"""Files: told by their content, read by who may, forgotten when nobody can use them."""

from datetime import timedelta
from functools import partial
from uuid import UUID

import httpx

from app.files import keeping
from app.kernel.batches import until_done
from tests.factories import Json, a_contact
from tests.offices import Office
from tests.organizations.people import a_colleague


async def handed_in(api: httpx.AsyncClient, name: str, content: bytes, **said: str) -> Json:
    """Upload a file."""
    answer = await api.post("/v1/files", data=said, files={"file": (name, content)})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def test_a_file_comes_back_byte_for_byte_as_one_to_be_saved(office: Office) -> None:
    content = bytes(range(256)) * 9_000  # three pieces
    file = await handed_in(office.api, "..\\fotos\\casco\u202e <b>.png", content)
    assert file["media_type"] == "application/octet-stream"
    assert file["name"] == "casco <b>.png"
    answer = await office.api.get(f"/v1/files/{file['id']}/content")
    assert answer.content == content
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith("attachment;")
    assert (await office.api.get(f"/v1/files/{file['id']}")).json() == file
    assert (await handed_in(office.api, "a.exe", b"%PDF-1.7"))["media_type"] == "application/pdf"


async def test_what_is_no_file_is_told_so(office: Office) -> None:
    tried = {
        "/file missing": {"data": {"purpose": "import"}, "files": {"other": ("a", b"1")}},
        "/file file.empty": {"files": {"file": ("a", b"")}},
        "/purpose file.purpose": {"data": {"purpose": "export"}, "files": {"file": ("a", b"1")}},
        "/file file.too_large": {"files": {"file": ("a", b"1" * 10_000_001)}},
    }
    for expected, form in tried.items():
        answer = await office.api.post("/v1/files", **form)  # type: ignore[arg-type]  # a form
        assert answer.status_code == 422, answer.text
        faults = [f"{one['pointer']} {one['code']}" for one in answer.json()["errors"]]
        assert expected in faults


async def test_a_file_is_its_makers_until_it_hangs_on_a_contact(office: Office) -> None:
    contact = await a_contact(office)
    file = await handed_in(office.api, "nota.txt", b"hola")
    async with a_colleague(office, "admin") as (_, api):
        assert (await api.get(f"/v1/files/{file['id']}/content")).status_code == 404
        async with office.container.database.transaction(office.organization_id) as tx:
            await keeping.attach(tx, office.actor, UUID(contact["id"]), [UUID(file["id"])])
        assert (await api.get(f"/v1/files/{file['id']}/content")).content == b"hola"
    async with a_colleague(office, "salesperson") as (_, api):  # sees their own contacts alone
        assert (await api.get(f"/v1/files/{file['id']}")).status_code == 404


async def test_what_hangs_on_nothing_is_forgotten(office: Office) -> None:
    contact = await a_contact(office)
    kept, lost = [await handed_in(office.api, name, b"hola") for name in ("a.txt", "b.txt")]
    async with office.container.database.transaction(office.organization_id) as tx:
        await keeping.attach(tx, office.actor, UUID(contact["id"]), [UUID(kept["id"])])
    office.clock.advance(timedelta(days=1, seconds=1))
    assert (await office.api.get(f"/v1/files/{lost['id']}/content")).status_code == 404
    forget = partial(keeping.forget_expired, at=office.clock.now())
    assert await until_done(office.worker.database, forget, office.organization_id) == 1
    assert (await office.api.get(f"/v1/files/{kept['id']}/content")).content == b"hola"
