"""The parts of a contact: what came becomes rows, and what is wrong is noted (pure)."""

from collections.abc import Sequence

from app.contacts.models import (
    ContactAddress,
    ContactBankAccount,
    ContactEmail,
    ContactPerson,
    ContactPhone,
)
from app.contacts.part_schemas import (
    AddressBody,
    BankAccountBody,
    EmailBody,
    PersonBody,
    PhoneBody,
)
from app.kernel import places, reach
from app.kernel.findings import Findings
from app.kernel.identifiers import new_id


def emails(bodies: Sequence[EmailBody], findings: Findings) -> list[ContactEmail]:
    """Normalize e-mails: none twice whatever its case, exactly one primary."""
    _require_at_most_one([body.is_primary for body in bodies], "/emails/{}/is_primary", findings)
    has_primary = any(body.is_primary for body in bodies)
    rows, seen = [], set()
    for position, body in enumerate(bodies):
        pointer = f"/emails/{position}/address"
        address = findings.take(pointer, reach.email, body.address) or body.address
        if address.lower() in seen:
            findings.add(pointer, "email.repeated")
        seen.add(address.lower())
        is_primary = body.is_primary or (position == 0 and not has_primary)
        rows.append(
            ContactEmail(
                position=position, address=address, label=body.label, is_primary=is_primary
            )
        )
    return rows


def phones(bodies: Sequence[PhoneBody], findings: Findings) -> list[ContactPhone]:
    """Normalize phones, keeping what was written."""
    return [
        ContactPhone(
            position=position,
            number=findings.take(f"/phones/{position}/number", reach.phone, body.number),
            raw=body.number,
            label=body.label,
        )
        for position, body in enumerate(bodies)
    ]


def addresses(bodies: Sequence[AddressBody], findings: Findings) -> list[ContactAddress]:
    """Check addresses: at most one is fiscal; Spanish postcodes give the province."""
    _require_at_most_one([body.kind == "fiscal" for body in bodies], "/addresses/{}/kind", findings)
    return [_address(position, body, findings) for position, body in enumerate(bodies)]


def _address(position: int, body: AddressBody, findings: Findings) -> ContactAddress:
    pointer = f"/addresses/{position}"
    country = findings.take(f"{pointer}/country", places.country, body.country)
    postal_code: str | None = body.postal_code
    province = body.province
    if country == "ES" and postal_code:
        rule = places.spanish_postal_code
        postal_code = findings.take(f"{pointer}/postal_code", rule, postal_code)
        if postal_code and not province:
            province = places.province_of(postal_code)
    return ContactAddress(
        position=position,
        kind=body.kind.value,
        street=body.street,
        postal_code=postal_code,
        city=body.city,
        province=province,
        country=country,
    )


def persons(
    bodies: Sequence[PersonBody], present: Sequence[ContactPerson], findings: Findings
) -> list[ContactPerson]:
    """Check persons; one already there keeps its id, by id or by name.

    Args:
        bodies: What came.
        present: The contact's persons until now.
        findings: Where faults are noted.
    """
    free = {person.id: person.name for person in present}
    named = {body.id for body in bodies}
    rows = []
    for position, body in enumerate(bodies):
        if body.id is not None and body.id not in free:
            findings.add(f"/persons/{position}/id", "reference.unknown")
        same = (key for key, name in free.items() if name == body.name and key not in named)
        identifier = body.id or next(same, None) or new_id()
        free.pop(identifier, None)
        pointer = f"/persons/{position}"
        values = body.model_dump(exclude={"id", "email", "phone"})
        rows.append(
            ContactPerson(
                id=identifier,
                position=position,
                email=body.email and findings.take(f"{pointer}/email", reach.email, body.email),
                phone=body.phone and findings.take(f"{pointer}/phone", reach.phone, body.phone),
                **values,
            )
        )
    return rows


def bank_accounts(
    bodies: Sequence[BankAccountBody], findings: Findings
) -> list[ContactBankAccount]:
    """Check bank accounts: none twice, exactly one default."""
    _require_at_most_one(
        [body.is_default for body in bodies], "/bank_accounts/{}/is_default", findings
    )
    has_default = any(body.is_default for body in bodies)
    rows, seen = [], set()
    for position, body in enumerate(bodies):
        pointer = f"/bank_accounts/{position}/iban"
        iban = findings.take(pointer, reach.iban, body.iban)
        if iban is not None and iban in seen:
            findings.add(pointer, "iban.repeated")
        seen.add(iban)
        is_default = body.is_default or (position == 0 and not has_default)
        rows.append(
            ContactBankAccount(
                position=position, iban=iban, holder=body.holder, is_default=is_default
            )
        )
    return rows


def _require_at_most_one(flags: Sequence[bool], pointer: str, findings: Findings) -> None:
    flagged = [position for position, flag in enumerate(flags) if flag]
    for position in flagged[1:]:
        findings.add(pointer.format(position), "only_one")
