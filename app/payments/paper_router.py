"""Papers for the payment provider: handed in through us, opened and checked on the way."""

import asyncio
import hashlib
import json
from pathlib import PurePath
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from app.kernel.actor import Actor, Permission
from app.kernel.errors import Fault, Invalid
from app.kernel.findings import Refused
from app.kernel.vault import Vault
from app.organizations.access import Requires, RequiresBriefly
from app.payments import inspecting, papers
from app.payments.enrolment import PaperKind
from app.payments.paper_schemas import PaperView
from app.payments.papers import HandedIn
from app.web import idempotency, multipart
from app.web.dependencies import Db, Language, Now, Tx, provided, set_created
from app.web.multipart import Part
from app.web.routing import Route

router = APIRouter(prefix="/v1/payment-account/documents", tags=["payments"], route_class=Route)

Reader = Annotated[Actor, Depends(Requires(Permission.PAYMENTS_READ))]
Manager = Annotated[Actor, Depends(RequiresBriefly(Permission.PAYMENTS_MANAGE))]

_FIELDS = {"kind", "file", "requirement_id"}
_TEXT_BYTES_MAX = 100
_NAME_LENGTH = 100
_TAKES: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["kind", "file"],
                    "additionalProperties": False,
                    "properties": {
                        "kind": {
                            "type": "string",
                            "enum": [kind.value for kind in PaperKind],
                            "examples": ["company_registry"],
                        },
                        "requirement_id": {
                            "type": "string",
                            "description": "Which of the account's requirements it answers.",
                            "maxLength": _TEXT_BYTES_MAX,
                        },
                        "file": {
                            "type": "string",
                            "contentMediaType": "application/octet-stream",
                            "description": "A PDF, JPEG or PNG of at most 10 MB.",
                        },
                    },
                },
                "example": {"kind": "company_registry", "file": "%PDF-1.7 …"},
            }
        },
    }
}


@router.post("", status_code=201, openapi_extra=_TAKES)
async def upload_payment_document(
    request: Request,
    actor: Manager,
    database: Db,
    at: Now,
    language: Language,
    response: Response,
) -> PaperView:
    """Hand in a paper the payment provider asks for: a PDF, JPEG or PNG of at most 10 MB.

    The file's content says what it is, not its name. A picture is drawn anew, so that only
    what is seen goes on; a PDF goes on as it is, and is refused when it is encrypted, runs
    scripts, carries files, or has more than 50 pages (an identity paper: 2). Here it is kept
    encrypted, and only until the provider has it, some seconds later.
    """
    form = multipart.read(request.headers.get("content-type", ""), await request.body())
    handed = await asyncio.to_thread(_handed_in, form)
    said = json.dumps([handed.kind, handed.requirement_id, handed.name, handed.sha256])
    vault = provided(request, Vault)
    async with database.transaction(actor.organization_id) as tx:
        await idempotency.claim(tx, request, actor, at=at, is_required=False, says=said)
        paper = await papers.take_in(tx, actor, handed, vault, at=at)
        view = PaperView.of(paper, language)
        set_created(response, router.prefix, paper.id)
        location = response.headers["location"]
        await idempotency.remember_view(tx, request, view, location=location, status=201, at=at)
        return view


@router.get("/{paper_id}")
async def get_payment_document(
    paper_id: UUID, actor: Reader, tx: Tx, language: Language
) -> PaperView:
    """Read what became of a paper; its content is not kept."""
    return PaperView.of(await papers.get(tx, actor, paper_id), language)


def _handed_in(form: dict[str, Part]) -> HandedIn:
    """Read the form and open its file; it takes a moment.

    Raises:
        Invalid: What is wrong with which field.
    """
    faults = [Fault(f"/{name}", "extra_forbidden") for name in sorted(form.keys() - _FIELDS)]
    kind = _kind(form.get("kind"), faults)
    requirement_id = _text(form["requirement_id"]) if "requirement_id" in form else None
    file = form.get("file")
    if file is None:
        faults.append(Fault("/file", "missing"))
    if requirement_id == "":
        faults.append(Fault("/requirement_id", "requirement.unknown"))
    if faults or kind is None or file is None:
        raise Invalid(faults=faults)
    try:
        inspected = inspecting.inspect(kind, file.content)
    except Refused as refused:
        raise Invalid(faults=[Fault("/file", refused.code)]) from None
    return HandedIn(
        kind=kind,
        requirement_id=requirement_id,
        name=_name(file.file_name or kind, inspected.extension),
        sha256=hashlib.sha256(file.content).hexdigest(),
        inspected=inspected,
    )


def _kind(part: Part | None, faults: list[Fault]) -> PaperKind | None:
    if part is None:
        faults.append(Fault("/kind", "missing"))
        return None
    try:
        return PaperKind(_text(part))
    except ValueError:
        faults.append(Fault("/kind", "paper.kind"))
        return None


def _text(part: Part) -> str:
    """Give a short field; what is none of ours is as good as empty."""
    try:
        text = part.content[: _TEXT_BYTES_MAX + 1].decode()
    except UnicodeDecodeError:
        return ""
    return text if len(text) <= _TEXT_BYTES_MAX and text.isprintable() else ""


def _name(given: str, extension: str) -> str:
    """Give a file's name without its folders, fit for the provider and for display."""
    plain = given.replace("\\", "/").rsplit("/", 1)[-1]
    stem = "".join(char for char in PurePath(plain).stem if char.isprintable()).strip(". ")
    return (stem or "documento")[:_NAME_LENGTH] + extension
