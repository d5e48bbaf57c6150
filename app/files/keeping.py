"""Verbs: keep a file, hang it on a contact, forget what nobody can reach any more."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import BinaryIO
from uuid import UUID

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.files.models import File, FilePiece, Purpose
from app.kernel.actor import Actor
from app.kernel.errors import Fault, Invalid
from app.kernel.identifiers import new_id

PIECE_BYTES = 1_000_000

KEPT_FOR = {
    Purpose.ATTACHMENT: timedelta(days=1),
    Purpose.IMPORT: timedelta(days=30),
    Purpose.EXPORT: timedelta(days=7),
}
"""How long a file is kept that hangs on nothing."""

_FORGET_AT_ONCE = 20
"""Their pieces are large."""


@dataclass(frozen=True, slots=True)
class Named:
    """What a file is, apart from its content."""

    purpose: Purpose
    name: str
    media_type: str


async def keep(
    tx: AsyncSession, actor: Actor, named: Named, content: BinaryIO, *, at: datetime
) -> File:
    """Keep a file, read piece by piece from its beginning."""
    content.seek(0)
    digest, size_bytes = hashlib.sha256(), 0
    while piece := content.read(PIECE_BYTES):
        digest.update(piece)
        size_bytes += len(piece)
    file = File(
        organization_id=actor.organization_id,
        id=new_id(),
        purpose=named.purpose.value,
        name=named.name,
        media_type=named.media_type,
        size_bytes=size_bytes,
        sha256=digest.hexdigest(),
        contact_id=None,
        principal=actor.principal,
        created_by_name=actor.name,
        created_at=at,
        expires_at=at + KEPT_FOR[named.purpose],
    )
    tx.add(file)
    await tx.flush()
    await _write(tx, file, content)
    return file


async def _write(tx: AsyncSession, file: File, content: BinaryIO) -> None:
    content.seek(0)
    position = 0
    while piece := content.read(PIECE_BYTES):
        values = {
            "organization_id": file.organization_id,
            "file_id": file.id,
            "position": position,
            "content": piece,
        }
        await tx.execute(insert(FilePiece).values(values))
        position += 1


async def attach(
    tx: AsyncSession, actor: Actor, contact_id: UUID, file_ids: Iterable[UUID]
) -> Sequence[File]:
    """Hang files of the actor's on a contact, in the order named; from now on they are kept.

    Raises:
        Invalid: `file.unknown` for one that is none of the actor's attachments, or hangs on
            something already.
    """
    wanted = list(file_ids)
    found = await tx.scalars(
        select(File)
        .where(
            File.organization_id == actor.organization_id,
            File.id.in_(wanted),
            File.principal == actor.principal,
            File.purpose == Purpose.ATTACHMENT.value,
            File.contact_id.is_(None),
        )
        .with_for_update()
    )
    files = {file.id: file for file in found}
    faults = [
        Fault(f"/file_ids/{index}", "file.unknown")
        for index, file_id in enumerate(wanted)
        if file_id not in files
    ]
    if faults:
        raise Invalid(faults=faults)
    for file in files.values():
        file.contact_id = contact_id
        file.expires_at = None
    await tx.flush()
    return [files[file_id] for file_id in wanted]


async def forget_expired(tx: AsyncSession, *, at: datetime) -> int:
    """Delete files past their time, in the organization entered; tell how many."""
    some = select(File.organization_id, File.id).where(File.expires_at < at).limit(_FORGET_AT_ONCE)
    rows = (await tx.execute(some)).all()
    for organization_id, file_id in rows:
        await tx.execute(
            delete(File).where(File.organization_id == organization_id, File.id == file_id)
        )
    return len(rows)
