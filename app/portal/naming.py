"""How a page names its document: nouns, articles and genders from the catalogue (pure)."""

from dataclasses import dataclass

from app.documents.printable import InvoiceKind, Printable
from app.kernel.wording import Wording, wording


@dataclass(frozen=True, slots=True)
class Naming:
    """A document's names in the page's language.

    Attributes:
        noun: `presupuesto`, in the middle of a sentence.
        the: `el presupuesto`.
        to: `al presupuesto`.
        gender: `m` or `f`; picks the form of an adjective.
        number: Never broken over lines.
        org: What the client calls the issuer.
    """

    noun: str
    the: str
    to: str
    gender: str
    number: str
    version: int
    org: str

    @property
    def heading(self) -> str:
        """The noun as it starts a heading."""
        return capital(self.noun)

    def values(self) -> dict[str, object]:
        """Give the placeholders the texts use."""
        return {
            "doc": self.noun,
            "the_doc": self.the,
            "The_doc": capital(self.the),
            "to_doc": self.to,
            "n": self.number,
            "v": self.version,
            "org": self.org,
        }


def naming_of(says: Printable, language: str) -> Naming:
    """Name a document in a language."""
    texts = wording("pages", language)
    kind = says.type.value
    if says.invoice_kind not in {None, InvoiceKind.STANDARD}:
        kind = f"{kind}.{says.invoice_kind}"
    return Naming(
        noun=texts(f"{kind}.noun"),
        the=texts(f"{kind}.the"),
        to=texts(f"{kind}.to"),
        gender=texts(f"{kind}.gender"),
        number=says.number or "",
        version=says.revision,
        org=says.issuer.trade_name or says.issuer.name,
    )


def gendered(texts: Wording, key: str, naming: Naming) -> str:
    """Give the form of a text that agrees with the document."""
    return texts(f"{key}.{naming.gender}")


def capital(text: str) -> str:
    """Raise the first letter and leave the rest."""
    return text[:1].upper() + text[1:]
