"""A key, a fingerprint, the earlier reply: the same POST twice has one effect.

The reply is stored in the transaction of the effect, by the route (`routing.py`),
after serialization and before the commit.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from fastapi import Request, Response
from pydantic import BaseModel
from sqlalchemy import delete, func, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.kernel.actor import Actor
from app.kernel.batches import BATCH
from app.kernel.errors import Conflict, Invalid, Malformed
from app.web.models import IdempotentReply

HEADER = "idempotency-key"
RETENTION = timedelta(days=7)
KEY_LENGTH_MAX = 255
_KEPT_HEADERS = ("location", "etag", "content-type", "content-language")


class Replay(Exception):
    """Stops the request: this reply was given before."""

    def __init__(self, reply: IdempotentReply) -> None:
        super().__init__()
        # Copied: the row itself is gone once the transaction rolls back.
        self.status = reply.status
        self.headers = {name: str(value) for name, value in reply.headers.items()}
        self.body = reply.body


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to execute a keyed request once."""

    organization_id: UUID
    principal: str
    key: str
    fingerprint: bytes


async def claim(
    tx: AsyncSession,
    request: Request,
    actor: Actor,
    *,
    at: datetime,
    is_required: bool,
    says: str | None = None,
) -> None:
    """Take the request's key, or stop it.

    Args:
        tx: The transaction of the effect.
        request: The request.
        actor: Whose key it is.
        at: Now.
        is_required: Whether there must be one.
        says: What the body says, where it is no JSON: repeated, a form has other bytes.

    Raises:
        Malformed: The key is required and missing, or badly formed.
        Conflict: The same key is being executed right now.
        Invalid: The key was used for another request.
        Replay: The request was executed before; here is its reply.
    """
    key = request.headers.get(HEADER)
    if key is None:
        if is_required:
            raise Malformed(code="idempotency_key_required")
        return
    if not 0 < len(key) <= KEY_LENGTH_MAX or not all("!" <= char <= "~" for char in key):
        raise Malformed(code="idempotency_key_invalid")
    fingerprint = await _fingerprint(request, says)
    lock = func.hashtextextended(f"{actor.organization_id}|{actor.principal}|{key}", 0)
    if not await tx.scalar(select(func.pg_try_advisory_xact_lock(lock))):
        raise Conflict(code="idempotency_in_progress", retry_after_s=1)
    reply = await tx.get(IdempotentReply, (actor.organization_id, actor.principal, key))
    if reply is not None and reply.created_at > at - RETENTION:
        if reply.fingerprint != fingerprint:
            raise Invalid(code="idempotency_key_reused")
        raise Replay(reply)
    request.state.idempotency = Claim(actor.organization_id, actor.principal, key, fingerprint)


async def remember(tx: AsyncSession, request: Request, response: Response, *, at: datetime) -> None:
    """Store a claimed request's reply; without a claim, do nothing."""
    hidden: bytes | None = getattr(request.state, "body_to_repeat", None)
    headers = {k: v for k, v in response.headers.items() if k in _KEPT_HEADERS}
    body = hidden if hidden is not None else bytes(response.body)
    await _store(tx, request, response.status_code, headers, body, at=at)


async def remember_view(
    tx: AsyncSession,
    request: Request,
    view: BaseModel,
    *,
    etag: str | None = None,
    location: str | None = None,
    status: int = 200,
    at: datetime,
) -> None:
    """Store the reply of a route that opens its own transactions, with its effect."""
    given = {"content-type": "application/json", "etag": etag, "location": location}
    headers = {name: value for name, value in given.items() if value is not None}
    await _store(tx, request, status, headers, view.model_dump_json().encode(), at=at)


async def _store(
    tx: AsyncSession,
    request: Request,
    status: int,
    headers: Mapping[str, str],
    body: bytes,
    *,
    at: datetime,
) -> None:
    held: Claim | None = getattr(request.state, "idempotency", None)
    if held is None:
        return
    values = {
        "fingerprint": held.fingerprint,
        "status": status,
        "headers": dict(headers),
        "body": body,
        "created_at": at,
    }
    await tx.execute(
        insert(IdempotentReply)
        .values(
            organization_id=held.organization_id,
            principal=held.principal,
            key=held.key,
            **values,
        )
        .on_conflict_do_update(index_elements=["organization_id", "principal", "key"], set_=values)
    )


async def forget_old(tx: AsyncSession, *, at: datetime, limit: int = BATCH) -> int:
    """Delete replies past their retention, in the organization entered; tell how many."""
    name = tuple_(IdempotentReply.organization_id, IdempotentReply.principal, IdempotentReply.key)
    old = IdempotentReply.created_at < at - RETENTION
    some = (
        select(IdempotentReply.organization_id, IdempotentReply.principal, IdempotentReply.key)
        .where(old)
        .limit(limit)
    )
    # Asked again of each row: its key may have been used anew meanwhile.
    deleted = await tx.execute(
        delete(IdempotentReply).where(name.in_(some), old).returning(IdempotentReply.key)
    )
    return len(deleted.all())


async def on_replay(_: Request, replay: Exception) -> Response:
    """Answer with the stored reply."""
    assert isinstance(replay, Replay)  # noqa: S101 - registered for this class only
    headers = {**replay.headers, "Idempotency-Replayed": "true"}
    return Response(replay.body, replay.status, headers)


async def _fingerprint(request: Request, says: str | None) -> bytes:
    canonical = says if says is not None else _canonical(await request.body())
    parts = [
        request.method,
        request.url.path,
        sorted(request.query_params.multi_items()),
        canonical,
    ]
    return hashlib.sha256(json.dumps(parts).encode()).digest()


def _canonical(body: bytes) -> str:
    try:
        return json.dumps(json.loads(body), sort_keys=True) if body else ""
    except (ValueError, RecursionError):
        raise Malformed from None
