"""Letters to the organization's people: one look, and those that carry a secret (pure).

What people wrote (names, the organization's) is only ever a value, never markup.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from app.kernel import formats
from app.kernel.colors import DARK, LIGHT, dark_accent, light_accent
from app.kernel.wording import wording
from app.mail.letters import render
from app.mail.text import header_text

_NAME_LENGTH_MAX = 100
_SUBJECT_LENGTH_MAX = 150


class Purpose(StrEnum):
    """What the secret opens."""

    INVITATION = "invitation"
    PASSWORD_RESET = "password_reset"  # noqa: S105 - the name of a purpose


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessLetter:
    """What a letter is made of; every name may be hostile.

    Attributes:
        language: Of the letter.
        organization: Who writes, and the accent color of its letters.
        to_name: The person greeted.
        address: Where it goes.
        by_name: Who invites; empty for a reset.
        link: Where the button leads; it holds the secret.
        expires_at: When the link stops working, told in the time zone.
    """

    purpose: Purpose
    language: str
    organization: str
    accent_color: str
    has_logo: bool
    to_name: str
    address: str
    by_name: str
    link: str
    expires_at: datetime
    zone: ZoneInfo


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffLetter:
    """What every letter to one of the organization's people is made of; texts may be hostile.

    Attributes:
        language: Of the letter.
        organization: Who writes, and the accent color of its letters.
        to_name: The person greeted.
        address: Where it goes.
        preheader: What a mailbox shows beside the subject.
        paragraphs: Each of one or more lines.
        action: The label of the button.
        link: Where it leads.
    """

    language: str
    organization: str
    accent_color: str
    has_logo: bool
    to_name: str
    address: str
    subject: str
    heading: str
    preheader: str
    paragraphs: Sequence[Sequence[str]]
    action: str
    link: str
    closing: str


def compose(letter: AccessLetter) -> tuple[str, str, str]:
    """Write the letter: subject, text, HTML."""
    words = wording("access", letter.language)
    names = {
        "org": header_text(letter.organization, _NAME_LENGTH_MAX),
        "by": header_text(letter.by_name, _NAME_LENGTH_MAX),
    }
    key = letter.purpose.value
    until = letter.expires_at.astimezone(letter.zone)
    expiry = words(
        "until",
        date=formats.long_date(until.date(), letter.language),
        time=until.strftime("%H:%M"),
    )
    return write(
        StaffLetter(
            language=letter.language,
            organization=letter.organization,
            accent_color=letter.accent_color,
            has_logo=letter.has_logo,
            to_name=letter.to_name,
            address=letter.address,
            subject=words(f"{key}.subject", **names),
            heading=words(f"{key}.heading", **names),
            preheader=expiry,
            paragraphs=[[words(f"{key}.body", **names)], [expiry]],
            action=words(f"{key}.action"),
            link=letter.link,
            closing=words(f"{key}.closing"),
        )
    )


def write(letter: StaffLetter) -> tuple[str, str, str]:
    """Write a letter to one of the organization's people: subject, text, HTML."""
    words = wording("access", letter.language)
    organization = header_text(letter.organization, _NAME_LENGTH_MAX)
    subject = header_text(letter.subject, _SUBJECT_LENGTH_MAX)
    text, html = render(
        {
            "language": letter.language,
            "subject": subject,
            "heading": letter.heading,
            "number": "",
            "preheader": letter.preheader,
            "greeting": words("greeting", name=header_text(letter.to_name, _NAME_LENGTH_MAX)),
            "paragraphs": letter.paragraphs,
            "amount_label": "",
            "amount": "",
            "facts": [],
            "actions": [],
            "view": {"label": letter.action, "url": letter.link, "is_primary": True},
            "copy": "",
            "closing": [letter.closing],
            "organization": organization,
            "link": letter.link,
            "link_help": words("link.help"),
            "footer": [organization, words("footer", address=header_text(letter.address, 254))],
            "has_logo": letter.has_logo,
            "light": LIGHT,
            "dark": DARK,
            "accent": light_accent(letter.accent_color),
            "dark_accent": dark_accent(letter.accent_color),
        }
    )
    return subject, text, html
