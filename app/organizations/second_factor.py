"""Verbs: put a second factor on an account, take it off, ask for it."""

from datetime import datetime
from enum import Enum, auto
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.kernel.errors import Conflict, Fault, Invalid, NotFound
from app.kernel.identifiers import hash_token
from app.kernel.vault import Vault
from app.organizations import totp
from app.organizations.auditing import audit_everywhere
from app.organizations.models import RecoveryCode, SecondFactor, User


class Answer(Enum):
    """What became of asking for the second factor."""

    PASSED = auto()
    MISSING = auto()
    WRONG = auto()


async def find(tx: AsyncSession, user_id: UUID, *, for_update: bool = False) -> SecondFactor | None:
    """Find a user's second factor, confirmed or not."""
    query = select(SecondFactor).where(SecondFactor.user_id == user_id)
    return await tx.scalar(query.with_for_update() if for_update else query)


async def recovery_codes_left(tx: AsyncSession, user_id: UUID) -> int:
    """Count a user's unused recovery codes."""
    query = select(func.count()).where(RecoveryCode.user_id == user_id)
    return await tx.scalar(query) or 0


async def begin(tx: AsyncSession, vault: Vault, user_id: UUID, *, at: datetime) -> bytes:
    """Make a secret for an authenticator; it counts once a code of it was shown.

    Beginning again makes another.

    Raises:
        Conflict: A second factor is on already.
    """
    factor = await find(tx, user_id, for_update=True)
    if factor is not None and factor.confirmed_at is not None:
        raise Conflict(reason="second_factor_on")
    secret = totp.new_secret()
    values = {"sealed_secret": vault.seal(secret, user_id), "created_at": at}
    await tx.execute(
        insert(SecondFactor)
        .values(user_id=user_id, **values)
        .on_conflict_do_update(index_elements=["user_id"], set_=values)
    )
    return secret


async def confirm(
    tx: AsyncSession, vault: Vault, user_id: UUID, code: str, *, at: datetime
) -> list[str]:
    """Turn the second factor on with a first code; give the recovery codes, once.

    Raises:
        NotFound: None was begun.
        Conflict: It is on already.
        Invalid: The code is not of the secret.
    """
    factor = await find(tx, user_id, for_update=True)
    if factor is None:
        raise NotFound
    if factor.confirmed_at is not None:
        raise Conflict(reason="second_factor_on")
    step = _step_of(vault, factor, code, at=at)
    if step is None:
        raise Invalid(faults=[Fault("/code", "totp.wrong")])
    factor.confirmed_at = at
    factor.last_step = step
    codes = totp.new_recovery_codes()
    tx.add_all(
        RecoveryCode(user_id=user_id, code_hash=hash_token(totp.plain(one))) for one in codes
    )
    await tx.flush()
    await _audit(tx, user_id, "second_factor.turned_on", at=at)
    return codes


async def disable(tx: AsyncSession, factor: SecondFactor, *, at: datetime) -> None:
    """Take the second factor off, its recovery codes too."""
    was_on = factor.confirmed_at is not None
    await tx.execute(delete(RecoveryCode).where(RecoveryCode.user_id == factor.user_id))
    await tx.delete(factor)
    await tx.flush()
    if was_on:
        await _audit(tx, factor.user_id, "second_factor.turned_off", at=at)


async def ask(
    tx: AsyncSession, vault: Vault, user_id: UUID, code: str | None, *, at: datetime
) -> Answer:
    """Ask a user for the second factor, where it is on; what passes works once.

    Args:
        tx: Its commit is what uses a code up.
        vault: Opens the secret.
        user_id: Who knew the password.
        code: Of the authenticator, or a recovery code; None when none was given.
        at: Now.
    """
    factor = await find(tx, user_id, for_update=True)
    if factor is None or factor.confirmed_at is None:
        return Answer.PASSED
    if code is None:
        return Answer.MISSING
    step = _step_of(vault, factor, code, at=at)
    if step is not None:
        factor.last_step = step
        return Answer.PASSED
    if await _use_recovery_code(tx, user_id, code):
        await _audit(tx, user_id, "second_factor.recovered", at=at)
        return Answer.PASSED
    return Answer.WRONG


def _step_of(vault: Vault, factor: SecondFactor, code: str, *, at: datetime) -> int | None:
    secret = vault.open(factor.sealed_secret, factor.user_id)
    return totp.matching_step(secret, totp.plain(code), at=at, after=factor.last_step)


async def _use_recovery_code(tx: AsyncSession, user_id: UUID, code: str) -> bool:
    used = await tx.execute(
        delete(RecoveryCode)
        .where(
            RecoveryCode.user_id == user_id,
            RecoveryCode.code_hash == hash_token(totp.plain(code)),
        )
        .returning(RecoveryCode.user_id)
    )
    return used.first() is not None


async def _audit(tx: AsyncSession, user_id: UUID, action: str, *, at: datetime) -> None:
    await audit_everywhere(tx, await tx.get_one(User, user_id), action, at=at)
