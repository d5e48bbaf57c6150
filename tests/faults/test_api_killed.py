"""An API process killed by SIGKILL under traffic: nothing half-written, every retry right."""

import asyncio
import signal
from dataclasses import dataclass

import httpx

from app.kernel.identifiers import new_id
from app.settings import Settings
from tests.factories import LINE, Json, a_contact
from tests.invariants.checking import violations
from tests.offices import Office
from tests.upkeep.test_shutdown import free_port, process, until

CALLERS = 4
ANSWERED_MIN = 24
"""Answers after which the process is killed; every caller has a request under way then."""


@dataclass
class Call:
    """A POST with its key, and the answer if one came."""

    path: str
    body: Json | None
    key: str
    answer: httpx.Response | None = None

    async def through(self, api: httpx.AsyncClient) -> httpx.Response:
        return await api.post(self.path, json=self.body, headers={"Idempotency-Key": self.key})


async def test_a_killed_api_leaves_nothing_half_done_and_a_retry_is_answered_right(
    alone: tuple[Office, Settings],
) -> None:
    office, settings = alone
    contact = await a_contact(office)
    calls: list[Call] = []
    port = free_port()
    headers = {"Authorization": f"Bearer {office.access_token}"}
    async with httpx.AsyncClient(
        base_url=f"http://127.0.0.1:{port}", headers=headers, trust_env=False, timeout=30
    ) as api:
        with process(settings, "serve", "--port", str(port), "--drain", "0") as server:
            await until(api, 200)
            callers = [
                asyncio.create_task(_call_until_cut_off(api, contact["id"], calls))
                for _ in range(CALLERS)
            ]
            async with asyncio.timeout(60):
                while sum(call.answer is not None for call in calls) < ANSWERED_MIN:  # noqa: ASYNC110 - another process
                    await asyncio.sleep(0.005)
            server.send_signal(signal.SIGKILL)
            await asyncio.gather(*callers)
    cut_off = [call for call in calls if call.answer is None]
    assert len(cut_off) == CALLERS
    assert await violations(office) == []

    for call in calls:
        again = await _again(office.api, call)
        if call.answer is None:
            assert again.status_code in {200, 201}, again.text
        else:
            assert again.headers["Idempotency-Replayed"] == "true"
            assert (again.status_code, again.content) == (
                call.answer.status_code, call.answer.content,
            )  # fmt: skip
    titles = [call.key for call in calls if call.path == "/v1/documents"]
    assert sorted(titles) == sorted(await _titles(office))
    for call in calls:
        if call.path.endswith("/issue"):
            printed = await office.api.get(call.path.replace("/issue", "/pdf"))
            assert printed.content.startswith(b"%PDF"), printed.text
    assert await violations(office) == []


async def _again(api: httpx.AsyncClient, call: Call) -> httpx.Response:
    """Say it again, with the same key; what PostgreSQL has not let go of yet is waited for."""
    while True:
        answer = await call.through(api)
        if answer.status_code != 409:
            return answer
        assert answer.json()["code"] == "idempotency_in_progress", answer.text
        await asyncio.sleep(0.05)


async def _titles(office: Office) -> list[str]:
    titles: list[str] = []
    params: dict[str, str | int] = {"limit": 100}
    while True:
        page = (await office.api.get("/v1/documents", params=params)).json()
        titles += [row["title"] for row in page["data"]]
        if not page["has_more"]:
            return titles
        params["cursor"] = page["next_cursor"]


async def _call(api: httpx.AsyncClient, call: Call, calls: list[Call]) -> httpx.Response:
    calls.append(call)
    call.answer = await call.through(api)
    assert call.answer.status_code in {200, 201}, call.answer.text
    return call.answer


async def _call_until_cut_off(api: httpx.AsyncClient, contact_id: str, calls: list[Call]) -> None:
    """Make quotes and issue them, one request after the other, until the process is gone."""
    try:
        while True:
            title = str(new_id())
            body = {"type": "quote", "contact_id": contact_id, "title": title, "lines": [LINE]}
            draft = await _call(api, Call("/v1/documents", body, title), calls)
            path = f"/v1/documents/{draft.json()['id']}/issue"
            await _call(api, Call(path, None, f"issue-{title}"), calls)
    except httpx.TransportError:
        return
