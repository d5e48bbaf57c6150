"""The bare twin: FastAPI and asyncpg, the same rows read and written, and nothing else.

It looks up the caller's session and role and enters the organization, as row-level security
wants; it checks nothing, knows no rules, computes no totals and draws no PDF. Rows it
inserts are copies of rows our own code wrote, so it follows the schema by itself.
"""

import hashlib
import json
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import asyncpg
from fastapi import FastAPI, Request, Response
from starlette.background import BackgroundTask

from app.kernel.identifiers import hash_token, new_id, new_token
from bench.seed import stored_columns

_SESSION = """
select m.organization_id, u.id, m.name, m.access_role_id,
       set_config('app.org', m.organization_id::text, true)
from session_tokens t join sessions s on s.id = t.session_id join users u on u.id = s.user_id
join memberships m on m.user_id = u.id
where t.token_hash = $1 and t.expires_at > $2 and s.revoked_at is null and m.status = 'active'
"""
_ROLE = "select * from access_roles where organization_id = $1 and id = $2"
_LINK = """
select organization_id, link_id, set_config('app.org', organization_id::text, true)
from link_tokens where token_hash = $1
"""
_SHARED = """
select l.can_decide, l.expires_at, r.address, r.name as recipient, d.*, v.snapshot, o.name
from client_links l
join dispatch_recipients r on (r.organization_id, r.id) = (l.organization_id, l.recipient_id)
join documents d on (d.organization_id, d.id) = (l.organization_id, l.document_id)
join document_revisions v on (v.organization_id, v.document_id, v.number)
                           = (l.organization_id, l.document_id, l.revision)
join organizations o on o.id = l.organization_id
where l.organization_id = $1 and l.id = $2 and l.revoked_at is null
"""
_METER = """
insert into rate_limits as r (key, free_at) values ($1, $2)
on conflict (key) do update set free_at = excluded.free_at returning free_at
"""
_COUNT = """
insert into series_counters as c (organization_id, series_id, year, last, last_issue_date)
values ($1, $2, 1, 1, $3)
on conflict (organization_id, series_id, year) do update set last = c.last + 1
returning last
"""
_ISSUE = """
update documents set number = $3, issue_date = $4, listed_on = $4, series_id = $5, revision = 1,
       issue_state = 'issued', status = 'issued', pdf_state = 'pending', updated_at = $6,
       version = version + 1
where organization_id = $1 and id = $2 returning *
"""
_LIST = """
select d.*, c.display_name from documents d
join contacts c on (c.organization_id, c.id) = (d.organization_id, d.contact_id)
where d.organization_id = $1 and d.contact_id = $2
order by d.created_at desc, d.id desc limit 51
"""
_DOCUMENT = "select * from documents where organization_id = $1 and id = $2"
_LINES = """
select * from document_lines where organization_id = $1 and document_id = $2 order by position
"""
_READ = """
select d.*, c.display_name from documents d
join contacts c on (c.organization_id, c.id) = (d.organization_id, d.contact_id)
where d.organization_id = $1 and d.id = $2
"""
_CALL = """
insert into provider_calls (organization_id, id, key, category, content_type, query, body, source,
                            received_at, state)
values ($1, $2, $3, $4, 'application/json', '', $5, '', $6, 'new') on conflict do nothing
"""
_JOB = """
insert into pgqueuer (priority, status, entrypoint, payload, headers)
values (0, 'queued', 'bench.twin', $1, $2)
"""
"""Under a name no worker knows, so that the real queue is not filled."""


class Rows:
    """Inserts rows like one that is there."""

    def __init__(self, table: str, record: asyncpg.Record) -> None:
        self._values = list(record.values())
        self._place = {name: place for place, name in enumerate(record.keys())}
        names = ", ".join(f'"{name}"' for name in self._place)
        slots = ", ".join(f"${place + 1}" for place in range(len(self._values)))
        self.sql = f"insert into {table} ({names}) values ({slots})"  # noqa: S608 - our own tables

    def like(self, **changes: object) -> list[object]:
        """Give the values of a row that differs in some columns."""
        values = self._values.copy()
        for name, value in changes.items():
            values[self._place[name]] = value
        return values


class Bare:
    """The pool, and a row of each kind to copy."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self.pool = pool
        self.rows: dict[str, Rows] = {}
        self.lines: list[Rows] = []
        self.pdf_sha256 = ""

    async def learn(self, organization_id: UUID, document_id: UUID, draft_id: UUID) -> None:
        """Read the rows to copy."""
        async with self.pool.acquire() as connection, connection.transaction():
            await connection.execute("select set_config('app.org', $1, true)", str(organization_id))
            for name, table, where, value in (
                ("draft", "documents", "id = $1", draft_id),
                ("revision", "document_revisions", "document_id = $1", document_id),
                ("pdf", "document_pdfs", "document_id = $1", document_id),
                ("dispatch", "dispatches", "document_id = $1", document_id),
                ("link", "client_links", "document_id = $1", document_id),
                ("recipient", "dispatch_recipients", "organization_id = $1", organization_id),
                ("event", "events", "document_id = $1", document_id),
                ("contact", "contacts", "organization_id = $1", organization_id),
                ("email", "contact_emails", "organization_id = $1", organization_id),
                ("address", "contact_addresses", "organization_id = $1", organization_id),
            ):
                names = ", ".join(f'"{name}"' for name in await stored_columns(connection, table))
                query = f"select {names} from {table} where {where} limit 1"  # noqa: S608 - our own
                self.rows[name] = Rows(table, await connection.fetchrow(query, value))
            lines = await connection.fetch(_LINES, organization_id, draft_id)
            self.lines = [Rows("document_lines", line) for line in lines]
            self.pdf_sha256 = hashlib.sha256(b"bench").hexdigest()

    @asynccontextmanager
    async def signed_in(
        self, request: Request
    ) -> AsyncIterator[tuple[asyncpg.Connection, asyncpg.Record]]:
        """Open the request's transaction and find out who acts."""
        token = request.headers["authorization"].removeprefix("Bearer ")
        async with self.pool.acquire() as connection, connection.transaction():
            caller = await connection.fetchrow(_SESSION, hash_token(token), _now())
            await connection.fetchrow(_ROLE, caller["organization_id"], caller["access_role_id"])
            yield connection, caller

    async def insert(self, connection: asyncpg.Connection, kind: str, /, **changes: object) -> None:
        """Insert one row like the one learned."""
        rows = self.rows[kind]
        await connection.execute(rows.sql, *rows.like(**changes))


def _now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 - no clock is injected here


def _json(value: object, status: int = 200, later: BackgroundTask | None = None) -> Response:
    content = json.dumps(value, default=str)
    return Response(content, status, media_type="application/json", background=later)


def _shown(record: asyncpg.Record, lines: Sequence[asyncpg.Record] = ()) -> dict[str, object]:
    return {**dict(record), "lines": [dict(line) for line in lines]}


@asynccontextmanager
async def _open(app: FastAPI) -> AsyncIterator[None]:
    pool = await asyncpg.create_pool(
        os.environ["DATABASE_URL"],
        min_size=10,
        max_size=10,
        server_settings={"role": "conforme_api"},
    )
    bare = app.state.bare = Bare(pool)
    model = json.loads(os.environ["BENCH_MODEL"])
    await bare.learn(
        UUID(model["organization_id"]), UUID(model["document_id"]), UUID(model["draft_id"])
    )
    yield
    await pool.close()


app = FastAPI(lifespan=_open, openapi_url=None)


def _bare(request: Request) -> Bare:
    bare: Bare = request.app.state.bare
    return bare


@app.get("/live")
async def live() -> Response:
    """Answer."""
    return _json({"status": "ok"})


@app.post("/contacts")
async def create_contact(request: Request) -> Response:
    """Contact, e-mail, address, event."""
    body: dict[str, Any] = json.loads(await request.body())
    bare, contact_id = _bare(request), new_id()
    async with bare.signed_in(request) as (connection, _):
        await bare.insert(connection, "contact", id=contact_id, legal_name=body["legal_name"])
        await bare.insert(connection, "email", contact_id=contact_id)
        await bare.insert(connection, "address", contact_id=contact_id)
        await bare.insert(connection, "event", id=new_id(), position=None)
    return _json({**body, "id": contact_id}, 201)


@app.get("/documents/{document_id}")
async def get_document(document_id: UUID, request: Request) -> Response:
    """Document with its client's name, lines."""
    async with _bare(request).signed_in(request) as (connection, caller):
        document = await connection.fetchrow(_READ, caller["organization_id"], document_id)
        lines = await connection.fetch(_LINES, caller["organization_id"], document_id)
    return _json(_shown(document, lines))


@app.get("/documents")
async def list_documents(contact_id: UUID, request: Request) -> Response:
    """Fifty of one client, newest first, and whether there are more."""
    async with _bare(request).signed_in(request) as (connection, caller):
        rows = await connection.fetch(_LIST, caller["organization_id"], contact_id)
    return _json([dict(row) for row in rows[:50]])


@app.post("/documents")
async def create_document(request: Request) -> Response:
    """Draft, five lines, event."""
    body: dict[str, Any] = json.loads(await request.body())
    bare, document_id = _bare(request), new_id()
    async with bare.signed_in(request) as (connection, _):
        await bare.insert(connection, "draft", id=document_id, title=body["title"])
        await connection.executemany(
            bare.lines[0].sql, [line.like(document_id=document_id) for line in bare.lines]
        )
        await bare.insert(connection, "event", id=new_id(), document_id=document_id, position=None)
    return _json({**body, "id": document_id}, 201)


@app.post("/documents/{document_id}/issue")
async def issue_document(document_id: UUID, request: Request) -> Response:
    """Lock, lines, number, update, revision, event, job; then the bytes of a PDF and its hash."""
    bare, now = _bare(request), _now()
    async with bare.signed_in(request) as (connection, caller):
        own = caller["organization_id"]
        await connection.fetchrow(f"{_DOCUMENT} for update", own, document_id)
        lines = await connection.fetch(_LINES, own, document_id)
        series_id = await connection.fetchval(
            "select id from number_series where organization_id = $1 and type = 'quote'"
            " and is_default",
            own,
        )
        last = await connection.fetchval(_COUNT, own, series_id, now.date())
        issued = await connection.fetchrow(
            _ISSUE, own, document_id, f"T-{last:07}", now.date(), series_id, now
        )
        await bare.insert(connection, "revision", document_id=document_id)
        await bare.insert(connection, "event", id=new_id(), document_id=document_id, position=None)
        await connection.execute(_JOB, document_id.bytes, "{}")
    async with bare.pool.acquire() as connection, connection.transaction():
        await connection.execute("select set_config('app.org', $1, true)", str(own))
        await bare.insert(connection, "pdf", document_id=document_id)
        await connection.execute(
            "update documents set pdf_state = 'ready', pdf_sha256 = $3, version = version + 1"
            " where organization_id = $1 and id = $2",
            own,
            document_id,
            bare.pdf_sha256,
        )
    return _json(_shown(issued, lines))


@app.post("/documents/{document_id}/dispatches")
async def dispatch_document(document_id: UUID, request: Request) -> Response:
    """Lock, dispatch, link, token, recipient, job, update, event, reply kept under its key."""
    bare, now, token = _bare(request), _now(), new_token()
    dispatch_id, link_id, recipient_id = new_id(), new_id(), new_id()
    async with bare.signed_in(request) as (connection, caller):
        own = caller["organization_id"]
        document = await connection.fetchrow(f"{_DOCUMENT} for update", own, document_id)
        await bare.insert(
            connection, "dispatch", id=dispatch_id, document_id=document_id, kind="resend"
        )
        await bare.insert(
            connection, "link", id=link_id, document_id=document_id, recipient_id=recipient_id
        )
        await connection.execute(
            "insert into link_tokens (token_hash, organization_id, link_id) values ($1, $2, $3)",
            hash_token(token),
            own,
            link_id,
        )
        await bare.insert(
            connection,
            "recipient",
            id=recipient_id,
            dispatch_id=dispatch_id,
            message_id=f"<{recipient_id}@bench.example>",
        )
        await connection.execute(_JOB, recipient_id.bytes, "{}")
        await connection.execute(
            "update documents set delivery_state = 'queued', updated_at = $3,"
            " version = version + 1 where organization_id = $1 and id = $2",
            own,
            document_id,
            now,
        )
        await bare.insert(connection, "event", id=new_id(), document_id=document_id, position=None)
        reply = json.dumps({"id": dispatch_id, **dict(document)}, default=str)
        await connection.execute(
            "insert into idempotent_replies (organization_id, principal, key, fingerprint, status,"
            " headers, body, created_at) values ($1, 'bench', $2, $3, 201, '{}', $4, $5)",
            own,
            request.headers["idempotency-key"],
            hashlib.sha256(await request.body()).digest(),
            reply.encode(),
            now,
        )
    return Response(reply, 201, media_type="application/json")


@app.get("/links/{token}")
async def open_link(token: str, request: Request) -> Response:
    """Meter, token, all that is shown, the last answer, the thread; after it, that it was read."""
    bare, now = _bare(request), _now()
    token_hash = hash_token(token)
    async with bare.pool.acquire() as connection, connection.transaction():
        await connection.execute(_METER, token_hash.hex(), now)
        link = await connection.fetchrow(_LINK, token_hash)
        own = link["organization_id"]
        shared = await connection.fetchrow(_SHARED, own, link["link_id"])
        answers = await connection.fetch(
            "select * from decisions where organization_id = $1 and document_id = $2"
            " order by sequence desc limit 1",
            own,
            shared["id"],
        )
        thread = await connection.fetch(
            "select * from comments where organization_id = $1 and document_id = $2", own,
            shared["id"],
        )  # fmt: skip
    later = BackgroundTask(_note_fetch, bare, own, link["link_id"], now)
    return _json({**_shown(shared), "answers": len(answers), "thread": len(thread)}, later=later)


async def _note_fetch(bare: Bare, own: UUID, link_id: UUID, now: datetime) -> None:
    async with bare.pool.acquire() as connection, connection.transaction():
        await connection.execute("select set_config('app.org', $1, true)", str(own))
        await _note(connection, own, link_id, "page_fetched", now)


async def _note(
    connection: asyncpg.Connection, own: UUID, link_id: UUID, kind: str, now: datetime
) -> None:
    await connection.execute(
        "insert into dispatch_evidence (organization_id, id, recipient_id, kind, occurred_at,"
        " source, verdict, explanation, signals)"
        " select $1, $3, recipient_id, $4, $5, '', 'unknown', '', '{}' from client_links"
        " where organization_id = $1 and id = $2",
        own,
        link_id,
        new_id(),
        kind,
        now,
    )


@app.post("/links/{token}/accept")
async def accept(token: str, request: Request) -> Response:
    """Meter, token, lock, evidence, opened, decision, state, two events, all that is shown."""
    body: dict[str, Any] = json.loads(await request.body())
    bare, now = _bare(request), _now()
    token_hash = hash_token(token)
    async with bare.pool.acquire() as connection, connection.transaction():
        await connection.execute(_METER, token_hash.hex(), now)
        link = await connection.fetchrow(_LINK, token_hash)
        own, link_id = link["organization_id"], link["link_id"]
        shared = await connection.fetchrow(f"{_SHARED} for update of d", own, link_id)
        await _note(connection, own, link_id, "opened", now)
        await connection.execute(
            "update dispatch_recipients set opened_at = $3 where organization_id = $1"
            " and id = (select recipient_id from client_links where organization_id = $1"
            " and id = $2)",
            own,
            link_id,
            now,
        )
        await connection.execute(
            "insert into decisions (organization_id, id, document_id, revision, sequence, kind,"
            " actor_kind, actor_name, channel, pdf_sha256, evidence, decided_at)"
            " values ($1, $2, $3, 1, 1, 'accepted', 'client', $4, 'public_link', $5, $6, $7)",
            own,
            new_id(),
            shared["id"],
            body["name"],
            shared["pdf_sha256"],
            json.dumps(body),
            now,
        )
        await connection.execute(
            "update documents set decision = 'accepted', status = 'accepted',"
            " delivery_state = 'opened', updated_at = $3, version = version + 1"
            " where organization_id = $1 and id = $2",
            own,
            shared["id"],
            now,
        )
        for _ in range(2):
            await bare.insert(
                connection, "event", id=new_id(), document_id=shared["id"], position=None
            )
    return _json(_shown(shared))


@app.post("/calls")
async def take_call(request: Request) -> Response:
    """Wallet, the call as it came, job."""
    content, call_id = await request.body(), new_id()
    told: dict[str, Any] = json.loads(content)
    async with _bare(request).pool.acquire() as connection, connection.transaction():
        own = await connection.fetchval(
            "select organization_id from wallets where name = $1", told["ExtId"]
        )
        await connection.execute("select set_config('app.org', $1, true)", str(own))
        key = hashlib.sha256(content).hexdigest()
        await connection.execute(
            _CALL, own, call_id, f"bare {key}", told["NotifCategory"], content, _now()
        )
        await connection.execute(_JOB, call_id.bytes, "{}")
    return Response()
