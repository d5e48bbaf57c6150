"""The payment account: apply to be paid on line, and see what is missing for it."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from sqlalchemy.ext.asyncio import AsyncSession

from app.kernel.actor import Actor, Permission
from app.kernel.errors import Conflict, Unavailable
from app.kernel.vault import Vault
from app.organizations.access import Requires, RequiresBriefly
from app.payments import accounts, papers
from app.payments.account_schemas import EnrolmentBody, PaymentAccountView
from app.payments.accounts import Enrolment
from app.payments.dependencies import AtDesk
from app.payments.models import PaymentAccount
from app.payments.ports import Failure, GatewayError, GatewayRefused, GatewayUnavailable
from app.settings import Settings
from app.web import idempotency
from app.web.dependencies import Db, Language, Now, Tx, provided
from app.web.routing import Route

router = APIRouter(prefix="/v1/payment-account", tags=["payments"], route_class=Route)

Reader = Annotated[Actor, Depends(Requires(Permission.PAYMENTS_READ))]
Manager = Annotated[Actor, Depends(RequiresBriefly(Permission.PAYMENTS_MANAGE))]

RETRY_AFTER_S = 30


@router.get("")
async def get_payment_account(actor: Reader, tx: Tx, language: Language) -> PaymentAccountView:
    """Read whether clients can pay on line, and what is missing for it."""
    return await _shown(tx, await accounts.find(tx, actor.organization_id), actor, language)


@router.post("")
async def start_payment_account(
    body: EnrolmentBody,
    actor: Manager,
    desk: AtDesk,
    database: Db,
    at: Now,
    request: Request,
    language: Language,
) -> PaymentAccountView:
    """Apply to be paid on line; go on at `onboarding_url`.

    The user must have signed in, or stepped up, in the last five minutes. Applying again
    is possible until the provider has the application.
    """
    actor.require_recent_sign_in()
    enrolment = Enrolment(body.kind, body.registered_on, body.representative.value())
    vault = provided(request, Vault)
    async with database.transaction(actor.organization_id) as tx:
        await idempotency.claim(tx, request, actor, at=at, is_required=False)
        application = await accounts.apply(tx, actor, enrolment, vault, at=at)
    public_url = provided(request, Settings).public_url
    try:
        opened = await desk.provider.onboarding.open_account(application)
        async with database.transaction(actor.organization_id) as tx:
            await accounts.take_over(tx, desk, actor.organization_id, opened, None)
        form = await desk.provider.onboarding.start_form(
            opened.id, application, f"{public_url}/pay/onboarded"
        )
    except GatewayError as error:
        raise _told(error) from error
    async with database.transaction(actor.organization_id) as tx:
        account = await accounts.keep_form(tx, actor.organization_id, form.onboarding_id)
        view = await _shown(tx, account, actor, language)
        await idempotency.remember_view(tx, request, view, at=at)
        return _with_url(view, form.url)


@router.post("/resume")
async def resume_payment_account(
    actor: Manager, desk: AtDesk, database: Db, at: Now, request: Request, language: Language
) -> PaymentAccountView:
    """Get a fresh address to go on with the application."""
    async with database.transaction(actor.organization_id) as tx:
        await idempotency.claim(tx, request, actor, at=at, is_required=False)
        account = await accounts.get(tx, actor.organization_id)
    if account.onboarding_id is None:
        raise Conflict(reason="not_applied", extra={"current_status": account.state})
    try:
        url = await desk.provider.onboarding.resume_form(account.onboarding_id)
        await accounts.check(actor.organization_id, desk)
    except GatewayError as error:
        raise _told(error) from error
    async with database.transaction(actor.organization_id) as tx:
        fresh = await accounts.get(tx, actor.organization_id)
        view = await _shown(tx, fresh, actor, language)
        await idempotency.remember_view(tx, request, view, at=at)
        return _with_url(view, url)


async def _shown(
    tx: AsyncSession, account: PaymentAccount | None, actor: Actor, language: str
) -> PaymentAccountView:
    handed_in = await papers.list_papers(tx, actor.organization_id)
    return PaymentAccountView.of(account, handed_in, language)


def _with_url(view: PaymentAccountView, url: str) -> PaymentAccountView:
    """Add the address, which is not kept for a repetition: whoever holds it acts."""
    return view.model_copy(update={"onboarding_url": url})


def _told(error: GatewayError) -> Conflict | Unavailable:
    """Say what the provider said, as far as the caller can do something about it."""
    if isinstance(error, GatewayRefused) and error.failure in {Failure.INVALID, Failure.CONFLICT}:
        return Conflict(reason="provider_refused", extra={"provider_text": error.text[:500]})
    wait = error.retry_after_s if isinstance(error, GatewayUnavailable) else None
    return Unavailable(reason="provider_unavailable", retry_after_s=wait or RETRY_AFTER_S)
