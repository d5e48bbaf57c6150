"""The client's side of the API: no sign-in, the token of the link is the authority."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, BackgroundTasks, Depends, Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.dispatch.router import Sending
from app.documents.ports import Printer
from app.documents.rendering import ensure_pdf
from app.kernel.actor import Actor
from app.kernel.database import Database
from app.kernel.languages import Language
from app.portal import receipts, service
from app.portal.guarding import Guard, Sparingly, Token
from app.portal.reading import Shared
from app.portal.schemas import (
    ClientAnswer,
    ClientComment,
    ClientUndo,
    ClientView,
    RenewalView,
    SharedComment,
    SharedView,
    view_of,
)
from app.portal.service import Action, AnswerForm
from app.portal.visits import Visit, visit_of
from app.web import idempotency
from app.web.declarations import Public
from app.web.dependencies import Db, Now, Tx, note_organization, provided
from app.web.rate_limits import CLIENT_ANSWERS, CLIENT_COMMENTS, RENEWALS
from app.web.routing import Route
from app.web.schemas import Page

router = APIRouter(
    prefix="/public/v1/documents",
    tags=["client page"],
    route_class=Route,
    dependencies=[Depends(Public("The token of the link is the authority.")), Guard],
)

PageLanguage = Annotated[
    Language | None,
    Query(alias="lang", description="Of the statements; the document's when left out."),
]

PDF = "application/pdf"
PDF_ANSWER: dict[int | str, dict[str, object]] = {
    200: {"content": {PDF: {"schema": {"type": "string", "format": "binary"}}}}
}


@router.head("/{token}", include_in_schema=False)
@router.get("/{token}")
async def get_shared_document(
    token: Token,
    database: Db,
    at: Now,
    request: Request,
    background: BackgroundTasks,
    lang: PageLanguage = None,
) -> SharedView:
    """Read the document behind a link, and what can be done with it now.

    Reading is no view and changes nothing: mail scanners read too. It is only noted
    that the page was fetched. Report a person with `record_view`.
    """
    async with database.transaction() as tx:
        shared = await _read(tx, request, token, at)
    background.add_task(note_fetch, database, shared, visit_of(request), at)
    return _view(request, shared, lang, at)


@router.post("/{token}/views", status_code=204)
async def record_view(token: Token, body: ClientView, tx: Tx, at: Now, request: Request) -> None:
    """Tell that a person reads the document.

    To be sent once per page, after two seconds in view and a touch, a key or a scroll.
    The first one makes the document opened.
    """
    await _claim(tx, request, token, at)
    await service.record_view(tx, token, visit_of(request), body.signal, at=at)


@router.post("/{token}/accept", dependencies=[Depends(Sparingly(CLIENT_ANSWERS))])
async def accept_document(
    token: Token, body: ClientAnswer, tx: Tx, at: Now, request: Request, lang: PageLanguage = None
) -> SharedView:
    """Accept the document.

    Accepting again changes nothing. What was rejected may be accepted. A refusal
    (409) says why, and what is possible now.
    """
    return await _answer(tx, request, token, "accept", _form(body, lang), at)


@router.post("/{token}/reject", dependencies=[Depends(Sparingly(CLIENT_ANSWERS))])
async def reject_document(
    token: Token, body: ClientAnswer, tx: Tx, at: Now, request: Request, lang: PageLanguage = None
) -> SharedView:
    """Reject the document.

    Rejecting again changes nothing. What was accepted must be taken back first. The
    comment also joins the thread.
    """
    return await _answer(tx, request, token, "reject", _form(body, lang), at)


@router.post("/{token}/undo", dependencies=[Depends(Sparingly(CLIENT_ANSWERS))])
async def undo_decision(
    token: Token, body: ClientUndo, tx: Tx, at: Now, request: Request, lang: PageLanguage = None
) -> SharedView:
    """Take an answer back, within 15 minutes of giving it."""
    form = AnswerForm(name=body.name, form_nonce=body.form_nonce, language=lang)
    return await _answer(tx, request, token, "undo", form, at)


@router.get("/{token}/comments")
async def list_client_comments(
    token: Token, tx: Tx, at: Now, request: Request
) -> Page[SharedComment]:
    """List the thread shared with the issuer, oldest first."""
    shared = await _read(tx, request, token, at)
    views = [SharedComment.of(one) for one in shared.thread]
    return Page(data=views, has_more=False, next_cursor=None)


@router.post(
    "/{token}/comments", status_code=201, dependencies=[Depends(Sparingly(CLIENT_COMMENTS))]
)
async def add_client_comment(
    token: Token, body: ClientComment, tx: Tx, at: Now, request: Request
) -> SharedComment:
    """Write a comment or a question to the issuer; it answers nothing."""
    await _claim(tx, request, token, at)
    shared = await service.comment(
        tx,
        token,
        body.name,
        body.body,
        body.form_nonce,
        visit_of(request),
        secret_key=request.app.state.secret_key,
        at=at,
    )
    return SharedComment.of(shared.thread[-1])


@router.post("/{token}/renewals", status_code=202, dependencies=[Depends(Sparingly(RENEWALS))])
async def renew_link(
    token: Token, tx: Tx, at: Now, request: Request, sending: Sending
) -> RenewalView:
    """Ask for a new link, also when this one has expired.

    It is mailed to the address that got this one, and to no other.
    """
    await _claim(tx, request, token, at, also_expired=True)
    await service.renew(tx, token, sending, at=at)
    return RenewalView(status="queued")


@router.head("/{token}/pdf", include_in_schema=False)
@router.get("/{token}/pdf", response_class=Response, responses=PDF_ANSWER)
async def get_shared_pdf(token: Token, database: Db, at: Now, request: Request) -> Response:
    """Download the PDF of the document, the same bytes for everyone."""
    async with database.transaction() as tx:
        shared = await _read(tx, request, token, at)
    content = await ensure_pdf(
        database,
        provided(request, Printer),  # type: ignore[type-abstract]  # the table is keyed by ports
        shared.organization.id,
        shared.document.id,
        shared.link.revision,
        at=at,
    )
    return pdf_response(content, receipts.file_name(shared.says.type.value, shared.says.number))


@router.head("/{token}/receipt", include_in_schema=False)
@router.get("/{token}/receipt", response_class=Response, responses=PDF_ANSWER)
async def get_shared_receipt(
    token: Token, database: Db, at: Now, request: Request, lang: PageLanguage = None
) -> Response:
    """Download the receipt of the answer that stands, as a PDF."""
    async with database.transaction() as tx:
        await _identify(tx, request, token, at)
    printer = provided(request, Printer)  # type: ignore[type-abstract]  # the table is keyed by ports
    content, name = await receipts.receipt_pdf(database, printer, token, lang, at=at)
    return pdf_response(content, name)


def pdf_response(content: bytes, name: str) -> Response:
    """Answer with a PDF that opens in the browser and is found by nobody else."""
    headers = {
        "Content-Disposition": f'inline; filename="{name}"',
        "X-Robots-Tag": "noindex, nofollow, noarchive",
        "Referrer-Policy": "no-referrer",
    }
    return Response(content, media_type=PDF, headers=headers)


async def note_fetch(
    database: Database, shared: Shared, visit: Visit, at: datetime, page: str = "document"
) -> None:
    """Keep telemetry after the answer has left, in a transaction of its own."""
    async with database.transaction(shared.organization.id) as tx:
        await service.record_fetch(tx, shared, visit, page, at=at)


async def _read(tx: AsyncSession, request: Request, token: str, at: datetime) -> Shared:
    shared = await service.read(tx, token, at=at)
    note_organization(request, shared.organization.id)
    return shared


async def _identify(
    tx: AsyncSession, request: Request, token: str, at: datetime, *, also_expired: bool = False
) -> Actor:
    actor = await service.identify(tx, token, at=at, also_expired=also_expired)
    note_organization(request, actor.organization_id)
    return actor


async def _claim(
    tx: AsyncSession, request: Request, token: str, at: datetime, *, also_expired: bool = False
) -> None:
    """Take the request's key, if it brings one: who acts is looked up for nothing else."""
    if idempotency.HEADER in request.headers:
        actor = await _identify(tx, request, token, at, also_expired=also_expired)
        await idempotency.claim(tx, request, actor, at=at, is_required=False)


async def _answer(
    tx: AsyncSession, request: Request, token: str, action: Action, form: AnswerForm, at: datetime
) -> SharedView:
    await _claim(tx, request, token, at)
    secret_key = request.app.state.secret_key
    visit = visit_of(request)
    shared = await service.answer(tx, token, action, form, visit, secret_key=secret_key, at=at)
    note_organization(request, shared.organization.id)
    return _view(request, shared, form.language, at)


def _form(body: ClientAnswer, language: str | None) -> AnswerForm:
    return AnswerForm(
        name=body.name,
        form_nonce=body.form_nonce,
        statement_accepted=body.statement_accepted,
        comment=body.comment or "",
        language=language,
    )


def _view(request: Request, shared: Shared, language: str | None, at: datetime) -> SharedView:
    nonce = service.form_nonce(shared, request.app.state.secret_key, at=at)
    return view_of(shared, nonce, language)
