"""Documents: what can be done with one, by whom, and why not."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends

from app.documents import queries as documents
from app.kernel.actor import Actor, Permission
from app.organizations.access import Requires
from app.records.explain_schemas import ExplanationView
from app.records.explaining import explain
from app.web.dependencies import Language, Now, Tx
from app.web.routing import Route

router = APIRouter(prefix="/v1/documents", tags=["documents"], route_class=Route)

Reader = Annotated[Actor, Depends(Requires(Permission.DOCUMENTS_READ))]


@router.get("/{document_id}/explain")
async def explain_document(
    document_id: UUID, actor: Reader, tx: Tx, at: Now, language: Language
) -> ExplanationView:
    """Say who may do what with a document now, why not, and what would change it.

    The reasons are the words that problems carry. `next_events` tells what happens without
    anybody's doing: it expires, money becomes overdue, a message leaves.
    """
    document = await documents.get(tx, actor, document_id)
    return ExplanationView.of(await explain(tx, actor, document, at=at), language)
