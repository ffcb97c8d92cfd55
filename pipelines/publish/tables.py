"""Find the public tables of a warehouse, copy them into a release file, and fingerprint them.

Speaks SQL to DuckDB and knows nothing of folders, manifests on disk or the pointer.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from pipelines.publish.errors import PublishError
from pipelines.publish.manifest import ColumnFacts, TableFacts
from pipelines.sql import content_of, literal, path, quoted
from pipelines.warehouse import busy_or, opened

STORAGE_VERSION = "v1.0.0"
"""Oldest format this DuckDB writes; read by 1.1, 1.2 and 1.5 clients, tried with each."""

OUT = "release_out"
"""Name under which the release file is attached while it is written."""


Fingerprint = tuple[int, int]


@dataclass(frozen=True, slots=True)
class PublicTable:
    """A table or view of the warehouse that readers get."""

    schema: str
    name: str
    comment: str | None = None
    column_comments: Mapping[str, str] = field(default_factory=dict)
    is_view: bool = False
    grain: tuple[str, ...] = ()


def discover_tables(
    warehouse: duckdb.DuckDBPyConnection | Path, schemas: Collection[str]
) -> list[PublicTable]:
    """Every table and view of these schemas, with its comments, in order of schema and name."""
    if isinstance(warehouse, Path):
        with opened(warehouse, read_only=True) as connection:
            return discover_tables(connection, schemas)
    found = warehouse.execute(
        "select schema_name, table_name, comment, false from duckdb_tables() "
        "where database_name = current_database() and list_contains(?, schema_name) "
        "union all select schema_name, view_name, comment, true from duckdb_views() "
        "where database_name = current_database() and list_contains(?, schema_name) "
        "order by 1, 2",
        [list(schemas), list(schemas)],
    ).fetchall()
    comments: dict[tuple[str, str], dict[str, str]] = {}
    for schema, name, column, comment in warehouse.execute(
        "select schema_name, table_name, column_name, comment from duckdb_columns() "
        "where database_name = current_database() and comment is not null"
    ).fetchall():
        comments.setdefault((schema, name), {})[column] = comment
    return [
        PublicTable(schema, name, comment, comments.get((schema, name), {}), is_view)
        for schema, name, comment, is_view in found
    ]


def open_copier(
    warehouse_file: Path, database: Path, scratch: Path
) -> tuple[duckdb.DuckDBPyConnection, str]:
    """A connection with the warehouse to read and a new release file to write.

    Returns it with the name under which it knows the warehouse, which must be the file's own:
    views name the database they were made in.
    """
    connection = duckdb.connect(config={"temp_directory": str(scratch)})
    name = warehouse_file.stem
    try:
        # Casts of zoned timestamps to text must not depend on the machine.
        connection.execute("set TimeZone = 'UTC'")
        connection.execute(f"attach {literal(warehouse_file)} as {quoted(name)} (read_only)")
        connection.execute(
            f"attach {literal(database)} as {OUT} (storage_version {literal(STORAGE_VERSION)})"
        )
    except duckdb.Error as error:
        connection.close()
        raise PublishError(
            f"warehouse {warehouse_file} cannot be read while publishing: "
            f"{busy_or(warehouse_file, error)}"
        ) from error
    return connection, name


def copy_table(connection: duckdb.DuckDBPyConnection, source: str, table: PublicTable) -> None:
    """Copy one table whole, with its comments, which would each be forced to disk if alone."""
    target = path(OUT, table.schema, table.name)
    connection.begin()
    connection.execute(f"create schema if not exists {OUT}.{quoted(table.schema)}")
    connection.execute(
        f"create table {target} as select * from {path(source, table.schema, table.name)}"
    )
    comment_on(connection, target, table.comment, table.column_comments)
    connection.commit()


def comment_on(
    connection: duckdb.DuckDBPyConnection,
    target: str,
    comment: str | None,
    columns: Mapping[str, str],
) -> None:
    """Write the comments of a table and its columns."""
    if comment:
        connection.execute(f"comment on table {target} is {literal(comment)}")
    for column, text in columns.items():
        connection.execute(f"comment on column {target}.{quoted(column)} is {literal(text)}")


def facts_of(
    connection: duckdb.DuckDBPyConnection,
    database: str,
    schema: str,
    table: str,
    comment: str | None = None,
) -> TableFacts:
    """Rows, columns and content hash of a table as it is now."""
    target = path(database, schema, table)
    columns = connection.execute(f"describe {target}").fetchall()
    n_rows, content_hash = content_of(connection, target)
    return TableFacts(
        schema_name=schema,
        table_name=table,
        n_rows=n_rows,
        content_hash=content_hash,
        columns=tuple(ColumnFacts(name=name, type=kind) for name, kind, *_ in columns),
        comment=comment,
    )


def fingerprint(
    connection: duckdb.DuckDBPyConnection, database: str, schema: str, table: str
) -> Fingerprint:
    """Count and hash of a table's rows, in any order: quick, but good for this DuckDB only."""
    target = path(database, schema, table)
    columns = ", ".join(
        quoted(row[0]) for row in connection.execute(f"describe {target}").fetchall()
    )
    row = connection.execute(
        f"select count(*), coalesce(sum(hash({columns})), 0) from {target}"
    ).fetchone()
    assert row is not None, "an aggregate always gives a row"
    return int(row[0]), int(row[1])


def write_parquet(connection: duckdb.DuckDBPyConnection, table: TableFacts, file: Path) -> None:
    """Write one published table as Parquet."""
    file.parent.mkdir(parents=True, exist_ok=True)
    connection.execute(
        f"copy {path(OUT, table.schema_name, table.table_name)} to {literal(file)} "
        "(format parquet, compression zstd)"
    )


def verify_content(
    folder: Path,
    database: Path,
    tables: Iterable[TableFacts],
    fingerprints: Mapping[str, Fingerprint],
) -> None:
    """Open what was written as a reader would, and compare it with what it was written from."""
    with duckdb.connect(str(database), read_only=True) as connection:
        for table in tables:
            found = fingerprint(connection, database.stem, table.schema_name, table.table_name)
            _same(table, "rows and fingerprint", found, fingerprints[table.name])
            row = connection.execute(
                f"select count(*) from read_parquet({literal(folder / table.parquet)})"
            ).fetchone()
            _same(table, "rows of the Parquet copy", row[0] if row else None, table.n_rows)


def _same(table: TableFacts, what: str, found: object, promised: object) -> None:
    if found != promised:
        raise PublishError(
            f"release was not written faithfully: {table.name}: {what} is {found} in the file "
            f"but {promised} in the warehouse; nothing was published"
        )
