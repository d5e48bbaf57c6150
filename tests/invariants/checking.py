"""Running the pack in tests."""

from app.invariants import pack
from tests.offices import Office


async def violations(office: Office) -> list[pack.Violation]:
    """Check one office as the worker's role, as operators do."""
    async with office.worker.database.transaction(office.organization_id) as tx:
        return await pack.check(tx, office.organization_id, at=office.clock.now())


async def broken(office: Office) -> set[str]:
    """Give the codes of the invariants that do not hold."""
    return {one.code for one in await violations(office)}
