"""Verbs behind a link: read, answer, comment, be seen, ask for a new link.

The token is the authority and the document's row lock the referee: whoever holds it
decides, everybody after reads what was decided.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import JsonValue
from sqlalchemy.ext.asyncio import AsyncSession

from app.comments import queries as comments
from app.comments.service import comment_by_client
from app.dispatch import queries as dispatches
from app.dispatch import service as dispatching
from app.dispatch import viewing
from app.dispatch.models import Recipient
from app.dispatch.promising import Sender
from app.documents import deciding, links, printable, states
from app.documents import queries as documents
from app.documents.deciding import Answer
from app.documents.differing import Difference, difference
from app.documents.models import ClientLink, Decision, Document, DocumentRevision
from app.documents.printable import Printable
from app.kernel.actor import Actor, ActorKind
from app.kernel.errors import Conflict, Forbidden, Gone, NotFound, Unavailable
from app.notices.service import raise_about
from app.organizations import queries as organizations
from app.payments import queries as payments
from app.payments.models import Payment
from app.portal import forms, nonce, queries
from app.portal.evidence import evidence_of
from app.portal.nonce import Bound
from app.portal.reading import Shared
from app.portal.statements import statement
from app.portal.visits import BURST, Visit, explain, opens_all, verdict

Action = Literal["accept", "reject", "undo"]

PDF_WAIT_S = 5
_DEEDS = ("accept", "reject", "undo", "comment")


class UnknownLink(NotFound):
    """The token is unknown, malformed or revoked; the answer is the same."""


@dataclass(frozen=True, slots=True)
class AnswerForm:
    """What a client sends to answer.

    Attributes:
        name: As typed; taking an answer back needs none.
        form_nonce: From the page the form was on.
        statement_accepted: Whether the sentence was ticked; not asked to take back.
        comment: Optional words, at most 2,000 characters.
        language: Of the page; None for the document's.
    """

    name: str
    form_nonce: str
    statement_accepted: bool = False
    comment: str = ""
    language: str | None = None


async def identify(
    tx: AsyncSession, token: str, *, at: datetime, also_expired: bool = False
) -> Actor:
    """Give the client behind a link, and enter its organization.

    Raises:
        UnknownLink: The token is unknown, malformed or revoked.
        Gone: The link has expired.
    """
    link = await (_find(tx, token) if also_expired else _live(tx, token, at=at))
    return Actor(ActorKind.CLIENT, link.organization_id, link.recipient_id, "")


async def read(tx: AsyncSession, token: str, *, at: datetime) -> Shared:
    """Give everything a client's page is made of; nothing is written.

    Raises:
        UnknownLink: The token is unknown, malformed or revoked.
        Gone: The link has expired.
    """
    return await _gather(tx, await _live(tx, token, at=at), at=at)


async def answer(
    tx: AsyncSession,
    token: str,
    action: Action,
    form: AnswerForm,
    visit: Visit,
    *,
    secret_key: bytes,
    at: datetime,
) -> Shared:
    """Accept, reject or take back; give what stands afterwards.

    Repeating the answer that stands changes nothing and is no error.

    Args:
        tx: The request's transaction.
        token: The link's.
        action: `accept`, `reject` or `undo`.
        form: What the client sent.
        visit: The request that brought it, kept as evidence.
        secret_key: Signs form nonces.
        at: Now.

    Raises:
        UnknownLink: The token is unknown, malformed or revoked.
        Gone: The link has expired.
        Forbidden: The link may only read.
        Conflict: The nonce is not good, or the answer is not possible now.
        Invalid: The name or the tick is missing, or the comment is too long.
        Unavailable: The PDF, which an answer is bound to, is still being made.
    """
    shared = await locked(tx, token, at=at)
    pdf_sha256 = require_form(shared, form.form_nonce, secret_key, at)
    name, comment = forms.clean_line(form.name), forms.clean_text(form.comment)
    language = form.language or shared.says.language
    spoken = None
    if action == "undo":
        own = shared.decision
        is_own = own is not None and own.actor_id == shared.recipient.id
        name = name or (own.actor_name if own is not None and is_own else "")
        name = name or shared.recipient.name or shared.recipient.address
    else:
        forms.check_answer(name, comment, is_ticked=form.statement_accepted)
        spoken = statement(shared.says, action, language)
    actor = client_of(shared.recipient, name)
    kind = deciding.KIND_OF[action]
    evidence = evidence_of(shared, token, kind, name, language, spoken, visit, at=at)
    before = shared.document.decision
    await count_person(tx, actor, shared.document, shared.recipient, visit, action, at=at)
    given = await deciding.answer_by_client(
        tx,
        actor,
        shared.document,
        shared.link,
        shared.decision,
        Answer(action, name, "public_link", comment or None, pdf_sha256, evidence),
        at=at,
    )
    if given is None:
        return _after(shared, shared.decision, at=at)
    await _tell_staff(tx, actor, shared.document, given, before, at=at)
    answered = _after(shared, given, at=at)
    return await _with_thread(tx, answered) if given.comment else answered


async def comment(
    tx: AsyncSession,
    token: str,
    name: str,
    body: str,
    form_nonce: str,
    visit: Visit,
    *,
    secret_key: bytes,
    at: datetime,
) -> Shared:
    """Write into the thread; this neither accepts nor rejects anything.

    Raises:
        UnknownLink: The token is unknown, malformed or revoked.
        Gone: The link has expired.
        Forbidden: The link may only read.
        Conflict: The nonce is not good.
        Invalid: Name or words are missing or too long.
        Unavailable: The PDF is still being made.
    """
    shared = await locked(tx, token, at=at)
    require_form(shared, form_nonce, secret_key, at)
    name, body = forms.clean_line(name), forms.clean_text(body)
    forms.check_comment(name, body)
    actor = client_of(shared.recipient, name)
    await count_person(tx, actor, shared.document, shared.recipient, visit, "comment", at=at)
    await comment_by_client(tx, actor, shared.document, name=name, body=body, at=at)
    return await _with_thread(tx, _after(shared, shared.decision, at=at))


async def record_fetch(
    tx: AsyncSession, shared: Shared, visit: Visit, page: str = "document", *, at: datetime
) -> None:
    """Keep that a page was fetched and what that may mean; it counts for nothing.

    Args:
        tx: A transaction in the organization.
        shared: What is behind the link.
        visit: The request.
        page: `document`, or where a button of the letter leads: `accept`, `reject`, `pay`.
        at: When it was fetched.
    """
    recipient = shared.recipient
    pages = await dispatches.pages_fetched(tx, recipient, since=at - BURST)
    judged, signs = verdict(visit, recipient.sent_at, at, pages={*pages, page})
    await viewing.note(
        tx,
        recipient,
        "page_fetched",
        judged,
        explain(signs, shared.organization.default_language),
        {
            **visit.signals,
            "user-agent": visit.user_agent,
            "accept-language": visit.accept_language,
            "page": page,
            "signs": " ".join(signs),
        },
        visit.source,
        at=at,
    )


async def record_view(
    tx: AsyncSession, token: str, visit: Visit, signal: str, *, at: datetime
) -> None:
    """Count a view: the page tells that a person touched it.

    What a browser says that follows every button of the letter within seconds is kept,
    and counts for nothing: it opens them all, as scanners do, and presses what it finds.

    Args:
        tx: The request's transaction.
        token: The link's.
        visit: The request that tells.
        signal: What the person did, such as `scroll` or `button`.
        at: Now.

    Raises:
        UnknownLink: The token is unknown, malformed or revoked.
        Gone: The link has expired.
    """
    link = await _live(tx, token, at=at)
    document, recipient = await _lock(tx, link)
    if await opens_everything(tx, recipient, at=at):
        await _note_machine(tx, document, recipient, visit, signal, at=at)
        return
    await count_person(tx, client_of(recipient), document, recipient, visit, signal, at=at)


async def renew(tx: AsyncSession, token: str, sender: Sender, *, at: datetime) -> None:
    """Mail a new link to the address that got this one, which may have expired.

    Raises:
        UnknownLink: The token is unknown, malformed or revoked.
        Conflict: The document cannot be sent any more.
    """
    link = await _find(tx, token)
    document, recipient = await _lock(tx, link)
    await dispatching.renew_link(tx, client_of(recipient), document, recipient, sender, at=at)


async def lead_on(tx: AsyncSession, token: str, *, at: datetime) -> str:
    """Give whoever holds a link to a revision that was replaced one to the present revision.

    Only if that was sent to the same address; it is then as good as the one sent there.

    Raises:
        UnknownLink: The token is unknown, malformed or revoked.
        Gone: The link has expired.
        Conflict: The present revision was not sent to this address.
    """
    link = await _live(tx, token, at=at)
    document, recipient = await _lock(tx, link)
    if link.revision == document.revision:
        return token
    successor = await dispatches.find_recipient(tx, document, recipient.address)
    if successor is None:
        raise Conflict(reason="not_current_revision")
    zone = ZoneInfo((await organizations.get(tx, document.organization_id)).time_zone)
    return await links.issue(
        tx,
        document,
        successor.id,
        rights=successor.rights,
        expires_at=links.expiry_of(document, zone, at=at),
        at=at,
    )


def form_nonce(shared: Shared, secret_key: bytes, *, at: datetime) -> str | None:
    """Give the nonce of a page's forms; None where the link may only read."""
    if shared.link.can_only_read:
        return None
    return nonce.make(_bound(shared), secret_key, at=at)


async def _find(tx: AsyncSession, token: str) -> ClientLink:
    link = await links.find(tx, token)
    if link is None:
        raise UnknownLink
    return link


async def _live(tx: AsyncSession, token: str, *, at: datetime) -> ClientLink:
    link = await _find(tx, token)
    if link.expires_at <= at:
        raise Gone
    return link


async def _lock(tx: AsyncSession, link: ClientLink) -> tuple[Document, Recipient]:
    """Lock the document first, so that everything about it happens in a row."""
    by = Actor(ActorKind.CLIENT, link.organization_id, link.recipient_id, "")
    document = await documents.get(tx, by, link.document_id, for_update=True)
    recipient = await dispatches.recipient(
        tx, link.organization_id, link.recipient_id, for_update=True
    )
    return document, recipient


async def locked(tx: AsyncSession, token: str, *, at: datetime) -> Shared:
    """Lock the document, then read: a link revoked meanwhile is not found any more."""
    link = await _live(tx, token, at=at)
    held = await _lock(tx, link)
    if await links.is_revoked(tx, link):
        raise UnknownLink
    shared = await _gather(tx, link, at=at)
    assert held == (shared.document, shared.recipient)  # noqa: S101 - the very rows we locked
    return shared


async def _gather(tx: AsyncSession, link: ClientLink, *, at: datetime) -> Shared:
    rows = await queries.behind(tx, link)
    organization, document, revision = rows.organization, rows.document, rows.revision
    is_current = link.revision == document.revision
    pdf_sha256 = document.pdf_sha256
    if not is_current:
        pdf = await documents.find_pdf(
            tx, organization.id, document.id, revision.number, revision.language
        )
        pdf_sha256 = pdf.sha256 if pdf is not None else None
    last = await documents.last_decision(tx, document, link.revision)
    standing = deciding.standing_of(document, link, organization, last, at=at)
    return Shared(
        organization=organization,
        document=document,
        link=link,
        recipient=rows.recipient,
        says=_as_it_stands(printable.from_json(revision.snapshot), document, link),
        pdf_sha256=pdf_sha256,
        standing=standing,
        refusals=states.refusals(standing, at=at),
        decision=last,
        thread=await comments.thread(tx, document),
        newer=None if is_current else document.revision,
        successor=None
        if is_current
        else await dispatches.find_recipient(tx, document, rows.recipient.address),
        changes=await _changes(tx, revision),
        payment=await _payment(tx, document),
        at=at,
    )


def _as_it_stands(says: Printable, document: Document, link: ClientLink) -> Printable:
    """Tell until when a quote that was extended can be accepted."""
    is_current = link.revision == document.revision
    return replace(says, valid_until=document.valid_until) if is_current else says


async def _changes(tx: AsyncSession, revision: DocumentRevision) -> Difference | None:
    """Compare a revision with the one before, unless that was another client's."""
    if revision.number == 1:
        return None
    before = await documents.revision(
        tx, revision.organization_id, revision.document_id, revision.number - 1
    )
    if before.contact_id != revision.contact_id:
        return None
    return difference(printable.from_json(before.snapshot), printable.from_json(revision.snapshot))


def _after(shared: Shared, decision: Decision | None, *, at: datetime) -> Shared:
    """Say what stands once the document, whose row is ours, has changed."""
    standing = deciding.standing_of(
        shared.document, shared.link, shared.organization, decision, at=at
    )
    refusals = states.refusals(standing, at=at)
    return replace(shared, standing=standing, refusals=refusals, decision=decision)


async def _with_thread(tx: AsyncSession, shared: Shared) -> Shared:
    """Read the comments again."""
    return replace(shared, thread=await comments.thread(tx, shared.document))


async def _payment(tx: AsyncSession, document: Document) -> Payment | None:
    """Find what a page tells of paying; most documents have nothing to look for."""
    if document.payment_state in {"unpaid", "not_applicable"}:
        return None
    return await payments.last(tx, document)


def client_of(recipient: Recipient, name: str = "") -> Actor:
    """Give the client behind a link, by the name they typed or the one they were sent under."""
    shown = name or recipient.name or recipient.address
    return Actor(ActorKind.CLIENT, recipient.organization_id, recipient.id, shown)


def _bound(shared: Shared) -> Bound:
    return Bound(shared.recipient.id, shared.link.revision, shared.pdf_sha256 or "")


def require_form(shared: Shared, text: str, secret_key: bytes, at: datetime) -> str:
    """Refuse a form that no page of ours carried lately; give the PDF's fingerprint."""
    if shared.link.can_only_read:
        raise Forbidden(code="role_missing", reason="recipient_read_only")
    if shared.pdf_sha256 is None:
        raise Unavailable(retry_after_s=PDF_WAIT_S)
    if not nonce.is_good(text, _bound(shared), secret_key, at=at):
        raise Conflict(reason="form_nonce_invalid", extra=possible(shared))
    return shared.pdf_sha256


def possible(shared: Shared) -> dict[str, JsonValue]:
    """What a refusal tells besides its reason."""
    allowed: list[JsonValue] = [name for name, why in shared.refusals.items() if why is None]
    return {"current_status": shared.document.status, "allowed_actions": allowed}


async def count_person(
    tx: AsyncSession,
    actor: Actor,
    document: Document,
    recipient: Recipient,
    visit: Visit,
    signal: str,
    *,
    at: datetime,
) -> None:
    """Keep that a person did something, which makes the document opened."""
    organization = await organizations.get(tx, document.organization_id)
    told = f"touch.{signal}" if signal in _DEEDS else "touch.page"
    await viewing.note(
        tx,
        recipient,
        "opened",
        "human",
        explain([told], organization.default_language),
        {**visit.signals, "user-agent": visit.user_agent, "signal": signal},
        visit.source,
        at=at,
    )
    await viewing.opened(tx, actor, document, recipient, at=at)


async def opens_everything(tx: AsyncSession, recipient: Recipient, *, at: datetime) -> bool:
    """Tell whether somebody just followed the buttons to accept and to reject, as scanners do."""
    return opens_all(await dispatches.pages_fetched(tx, recipient, since=at - BURST))


async def _note_machine(
    tx: AsyncSession,
    document: Document,
    recipient: Recipient,
    visit: Visit,
    signal: str,
    *,
    at: datetime,
) -> None:
    """Keep a touch that no person made."""
    organization = await organizations.get(tx, document.organization_id)
    await viewing.note(
        tx,
        recipient,
        "page_touched",
        "machine",
        explain(["opened_all_pages"], organization.default_language),
        {**visit.signals, "user-agent": visit.user_agent, "signal": signal},
        visit.source,
        at=at,
    )


async def _tell_staff(
    tx: AsyncSession,
    actor: Actor,
    document: Document,
    decision: Decision,
    before: str,
    *,
    at: datetime,
) -> None:
    """Put the client's words into the thread; alert staff to what they may not like."""
    about = {"rejected": "document.rejected"}
    if before == "accepted":
        about["withdrawn"] = "document.decision_withdrawn"
    kind = about.get(decision.kind)
    if decision.comment:
        await comment_by_client(
            tx,
            actor,
            document,
            name=decision.actor_name,
            body=decision.comment,
            at=at,
            is_told=kind is not None,
        )
    if kind is not None:
        await raise_about(
            tx,
            actor,
            document,
            kind,
            subject_type="decision",
            subject_id=decision.id,
            at=at,
            name=decision.actor_name,
            comment=decision.comment,
        )
