"""The life of a commercial action, over HTTP."""

from datetime import timedelta

import pytest

from tests.commercial.acting import TOMORROW, an_action, complete, listed, told
from tests.factories import a_contact, a_quote
from tests.offices import Office
from tests.organizations.people import a_colleague


@pytest.mark.parametrize("missing", ["due_on", "assigned_to", "subject"])
async def test_a_date_a_salesperson_and_a_subject_are_asked_for(
    office: Office, missing: str
) -> None:
    contact = await a_contact(office)
    body = {"subject": "Llamar", "due_on": TOMORROW, "assigned_to": str(office.user_id)}
    del body[missing]
    path = f"/v1/contacts/{contact['id']}/commercial-actions"
    refused = await office.api.post(path, json=body)
    assert refused.status_code == 422
    fault = refused.json()["errors"][0]
    assert (fault["pointer"], fault["code"]) == (f"/{missing}", "missing")


async def test_what_it_names_must_be_there_and_all_faults_come_at_once(
    office: Office, rival: Office
) -> None:
    contact, other = await a_contact(office), await a_contact(office)
    quote = await a_quote(office, other)
    async with a_colleague(office, "viewer") as (reader, _):
        path = f"/v1/contacts/{contact['id']}/commercial-actions"
        body = {
            "kind": "dance", "subject": "Llamar", "due_on": TOMORROW, "assigned_to": reader,
            "document_id": quote["id"], "contact_person_id": contact["id"],
            "vessel_id": contact["id"], "recurrence": "FREQ=SECONDLY",
        }  # fmt: skip
        refused = await office.api.post(path, json=body)
        assert refused.status_code == 422
        assert {fault["pointer"]: fault["code"] for fault in refused.json()["errors"]} == {
            "/kind": "reference.unknown",
            "/document_id": "reference.unknown",
            "/contact_person_id": "reference.unknown",
            "/vessel_id": "reference.unknown",
            "/assigned_to": "assignee.permission",
            "/recurrence": "recurrence.format",
        }
        for nobody in (str(rival.user_id), contact["id"]):
            refused = await office.api.post(
                path, json={"subject": "X", "due_on": TOMORROW, "assigned_to": nobody}
            )
            assert refused.json()["errors"][0]["pointer"] == "/assigned_to"


async def test_it_is_due_by_its_salespersons_clock(office: Office) -> None:
    own = f"/v1/users/{office.user_id}"
    unknown = await office.api.patch(own, json={"time_zone": "Mar/Balear"})
    assert unknown.json()["errors"][0]["code"] == "time_zone.unknown"
    madrid = await an_action(office, due_time="10:30")
    moved = await office.api.patch(own, json={"time_zone": "Atlantic/Canary"})
    assert moved.json()["time_zone"] == "Atlantic/Canary"
    canary = await an_action(office, due_time="10:30")
    whole_day = await an_action(office)
    assert madrid["due_at"] == "2026-11-25T09:30:00.000Z"
    assert canary["due_at"] == "2026-11-25T10:30:00.000Z"
    assert (whole_day["due_time"], whole_day["due_at"]) == (None, "2026-11-26T00:00:00.000Z")
    assert [one["id"] for one in await listed(office)] == [
        madrid["id"], canary["id"], whole_day["id"],
    ]  # fmt: skip
    office.clock.advance(timedelta(hours=25))
    overdue = await listed(office, overdue=True)
    assert [one["id"] for one in overdue] == [madrid["id"]]
    assert overdue[0]["is_overdue"]
    assert len(await listed(office, overdue=False)) == 2


async def test_my_day_a_calendar_a_salespersons_and_a_contacts(office: Office) -> None:
    contact = await a_contact(office)
    async with a_colleague(office, "salesperson") as (marta, hers):
        mine = await an_action(office, contact)
        later = await an_action(office, contact, due_on="2026-12-10", kind="visit")
        given = await an_action(office, assigned_to=marta)
        assert [one["id"] for one in await listed(office, assigned_to="me")] == [
            mine["id"], later["id"],
        ]  # fmt: skip
        day = {"due_from": TOMORROW, "due_to": TOMORROW}
        assert {one["id"] for one in await listed(office, **day)} == {mine["id"], given["id"]}
        assert [one["id"] for one in await listed(office, assigned_to=marta)] == [given["id"]]
        assert [one["id"] for one in await listed(office, kind="visit")] == [later["id"]]
        assert [one["id"] for one in (await hers.get("/v1/commercial-actions")).json()["data"]] == [
            given["id"]
        ]
        notices = (await hers.get("/v1/notices")).json()["data"]
        assert [one["kind"] for one in notices] == ["action.assigned"]
        assert "Joan Muestra te ha asignado «Llamar por el presupuesto»" in notices[0]["summary"]
        assert (await office.api.get("/v1/notices")).json()["data"] == []
    path = f"/v1/contacts/{contact['id']}/commercial-actions"
    first = (await office.api.get(path, params={"limit": 1})).json()
    rest = await office.api.get(path, params={"limit": 1, "cursor": first["next_cursor"]})
    assert [first["data"][0]["id"], rest.json()["data"][0]["id"]] == [later["id"], mine["id"]]
    assert rest.json()["has_more"] is False


async def test_moving_it_keeps_the_day_before_and_counts(office: Office) -> None:
    contact = await a_contact(office)
    action = await an_action(office, contact, due_time="09:00")
    path = f"/v1/commercial-actions/{action['id']}"
    same = await office.api.patch(path, json={"due_on": TOMORROW, "priority": "high"})
    assert (same.json()["reschedule_count"], same.json()["priority"]) == (0, "high")
    stale = await office.api.patch(path, json={"subject": "X"}, headers={"If-Match": '"1"'})
    assert stale.status_code == 412
    moved = await office.api.patch(path, json={"due_on": "2026-11-30", "state": "in_progress"})
    assert (moved.json()["reschedule_count"], moved.json()["state"]) == (1, "in_progress")
    assert moved.headers["etag"] == f'"{moved.json()["version"]}"'
    assert (await told(office, contact["id"]))[0] == (
        "action.rescheduled",
        (
            "Joan Muestra ha movido «Llamar por el presupuesto» del 25/11/2026 09:00"
            " al 30/11/2026 09:00."
        ),
    )


async def test_it_is_given_to_somebody_else(office: Office) -> None:
    action = await an_action(office)
    path = f"/v1/commercial-actions/{action['id']}/reassign"
    async with a_colleague(office, "salesperson", name="Pau Muestra") as (pau, his):
        assert (await his.get(f"/v1/commercial-actions/{action['id']}")).status_code == 404
        given = await office.api.post(path, json={"assigned_to": pau})
        assert (given.json()["assigned_to"], given.json()["assigned_to_name"]) == (
            pau, "Pau Muestra",
        )  # fmt: skip
        again = await office.api.post(path, json={"assigned_to": pau})
        assert again.json()["version"] == given.json()["version"]
        assert (await his.get(f"/v1/commercial-actions/{action['id']}")).status_code == 200
        assert (await his.get("/v1/notices/count")).json()["by_kind"] == {"action.assigned": 1}
        elsewhere = await his.post(path, json={"assigned_to": str(office.user_id)})
        assert elsewhere.json()["errors"][0]["pointer"] == "/assigned_to"
    kinds = [kind for kind, _ in await told(office, action["contact_id"])]
    assert kinds == ["action.assigned", "action.created"]


async def test_what_is_closed_stays_so(office: Office) -> None:
    done, off = await an_action(office), await an_action(office)
    ended = await complete(office, done, outcome="no_answer", note="Comunica")
    assert (ended["state"], ended["outcome"], ended["note"]) == ("done", "no_answer", "Comunica")
    assert (ended["closed_by_name"], ended["is_overdue"]) == ("Joan Muestra", False)
    assert ended["suggestion"] == {"kind": "call", "due_on": "2026-11-26"}
    path = f"/v1/commercial-actions/{off['id']}/cancel"
    dropped = await office.api.post(path, json={"reason": "Ya ha firmado", "state": "rejected"})
    assert (dropped.json()["state"], dropped.json()["note"]) == ("rejected", "Ya ha firmado")
    for action in (done, off):
        own = f"/v1/commercial-actions/{action['id']}"
        for answer in (
            await office.api.patch(own, json={"subject": "Otra"}),
            await office.api.post(f"{own}/complete", json={"outcome": "won"}),
            await office.api.post(f"{own}/cancel", json={}),
            await office.api.post(f"{own}/reassign", json={"assigned_to": str(office.user_id)}),
        ):
            assert (answer.status_code, answer.json()["reason"]) == (409, "action_closed")
    assert await listed(office, state="pending,in_progress") == []
    assert (await told(office, off["contact_id"]))[0] == (
        "action.cancelled",
        "Joan Muestra ha anulado «Llamar por el presupuesto»: «Ya ha firmado»",
    )


async def test_done_without_an_outcome_is_refused(office: Office) -> None:
    action = await an_action(office)
    path = f"/v1/commercial-actions/{action['id']}/complete"
    refused = await office.api.post(path, json={"note": "Hecho"})
    assert refused.json()["errors"][0]["pointer"] == "/outcome"
    wrong = {"outcome": "won", "next_action": {"due_on": TOMORROW, "kind": "dance"}}
    refused = await office.api.post(path, json=wrong)
    assert refused.json()["errors"][0]["pointer"] == "/next_action/kind"
    undone = (await office.api.get(f"/v1/commercial-actions/{action['id']}")).json()
    assert undone["state"] == "pending"


async def test_the_next_occurrence_is_born_when_it_is_done(office: Office) -> None:
    rule = "FREQ=WEEKLY;BYDAY=WE;COUNT=4"
    action = await an_action(office, recurrence=f"RRULE:{rule}")
    assert action["recurrence"] == rule
    second = (await office.api.get(await occurrence_after(office, action))).json()
    assert (second["due_on"], second["state"], second["previous_action_id"]) == (
        "2026-12-02", "pending", action["id"],
    )  # fmt: skip
    # Done a week late: what was missed is not made up for, and counts all the same.
    office.clock.advance(timedelta(days=15))
    last = (await office.api.get(await occurrence_after(office, second))).json()
    assert last["due_on"] == "2026-12-16"
    assert (await complete(office, last))["next_occurrence_id"] is None


async def occurrence_after(office: Office, action: dict[str, object]) -> str:
    done = await complete(office, action)
    assert done["next_occurrence_id"] is not None
    return f"/v1/commercial-actions/{done['next_occurrence_id']}"


async def test_kinds_are_the_organizations(office: Office) -> None:
    first = (await office.api.get("/v1/action-kinds")).json()["data"]
    assert [one["code"] for one in first][:3] == ["call", "visit", "meeting"]
    assert {one["name"] for one in first} >= {"Llamada", "Seguimiento de cobro"}
    trial = {"code": "sea_trial", "name": "Prueba de mar", "color": "#0F5A78"}
    made = await office.api.post("/v1/action-kinds", json=trial)
    assert (made.status_code, made.json()["color"]) == (201, "#0f5a78")
    taken = await office.api.post("/v1/action-kinds", json=trial)
    assert (taken.status_code, taken.json()["code"]) == (409, "duplicate")
    action = await an_action(office, kind="sea_trial")
    path = f"/v1/action-kinds/{made.json()['id']}"
    archived = await office.api.patch(path, json={"status": "archived"})
    assert archived.json()["version"] == 2
    assert (await listed(office, kind="sea_trial"))[0]["id"] == action["id"]
    later = await office.api.post(
        f"/v1/contacts/{action['contact_id']}/commercial-actions",
        json={"kind": "sea_trial", "subject": "X", "due_on": TOMORROW,
              "assigned_to": str(office.user_id)},
    )  # fmt: skip
    assert later.json()["errors"][0]["pointer"] == "/kind"
    async with a_colleague(office, "salesperson") as (_, hers):
        assert (await hers.get("/v1/action-kinds")).status_code == 200
        assert (await hers.post("/v1/action-kinds", json=trial)).status_code == 403
