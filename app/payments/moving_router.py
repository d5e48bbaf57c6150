"""Documents: made out to another client, with the money taken for them."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.documents import queries as documents
from app.documents.issuing import Issued
from app.documents.router import issue_and_print, show
from app.kernel.actor import Actor, Permission
from app.organizations.access import RequiresBriefly
from app.payments import moving
from app.payments.moving import ContactChange, MovedView
from app.web.dependencies import Db, Language, Now, Seen
from app.web.routing import Route

router = APIRouter(prefix="/v1/documents", tags=["documents"], route_class=Route)

Writer = Annotated[Actor, Depends(RequiresBriefly(Permission.DOCUMENTS_WRITE))]


@router.post("/{document_id}/change-contact")
async def change_document_contact(
    document_id: UUID,
    body: ContactChange,
    actor: Writer,
    database: Db,
    at: Now,
    seen: Seen,
    request: Request,
    response: Response,
    language: Language,
) -> MovedView:
    """Make a document out to another client; the vessel's owner is not touched.

    A draft is changed. An issued quote, delivery note or proforma gets its next revision,
    under the same number, for the new client: it is issued at once, nobody has answered it,
    and links sent to the old client open nothing any more. An issued invoice answers 409
    `invoice_immutable`. What was accepted, paid or converted needs `confirm` (409
    `confirmation_required` says why), and money that was taken a word on what becomes of it.
    """

    async def change(tx: AsyncSession) -> tuple[MovedView, Issued | None]:
        document = await documents.get(tx, actor, document_id, for_update=True, with_lines=True)
        seen.check(document.version)
        moved = await moving.change_contact(tx, actor, document, body, at=at)
        view = await show(tx, actor, moved.document, at, language)
        return MovedView(**dict(view), warnings=moved.warnings), moved.issued

    return await issue_and_print(change, actor, database, at, request, response)
