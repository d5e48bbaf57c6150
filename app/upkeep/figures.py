"""What `/metrics` tells, in the form Prometheus reads; never an id, a token or a name."""

import asyncio
import hmac
import platform
from collections.abc import Mapping
from datetime import datetime
from ipaddress import ip_address

from fastapi import APIRouter, Depends, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import generate_latest
from sqlalchemy import func, or_, select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.pool import QueuePool

from app.dispatch.models import Recipient
from app.documents.models import Decision
from app.events.models import Event
from app.invariants import watching
from app.kernel.clock import Clock
from app.kernel.database import SCHEMA_REVISION, Database, enter_organization, open_engine
from app.kernel.errors import NotFound
from app.organizations.models import AuditEntry, Organization
from app.payments import watching as provider
from app.settings import Settings
from app.web.declarations import Public
from app.web.dependencies import provided
from app.web.openapi import VERSION
from app.web.routing import Route

BACKLOG_TIMEOUT_S = 5.0
_BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_FORWARDING = ("x-forwarded-for", "forwarded", "x-real-ip")

BACKLOG: Mapping[str, str] = {
    "conforme_oldest_due_message_seconds": "How long the oldest due message has waited.",
    "conforme_uncertain_messages": "Messages of which nobody knows whether they left.",
    "conforme_dead_messages": "Messages given up, for whatever reason.",
    "conforme_queued_jobs": "Jobs that wait or run.",
    "conforme_dead_jobs": "Jobs that failed for good; see the command `jobs`.",
    "conforme_unchained_facts": "Events, decisions and audit entries not chained yet.",
    "conforme_broken_invariants": "What the hourly checks last found; see the command `check`.",
    "conforme_oldest_invariant_check_seconds": "Since the organization longest unchecked was.",
    "conforme_provider_warnings": "Calls of the last day: the platform's wallet or IBANs run low.",
    "conforme_provider_differences": "Where the provider's list and our books differ; last month.",
}
"""Figures over all organizations, read under the worker's role at each scrape."""

router = APIRouter(
    tags=["operations"],
    route_class=Route,
    dependencies=[Depends(Public("Only this machine, or who shows METRICS_TOKEN, is answered."))],
)


class Figures:
    """The figures of one process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = Histogram(
            "conforme_request_duration_seconds",
            "Requests by method, route template and status.",
            ("method", "route", "status"),
            buckets=_BUCKETS_S,
            registry=self.registry,
        )
        self._scrapes_failed = Counter(
            "conforme_backlog_failures",
            "Scrapes at which the backlog could not be read.",
            registry=self.registry,
        )
        self._in_use = Gauge(
            "conforme_pool_in_use", "Database connections in use.", registry=self.registry
        )
        self._size = Gauge(
            "conforme_pool_size", "Database connections there may be.", registry=self.registry
        )
        self._is_read = Gauge(
            "conforme_backlog_read", "1 when the backlog is told.", registry=self.registry
        )
        build = Gauge(
            "conforme_build_info",
            "What runs.",
            ("version", "schema", "python"),
            registry=self.registry,
        )
        build.labels(VERSION, SCHEMA_REVISION, platform.python_version()).set(1)

    def observe(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one answered request.

        Args:
            method: As asked; anything not of HTTP's own is counted as `other`.
            route: The template, such as `/v1/contacts/{contact_id}`; never a path.
            status: Of the answer.
            seconds: From the first byte to the end of the answer.
        """
        known = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
        shown = method if method in known else "other"
        self._requests.labels(shown, route, str(status)).observe(seconds)

    def tell(self, pool: QueuePool, backlog: Mapping[str, float] | None) -> bytes:
        """Write everything down; figures of a backlog nobody could read are left out."""
        self._in_use.set(pool.checkedout())
        self._size.set(pool.size())
        self._is_read.set(backlog is not None)
        if backlog is None:
            self._scrapes_failed.inc()
        told = generate_latest(self.registry)
        waiting = CollectorRegistry()
        for name, value in (backlog or {}).items():
            Gauge(name, BACKLOG[name], registry=waiting).set(value)
        return told + generate_latest(waiting)


class Backlog:
    """Reads what waits, over all organizations, on a connection of its own."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._url = (settings.database_worker_url or settings.database_url).get_secret_value()
        self._clock = clock

    async def read(self) -> Mapping[str, float] | None:
        """Give the figures named in `BACKLOG`; None when the log-in may not or nobody answers."""
        engine = open_engine(self._url, role="conforme_worker", statement_timeout_s=4, pool_size=1)
        try:
            async with asyncio.timeout(BACKLOG_TIMEOUT_S), Database(engine).transaction() as tx:
                return await self._figures(tx)
        except (SQLAlchemyError, OSError, TimeoutError):
            return None
        finally:
            await engine.dispose()

    async def _figures(self, tx: AsyncSession) -> Mapping[str, float]:
        at = self._clock.now()
        due = or_(Recipient.queue_state == "ready", Recipient.queue_state == "leased")
        oldest = await tx.scalar(
            select(func.min(Recipient.next_attempt_at)).where(due, Recipient.next_attempt_at <= at)
        )
        uncertain, dead = (
            await tx.execute(
                select(
                    func.count().filter(Recipient.state == "uncertain"),
                    func.count().filter(Recipient.queue_state == "dead"),
                ).select_from(Recipient)
            )
        ).one()
        queued, failed = (
            await tx.execute(
                text(
                    "select count(*) filter (where status in ('queued', 'picked')),"
                    " count(*) filter (where status = 'failed') from pgqueuer"
                )
            )
        ).one()
        checked_at = await watching.oldest_check(tx)
        warnings = await provider.count_warnings(tx, at=at)
        unchained, differences = await _counted_by_organization(tx, at)
        return dict(
            zip(
                BACKLOG,
                (
                    (at - oldest).total_seconds() if oldest else 0.0,
                    float(uncertain),
                    float(dead),
                    float(queued),
                    float(failed),
                    float(unchained),
                    float(await watching.count_violations(tx)),
                    (at - checked_at).total_seconds() if checked_at else 0.0,
                    float(warnings),
                    float(differences),
                ),
                strict=True,
            )
        )


async def _counted_by_organization(tx: AsyncSession, at: datetime) -> tuple[int, int]:
    """Count facts without a place, and what differs, in one organization after the other."""
    unchained = differences = 0
    for organization_id in (await tx.scalars(select(Organization.id))).all():
        await enter_organization(tx, organization_id)
        for kind in (Event, Decision, AuditEntry):
            own = (kind.organization_id == organization_id, kind.position.is_(None))
            unchained += await tx.scalar(select(func.count()).select_from(kind).where(*own)) or 0
        differences += await provider.count_differences(tx, organization_id, at=at)
    return unchained, differences


@router.get("/metrics", include_in_schema=False)
async def show_metrics(request: Request) -> Response:
    """Tell the figures of this process and what waits in the database."""
    _require_reader(request, provided(request, Settings))
    backlog = await provided(request, Backlog).read()
    pool = provided(request, Database).engine.pool
    assert isinstance(pool, QueuePool)  # noqa: S101 - the asynchronous pool is one
    told = provided(request, Figures).tell(pool, backlog)
    return Response(told, media_type=CONTENT_TYPE_LATEST)


def _require_reader(request: Request, settings: Settings) -> None:
    """Let this machine read, or, where a token is set, only who shows it.

    A request that came through a proxy is not this machine's, whatever its address.

    Raises:
        NotFound: Anybody else; they learn nothing.
    """
    if settings.metrics_token is not None:
        wanted = f"Bearer {settings.metrics_token.get_secret_value()}".encode()
        shown = request.headers.get("authorization", "").encode()
        if not hmac.compare_digest(shown, wanted):
            raise NotFound
        return
    host = request.client.host if request.client else ""
    is_forwarded = any(name in request.headers for name in _FORWARDING)
    try:
        is_here = ip_address(host).is_loopback
    except ValueError:
        is_here = False
    if is_forwarded or not is_here:
        raise NotFound
