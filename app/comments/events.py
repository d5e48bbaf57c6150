"""What can happen to comments, as history tells it."""

from pydantic import JsonValue

from app.comments.models import Comment
from app.documents.models import Document
from app.events.record import Fact, Group


def created(comment: Comment) -> Fact:
    """Staff wrote a note, or to the client in a document's thread."""
    payload: dict[str, JsonValue] = {
        "comment_id": str(comment.id),
        "visibility": comment.visibility,
        "comment": comment.body,
    }
    return _fact("comment.created", comment, payload)


def commented(document: Document, comment: Comment) -> Fact:
    """The client wrote in a document's thread."""
    payload: dict[str, JsonValue] = {
        "type": document.type,
        "number": document.number,
        "revision": document.revision,
        "total": {"amount": document.total_minor, "currency": document.currency},
        "comment_id": str(comment.id),
        "name": comment.author_name,
        "comment": comment.body,
    }
    return _fact("document.commented", comment, payload)


def _fact(kind: str, comment: Comment, payload: dict[str, JsonValue]) -> Fact:
    return Fact(
        kind=kind,
        group=Group.COMMENTS,
        subject_type="comment",
        subject_id=comment.id,
        contact_id=comment.contact_id,
        document_id=comment.document_id,
        payload=payload,
        is_shared=comment.visibility == "shared",
    )
