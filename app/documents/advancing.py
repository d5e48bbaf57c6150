"""Verb: bill a part of a quote in advance; and what of it was paid before it was invoiced."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.documents import advances, lineage, queries, rewriting
from app.documents.advances import Share
from app.documents.breakdown import figures_of, store_figures, taxes_of, totals_line
from app.documents.converting_schemas import Conversion
from app.documents.drafting import begin
from app.documents.models import Document
from app.documents.printable import DocumentType, InvoiceKind
from app.documents.schemas import DocumentDraft
from app.kernel.actor import Actor
from app.kernel.errors import Fault, Invalid
from app.kernel.money import Money
from app.organizations import queries as organizations

_CENT = Money(1)


async def bill(
    tx: AsyncSession,
    actor: Actor,
    quote: Document,
    amount: Money,
    *,
    at: datetime,
    payment_id: UUID | None = None,
    paid_on: date | None = None,
) -> Document:
    """Make the draft of an invoice that asks for a part of a quote in advance.

    Args:
        tx: One transaction.
        actor: Who converts.
        quote: Read for update, with its lines.
        amount: With its taxes; no more than is left of the quote.
        at: Now.
        payment_id: The payment that brought it about.
        paid_on: The day of that payment, which the invoice must name (ROF art. 6.1.i).
    """
    organization = await organizations.get(tx, actor.organization_id)
    contact = await queries.contact_of(tx, quote, parts=())
    shares = await _shares(tx, quote, amount)
    draft = DocumentDraft.model_validate(
        {
            "type": DocumentType.INVOICE,
            "invoice_kind": InvoiceKind.ADVANCE,
            "contact_id": quote.contact_id,
            "salesperson_id": quote.salesperson_id,
            "title": quote.title,
            "language": quote.language,
            "operation_date": paid_on,
            "withholding_rate": rewriting.written(quote.withholding_rate),
            "prices_include_tax": True,
            "lines": list(rewriting.advance(quote, shares)),
        }
    )
    target = await begin(tx, actor, draft, contact, organization, at=at)
    lineage.link(tx, quote, target, "advance_of", at=at, payment_id=payment_id)
    await tx.flush()
    await count_money(tx, target)
    await lineage.tell(tx, actor, quote, target, at=at)
    return target


async def asked_for(tx: AsyncSession, quote: Document, order: Conversion) -> Money:
    """Give what an advance invoice asks for; a share that rounding puts a cent above fits."""
    left = await left_to_bill(tx, quote)
    percent = order.percent or (None if order.amount else quote.deposit_percent)
    if order.amount is not None:
        amount = quote.money(order.amount.amount)
    elif percent:
        amount = Money.of(quote.total.decimal * percent / 100, quote.currency)
        if amount.amount_minor == (left + _CENT).amount_minor:
            amount = left
    else:
        raise Invalid(faults=[Fault("/percent", "missing")])
    if amount > left:
        pointer = "/amount" if order.amount else "/percent"
        params = {"most": str(left.decimal)}
        raise Invalid(faults=[Fault(pointer, "advance.too_large", params=params)])
    if amount.amount_minor <= 0:
        raise Invalid(faults=[Fault("/percent", "advance.nothing")])
    return amount


async def worth_of(tx: AsyncSession, quote: Document, money: Money) -> Money:
    """Tell how much of a quote, with its taxes, money pays for in advance.

    Where the client withholds income tax, money pays for more than its sum. What is left of
    the quote is the limit; the advance is never a cent more than the money pays for.

    Args:
        tx: One transaction.
        quote: With its lines.
        money: What was paid.
    """
    left = await left_to_bill(tx, quote)
    figures = figures_of(quote)
    paid_for = figures.totals.total - figures.totals.withholding
    if all(tax.exemption_cause == "E5" for tax in figures.taxes) or paid_for.amount_minor <= 0:
        return Money(0, quote.currency)  # deliveries within the Union are not invoiced in advance
    share = money.decimal * figures.totals.total.decimal / paid_for.decimal
    amount = min(Money.of(share, quote.currency), left)
    while amount.amount_minor > 0 and await _payable(tx, quote, amount) > money:
        amount -= _CENT
    return amount


async def left_to_bill(tx: AsyncSession, quote: Document) -> Money:
    """Tell what of a quote's total no invoice asks for yet."""
    asked = await lineage.results_of(tx, quote.organization_id, [quote.id], "advance_of")
    return quote.money(quote.total_minor - sum(one.total_minor for one in asked))


async def count_money(tx: AsyncSession, target: Document) -> None:
    """Let a draft count the money that was taken for what it came out of, and no other counts."""
    target.advances_minor = await lineage.advances_minor(tx, target)
    store_figures(target)
    await tx.flush()


async def _shares(tx: AsyncSession, quote: Document, amount: Money) -> list[Share]:
    """Split an advance over the taxes of a quote."""
    asked = await lineage.results_of(tx, quote.organization_id, [quote.id], "advance_of")
    lines = zip(
        (totals_line(quote, line) for line in quote.lines), figures_of(quote).amounts, strict=True
    )
    return advances.shares(
        amount, list(lines), taxes_of(quote), [tax for one in asked for tax in taxes_of(one)]
    )


async def _payable(tx: AsyncSession, quote: Document, amount: Money) -> Money:
    """Tell what an advance of so much, with its taxes, asks for once income tax is withheld."""
    return advances.payable(await _shares(tx, quote, amount))
