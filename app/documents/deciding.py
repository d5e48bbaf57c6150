"""Verbs: accept, reject, take back. Each answer is a row; the last one counts."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import JsonValue
from sqlalchemy.ext.asyncio import AsyncSession

from app.documents import queries, states
from app.documents.drafting import conflict_facts, require_issued
from app.documents.events import decided
from app.documents.models import ClientLink, Decision, Document
from app.documents.projecting import project
from app.events.record import record
from app.kernel.actor import Actor, Permission
from app.kernel.errors import Conflict, Fault, Forbidden, Invalid
from app.kernel.identifiers import new_id
from app.organizations import queries as organizations
from app.organizations.models import Organization

KIND_OF = {"accept": "accepted", "reject": "rejected", "undo": "withdrawn"}
"""The kind of decision each action makes."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a client, or staff for them, says to a revision.

    Attributes:
        action: `accept`, `reject` or `undo`.
        name: Who answers, as typed.
        channel: `public_link`, `staff_on_behalf` or `payment`.
        evidence: What is kept with it, to show later who said what.
    """

    action: str
    name: str
    channel: str
    comment: str | None
    pdf_sha256: str
    evidence: dict[str, JsonValue]


def standing_of(
    document: Document,
    link: ClientLink,
    organization: Organization,
    last: Decision | None,
    *,
    at: datetime,
) -> states.Standing:
    """Tell where a document stands for the holder of a link.

    Args:
        document: As it is now.
        link: What the holder has.
        organization: Whose document.
        last: The last answer to the link's revision.
        at: Now.
    """
    today = at.astimezone(ZoneInfo(organization.time_zone)).date()
    # Only one's own answer can be taken back: another addressee's is another's.
    by_client = last is not None and last.actor_id == link.recipient_id
    return states.Standing(
        issue_state=document.issue_state,
        is_current=link.revision == document.revision,
        is_expired=states.is_expired(document, today),
        decision=document.decision,
        client_answered_at=last.decided_at if last is not None and by_client else None,
        can_decide=link.can_decide,
        can_pay=link.can_pay,
        payments_enabled=organization.payments_enabled,
        amount_due_minor=document.due.amount_minor,
        is_converted=document.is_converted,
        is_billed=document.is_billed,
    )


async def answer_by_client(
    tx: AsyncSession,
    actor: Actor,
    document: Document,
    link: ClientLink,
    last: Decision | None,
    answer: Answer,
    *,
    at: datetime,
) -> Decision | None:
    """Record a client's answer; None when it repeats the one that stands.

    Args:
        tx: The request's transaction.
        actor: The client behind the link.
        document: Read for update: its lock decides between two at once.
        link: What the client holds.
        last: The last answer to the link's revision, read under that lock.
        answer: What they say.
        at: Now.

    Raises:
        Conflict: The answer is not possible now; its reason, and what is.
        Forbidden: The link may only read.
    """
    organization = await organizations.get(tx, document.organization_id)
    standing = standing_of(document, link, organization, last, at=at)
    refusals = states.refusals(standing, at=at)
    reason = refusals[answer.action]
    if reason == "recipient_read_only":
        raise Forbidden(code="role_missing", reason=reason)
    if reason in {"already_accepted", "already_rejected"} and _repeats(document, answer):
        return None
    if answer.action == "undo" and _took_back(last, link):
        return None
    if reason is not None:
        allowed: list[JsonValue] = [name for name, why in refusals.items() if why is None]
        extra: dict[str, JsonValue] = {
            "current_status": document.status,
            "allowed_actions": allowed,
        }
        if reason == "not_current_revision":
            extra["current_revision"] = document.revision
        raise Conflict(reason=reason, extra=extra)
    return await _decide(tx, actor, document, link.revision, last, answer, at=at)


async def answer_on_behalf(
    tx: AsyncSession, actor: Actor, document: Document, answer: Answer, *, at: datetime
) -> Decision | None:
    """Record what the client told staff, also after expiry; None for a repetition.

    Raises:
        Conflict: The document is not open, or the acceptance must be undone first.
        Invalid: Taking an answer back needs a reason.
    """
    actor.require(Permission.DOCUMENTS_WRITE)
    require_issued(document)
    if document.is_converted:
        raise Conflict(reason="document_converted", extra=conflict_facts(document))
    if answer.action == "undo" and not answer.comment:
        raise Invalid(faults=[Fault("/note", "missing")])
    if _repeats(document, answer):
        return None
    if answer.action == "reject" and document.decision == "accepted":
        raise Conflict(reason="already_accepted", extra=conflict_facts(document))
    last = await queries.last_decision(tx, document, document.revision)
    return await _decide(tx, actor, document, document.revision, last, answer, at=at)


async def accept_by_payment(
    tx: AsyncSession,
    actor: Actor,
    document: Document,
    name: str,
    evidence: dict[str, JsonValue],
    *,
    at: datetime,
) -> Decision | None:
    """Record that who pays a quote accepts it; None when it is accepted, or no longer stands.

    Args:
        tx: The transaction that books the payment.
        actor: The payment provider, who said that the money is there.
        document: Read for update.
        name: Who paid.
        evidence: Which payment it was.
        at: Now.
    """
    if document.issue_state != "issued" or document.decision == "accepted":
        return None
    answer = Answer("accept", name, "payment", None, document.pdf_sha256 or "", evidence)
    last = await queries.last_decision(tx, document, document.revision)
    return await _decide(tx, actor, document, document.revision, last, answer, at=at)


def _took_back(last: Decision | None, link: ClientLink) -> bool:
    """Tell whether this very client has taken the last answer back: a second click."""
    return last is not None and last.kind == "withdrawn" and last.actor_id == link.recipient_id


def _repeats(document: Document, answer: Answer) -> bool:
    wanted = {"accept": "accepted", "reject": "rejected", "undo": "pending"}[answer.action]
    return document.decision == wanted


async def _decide(
    tx: AsyncSession,
    actor: Actor,
    document: Document,
    revision: int,
    last: Decision | None,
    answer: Answer,
    *,
    at: datetime,
) -> Decision:
    decision = Decision(
        organization_id=document.organization_id,
        id=new_id(),
        document_id=document.id,
        revision=revision,
        sequence=last.sequence + 1 if last else 1,
        kind=KIND_OF[answer.action],
        actor_kind=actor.kind.value,
        actor_id=actor.id,
        actor_name=answer.name,
        channel=answer.channel,
        comment=answer.comment,
        pdf_sha256=answer.pdf_sha256,
        evidence=answer.evidence,
        decided_at=at,
    )
    tx.add(decision)
    document.decision = "pending" if answer.action == "undo" else decision.kind
    document.updated_at = at
    project(document)
    await tx.flush()
    await record(tx, actor, decided(document, decision), at=at)
    return decision


def current_id(decisions: list[Decision]) -> UUID | None:
    """Give the id of the answer that counts among all, oldest first."""
    return decisions[-1].id if decisions and decisions[-1].kind != "withdrawn" else None
