"""Reading a printed PDF back."""

from io import BytesIO

from pypdf import DocumentInformation, PdfReader
from pypdf.generic import DictionaryObject

from app.adapters.pdf_reportlab import ReportlabPrinter
from app.documents.printable import Printable

PRINTER = ReportlabPrinter()


def printed(says: Printable, *, logo: bytes | None = None, band: str | None = None) -> PdfReader:
    return PdfReader(BytesIO(PRINTER.document(says, logo=logo, band=band)))


def pages_of(reader: PdfReader) -> list[str]:
    """Give each page's text, no-break spaces as spaces."""
    return [page.extract_text().replace("\u00a0", " ") for page in reader.pages]


def text_of(says: Printable, *, band: str | None = None) -> str:
    return "\n".join(pages_of(printed(says, band=band)))


def metadata_of(reader: PdfReader) -> DocumentInformation:
    assert reader.metadata is not None
    return reader.metadata


def language_of(reader: PdfReader) -> str:
    root = reader.root_object
    return str(root["/Lang"])


def fonts_of(reader: PdfReader) -> set[str]:
    """Name every font a page can use, subset prefixes removed."""
    names = set()
    for page in reader.pages:
        resources = page["/Resources"]
        assert isinstance(resources, DictionaryObject)
        fonts = resources["/Font"]
        assert isinstance(fonts, DictionaryObject)
        for font in fonts.values():
            described = font.get_object()
            assert isinstance(described, DictionaryObject)
            names.add(str(described["/BaseFont"]).rsplit("+", 1)[-1].removeprefix("/"))
    return names
