"""Where the provider calls, and where payers come back: hints, answered at once."""

import hmac

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from app.jobs.queue import enqueue
from app.kernel.database import enter_organization
from app.kernel.errors import NotFound, Problem
from app.kernel.vault import Vault
from app.payments import calls, paying
from app.payments.calls import Raw
from app.payments.dependencies import AtDesk
from app.payments.tasks import CheckPayment
from app.settings import Settings
from app.web.declarations import Public
from app.web.dependencies import Now, Source, Tx, provided

BODY_MAX_BYTES = 64 * 1024

router = APIRouter(
    tags=["provider"],
    include_in_schema=False,
    dependencies=[Depends(Public("Called by the payment provider and its payers' browsers."))],
)


@router.api_route("/hooks/lemonway/{secret}", methods=["GET", "POST"])
async def take_call(
    secret: str, request: Request, desk: AtDesk, tx: Tx, at: Now, source: Source
) -> Response:
    """Store a notification and answer; what it is about is fetched afterwards."""
    wanted = provided(request, Settings).lemonway_hook_secret
    if wanted is None or not hmac.compare_digest(
        secret.encode(), wanted.get_secret_value().encode()
    ):
        raise NotFound
    body = await request.body()
    if len(body) > BODY_MAX_BYTES:
        raise Problem(code="body_too_large")
    kind = request.headers.get("content-type", "")
    raw = Raw(content_type=kind, query=request.url.query, body=body, source=source)
    hint = desk.provider.hints.read_hook(raw.content_type, raw.body, raw.query)
    await calls.keep(tx, hint, raw, at=at)
    return Response()


@router.api_route("/pay/return/{state}", methods=["GET", "POST"])
async def come_back(state: str, request: Request, tx: Tx) -> Response:
    """Look the payment up at the provider, and show the payer's browser the client's page.

    Both the provider's server and the browser come here, in any order or not at all;
    neither proves anything.
    """
    back = paying.read_state(state, provided(request, Vault))
    if back is None:
        raise NotFound
    await enter_organization(tx, back.organization_id)
    await enqueue(tx, CheckPayment(back.organization_id, back.payment_id))
    if request.method == "POST":
        return Response()
    return RedirectResponse(f"/d/{back.token}/pay/{back.payment_id}", status_code=303)
