"""Who goes on: simulated processes stop at gates, between which nobody else acts.

A gate stands before and after every transaction and every call of the provider: the only
places where what others do meanwhile can matter, since no transaction is open there.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from contextvars import ContextVar
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from typing_extensions import override

from app.kernel.database import Database
from tests.fakes import Killed

_current: ContextVar["Process | None"] = ContextVar("process", default=None)


class Process:
    """A request or a job under way.

    Attributes:
        name: For the record of a schedule.
        dies_at: The gate at which it is killed, counted from 1; None for a long life.
        is_free: It stops at no gate: several of these really run at once.
        on_death: What follows when it is killed.
        error: What it ended with, if it should not have.
    """

    def __init__(
        self,
        name: str,
        work: Coroutine[Any, Any, None],
        *,
        dies_at: int | None = None,
        is_free: bool = False,
        on_death: Callable[[], None] = lambda: None,
    ) -> None:
        self.name = name
        self.error: Exception | None = None
        self.was_killed = False
        self._dies_at = dies_at
        self._is_free = is_free
        self._on_death = on_death
        self._gates = 0
        self._transactions = 0
        self._may_go = asyncio.Event()
        self._has_stopped = asyncio.Event()
        self._task = asyncio.create_task(self._run(work))

    @property
    def is_over(self) -> bool:
        """Whether it ended, one way or another."""
        return self._task.done()

    async def go_on(self) -> None:
        """Let it work as far as its next gate, or its end."""
        self._has_stopped.clear()
        self._may_go.set()
        await self._has_stopped.wait()
        await asyncio.sleep(0)  # its task ends in the next turn of the loop

    async def _run(self, work: Coroutine[Any, Any, None]) -> None:
        _current.set(self)
        await self._may_go.wait()
        try:
            await work
        except Killed:
            self.was_killed = True
            self._on_death()
        except Exception as error:  # noqa: BLE001 - the schedule says what it thinks of it
            self.error = error
        finally:
            self._has_stopped.set()

    def maybe_die(self) -> None:
        """Pass a point at which it may be killed.

        Raises:
            Killed: This was its time.
        """
        self._gates += 1
        if self._gates == self._dies_at:
            raise Killed

    async def gate(self) -> None:
        """Stop until it is told to go on, unless it holds a transaction."""
        self.maybe_die()
        if self._is_free or self._transactions:
            return
        self._may_go.clear()
        self._has_stopped.set()
        await self._may_go.wait()

    def begin(self) -> None:
        """Hold a transaction: nobody waits for a gate with locks in hand."""
        self._transactions += 1

    def end(self) -> None:
        """Hold it no more."""
        self._transactions -= 1


async def gate() -> None:
    """Stop the process that comes here; what is no simulated process passes."""
    if (process := _current.get()) is not None:
        await process.gate()


class PacedDatabase(Database):
    """A database whose transactions stand between gates; a death before the commit undoes one."""

    @override
    @asynccontextmanager
    async def transaction(self, organization_id: UUID | None = None) -> AsyncIterator[AsyncSession]:
        process = _current.get()
        if process is None:
            async with super().transaction(organization_id) as tx:
                yield tx
            return
        await process.gate()
        process.begin()
        try:
            async with super().transaction(organization_id) as tx:
                yield tx
                process.maybe_die()
        finally:
            process.end()
        await process.gate()
