"""What goes in and out about history."""

from typing import Annotated
from uuid import UUID

from pydantic import Field, JsonValue

from app.events.kinds import KINDS
from app.events.record import Group
from app.web.moments import Moment
from app.web.schemas import AnyOf, Instant, PageQuery, View, among


class EventQuery(PageQuery):
    """Filters of a list of events; a comma means any of."""

    group: Annotated[str, AnyOf(Group)] | None = Field(
        None,
        max_length=100,
        description="`messages`, `documents`, `comments`, `commercial`, `payments`, `changes`.",
        examples=["messages,comments"],
    )
    kind: Annotated[str, AnyOf(KINDS)] | None = Field(
        None,
        max_length=400,
        description="Of `GET /v1/meta/event-kinds`; those named are given as they were recorded.",
        examples=["document.accepted,document.rejected"],
    )
    from_: Moment | None = Field(
        None, alias="from", description="From this day or instant on.", examples=["2026-11-01"]
    )
    to: Moment | None = Field(None, description="To the end of this day, or before this instant.")
    user_id: UUID | None = Field(None, description="What this user did.")
    only_failures: bool = Field(
        default=False, description="Only messages that did not arrive, and failed payments."
    )
    raw: bool = Field(
        default=False,
        description="Every entry as it was recorded, each message's news apart from its dispatch.",
    )


class TimelineQuery(EventQuery):
    """Filters of a contact's timeline."""

    document_id: UUID | None = Field(None, description="Only what concerns this document.")
    vessel_id: UUID | None = Field(None, description="Only what concerns this vessel.")


class EntryActor(View):
    """Who did it."""

    kind: str = Field(
        description="`user`, `client`, `system`, `integration` or `payment_partner`.",
        examples=["client"],
    )
    id: UUID | None
    name: str = Field(examples=["Ana Ruiz"])


class EntryView(View):
    """One entry of a timeline.

    An entry `dispatch.sent`, or `dispatch.queued` until the relay has accepted a message,
    is the card of its dispatch: its payload also tells what became of every message, the
    client's answer and the payment, as they are now.
    """

    id: UUID
    occurred_at: Instant
    recorded_at: Instant
    kind: str = Field(examples=["document.rejected"])
    group: Annotated[str, among(Group)] = Field(examples=["documents"])
    actor: EntryActor
    contact_id: UUID | None
    document_id: UUID | None
    vessel_id: UUID | None
    summary: str = Field(
        description="A sentence in the reader's language.",
        examples=["Ana Ruiz ha rechazado el presupuesto P-260041: «Demasiado caro»"],
    )
    payload: dict[str, JsonValue] = Field(
        description="What the kind has to tell; the client's own words are in `comment`.",
        examples=[{"type": "quote", "number": "P-260041", "comment": "Demasiado caro"}],
    )
