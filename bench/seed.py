"""Rows by the hundred thousand: copies of real ones, streamed by COPY.

The rows copied from were made through the API, so a copy has whatever columns the schema
has today; only what must differ from row to row is replaced.
"""

from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from io import BytesIO
from itertools import islice
from uuid import UUID

import asyncpg

from app.kernel.identifiers import hash_token, new_id, new_token

DOCUMENTS_PER_CONTACT = 200
_FIRST_DAY = date(2023, 1, 1)
_DAYS = 1000
_CHUNK_ROWS = 5_000

Row = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Model:
    """The real things that are multiplied.

    Attributes:
        document_id: Issued, sent and delivered, with five lines.
        draft_id: The same as a draft.
    """

    organization_id: UUID
    contact_id: UUID
    document_id: UUID
    draft_id: UUID


@dataclass(frozen=True, slots=True)
class SentDocument:
    """A document whose client holds a link nobody has used."""

    document_id: UUID
    recipient_id: UUID
    token: str


class Pattern:
    """A row as COPY writes it, with slots for some columns."""

    def __init__(self, table: str, columns: Sequence[str], line: str, slots: Sequence[str]) -> None:
        self.table = table
        self.columns = columns
        fields = [field.replace("%", "%%") for field in line.split("\t")]
        for slot in slots:
            fields[columns.index(slot)] = "%s"
        order = [column for column in columns if column in slots]
        self._places = [slots.index(column) for column in order]
        self._line = "\t".join(fields) + "\n"

    def write(self, row: Row) -> str:
        """Fill in the slots, their values in the order they were named."""
        return self._line % tuple([row[place] for place in self._places])


async def patterns(
    connection: asyncpg.Connection, table: str, where: str, slots: Sequence[str]
) -> list[Pattern]:
    """Read the rows to copy from; `where` is ours."""
    columns = await stored_columns(connection, table)
    names = ", ".join(f'"{column}"' for column in columns)
    query = f"select {names} from {table} where {where}"  # noqa: S608 - nothing from outside
    written = BytesIO()
    await connection.copy_from_query(query, output=written)
    lines = written.getvalue().decode().splitlines()
    return [Pattern(table, columns, line, slots) for line in lines]


async def stored_columns(connection: asyncpg.Connection, table: str) -> list[str]:
    """List a table's columns but for those the database computes."""
    rows = await connection.fetch(
        "select attname from pg_attribute where attrelid = $1::regclass and attnum > 0"
        " and not attisdropped and attgenerated = '' order by attnum",
        table,
    )
    return [row["attname"] for row in rows]


async def copy(
    connection: asyncpg.Connection, models: Sequence[Pattern], rows: Iterable[Row]
) -> None:
    """Stream copies of the model rows, one of each per row."""

    async def chunks() -> AsyncIterator[bytes]:
        source = iter(rows)
        while chunk := list(islice(source, _CHUNK_ROWS)):
            yield "".join(model.write(row) for row in chunk for model in models).encode()

    await connection.copy_to_table(models[0].table, source=chunks(), columns=models[0].columns)


class Seeder:
    """Fills a database up to a size; what it has made is in its attributes."""

    def __init__(self, url: str, model: Model) -> None:
        self._url = url
        self._model = model
        self.contact_ids: list[UUID] = []
        self.document_ids: list[UUID] = []
        self.size = 0

    async def grow_to(self, size: int) -> None:
        """Add issued quotes, two hundred to a client, until there are so many."""
        connection = await self._connect()
        before, self.size = self.size, size
        contacts = [new_id() for _ in range((size - before) // DOCUMENTS_PER_CONTACT)]
        documents = [new_id() for _ in range(size - before)]
        await self._copy_contacts(connection, contacts)
        own = f"organization_id = '{self._model.organization_id}'"
        models = await patterns(
            connection,
            "documents",
            f"{own} and id = '{self._model.document_id}'",
            ("id", "contact_id", "number", "listed_on", "issue_date", "created_at"),
        )
        await copy(connection, models, self._documents(documents, contacts, before))
        models = await patterns(
            connection,
            "document_lines",
            f"{own} and document_id = '{self._model.document_id}'",
            ("document_id",),
        )
        await copy(connection, models, ((one,) for one in documents))
        self.contact_ids += contacts
        self.document_ids += documents
        await _settle(connection)

    async def add_sent(self, count: int, *, is_light: bool = False) -> list[SentDocument]:
        """Add documents with PDF, dispatch and link, as delivered to their clients.

        Args:
            count: How many.
            is_light: Without the bytes of their PDFs, and without settling the database.
        """
        connection = await self._connect()
        sent = [SentDocument(new_id(), new_id(), new_token()) for _ in range(count)]
        dispatches = [new_id() for _ in sent]
        links = [new_id() for _ in sent]
        rows: dict[str, tuple[str, tuple[str, ...], Iterable[Row]]] = {
            "documents": (
                "id",
                ("id", "number"),
                ((one.document_id, f"S{one.document_id.hex[-18:]}") for one in sent),
            ),
            "document_lines": ("document_id", ("document_id",), _ids(sent)),
            "document_revisions": ("document_id", ("document_id",), _ids(sent)),
            "document_pdfs": ("document_id", ("document_id",), _ids(sent)),
            "dispatches": (
                "document_id",
                ("document_id", "id"),
                zip((one.document_id for one in sent), dispatches, strict=True),
            ),
            "dispatch_recipients": (
                "dispatch_id",
                ("id", "dispatch_id", "message_id"),
                (
                    (one.recipient_id, dispatch, f"<{one.recipient_id}@bench.example>")
                    for one, dispatch in zip(sent, dispatches, strict=True)
                ),
            ),
            "client_links": (
                "document_id",
                ("document_id", "id", "recipient_id"),
                (
                    (one.document_id, link, one.recipient_id)
                    for one, link in zip(sent, links, strict=True)
                ),
            ),
            "link_tokens": (
                "link_id",
                ("token_hash", "link_id"),
                (
                    (f"\\\\x{hash_token(one.token).hex()}", link)
                    for one, link in zip(sent, links, strict=True)
                ),
            ),
        }
        for table, (key, slots, values) in rows.items():
            if is_light and table == "document_pdfs":
                continue
            where = f"{key} = '{await self._model_id(connection, key)}'"
            await copy(connection, await patterns(connection, table, where, slots), values)
        if is_light:
            await connection.close()
        else:
            await _settle(connection)
        return sent

    async def _model_id(self, connection: asyncpg.Connection, key: str) -> UUID:
        document_id = self._model.document_id
        if key == "dispatch_id":
            found = await connection.fetchval(
                "select id from dispatches where document_id = $1", document_id
            )
        elif key == "link_id":
            found = await connection.fetchval(
                "select id from client_links where document_id = $1", document_id
            )
        else:
            return document_id
        assert isinstance(found, UUID)
        return found

    async def _copy_contacts(self, connection: asyncpg.Connection, contacts: list[UUID]) -> None:
        for table, key in (
            ("contacts", "id"),
            ("contact_emails", "contact_id"),
            ("contact_addresses", "contact_id"),
        ):
            where = f"{key} = '{self._model.contact_id}'"
            models = await patterns(connection, table, where, (key,))
            await copy(connection, models, ((one,) for one in contacts))

    def _documents(
        self, documents: Sequence[UUID], contacts: Sequence[UUID], before: int
    ) -> Iterator[Row]:
        for index, document_id in enumerate(documents):
            contact_id = contacts[index % len(contacts)]
            day = _FIRST_DAY + timedelta(days=index * 7 % _DAYS)
            yield document_id, contact_id, f"B-{before + index:08}", day, day, day

    async def _connect(self) -> asyncpg.Connection:
        """Connect as who may write past row-level security, triggers and foreign keys."""
        return await asyncpg.connect(
            self._url, server_settings={"session_replication_role": "replica"}
        )


def _ids(sent: Sequence[SentDocument]) -> Iterator[Row]:
    return ((one.document_id,) for one in sent)


async def _settle(connection: asyncpg.Connection) -> None:
    """Leave no work for PostgreSQL to do in the background of a run."""
    await connection.execute("vacuum analyze")
    await connection.execute("checkpoint")
    await connection.close()
