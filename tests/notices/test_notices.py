"""Anuncios pendientes de revisar: who sees them, who looked, and when."""

from datetime import timedelta
from uuid import UUID

import httpx
import pytest

from app.kernel.identifiers import new_id
from app.notices import service
from app.notices.models import Notice
from tests.factories import Json, an_issued_quote
from tests.fakes import FixedClock
from tests.offices import Office


async def a_notice(office: Office, *, for_user_id: UUID | None = None, **about: str) -> Notice:
    """Raise a notice directly, as verbs of other domains do."""
    at = office.container.clock.now()
    async with office.container.database.transaction(office.organization_id) as tx:
        return await service.raise_notice(
            tx,
            office.actor,
            kind="document.rejected",
            summary="Ana ha rechazado el presupuesto P-260001.",
            contact_id=UUID(about["contact_id"]) if about else None,
            document_id=UUID(about["document_id"]) if about else None,
            subject_type="decision",
            subject_id=new_id(),
            for_user_id=for_user_id,
            at=at,
        )


async def listed(office: Office, query: str = "") -> list[Json]:
    answer = await office.api.get(f"/v1/notices{query}")
    assert answer.status_code == 200, answer.text
    return list(answer.json()["data"])


async def test_a_notice_awaits_review_until_somebody_looked(
    office: Office, clock: FixedClock
) -> None:
    document = await an_issued_quote(office)
    about = {"contact_id": document["contact"]["id"], "document_id": document["id"]}
    notice = await a_notice(office, **about)
    (pending,) = await listed(office, "?reviewed=false")
    assert pending == {
        "id": str(notice.id),
        "kind": "document.rejected",
        "for_user_id": None,
        "summary": "Ana ha rechazado el presupuesto P-260001.",
        **about,
        "subject_type": "decision",
        "subject_id": str(notice.subject_id),
        "created_at": "2026-11-24T09:00:00.000Z",
        "reviewed_at": None,
        "reviewed_by": None,
        "reviewed_by_name": None,
    }
    clock.advance(timedelta(minutes=5))
    reviewed = await office.api.post(f"/v1/notices/{notice.id}/review")
    assert reviewed.status_code == 200
    assert reviewed.json() == {
        **pending,
        "reviewed_at": "2026-11-24T09:05:00.000Z",
        "reviewed_by": str(office.user_id),
        "reviewed_by_name": office.actor.name,
    }
    assert await listed(office, "?reviewed=false") == []
    assert await listed(office, "?reviewed=true") == [reviewed.json()]
    assert await listed(office) == [reviewed.json()]


async def test_the_first_review_stays(office: Office, clock: FixedClock) -> None:
    document = await an_issued_quote(office)
    contact_id = document["contact"]["id"]
    notice = await a_notice(office, contact_id=contact_id, document_id=document["id"])
    first = await office.api.post(f"/v1/notices/{notice.id}/review")
    clock.advance(timedelta(minutes=4))
    again = await office.api.post(f"/v1/notices/{notice.id}/review")
    assert (again.status_code, again.json()) == (200, first.json())
    timeline = await office.api.get(f"/v1/contacts/{contact_id}/timeline?kind=notice.reviewed")
    (entry,) = timeline.json()["data"]
    assert entry["actor"] == {
        "kind": "user", "id": str(office.user_id), "name": office.actor.name
    }  # fmt: skip
    assert entry["summary"].startswith(f"{office.actor.name} ha revisado el anuncio: Ana")


async def test_pending_notices_are_counted(office: Office) -> None:
    assert (await office.api.get("/v1/notices/count")).json() == {"by_kind": {}, "total": 0}
    reviewed, *_ = [await a_notice(office) for _ in range(3)]
    await office.api.post(f"/v1/notices/{reviewed.id}/review")
    count = (await office.api.get("/v1/notices/count")).json()
    assert count == {"by_kind": {"document.rejected": 2}, "total": 2}


async def test_notices_come_in_pages_newest_first(office: Office) -> None:
    notices = [str((await a_notice(office)).id) for _ in range(5)]
    page = (await office.api.get("/v1/notices?limit=3")).json()
    rest = (await office.api.get(f"/v1/notices?limit=3&cursor={page['next_cursor']}")).json()
    assert [one["id"] for one in page["data"] + rest["data"]] == notices[::-1]
    assert (page["has_more"], rest["has_more"], rest["next_cursor"]) == (True, False, None)


async def test_a_notice_for_another_user_is_not_seen(office: Office, rival: Office) -> None:
    mine = await a_notice(office, for_user_id=office.user_id)
    theirs = await a_notice(office, for_user_id=rival.user_id)
    assert [one["id"] for one in await listed(office)] == [str(mine.id)]
    assert (await office.api.get("/v1/notices/count")).json()["total"] == 1
    answer = await office.api.post(f"/v1/notices/{theirs.id}/review")
    assert answer.status_code == 404


async def test_an_integration_sees_all_and_reviews_in_its_name(
    office: Office, rival: Office, anonymous: httpx.AsyncClient
) -> None:
    notice = await a_notice(office, for_user_id=rival.user_id)
    body = {"name": "ERP", "scopes": ["documents:read", "documents:write"]}
    secret = (await office.api.post("/v1/api-keys", json=body)).json()["secret"]
    headers = {"Authorization": f"Bearer {secret}"}
    (seen,) = (await anonymous.get("/v1/notices", headers=headers)).json()["data"]
    assert seen["id"] == str(notice.id)
    answer = await anonymous.post(f"/v1/notices/{notice.id}/review", headers=headers)
    assert answer.json()["reviewed_by_name"] == "ERP"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/notices"),
        ("GET", "/v1/notices/count"),
        ("POST", "/v1/notices/{id}/review"),
    ],
)
async def test_notices_are_for_staff_of_the_organization(
    office: Office, rival: Office, anonymous: httpx.AsyncClient, method: str, path: str
) -> None:
    notice = await a_notice(office)
    path = path.format(id=notice.id)
    assert (await anonymous.request(method, path)).status_code == 401
    foreign = await rival.api.request(method, path)
    if method == "POST":
        assert foreign.status_code == 404
    else:
        assert foreign.json().get("data", []) == []
        assert foreign.json().get("total", 0) == 0


async def test_reading_takes_a_scope_and_reviewing_another(
    office: Office, anonymous: httpx.AsyncClient
) -> None:
    notice = await a_notice(office)
    body = {"name": "Lector", "scopes": ["documents:read"]}
    secret = (await office.api.post("/v1/api-keys", json=body)).json()["secret"]
    headers = {"Authorization": f"Bearer {secret}"}
    assert (await anonymous.get("/v1/notices", headers=headers)).status_code == 200
    answer = await anonymous.post(f"/v1/notices/{notice.id}/review", headers=headers)
    assert (answer.status_code, answer.json()["reason"]) == (403, "permission_missing")


@pytest.mark.parametrize(
    ("query", "pointer"),
    [("reviewed=quizá", "reviewed"), ("limit=0", "limit"), ("pendientes=1", "pendientes")],
)
async def test_a_wrong_filter_is_named(office: Office, query: str, pointer: str) -> None:
    answer = await office.api.get(f"/v1/notices?{query}")
    assert answer.status_code == 422
    assert [(one["in"], one["pointer"]) for one in answer.json()["errors"]] == [("query", pointer)]
