"""What goes out about operations."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from app.kernel.wording import wording
from app.operations.models import Operation, OperationItem, OperationKind, OperationState
from app.web.schemas import Instant, PageQuery, View, among


class OperationView(View):
    """Long work, and how far it has come."""

    id: UUID
    kind: Annotated[str, among(OperationKind)] = Field(examples=["export"])
    state: Annotated[str, among(OperationState)] = Field(
        description="The last three are final.", examples=["running"]
    )
    total: int | None = Field(
        description="Rows there are to do; null until that is known.", examples=[1200]
    )
    done: int = Field(description="Rows looked at, those that failed among them.", examples=[400])
    failed: int = Field(description="Rows that could not be done.", examples=[0])
    counts: dict[str, int] = Field(
        description="What came of the rows, in the words of the kind of work.",
        examples=[{"created": 380, "updated": 20}],
    )
    reason: str | None = Field(description="Why it failed as a whole.", examples=[None])
    reason_text: str | None = Field(description="In the reader's language.", examples=[None])
    file_id: UUID | None = Field(
        description="What it made: `GET /v1/files/{id}/content`, for some days.", examples=[None]
    )
    created_by_name: str = Field(examples=["Joan Muestra"])
    created_at: Instant
    started_at: Instant | None
    ended_at: Instant | None
    cancel_asked_at: Instant | None = Field(examples=[None])

    @classmethod
    def of(cls, operation: Operation, language: str) -> "OperationView":
        """From the row."""
        reason = operation.reason
        return cls(
            id=operation.id,
            kind=operation.kind,
            state=operation.state,
            total=operation.total,
            done=operation.done,
            failed=operation.failed,
            counts={name: n for name, n in operation.counts.items() if isinstance(n, int)},
            reason=reason,
            reason_text=wording("problems", language)(f"reason.{reason}") if reason else None,
            file_id=operation.file_id,
            created_by_name=operation.created_by_name,
            created_at=operation.created_at,
            started_at=operation.started_at,
            ended_at=operation.ended_at,
            cancel_asked_at=operation.cancel_asked_at,
        )


class OperationQuery(PageQuery):
    """The list of operations has no filters."""


class ItemView(View):
    """One of the things an operation is to do, and what came of it."""

    position: int = Field(description="In the order asked for, from 0.", examples=[0])
    subject_id: UUID = Field(description="What it is about: the document of a bulk dispatch.")
    state: Annotated[str, among(("pending", "done", "failed"))] = Field(examples=["done"])
    result_id: UUID | None = Field(description="What came of it: the dispatch.")
    reason: str | None = Field(
        description="Why it could not be done: a reason of `GET /v1/meta/problems`, or the code "
        "of a fault.",
        examples=["no_recipient"],
    )
    reason_text: str | None = Field(description="In the reader's language.", examples=[None])

    @classmethod
    def of(cls, item: OperationItem, language: str) -> "ItemView":
        """From the row."""
        return cls(
            position=item.position,
            subject_id=item.subject_id,
            state=item.state,
            result_id=item.result_id,
            reason=item.reason,
            reason_text=_reason(item.reason, language),
        )


class ItemQuery(PageQuery):
    """Filters of what an operation is to do."""

    state: Literal["pending", "done", "failed"] | None = Field(
        None, description="Only those in this state."
    )


def _reason(reason: str | None, language: str) -> str | None:
    """Say a reason, or a fault that needs no values, in words."""
    if reason is None:
        return None
    texts = wording("problems", language)
    keys = (f"reason.{reason}", f"fault.{reason}")
    return next((texts.texts[key] for key in keys if key in texts), None)
