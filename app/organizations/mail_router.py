"""How the organization's messages leave, and a message to try it."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.kernel.actor import Actor, ActorKind, Permission
from app.kernel.errors import Conflict, Fault, Invalid
from app.kernel.vault import Vault
from app.mail.message import Mailbox
from app.mail.ports import HostRefused, MailRelays, SmtpAccount
from app.organizations import mail_settings, mail_trial, queries
from app.organizations.access import Requires, RequiresBriefly
from app.organizations.mail_routes import route_of
from app.organizations.mail_schemas import (
    MailSettingsBody,
    MailSettingsView,
    MailTestView,
    SmtpBody,
)
from app.organizations.mail_trial import Trial
from app.organizations.models import User
from app.settings import Settings
from app.web import idempotency
from app.web.dependencies import Db, Language, MustSee, Now, Tx, provided, set_etag
from app.web.problems import foresee
from app.web.rate_limits import MAIL_TESTS, RateLimits
from app.web.routing import Route

router = APIRouter(prefix="/v1/mail-settings", tags=["settings"], route_class=Route)

Reader = Annotated[Actor, Depends(Requires(Permission.SETTINGS_READ))]
BriefWriter = Annotated[Actor, Depends(RequiresBriefly(Permission.SETTINGS_WRITE))]

foresee("pk_mail_settings", Conflict(reason="busy"))


@router.get("")
async def get_mail_settings(actor: Reader, tx: Tx, response: Response) -> MailSettingsView:
    """Read how the organization's messages leave; a password is never shown."""
    row = await queries.find_mail_settings(tx, actor.organization_id)
    view = MailSettingsView.of(row)
    set_etag(response, view.version)
    return view


@router.put("")
async def set_mail_settings(
    body: MailSettingsBody,
    request: Request,
    actor: BriefWriter,
    database: Db,
    at: Now,
    seen: MustSee,
    response: Response,
) -> MailSettingsView:
    """Set how messages leave: sender, reply address, the platform's relay or your own server.

    A server of your own must be on the public network, now and at every message.
    """
    if body.smtp is not None:
        await _require_usable(request, body.smtp)
    async with database.transaction(actor.organization_id) as tx:
        row = await queries.find_mail_settings(tx, actor.organization_id, for_update=True)
        seen.check(row.version if row else 0)
        vault = provided(request, Vault)
        row = await mail_settings.replace(tx, actor, row, body, vault, at=at)
        set_etag(response, row.version)
        return MailSettingsView.of(row)


@router.post("/test")
async def test_mail_settings(
    request: Request, actor: BriefWriter, database: Db, at: Now, language: Language
) -> MailTestView:
    """Send a message to yourself as the organization's are sent, and say how each step went.

    It waits twenty seconds at most. Accepted means that the server took the message.
    """
    async with database.transaction(actor.organization_id) as tx:
        await idempotency.claim(tx, request, actor, at=at, is_required=False)
        user = await _own_user(tx, actor)
        organization = await queries.get(tx, actor.organization_id)
        settings = provided(request, Settings)
        route = await route_of(
            tx, organization.id, provided(request, Vault), platform_address=settings.mail_from
        )
    await provided(request, RateLimits).take(MAIL_TESTS, str(organization.id), at=at)
    trial = Trial(
        account=route.account or _platform(settings),
        sender=Mailbox(address=route.address, name=route.sender_name or organization.name),
        to=Mailbox(address=user.email, name=user.name),
        organization=organization.name,
        language=language,
        mail_domain=settings.mail_from.rpartition("@")[2],
    )
    steps = await mail_trial.try_out(trial, _relays(request).trial(route.account), at=at)
    view = MailTestView(to=user.email, is_accepted=steps[-1].outcome == "done", steps=steps)
    async with database.transaction(actor.organization_id) as tx:
        await idempotency.remember_view(tx, request, view, at=at)
    return view


async def _require_usable(request: Request, smtp: SmtpBody) -> None:
    account = SmtpAccount(smtp.host, smtp.port, smtp.security)
    try:
        await _relays(request).require_usable(account)
    except HostRefused as refused:
        raise Invalid(faults=[Fault(f"/smtp/{refused.field}", refused.code)]) from None


async def _own_user(tx: AsyncSession, actor: Actor) -> User:
    """Give the user who acts; an API key has no address to write to.

    Raises:
        Conflict: It is an API key.
    """
    user = await tx.get(User, actor.id) if actor.kind is ActorKind.USER else None
    if user is None:
        raise Conflict(reason="no_own_address")
    return user


def _relays(request: Request) -> MailRelays:
    return provided(request, MailRelays)  # type: ignore[type-abstract]  # the table is keyed by ports


def _platform(settings: Settings) -> SmtpAccount:
    """Say as much of the platform's relay as the steps need."""
    return SmtpAccount(
        settings.smtp_host, settings.smtp_port, settings.smtp_security, settings.smtp_username
    )
