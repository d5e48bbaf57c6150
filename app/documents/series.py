"""Verbs: open and change a number series; those an organization begins with."""

from collections.abc import Collection, Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.documents import numbering, queries
from app.documents.models import NumberSeries
from app.documents.printable import DocumentType
from app.documents.schemas import SeriesChanges, SeriesCreate
from app.kernel.actor import Actor, Permission
from app.kernel.errors import Conflict, Fault, Invalid, NotFound
from app.kernel.identifiers import new_id
from app.organizations import queries as organizations
from app.organizations.auditing import audit, difference
from app.organizations.models import Letterhead

_RULES = frozenset({"pattern", "reset_policy", "issuer_profile_id"})
"""What a series numbers by."""

_DEFAULTS = (
    ("quote", None, "Presupuestos", "P-[yy]%%%%"),
    ("delivery_note", None, "Albaranes", "A-[yy]%%%%"),
    ("proforma", None, "Facturas proforma", "FP-[yy]%%%%"),
    ("invoice", None, "Facturas", "F-[yy]%%%%"),
    ("invoice", "simplified", "Facturas simplificadas", "FS-[yy]%%%%"),
    ("invoice", "corrective", "Facturas rectificativas", "FR-[yy]%%%%"),
)


async def create_defaults(tx: AsyncSession, organization_id: UUID, *, at: datetime) -> None:
    """Open one yearly default series for each type, for simplified and corrective invoices."""
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
                status="active",
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
    await _one_at_a_time(tx, actor, body.type.value)
    await _require_own_numbers(tx, actor, body.type.value, body.pattern)
    await _issuer(tx, actor, body.issuer_profile_id)
    if body.is_default:
        await _clear_default(tx, actor, body.type.value, body.invoice_kind)
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
        issuer_profile_id=body.issuer_profile_id,
        status="active",
        created_at=at,
        version=1,
    )
    tx.add(series)
    await tx.flush()
    told = difference({}, body.model_dump(mode="json"))
    await audit(tx, actor, "number_series.created", "number_series", series.id, told, at=at)
    return series


async def lock(tx: AsyncSession, actor: Actor, series_id: UUID) -> NumberSeries:
    """Give a series for change: no first number and no other change of its type meanwhile.

    Raises:
        NotFound: There is none.
    """
    series = await queries.get_series(tx, actor, series_id)
    await _one_at_a_time(tx, actor, series.type)
    return await queries.get_series(tx, actor, series_id, for_update=True)


async def edit(
    tx: AsyncSession, actor: Actor, series: NumberSeries, body: SeriesChanges, *, at: datetime
) -> None:
    """Change a series so that nothing issued is renumbered and no number is given twice.

    Args:
        tx: The request's transaction.
        actor: Who edits.
        series: From `lock`.
        body: What came is in its `model_fields_set`.
        at: Now.

    Raises:
        Conflict: The change would touch numbers already given, or leave its type
            without a default.
        Invalid: The pattern cannot number documents, or could write another series'
            numbers; the issuer is unknown.
    """
    actor.require(Permission.SETTINGS_WRITE)
    came = {name: getattr(body, name) for name in body.model_fields_set}
    changes = difference({name: getattr(series, name) for name in came}, came)
    if not changes:
        return
    if _RULES & changes.keys():
        await _require_rules(tx, actor, series, changes.keys(), body)
    _require_default(series, came)
    if "is_default" in changes:
        await _clear_default(tx, actor, series.type, series.invoice_kind)
    for name, (_, value) in changes.items():
        setattr(series, name, value)
    series.version += 1
    await tx.flush()
    await audit(tx, actor, "number_series.updated", "number_series", series.id, changes, at=at)


async def _require_rules(
    tx: AsyncSession, actor: Actor, series: NumberSeries, changed: Collection[str],
    body: SeriesChanges,
) -> None:  # fmt: skip
    """Refuse to change what a series numbers by, once it has."""
    is_numbering = await queries.is_numbering(tx, series)
    if "issuer_profile_id" in changed:
        before = await _issuer(tx, actor, series.issuer_profile_id, is_new=False)
        after = await _issuer(tx, actor, body.issuer_profile_id)
        if is_numbering and before.tax_id != after.tax_id:
            raise Conflict(reason="series_numbering")
    if not {"pattern", "reset_policy"} & set(changed):
        return
    if is_numbering:
        raise Conflict(reason="series_numbering")
    pattern = body.pattern if "pattern" in changed else series.pattern
    policy = body.reset_policy if "reset_policy" in changed else series.reset_policy
    fault = numbering.pattern_fault(pattern, policy)
    if fault is not None:
        raise Invalid(faults=[Fault("/pattern", fault)])
    await _require_own_numbers(tx, actor, series.type, pattern, but=series.id)


def _require_default(series: NumberSeries, came: Mapping[str, object]) -> None:
    """Refuse to leave a type without a default, or to make one of an archived series."""
    status = came.get("status", series.status)
    if series.is_default and (status == "archived" or came.get("is_default") is False):
        raise Conflict(reason="series_default")
    if came.get("is_default") and status == "archived":
        raise Conflict(reason="series_archived")


async def _one_at_a_time(tx: AsyncSession, actor: Actor, document_type: str) -> None:
    """Let one caller after the other change a type's series: they look at each other's rows."""
    key = f"series|{actor.organization_id}|{document_type}"
    await tx.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(key, 0))))


async def _clear_default(
    tx: AsyncSession, actor: Actor, document_type: str, invoice_kind: str | None
) -> None:
    """Take the present default's place away."""
    await tx.execute(
        update(NumberSeries)
        .where(
            NumberSeries.organization_id == actor.organization_id,
            NumberSeries.type == document_type,
            NumberSeries.invoice_kind.is_not_distinct_from(invoice_kind),
            NumberSeries.is_default,
        )
        .values(is_default=False, version=NumberSeries.version + 1)
    )


async def _issuer(
    tx: AsyncSession, actor: Actor, profile_id: UUID | None, *, is_new: bool = True
) -> Letterhead:
    """Give the letterhead behind an id; one put away is not to be named anew.

    Raises:
        Invalid: There is none, or not any more.
    """
    if profile_id is None:
        return await organizations.get(tx, actor.organization_id)
    try:
        profile = await organizations.issuer_profile(tx, actor, profile_id)
    except NotFound:
        profile = None
    if profile is None or (is_new and profile.status != "active"):
        raise Invalid(faults=[Fault("/issuer_profile_id", "reference.unknown")])
    return profile


async def _require_own_numbers(
    tx: AsyncSession, actor: Actor, document_type: str, pattern: str, *, but: UUID | None = None
) -> None:
    """Refuse a pattern whose numbers another series of the type could give, too."""
    others = select(NumberSeries.pattern).where(
        NumberSeries.organization_id == actor.organization_id, NumberSeries.type == document_type
    )
    if but is not None:
        others = others.where(NumberSeries.id != but)
    if any(numbering.may_collide(pattern, other) for other in await tx.scalars(others)):
        raise Invalid(faults=[Fault("/pattern", "pattern.collides")])
