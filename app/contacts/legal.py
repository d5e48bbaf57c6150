"""What the law wants of a client before a document is issued (pure)."""

from app.contacts.models import Contact
from app.kernel.errors import Fault

_FISCAL = frozenset({"proforma", "invoice"})


def missing_legal_fields(contact: Contact, document_type: str) -> tuple[Fault, ...]:
    """Name every field of a client that a type of document cannot do without.

    Quotes and delivery notes need a name, which every contact has. Proformas and
    invoices also need the full name and the fiscal address; an invoice needs a tax
    id, a proforma one unless the client is a natural person. Only Spanish
    addresses need a postcode: many countries have none.

    Args:
        contact: With its addresses loaded.
        document_type: `quote`, `delivery_note`, `proforma` or `invoice`.

    Returns:
        Faults with pointers such as `/contact/tax_id`; empty when nothing is missing.

    Source:
        RD 1619/2012 art. 6.1 c-e.
    """
    if document_type not in _FISCAL:
        return ()
    pointers = []
    if not contact.is_company and not contact.surname:
        pointers.append("/contact/surname")
    if contact.tax_id is None and (document_type == "invoice" or contact.is_company):
        pointers.append("/contact/tax_id")
    pointers += _missing_of_address(contact)
    return tuple(Fault(pointer, "legal_field.missing") for pointer in pointers)


def _missing_of_address(contact: Contact) -> list[str]:
    address = contact.fiscal_address
    if address is None:
        return ["/contact/addresses"]
    needed = ["street", "city"]
    if address.country == "ES":
        needed.insert(1, "postal_code")
    place = f"/contact/addresses/{address.position}"
    return [f"{place}/{name}" for name in needed if not getattr(address, name)]
