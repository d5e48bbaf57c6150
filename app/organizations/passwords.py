"""Passwords: argon2id, in a few threads so that many sign-ins cannot exhaust memory."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from typing import TypeVar

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

Result = TypeVar("Result")

PASSWORD_LENGTH_MIN = 10
PASSWORD_LENGTH_MAX = 200


class Passwords:
    """Hashes and verifies; each takes about 64 MiB and a tenth of a second.

    Args:
        executor: Bounds how many run at once.
    """

    def __init__(self, executor: Executor) -> None:
        self._executor = executor
        self._hasher = PasswordHash((Argon2Hasher(),))
        self._nobody = self._hasher.hash("nobody has this password")

    async def hash(self, password: str) -> str:
        """Hash a new password."""
        return await self._run(self._hasher.hash, password)

    async def verify(self, password: str, password_hash: str | None) -> bool:
        """Compare; an unknown account (None) takes as long as a known one."""
        matches = await self._run(self._hasher.verify, password, password_hash or self._nobody)
        return matches and password_hash is not None

    async def _run(self, work: Callable[..., Result], *arguments: str) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._executor, work, *arguments)
