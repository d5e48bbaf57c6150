"""The HTTP process: an application built from a container."""

from collections.abc import Mapping
from uuid import UUID

from fastapi import FastAPI

from app.comments.router import router as comments
from app.commercial.feed_router import router as agenda
from app.commercial.kinds_router import router as action_kinds
from app.commercial.router import router as commercial
from app.contacts.router import router as contacts
from app.container import Container
from app.dispatch.router import router as dispatch
from app.dispatch.sharing_router import router as sharing
from app.dispatch.template_router import router as templates
from app.documents.converting_router import router as conversions
from app.documents.layout_router import router as layouts
from app.documents.revising_router import router as revising
from app.documents.router import router as documents
from app.documents.series_router import router as series
from app.files.router import router as files
from app.history.router import router as history
from app.notices.router import router as notices
from app.operations.router import router as operations
from app.organizations import queries as organizations
from app.organizations.audit_router import router as audit
from app.organizations.doorkeeper import Doorkeeper
from app.organizations.issuer_router import router as issuers
from app.organizations.lockout import Lockout
from app.organizations.logo_router import router as logos
from app.organizations.mail_router import router as mail
from app.organizations.password_router import router as passwords
from app.organizations.roles_router import router as roles
from app.organizations.router import auth
from app.organizations.router import router as access
from app.organizations.settings_router import router as settings
from app.organizations.totp_router import router as totp
from app.organizations.users_router import router as users
from app.payments.account_router import router as payment_account
from app.payments.dispute_router import router as disputes
from app.payments.hooks import router as provider_hooks
from app.payments.moving_router import router as moving
from app.payments.paper_router import router as payment_papers
from app.payments.payout_router import router as payouts
from app.payments.router import router as payments
from app.payments.transfer_router import router as transfers
from app.portal.browser import router as browser
from app.portal.pay_browser import router as paying_browser
from app.portal.pay_router import router as portal_payments
from app.portal.router import router as portal
from app.records.explain_router import router as explaining
from app.records.portfolio_router import router as portfolio
from app.records.router import router as records
from app.reminders.router import router as reminders
from app.upkeep.figures import Backlog, Figures
from app.upkeep.figures import router as metrics
from app.vessels.router import router as vessels
from app.web import docs, health, idempotency, meta, openapi, problems
from app.web.cors import Cors
from app.web.middleware import Requests
from app.web.rate_limits import RateLimits
from app.web.tracing import telemetry_of

ROUTERS = (
    auth,
    access,
    passwords,
    totp,
    users,
    roles,
    audit,
    settings,
    issuers,
    logos,
    templates,
    mail,
    operations,
    files,
    contacts,
    records,
    explaining,
    portfolio,
    vessels,
    series,
    layouts,
    documents,
    revising,
    conversions,
    dispatch,
    sharing,
    comments,
    commercial,
    action_kinds,
    agenda,
    history,
    notices,
    payments,
    moving,
    transfers,
    disputes,
    reminders,
    payment_account,
    payment_papers,
    payouts,
    provider_hooks,
    portal,
    portal_payments,
    paying_browser,
    browser,
    meta.router,
    health.router,
    metrics,
    docs.router,
)
"""As paths are tried: the page for any path under `/d` comes after the named ones."""


def create_app(container: Container) -> FastAPI:
    """Mount every router on an application that draws on the container."""
    app = FastAPI(
        title="Conforme",
        version=openapi.VERSION,
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
        telemetry=telemetry_of(container.traces),
        redirect_slashes=False,  # a path has one form; the others are unknown
        separate_input_output_schemas=False,
    )
    app.state.container = container
    app.state.secret_key = container.secret_key
    app.state.trusted_proxies = container.settings.trusted_proxies
    factor = container.settings.rate_limit_factor
    limits = RateLimits(container.database, factor)
    lockout = Lockout(container.database, factor, container.secret_key)
    figures = Figures()
    app.state.parts = {
        **container.parts(),
        RateLimits: limits,
        Lockout: lockout,
        Doorkeeper: Doorkeeper(container.database, container.passwords, container.vault, lockout),
        Figures: figures,
        Backlog: Backlog(container.settings, container.clock),
    }
    for router in ROUTERS:
        # Not `include_router`: it keeps every route twice, and tries each twice at a request.
        app.router.routes.extend(router.routes)
    docs.mount(app)
    problems.install(app)
    app.add_exception_handler(idempotency.Replay, idempotency.on_replay)
    app.openapi = lambda: openapi.describe(app)  # type: ignore[method-assign]  # FastAPI's own way

    async def load_origins() -> Mapping[str, frozenset[UUID]]:
        async with container.database.transaction() as tx:
            return await organizations.allowed_origins(tx)

    app.add_middleware(
        Requests, allowed_hosts=container.settings.allowed_hosts, observe=figures.observe
    )
    # Outermost, so that a front end can read our refusals too.
    app.add_middleware(Cors, origins=container.settings.cors_origins, load=load_origins)
    return app
