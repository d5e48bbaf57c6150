"""The record kept with an answer: what was answered to, by whom, through what (pure).

Source:
    A simple electronic signature (eIDAS art. 25.1): the record says who was addressed
    and who declared to answer, no more.
"""

from datetime import UTC, datetime

from pydantic import JsonValue

from app.kernel.identifiers import hash_token
from app.portal.reading import Shared
from app.portal.statements import Statement
from app.portal.visits import Visit
from app.web.openapi import VERSION

SCHEMA = "conforme.decision.2"
"""1 lacked `decision` and `app_version`; its records stay as they are."""

_HASH_PREFIX = 16
"""Hexadecimal digits of the token's hash: enough to tell links apart, no way back."""


def evidence_of(
    shared: Shared,
    token: str,
    decision: str,
    name: str,
    language: str,
    statement: Statement | None,
    visit: Visit,
    *,
    at: datetime,
) -> dict[str, JsonValue]:
    """Write the record of an answer.

    Args:
        shared: What stood behind the link, before the answer.
        token: Of the link; only the beginning of its hash is kept.
        decision: `accepted`, `rejected` or `withdrawn`.
        name: Who answers, as typed.
        language: Of the page.
        statement: The sentence ticked; None when an answer is taken back.
        visit: The request that brought the answer.
        at: Now.
    """
    says, recipient = shared.says, shared.recipient
    first_seen = recipient.opened_at or at
    return {
        "schema": SCHEMA,
        "decision": decision,
        "document": {
            "id": str(shared.document.id),
            "type": says.type.value,
            "number": says.number,
            "revision": says.revision,
            "total": {"amount": says.totals.total.amount_minor, "currency": says.currency},
        },
        "pdf_sha256": shared.pdf_sha256,
        "mime_sha256": recipient.mime_sha256,
        "message_id": recipient.message_id,
        "dispatch_id": str(recipient.dispatch_id),
        "recipient_id": str(recipient.id),
        "sent_to": recipient.address,
        "token_sha256_prefix": hash_token(token).hex()[:_HASH_PREFIX],
        "page_language": language,
        "statement": None if statement is None else {"id": statement.id, "text": statement.text},
        "name_typed": name,
        "request_id": visit.request_id,
        "ip": visit.source,
        "user_agent": visit.user_agent,
        "accept_language": visit.accept_language,
        "signals": dict(visit.signals),
        "first_seen_at": _instant(first_seen),
        "decided_at": _instant(at),
        "time_zone": says.time_zone,
        "app_version": VERSION,
    }


def _instant(value: datetime) -> str:
    return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
