"""What can happen to a notice, as history tells it."""

from pydantic import JsonValue

from app.events.record import Fact, Group
from app.notices.models import Notice


def _group(kind: str) -> Group:
    """Sort a notice with what it is about."""
    if kind == "document.commented":
        return Group.COMMENTS
    if kind.startswith("action."):
        return Group.COMMERCIAL
    return Group.MESSAGES if kind.startswith("dispatch.") else Group.DOCUMENTS


def _fact(verb: str, notice: Notice) -> Fact:
    payload: dict[str, JsonValue] = {"kind": notice.kind, "summary": notice.summary}
    return Fact(
        kind=f"notice.{verb}",
        group=_group(notice.kind),
        subject_type="notice",
        subject_id=notice.id,
        contact_id=notice.contact_id,
        document_id=notice.document_id,
        payload=payload,
    )


def created(notice: Notice) -> Fact:
    """Something awaits a look by staff."""
    return _fact("created", notice)


def reviewed(notice: Notice) -> Fact:
    """Somebody has looked; who and when are the fact's own."""
    return _fact("reviewed", notice)
