"""Entries of a timeline as a reader is shown them (pure)."""

from collections.abc import Mapping
from uuid import UUID

from pydantic import JsonValue

from app.dispatch.schemas import recipient_of
from app.events.models import Event
from app.history.schemas import EntryActor, EntryView
from app.history.sentences import sentence_of
from app.history.timeline import QUEUED, SENT, Card


def entry_of(event: Event, cards: Mapping[UUID, Card], language: str) -> EntryView:
    """Show one entry; a dispatch's as its card, when it is among the cards."""
    card = cards.get(event.subject_id) if event.kind in {QUEUED, SENT} else None
    payload = {**event.payload, **card_of(card)} if card else event.payload
    author = card.dispatch.created_by_name if card else event.actor_name
    return EntryView(
        id=event.id,
        occurred_at=event.occurred_at,
        recorded_at=event.recorded_at,
        kind=event.kind,
        group=event.group,
        actor=EntryActor(kind=event.actor_kind, id=event.actor_id, name=event.actor_name),
        contact_id=event.contact_id,
        document_id=event.document_id,
        vessel_id=event.vessel_id,
        summary=sentence_of(event.kind, event.payload, author, language),
        payload=payload,
    )


def card_of(card: Card) -> dict[str, JsonValue]:
    """Tell what became of a dispatch, as things stand now."""
    answer = card.answer if card.answer and card.answer.kind != "withdrawn" else None
    recipients: list[JsonValue] = [
        recipient_of(recipient, []).model_dump(mode="json", exclude={"evidence"})
        for recipient in card.dispatch.recipients
    ]
    return {
        "channel": card.dispatch.channel,
        "sender": card.dispatch.created_by_name,
        "recipients": recipients,
        "decision": answer.kind if answer else "pending",
        "decision_comment": answer.comment if answer else None,
        "payment_state": card.payment_state,
    }
