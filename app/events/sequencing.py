"""Places and hashes of what is append-only, given after the commit by one job.

Each row's hash covers the hash before it, so nobody can change, drop or slip in a row
without every later hash telling. No writer waits: rows are chained once committed.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Table, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.kernel.batches import BATCH

_CHAIN = frozenset({"position", "previous_hash", "hash"})


async def chain(
    tx: AsyncSession, organization_id: UUID, table: Table, *, limit: int = BATCH
) -> int:
    """Chain the next rows of one organization that have no place yet; tell how many.

    Args:
        tx: A transaction of the worker, the organization entered.
        organization_id: Whose rows; each has a chain of its own.
        table: With `id`, `position`, `previous_hash` and `hash`.
        limit: How many, at most; call again until it is none.
    """
    key = f"chain|{table.name}|{organization_id}"
    await tx.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(key, 0))))
    own = table.c.organization_id == organization_id
    last = (
        await tx.execute(
            select(table.c.position, table.c.hash)
            .where(own, table.c.position.is_not(None))
            .order_by(table.c.position.desc())
            .limit(1)
        )
    ).first()
    position, previous = (last.position, last.hash) if last else (0, b"")
    rows = await tx.execute(
        select(table).where(own, table.c.position.is_(None)).order_by(table.c.id).limit(limit)
    )
    count = 0
    for row in rows.mappings().all():
        position += 1
        count += 1
        hashed = link_hash(previous, {str(name): value for name, value in row.items()})
        await tx.execute(
            update(table)
            .where(own, table.c.id == row["id"])
            .values(position=position, previous_hash=previous, hash=hashed)
        )
        previous = hashed
    return count


async def first_break(tx: AsyncSession, organization_id: UUID, table: Table) -> int | None:
    """Find the first place where a chain does not hold; None when it is whole."""
    rows = await tx.stream(
        select(table)
        .where(table.c.organization_id == organization_id, table.c.position.is_not(None))
        .order_by(table.c.position)
    )
    previous, expected = b"", 0
    async for row in rows.mappings():
        expected += 1
        values = {str(name): value for name, value in row.items()}
        is_linked = row["position"] == expected and row["previous_hash"] == previous
        if not is_linked or row["hash"] != link_hash(previous, values):
            return expected
        previous = row["hash"]
    return None


def link_hash(previous: bytes, row: Mapping[str, Any]) -> bytes:
    """SHA-256 over the hash before and the canonical JSON of a row (pure)."""
    content = {name: value for name, value in row.items() if name not in _CHAIN}
    canonical = json.dumps(content, sort_keys=True, default=_plain, ensure_ascii=False)
    return hashlib.sha256(previous + canonical.encode()).digest()


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    if isinstance(value, bytes):
        return value.hex()
    return str(value)
