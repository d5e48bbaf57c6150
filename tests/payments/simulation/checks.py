"""What must be true once a schedule has come to rest: both sides' books, told independently."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

import asyncpg

from app.invariants import pack
from app.payments.movements import MoneyIn, MoneyInState, MoneyOutState
from tests.payments.simulation.world import Broken, Sheet, World

PACK = {"I6", "I8", "I9", "I10"}

Row = Mapping[str, Any]


async def check(world: World, sheets: Iterable[Sheet]) -> None:
    """Compare our books with the provider's, and look for what must never be.

    Args:
        world: At rest.
        sheets: The documents of the schedule that was played.

    Raises:
        Broken: Names everything that is wrong.
    """
    books = await Books.read(world)
    wrong = [
        *_lost(world, books),
        *_untrue(world, books),
        *_taken_back(world, books),
        *_balance(world, books),
        *_unflagged(books, sheets),
        *_at_rest(world, books, sheets),
        *_references(world),
        *await broken(world),
    ]
    if wrong:
        raise Broken("\n".join(wrong))


async def broken(world: World) -> list[str]:
    """Run the pack's part about payments, as the worker's role."""
    own, at = world.organization_id, world.clock.now()
    async with world.office.worker.database.transaction(own) as tx:
        return [
            f"{invariant.code}: {what}"
            for invariant in pack.INVARIANTS
            if invariant.code in PACK
            async for what in invariant.find(tx, own, at)
        ]


class Books:
    """All rows about an organization's money, read past every wall."""

    def __init__(self, tables: Mapping[str, list[Row]]) -> None:
        self.payments = tables["payments"]
        self.transfers = tables["unmatched_transfers"]
        self.refunds = tables["refunds"]
        self.disputes = tables["disputes"]
        self.journals = tables["journals"]
        self.entries = tables["ledger_entries"]
        self.differences = tables["provider_differences"]
        self.calls = tables["provider_calls"]
        self.documents: dict[UUID, Row] = {one["id"]: one for one in tables["documents"]}

    @classmethod
    async def read(cls, world: World) -> "Books":
        """Read them as they are now."""
        names = (
            "payments", "unmatched_transfers", "refunds", "disputes", "journals",
            "ledger_entries", "provider_differences", "provider_calls", "documents",
        )  # fmt: skip
        return cls({name: await _rows(world, name) for name in names})

    def places(self) -> Mapping[str, list[Row]]:
        """Give where each transaction's money is: a payment, a waiting transfer, a won dispute."""
        found: dict[str, list[Row]] = defaultdict(list)
        for row in self.payments:
            if row["provider_id"] is not None and row["state"] in {"succeeded", "frozen"}:
                found[row["provider_id"]].append(row)
        for row in self.transfers:
            if row["payment_id"] is None:
                found[row["provider_id"]].append(row)
        for row in self.disputes:
            if row["won_provider_id"] is not None:
                found[row["won_provider_id"]].append(row)
        return found

    def moves(self, sheet: Sheet) -> list[tuple[Row, int]]:
        """Give what a document is owed more, or less if negative, journal by journal.

        What becomes credit of its client stays with it until it is spent.
        """
        sums: dict[UUID, int] = defaultdict(int)
        for one in self.entries:
            if one["document_id"] == sheet.id:
                sums[one["journal_id"]] += one["amount_minor"]
        journals = sorted(self.journals, key=lambda one: str(one["id"]))  # ids grow with time
        return [(one, sums[one["id"]]) for one in journals if sums[one["id"]]]


async def _rows(world: World, table: str) -> list[Row]:
    rows: list[asyncpg.Record] = await world.database.fetch(
        f"select * from {table} where organization_id = $1",  # noqa: S608 - names of ours
        world.organization_id,
    )
    return [dict(row) for row in rows]


def _lost(world: World, books: Books) -> list[str]:
    """Find money that came in and is booked nowhere, twice, or with another sum."""
    places = books.places()
    wrong = []
    for truth in world.provider.payins.values():
        if not _is_ours(world, truth):
            continue
        found = places[truth.transaction_id]
        if len(found) != 1:
            wrong.append(f"money {truth.transaction_id} is in {len(found)} places: {truth}")
        elif found[0]["amount_minor"] != truth.amount.amount_minor and (
            found[0].get("state") != "frozen" or truth.transaction_id not in world.tampered
        ):
            wrong.append(f"money {truth.transaction_id} is booked as {found[0]['amount_minor']}")
    return wrong


def _untrue(world: World, books: Books) -> list[str]:
    """Find payments believed without the provider's word."""
    return [
        f"payment {row['id']} succeeded without money: {row['provider_id']}"
        for row in books.payments
        if row["provider_id"] is not None
        and row["state"] == "succeeded"
        and not _is_ours(world, world.provider.payins[row["provider_id"]])
    ]


def _is_ours(world: World, truth: MoneyIn) -> bool:
    return truth.state is MoneyInState.SUCCEEDED and truth.wallet == world.wallet


def _taken_back(world: World, books: Books) -> list[str]:
    """Find money that left, and is not booked once with its sum."""
    booked: dict[str, list[int]] = defaultdict(list)
    for row in books.refunds:
        if row["provider_id"] is not None and row["state"] == "succeeded":
            booked[row["provider_id"]].append(row["amount_minor"])
    for row in books.disputes:
        booked[row["provider_id"]].append(row["amount_minor"])
    left = {
        key: one
        for key, one in world.provider.money_outs.items()
        if one.state is MoneyOutState.SUCCEEDED
    }
    wrong = [
        f"{one.kind} {key} is booked as {booked[key]}, not {one.amount}"
        for key, one in left.items()
        if booked[key] != [one.amount.amount_minor] and key not in world.tampered
    ]
    return wrong + [
        f"{key} left nowhere and is booked" for key in booked if booked[key] and key not in left
    ]


def _balance(world: World, books: Books) -> list[str]:
    """Compare the ledger's account at the provider with what the provider holds of it."""
    ours = sum(one["amount_minor"] for one in books.entries if one["account"] == "provider")
    succeeded = {one["provider_id"] for one in books.payments if one["state"] == "succeeded"}
    won = {one["won_provider_id"] for one in books.disputes}
    theirs = sum(
        one.amount.amount_minor
        for key, one in world.provider.payins.items()
        if key in succeeded | won
    ) - sum(
        one.amount.amount_minor
        for one in world.provider.money_outs.values()
        if one.state is MoneyOutState.SUCCEEDED and one.origin_id in succeeded
    )
    zero = sum(one["amount_minor"] for one in books.entries)
    wrong = [] if ours == theirs else [f"the ledger holds {ours} there, the provider {theirs}"]
    return wrong if zero == 0 else [*wrong, f"the ledger sums to {zero}"]


def _unflagged(books: Books, sheets: Iterable[Sheet]) -> list[str]:
    """Find money above what was due, or for a withdrawn document, that nobody is told of."""
    wrong = []
    payments = {one["id"]: one for one in books.payments}
    for sheet in sheets:
        left_minor = books.documents[sheet.id]["payable_minor"]
        for journal, minor in books.moves(sheet):
            left_minor += minor
            if minor < 0 and left_minor < 0 and not _is_told(payments, journal):
                wrong.append(f"journal {journal['id']}: {-left_minor} above, and nobody is told")
        wrong += [
            f"payment {one['id']} came for a withdrawn document, and nobody is told"
            for one in books.payments
            if one["document_id"] == sheet.id
            and one["state"] == "succeeded"
            and sheet.void_after is not None
            and one["id"] not in sheet.void_after
            and one["review_reason"] is None
        ]
    return wrong


def _is_told(payments: Mapping[UUID, Row], journal: Row) -> bool:
    """Tell whether somebody is asked to look, or looked after it happened, or undid it."""
    payment = payments[journal["payment_id"]]
    if payment["state"] != "succeeded":
        return True
    looked_at = payment["reviewed_at"]
    return payment["review_reason"] is not None and (
        looked_at is None or looked_at >= journal["booked_at"]
    )


def _at_rest(world: World, books: Books, sheets: Iterable[Sheet]) -> list[str]:
    """Find what should have ended, and differences nobody caused."""
    ids = {sheet.id for sheet in sheets}
    wrong = [
        f"payment {one['id']} is still {one['state']}"
        for one in books.payments
        if one["document_id"] in ids
        and one["state"] in {"created", "redirected"}
        and not _is_coming(world, one)
    ]
    wrong += [
        f"refund {one['id']} is still {one['state']}"
        for one in books.refunds
        if one["state"] in {"queued", "pending"}
    ]
    wrong += [f"call {one['id']} is not handled" for one in books.calls if one["state"] == "new"]
    wrong += [
        f"{one['kind']}: {one['provider_id']}, {one['ours_minor']}, {one['theirs_minor']}"
        for one in books.differences
        if one["provider_id"] not in world.tampered
    ]
    return wrong


def _is_coming(world: World, payment: Row) -> bool:
    return any(
        one.reference == payment["reference"] and one.state is MoneyInState.AUTHORIZED
        for one in world.provider.payins.values()
    )


def _references(world: World) -> list[str]:
    """Find a reference given to the provider twice, and a refund made twice."""
    given = [one.reference for one in world.provider.orders]
    asked = [one.reference for one in world.provider.refund_orders]
    return [
        f"reference {one} was used twice"
        for several in (given, asked)
        for one in {name for name in several if several.count(name) > 1}
    ]
