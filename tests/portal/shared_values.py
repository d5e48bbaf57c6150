"""What stands behind a link, hand-made, for tests of what is shown of it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from app.comments.models import Comment
from app.dispatch.models import Recipient
from app.documents import states
from app.documents.models import ClientLink, Decision, Document
from app.documents.printable import DocumentType, Printable
from app.kernel.identifiers import new_id
from app.kernel.money import Money
from app.organizations.models import Organization
from app.payments.models import Payment
from app.portal.frames import Paths
from app.portal.reading import Shared
from tests.factories_printable import a_line, a_printable
from tests.fakes import START

ORGANIZATION_ID = new_id()
RECIPIENT_ID = new_id()
DOCUMENT_ID = new_id()
PATHS = Paths("T" * 43)

LINES = (
    a_line(
        "Varada y botadura con travelift\nEslora 11,40 m · incluye calzado y retirada",
        unit="servicio",
        unit_price=Decimal("395.00"),
    ),
    a_line("Limpieza de casco con agua a presión", quantity=Decimal(2), unit="h"),
    a_line(
        "Imprimación epoxi y antifouling autopulimentable\nDos manos",
        quantity=Decimal(12),
        unit="l",
        unit_price=Decimal("38.50"),
        discount_percent=Decimal(10),
    ),
    a_line(
        "Revisión de motor de 200 h\nFiltros, aceite, correas, rodete y ánodos",
        unit="ud.",
        unit_price=Decimal("640.00"),
    ),
    a_line(
        "Estancia en seco\nDel 12 al 17 de enero de 2027",
        quantity=Decimal(6),
        unit="días",
        unit_price=Decimal("18.00"),
    ),
    a_line(
        "Agua dulce suministrada en varadero",
        quantity=Decimal(3),
        unit="m³",
        unit_price=Decimal("2.40"),
        tax_rate=Decimal("10.00"),
    ),
)


def says(**changes: object) -> Printable:
    """The quote of the design's pictures, or what the changes make of it."""
    known: dict[str, object] = {
        "title": "Puesta a punto de invierno · Brisa de Prueba",
        "notes": (
            "Oferta válida hasta el 31 de diciembre de 2026. Reserva del 30 % al aceptar; "
            "el resto, a 30 días de la factura. Plazo de ejecución: 10 días laborables "
            "desde la varada."
        ),
    }
    changes["type"] = DocumentType(str(changes.get("type", "quote")))
    if changes["type"] == DocumentType.QUOTE:
        known |= {"deposit_percent": Decimal(30), "deposit": Money(60089)}
    return a_printable(LINES, **{**known, **changes})  # type: ignore[arg-type]


def a_decision(kind: str, *, at: datetime, **changes: object) -> Decision:
    """An answer given through the link."""
    values: dict[str, object] = {
        "organization_id": ORGANIZATION_ID,
        "id": new_id(),
        "document_id": DOCUMENT_ID,
        "revision": 1,
        "sequence": 1,
        "kind": kind,
        "actor_kind": "client",
        "actor_id": RECIPIENT_ID,
        "actor_name": "Ana Ejemplo",
        "channel": "public_link",
        "comment": None,
        "pdf_sha256": "0" * 64,
        "evidence": {},
        "decided_at": at,
    }
    return Decision(**{**values, **changes})


def a_comment(
    body: str, *, at: datetime, by: str = "client", author_id: UUID | None = RECIPIENT_ID,
    name: str = "Ana Ejemplo",
) -> Comment:  # fmt: skip
    """One entry of the thread."""
    return Comment(
        organization_id=ORGANIZATION_ID,
        id=new_id(),
        contact_id=new_id(),
        document_id=DOCUMENT_ID,
        visibility="shared",
        author_kind=by,
        author_id=author_id,
        author_name=name,
        body=body,
        created_at=at,
    )


def a_shared(
    printable: Printable | None = None,
    *,
    decision: Decision | None = None,
    thread: Sequence[Comment] = (),
    can_decide: bool = True,
    can_pay: bool | None = None,
    payments: bool = False,
    issue_state: str = "issued",
    payment_state: str = "unpaid",
    paid_minor: int = 0,
    newer: int | None = None,
    payment: Payment | None = None,
    at: datetime = START + timedelta(hours=2, minutes=32),
) -> Shared:
    """Put together what a link shows; its refusals follow from the rest."""
    printable = printable or says()
    kind = decision.kind if decision and decision.kind != "withdrawn" else "pending"
    payable = printable.totals.payable.amount_minor
    document = Document(
        organization_id=ORGANIZATION_ID,
        id=DOCUMENT_ID,
        type=printable.type.value,
        currency="EUR",
        issue_state=issue_state,
        decision=kind,
        payment_state=payment_state,
        valid_until=printable.valid_until,
        due_date=printable.due_date,
        payable_minor=payable,
        paid_minor=paid_minor,
        credited_minor=0,
        revision=newer or printable.revision,
    )
    link = ClientLink(
        organization_id=ORGANIZATION_ID,
        id=new_id(),
        document_id=DOCUMENT_ID,
        revision=printable.revision,
        recipient_id=RECIPIENT_ID,
        can_decide=can_decide,
        can_pay=can_decide if can_pay is None else can_pay,
    )
    answered = decision.decided_at if decision and decision.actor_kind == "client" else None
    standing = states.Standing(
        issue_state=issue_state,
        is_current=newer is None,
        is_expired=states.is_expired(document, at.date()),
        decision=kind,
        client_answered_at=answered,
        can_decide=can_decide,
        can_pay=can_decide if can_pay is None else can_pay,
        payments_enabled=payments,
        amount_due_minor=payable - paid_minor,
    )
    return Shared(
        organization=Organization(id=ORGANIZATION_ID, name="Taller Náutico Ejemplo"),
        document=document,
        link=link,
        recipient=Recipient(id=RECIPIENT_ID, name="Ana Ejemplo", address="ana@velero.example"),
        says=printable,
        pdf_sha256="0" * 64,
        standing=standing,
        refusals=states.refusals(standing, at=at),
        decision=decision,
        thread=thread,
        newer=newer,
        successor=None,
        changes=None,
        payment=payment,
        at=at,
    )


def with_client(printable: Printable, **changes: object) -> Printable:
    """Give the same document to another client."""
    return replace(printable, client=replace(printable.client, **changes))  # type: ignore[arg-type]
