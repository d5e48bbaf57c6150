"""What goes out about a contact's record (ficha)."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.contacts.models import Contact
from app.contacts.schemas import ContactView
from app.documents.printable import DocumentType
from app.documents.states import DELIVERY_STATES, Status
from app.kernel.money import Money
from app.records.ficha import Balances, Summary
from app.web.schemas import CivilDate, Instant, MoneyView, View, among

_DOCUMENTS = "Null without the permission `documents:read`."
_ACTIONS = "Null without the permission `commercial:read`."


class BalancesView(View):
    """What the contact's issued invoices come to."""

    issued: MoneyView
    paid: MoneyView
    due: MoneyView
    overdue: MoneyView = Field(description="What is due after its day.")
    credit: MoneyView = Field(description="What was paid beyond what was due, and not spent yet.")

    @classmethod
    def of(cls, balances: Balances) -> "BalancesView":
        """From the figures."""
        sums: dict[str, Money] = {name: getattr(balances, name) for name in Balances.__slots__}
        return cls(**{name: MoneyView.of(amount) for name, amount in sums.items()})


class DocumentCountView(View):
    """How many documents of a type are in a state."""

    type: Annotated[str, among(DocumentType)] = Field(examples=["quote"])
    status: Annotated[str, among(Status)] = Field(examples=["sent"])
    count: int = Field(examples=[3])


class LastDispatchView(View):
    """The last message about a document."""

    id: UUID
    document_id: UUID
    document_type: Annotated[str, among(DocumentType)] = Field(examples=["quote"])
    document_number: str | None = Field(examples=["P-260041"])
    kind: str = Field(examples=["first"])
    channel: str = Field(examples=["email"])
    subject: str = Field(examples=["Presupuesto P-260041"])
    state: Annotated[str, among(DELIVERY_STATES)] = Field(
        description="The best that any of its recipients came to.", examples=["opened"]
    )
    created_at: Instant


class LastViewView(View):
    """The last time somebody looked at a document."""

    document_id: UUID
    document_type: Annotated[str, among(DocumentType)] = Field(examples=["quote"])
    document_number: str | None = Field(examples=["P-260041"])
    viewed_at: Instant
    view_count: int = Field(description="Of that link, so far.", examples=[2])


class NextActionView(View):
    """What is to be done next."""

    id: UUID
    kind: str = Field(examples=["call"])
    subject: str = Field(examples=["Llamar para saber si aceptan el presupuesto"])
    due_on: CivilDate
    due_time: str | None = Field(examples=["10:30"])
    assigned_to: UUID
    assigned_to_name: str = Field(examples=["Marta Ejemplo"])


class SummaryView(View):
    """What a record shows at a glance."""

    balances: BalancesView | None = Field(description=_DOCUMENTS)
    document_counts: list[DocumentCountView] | None = Field(description=_DOCUMENTS)
    last_dispatch: LastDispatchView | None
    last_view: LastViewView | None
    open_actions: int | None = Field(description=_ACTIONS, examples=[2])
    overdue_actions: int | None = Field(description=_ACTIONS, examples=[1])
    next_action: NextActionView | None = Field(
        description="The next to come; when all are late, the one that is longest."
    )
    next_action_on: CivilDate | None = Field(description="Its day.")

    @classmethod
    def of(cls, summary: Summary) -> "SummaryView":
        """From the figures."""
        papers, actions = summary.papers, summary.actions
        following = actions.next_action if actions else None
        return cls.model_validate(
            {
                "balances": BalancesView.of(papers.balances) if papers else None,
                "document_counts": papers.counts if papers else None,
                "last_dispatch": papers.last_dispatch if papers else None,
                "last_view": papers.last_view if papers else None,
                "open_actions": actions.open_count if actions else None,
                "overdue_actions": actions.overdue_count if actions else None,
                "next_action": following,
                "next_action_on": following.due_on if following else None,
            }
        )


class RecordView(ContactView):
    """A contact with what its record shows at a glance."""

    summary: SummaryView

    @classmethod
    def of(cls, contact: Contact, summary: Summary) -> "RecordView":
        """From the row and the figures."""
        told = ContactView.model_validate(contact).model_dump()
        return cls(**told, summary=SummaryView.of(summary))
