"""The organization's own data and logo: changed, checked, never under what was issued."""

from datetime import timedelta
from io import BytesIO
from typing import Any

import asyncpg
import httpx
import pytest
from PIL import Image
from pypdf import PdfReader

from app.settings import Settings
from tests.clients import client_behind
from tests.factories import a_png, a_sent_quote, an_issued_quote
from tests.fakes import FakeMail
from tests.offices import Office

PATH = "/v1/organization"
LOGO = f"{PATH}/logo"
PNG = {"Content-Type": "image/png"}


def colors_in(jpeg: bytes) -> Any:  # noqa: ANN401 - a pixel has as many parts as its mode
    with Image.open(BytesIO(jpeg)) as image:
        return image.getpixel((10, 10))


async def test_what_comes_is_changed_and_the_rest_left_alone(office: Office) -> None:
    before = (await office.api.get(PATH)).json()
    changes = {
        "name": "Astillero Nuevo",
        "tax_id": "a-58818501",
        "iban": "es91 2100 0418 4502 0005 1332",
        "phone": "971 00 11 22",
        "postal_code": "35001",
        "accent_color": "#F5C400",
        "time_zone": "Atlantic/Canary",
        "default_language": "en",
        "default_tax_rate": "7.00",
        "payment_terms_days": 60,
    }
    answer = await office.api.patch(PATH, json=changes)
    assert answer.status_code == 200, answer.text
    after = answer.json()
    stored = {
        "tax_id": "A58818501",
        "iban": before["iban"],
        "phone": "+34971001122",
        "province": "Las Palmas",
        "accent_color": "#f5c400",
        "version": before["version"] + 1,
    }
    assert after == {**before, **changes, **stored}
    assert answer.headers["etag"] == f'"{after["version"]}"'
    assert (await office.api.get(PATH)).json() == after


async def test_a_change_that_changes_nothing_keeps_the_version(office: Office) -> None:
    before = (await office.api.get(PATH)).json()
    answer = await office.api.patch(PATH, json={"name": before["name"], "phone": before["phone"]})
    assert answer.json() == before


async def test_everything_wrong_is_named_at_once(office: Office) -> None:
    before = (await office.api.get(PATH)).json()
    wrong = {
        "tax_id": "B83534751",
        "iban": "ES9121000418450200051333",
        "email": "nobody",
        "phone": "123",
        "postal_code": "99999",
        "time_zone": "Europe/Palma",
    }
    answer = await office.api.patch(PATH, json=wrong)
    assert (answer.status_code, answer.json()["reason"]) == (422, "tax_id_checksum")
    assert {fault["pointer"]: fault["code"] for fault in answer.json()["errors"]} == {
        "/tax_id": "tax_id.checksum",
        "/iban": "iban.checksum",
        "/email": "email.format",
        "/phone": "phone.format",
        "/postal_code": "postal_code.format",
        "/time_zone": "time_zone.unknown",
    }
    assert (await office.api.get(PATH)).json() == before


@pytest.mark.parametrize(
    "body",
    [
        {"name": None},
        {"name": " "},
        {"accent_color": "blue"},
        {"accent_color": "#0f5a7"},
        {"payments_enabled": True},
        {"logo_sha256": "0" * 64},
        {"default_tax_rate": "100.01"},
        {"quote_validity_days": 0},
        {"country": "XX"},
    ],
)
async def test_what_cannot_be_is_refused(office: Office, body: dict[str, object]) -> None:
    answer = await office.api.patch(PATH, json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "validation_failed")


async def test_a_company_abroad_keeps_its_own_tax_id_and_postcode(office: Office) -> None:
    moved = {"country": "fr", "tax_id": "FR 40 303 265 045", "postal_code": "F-75001"}
    answer = await office.api.patch(PATH, json=moved)
    assert answer.status_code == 200, answer.text
    assert answer.json()["tax_id"] == "FR 40 303 265 045"
    back = await office.api.patch(PATH, json={"country": "ES"})
    pointers = {fault["pointer"] for fault in back.json()["errors"]}
    assert pointers == {"/tax_id", "/postal_code"}


@pytest.mark.parametrize(("method", "path"), [("PATCH", PATH), ("PUT", LOGO), ("DELETE", LOGO)])
async def test_changes_need_the_version_and_the_permission(
    office: Office, method: str, path: str
) -> None:
    body: dict[str, Any] = {"json": {"name": "Otro"}} if method == "PATCH" else {}
    if method == "PUT":
        body = {"content": a_png(), "headers": PNG}
    stale = {**body.pop("headers", {}), "If-Match": '"99"'}
    answer = await office.api.request(method, path, headers=stale, **body)
    assert (answer.status_code, answer.json()["code"]) == (412, "version_conflict")
    key = {"name": "Web", "scopes": ["settings:read"]}
    secret = (await office.api.post("/v1/api-keys", json=key)).json()["secret"]
    reading = {**stale, "Authorization": f"Bearer {secret}"}
    answer = await office.api.request(method, path, headers=reading, **body)
    assert (answer.status_code, answer.json()["reason"]) == (403, "permission_missing")


async def test_tax_id_and_iban_want_a_recent_sign_in_and_the_rest_does_not(
    office: Office,
) -> None:
    before = (await office.api.get(PATH)).json()
    office.clock.advance(timedelta(minutes=6))
    for body in ({"iban": None}, {"tax_id": "A58818501", "name": "Otro"}):
        answer = await office.api.patch(PATH, json=body)
        assert (answer.status_code, answer.json()["reason"]) == (403, "recent_sign_in_required")
    unchanged = {"iban": before["iban"], "name": "Otro"}
    assert (await office.api.patch(PATH, json=unchanged)).status_code == 200


async def test_every_change_is_audited(office: Office) -> None:
    await office.api.patch(PATH, json={"name": "Otro", "iban": None})
    await office.api.put(LOGO, content=a_png(), headers=PNG)
    await office.api.put(LOGO, content=a_png(), headers=PNG)
    await office.api.delete(LOGO)
    told = await office.api.get("/v1/audit", params={"action": "organization.updated"})
    fields = [[change["field"] for change in one["changes"]] for one in told.json()["data"]]
    assert [sorted(one) for one in fields] == [["logo_sha256"], ["logo_sha256"], ["iban", "name"]]
    assert {one["subject_id"] for one in told.json()["data"]} == {str(office.organization_id)}


async def test_documents_already_issued_keep_what_they_say(office: Office) -> None:
    old = await an_issued_quote(office)
    path = f"/v1/documents/{old['id']}/pdf"
    printed = (await office.api.get(path)).content
    changes = {"legal_name": "Náutica Otra, S.L.", "accent_color": "#aa0000"}
    assert (await office.api.patch(PATH, json=changes)).status_code == 200
    assert (await office.api.put(LOGO, content=a_png(), headers=PNG)).status_code == 200
    assert (await office.api.get(path)).content == printed
    new = await an_issued_quote(office)
    fresh = PdfReader(BytesIO((await office.api.get(f"/v1/documents/{new['id']}/pdf")).content))
    assert "Náutica Otra, S.L." in fresh.pages[0].extract_text()
    assert len(fresh.pages[0].images) == 1
    assert not PdfReader(BytesIO(printed)).pages[0].images


async def test_the_logo_goes_wherever_the_document_goes_and_stays(
    office: Office, anonymous: httpx.AsyncClient, mail: FakeMail
) -> None:
    put = await office.api.put(LOGO, content=a_png("#0000ff"), headers=PNG)
    assert put.status_code == 200, put.text
    shown = await office.api.get(LOGO)
    assert shown.headers["content-type"] == "image/jpeg"
    await a_sent_quote(office)
    assert b"Content-ID: <logo>" in mail.sent[0].content
    assert (await office.api.put(LOGO, content=a_png("#ff0000"), headers=PNG)).status_code == 200
    token = client_behind(anonymous, mail).token
    behind = await anonymous.get(f"/d/{token}/logo")
    assert behind.content == shown.content
    assert f"/d/{token}/logo" in (await anonymous.get(f"/d/{token}")).text
    assert colors_in(behind.content)[2] > 200
    assert (await office.api.delete(LOGO)).status_code == 204
    assert (await office.api.get(LOGO)).status_code == 404
    assert (await anonymous.get(f"/d/{token}/logo")).content == shown.content


async def test_what_is_no_picture_is_refused(office: Office) -> None:
    svg = b'<svg xmlns="http://www.w3.org/2000/svg"/>'
    said = await office.api.put(LOGO, content=svg, headers={"Content-Type": "image/svg+xml"})
    assert (said.status_code, said.json()["code"]) == (415, "media_type_unsupported")
    bytes_alone = {"Content-Type": "application/octet-stream"}
    assert (await office.api.put(LOGO, content=a_png(), headers=bytes_alone)).status_code == 200
    await office.api.delete(LOGO)
    unsaid = await office.api.put(LOGO, content=svg, headers=PNG)
    assert [fault["code"] for fault in unsaid.json()["errors"]] == ["logo.format"]
    huge = await office.api.put(LOGO, content=b"\x89PNG" + bytes(1_000_000), headers=PNG)
    assert (huge.status_code, huge.json()["code"]) == (413, "body_too_large")
    assert (await office.api.get(PATH)).json()["logo_sha256"] is None


async def test_a_full_disk_stores_nothing_by_halves(office: Office, settings: Settings) -> None:
    await office.api.put(LOGO, content=a_png("#0000ff"), headers=PNG)
    before, shown = await office.api.get(PATH), await office.api.get(LOGO)
    owner = await asyncpg.connect(settings.database_url.get_secret_value())
    try:
        await owner.execute(_FULL_DISK.format(organization_id=office.organization_id))
        full = await office.api.put(LOGO, content=a_png("#ff0000"), headers=PNG)
        assert (full.status_code, full.json()["code"]) == (503, "unavailable")
        assert int(full.headers["retry-after"]) >= 1
    finally:
        await owner.execute("drop function if exists full_disk cascade")
        await owner.close()
    assert (await office.api.get(PATH)).json() == before.json()
    assert (await office.api.get(LOGO)).content == shown.content
    again = await office.api.put(LOGO, content=a_png("#ff0000"), headers=PNG)
    assert again.status_code == 200
    assert colors_in((await office.api.get(LOGO)).content)[0] > 200


_FULL_DISK = """
create function full_disk() returns trigger language plpgsql as $$
begin
  if new.organization_id = '{organization_id}' then
    raise exception 'could not extend file: No space left on device' using errcode = '53100';
  end if;
  return new;
end $$;
create trigger full_disk after insert on logos for each row execute function full_disk();
"""
"""What PostgreSQL says when its disk is full (ENOSPC), after it began to write."""
