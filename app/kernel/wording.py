"""The texts of each surface in each language, read from the catalogues.

A catalogue is `app/locales/<language>/<domain>.po`; its keys are dotted names,
its texts may hold `{placeholders}`. Another language is only another folder.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from babel.messages.pofile import read_po

LOCALES = Path(__file__).parent.parent / "locales"


@dataclass(frozen=True, slots=True)
class Wording:
    """The texts of one domain in one language; call it with a key."""

    domain: str
    language: str
    texts: dict[str, str]

    def __call__(self, key: str, **values: object) -> str:
        """Give the text of a key, its placeholders filled.

        Raises:
            KeyError: The catalogue lacks the key, or the text a value.
        """
        return self.texts[key].format(**values)

    def __contains__(self, key: str) -> bool:
        return key in self.texts


@cache
def wording(domain: str, language: str) -> Wording:
    """Read one catalogue, once per process.

    Raises:
        FileNotFoundError: There is no such domain or language.
    """
    with (LOCALES / language / f"{domain}.po").open("rb") as file:
        catalog = read_po(file, locale=language, domain=domain)
    texts = {str(entry.id): str(entry.string) for entry in catalog if entry.id}
    return Wording(domain, language, texts)
