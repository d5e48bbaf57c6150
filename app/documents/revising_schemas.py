"""What goes in and out about revisions."""

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import Field, JsonValue, StringConstraints

from app.documents.differing import Difference, LineChange
from app.documents.printable import PrintedLine
from app.documents.schemas import ContactSummary, Day, LineView
from app.documents.states import DECISIONS, ISSUE_STATES
from app.documents.views import printed_line
from app.web.schemas import Body, Instant, MoneyView, Text, View, among


class Extension(Body):
    """Until when a quote can be accepted."""

    valid_until: Day = Field(description="The last day.", examples=["2027-01-31"])


class Voiding(Body):
    """Why a document is taken back."""

    reason: Annotated[Text, StringConstraints(min_length=1, max_length=500)] = Field(
        description="For the history; the client is not told.",
        examples=["El cliente pidió otro trabajo"],
    )


class RevisionView(View):
    """A revision of a document, or the draft of the next one."""

    revision: int = Field(examples=[1])
    issue_state: Annotated[str, among(ISSUE_STATES)] = Field(examples=["superseded"])
    draft_id: UUID | None = Field(description="Of a draft: the document to edit and issue.")
    contact: ContactSummary
    language: str = Field(examples=["es"])
    total: MoneyView
    amount_payable: MoneyView
    valid_until: date | None = Field(description="As it was issued.")
    decision: Annotated[str, among(DECISIONS)] = Field(examples=["rejected"])
    pdf_sha256: str | None
    issued_at: Instant | None
    issued_by: UUID | None


class FieldChangeView(View):
    """A field that differs."""

    field: str = Field(examples=["valid_until"])
    before: JsonValue = Field(examples=["2026-12-31"])
    after: JsonValue = Field(examples=["2027-01-31"])


class LineChangeView(View):
    """A line that came, went, or says otherwise."""

    change: Annotated[str, among(("added", "removed", "changed"))] = Field(examples=["changed"])
    before: LineView | None
    after: LineView | None


class DiffView(View):
    """What a revision says otherwise than another one."""

    revision: int = Field(examples=[2])
    against: int = Field(examples=[1])
    fields: list[FieldChangeView]
    lines: list[LineChangeView]
    total_before: MoneyView
    total_after: MoneyView

    @classmethod
    def of(cls, revision: int, against: int, found: Difference) -> "DiffView":
        """From what was found."""
        return cls(
            revision=revision,
            against=against,
            fields=[FieldChangeView.model_validate(one) for one in found.fields],
            lines=[_line_change(one) for one in found.lines],
            total_before=MoneyView.of(found.total_before),
            total_after=MoneyView.of(found.total_after),
        )


def _line_change(one: LineChange) -> LineChangeView:
    return LineChangeView(change=one.change, before=_line(one.before), after=_line(one.after))


def _line(line: PrintedLine | None) -> LineView | None:
    return None if line is None else printed_line(line)
