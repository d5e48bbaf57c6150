"""Verbs and work: take a paper in, hand it to the provider, and follow what it decides.

Its bytes are sealed in the row until the provider has them, and then they are gone from
here. Nothing is open in the database while the provider is asked, and one process at a
time hands a paper over.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import structlog
from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.events.record import record
from app.jobs.queue import enqueue
from app.kernel.actor import Actor, Permission
from app.kernel.errors import Conflict, Fault, Invalid, NotFound
from app.kernel.identifiers import new_id
from app.kernel.vault import Vault
from app.organizations.auditing import audit
from app.payments import accounts
from app.payments.desk import Desk, provider
from app.payments.enrolment import AccountState, PaperFault, PaperKind, PaperRecord, PaperState
from app.payments.enrolment import Paper as PaperFile
from app.payments.events import paper_changed
from app.payments.hints import Hint
from app.payments.inspecting import Inspected
from app.payments.models import Paper, PaymentAccount
from app.payments.ports import Failure, GatewayRefused, GatewayUnavailable
from app.payments.tasks import DeliverPaper

log = structlog.get_logger()

LEASE = timedelta(minutes=10)
"""Longer than the provider is ever waited for."""

RETRY_AFTER = timedelta(minutes=5)

GIVE_UP_AFTER = timedelta(days=7)
"""A paper that the provider did not get by then is handed in anew; ours is forgotten."""

SHOWN_MAX = 100

_WITH_WALLET: Final = (
    AccountState.ACCEPTED,
    AccountState.UPDATE_REQUESTED,
    AccountState.BLOCKED,
)
_OPERATORS: Final = (Failure.CONFIGURATION, Failure.NOT_CONTRACTED)
"""Refusals that have nothing to do with the paper."""

_FINAL: Final = (PaperState.ACCEPTED, PaperState.REFUSED)


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedIn:
    """A paper that somebody hands in, opened and found in order.

    Attributes:
        requirement_id: The provider's requirement it answers, if it was said.
        name: As the file was called.
        sha256: Of the file as it came.
    """

    kind: PaperKind
    requirement_id: str | None
    name: str
    sha256: str
    inspected: Inspected


async def take_in(
    tx: AsyncSession, actor: Actor, handed: HandedIn, vault: Vault, *, at: datetime
) -> Paper:
    """Keep a paper, sealed, and promise to hand it to the provider.

    Raises:
        Conflict: `not_applied`: there is nothing it could be for; `application_denied`:
            the provider wants no more; `paper_known`: it has this very file already.
        Invalid: The provider does not ask for that requirement.
    """
    actor.require(Permission.PAYMENTS_MANAGE)
    account = await accounts.find(tx, actor.organization_id, for_update=True)
    if account is None or account.onboarding_id is None:
        raise Conflict(reason="not_applied")
    if account.state == AccountState.DENIED:
        raise Conflict(reason="application_denied", extra={"current_status": account.state})
    if handed.requirement_id is not None and handed.requirement_id not in _asked(account):
        raise Invalid(faults=[Fault("/requirement_id", "requirement.unknown")])
    await _require_new(tx, handed, actor.organization_id)
    paper = Paper(
        organization_id=actor.organization_id,
        id=new_id(),
        requirement_id=handed.requirement_id,
        kind=handed.kind.value,
        state=PaperState.WAITING.value,
        comment="",
        name=handed.name,
        content_type=handed.inspected.content_type,
        size_bytes=len(handed.inspected.content),
        sha256=handed.sha256,
        sealed=vault.seal(handed.inspected.content, actor.organization_id),
        created_by=actor.id,
        created_by_name=actor.name,
        created_at=at,
        check_at=at + RETRY_AFTER,
    )
    tx.add(paper)
    await tx.flush()
    told = {"kind": (None, paper.kind), "sha256": (None, paper.sha256)}
    await audit(tx, actor, "paper.handed_in", "paper", paper.id, told, at=at)
    await record(tx, actor, paper_changed(paper), at=at)
    await enqueue(tx, DeliverPaper(paper.organization_id, paper.id))
    return paper


async def get(tx: AsyncSession, actor: Actor, paper_id: UUID) -> Paper:
    """Give one paper of the actor's organization.

    Raises:
        NotFound: There is none.
    """
    actor.require(Permission.PAYMENTS_READ)
    paper = await _find(tx, actor.organization_id, Paper.id == paper_id)
    if paper is None:
        raise NotFound
    return paper


async def list_papers(tx: AsyncSession, organization_id: UUID) -> Sequence[Paper]:
    """Give an organization's papers, newest first."""
    rows = await tx.scalars(
        select(Paper)
        .where(Paper.organization_id == organization_id)
        .order_by(Paper.id.desc())
        .limit(SHOWN_MAX)
    )
    return rows.all()


async def deliver(job: DeliverPaper, desk: Desk, vault: Vault) -> None:
    """Hand a paper to the provider, and forget its bytes once it has them."""
    claim = await _claim(job, desk, vault)
    if claim is None:
        return
    outcome = await _hand_over(desk, claim)
    at = desk.clock.now()
    async with desk.database.transaction(job.organization_id) as tx:
        paper = await _find(tx, job.organization_id, Paper.id == job.paper_id, for_update=True)
        if paper is None or paper.state != PaperState.WAITING:
            return
        paper.leased_until = at
        if outcome is None and at - paper.created_at > GIVE_UP_AFTER:
            outcome = _Outcome(PaperState.REFUSED, PaperFault.NOT_DELIVERED)
        if outcome is None:
            paper.check_at = at + RETRY_AFTER
        else:
            await _move(tx, desk, paper, outcome)


async def sweep(desk: Desk, organization_id: UUID) -> None:
    """Wake the papers that are due: those the provider did not take, and jobs that got lost."""
    at = desk.clock.now()
    async with desk.database.transaction(organization_id) as tx:
        due = await tx.scalars(
            select(Paper)
            .where(Paper.organization_id == organization_id, Paper.check_at <= at)
            .with_for_update(skip_locked=True)
        )
        for paper in due:
            paper.check_at = at + LEASE
            await enqueue(tx, DeliverPaper(organization_id, paper.id))


async def look(organization_id: UUID, desk: Desk) -> None:
    """Fetch the account, and the papers whose fate is open or that something is asked about.

    Raises:
        GatewayUnavailable: The provider does not answer; the job is tried again.
    """
    await accounts.check(organization_id, desk)
    async with desk.database.transaction(organization_id) as tx:
        account = await accounts.find(tx, organization_id)
        is_open = account is not None and bool(account.requirements)
        is_open |= any(
            one.state == PaperState.UNDER_REVIEW for one in await list_papers(tx, organization_id)
        )
    if is_open:
        await _fetch(organization_id, desk)


async def hear(organization_id: UUID, hint: Hint, desk: Desk) -> None:
    """Follow a call about the account or a paper of it.

    What it says is asked for where that is possible. Before the applicant is accepted there
    is no wallet to ask, and the call is all there is; no money hangs on it.

    Raises:
        GatewayUnavailable: The provider does not answer, or the paper is just being handed
            over; the job is tried again.
    """
    await look(organization_id, desk)
    if hint.paper_id is None or hint.paper_state is None:
        return
    if await _fetch(organization_id, desk):
        return
    told = PaperRecord(
        id=hint.paper_id,
        kind=hint.paper_kind or PaperKind.OTHER,
        state=hint.paper_state,
        fault=hint.paper_fault,
        comment="",
        valid_until=None,
    )
    await _take(organization_id, [told], desk)


async def _fetch(organization_id: UUID, desk: Desk) -> bool:
    """Fetch all papers of a wallet; False when there is no wallet to ask."""
    async with desk.database.transaction(organization_id) as tx:
        account = await accounts.find(tx, organization_id)
    if account is None or account.state not in _WITH_WALLET:
        return False
    try:
        records = await desk.provider.wallets.fetch_papers(account.wallet)
    except GatewayRefused as refused:
        if refused.failure is not Failure.NOT_FOUND:
            raise
        return False
    await _take(organization_id, records, desk)
    return True


async def _take(organization_id: UUID, records: Sequence[PaperRecord], desk: Desk) -> None:
    """Let what the provider says of its papers move ours.

    One that was handed in on its own pages is of interest once it is refused.
    """
    async with desk.database.transaction(organization_id) as tx:
        for told in records:
            outcome = _Outcome(told.state, told.fault, told.id, told.comment)
            paper = await _find(tx, organization_id, Paper.provider_id == told.id, for_update=True)
            if paper is None and told.state is PaperState.REFUSED:
                await _require_none_under_way(tx, desk, organization_id)
                paper = await _known_there_only(tx, desk, organization_id, told)
            if paper is not None:
                await _move(tx, desk, paper, outcome)


async def _require_none_under_way(tx: AsyncSession, desk: Desk, organization_id: UUID) -> None:
    """Wait for the answer to a paper that is being handed over: the call may be about it.

    Raises:
        GatewayUnavailable: There is one.
    """
    under_way = await _find(tx, organization_id, Paper.leased_until > desk.clock.now())
    if under_way is not None:
        raise GatewayUnavailable("a paper is being handed over")


async def _known_there_only(
    tx: AsyncSession, desk: Desk, organization_id: UUID, told: PaperRecord
) -> Paper:
    actor = provider(await accounts.get(tx, organization_id))
    paper = Paper(
        organization_id=organization_id,
        id=new_id(),
        kind=told.kind.value,
        state=PaperState.UNDER_REVIEW.value,
        comment="",
        name="",
        provider_id=told.id,
        created_by_name=actor.name,
        created_at=desk.clock.now(),
    )
    tx.add(paper)
    await tx.flush()
    return paper


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What the provider said of a paper.

    Attributes:
        provider_id: None when it took the paper and did not say.
    """

    state: PaperState
    fault: PaperFault | None = None
    provider_id: str | None = None
    comment: str = ""


async def _move(tx: AsyncSession, desk: Desk, paper: Paper, outcome: _Outcome) -> None:
    """Let a paper follow what the provider said; hearing it again changes nothing.

    A call that comes late never takes a decision back.
    """
    at = desk.clock.now()
    state = outcome.state if outcome.state in _FINAL else PaperState.UNDER_REVIEW
    is_news = paper.state != state and not (paper.state in _FINAL and state not in _FINAL)
    paper.provider_id = outcome.provider_id or paper.provider_id
    if not is_news:
        return
    if paper.state == PaperState.WAITING:
        paper.delivered_at = at
    paper.state = state.value
    paper.fault = (outcome.fault or PaperFault.OTHER).value if state is PaperState.REFUSED else None
    paper.comment = outcome.comment
    paper.decided_at = at if state in _FINAL else None
    paper.sealed = paper.check_at = None
    await tx.flush()
    actor = provider(await accounts.get(tx, paper.organization_id))
    fact = paper_changed(paper)
    await record(tx, actor, fact, at=at)
    if state in _FINAL:
        await desk.fact_alarm(tx, actor, None, fact, at=at)


@dataclass(frozen=True, slots=True)
class _Claim:
    """A paper that this process alone hands over now.

    Attributes:
        is_again: An earlier attempt may have arrived.
    """

    account: PaymentAccount
    file: PaperFile
    is_again: bool


async def _claim(job: DeliverPaper, desk: Desk, vault: Vault) -> _Claim | None:
    """Take a paper for this process alone; None when it is delivered, or held."""
    at = desk.clock.now()
    async with desk.database.transaction(job.organization_id) as tx:
        paper = await _find(tx, job.organization_id, Paper.id == job.paper_id, for_update=True)
        if paper is None or paper.sealed is None:
            return None
        if paper.leased_until is not None and paper.leased_until > at:
            return None
        is_again = paper.leased_until is not None
        paper.leased_until = paper.check_at = at + LEASE
        file = PaperFile(
            kind=PaperKind(paper.kind),
            name=paper.name,
            content_type=paper.content_type or "",
            content=vault.open(paper.sealed, paper.organization_id),
        )
        return _Claim(await accounts.get(tx, job.organization_id), file, is_again)


async def _hand_over(desk: Desk, claim: _Claim) -> _Outcome | None:
    """Give the provider a paper; None when it is to be tried again."""
    account = claim.account
    try:
        if account.state in _WITH_WALLET:
            made = await desk.provider.wallets.renew_paper(account.wallet, claim.file)
            return _Outcome(made.state, made.fault, made.id, made.comment)
        made_id = await desk.provider.onboarding.hand_in(
            account.provider_account_id or "", account.onboarding_id or "", claim.file
        )
        return _Outcome(PaperState.UNDER_REVIEW, provider_id=made_id)
    except GatewayRefused as refused:
        if refused.failure in _OPERATORS:
            log.warning("paper_not_taken", wallet=account.wallet, error=refused.text)
            return None
        if refused.failure is Failure.CONFLICT and claim.is_again:
            return _Outcome(PaperState.UNDER_REVIEW)
        is_known = refused.failure is Failure.CONFLICT
        fault = PaperFault.DUPLICATE if is_known else PaperFault.OTHER
        return _Outcome(PaperState.REFUSED, fault, comment=refused.text)
    except GatewayUnavailable as error:
        log.warning("paper_not_answered", wallet=account.wallet, error=error.text)
        return None


def _asked(account: PaymentAccount) -> set[str]:
    stored = account.requirements if isinstance(account.requirements, list) else []
    return {str(one["id"]) for one in stored if isinstance(one, dict)}


async def _require_new(tx: AsyncSession, handed: HandedIn, organization_id: UUID) -> None:
    known = await _find(
        tx,
        organization_id,
        (Paper.sha256 == handed.sha256)
        & (Paper.kind == handed.kind.value)
        & (Paper.state != PaperState.REFUSED.value),
    )
    if known is not None:
        raise Conflict(reason="paper_known", extra={"current_status": known.state})


async def _find(
    tx: AsyncSession,
    organization_id: UUID,
    which: ColumnElement[bool],
    *,
    for_update: bool = False,
) -> Paper | None:
    query = select(Paper).where(Paper.organization_id == organization_id, which).limit(1)
    if for_update:
        query = query.with_for_update()
    return await tx.scalar(query.execution_options(populate_existing=True))
