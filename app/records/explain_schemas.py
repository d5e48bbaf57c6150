"""What goes out to explain a document."""

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.documents.states import ISSUE_STATES, STAFF_ACTIONS, Status
from app.kernel.wording import wording
from app.records.explaining import CLIENT_ACTIONS, Explanation, Possibility
from app.web.schemas import Instant, View, among


class ReasonView(View):
    """Why something cannot be done, and what would change that."""

    reason: str | None = Field(
        description="The same word as in a problem; null when it can be done.",
        examples=["not_issued"],
    )
    reason_text: str | None = Field(examples=["El documento no está emitido."])
    remedy: str | None = Field(
        description="What would make it possible, in the reader's language.", examples=["Emítelo."]
    )


class StaffActionView(ReasonView):
    """Something you may do, or not."""

    action: Annotated[str, among(STAFF_ACTIONS)] = Field(examples=["dispatch"])


class ClientActionView(ReasonView):
    """Something a client may do behind their link, or not."""

    action: Annotated[str, among(CLIENT_ACTIONS)] = Field(examples=["accept"])


class ClientView(View):
    """Somebody the present revision was sent to."""

    recipient_id: UUID
    address: str = Field(examples=["oficina@varaderosol.example"])
    name: str = Field(examples=["Ana"])
    kind: str = Field(description="`to` or `cc`.", examples=["to"])
    link_expires_at: Instant
    actions: list[ClientActionView]


class ComingView(View):
    """What happens by itself."""

    kind: str = Field(description="An event kind.", examples=["document.expired"])
    on: date | None = Field(description="The first day it is so.", examples=["2026-12-25"])
    at: Instant | None = Field(description="Or the instant.", examples=[None])


class ExplanationView(View):
    """What can be done with a document now, by whom, and why not."""

    document_id: UUID
    status: Annotated[str, among(Status)] = Field(examples=["sent"])
    issue_state: Annotated[str, among(ISSUE_STATES)] = Field(examples=["issued"])
    staff: list[StaffActionView] = Field(description="Every action, with your permissions.")
    clients: list[ClientView] = Field(description="Who holds a link, and what it allows.")
    payment: list[ReasonView] = Field(
        description="Every reason why it cannot be paid on line; empty when it can."
    )
    next_events: list[ComingView] = Field(description="What happens by itself, soonest first.")

    @classmethod
    def of(cls, told: Explanation, language: str) -> "ExplanationView":
        """From an explanation."""
        return cls(
            document_id=told.document.id,
            status=told.document.status,
            issue_state=told.document.issue_state,
            staff=[
                StaffActionView(action=one.action, **_told(one.reason, language))
                for one in told.staff
            ],
            clients=[
                ClientView(
                    recipient_id=holder.recipient.id,
                    address=holder.recipient.address,
                    name=holder.recipient.name,
                    kind=holder.recipient.kind,
                    link_expires_at=holder.expires_at,
                    actions=[_client_action(one, language) for one in holder.possibilities],
                )
                for holder in told.clients
            ],
            payment=[ReasonView(**_told(reason, language)) for reason in told.pay_reasons],
            next_events=[ComingView(kind=one.kind, on=one.on, at=one.at) for one in told.coming],
        )


def _client_action(one: Possibility, language: str) -> ClientActionView:
    return ClientActionView(action=one.action, **_told(one.reason, language))


def _told(reason: str | None, language: str) -> dict[str, str | None]:
    """Put a reason in words, and what would change it."""
    if reason is None:
        return {"reason": None, "reason_text": None, "remedy": None}
    problems, remedies = wording("problems", language), wording("remedies", language)
    key = f"reason.{reason}"
    return {
        "reason": reason,
        "reason_text": problems(key) if key in problems else None,
        "remedy": remedies(reason) if reason in remedies else None,
    }
