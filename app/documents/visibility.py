"""Which documents an actor sees: by their salesperson, or by their contact's."""

from sqlalchemy import ColumnElement, exists, or_, true
from sqlalchemy.orm import aliased

from app.contacts.visibility import Reference, sees_contact_of
from app.documents.models import Document
from app.kernel.actor import Actor, Visibility
from app.organizations.visibility import sees


def sees_document(actor: Actor, document: type[Document] = Document) -> ColumnElement[bool]:
    """Tell whether the actor sees a document, in a query of documents."""
    if actor.visibility == Visibility.ALL:
        return true()
    return or_(sees(actor, document.salesperson_id), sees_contact_of(actor, document.contact_id))


def sees_document_of(actor: Actor, document_id: Reference) -> ColumnElement[bool]:
    """Tell whether the actor sees the document that a row of another table names."""
    if actor.visibility == Visibility.ALL:
        return true()
    document = aliased(Document)
    return exists().where(
        document.organization_id == actor.organization_id,
        document.id == document_id,
        sees_document(actor, document),
    )
