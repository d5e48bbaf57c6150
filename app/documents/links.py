"""Tokenised links: issue, find, revoke. The token is random and kept only as a hash."""

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.documents.models import ClientLink, Document, LinkToken
from app.documents.printable import DocumentType
from app.kernel.database import entering
from app.kernel.identifiers import hash_token, new_id, new_token
from app.kernel.rows import Statement, inserting, rows_of

LIFE_MAX = timedelta(days=400)
_AFTER_VALIDITY = timedelta(days=30)
_AFTER_DUE = timedelta(days=60)
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
_LINK = inserting(ClientLink)
_TOKEN_OF = inserting(LinkToken)
_REVOKED = Statement(
    select(ClientLink.revoked_at).where(
        ClientLink.organization_id == bindparam("organization_id"),
        ClientLink.id == bindparam("link_id"),
    )
)


@dataclass(frozen=True, slots=True)
class Rights:
    """What the holder of a link may do besides reading."""

    can_decide: bool = False
    can_pay: bool = False


ALL_RIGHTS = Rights(can_decide=True, can_pay=True)
READS = Rights()


def expiry_of(document: Document, zone: ZoneInfo, *, at: datetime) -> datetime:
    """Tell how long a link lives: a quote's validity and 30 days, else due and 60 days.

    Never beyond 400 days, never less than 30.
    """
    limit = at + LIFE_MAX
    if document.type == DocumentType.QUOTE and document.valid_until is not None:
        end = _end_of(_latest(document.valid_until, at), zone) + _AFTER_VALIDITY
    elif document.due_date is not None:
        end = _end_of(_latest(document.due_date, at), zone) + _AFTER_DUE
    else:
        end = limit
    return min(limit, max(end, at + _AFTER_VALIDITY))


async def issue(
    tx: AsyncSession,
    document: Document,
    recipient_id: UUID,
    *,
    rights: Rights,
    expires_at: datetime,
    at: datetime,
) -> str:
    """Make a link to the current revision; give its token, which nobody can ask for again."""
    token, link_id = new_token(), new_id()
    rows = await rows_of(tx)
    await rows.all(
        _LINK,
        organization_id=document.organization_id,
        id=link_id,
        document_id=document.id,
        revision=document.revision,
        recipient_id=recipient_id,
        can_decide=rights.can_decide,
        can_pay=rights.can_pay,
        expires_at=expires_at,
        revoked_at=None,
        created_at=at,
    )
    await rows.all(
        _TOKEN_OF,
        token_hash=hash_token(token),
        organization_id=document.organization_id,
        link_id=link_id,
    )
    return token


async def find(tx: AsyncSession, token: str) -> ClientLink | None:
    """Find the live link of a token and enter its organization.

    Unknown, malformed and revoked tokens give None alike; an expired link is given,
    for its holder may ask for a new one.
    """
    if not _TOKEN.fullmatch(token):
        return None
    look_up = select(
        LinkToken.organization_id, LinkToken.link_id, entering(LinkToken.organization_id)
    )
    held = (await tx.execute(look_up.where(LinkToken.token_hash == hash_token(token)))).first()
    if held is None:
        return None
    return await tx.scalar(
        select(ClientLink).where(
            ClientLink.organization_id == held.organization_id,
            ClientLink.id == held.link_id,
            ClientLink.revoked_at.is_(None),
        )
    )


async def is_revoked(tx: AsyncSession, link: ClientLink) -> bool:
    """Tell whether a link that was found has been revoked meanwhile."""
    rows = await rows_of(tx)
    found = await rows.first(_REVOKED, organization_id=link.organization_id, link_id=link.id)
    return found is None or found[0] is not None


def _latest(day: date, at: datetime) -> date:
    """Keep a far day within reach of the arithmetic; the limit is much nearer anyway."""
    return min(day, (at + 2 * LIFE_MAX).date())


def _end_of(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(), zone)
