"""Asking to send several hundred documents at once, and the work that follows."""

import time
from uuid import UUID

from app.container import open_container
from app.operations import running
from app.operations.tasks import RunOperation
from app.worker import works_of
from bench.client import Client, request_of
from bench.report import Fact
from bench.seed import Model
from bench.stage import LINES, Served, Stage

_DOCUMENTS = 300
_ANSWER_MOST_MS = 250


async def sending(stage: Stage, served: Served, model: Model) -> list[Fact]:
    """Time the answer to one call for 300 documents, and how fast one worker then sends them."""
    client = await Client.open(served.port)
    headers, path = stage.headers(), "/v1/documents"
    draft = {"type": "quote", "contact_id": str(model.contact_id), "lines": [LINES[0]]}
    ids = []
    for _ in range(_DOCUMENTS):
        made = await client.request(request_of("POST", path, headers, draft), 201)
        ids.append(made.json()["id"])
        await client.request(request_of("POST", f"{path}/{ids[-1]}/issue", headers, {}), 200)
    body = {"document_ids": ids}
    keyed = {**headers, "Idempotency-Key": f"bulk-{ids[0]}"}
    wire = request_of("POST", "/v1/dispatches/bulk", keyed, body)
    began = time.perf_counter()
    asked = await client.request(wire, 202)
    answer_ms = (time.perf_counter() - began) * 1000
    job = RunOperation(model.organization_id, UUID(asked.json()["id"]))
    began = time.perf_counter()
    async with open_container(stage.settings, for_worker=True) as container:
        await running.run(job, works_of(container), container.database, container.clock)
    rate = _DOCUMENTS / (time.perf_counter() - began)
    told = request_of("GET", f"/v1/operations/{job.operation_id}", headers, None)
    after = (await client.request(told, 200)).json()
    client.close()
    is_whole = (after["state"], after["done"], after["failed"]) == ("succeeded", _DOCUMENTS, 0)
    return [
        Fact(
            f"ask to send {_DOCUMENTS} documents at once",
            f"{answer_ms:.0f} ms",
            f"{rate:.0f}/s are then promised by one worker",
            f"≤ {_ANSWER_MOST_MS} ms, and every one is sent",
            is_whole and answer_ms <= _ANSWER_MOST_MS,
        )
    ]
