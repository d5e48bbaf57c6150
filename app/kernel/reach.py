"""E-mail addresses, phones and bank accounts, as stored (pure)."""

import re

import phonenumbers
from email_validator import EmailNotValidError, validate_email
from stdnum import iban as stdnum_iban
from stdnum.exceptions import InvalidChecksum, ValidationError

from app.kernel.findings import Refused
from app.kernel.tax_ids import compact

_SPAIN = 34
_SPANISH_PHONE = re.compile(r"[6-9][0-9]{8}")
_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[0-9A-Z]{11,30}")


def email(raw: str) -> str:
    """Normalize an e-mail address; its domain becomes lower-case ASCII.

    Nobody is asked whether the mailbox exists.

    Raises:
        Refused: `email.format`, or `email.smtputf8` for a local part beyond ASCII,
            which not every server on the way could carry.
    """
    try:
        parsed = validate_email(raw, check_deliverability=False)
    except EmailNotValidError:
        raise Refused("email.format") from None
    if parsed.ascii_email is None:
        raise Refused("email.smtputf8")
    return parsed.ascii_email


def phone(raw: str) -> str:
    """Normalize a phone number to E.164; without a prefix it is Spanish.

    Raises:
        Refused: `phone.format`.
    """
    try:
        parsed = phonenumbers.parse(raw, "ES")
    except phonenumbers.NumberParseException:
        raise Refused("phone.format") from None
    national = phonenumbers.national_significant_number(parsed)
    is_odd = parsed.country_code == _SPAIN and not _SPANISH_PHONE.fullmatch(national)
    if is_odd or not phonenumbers.is_possible_number(parsed):
        raise Refused("phone.format")
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def iban(raw: str) -> str:
    """Normalize an IBAN: length and form by country, mod 97 (ISO 13616).

    Raises:
        Refused: `iban.format`, or `iban.checksum` when only the control is wrong.
    """
    value = compact(raw)
    if not _IBAN.fullmatch(value):
        raise Refused("iban.format")
    try:
        return str(stdnum_iban.validate(value, check_country=False))
    except InvalidChecksum:
        raise Refused("iban.checksum") from None
    except ValidationError:
        raise Refused("iban.format") from None
