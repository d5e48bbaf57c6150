"""A contact as documents and messages read it: rows, and no object of the session."""

from collections.abc import Iterable
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from app.contacts.models import Contact
from app.kernel.errors import NotFound
from app.kernel.rows import Statement, columns_of, names_of, plain, rows_of

_COLUMNS = names_of(Contact)
_CONTACT = Statement(
    select(*columns_of(Contact)).where(
        Contact.organization_id == bindparam("organization_id"),
        Contact.id == bindparam("contact_id"),
    )
)


async def read(
    tx: AsyncSession,
    organization_id: UUID,
    contact_id: UUID,
    *,
    parts: Iterable[InstrumentedAttribute[Any]],
) -> Contact:
    """Give a contact to be read, whoever may see it.

    Args:
        tx: The request's transaction.
        organization_id: Whose contact.
        contact_id: Which.
        parts: Which of its lists to read; another raises when it is touched.

    Raises:
        NotFound: There is none.
    """
    rows = await rows_of(tx)
    key = {"organization_id": organization_id, "contact_id": contact_id}
    found = await rows.first(_CONTACT, **key)
    if found is None:
        raise NotFound
    contact = plain(Contact, _COLUMNS, found)
    for part in parts:
        model = part.property.mapper.class_
        names = names_of(model)
        listed = [plain(model, names, row) for row in await rows.all(_part(model), **key)]
        contact.__dict__[part.key] = listed
    return contact


@cache
def _part(model: type[Any]) -> Statement:
    """Read one list of a contact, in its order."""
    return Statement(
        select(*columns_of(model))
        .where(
            model.organization_id == bindparam("organization_id"),
            model.contact_id == bindparam("contact_id"),
        )
        .order_by(model.position)
    )
