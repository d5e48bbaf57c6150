"""Verbs: keep an organization's own words, try them, and fill them in for a letter."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import structlog
from pydantic import JsonValue
from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.dispatch import letters, placeholders, templates
from app.dispatch.letters import Letter, LetterKind, LetterOrder
from app.dispatch.models import EmailTemplate
from app.dispatch.template_schemas import (
    TemplateChanges,
    TemplateCreate,
    TemplateQuery,
    TemplateTrial,
)
from app.dispatch.templates import TemplateError
from app.documents import printable
from app.documents import queries as documents
from app.documents.drafting import conflict_facts
from app.documents.printable import DocumentType, Printable
from app.documents.sample import sample_of
from app.kernel.actor import Actor, Permission
from app.kernel.errors import Conflict, Fault, Invalid, NotFound
from app.kernel.identifiers import new_id
from app.kernel.rows import Statement, rows_of
from app.kernel.wording import wording
from app.organizations import queries as organizations
from app.organizations.auditing import audit, difference
from app.organizations.models import Organization

log = structlog.get_logger()

_SUBJECT = "email_template"
_OWN_WORDS = Statement(
    select(EmailTemplate.id, EmailTemplate.subject, EmailTemplate.body).where(
        EmailTemplate.organization_id == bindparam("organization_id"),
        EmailTemplate.document_type == bindparam("document_type"),
        EmailTemplate.purpose == bindparam("purpose"),
        EmailTemplate.language == bindparam("language"),
    )
)


@dataclass(frozen=True, slots=True)
class Words:
    """A letter's subject and body; None where our own are to be taken."""

    subject: str | None = None
    body: str | None = None
    is_broken: bool = False
    """There are own ones, but they cannot be filled in for this document."""


async def create(
    tx: AsyncSession, actor: Actor, body: TemplateCreate, *, at: datetime
) -> EmailTemplate:
    """Keep words for a type, purpose and language that have none.

    Raises:
        Invalid: They cannot be filled in; the faults name the line.
    """
    actor.require(Permission.SETTINGS_WRITE)
    template = EmailTemplate(
        organization_id=actor.organization_id,
        id=new_id(),
        **body.model_dump(mode="json"),
        created_at=at,
        updated_at=at,
        version=1,
    )
    await _check(tx, template, today=at.date())
    tx.add(template)
    await tx.flush()
    told = difference({}, body.model_dump(mode="json"))
    await audit(tx, actor, "email_template.created", _SUBJECT, template.id, told, at=at)
    return template


async def edit(
    tx: AsyncSession,
    actor: Actor,
    template: EmailTemplate,
    changes: TemplateChanges,
    *,
    at: datetime,
) -> None:
    """Change words; letters promised before keep theirs.

    Args:
        tx: The request's transaction.
        actor: Who edits.
        template: Read for update.
        changes: The body; what came is in its `model_fields_set`.
        at: Now.

    Raises:
        Invalid: They cannot be filled in; the faults name the line.
    """
    actor.require(Permission.SETTINGS_WRITE)
    came = {name: getattr(changes, name) for name in changes.model_fields_set}
    told = difference({name: getattr(template, name) for name in came}, came)
    if not told:
        return
    for name in told:
        setattr(template, name, came[name])
    await _check(tx, template, today=at.date())
    template.updated_at = at
    template.version += 1
    await tx.flush()
    await audit(tx, actor, "email_template.updated", _SUBJECT, template.id, told, at=at)


async def delete(tx: AsyncSession, actor: Actor, template: EmailTemplate, *, at: datetime) -> None:
    """Go back to our own words."""
    actor.require(Permission.SETTINGS_WRITE)
    told = difference({"subject": template.subject, "body": template.body}, {})
    await tx.delete(template)
    await tx.flush()
    await audit(tx, actor, "email_template.deleted", _SUBJECT, template.id, told, at=at)


async def get(
    tx: AsyncSession, actor: Actor, template_id: UUID, *, for_update: bool = False
) -> EmailTemplate:
    """Give one template of the actor's organization.

    Raises:
        NotFound: There is none.
    """
    key = (actor.organization_id, template_id)
    found = await tx.get(EmailTemplate, key, with_for_update=for_update)
    if found is None:
        raise NotFound
    return found


async def list_templates(
    tx: AsyncSession, actor: Actor, query: TemplateQuery, *, after: UUID | None
) -> list[EmailTemplate]:
    """List templates, oldest first, one more than the limit."""
    rows = select(EmailTemplate).where(EmailTemplate.organization_id == actor.organization_id)
    for name in ("document_type", "purpose", "language"):
        wanted = getattr(query, name)
        if wanted is not None:
            rows = rows.where(getattr(EmailTemplate, name) == str(wanted))
    if after is not None:
        rows = rows.where(EmailTemplate.id > after)
    return list(await tx.scalars(rows.order_by(EmailTemplate.id).limit(query.limit + 1)))


async def try_out(tx: AsyncSession, actor: Actor, trial: TemplateTrial, *, at: datetime) -> Letter:
    """Write the letter that words would make; nothing is stored.

    Raises:
        Invalid: The words cannot be filled in; the faults name the line.
        NotFound: There is no such document.
        Conflict: The document is a draft.
        Forbidden: The actor may not read documents, and named one.
    """
    organization = await organizations.get(tx, actor.organization_id)
    says = await _document(tx, actor, trial, organization, at=at)
    values = placeholders.of(says, trial.language, actor.name)
    given = {name: getattr(trial, name) for name in ("subject", "body")}
    sources = {name: source for name, source in given.items() if source is not None}
    _require_sound(sources, values)
    filled = {name: templates.render(source, values) for name, source in sources.items()}
    order = LetterOrder(
        says=says,
        kind=LetterKind(trial.purpose.value),
        language=trial.language,
        sender_name=actor.name,
        to_name=wording("letters", trial.language)("sample.person"),
        address=says.client.email or organization.email,
        is_copy=False,
        can_decide=True,
        can_pay=organization.payments_enabled,
        attach_pdf=True,
        has_logo=says.logo_sha256 is not None,
        link=letters.LINK,
        subject=filled.get("subject"),
        body=filled.get("body"),
    )
    return letters.compose(order)


async def words_for(
    tx: AsyncSession, organization_id: UUID, says: Printable, kind: LetterKind, language: str,
    sender_name: str,
) -> Words:  # fmt: skip
    """Fill in the organization's words for a letter.

    Words that fail never keep a document from being sent: ours take their place.
    """
    rows = await rows_of(tx)
    found = await rows.first(
        _OWN_WORDS,
        organization_id=organization_id,
        document_type=says.type.value,
        purpose=kind.value,
        language=language,
    )
    if found is None:
        return Words()
    template_id, own_subject, own_body = found
    values = placeholders.of(says, language, sender_name)
    try:
        subject = templates.render(own_subject, values)
        body = templates.render(own_body, values)
    except Exception:
        log.exception("template_failed", template_id=str(template_id))
        return Words(is_broken=True)
    return Words(subject.strip() or None, body.strip() or None)


async def _check(tx: AsyncSession, template: EmailTemplate, *, today: date) -> None:
    """Try the words on a made-up document of their type."""
    organization = await organizations.get(tx, template.organization_id)
    kind = DocumentType(template.document_type)
    says = sample_of(kind, organization, template.language, today=today)
    values = placeholders.of(says, template.language, organization.name)
    _require_sound({"subject": template.subject, "body": template.body}, values)


def _require_sound(sources: Mapping[str, str], values: templates.Values) -> None:
    """Refuse words that cannot be filled in, naming all that is wrong."""
    faults = []
    for name, source in sources.items():
        try:
            templates.check(source, values)
        except TemplateError as error:
            params: dict[str, JsonValue] = {"line": error.line, "name": error.name}
            faults.append(Fault(f"/{name}", error.code, params=params))
    if faults:
        raise Invalid(faults=faults)


async def _document(
    tx: AsyncSession,
    actor: Actor,
    trial: TemplateTrial,
    organization: Organization,
    *,
    at: datetime,
) -> Printable:
    if trial.document_id is None:
        return sample_of(trial.document_type, organization, trial.language, today=at.date())
    document = await documents.get(tx, actor, trial.document_id)
    actor.require(Permission.DOCUMENTS_READ)
    if document.type != trial.document_type:
        raise Invalid(faults=[Fault("/document_id", "document_type.other")])
    if document.issue_state == "draft":
        raise Conflict(reason="not_issued", extra=conflict_facts(document))
    revision = await documents.revision(
        tx, document.organization_id, document.id, document.revision
    )
    return printable.from_json(revision.snapshot)
