"""Links handed over outside the mail."""

from base64 import b64encode
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from app.dispatch import sharing
from app.dispatch.router import Sending
from app.dispatch.schemas import DispatchView, ShareOrder, ShareView
from app.documents import queries as documents
from app.kernel import qr
from app.kernel.actor import Actor, Permission
from app.organizations.access import Requires
from app.settings import Settings
from app.web.dependencies import Now, Tx, provided, set_created
from app.web.routing import Route

router = APIRouter(prefix="/v1", tags=["dispatch"], route_class=Route)

Sharer = Annotated[Actor, Depends(Requires(Permission.DOCUMENTS_SEND))]


@router.post("/documents/{document_id}/share-links", status_code=201)
async def share_document(
    document_id: UUID,
    body: ShareOrder,
    actor: Sharer,
    tx: Tx,
    at: Now,
    request: Request,
    response: Response,
    sending: Sending,
) -> ShareView:
    """Make a link to hand over yourself: by WhatsApp, SMS, on paper or any other way.

    The document counts as sent from now on, and the link as its addressee's own. Its address
    is in this answer alone: asked again with the same key, it is null.
    """
    document = await documents.get(tx, actor, document_id, for_update=True)
    given = await sharing.hand_over(
        tx,
        actor,
        document,
        body,
        public_url=provided(request, Settings).public_url,
        mail_domain=sending.mail_domain,
        at=at,
    )
    set_created(response, "/v1/dispatches", given.dispatch.id)
    dispatch = DispatchView.of(given.dispatch, pdf_sha256=document.pdf_sha256, evidence={})
    hidden = ShareView(dispatch=dispatch, url=None, text=None, whatsapp_url=None, qr_png=None)
    request.state.body_to_repeat = hidden.model_dump_json().encode()
    return ShareView(
        dispatch=dispatch,
        url=given.url,
        text=given.text,
        whatsapp_url=given.whatsapp_url,
        qr_png=b64encode(qr.png(given.url)).decode(),
    )
