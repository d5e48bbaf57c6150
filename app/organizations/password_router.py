"""Where a password is chosen: with an invitation, after a reset, or by who knows the old one."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request

from app.kernel.actor import Actor, ActorKind
from app.kernel.errors import Conflict, Forbidden, NotFound, Unauthenticated
from app.organizations import inviting, queries, renewing
from app.organizations.access import RequiresBriefly, session_of
from app.organizations.doorkeeper import Claim, Doorkeeper
from app.organizations.lockout import Lockout
from app.organizations.passwords import Passwords
from app.organizations.user_schemas import (
    EXAMPLE_TOKEN,
    InvitationAccept,
    InvitationAcceptedView,
    PasswordChange,
    PasswordReset,
    PasswordResetRequest,
)
from app.web.credentials import Credentials
from app.web.declarations import Public
from app.web.dependencies import Db, Now, Source, network_of, provided
from app.web.rate_limits import (
    BAD_TOKENS,
    RESETS_BY_ADDRESS,
    RESETS_BY_SOURCE,
    RateLimits,
)
from app.web.routing import Route

router = APIRouter(prefix="/v1", tags=["access"], route_class=Route)

BY_MAIL = [Depends(Public("The token in the mail is the authority."))]
FORGOTTEN = [Depends(Public("Whoever forgot a password has nothing to show."))]
Anyone = Annotated[Actor, Depends(RequiresBriefly(None))]


@router.post("/invitations/{token}/accept", dependencies=BY_MAIL)
async def accept_invitation(
    token: Annotated[
        str, Path(max_length=100, description="From the mail's link.", examples=[EXAMPLE_TOKEN])
    ],
    body: InvitationAccept,
    request: Request,
    database: Db,
    at: Now,
    source: Source,
) -> InvitationAcceptedView:
    """Take up an invitation and choose a password; it works once.

    An address that has an account already joins with that account and its password:
    another one answers 401 `account_exists`. Then sign in.
    """
    limits, passwords = provided(request, RateLimits), provided(request, Passwords)
    await limits.check(BAD_TOKENS, network_of(source), at=at)
    try:
        async with database.transaction() as tx:
            email = (await inviting.find(tx, token, at=at)).email
            known = await queries.find_user_by_email(tx, email)
    except NotFound:
        await limits.take(BAD_TOKENS, network_of(source), at=at)
        raise
    if known is None:
        password_hash = await passwords.hash(body.password)
    else:
        password_hash = known.password_hash
        claim = Claim(email, body.password, network_of(source))
        try:
            await provided(request, Doorkeeper).recognize(claim, at=at)
        except Unauthenticated:
            raise Unauthenticated(reason="account_exists") from None
    async with database.transaction() as tx:
        invitation = await inviting.find(tx, token, at=at, for_update=True)
        user = await queries.find_user_by_email(tx, email)
        if (user is None) != (known is None):
            raise Conflict(reason="busy", retry_after_s=1)
        await inviting.accept(tx, invitation, user, body, password_hash=password_hash, at=at)
        organization = await queries.get(tx, invitation.organization_id)
    return InvitationAcceptedView(
        organization_id=organization.id, organization_name=organization.name, email=email
    )


@router.post("/auth/password-reset", status_code=204, dependencies=FORGOTTEN)
async def request_password_reset(
    body: PasswordResetRequest, request: Request, database: Db, at: Now, source: Source
) -> None:
    """Ask for a mail with the way to a new password.

    The answer is the same whether or not the address is somebody's. The link works for
    an hour, and once.
    """
    limits = provided(request, RateLimits)
    await limits.take(RESETS_BY_SOURCE, network_of(source), at=at)
    await limits.take(RESETS_BY_ADDRESS, body.email.lower(), at=at)
    async with database.transaction() as tx:
        await renewing.request(tx, body.email)


@router.post("/auth/password-reset/confirm", status_code=204, dependencies=BY_MAIL)
async def reset_password(
    body: PasswordReset, request: Request, database: Db, at: Now, source: Source
) -> None:
    """Choose a new password with the token of the mail; every session ends."""
    limits = provided(request, RateLimits)
    await limits.check(BAD_TOKENS, network_of(source), at=at)
    password_hash = await provided(request, Passwords).hash(body.password)
    try:
        async with database.transaction() as tx:
            user = await renewing.confirm(tx, body.token, password_hash, at=at)
    except NotFound:
        await limits.take(BAD_TOKENS, network_of(source), at=at)
        raise
    await provided(request, Lockout).lift(user.email)


@router.post("/auth/password", status_code=204)
async def change_password(
    body: PasswordChange,
    actor: Anyone,
    shown: Credentials,
    request: Request,
    database: Db,
    at: Now,
    source: Source,
) -> None:
    """Change your own password; every other session of yours ends."""
    if actor.kind != ActorKind.USER:
        raise Forbidden(reason="recent_sign_in_required")
    async with database.transaction() as tx:
        user, session = await session_of(tx, shown, at=at)
    claim = Claim(user.email, body.current_password, network_of(source))
    await provided(request, Doorkeeper).recognize(claim, at=at)
    password_hash = await provided(request, Passwords).hash(body.new_password)
    async with database.transaction() as tx:
        await renewing.change(tx, user, password_hash, keep=session.id, at=at)
