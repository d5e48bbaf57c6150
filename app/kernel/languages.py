"""The languages people are spoken to in: those that have a catalogue.

Another language is only another folder of `app/locales`: what callers may choose, how
figures are written and what every surface says come from it.
"""

from typing import Annotated, Final

from pydantic import GetPydanticSchema
from pydantic_core import core_schema

from app.kernel.wording import LOCALES

DEFAULT_LANGUAGE: Final = "es"
"""Of whoever names none that we speak; the law's own, too."""


def languages_present() -> tuple[str, ...]:
    """List the catalogues' languages (BCP 47), Spanish first, then in order of their codes."""
    present = (folder.name for folder in LOCALES.iterdir() if (folder / "printed.po").exists())
    return tuple(sorted(present, key=lambda code: (code != DEFAULT_LANGUAGE, code)))


LANGUAGES: Final = languages_present()

Language = Annotated[
    str, GetPydanticSchema(lambda _source, _handler: core_schema.literal_schema(list(LANGUAGES)))
]
"""One of them, in what a caller sends."""


def is_tag(column: str) -> str:
    """Write the check of a column: a BCP 47 tag; which ones there are is the catalogues' to say."""
    return f"{column} ~ '^[a-z]{{2,3}}(-[A-Za-z0-9]{{2,8}})*$'"


def language_after(language: str) -> str:
    """Give the language a page's switch leads to: the next one, and after the last the first."""
    return LANGUAGES[(LANGUAGES.index(language) + 1) % len(LANGUAGES)]
