"""Where the stand-in keeps its records: in memory, and in a file that the next run reads."""

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import Generic, TypeVar

from app.kernel.clock import Clock
from app.sandbox.lemonway.records import (
    Applicant,
    Iban,
    MoneyIn,
    MoneyOut,
    Paper,
    Record,
    Transfer,
    Wallet,
)

SC = "SC"
"""The platform's own wallet: fees land there, shortfalls are covered from it."""

_FIRST_NUMBER = 70_001
_SC_BALANCE = 100_000
_Kept = TypeVar("_Kept", bound=Record)


class Table(Generic[_Kept]):
    """Records of one kind by their id, in the order in which they came."""

    def __init__(self, kind: type[_Kept], file: sqlite3.Connection) -> None:
        self._kind = kind.__name__
        self._file = file
        rows = file.execute("SELECT id, body FROM record WHERE kind = ?", (self._kind,))
        self._kept = {str(key): kind(**json.loads(body)) for key, body in rows}

    def __iter__(self) -> Iterator[_Kept]:
        return iter(list(self._kept.values()))

    def __len__(self) -> int:
        return len(self._kept)

    def find(self, key: int | str) -> _Kept | None:
        """Give one record."""
        return self._kept.get(str(key))

    def save(self, record: _Kept) -> _Kept:
        """Keep a record, new or changed."""
        self._kept[str(record.id)] = record
        self._file.execute(
            "INSERT INTO record VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET body = excluded.body",
            (self._kind, str(record.id), json.dumps(asdict(record))),
        )
        return record


class Store:
    """All records, the next number, and a time that can be set forward."""

    def __init__(self, clock: Clock, file: Path | None = None) -> None:
        """Open the file, or keep all in memory alone.

        Args:
            clock: Tells the time; `shift` is added to it.
            file: A SQLite database, made when missing.
        """
        if file is not None:
            file.parent.mkdir(parents=True, exist_ok=True)
        self._file = sqlite3.connect(file or ":memory:", isolation_level=None)
        self._file.execute("PRAGMA synchronous = OFF")
        self._file.execute(
            "CREATE TABLE IF NOT EXISTS record (kind TEXT, id TEXT, body TEXT,"
            " PRIMARY KEY (kind, id))"
        )
        self._clock = clock
        self._open()

    def _open(self) -> None:
        self.shift = timedelta()
        self.applicants = Table(Applicant, self._file)
        self.wallets = Table(Wallet, self._file)
        self.papers = Table(Paper, self._file)
        self.ibans = Table(Iban, self._file)
        self.moneyins = Table(MoneyIn, self._file)
        self.moneyouts = Table(MoneyOut, self._file)
        self.transfers = Table(Transfer, self._file)
        numbered = (self.papers, self.ibans, self.moneyins, self.moneyouts, self.transfers)
        numbers = [record.id for table in numbered for record in table]
        numbers += [one.number for one in (*self.applicants, *self.wallets)]
        self._last = max(numbers, default=_FIRST_NUMBER - 1)
        if self.wallets.find(SC) is None:
            self.wallets.save(
                Wallet(id=SC, number=self.number(), name=SC, status=-1, balance=_SC_BALANCE)
            )

    def reset(self) -> None:
        """Forget everything."""
        self._file.execute("DELETE FROM record")
        self._open()

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def number(self) -> int:
        """Give the next number; all kinds of things count together."""
        self._last += 1
        return self._last

    def now(self) -> datetime:
        """Give the stand-in's time."""
        return self._clock.now() + self.shift

    def seconds(self) -> int:
        """Give it as Unix seconds."""
        return int(self.now().timestamp())

    def credit(self, wallet: Wallet, amount: int) -> None:
        """Add money to a wallet, or take it; a shortfall is covered by the platform's."""
        wallet.balance += amount
        self.wallets.save(wallet)
        platform = self.wallets.find(SC)
        if wallet.balance >= 0 or platform is None or wallet.id == SC:
            return
        missing = -wallet.balance
        wallet.balance = 0
        self.wallets.save(wallet)
        platform.balance -= missing
        self.wallets.save(platform)
        self.transfers.save(
            Transfer(
                id=self.number(),
                sender_id=SC,
                receiver_id=wallet.id,
                amount=missing,
                date=self.seconds(),
                comment="shortfall",
            )
        )
