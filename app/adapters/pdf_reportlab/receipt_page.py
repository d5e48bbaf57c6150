"""What a client takes home after deciding or paying, from its value to its bytes.

It says what was declared and when; it never calls that an advanced signature
(eIDAS art. 25.1: a click is a simple one).
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from reportlab.lib.units import mm

from app.adapters.pdf_reportlab.blocks import WIDTH, labelled, paragraph
from app.adapters.pdf_reportlab.document import (
    GROUP_GAP,
    reference,
    sheet_of,
    version_of,
    vessel_lines,
)
from app.adapters.pdf_reportlab.flow import Block, Flow, Lines, Painted, Stack
from app.adapters.pdf_reportlab.opening import Fact, Opening
from app.adapters.pdf_reportlab.pen import Pen
from app.adapters.pdf_reportlab.sheet import (
    BODY_BOTTOM,
    BODY_TOP,
    HAIRLINE,
    LEFT,
    RIGHT,
)
from app.adapters.pdf_reportlab.text import (
    BODY,
    QUIET,
    SECONDARY,
    SPOKEN,
    STRONG,
    line,
    wrap,
)
from app.documents.printable import Printable
from app.documents.receipt import PaymentReceipt, Receipt
from app.kernel import formats
from app.kernel.colors import LIGHT, light_accent
from app.kernel.wording import Wording, wording

_VALUE_LEFT = LEFT + 48 * mm
_PAD = 1.5 * mm
_FINGERPRINT_GROUP = 8
_FINGERPRINT_STEP = WIDTH / 8
_LINES_MOST = 6


def print_receipt(receipt: Receipt, logo: bytes | None) -> bytes:
    """Print the receipt of a decision in its language."""
    words = wording("printed", receipt.language)
    title = words(f"receipt.{receipt.kind}")
    facts = _facts(receipt, ZoneInfo(receipt.says.time_zone), words)
    closing = _closing(receipt, words)
    return _page(receipt.says, words, title, receipt.decided_at, logo, facts, closing)


def print_payment_receipt(receipt: PaymentReceipt, logo: bytes | None) -> bytes:
    """Print the receipt of a payment in its language."""
    words = wording("printed", receipt.language)
    facts = _payment_facts(receipt, ZoneInfo(receipt.says.time_zone), words)
    note = Lines(LEFT, wrap(words("receipt.paid.note"), SECONDARY, WIDTH))
    title = words("receipt.paid")
    return _page(receipt.says, words, title, receipt.paid_at, logo, facts, [note])


def _page(
    says: Printable,
    words: Wording,
    title: str,
    at: datetime,
    logo: bytes | None,
    facts: Iterable[tuple[str, str]],
    closing: Iterable[Block],
) -> bytes:
    sheet = sheet_of(says, words, about=f"{title} · {says.number or ''}", band=None)
    zone = ZoneInfo(says.time_zone)
    opening = Opening(
        words=words,
        type_name=title,
        number=says.number,
        version=version_of(says, words),
        warning="",
        facts=[Fact(words("fact.date"), _short(at, zone, words.language))],
        issuer=says.issuer,
        client=says.client,
        job=says.title,
        vessel=vessel_lines(says, words),
        accent_text=light_accent(says.accent_color).text,
        logo=logo,
    )
    flow = Flow(first=0.0, top=BODY_TOP, bottom=BODY_BOTTOM)
    flow.add(opening.block(0.0))
    rows = [_pair(label, value) for label, value in facts]
    flow.add(Stack(tuple(rows)), GROUP_GAP)
    for block in closing:
        flow.add(block, GROUP_GAP)
    return sheet.render(flow.pages)


def _facts(receipt: Receipt, zone: ZoneInfo, words: Wording) -> Iterator[tuple[str, str]]:
    says, language = receipt.says, receipt.language
    yield words("receipt.document"), reference(says, words)
    yield words("receipt.version"), str(says.revision)
    yield words("receipt.total"), formats.money(says.totals.total, language)
    if says.totals.payable != says.totals.total:
        yield words("sum.payable"), formats.money(says.totals.payable, language)
    yield words("receipt.answer"), words(f"receipt.answer.{says.type.value}.{receipt.kind}")
    yield words("receipt.name"), receipt.name
    if receipt.told_to:
        yield words("receipt.told_to"), receipt.told_to
    local = words("receipt.local_time", city=formats.zone_city(zone))
    yield local, _moment(receipt.decided_at, zone, language)
    yield words("receipt.utc"), _moment(receipt.decided_at, ZoneInfo("UTC"), language)


def _payment_facts(
    receipt: PaymentReceipt, zone: ZoneInfo, words: Wording
) -> Iterator[tuple[str, str]]:
    says, language = receipt.says, receipt.language
    yield words("receipt.document"), reference(says, words)
    yield words("receipt.paid.amount"), formats.money(receipt.amount, language)
    yield words("receipt.paid.method"), words(f"receipt.paid.{receipt.method}")
    local = words("receipt.local_time", city=formats.zone_city(zone))
    yield local, _moment(receipt.paid_at, zone, language)
    yield words("receipt.utc"), _moment(receipt.paid_at, ZoneInfo("UTC"), language)
    yield words("receipt.paid.code"), receipt.code


def _closing(receipt: Receipt, words: Wording) -> Iterator[Block]:
    if receipt.statement:
        yield paragraph(words("receipt.statement"), receipt.statement, SPOKEN)
    if receipt.comment and receipt.comment.strip():
        yield paragraph(words("receipt.comment"), receipt.comment)
    yield _fingerprint(receipt.pdf_sha256, words)
    key = "receipt.note_staff" if receipt.told_to else "receipt.note"
    yield Lines(LEFT, wrap(words(key), SECONDARY, WIDTH))


def _pair(label: str, value: str) -> Painted:
    """Lay out a row of label and value, with a hairline below."""
    labels = wrap(label, QUIET, _VALUE_LEFT - LEFT - 3 * mm)
    values = wrap(value.replace("\n", " "), BODY, RIGHT - _VALUE_LEFT, most=_LINES_MOST)
    height = max(len(labels), len(values)) * BODY.leading + 2 * _PAD

    def draw(pen: Pen, top: float) -> None:
        Lines(LEFT, labels).draw(pen, top + _PAD)
        Lines(_VALUE_LEFT, values).draw(pen, top + _PAD)
        pen.rule(LEFT, RIGHT, top + height, weight=HAIRLINE, color=LIGHT.line)

    return Painted(height, draw)


def _fingerprint(sha256: str, words: Wording) -> Stack:
    """Write the PDF's SHA-256 in groups of eight, in columns to compare by eye."""
    starts = range(0, len(sha256), _FINGERPRINT_GROUP)
    groups = [sha256[start : start + _FINGERPRINT_GROUP] for start in starts]

    def draw(pen: Pen, top: float) -> None:
        for index, group in enumerate(groups):
            pen.text(LEFT + index * _FINGERPRINT_STEP, top, line(group, STRONG))

    head = labelled(words("receipt.fingerprint"), ())
    return Stack((head, Painted(STRONG.leading, draw)))


def _moment(value: datetime, zone: ZoneInfo, language: str) -> str:
    local = value.astimezone(zone)
    return f"{formats.long_date(local.date(), language)}, {local.strftime('%H:%M:%S')}"


def _short(value: datetime, zone: ZoneInfo, language: str) -> str:
    return formats.short_date(value.astimezone(zone).date(), language)
