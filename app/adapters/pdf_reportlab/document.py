"""A quote, delivery note, proforma or invoice, from its value to its bytes."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from reportlab.lib.units import mm

from app.adapters.pdf_reportlab.blocks import (
    BLOCK_GAP,
    WIDTH,
    labelled,
    paragraph,
    sentence,
    signature_box,
)
from app.adapters.pdf_reportlab.flow import Block, Flow, Lines, Stack
from app.adapters.pdf_reportlab.opening import Fact, Opening
from app.adapters.pdf_reportlab.sheet import BODY_BOTTOM, BODY_TOP, LEFT, Sheet
from app.adapters.pdf_reportlab.table import is_priced, table_of
from app.adapters.pdf_reportlab.text import BODY, TextLine, wrap
from app.adapters.pdf_reportlab.totals import ITEMISED_MOST, breakdown_of, totals_of
from app.documents.mentions import mentions
from app.documents.printable import DocumentType, InvoiceKind, Party, Printable
from app.kernel import formats
from app.kernel.colors import light_accent
from app.kernel.wording import Wording, wording

GROUP_GAP = 7 * mm
_SIGNATURE_GAP = 5 * mm
_BREAKDOWN_BESIDE_MOST = 12
"""More tax groups than these stand above the totals, where they may break."""

_SIGNED = {
    DocumentType.QUOTE: ("name", "tax_id", "date", "signature"),
    DocumentType.DELIVERY_NOTE: ("name", "tax_id", "date_time", "signature"),
}


def print_document(says: Printable, logo: bytes | None, band: str | None) -> bytes:
    """Print a document.

    Raises:
        KeyError: The band has no text.
    """
    words = wording("printed", says.language)
    closing = tuple(_closing(says, words))
    signed = _SIGNED.get(says.type, ())
    return _print(says, logo, words(f"band.{band}") if band else None, closing, signed)


def print_translation(
    says: Printable, language: str, logo: bytes | None, original_sha256: str
) -> bytes:
    """Print a document in another language; nobody signs it, for the original is what counts."""
    words = wording("printed", language)
    original = words(f"language.{says.language}")
    band = words("band.translation", number=says.number, language=original)
    told = words("translation.text", language=original, sha256=original_sha256)
    translated = replace(says, language=language)
    closing = (*_closing(translated, words), paragraph(words("translation"), told))
    return _print(translated, logo, band, closing, ())


def _print(
    says: Printable,
    logo: bytes | None,
    band: str | None,
    closing: tuple[Block, ...],
    signed: Sequence[str],
) -> bytes:
    words = wording("printed", says.language)
    sheet = sheet_of(says, words, about=reference(says, words), band=band)
    flow = Flow(first=0.0, top=BODY_TOP + sheet.shift, bottom=BODY_BOTTOM)
    flow.add(_opening(says, words, logo).block(sheet.shift))
    if says.layout is not None and says.layout.intro:
        flow.add(Lines(LEFT, wrap(says.layout.intro, BODY, WIDTH)), GROUP_GAP)
    _add_table(flow, says, words)
    if closing:
        flow.add(Stack(closing, BLOCK_GAP), GROUP_GAP)
    if signed:
        cells = [words(f"signature.{cell}") for cell in signed]
        box = signature_box(words(f"signature.{says.type.value}"), cells)
        flow.add(box, _SIGNATURE_GAP if closing else GROUP_GAP)
    return sheet.render(flow.pages)


def type_name(says: Printable, words: Wording) -> str:
    """Name the kind of document, as its title does."""
    if says.invoice_kind in (None, InvoiceKind.STANDARD):
        return words(says.type.value)
    return words(f"{says.type.value}.{says.invoice_kind.value}")


def reference(says: Printable, words: Wording) -> str:
    """Give type and number, as footers and titles do."""
    return f"{type_name(says, words)} {says.number or ''}".strip()


def sheet_of(says: Printable, words: Wording, *, about: str, band: str | None) -> Sheet:
    """Say what stands around every page of a document."""
    return Sheet(
        words=words,
        accent=says.accent_color,
        band=band,
        issuer=says.issuer.name,
        about=about,
        identity=_identity(says.issuer, words),
        subject=says.title.strip() or reference(says, words),
    )


def version_of(says: Printable, words: Wording) -> str:
    """Name the version: always of a quote, of others from the second on."""
    if says.number is None or (says.type is not DocumentType.QUOTE and says.revision == 1):
        return ""
    return words("version", revision=says.revision)


def _identity(issuer: Party, words: Wording) -> str:
    """Give legal name, tax id, registry (CCom art. 24.1) and its own line for the footer."""
    tax_id = words("tax_id", tax_id=issuer.tax_id) if issuer.tax_id else ""
    first = " · ".join(part for part in (issuer.name, tax_id) if part)
    parts = (first, (issuer.registry or "").strip(), issuer.footer.strip())
    return "\n".join(part for part in parts if part)


def _opening(says: Printable, words: Wording, logo: bytes | None) -> Opening:
    return Opening(
        words=words,
        type_name=type_name(says, words),
        number=says.number,
        version=version_of(says, words),
        warning=words("proforma.warning") if says.type is DocumentType.PROFORMA else "",
        facts=list(_facts(says, words)),
        issuer=says.issuer,
        client=says.client,
        job=says.title,
        vessel=vessel_lines(says, words),
        accent_text=light_accent(says.accent_color).text,
        logo=logo,
        is_logo_right=says.layout is not None and says.layout.is_logo_right,
    )


def vessel_lines(says: Printable, words: Wording) -> list[str]:
    """Name the vessel a document is about, and its registration."""
    if says.vessel is None:
        return []
    number = says.vessel.registration_number
    return [says.vessel.name, *([words("registration", number=number)] if number else [])]


def _facts(says: Printable, words: Wording) -> Iterator[Fact]:
    """Give the dates there are; that of the operation when it is another day."""
    is_delivery = says.type is DocumentType.DELIVERY_NOTE
    is_proforma = says.type is DocumentType.PROFORMA
    operation = None if says.operation_date == says.issue_date else says.operation_date
    dates = (
        ("fact.date", says.issue_date, False),
        ("fact.revised", says.revised_on, False),
        ("fact.delivery" if is_delivery else "fact.operation", operation, False),
        ("fact.due", says.due_date, True),
        ("fact.valid_f" if is_proforma else "fact.valid", says.valid_until, True),
    )
    for label, value, is_key in dates:
        if value is not None:
            yield Fact(words(label), formats.short_date(value, says.language), is_key)


def _add_table(flow: Flow, says: Printable, words: Wording) -> None:
    head, rows = table_of(says, words)
    if not is_priced(says):
        flow.table(head, rows, None, gap=GROUP_GAP)
        return
    tax_head, tax_rows = breakdown_of(says, words)
    if len(tax_rows) <= _BREAKDOWN_BESIDE_MOST:
        totals = totals_of(says, words, Stack((tax_head, *tax_rows)))
        flow.table(head, rows, totals, gap=GROUP_GAP)
    else:
        flow.table(head, rows, None, gap=GROUP_GAP)
        flow.table(tax_head, tax_rows, totals_of(says, words, None), gap=BLOCK_GAP)


def _closing(says: Printable, words: Wording) -> Iterator[Block]:
    """Give payment, terms and mentions, in this order, those there are."""
    if says.deposit_percent and says.deposit:
        percent = formats.percent(says.deposit_percent, says.language)
        amount = formats.money(says.deposit, says.language)
        lines = sentence(words, "deposit.text", percent=percent, amount=amount)
        yield labelled(words("deposit"), lines)
    if says.installments:
        yield labelled(words("installments"), list(_installments(says, words)))
    if says.iban and says.type in (DocumentType.INVOICE, DocumentType.PROFORMA):
        yield labelled(words("payment"), _payment(says, words))
    if terms := _terms(says):
        is_delivery = says.type is DocumentType.DELIVERY_NOTE
        yield paragraph(words("remarks" if is_delivery else "terms"), terms)
    if len(says.disbursements) > ITEMISED_MOST:
        items = [
            f"{item.description.strip()}: {formats.money(item.amount, says.language)}"
            for item in says.disbursements
        ]
        yield paragraph(words("sum.disbursements"), "\n".join(items))
    if sentences := mentions(says):
        yield paragraph(words("mentions"), "\n".join(sentences))
    if says.layout is not None and says.layout.closing:
        yield Lines(LEFT, wrap(says.layout.closing, BODY, WIDTH))


def _terms(says: Printable) -> str:
    """Give the terms of every such document, then those of this one."""
    general = says.layout.terms if says.layout is not None else ""
    return "\n".join(filter(None, (general, says.notes.strip())))


def _installments(says: Printable, words: Wording) -> Iterator[TextLine]:
    count = len(says.installments)
    for no, one in enumerate(says.installments, start=1):
        amount = formats.money(one.amount, says.language)
        day = formats.long_date(one.due_date, says.language)
        yield from sentence(
            words, "installments.text", no=str(no), count=str(count), date=day, amount=amount
        )


def _payment(says: Printable, words: Wording) -> list[TextLine]:
    compact = "".join((says.iban or "").split())
    iban = formats.NO_BREAK_SPACE.join(
        compact[start : start + 4] for start in range(0, len(compact), 4)
    )
    if says.number is None:
        return sentence(words, "payment.unnumbered", iban=iban)
    return sentence(words, f"payment.{says.type.value}", iban=iban, number=says.number)
