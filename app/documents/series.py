"""Verbs: open a number series; those an organization begins with."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.documents import numbering
from app.documents.models import NumberSeries
from app.documents.printable import DocumentType
from app.documents.schemas import SeriesCreate
from app.kernel.actor import Actor, Permission
from app.kernel.errors import Fault, Invalid
from app.kernel.identifiers import new_id
from app.organizations.auditing import audit, difference

_DEFAULTS = (
    ("quote", None, "Presupuestos", "P-[yy]%%%%"),
    ("delivery_note", None, "Albaranes", "A-[yy]%%%%"),
    ("proforma", None, "Facturas proforma", "FP-[yy]%%%%"),
    ("invoice", None, "Facturas", "F-[yy]%%%%"),
    ("invoice", "simplified", "Facturas simplificadas", "FS-[yy]%%%%"),
)


async def create_defaults(tx: AsyncSession, organization_id: UUID, *, at: datetime) -> None:
    """Open one yearly series for each type, and one of simplified invoices, as defaults."""
    for document_type, invoice_kind, name, pattern in _DEFAULTS:
        tx.add(
            NumberSeries(
                organization_id=organization_id,
                id=new_id(),
                type=document_type,
                invoice_kind=invoice_kind,
                name=name,
                pattern=pattern,
                reset_policy="yearly",
                default_notes="",
                is_default=True,
                created_at=at,
                version=1,
            )
        )
    await tx.flush()


async def create(
    tx: AsyncSession, actor: Actor, body: SeriesCreate, *, at: datetime
) -> NumberSeries:
    """Open a series; as the default it takes the place of the one before.

    Raises:
        Invalid: The pattern cannot number documents, or could write another series' numbers.
    """
    actor.require(Permission.SETTINGS_WRITE)
    if body.invoice_kind is not None and body.type != DocumentType.INVOICE:
        raise Invalid(faults=[Fault("/invoice_kind", "invoice_kind.not_invoice")])
    fault = numbering.pattern_fault(body.pattern, body.reset_policy)
    if fault is not None:
        raise Invalid(faults=[Fault("/pattern", fault)])
    # Two at once would not see each other's patterns.
    key = f"series|{actor.organization_id}|{body.type.value}"
    await tx.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(key, 0))))
    await _require_own_numbers(tx, actor, body)
    if body.is_default:
        await tx.execute(
            update(NumberSeries)
            .where(
                NumberSeries.organization_id == actor.organization_id,
                NumberSeries.type == body.type.value,
                NumberSeries.invoice_kind.is_not_distinct_from(body.invoice_kind),
                NumberSeries.is_default,
            )
            .values(is_default=False, version=NumberSeries.version + 1)
        )
    series = NumberSeries(
        organization_id=actor.organization_id,
        id=new_id(),
        type=body.type.value,
        invoice_kind=body.invoice_kind,
        name=body.name,
        pattern=body.pattern,
        reset_policy=body.reset_policy,
        default_notes=body.default_notes,
        is_default=body.is_default,
        created_at=at,
        version=1,
    )
    tx.add(series)
    await tx.flush()
    told = difference({}, body.model_dump(mode="json"))
    await audit(tx, actor, "number_series.created", "number_series", series.id, told, at=at)
    return series


async def _require_own_numbers(tx: AsyncSession, actor: Actor, body: SeriesCreate) -> None:
    """Refuse a pattern whose numbers another series of the type could give, too."""
    patterns = await tx.scalars(
        select(NumberSeries.pattern).where(
            NumberSeries.organization_id == actor.organization_id,
            NumberSeries.type == body.type.value,
        )
    )
    if any(numbering.may_collide(body.pattern, pattern) for pattern in patterns):
        raise Invalid(faults=[Fault("/pattern", "pattern.collides")])
