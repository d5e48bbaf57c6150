"""What routes of payments ask for."""

from typing import Annotated

from fastapi import Depends, Request

from app.kernel.errors import Conflict
from app.payments.desk import Desk
from app.web.dependencies import provided


async def desk_of(request: Request) -> Desk:
    """Give the desk of this process.

    Raises:
        Conflict: Payments are not set up here; waiting would not help.
    """
    try:
        return provided(request, Desk)
    except KeyError:
        raise Conflict(reason="payments_not_set_up") from None


AtDesk = Annotated[Desk, Depends(desk_of)]
