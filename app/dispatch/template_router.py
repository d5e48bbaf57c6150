"""The organization's own words for its letters."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from app.dispatch import templating
from app.dispatch.template_schemas import (
    TemplateChanges,
    TemplateCreate,
    TemplatePreview,
    TemplateQuery,
    TemplateTrial,
    TemplateView,
)
from app.kernel.actor import Actor, Permission
from app.kernel.errors import Conflict
from app.organizations.access import Requires
from app.web.dependencies import MustSee, Now, Tx, set_created, set_etag
from app.web.pagination import Paging
from app.web.problems import foresee
from app.web.routing import Route
from app.web.schemas import Page

router = APIRouter(prefix="/v1/email-templates", tags=["settings"], route_class=Route)

Reader = Annotated[Actor, Depends(Requires(Permission.SETTINGS_READ))]
Writer = Annotated[Actor, Depends(Requires(Permission.SETTINGS_WRITE))]

foresee("uq_email_templates_words", Conflict(code="duplicate"))


@router.get("")
async def list_email_templates(
    actor: Reader, tx: Tx, request: Request, query: Annotated[TemplateQuery, Query()]
) -> Page[TemplateView]:
    """List the organization's own words, oldest first; where it has none, ours are sent."""
    paging = Paging.of(request, query)
    after = UUID(str(paging.after[0])) if paging.after else None
    rows = await templating.list_templates(tx, actor, query, after=after)
    page, cursor = paging.split(rows, lambda row: [str(row.id)])
    views = [TemplateView.model_validate(row) for row in page]
    return Page(data=views, has_more=cursor is not None, next_cursor=cursor)


@router.post("", status_code=201)
async def create_email_template(
    body: TemplateCreate, actor: Writer, tx: Tx, at: Now, response: Response
) -> TemplateView:
    """Keep words for a type of document, purpose and language.

    They are tried on a made-up document; a fault names the line it stands in.
    """
    template = await templating.create(tx, actor, body, at=at)
    set_created(response, "/v1/email-templates", template.id, template.version)
    return TemplateView.model_validate(template)


@router.post("/preview")
async def preview_email_template(
    body: TemplateTrial, actor: Reader, tx: Tx, at: Now
) -> TemplatePreview:
    """Show the letter that words would make, on a made-up document or a real one."""
    letter = await templating.try_out(tx, actor, body, at=at)
    return TemplatePreview(
        subject=letter.subject,
        body=letter.body,
        body_text=letter.text,
        body_html=letter.html,
        language=body.language,
    )


@router.get("/{email_template_id}")
async def get_email_template(
    email_template_id: UUID, actor: Reader, tx: Tx, response: Response
) -> TemplateView:
    """Read one template."""
    template = await templating.get(tx, actor, email_template_id)
    set_etag(response, template.version)
    return TemplateView.model_validate(template)


@router.patch("/{email_template_id}")
async def update_email_template(
    email_template_id: UUID,
    body: TemplateChanges,
    actor: Writer,
    tx: Tx,
    at: Now,
    seen: MustSee,
    response: Response,
) -> TemplateView:
    """Change words; letters promised before keep theirs."""
    template = await templating.get(tx, actor, email_template_id, for_update=True)
    seen.check(template.version)
    await templating.edit(tx, actor, template, body, at=at)
    set_etag(response, template.version)
    return TemplateView.model_validate(template)


@router.delete("/{email_template_id}", status_code=204)
async def delete_email_template(
    email_template_id: UUID, actor: Writer, tx: Tx, at: Now, seen: MustSee
) -> None:
    """Go back to our own words."""
    template = await templating.get(tx, actor, email_template_id, for_update=True)
    seen.check(template.version)
    await templating.delete(tx, actor, template, at=at)
