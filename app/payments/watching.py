"""What the operator is told of the payment provider, over all organizations."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.payments.hints import WARNINGS
from app.payments.models import ProviderDifference, StrayCall

WARNED_FOR = timedelta(days=1)
"""The provider says it again every day until it was seen to."""

DIFFERED_FOR = timedelta(days=30)


async def count_warnings(tx: AsyncSession, *, at: datetime) -> int:
    """Count the calls of the last day that say the platform's wallet or IBANs run low."""
    query = select(func.count()).where(
        StrayCall.kind.in_([kind.value for kind in WARNINGS]),
        StrayCall.received_at > at - WARNED_FOR,
    )
    return await tx.scalar(query) or 0


async def count_differences(tx: AsyncSession, organization_id: UUID, *, at: datetime) -> int:
    """Count what the comparisons of the last month found in the organization entered."""
    query = select(func.count()).where(
        ProviderDifference.organization_id == organization_id,
        ProviderDifference.found_at > at - DIFFERED_FOR,
    )
    return await tx.scalar(query) or 0
