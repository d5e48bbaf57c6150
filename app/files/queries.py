"""Reading files: one's own, and those on contacts one sees."""

from collections.abc import AsyncIterator
from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.contacts.visibility import sees_contact_of
from app.files.models import File, FilePiece
from app.kernel.actor import Actor, Permission
from app.kernel.database import Database
from app.kernel.errors import NotFound


async def get(tx: AsyncSession, actor: Actor, file_id: UUID, *, at: datetime) -> File:
    """Give a file the actor made, or one on a contact they see.

    Raises:
        NotFound: There is none, or it has expired.
    """
    may_read = File.principal == actor.principal
    if Permission.CONTACTS_READ in actor.permissions:
        on_theirs = and_(File.contact_id.is_not(None), sees_contact_of(actor, File.contact_id))
        may_read = or_(and_(may_read, File.contact_id.is_(None)), on_theirs)
    file = await tx.scalar(
        select(File).where(
            File.organization_id == actor.organization_id,
            File.id == file_id,
            or_(File.expires_at.is_(None), File.expires_at > at),
            may_read,
        )
    )
    if file is None:
        raise NotFound
    return file


async def pieces(database: Database, file: File) -> AsyncIterator[bytes]:
    """Give a file's content piece by piece, holding no transaction while one is sent."""
    position = 0
    while True:
        async with database.transaction(file.organization_id) as tx:
            piece = await tx.scalar(
                select(FilePiece.content).where(
                    FilePiece.organization_id == file.organization_id,
                    FilePiece.file_id == file.id,
                    FilePiece.position == position,
                )
            )
        if piece is None:
            return
        yield piece
        position += 1
