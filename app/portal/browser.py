"""The client's pages: server-rendered, working without a script, errors as pages."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse
from starlette.background import BackgroundTask

from app.dispatch.router import Sending
from app.documents.ports import Printer
from app.documents.rendering import ensure_pdf
from app.kernel.colors import Accent, dark_accent, light_accent
from app.kernel.database import Database
from app.kernel.errors import Conflict, Forbidden, Gone, Invalid, Malformed, NotFound, Problem
from app.kernel.wording import wording
from app.organizations import queries as organizations
from app.portal import confirming, frames, markup, pages, panels, receipts, service
from app.portal.browsing import (
    PageRoute,
    chosen_language,
    form_of,
    page_response,
    problem_response,
)
from app.portal.confirming import Typed
from app.portal.frames import Paths
from app.portal.guarding import Sparingly
from app.portal.naming import naming_of
from app.portal.pages import CommentForm
from app.portal.panels import Panel
from app.portal.reading import Shared
from app.portal.router import note_fetch, pdf_response
from app.portal.service import AnswerForm
from app.portal.statements import statement
from app.portal.visits import visit_of
from app.web.declarations import Public
from app.web.dependencies import Db, Now, provided
from app.web.problems import STATUS, language_of
from app.web.rate_limits import CLIENT_ANSWERS, CLIENT_COMMENTS, RENEWALS

router = APIRouter(
    include_in_schema=False,
    route_class=PageRoute,
    dependencies=[Depends(Public("The token of the link is the authority."))],
)

Decisive = Literal["accept", "reject"]

FOR_EVER = "public, max-age=31536000, immutable"
_A_WHILE = "public, max-age=300"
_MEDIA_TYPES = {
    "page.css": "text/css; charset=utf-8",
    "page.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
}
_SIGNALS = frozenset({"beacon", "button", "pdf"})
_HEX = re.compile(r"[0-9a-f]{6}")
_READ = ["GET", "HEAD"]


async def _asked_language(request: Request) -> str | None:
    return chosen_language(request)


Language = Annotated[str | None, Depends(_asked_language)]


@router.api_route("/d/{token}", methods=_READ)
async def show_document(
    token: str, request: Request, database: Db, at: Now, language: Language
) -> Response:
    """Show the document; it is only noted that the page was fetched."""
    done = request.query_params.get("done", "")
    try:
        async with database.transaction() as tx:
            shared = await service.read(tx, token, at=at)
    except Gone as gone:
        if done == "link":
            return _link_sent(request, token)
        return problem_response(request, gone)
    response = _document(request, shared, Paths(token, language), at, done=done)
    response.background = BackgroundTask(note_fetch, database, shared, visit_of(request), at)
    return response


@router.api_route("/d/{token}/accept", methods=_READ)
async def show_accept(
    token: str, request: Request, database: Db, at: Now, language: Language
) -> Response:
    """Ask once more before accepting."""
    return await _ask(request, database, Paths(token, language), at, action="accept")


@router.api_route("/d/{token}/reject", methods=_READ)
async def show_reject(
    token: str, request: Request, database: Db, at: Now, language: Language
) -> Response:
    """Ask once more before rejecting."""
    return await _ask(request, database, Paths(token, language), at, action="reject")


@router.post("/d/{token}/decision", dependencies=[Depends(Sparingly(CLIENT_ANSWERS))])
async def decide(
    token: str, request: Request, database: Db, at: Now, language: Language
) -> Response:
    """Accept or reject, then lead back to the document (303)."""
    fields = await form_of(request)
    action = _decisive(fields)
    paths = Paths(token, language)
    typed = Typed(
        name=fields.get("name", ""),
        comment=fields.get("comment", ""),
        statement_accepted="statement" in fields,
    )
    form = AnswerForm(
        name=typed.name,
        form_nonce=fields.get("form_nonce", ""),
        statement_accepted=typed.statement_accepted,
        comment=typed.comment,
        language=language,
    )
    secret_key = request.app.state.secret_key
    try:
        async with database.transaction() as tx:
            await service.answer(
                tx,
                token,
                action,
                form,
                visit_of(request),
                secret_key=secret_key,
                at=at,
            )
    except (Invalid, Conflict, Forbidden) as refusal:
        if isinstance(refusal, Invalid) or refusal.reason == "form_nonce_invalid":
            return await _confirm_again(
                request, database, paths, at, refusal, action=action, typed=typed
            )
        return await _refused(request, database, paths, refusal, at)
    return _see(paths())


@router.post("/d/{token}/undo", dependencies=[Depends(Sparingly(CLIENT_ANSWERS))])
async def undo(token: str, request: Request, database: Db, at: Now, language: Language) -> Response:
    """Take an answer back, then lead to the document (303)."""
    fields = await form_of(request)
    paths = Paths(token, language)
    form = AnswerForm(name="", form_nonce=fields.get("form_nonce", ""), language=language)
    secret_key = request.app.state.secret_key
    try:
        async with database.transaction() as tx:
            visit = visit_of(request)
            await service.answer(tx, token, "undo", form, visit, secret_key=secret_key, at=at)
    except (Conflict, Forbidden) as refusal:
        return await _refused(request, database, paths, refusal, at)
    return _see(paths(done="undo"))


@router.post("/d/{token}/comments", dependencies=[Depends(Sparingly(CLIENT_COMMENTS))])
async def add_comment(
    token: str, request: Request, database: Db, at: Now, language: Language
) -> Response:
    """Write into the thread, or ask for a new quote, then lead back (303)."""
    fields = await form_of(request)
    is_renewal = fields.get("action") == "renewal"
    paths = Paths(token, language)
    body = fields.get("body", "")
    secret_key = request.app.state.secret_key
    try:
        async with database.transaction() as tx:
            shared = await service.read(tx, token, at=at)
            if is_renewal:
                body = wording("pages", language or shared.says.language)("comment.renewal")
            await service.comment(
                tx,
                token,
                shared.recipient.name or shared.says.client.name,
                body,
                fields.get("form_nonce", ""),
                visit_of(request),
                secret_key=secret_key,
                at=at,
            )
    except (Invalid, Conflict, Forbidden) as refusal:
        if is_renewal or isinstance(refusal, Forbidden):
            return await _refused(request, database, paths, refusal, at)
        return await _comment_again(request, database, paths, refusal, body, at)
    if is_renewal:
        return _see(paths(done="renewal"))
    return _see(paths(done="comment") + "#comments")


@router.post("/d/{token}/seen")
async def tell_seen(
    token: str, request: Request, database: Db, at: Now, language: Language
) -> Response:
    """Count a view: the script tells of a person (204), or the button did (303)."""
    fields = await form_of(request)
    signal = fields.get("signal")
    if signal not in _SIGNALS:
        raise Malformed
    async with database.transaction() as tx:
        await service.record_view(tx, token, visit_of(request), signal, at=at)
    if signal == "button":
        return _see(Paths(token, language)(done="seen"))
    return Response(status_code=204)


@router.api_route("/d/{token}/pdf", methods=_READ)
async def show_pdf(token: str, request: Request, database: Db, at: Now) -> Response:
    """Give the stored PDF, the same bytes for everyone."""
    async with database.transaction() as tx:
        shared = await service.read(tx, token, at=at)
    content = await ensure_pdf(
        database,
        provided(request, Printer),  # type: ignore[type-abstract]  # the table is keyed by ports
        shared.organization.id,
        shared.document.id,
        shared.link.revision,
        at=at,
    )
    noun = naming_of(shared.says, shared.says.language).heading
    return pdf_response(content, receipts.file_name(noun, shared.says.number))


@router.api_route("/d/{token}/receipt", methods=_READ)
async def show_receipt(
    token: str, request: Request, database: Db, at: Now, language: Language
) -> Response:
    """Give the receipt of the answer that stands."""
    printer = provided(request, Printer)  # type: ignore[type-abstract]  # the table is keyed by ports
    content, name = await receipts.receipt_pdf(database, printer, token, language, at=at)
    return pdf_response(content, name)


@router.api_route("/d/{token}/logo", methods=_READ)
async def show_logo(token: str, database: Db, at: Now) -> Response:
    """Give the logo the document was issued with.

    Raises:
        NotFound: It has none.
    """
    async with database.transaction() as tx:
        shared = await service.read(tx, token, at=at)
        jpeg = await organizations.logo(tx, shared.organization.id, shared.says.logo_sha256)
    if jpeg is None:
        raise NotFound
    return Response(jpeg, media_type="image/jpeg")


@router.post("/d/{token}/renewals", dependencies=[Depends(Sparingly(RENEWALS))])
async def renew(
    token: str, request: Request, database: Db, at: Now, language: Language, sending: Sending
) -> Response:
    """Mail a new link to the address that got this one, then say so (303)."""
    await form_of(request)
    try:
        async with database.transaction() as tx:
            await service.renew(tx, token, sending, at=at)
    except (Conflict, Invalid) as refusal:
        tongue = language or language_of(request)
        page = frames.message_page(tongue, "link_refused", f"/d/{token}")
        return page_response(page, STATUS[refusal.problem_code])
    return _see(Paths(token, language)(done="link"))


@router.post("/d/{token}/latest", dependencies=[Depends(Sparingly(RENEWALS))])
async def lead_on(
    token: str, request: Request, database: Db, at: Now, language: Language
) -> Response:
    """Lead from a version that was replaced to the present one, sent to the same address (303)."""
    await form_of(request)
    paths = Paths(token, language)
    try:
        async with database.transaction() as tx:
            newer = await service.lead_on(tx, token, at=at)
    except Conflict as refusal:
        return await _refused(request, database, paths, refusal, at)
    return _see(Paths(newer, language)())


@router.api_route("/d/{path:path}", methods=[*_READ, "POST", "PUT", "PATCH", "DELETE"])
async def miss(path: str) -> Response:
    """Answer whatever else starts like a link as an unknown one.

    Raises:
        NotFound: Always.
    """
    del path
    raise NotFound


@router.api_route("/theme/{color}.css", methods=_READ)
async def show_theme(color: str) -> Response:
    """Give what follows from an accent; it is derived, so it may be kept for ever.

    Raises:
        NotFound: It is not six lower-case hexadecimal digits.
    """
    if not _HEX.fullmatch(color):
        raise NotFound
    light, dark = _tokens(light_accent(f"#{color}")), _tokens(dark_accent(f"#{color}"))
    css = f":root{{{light}}}@media (prefers-color-scheme:dark){{:root{{{dark}}}}}\n"
    return _asset(css.encode(), "page.css", FOR_EVER)


@router.api_route("/static/{name}", methods=_READ)
async def show_asset(name: str, v: str = "") -> Response:
    """Give our stylesheet or our script; under its content's name it never changes.

    Raises:
        NotFound: There is no such file.
    """
    if name not in _MEDIA_TYPES:
        raise NotFound
    keeps = FOR_EVER if v == markup.asset_version(name) else _A_WHILE
    return _asset(markup.asset(name), name, keeps)


@router.api_route("/privacy", methods=_READ)
async def show_privacy(request: Request, language: Language) -> Response:
    """Say what is kept of a visitor, and by whom."""
    tongue = language or language_of(request)
    return page_response(frames.message_page(tongue, "privacy", "/privacy", lines=5))


def _asset(content: bytes, name: str, keeps: str) -> Response:
    return Response(content, media_type=_MEDIA_TYPES[name], headers={"Cache-Control": keeps})


def _tokens(accent: Accent) -> str:
    return (
        f"--accent:{accent.fill};--accent-hover:{accent.hover};--on-accent:{accent.label};"
        f"--accent-text:{accent.text};--accent-border:{accent.border}"
    )


def _decisive(fields: Mapping[str, str]) -> Decisive:
    action = fields.get("action")
    if action == "accept":
        return "accept"
    if action == "reject":
        return "reject"
    raise Malformed


def _see(path: str) -> Response:
    """Lead to a page with GET, so that reloading it repeats nothing."""
    return RedirectResponse(path, 303)


def _language(shared: Shared, paths: Paths) -> str:
    return paths.language or shared.says.language


def _nonce(request: Request, shared: Shared, at: datetime) -> str:
    return service.form_nonce(shared, request.app.state.secret_key, at=at) or ""


def _document(
    request: Request,
    shared: Shared,
    paths: Paths,
    at: datetime,
    *,
    done: str = "",
    alert: Panel | None = None,
    comment: CommentForm | None = None,
    status: int = 200,
) -> Response:
    page = pages.document_page(
        shared,
        paths,
        _language(shared, paths),
        nonce=_nonce(request, shared, at),
        done=done,
        alert=alert,
        comment=comment,
    )
    return page_response(page, status)


async def _ask(
    request: Request, database: Database, paths: Paths, at: datetime, *, action: Decisive
) -> Response:
    """Show the confirm page, or lead to the document when the answer is not possible."""
    async with database.transaction() as tx:
        shared = await service.read(tx, paths.token, at=at)
    if shared.refusals[action] is not None:
        response = _see(paths())
    else:
        response = _confirm(request, shared, paths, at, action=action)
    response.background = BackgroundTask(
        note_fetch, database, shared, visit_of(request), at, action
    )
    return response


def _confirm(
    request: Request,
    shared: Shared,
    paths: Paths,
    at: datetime,
    *,
    action: Decisive,
    typed: Typed | None = None,
    pointers: Mapping[str, str] | None = None,
    reason: str | None = None,
    status: int = 200,
) -> Response:
    language = _language(shared, paths)
    page = confirming.confirm_page(
        shared,
        paths,
        language,
        action=action,
        statement=statement(shared.says, action, language).text,
        nonce=_nonce(request, shared, at),
        typed=typed,
        pointers=pointers,
        reason=reason,
    )
    return page_response(page, status)


async def _confirm_again(
    request: Request,
    database: Database,
    paths: Paths,
    at: datetime,
    problem: Problem,
    *,
    action: Decisive,
    typed: Typed,
) -> Response:
    """Give the form back with what was typed and what is wrong with it."""
    async with database.transaction() as tx:
        shared = await service.read(tx, paths.token, at=at)
    return _confirm(
        request,
        shared,
        paths,
        at,
        action=action,
        typed=typed,
        pointers={fault.pointer: fault.code for fault in problem.faults},
        reason=problem.reason,
        status=STATUS[problem.problem_code],
    )


async def _refused(
    request: Request, database: Database, paths: Paths, refusal: Problem, at: datetime
) -> Response:
    """Show the document as it is now, and why nothing was kept."""
    async with database.transaction() as tx:
        shared = await service.read(tx, paths.token, at=at)
    alert = panels.refusal_panel(refusal.reason, shared, _language(shared, paths))
    status = STATUS[refusal.problem_code]
    return _document(request, shared, paths, at, alert=alert, status=status)


async def _comment_again(
    request: Request,
    database: Database,
    paths: Paths,
    refusal: Problem,
    body: str,
    at: datetime,
) -> Response:
    async with database.transaction() as tx:
        shared = await service.read(tx, paths.token, at=at)
    texts = wording("pages", _language(shared, paths))
    error = confirming.comment_error(body, texts)
    if refusal.reason == "form_nonce_invalid":
        error = texts("reason.comment.form_nonce_invalid")
    form = CommentForm(_nonce(request, shared, at), body, error)
    status = STATUS[refusal.problem_code]
    return _document(request, shared, paths, at, comment=form, status=status)


def _link_sent(request: Request, token: str) -> Response:
    language = chosen_language(request) or language_of(request)
    return page_response(frames.message_page(language, "link_sent", f"/d/{token}"))
