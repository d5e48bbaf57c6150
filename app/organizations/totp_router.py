"""The second factor of whoever is signed in."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel

from app.kernel.actor import Actor
from app.kernel.errors import NotFound
from app.kernel.vault import Vault
from app.organizations import second_factor, totp
from app.organizations.access import Requires
from app.organizations.models import SecondFactor, User
from app.organizations.totp_schemas import (
    RecoveryCodesView,
    TotpConfirm,
    TotpSecretView,
    TotpView,
)
from app.web.dependencies import MustSee, Now, Tx, provided, set_etag
from app.web.routing import Route

router = APIRouter(prefix="/v1/me/totp", tags=["access"], route_class=Route)

SomeUser = Annotated[Actor, Depends(Requires(None))]
FreshUser = Annotated[Actor, Depends(Requires(None, recent=True))]


@router.get("")
async def get_totp(actor: SomeUser, tx: Tx, response: Response) -> TotpView:
    """Tell whether signing in asks you for a second factor."""
    factor = await second_factor.find(tx, _user_id(actor))
    version = _version(factor)
    set_etag(response, version)
    status = ("off", "pending", "on")[version]
    left = await second_factor.recovery_codes_left(tx, _user_id(actor))
    return TotpView(status=status, recovery_codes_left=left, version=version)


@router.post("")
async def begin_totp(actor: FreshUser, tx: Tx, at: Now, request: Request) -> TotpSecretView:
    """Get a secret for your authenticator; it counts once you confirm a code of it.

    Wants a recent sign-in. Beginning again makes another secret.
    """
    user = await tx.get_one(User, _user_id(actor))
    secret = await second_factor.begin(tx, provided(request, Vault), user.id, at=at)
    _repeat(request, TotpSecretView(secret=None, otpauth_uri=None))
    return TotpSecretView(secret=totp.secret_text(secret), otpauth_uri=totp.uri(secret, user.email))


@router.post("/confirm")
async def confirm_totp(
    body: TotpConfirm, actor: FreshUser, tx: Tx, at: Now, request: Request
) -> RecoveryCodesView:
    """Turn your second factor on with a first code; get recovery codes, in this answer alone.

    Wants a recent sign-in. From now on `POST /v1/auth/login` and `/v1/auth/step-up` take
    `totp_code`.
    """
    vault = provided(request, Vault)
    codes = await second_factor.confirm(tx, vault, _user_id(actor), body.code, at=at)
    _repeat(request, RecoveryCodesView(recovery_codes=None))
    return RecoveryCodesView(recovery_codes=codes)


@router.delete("", status_code=204)
async def disable_totp(actor: FreshUser, tx: Tx, at: Now, seen: MustSee) -> None:
    """Take your second factor off; its recovery codes stop working.

    Wants a recent sign-in.
    """
    factor = await second_factor.find(tx, _user_id(actor), for_update=True)
    if factor is None:
        raise NotFound
    seen.check(_version(factor))
    await second_factor.disable(tx, factor, at=at)


def _user_id(actor: Actor) -> UUID:
    """Give the user's id; an API key has no account, and so no second factor."""
    assert actor.id is not None  # noqa: S101 - only the system has none, and sends no requests
    return actor.id


def _version(factor: SecondFactor | None) -> int:
    """Count the steps taken: 0 when off, 1 once begun, 2 when on."""
    if factor is None:
        return 0
    return 1 if factor.confirmed_at is None else 2


def _repeat(request: Request, view: BaseModel) -> None:
    """Have a repeated request answered without the secrets."""
    request.state.body_to_repeat = view.model_dump_json().encode()
