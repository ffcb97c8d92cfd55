"""A SQLAlchemy dialect through which Great Expectations can ask DuckDB: `duckdb+buffered://`.

Mends four things in duckdb-engine 0.17, each found by running it: results vanish when the
connection goes back to its pool, reflection asks for a catalogue table DuckDB does not have,
regular expressions are refused, and type names are unknown. Running suites is left to `gx.py`.
Exit: a DuckDB engine of Great Expectations itself (its pull request 12084).
"""

from __future__ import annotations

from typing import Any

import duckdb_engine
import sqlalchemy as sa
from duckdb_engine.datatypes import ISCHEMA_NAMES
from sqlalchemy.dialects import postgresql, registry
from sqlalchemy.dialects.postgresql.base import PGCompiler
from sqlalchemy.pool import NullPool
from sqlalchemy.types import (
    BIGINT,
    BOOLEAN,
    DATE,
    DECIMAL,
    DOUBLE,
    FLOAT,
    INTEGER,
    SMALLINT,
    TIMESTAMP,
    VARCHAR,
)

URL_SCHEME = "duckdb+buffered"

__all__ = [
    "BIGINT",
    "BOOLEAN",
    "DATE",
    "DECIMAL",
    "DOUBLE",
    "FLOAT",
    "INTEGER",
    "SMALLINT",
    "TIMESTAMP",
    "URL_SCHEME",
    "VARCHAR",
    "BufferedDialect",
    "NullPool",
    "dialect",
    "register",
]


class _BufferedCursor:
    """Takes a result whole at once, so that it outlives the connection's next statement."""

    def __init__(self, cursor: Any) -> None:
        self._cursor = cursor
        self.connection = cursor.connection
        self._rows: list[Any] = []
        self.description: Any = None
        self.arraysize = 1
        self.rowcount = -1

    def execute(self, statement: str, parameters: Any = None, context: Any = None) -> None:
        self._cursor.execute(statement, parameters, context)
        self.description = self._cursor.description
        self._rows = self._cursor.fetchall() if self.description else []

    def executemany(self, statement: str, parameters: Any = None, context: Any = None) -> None:
        self._cursor.executemany(statement, parameters, context)

    def fetchone(self) -> Any:
        return self._rows.pop(0) if self._rows else None

    def fetchmany(self, size: int | None = None) -> list[Any]:
        count = size or self.arraysize
        taken, self._rows = self._rows[:count], self._rows[count:]
        return taken

    def fetchall(self) -> list[Any]:
        taken, self._rows = self._rows, []
        return taken

    def close(self) -> None:
        """A closed cursor may still be read: Great Expectations does."""


class _BufferedConnection:
    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def cursor(self) -> _BufferedCursor:
        return _BufferedCursor(self._connection.cursor())

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)


class _Compiler(PGCompiler):
    def visit_custom_op_binary(self, element: Any, operator: Any, **kw: Any) -> str:
        """Search anywhere in the text, as Postgres' `~` does; DuckDB's `~` wants a full match."""
        if operator.opstring in ("~", "!~"):
            left, right = self.process(element.left, **kw), self.process(element.right, **kw)
            negation = "NOT " if operator.opstring == "!~" else ""
            return f"{negation}regexp_matches({left}, {right})"
        text: str = super().visit_custom_op_binary(element, operator, **kw)  # type: ignore[no-untyped-call]  # SQLAlchemy leaves its compiler untyped
        return text


class BufferedDialect(duckdb_engine.Dialect):
    """DuckDB as Great Expectations needs it: read whole, outside transactions."""

    driver = "buffered"
    supports_statement_cache = False
    statement_compiler = _Compiler

    def connect(self, *cargs: Any, **cparams: Any) -> Any:
        return _BufferedConnection(super().connect(*cargs, **cparams))

    def do_begin(self, connection: Any) -> None:
        """No transactions: the file is open to read only."""

    def do_commit(self, connection: Any) -> None:
        """See `do_begin`."""

    def do_rollback(self, connection: Any) -> None:
        """See `do_begin`."""

    def get_columns(
        self, connection: Any, table_name: str, schema: str | None = None, **_: Any
    ) -> list[Any]:
        rows = connection.execute(
            sa.text(
                "select column_name, data_type, is_nullable, column_default, comment"
                " from duckdb_columns() where database_name = current_database()"
                " and schema_name = :schema and table_name = :name order by column_index"
            ),
            {"schema": schema or "main", "name": str(table_name)},
        ).fetchall()
        if not rows:
            raise sa.exc.NoSuchTableError(f"{schema}.{table_name}")
        return [
            {"name": name, "type": _type(kind), "nullable": nullable, "default": default}
            for name, kind, nullable, default, _comment in rows
        ]

    def get_schema_names(self, connection: Any, **_: Any) -> list[str]:
        """Plain names; duckdb-engine's carry the database, so no schema was ever found."""
        rows = connection.execute(
            sa.text(
                "select schema_name from duckdb_schemas() where database_name = current_database()"
            )
        )
        return [name for (name,) in rows]

    def get_pk_constraint(self, *_: Any, **__: Any) -> Any:
        """Keys are promises of the suites here, not constraints of the file."""
        return {"constrained_columns": [], "name": None}


dialect: Any = type("dialect", (postgresql.dialect,), {})
"""The name Great Expectations looks for: with it, patterns are written as for Postgres."""


def register() -> None:
    """Make SQLAlchemy know the URL scheme."""
    registry.register("duckdb.buffered", __name__, "BufferedDialect")


def _type(name: str) -> Any:
    base, _, inner = name.partition("(")
    if base == "DECIMAL":
        precision, scale = inner.rstrip(")").split(",")
        return DECIMAL(int(precision), int(scale))
    # Types are public names of this module, which is also how Great Expectations finds them.
    kind: Any = globals().get(base) or ISCHEMA_NAMES.get(base.lower(), sa.types.NullType)
    return kind()
