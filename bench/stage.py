"""What a run stands on: a PostgreSQL, an organization, servers; all gone afterwards."""

import asyncio
import hashlib
import io
import secrets
import socket
import sys
import time
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import asyncpg
from PIL import Image, ImageDraw
from sqlalchemy import update

from app.commercial import kinds
from app.container import open_container
from app.documents import series
from app.kernel.identifiers import hash_token
from app.organizations import service, sessions
from app.organizations.models import Logo, Organization, SessionToken
from app.organizations.service import Founding
from app.sandbox import children, postgres
from app.settings import Settings
from bench.client import HOST, Client, request_of
from bench.seed import Model
from bench.sink import Sink

ROOT = Path(__file__).parent.parent
START_TIMEOUT_S = 60
_POLL_S = 0.02

CONTACT: Mapping[str, object] = {
    "party_kind": "legal_entity",
    "legal_name": "Velero Ficticio, S.L.",
    "roles": ["client"],
    "tax_id": "A58818501",
    "allow_duplicate": True,
    "emails": [{"address": "cliente@velero.example"}],
    "addresses": [
        {
            "kind": "fiscal",
            "street": "Calle de la Prueba 12",
            "postal_code": "07012",
            "city": "Palma",
        }
    ],
}

LINES: Sequence[Mapping[str, object]] = [
    {"description": "Varada y botadura con grúa", "quantity": "1", "unit_price": "380.00"},
    {"description": "Limpieza de casco a presión", "quantity": "2", "unit": "h",
     "unit_price": "45.00"},
    {"description": "Antifouling, dos manos", "quantity": "24", "unit": "m²",
     "unit_price": "18.50"},
    {"description": "Ánodos de sacrificio", "quantity": "4", "unit_price": "22.90",
     "discount_percent": "5"},
    {"description": "Revisión de válvulas de fondo", "quantity": "1.5", "unit": "h",
     "unit_price": "52.00"},
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Served:
    """A server process that answers.

    Attributes:
        start_s: From its start to its first answer.
    """

    port: int
    pid: int
    start_s: float


@dataclass(frozen=True, slots=True)
class Stage:
    """The database and the organization everything is measured in.

    Attributes:
        settings: What the API and the worker run with.
        token: The bearer token of a signed-in user.
    """

    folder: Path
    server: postgres.Server
    settings: Settings
    environment: Mapping[str, str]
    organization_id: UUID
    user_id: UUID
    token: str

    @property
    def url(self) -> str:
        """The database, as its superuser."""
        return self.settings.database_url.get_secret_value()

    def headers(self) -> dict[str, str]:
        """What a signed-in caller sends."""
        return {"Authorization": f"Bearer {self.token}"}

    @contextmanager
    def process(self, name: str, module: Sequence[str], **more: str) -> Iterator[children.Child]:
        """Run `python -m module …` for a while."""
        log = self.folder / f"{name}.log"
        environment = {**self.environment, **more}
        child = children.begin(name, module, environment=environment, log=log)
        try:
            yield child
        except BaseException:
            children.end([child])
            print(child.last_words(), file=sys.stderr)  # the log goes with the folder
            raise
        children.end([child])

    @asynccontextmanager
    async def serving(
        self, name: str, module: Sequence[str], path: str, **more: str
    ) -> AsyncIterator[Served]:
        """Run a server until its path answers, and then for a while.

        Raises:
            RuntimeError: It ended, or does not answer in time.
        """
        port = free_port()
        began = time.perf_counter()
        with self.process(name, [*module, "--port", str(port)], **more) as child:
            while not await _answers(port, path):
                if child.status is not None or time.perf_counter() - began > START_TIMEOUT_S:
                    raise RuntimeError(f"{name} does not start:\n{child.last_words()}")
                await asyncio.sleep(_POLL_S)
            yield Served(port, child.process.pid, time.perf_counter() - began)


async def _answers(port: int, path: str) -> bool:
    try:
        client = await Client.open(port)
    except OSError:
        return False
    try:
        await client.request(request_of("GET", path, {}), 200)
    finally:
        client.close()
    return True


@asynccontextmanager
async def build(folder: Path, smtp_port: int) -> AsyncIterator[Stage]:
    """Start PostgreSQL with its durability on, migrate, and found an organization."""
    server = postgres.start(folder / "postgres")
    try:
        yield await _found(folder, server, smtp_port)
    finally:
        postgres.stop(server)


async def _found(folder: Path, server: postgres.Server, smtp_port: int) -> Stage:
    connection = await asyncpg.connect(server.url)
    await connection.execute("create database bench encoding 'utf8'")
    await connection.close()
    url = server.url.rpartition("/")[0] + "/bench"
    environment = {
        "PATH": "/usr/bin:/bin",
        "PYTHONPATH": str(ROOT),
        "DATABASE_URL": url,
        "SECRET_KEY": secrets.token_hex(32),
        "ENCRYPTION_KEY": urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        "PUBLIC_URL": f"http://{HOST}:8000",
        "SMTP_HOST": HOST,
        "SMTP_PORT": str(smtp_port),
        "SMTP_SECURITY": "none",
        "RATE_LIMIT_FACTOR": "1000",
    }
    migrate = children.begin(
        "migrate", ["app.cli", "migrate"], environment=environment, log=folder / "migrate.log"
    )
    if migrate.process.wait() != 0:
        raise RuntimeError(f"the database cannot be migrated:\n{migrate.last_words()}")
    settings = Settings.model_validate({name.lower(): v for name, v in environment.items()})
    organization_id, user_id, token = await _organization(settings)
    return Stage(folder, server, settings, environment, organization_id, user_id, token)


async def _organization(settings: Settings) -> tuple[UUID, UUID, str]:
    """Found the organization, with a logo and somebody who stays signed in."""
    founding = Founding(
        name="Taller Náutico Ejemplo",
        legal_name="Taller Náutico Ejemplo, S.L.",
        tax_id="B83534750",
        street="Muelle de Muestra 3",
        postal_code="07001",
        city="Palma",
        province="Illes Balears",
        email="oficina@taller.example",
        phone="+34971000000",
        iban="ES9121000418450200051332",
    )
    logo = draw_logo()
    sha256 = hashlib.sha256(logo).hexdigest()
    async with open_container(settings, for_worker=False) as container:
        at = container.clock.now()
        async with container.database.transaction() as tx:
            organization, user = await service.found_organization(
                tx, founding, admin_email="admin@taller.example", admin_name="Joan Muestra",
                password_hash="unused", at=at,  # noqa: S106 - nobody signs in with it
            )  # fmt: skip
            await series.create_defaults(tx, organization.id, at=at)
            await kinds.create_defaults(tx, organization, at=at)
            tx.add(Logo(organization_id=organization.id, sha256=sha256, jpeg=logo, created_at=at))
            await tx.execute(
                update(Organization)
                .where(Organization.id == organization.id)
                .values(logo_sha256=sha256)
            )
            tokens, _ = await sessions.begin(tx, user.id, at=at)
            own = SessionToken.token_hash == hash_token(tokens.access)
            life = at + timedelta(days=1)  # longer than any run
            await tx.execute(update(SessionToken).where(own).values(expires_at=life))
        return organization.id, user.id, tokens.access


def draw_logo() -> bytes:
    """Draw a logo as uploads are prepared: a JPEG of a letterhead's size."""
    image = Image.new("RGB", (480, 160), "white")
    pen = ImageDraw.Draw(image)
    pen.polygon([(20, 140), (80, 20), (140, 140)], fill="#0f5a78")
    pen.ellipse([(180, 40), (260, 120)], fill="#d98e04")
    pen.rectangle([(290, 60), (460, 100)], fill="#123")
    written = io.BytesIO()
    image.save(written, "JPEG", quality=85)
    return written.getvalue()


async def make_model(stage: Stage, served: Served, sink: Sink) -> Model:
    """Make, through the API and the worker, what is going to be multiplied."""
    client = await Client.open(served.port)

    async def post(path: str, body: object, expected: int = 201) -> UUID:
        headers = {**stage.headers(), "Idempotency-Key": secrets.token_hex(8)}
        answer = await client.request(request_of("POST", path, headers, body), expected)
        return UUID(answer.json()["id"])

    contact_id = await post("/v1/contacts", CONTACT)
    quote = quote_of(contact_id)
    draft_id = await post("/v1/documents", quote)
    document_id = await post("/v1/documents", quote)
    await post(f"/v1/documents/{document_id}/issue", {}, 200)
    with stage.process("worker", ["app.cli", "work"]):
        await post(f"/v1/documents/{document_id}/dispatches", {})
        await sink.wait_for(1)
        await _wait_until_noted(stage, document_id)
    client.close()
    return Model(stage.organization_id, contact_id, document_id, draft_id)


async def _wait_until_noted(stage: Stage, document_id: UUID) -> None:
    """Wait until the worker has written down that a document was sent."""
    connection = await asyncpg.connect(stage.url)
    query = "select was_sent from documents where id = $1"
    while not await connection.fetchval(query, document_id):  # noqa: ASYNC110 - PostgreSQL tells nobody
        await asyncio.sleep(_POLL_S)
    await connection.close()


def quote_of(contact_id: UUID) -> Mapping[str, object]:
    """Give the body of a quote of five lines."""
    return {
        "type": "quote",
        "contact_id": str(contact_id),
        "title": "Mantenimiento anual",
        "lines": LINES,
    }


def free_port() -> int:
    """Find a port nobody listens on."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])
