"""Signing in and out, and API keys."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from app.kernel.actor import Actor, ActorKind, Permission
from app.kernel.database import enter_organization
from app.kernel.errors import Forbidden, Unauthenticated
from app.kernel.rows import rows_of
from app.organizations import queries, service, sessions
from app.organizations.access import Requires, RequiresBriefly, session_of
from app.organizations.doorkeeper import Claim, Doorkeeper
from app.organizations.models import User
from app.organizations.schemas import (
    ApiKeyCreate,
    ApiKeyQuery,
    ApiKeyView,
    LogIn,
    MembershipView,
    MeView,
    NewApiKeyView,
    Refresh,
    StepUp,
    StepUpView,
    TokensView,
    UserView,
)
from app.web.conditional import ShowsMore
from app.web.credentials import COOKIE, Credentials
from app.web.declarations import Public
from app.web.dependencies import (
    Db,
    MustSee,
    Now,
    Source,
    Tx,
    network_of,
    provided,
    set_created,
    set_etag,
)
from app.web.pagination import Paging
from app.web.rate_limits import LOGIN_BY_SOURCE, RateLimits
from app.web.routing import Route
from app.web.schemas import Page

auth = APIRouter(prefix="/v1/auth", tags=["access"], route_class=Route)
router = APIRouter(prefix="/v1", tags=["access"], route_class=Route)

SomeUser = Annotated[Actor, Depends(Requires(None))]
SettingsReader = Annotated[Actor, Depends(Requires(Permission.SETTINGS_READ))]
SettingsWriter = Annotated[Actor, Depends(Requires(Permission.SETTINGS_WRITE))]
FreshSettingsWriter = Annotated[Actor, Depends(Requires(Permission.SETTINGS_WRITE, recent=True))]
Anyone = Annotated[Actor, Depends(RequiresBriefly(None))]

SIGNING_IN = [Depends(Public("Whoever signs in has nothing else to show yet."))]


@auth.post("/login", dependencies=SIGNING_IN)
async def log_in(
    body: LogIn,
    request: Request,
    response: Response,
    database: Db,
    at: Now,
    source: Source,
    *,
    cookie: Annotated[bool, Query(description="Also set the session cookie.")] = False,
) -> TokensView:
    """Sign in.

    Gives an access token of ten minutes and a refresh token; with `cookie=true` also a
    session cookie for a front end on the same site. An account with a second factor
    answers 401 `mfa_required` without `totp_code`. After some failures each one more
    makes the next wait longer: 429 `sign_in_delayed`.
    """
    await provided(request, RateLimits).take(LOGIN_BY_SOURCE, network_of(source), at=at)
    claim = Claim(body.email, body.password, network_of(source), body.totp_code)
    user = await provided(request, Doorkeeper).admit(claim, at=at)
    async with database.transaction() as tx:
        tokens, cookie_token = await sessions.begin(tx, user.id, at=at)
    if cookie:
        response.set_cookie(
            COOKIE,
            cookie_token,
            max_age=int(sessions.COOKIE_LIFE.total_seconds()),
            path="/",
            secure=True,
            httponly=True,
            samesite="lax",
        )
    return _view(tokens)


@auth.post("/refresh", dependencies=SIGNING_IN)
async def refresh_session(body: Refresh, database: Db, at: Now) -> TokensView:
    """Exchange a refresh token for new tokens.

    Each refresh token works once; using an old one again ends the whole session.
    """
    async with database.transaction() as tx:
        tokens = await sessions.refresh(tx, body.refresh_token, at=at)
    if tokens is None:
        raise Unauthenticated(reason="credentials_wrong")
    return _view(tokens)


@auth.post("/step-up")
async def step_up(
    body: StepUp,
    actor: Anyone,
    shown: Credentials,
    request: Request,
    database: Db,
    at: Now,
    source: Source,
) -> StepUpView:
    """Prove again who you are, before a sensitive change.

    It opens such changes for five minutes in this session; signing in does, too. Takes
    `totp_code` where a second factor is on.
    """
    if actor.kind != ActorKind.USER:
        raise Forbidden(reason="recent_sign_in_required")
    async with database.transaction() as tx:
        user, session = await session_of(tx, shown, at=at)
    claim = Claim(user.email, body.password, network_of(source), body.totp_code)
    await provided(request, Doorkeeper).admit(claim, at=at)
    async with database.transaction() as tx:
        await sessions.step_up(tx, session.id, at=at)
    return StepUpView(recent_until=at + sessions.FRESH_FOR)


@auth.post("/logout", status_code=204)
async def log_out(shown: Credentials, tx: Tx, at: Now, response: Response) -> None:
    """Sign out; every token of the session stops working."""
    _, session = await session_of(tx, shown, at=at)
    await sessions.end(tx, session.id, at=at)
    response.delete_cookie(COOKIE, path="/", secure=True, httponly=True, samesite="lax")


@router.get("/me")
async def get_me(actor: SomeUser, tx: Tx) -> MeView:
    """Tell who is signed in and what they may do."""
    user = await tx.get(User, actor.id) if actor.kind == ActorKind.USER else None
    views = []
    for held in await queries.memberships(tx, user.id) if user else []:
        await enter_organization(tx, held.organization_id)
        role, organization = await queries.access_role(
            await rows_of(tx), held.organization_id, held.access_role_id
        )
        views.append(
            MembershipView(
                organization_id=organization.id,
                organization_name=organization.name,
                role=role.template or "custom",
                access_role_id=role.id,
                access_role_name=role.name,
                visibility=role.visibility,
                team=held.team,
            )
        )
    return MeView(
        user=UserView.model_validate(user) if user else None,
        organization_id=actor.organization_id,
        memberships=views,
        permissions=sorted(actor.permissions),
    )


@router.get("/api-keys", tags=["settings"])
async def list_api_keys(
    actor: SettingsReader, tx: Tx, request: Request, query: Annotated[ApiKeyQuery, Query()]
) -> Page[ApiKeyView]:
    """List the organization's API keys, newest first; secrets are never shown again."""
    paging = Paging.of(request, query)
    before = UUID(str(paging.after[0])) if paging.after else None
    rows = await queries.list_api_keys(tx, actor, before=before, limit=paging.limit)
    page, cursor = paging.split(rows, lambda key: [str(key.id)])
    views = [ApiKeyView.model_validate(key) for key in page]
    return Page(data=views, has_more=cursor is not None, next_cursor=cursor)


@router.post("/api-keys", tags=["settings"], status_code=201)
async def create_api_key(
    body: ApiKeyCreate,
    actor: FreshSettingsWriter,
    tx: Tx,
    at: Now,
    request: Request,
    response: Response,
) -> NewApiKeyView:
    """Make an API key; its secret is in this answer alone.

    The user must have signed in, or stepped up, in the last five minutes; an API key
    cannot make another.
    """
    key, secret = await service.create_api_key(
        tx,
        actor,
        name=body.name,
        scopes=body.scopes,
        expires_at=body.expires_at,
        pepper=request.app.state.secret_key,
        at=at,
    )
    set_created(response, "/v1/api-keys", key.id, key.version)
    request.state.body_to_repeat = NewApiKeyView.of(key, None).model_dump_json().encode()
    return NewApiKeyView.of(key, secret)


@router.get("/api-keys/{api_key_id}", tags=["settings"], dependencies=[ShowsMore])
async def get_api_key(
    api_key_id: UUID, actor: SettingsReader, tx: Tx, response: Response
) -> ApiKeyView:
    """Read one API key, without its secret."""
    key = await queries.get_api_key(tx, actor, api_key_id)
    set_etag(response, key.version)
    return ApiKeyView.model_validate(key)


@router.delete("/api-keys/{api_key_id}", tags=["settings"], status_code=204)
async def revoke_api_key(
    api_key_id: UUID, actor: SettingsWriter, tx: Tx, at: Now, seen: MustSee
) -> None:
    """Revoke an API key; it stops working at once."""
    key = await queries.get_api_key(tx, actor, api_key_id)
    seen.check(key.version)
    await service.revoke_api_key(tx, actor, key, at=at)


def _view(tokens: sessions.Tokens) -> TokensView:
    return TokensView(
        access_token=tokens.access,
        token_type="bearer",  # noqa: S106 - the scheme's name
        expires_in=tokens.expires_in_s,
        refresh_token=tokens.refresh,
    )
