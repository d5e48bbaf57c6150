"""What goes in and out behind a link."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StrictBool, StringConstraints

from app.comments.models import Comment
from app.documents.models import Decision
from app.documents.printable import Party
from app.documents.revising_schemas import DiffView
from app.documents.schemas import (
    DisbursementView,
    InstallmentView,
    LineView,
    TaxView,
    WithholdingView,
)
from app.documents.states import DECISIONS, PAYMENT_STATES, UNDO_WINDOW, Status
from app.documents.views import installment_views, printed_line, tax_of, written
from app.kernel.actor import ActorKind
from app.portal.forms import COMMENT_LENGTH_MAX, NAME_LENGTH_MAX
from app.portal.nonce import LENGTH_MAX
from app.portal.reading import Shared
from app.portal.statements import Statement, statement
from app.web.schemas import (
    Body,
    DecimalText,
    Instant,
    Line,
    MoneyView,
    Text,
    View,
    among,
)

CLIENT_ACTIONS = ("accept", "reject", "undo", "comment", "pay")

Name = Annotated[Line, StringConstraints(max_length=NAME_LENGTH_MAX)]
Words = Annotated[Text, StringConstraints(max_length=COMMENT_LENGTH_MAX)]
FormNonce = Annotated[str, StringConstraints(max_length=LENGTH_MAX)]

_NONCE = Field(
    description="`form_nonce` of the document as last read; good for two hours.",
    examples=["1795510800.8Zl0qvJb6VfJvYw4c2b4m0m1kq3m1n2o3p4q5r6s7t8"],
)


class ClientAnswer(Body):
    """An acceptance or a rejection."""

    name: Name = Field("", description="Who answers, as typed.", examples=["Ana Ruiz Soler"])
    form_nonce: FormNonce = _NONCE
    statement_accepted: StrictBool = Field(
        default=False,
        description="That the sentence of `statements` was shown and ticked.",
        examples=[True],
    )
    comment: Words | None = Field(None, examples=["¿Podéis empezar en enero?"])


class ClientUndo(Body):
    """Taking an answer back."""

    form_nonce: FormNonce = _NONCE
    name: Name = Field("", description="Who takes back; who answered, if left out.")


class ClientComment(Body):
    """A comment in the thread."""

    name: Name = Field("", description="Who writes, as typed.", examples=["Ana Ruiz Soler"])
    body: Words = Field("", examples=["¿Incluye la retirada de residuos?"])
    form_nonce: FormNonce = _NONCE


class ClientView(Body):
    """That a person touched the page."""

    signal: Literal["pointer", "key", "scroll", "button"] = Field(
        "pointer", description="What the person did, after two seconds of seeing the page."
    )


class PartyView(View):
    """The issuer or the client, as on the day of issue."""

    name: str = Field(examples=["Taller Náutico Ejemplo, S.L."])
    trade_name: str | None
    tax_id: str | None = Field(examples=["B83534750"])
    address: list[str] = Field(examples=[["Muelle de Muestra 3", "07001 Palma"]])

    @classmethod
    def of(cls, party: Party) -> "PartyView":
        """From what is printed."""
        return cls(
            name=party.name,
            trade_name=party.trade_name,
            tax_id=party.tax_id,
            address=list(party.address),
        )


class IssuerView(PartyView):
    """Who sent the document, and how to reach them."""

    email: str | None = Field(examples=["oficina@taller.example"])
    phone: str | None
    registry: str | None
    accent_color: str = Field(examples=["#0b6e99"])


class SharedVessel(View):
    """The vessel the document is about, as on the day of issue."""

    name: str = Field(examples=["Brisa de Prueba"])
    registration_number: str | None = Field(examples=["7ª-PM-1-123-20"])


class SharedDocument(View):
    """What the revision behind the link says; amounts as on its PDF."""

    type: str = Field(examples=["quote"])
    invoice_kind: str | None
    number: str = Field(examples=["P-260041"])
    revision: int = Field(examples=[1])
    title: str = Field(examples=["Antifouling"])
    language: str = Field(examples=["es"])
    status: Annotated[str, among(Status)] = Field(
        description="As in `GET /v1/meta/document-states`.", examples=["sent"]
    )
    decision: Annotated[str, among(DECISIONS)] = Field(
        description="Of this revision.", examples=["pending"]
    )
    payment_state: Annotated[str, among(PAYMENT_STATES)] = Field(examples=["unpaid"])
    is_expired: bool
    currency: str = Field(examples=["EUR"])
    issue_date: date | None
    operation_date: date | None
    valid_until: date | None
    due_date: date | None
    revised_on: date | None = Field(description="The day of a revision after the first.")
    vessel: SharedVessel | None
    lines: list[LineView]
    prices_include_tax: bool
    taxes: list[TaxView]
    withholdings: list[WithholdingView]
    disbursements: list[DisbursementView]
    discount: MoneyView
    taxable_base: MoneyView
    tax_total: MoneyView
    total: MoneyView
    withholding: MoneyView
    advances: MoneyView
    amount_payable: MoneyView
    amount_credited: MoneyView = Field(
        description="What corrective invoices took off; nobody paid it."
    )
    amount_paid: MoneyView
    amount_due: MoneyView
    deposit_percent: DecimalText | None
    deposit: MoneyView | None
    installments: list[InstallmentView]
    notes: str
    iban: str | None
    time_zone: str = Field(examples=["Europe/Madrid"])
    pdf_sha256: str | None


class StatementView(View):
    """The sentence a person ticks; it is kept with the answer."""

    id: str = Field(examples=["accept.quote.es.1"])
    text: str

    @classmethod
    def of(cls, shown: Statement) -> "StatementView":
        """From the catalogue's."""
        return cls(id=shown.id, text=shown.text)


class StatementsView(View):
    """What to show beside the tick of each form."""

    accept: StatementView
    reject: StatementView


class SharedDecision(View):
    """The answer that stands for this revision."""

    decision: str = Field(examples=["accepted"])
    name: str = Field(examples=["Ana Ruiz Soler"])
    actor_kind: str = Field(description="`client`, or `staff` on their behalf.")
    comment: str | None
    decided_at: Instant
    undo_until: Instant | None = Field(description="Until when this link can take it back.")


class SharedComment(View):
    """One comment of the thread."""

    id: UUID
    author_kind: str = Field(description="`client` or `staff`.", examples=["client"])
    author_name: str = Field(examples=["Ana Ruiz Soler"])
    body: str
    created_at: Instant

    @classmethod
    def of(cls, comment: Comment) -> "SharedComment":
        """From the row."""
        return cls(
            id=comment.id,
            author_kind="client" if comment.author_kind == ActorKind.CLIENT else "staff",
            author_name=comment.author_name,
            body=comment.body,
            created_at=comment.created_at,
        )


class SharedView(View):
    """A document as its client sees it, and what can be done now."""

    document: SharedDocument
    issuer: IssuerView
    client: PartyView
    allowed_actions: list[Annotated[str, among(CLIENT_ACTIONS)]] = Field(
        examples=[["accept", "reject", "comment"]],
    )
    reasons: dict[str, str] = Field(
        description="Why the others are not possible now.",
        examples=[{"undo": "nothing_to_undo", "pay": "payments_not_enabled"}],
    )
    form_nonce: str | None = Field(
        description="To be sent back with every form; null where the link may only read.",
        examples=["1795510800.8Zl0qvJb6VfJvYw4c2b4m0m1kq3m1n2o3p4q5r6s7t8"],
    )
    statements: StatementsView
    decision: SharedDecision | None
    comments: list[SharedComment]
    newer_revision: int | None = Field(description="The one that replaced this, if any.")
    changes: DiffView | None = Field(
        description="What this revision says otherwise than the one before; null for the first, "
        "and where that was another client's."
    )
    expires_at: Instant = Field(description="When the link stops working.")


class RenewalView(View):
    """That a new link is on its way."""

    status: Literal["queued"] = Field(examples=["queued"])


def view_of(shared: Shared, form_nonce: str | None, language: str | None) -> SharedView:
    """Show what stands behind a link.

    Args:
        shared: As read.
        form_nonce: For the forms of this page.
        language: Of the statements; None for the document's.
    """
    says = shared.says
    spoken = language or says.language
    return SharedView(
        document=_document(shared),
        issuer=IssuerView(
            **dict(PartyView.of(says.issuer)),
            email=says.issuer.email,
            phone=says.issuer.phone,
            registry=says.issuer.registry,
            accent_color=says.accent_color,
        ),
        client=PartyView.of(says.client),
        allowed_actions=[name for name, why in shared.refusals.items() if why is None],
        reasons={name: why for name, why in shared.refusals.items() if why is not None},
        form_nonce=form_nonce,
        statements=StatementsView(
            accept=StatementView.of(statement(says, "accept", spoken)),
            reject=StatementView.of(statement(says, "reject", spoken)),
        ),
        decision=_decision(shared),
        comments=[SharedComment.of(one) for one in shared.thread],
        newer_revision=shared.newer,
        changes=None
        if shared.changes is None
        else DiffView.of(shared.says.revision, shared.says.revision - 1, shared.changes),
        expires_at=shared.link.expires_at,
    )


def undo_until(shared: Shared, decision: Decision) -> datetime | None:
    """Tell until when the client may take the answer back; None when not at all."""
    if shared.refusals["undo"] is not None:
        return None
    return decision.decided_at + UNDO_WINDOW


def _decision(shared: Shared) -> SharedDecision | None:
    last = shared.decision
    if last is None or last.kind == "withdrawn":
        return None
    is_own = last.actor_kind == ActorKind.CLIENT
    return SharedDecision(
        decision=last.kind,
        name=last.actor_name,
        actor_kind="client" if is_own else "staff",
        # What staff noted with an answer on behalf is theirs.
        comment=last.comment if is_own else None,
        decided_at=last.decided_at,
        undo_until=undo_until(shared, last),
    )


def _document(shared: Shared) -> SharedDocument:
    says, document = shared.says, shared.document
    totals = says.totals
    last = shared.decision
    is_open = last is None or last.kind == "withdrawn"
    paid, credited = document.collected, document.money(document.credited_minor)
    return SharedDocument(
        type=says.type.value,
        invoice_kind=says.invoice_kind.value if says.invoice_kind else None,
        number=says.number or "",
        revision=says.revision,
        title=says.title,
        language=says.language,
        status=document.status if shared.newer is None else Status.SUPERSEDED.value,
        decision="pending" if is_open or last is None else last.kind,
        payment_state=document.payment_state,
        is_expired=shared.standing.is_expired,
        currency=says.currency,
        issue_date=says.issue_date,
        operation_date=says.operation_date,
        valid_until=says.valid_until,
        due_date=says.due_date,
        revised_on=says.revised_on,
        vessel=None if says.vessel is None else SharedVessel.model_validate(says.vessel),
        lines=[printed_line(line) for line in says.lines],
        prices_include_tax=says.prices_include_tax,
        taxes=[tax_of(tax) for tax in says.taxes],
        withholdings=[
            WithholdingView(
                rate=written(one.rate, 2),
                base=MoneyView.of(one.base),
                amount=MoneyView.of(one.amount),
            )
            for one in says.withholdings
        ],
        disbursements=[
            DisbursementView(description=one.description, amount=MoneyView.of(one.amount))
            for one in says.disbursements
        ],
        discount=MoneyView.of(totals.discount),
        taxable_base=MoneyView.of(totals.taxable_base),
        tax_total=MoneyView.of(totals.tax + totals.surcharge),
        total=MoneyView.of(totals.total),
        withholding=MoneyView.of(totals.withholding),
        advances=MoneyView.of(totals.advances),
        amount_payable=MoneyView.of(totals.payable),
        amount_credited=MoneyView.of(credited),
        amount_paid=MoneyView.of(paid),
        amount_due=MoneyView.of(totals.payable - credited - paid),
        deposit_percent=written(says.deposit_percent, 2),
        deposit=MoneyView.of(says.deposit) if says.deposit is not None else None,
        installments=installment_views(document),
        notes=says.notes,
        iban=says.iban,
        time_zone=says.time_zone,
        pdf_sha256=shared.pdf_sha256,
    )
