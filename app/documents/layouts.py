"""Verbs: make and change layouts; and what one changes of a document that is printed."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.documents.layout_models import DocumentLayout
from app.documents.layout_schemas import COLUMNS, LayoutChanges, LayoutCreate, LayoutTexts, Look
from app.documents.printable import DocumentType, Layout, Printable
from app.kernel.actor import Actor, Permission
from app.kernel.errors import Conflict, Fault, Invalid, NotFound
from app.kernel.identifiers import new_id
from app.organizations.auditing import audit, difference

LAYOUTS_MAX = 100


async def list_layouts(
    tx: AsyncSession, actor: Actor, *, document_type: str | None, after: UUID | None, limit: int
) -> Sequence[DocumentLayout]:
    """List layouts, oldest first, one more than the limit."""
    query = select(DocumentLayout).where(DocumentLayout.organization_id == actor.organization_id)
    if document_type:
        query = query.where(DocumentLayout.type == document_type)
    if after is not None:
        query = query.where(DocumentLayout.id > after)
    return list(await tx.scalars(query.order_by(DocumentLayout.id).limit(limit + 1)))


async def get(
    tx: AsyncSession, actor: Actor, layout_id: UUID, *, for_update: bool = False
) -> DocumentLayout:
    """Give one layout of the actor's organization.

    Raises:
        NotFound: There is none.
    """
    key = (actor.organization_id, layout_id)
    found = await tx.get(DocumentLayout, key, with_for_update=for_update)
    if found is None:
        raise NotFound
    return found


async def find(
    tx: AsyncSession, organization_id: UUID, document_type: str, layout_id: UUID | None
) -> DocumentLayout | None:
    """Find the named active layout of a type, or its default; there may be none."""
    query = select(DocumentLayout).where(
        DocumentLayout.organization_id == organization_id,
        DocumentLayout.type == document_type,
        DocumentLayout.status == "active",
    )
    chosen = DocumentLayout.id == layout_id if layout_id else DocumentLayout.is_default
    return await tx.scalar(query.where(chosen))


async def create(
    tx: AsyncSession, actor: Actor, body: LayoutCreate, *, at: datetime
) -> DocumentLayout:
    """Keep a layout; as the default it takes the place of the one before.

    Raises:
        Invalid: The look hides what the law wants shown, or there are too many layouts.
    """
    actor.require(Permission.SETTINGS_WRITE)
    require_lawful(body.look, body.type)
    held = await list_layouts(
        tx, actor, document_type=body.type.value, after=None, limit=LAYOUTS_MAX
    )
    if len(held) >= LAYOUTS_MAX:
        params = {"most": str(LAYOUTS_MAX)}
        raise Invalid(faults=[Fault("/type", "layouts.too_many", params=params)])
    if body.is_default:
        await _clear_default(tx, actor, body.type.value)
    layout = DocumentLayout(
        organization_id=actor.organization_id,
        id=new_id(),
        type=body.type.value,
        name=body.name,
        look=body.look.model_dump(mode="json"),
        is_default=body.is_default,
        status="active",
        created_at=at,
        version=1,
    )
    tx.add(layout)
    await tx.flush()
    told = difference({}, body.model_dump(mode="json"))
    await audit(tx, actor, "document_layout.created", "document_layout", layout.id, told, at=at)
    return layout


async def edit(
    tx: AsyncSession, actor: Actor, layout: DocumentLayout, body: LayoutChanges, *, at: datetime
) -> None:
    """Change a layout; what was issued stays as it was printed.

    Args:
        tx: The request's transaction.
        actor: Who edits.
        layout: Read for update.
        body: What came is in its `model_fields_set`.
        at: Now.

    Raises:
        Conflict: The default one is to be archived, or an archived one to be the default.
        Invalid: The look hides what the law wants shown.
    """
    actor.require(Permission.SETTINGS_WRITE)
    came = body.model_dump(mode="json", include=set(body.model_fields_set))
    if "look" in came:
        require_lawful(body.look, DocumentType(layout.type))
    changes = difference({name: getattr(layout, name) for name in came}, came)
    if not changes:
        return
    will_default = came.get("is_default", layout.is_default)
    if will_default and came.get("status", layout.status) == "archived":
        raise Conflict(reason="layout_default")
    if came.get("is_default") and not layout.is_default:
        await _clear_default(tx, actor, layout.type)
    for name, (_, value) in changes.items():
        setattr(layout, name, value)
    layout.version += 1
    await tx.flush()
    await audit(tx, actor, "document_layout.updated", "document_layout", layout.id, changes, at=at)


async def _clear_default(tx: AsyncSession, actor: Actor, document_type: str) -> None:
    """Take the present default's place away."""
    await tx.execute(
        update(DocumentLayout)
        .where(
            DocumentLayout.organization_id == actor.organization_id,
            DocumentLayout.type == document_type,
            DocumentLayout.is_default,
        )
        .values(is_default=False, version=DocumentLayout.version + 1)
    )


def require_lawful(look: Look, kind: DocumentType) -> None:
    """Refuse what cannot be printed so, naming everything at once.

    Raises:
        Invalid: An invoice would lack what it must show; a language or column comes twice.
    """
    faults = []
    if kind is DocumentType.INVOICE:
        if look.lines != "detailed":
            faults.append(Fault("/look/lines", "layout.invoice_whole"))
        if set(look.columns) != set(COLUMNS):
            faults.append(Fault("/look/columns", "layout.invoice_whole"))
    if len(set(look.columns)) < len(look.columns):
        faults.append(Fault("/look/columns", "layout.twice"))
    if len({one.language for one in look.texts}) < len(look.texts):
        faults.append(Fault("/look/texts", "layout.twice"))
    if faults:
        raise Invalid(faults=faults)


def laid_out(says: Printable, look: Look) -> Printable:
    """Give a document as a look has it, in its own language; nothing else of it changes."""
    texts = next((one for one in look.texts if one.language == says.language), LayoutTexts())
    is_summary = look.lines == "summary"
    return replace(
        says,
        issuer=replace(says.issuer, footer=texts.footer or says.issuer.footer),
        accent_color=(look.accent_color or says.accent_color).lower(),
        logo_sha256=None if look.logo == "none" else says.logo_sha256,
        iban=says.iban if look.shows_bank_account else None,
        layout=Layout(
            is_summary=is_summary,
            columns=() if is_summary else tuple(look.columns),
            is_logo_right=look.logo == "right",
            intro=texts.intro,
            terms=texts.terms,
            closing=texts.closing,
        ),
    )
