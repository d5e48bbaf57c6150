"""Payouts: the organization's money, sent from the payment provider to its bank account."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from app.kernel import reach
from app.kernel.actor import Actor, Permission
from app.kernel.findings import Findings
from app.organizations.access import Requires
from app.payments import payout_accounts, payouts
from app.payments.dependencies import AtDesk
from app.payments.payout_schemas import (
    PayoutAccountDraft,
    PayoutAccountView,
    PayoutDraft,
    PayoutView,
)
from app.web.dependencies import Now, Tx, set_created
from app.web.pagination import Paging
from app.web.routing import Route
from app.web.schemas import Page, PageQuery

router = APIRouter(prefix="/v1", tags=["payments"], route_class=Route)

Reader = Annotated[Actor, Depends(Requires(Permission.PAYMENTS_READ))]
Manager = Annotated[Actor, Depends(Requires(Permission.PAYMENTS_MANAGE))]
Payer = Annotated[Actor, Depends(Requires(Permission.PAYMENTS_MANAGE, needs_key=True))]


@router.get("/payout-accounts")
async def list_payout_accounts(
    actor: Reader, tx: Tx, request: Request, query: Annotated[PageQuery, Query()]
) -> Page[PayoutAccountView]:
    """List the bank accounts that were named for payouts, newest first."""
    paging = Paging.of(request, query)
    before = UUID(str(paging.after[0])) if paging.after else None
    rows = await payout_accounts.list_accounts(tx, actor, query.limit, before=before)
    page, cursor = paging.split(rows, lambda named: [str(named.id)])
    shown = [PayoutAccountView.of(one) for one in page]
    return Page(data=shown, has_more=cursor is not None, next_cursor=cursor)


@router.post("/payout-accounts", status_code=201)
async def create_payout_account(
    body: PayoutAccountDraft, actor: Manager, desk: AtDesk, tx: Tx, at: Now, response: Response
) -> PayoutAccountView:
    """Name a bank account of the organization to be paid out to.

    The user must have signed in, or stepped up, in the last five minutes. The payment
    provider verifies the account before any money goes there, and all staff are told. An
    IBAN is never changed: another one is another account.
    """
    findings = Findings()
    iban = findings.take("/iban", reach.iban, body.iban)
    findings.require_none()
    named = await payout_accounts.name_account(
        tx, actor, body.holder, iban or "", desk.fact_alarm, at=at
    )
    set_created(response, "/v1/payout-accounts", named.id)
    return PayoutAccountView.of(named)


@router.get("/payout-accounts/{payout_account_id}")
async def get_payout_account(payout_account_id: UUID, actor: Reader, tx: Tx) -> PayoutAccountView:
    """Read a bank account: whether the provider has verified it."""
    return PayoutAccountView.of(await payout_accounts.get(tx, actor, payout_account_id))


@router.get("/payouts")
async def list_payouts(
    actor: Reader, tx: Tx, request: Request, query: Annotated[PageQuery, Query()]
) -> Page[PayoutView]:
    """List payouts, newest first."""
    paging = Paging.of(request, query)
    before = UUID(str(paging.after[0])) if paging.after else None
    rows = await payouts.list_payouts(tx, actor, query.limit, before=before)
    page, cursor = paging.split(rows, lambda payout: [str(payout.id)])
    shown = [PayoutView.of(one) for one in page]
    return Page(data=shown, has_more=cursor is not None, next_cursor=cursor)


@router.post("/payouts", status_code=201)
async def create_payout(
    body: PayoutDraft, actor: Payer, desk: AtDesk, tx: Tx, at: Now, response: Response
) -> PayoutView:
    """Send money from the payment provider to the organization's bank account.

    It goes only to an account that the provider has verified. Left out, the amount is all
    that is there, less the refunds on their way. The payout is `pending` until the money is
    at the bank, one to three working days later; when it fails, the money is there again.
    """
    payout = await payouts.pay_out(tx, actor, body.value(), desk.fact_alarm, at=at)
    set_created(response, "/v1/payouts", payout.id)
    return PayoutView.of(payout)


@router.get("/payouts/{payout_id}")
async def get_payout(payout_id: UUID, actor: Reader, tx: Tx) -> PayoutView:
    """Read a payout."""
    return PayoutView.of(await payouts.get(tx, actor, payout_id))
