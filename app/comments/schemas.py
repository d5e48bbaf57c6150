"""What goes in and out about comments."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from app.comments.models import Comment
from app.web.schemas import Body, Instant, PageQuery, Text, View

BODY_MAX = 2000
CommentText = Annotated[Text, StringConstraints(min_length=1, max_length=BODY_MAX)]


class CommentDraft(Body):
    """A new comment: a note among staff unless it is shared in a document's thread."""

    body: CommentText = Field(examples=["Prefiere empezar en febrero."])
    document_id: UUID | None = Field(
        None, description="A document of this contact; needed to share.", examples=[None]
    )
    visibility: Literal["internal", "shared"] = Field(
        "internal", description="`shared`: the client reads it on the document's page."
    )


class CommentAuthor(View):
    """Who wrote."""

    kind: str = Field(description="`user`, `integration` or `client`.", examples=["user"])
    id: UUID | None
    name: str = Field(examples=["Marta Vidal"])


class CommentView(View):
    """One comment."""

    id: UUID
    contact_id: UUID
    document_id: UUID | None
    visibility: str = Field(examples=["internal"])
    author: CommentAuthor
    body: str = Field(examples=["Prefiere empezar en febrero."])
    created_at: Instant

    @classmethod
    def of(cls, comment: Comment) -> "CommentView":
        """From the row."""
        return cls(
            id=comment.id,
            contact_id=comment.contact_id,
            document_id=comment.document_id,
            visibility=comment.visibility,
            author=CommentAuthor(
                kind=comment.author_kind, id=comment.author_id, name=comment.author_name
            ),
            body=comment.body,
            created_at=comment.created_at,
        )


class CommentQuery(PageQuery):
    """How much of a document's comments to give."""
