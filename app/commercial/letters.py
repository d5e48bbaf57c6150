"""What a salesperson is mailed about their actions (pure)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from app.commercial.models import CommercialAction
from app.commercial.telling import due_text
from app.kernel.formats import long_date
from app.kernel.wording import Wording, wording
from app.organizations import letters
from app.organizations.letters import StaffLetter

Named = tuple[CommercialAction, str]
"""An action and its contact's name."""

SHOWN_MAX = 50
"""Actions a morning's letter names; the agenda has the rest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """Who writes to whom, and where the button leads."""

    language: str
    organization: str
    accent_color: str
    logo: bytes | None
    to_name: str
    address: str
    link: str


def compose_reminder(
    errand: Errand, action: CommercialAction, contact: str
) -> tuple[str, str, str]:
    """Remind of one action: subject, text, HTML."""
    words = wording("commercial", errand.language)
    what = {
        "subject": action.subject,
        "contact": contact,
        "due": due_text(action, errand.language),
    }
    paragraphs = [[words("reminder.body", **what)]]
    if action.description:
        paragraphs.append(action.description.split("\n"))
    return _written(errand, words, words("reminder.subject", **what), paragraphs)


def compose_morning(errand: Errand, day: date, actions: Sequence[Named]) -> tuple[str, str, str]:
    """Tell what is to be done on a day, and what should have been done before it."""
    words = wording("commercial", errand.language)
    late = [one for one in actions[:SHOWN_MAX] if one[0].due_on < day]
    today = [one for one in actions[:SHOWN_MAX] if one[0].due_on == day]
    paragraphs = [
        [words(heading), *(_line(words, errand.language, *one) for one in some)]
        for heading, some in (("morning.late", late), ("morning.today", today))
        if some
    ]
    if len(actions) > SHOWN_MAX:
        paragraphs.append([words("morning.more")])
    subject = words("morning.subject", date=long_date(day, errand.language))
    return _written(errand, words, subject, paragraphs)


def _line(words: Wording, language: str, action: CommercialAction, contact: str) -> str:
    due = due_text(action, language)
    return words("morning.line", due=due, contact=contact, subject=action.subject)


def _written(
    errand: Errand, words: Wording, subject: str, paragraphs: Sequence[Sequence[str]]
) -> tuple[str, str, str]:
    return letters.write(
        StaffLetter(
            language=errand.language,
            organization=errand.organization,
            accent_color=errand.accent_color,
            has_logo=errand.logo is not None,
            to_name=errand.to_name,
            address=errand.address,
            subject=subject,
            heading=subject,
            preheader=paragraphs[0][0],
            paragraphs=paragraphs,
            action=words("letter.action"),
            link=errand.link,
            closing=words("letter.closing"),
        )
    )
