"""Hot paths read and write rows: statements written once, run by the driver itself.

A statement of SQLAlchemy's costs two to four times the driver's, a session five times its
transaction. What is asked for most is therefore read here; see
docs/decisions/0014-hot-paths-are-rows.md.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import Any, TypeVar, cast

import asyncpg
from sqlalchemy import bindparam, insert, inspect
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, InstrumentedAttribute
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import ClauseElement

Model = TypeVar("Model", bound=DeclarativeBase)
Row = Sequence[Any]
"""The values of a row, in the order of the columns selected; JSON is read already."""

_DIALECT = make_url("postgresql+asyncpg://").get_dialect()()


class Statement:
    """A statement made into text once; what differs from run to run are named parameters.

    Args:
        statement: Its `bindparam`s are the parameters; any other value stays as it is.
    """

    def __init__(self, statement: ClauseElement) -> None:
        compiled = cast("SQLCompiler", statement.compile(dialect=_DIALECT))
        self.text = str(compiled)
        self._names = compiled.positiontup or []
        self._fixed = compiled.params

    def arguments(self, values: dict[str, object]) -> list[object]:
        """Put named values in the order of the text."""
        return [values[name] if name in values else self._fixed[name] for name in self._names]


class Rows:
    """A transaction as statements run in it."""

    def __init__(self, driver: asyncpg.Connection) -> None:
        self._driver = driver

    async def all(self, statement: Statement, **values: object) -> Sequence[Row]:
        """Give every row.

        Raises:
            DBAPIError: PostgreSQL refuses or is away.
        """
        try:
            found = await self._driver.fetch(statement.text, *statement.arguments(values))
        except (asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            raise told(error, self._driver) from error
        return cast("Sequence[Row]", found)

    async def first(self, statement: Statement, **values: object) -> Row | None:
        """Give the first row, if there is one.

        Raises:
            DBAPIError: PostgreSQL refuses or is away.
        """
        found = await self.all(statement, **values)
        return found[0] if found else None


def told(error: Exception, driver: asyncpg.Connection) -> DBAPIError:
    """Give the driver's error as SQLAlchemy would, so that callers know one kind."""
    return DBAPIError(None, None, error, connection_invalidated=driver.is_closed())


async def rows_of(tx: AsyncSession) -> Rows:
    """Give a session's transaction; what the session has not flushed is not seen."""
    held = tx.info.get(Rows)
    if held is None:
        connection = await (await tx.connection()).get_raw_connection()
        held = tx.info[Rows] = Rows(connection.driver_connection)
    return cast("Rows", held)


def columns_of(model: type[DeclarativeBase]) -> list[InstrumentedAttribute[Any]]:
    """Give the columns an object of a model is read with."""
    return [getattr(model, name) for name in names_of(model)]


def names_of(model: type[DeclarativeBase]) -> list[str]:
    """Name those columns."""
    return [attribute.key for attribute in inspect(model).column_attrs if not attribute.deferred]


def inserting(model: type[DeclarativeBase], *, without: Collection[str] = ()) -> Statement:
    """Make the statement that stores one row of a model; its columns are the parameters.

    Args:
        model: Whose row.
        without: Columns that stay empty.
    """
    names = [name for name in names_of(model) if name not in without]
    return Statement(insert(model).values({name: bindparam(name) for name in names}))


def plain(model: type[Model], names: Iterable[str], row: Iterable[object]) -> Model:
    """Make an object that no session knows: its columns and methods can be read, that is all.

    To set an attribute, or to read one that was not given, raises.
    """
    made = model.__new__(model)
    made.__dict__.update(zip(names, row, strict=False))
    return made
