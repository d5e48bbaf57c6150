"""Who somebody is: the password and, where it is on, the second factor; guessing is slowed."""

from dataclasses import dataclass
from datetime import datetime

from app.kernel.actor import system
from app.kernel.database import Database, enter_organization
from app.kernel.errors import Unauthenticated
from app.kernel.vault import Vault
from app.organizations import member_queries, queries, second_factor
from app.organizations.auditing import audit
from app.organizations.lockout import Attempt, Lockout
from app.organizations.models import User
from app.organizations.passwords import Passwords
from app.organizations.second_factor import Answer


@dataclass(frozen=True, slots=True)
class Claim:
    """What somebody shows to prove who they are.

    Attributes:
        source: Whence they speak; guessing from there is slowed.
        code: Of the second factor, or a recovery code; None when none was given.
    """

    email: str
    password: str
    source: str
    code: str | None = None


@dataclass(frozen=True, slots=True)
class Doorkeeper:
    """Looks at claims, in short transactions of its own: hashing takes a while."""

    database: Database
    passwords: Passwords
    vault: Vault
    lockout: Lockout

    async def admit(self, claim: Claim, *, at: datetime) -> User:
        """Give the user whose password and second factor were shown.

        Raises:
            Unauthenticated: The password is wrong, or the second factor is missing or wrong.
            TooMany: Too much was guessed; later again.
        """
        attempt = await self.lockout.begin(claim.email, claim.source, at=at)
        async with self.database.transaction() as tx:
            found = await member_queries.find_user_to_sign_in(tx, claim.email)
        user = await self._require_password(claim, attempt, found, at=at)
        async with self.database.transaction() as tx:
            answer = await second_factor.ask(tx, self.vault, user.id, claim.code, at=at)
        if answer is Answer.MISSING:
            await self.lockout.forgive(attempt, user_id=None, at=at)
            raise Unauthenticated(code="mfa_required", reason="second_factor_required")
        if answer is Answer.WRONG:
            await self._note_failure(attempt, user, at=at)
            raise Unauthenticated(code="mfa_required", reason="second_factor_wrong")
        await self.lockout.forgive(attempt, user_id=user.id, at=at)
        return user

    async def recognize(self, claim: Claim, *, at: datetime) -> User:
        """Give the user whose password was shown, where that is enough.

        They need not belong to any organization, yet or any more.

        Raises:
            Unauthenticated: It is wrong.
            TooMany: Too much was guessed; later again.
        """
        attempt = await self.lockout.begin(claim.email, claim.source, at=at)
        async with self.database.transaction() as tx:
            found = await queries.find_user_by_email(tx, claim.email)
        if found is not None and found.status != "active":
            found = None
        user = await self._require_password(claim, attempt, found, at=at)
        await self.lockout.forgive(attempt, user_id=None, at=at)
        return user

    async def _require_password(
        self, claim: Claim, attempt: Attempt, user: User | None, *, at: datetime
    ) -> User:
        known = user.password_hash if user is not None else None
        is_right = await self.passwords.verify(claim.password, known)
        if user is None or not is_right:
            await self._note_failure(attempt, user, at=at)
            raise Unauthenticated(reason="credentials_wrong")
        return user

    async def _note_failure(self, attempt: Attempt, user: User | None, *, at: datetime) -> None:
        """Tell the user's organizations that somebody guesses; once per run of failures."""
        if user is None or not attempt.begins_to_wait:
            return
        async with self.database.transaction() as tx:
            for membership in await queries.memberships(tx, user.id):
                await enter_organization(tx, membership.organization_id)
                actor = system(membership.organization_id)
                await audit(tx, actor, "sign_in.slowed", "user", user.id, {}, at=at)
