"""What is changed in the administration is written down, for good and without secrets."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.events.sequencing import chain, first_break
from app.kernel.identifiers import new_id
from app.organizations.auditing import audit, difference
from app.organizations.models import AuditEntry
from tests.offices import Office

KEY = {"name": "Web", "scopes": ["contacts:read"]}


async def a_revoked_key(office: Office) -> tuple[str, str]:
    made = await office.api.post("/v1/api-keys", json=KEY)
    assert made.status_code == 201, made.text
    path = f"/v1/api-keys/{made.json()['id']}"
    assert (await office.api.delete(path)).status_code == 204
    return made.json()["id"], made.json()["secret"]


async def test_keys_and_series_are_told_newest_first(office: Office) -> None:
    key_id, secret = await a_revoked_key(office)
    series = {"type": "quote", "name": "Web", "pattern": "W-[yy]%%%%", "reset_policy": "yearly"}
    assert (await office.api.post("/v1/number-series", json=series)).status_code == 201
    answer = await office.api.get("/v1/audit")
    assert secret not in answer.text
    entries = answer.json()["data"]
    actions = [entry["action"] for entry in entries]
    assert actions == ["number_series.created", "api_key.revoked", "api_key.created"]
    created = entries[-1]
    assert created["actor_id"] == str(office.user_id)
    assert (created["subject_type"], created["subject_id"]) == ("api_key", key_id)
    assert {"field": "name", "before": None, "after": "Web"} in created["changes"]
    assert created["request_id"].startswith("req_")


async def test_revoking_again_is_told_once(office: Office) -> None:
    key_id, _ = await a_revoked_key(office)
    assert (await office.api.delete(f"/v1/api-keys/{key_id}")).status_code == 204
    told = await office.api.get("/v1/audit", params={"action": "api_key.revoked"})
    assert len(told.json()["data"]) == 1


async def test_it_is_filtered_and_paged(office: Office) -> None:
    first, _ = await a_revoked_key(office)
    second, _ = await a_revoked_key(office)
    only = await office.api.get("/v1/audit", params={"subject_id": first})
    assert {entry["subject_id"] for entry in only.json()["data"]} == {first}
    later = {"from": "2026-11-24T09:00:01Z"}
    assert (await office.api.get("/v1/audit", params=later)).json()["data"] == []
    page = (await office.api.get("/v1/audit", params={"limit": 2})).json()
    assert {entry["subject_id"] for entry in page["data"]} == {second}
    rest = await office.api.get("/v1/audit", params={"limit": 2, "cursor": page["next_cursor"]})
    assert {entry["subject_id"] for entry in rest.json()["data"]} == {first}


async def test_a_secrets_value_is_never_written(office: Office) -> None:
    changes = difference({"smtp_password": "old one"}, {"smtp_password": "new one"})
    async with office.container.database.transaction(office.organization_id) as tx:
        at = office.clock.now()
        await audit(tx, office.actor, "mail_settings.changed", "x", new_id(), changes, at=at)
    answer = await office.api.get("/v1/audit")
    assert answer.json()["data"][0]["changes"] == [
        {"field": "smtp_password", "before": None, "after": None}
    ]
    assert "new one" not in answer.text


async def as_owner(office: Office, statement: str) -> None:
    async with office.container.database.transaction(office.organization_id) as tx:
        await tx.execute(text("set local role conforme_owner"))
        await tx.execute(text(statement))


@pytest.mark.parametrize(
    "statement",
    [
        "update audit_entries set actor_name = 'Nobody'",
        "delete from audit_entries",
        "truncate audit_entries",
    ],
)
async def test_even_the_owner_cannot_rewrite_it(office: Office, statement: str) -> None:
    await a_revoked_key(office)
    with pytest.raises(DBAPIError, match=r"append-only|frozen"):
        await as_owner(office, statement)


async def test_it_is_chained(office: Office) -> None:
    await a_revoked_key(office)
    table = AuditEntry.metadata.tables[AuditEntry.__tablename__]
    async with office.worker.database.transaction(office.organization_id) as tx:
        assert await chain(tx, office.organization_id, table) == 2
        assert await first_break(tx, office.organization_id, table) is None


async def test_who_may_not_read_settings_may_not_read_it(office: Office) -> None:
    made = (await office.api.post("/v1/api-keys", json=KEY)).json()
    bearer = {"Authorization": f"Bearer {made['secret']}"}
    answer = await office.api.get("/v1/audit", headers=bearer)
    assert (answer.status_code, answer.json()["reason"]) == (403, "permission_missing")
