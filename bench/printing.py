"""Issuing with the PDF over HTTP, and a page of ours beside one of plain platypus."""

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from io import BytesIO
from pathlib import Path

from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import (
    Flowable,
    Image,
    LongTable,
    Paragraph,
    SimpleDocTemplate,
    Spacer,
    TableStyle,
)

import app.adapters.pdf_reportlab
from app.container import Container
from app.documents import printable
from app.documents import queries as documents
from app.documents.printable import Printable
from app.kernel import formats
from app.organizations import queries as organizations
from bench.client import Client, request_of
from bench.report import Fact
from bench.seed import Model
from bench.stage import LINES, Served, Stage

_FONTS = Path(app.adapters.pdf_reportlab.__file__).parent / "fonts"
_PLAIN, _BOLD = "BenchRegular", "BenchSemibold"
_BODY = ParagraphStyle("body", fontName=_PLAIN, fontSize=9, leading=12.5)
_STRONG = ParagraphStyle("strong", fontName=_BOLD, fontSize=10, leading=13)
_SLOWER_MOST = 1.5
_P95_MOST_MS = 30


async def issuing(stage: Stage, served: Served, model: Model, *, runs: int) -> list[Fact]:
    """Time the issue of invoices of 5 and of 400 lines, the PDF made in the same request."""
    found = []
    for count, times in ((5, 20 * runs), (400, 3 * runs)):
        took_ms = await _issues(stage, served, model, lines=count, times=times)
        p50_ms, p95_ms = statistics.median(took_ms), took_ms[int(len(took_ms) * 0.95)]
        found.append(
            Fact(
                f"issue an invoice of {count} lines with its PDF, one caller at a time",
                f"p50 {p50_ms:.1f} ms, p95 {p95_ms:.1f} ms",
                "",
                f"p95 ≤ {_P95_MOST_MS} ms" if count == 5 else "none: 400 lines are rare",
                count != 5 or p95_ms <= _P95_MOST_MS,
            )
        )
    return found


async def _issues(
    stage: Stage, served: Served, model: Model, *, lines: int, times: int
) -> list[float]:
    """Issue drafts made before; give what each took, sorted."""
    client = await Client.open(served.port)
    path, headers = "/v1/documents", stage.headers()
    draft = {
        "type": "invoice",
        "contact_id": str(model.contact_id),
        "title": "Mantenimiento anual",
        "lines": [LINES[no % len(LINES)] for no in range(lines)],
    }
    took_ms = []
    for _ in range(times + 1):
        made = await client.request(request_of("POST", path, headers, draft), 201)
        wire = request_of("POST", f"{path}/{made.json()['id']}/issue", headers, {})
        began = time.perf_counter()
        await client.request(wire, 200)
        took_ms.append((time.perf_counter() - began) * 1000)
    client.close()
    return sorted(took_ms[1:])


async def beside_platypus(
    container: Container, model: Model, *, count: int, runs: int
) -> list[Fact]:
    """Draw the model document with ours and with platypus in turns: one page, then several."""
    async with container.database.transaction(model.organization_id) as tx:
        held = await documents.revision(tx, model.organization_id, model.document_id, 1)
        says = printable.from_json(held.snapshot)
        logo = await organizations.logo(tx, model.organization_id, says.logo_sha256)
    assert logo is not None
    pdfmetrics.registerFont(TTFont(_PLAIN, _FONTS / "SourceSans3-Regular.ttf"))
    pdfmetrics.registerFont(TTFont(_BOLD, _FONTS / "SourceSans3-Semibold.ttf"))
    found = []
    for times in (1, 8):
        longer = replace(says, lines=says.lines * times)
        ours, plain = _in_turns(
            partial(container.printer.document, longer, logo=logo, band=None),
            partial(_platypus, longer, logo),
            count=max(1, count // times),
            runs=runs,
        )
        found.append(
            Fact(
                f"draw a document of {len(longer.lines)} lines",
                f"{ours:.2f} ms CPU",
                f"plain platypus {plain:.2f} ms; ours × {ours / plain:.2f}",
                f"≤ × {_SLOWER_MOST} of plain platypus",
                ours <= plain * _SLOWER_MOST,
            )
        )
    return found


def _in_turns(
    ours: Callable[[], bytes], plain: Callable[[], bytes], *, count: int, runs: int
) -> tuple[float, float]:
    """Give the medians of both, in milliseconds of CPU; the first run of each is a warm-up."""
    costs_ms: tuple[list[float], list[float]] = ([], [])
    for _ in range(runs + 1):
        for draw, costs in zip((ours, plain), costs_ms, strict=True):
            began = time.process_time()
            for _ in range(count):
                draw()
            costs.append((time.process_time() - began) / count * 1000)
    own, other = (statistics.median(costs[1:]) for costs in costs_ms)
    return own, other


def _platypus(says: Printable, logo: bytes) -> bytes:
    """Draw the same texts and figures as anyone would: paragraphs, one table, one for totals."""
    buffer = BytesIO()
    template = SimpleDocTemplate(
        buffer, pagesize=A4, leftMargin=18 * mm, rightMargin=18 * mm, invariant=1
    )
    template.build(_story(says, logo), onFirstPage=_foot, onLaterPages=_foot)
    return buffer.getvalue()


def _story(says: Printable, logo: bytes) -> list[Flowable]:
    story: list[Flowable] = [Image(BytesIO(logo), 14 * mm, 14 * mm, hAlign="LEFT")]
    heads = (f"{says.type.value} {says.number}", says.issuer.name, says.title)
    story += [Paragraph(text, _STRONG) for text in heads]
    for party in (says.issuer, says.client):
        texts = (party.name, party.tax_id or "", ", ".join(party.address))
        story += [Paragraph(text, _BODY) for text in texts]
    rows: list[list[object]] = [["Concepto", "Cantidad", "Precio", "IVA", "Importe"]]
    rows += [
        [
            Paragraph(item.description, _BODY),
            f"{formats.quantity(item.quantity, 'es')} {item.unit}",
            formats.unit_price(item.unit_price, says.currency, "es"),
            formats.percent(item.tax_rate, "es"),
            formats.money(item.amount, "es"),
        ]
        for item in says.lines
    ]
    widths = [80 * mm, 22 * mm, 26 * mm, 20 * mm, 26 * mm]
    story += [Spacer(1, 7 * mm), _ruled(rows, widths)]
    totals = says.totals
    sums: list[list[object]] = [
        ["Base imponible", formats.money(totals.taxable_base, "es")],
        ["IVA", formats.money(totals.tax, "es")],
        ["Total", formats.money(totals.payable, "es")],
    ]
    return [*story, Spacer(1, 3 * mm), _ruled(sums, [42 * mm, 36 * mm])]


def _ruled(rows: Sequence[list[object]], widths: Sequence[float]) -> LongTable:
    style = TableStyle(
        [
            ("FONT", (0, 0), (-1, 0), _BOLD, 8),
            ("FONT", (0, 1), (-1, -1), _PLAIN, 9),
            ("ALIGN", (1, 0), (-1, -1), "RIGHT"),
            ("LINEBELOW", (0, 0), (-1, -1), 0.4, "#dddddd"),
        ]
    )
    return LongTable(rows, widths, style=style, repeatRows=1)


def _foot(canvas: object, template: SimpleDocTemplate) -> None:
    canvas.setFont(_PLAIN, 7.5)  # type: ignore[attr-defined]  # platypus gives its canvas untyped
    canvas.drawRightString(192 * mm, 15 * mm, f"Página {template.page}")  # type: ignore[attr-defined]
