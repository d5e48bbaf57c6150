"""Files over HTTP: one form in, the same bytes out."""

import hashlib
import json
from io import BytesIO
from typing import Annotated, Any
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import StreamingResponse

from app.files import keeping, queries
from app.files.keeping import Named
from app.files.models import Purpose
from app.files.schemas import FileView
from app.files.telling import media_type_of, plain_name
from app.kernel.actor import Actor, Permission
from app.kernel.errors import Fault, Invalid
from app.organizations.access import Requires, RequiresBriefly
from app.web import idempotency, multipart
from app.web.dependencies import Db, Now, Tx, set_created
from app.web.multipart import Part
from app.web.routing import Route

router = APIRouter(prefix="/v1/files", tags=["operations"], route_class=Route)

Anybody = Annotated[Actor, Depends(Requires(None))]
AnybodyBriefly = Annotated[Actor, Depends(RequiresBriefly(None))]
Writer = Annotated[Actor, Depends(RequiresBriefly(Permission.CONTACTS_WRITE))]

BYTES_MAX = 10_000_000
_MAY_UPLOAD = (Purpose.ATTACHMENT, Purpose.IMPORT)
_FIELDS = {"file", "purpose"}
_TAKES: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "additionalProperties": False,
                    "properties": {
                        "purpose": {
                            "type": "string",
                            "enum": [purpose.value for purpose in _MAY_UPLOAD],
                            "default": Purpose.ATTACHMENT.value,
                        },
                        "file": {
                            "type": "string",
                            "contentMediaType": "application/octet-stream",
                            "description": "At most 10 MB.",
                        },
                    },
                },
                "example": {"file": "%PDF-1.7 …"},
            }
        },
    }
}
_GIVES: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/octet-stream": {"schema": {"type": "string"}}}}
}


@router.post("", status_code=201, openapi_extra=_TAKES)
async def upload_file(
    request: Request, actor: Writer, database: Db, at: Now, response: Response
) -> FileView:
    """Hand in a file of at most 10 MB, to attach it to something or to import it.

    An attachment that hangs on nothing is forgotten after a day. It is never shown by us:
    whoever downloads it gets it as a file.
    """
    form = multipart.read(request.headers.get("content-type", ""), await request.body())
    named, content = _handed_in(form)
    said = json.dumps([named.purpose, named.name, hashlib.sha256(content).hexdigest()])
    async with database.transaction(actor.organization_id) as tx:
        await idempotency.claim(tx, request, actor, at=at, is_required=False, says=said)
        file = await keeping.keep(tx, actor, named, BytesIO(content), at=at)
        view = FileView.model_validate(file)
        set_created(response, router.prefix, file.id)
        location = response.headers["location"]
        await idempotency.remember_view(tx, request, view, location=location, status=201, at=at)
        return view


@router.get("/{file_id}")
async def get_file(file_id: UUID, actor: Anybody, tx: Tx, at: Now) -> FileView:
    """Read what a file is: your own, or one on a contact you see."""
    return FileView.model_validate(await queries.get(tx, actor, file_id, at=at))


@router.get("/{file_id}/content", response_class=Response, responses=_GIVES)
async def download_file(file_id: UUID, actor: AnybodyBriefly, database: Db, at: Now) -> Response:
    """Download a file, always as one to be saved."""
    async with database.transaction(actor.organization_id) as tx:
        file = await queries.get(tx, actor, file_id, at=at)
    return StreamingResponse(
        queries.pieces(database, file),
        media_type="application/octet-stream",
        headers={
            "Content-Length": str(file.size_bytes),
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(file.name, safe='')}",
        },
    )


def _handed_in(form: dict[str, Part]) -> tuple[Named, bytes]:
    """Read the form.

    Raises:
        Invalid: What is wrong with which field.
    """
    faults = [Fault(f"/{name}", "extra_forbidden") for name in sorted(form.keys() - _FIELDS)]
    purpose = _purpose(form.get("purpose"), faults)
    file = form.get("file")
    if file is None:
        faults.append(Fault("/file", "missing"))
    elif not file.content:
        faults.append(Fault("/file", "file.empty"))
    elif len(file.content) > BYTES_MAX:
        faults.append(Fault("/file", "file.too_large"))
    if faults or file is None:
        raise Invalid(faults=faults)
    name = plain_name(file.file_name or "")
    return Named(purpose, name, media_type_of(name, file.content)), file.content


def _purpose(part: Part | None, faults: list[Fault]) -> Purpose:
    said = part.content if part is not None else Purpose.ATTACHMENT.value.encode()
    for purpose in _MAY_UPLOAD:
        if said == purpose.value.encode():
            return purpose
    faults.append(Fault("/purpose", "file.purpose"))
    return Purpose.ATTACHMENT
