"""The tables of schemas `raw` and `control`, made from the contracts.

What goes into them is decided in `merge` and `load`.
"""

from __future__ import annotations

from collections.abc import Mapping

import duckdb

from pipelines.contracts import ObjectContract
from pipelines.ingest.sources import Source, enabled_sources
from pipelines.settings import Company

LOG_COLUMNS = {
    "_recorded_at": "TIMESTAMP",
    "_extracted_at": "TIMESTAMP",
    "_extracted_on": "DATE",
    "_op": "VARCHAR",
    "_row_hash": "UBIGINT",
    "_batch_id": "BIGINT",
    "_file": "VARCHAR",
    "_line": "BIGINT",
}
CONTROL_TABLES = {
    "batches": {
        "batch_id": "BIGINT",
        "source": "VARCHAR",
        "object": "VARCHAR",
        "extract_on": "DATE",
        "delivery": "VARCHAR",
        "status": "VARCHAR",
        "n_files": "BIGINT",
        "n_read": "BIGINT",
        "n_accepted": "BIGINT",
        "n_duplicate": "BIGINT",
        "n_stale": "BIGINT",
        "n_rejected": "BIGINT",
        "n_inserted": "BIGINT",
        "n_changed": "BIGINT",
        "n_deleted": "BIGINT",
        "message": "VARCHAR",
        "contract_fingerprint": "VARCHAR",
        "loaded_at": "TIMESTAMP",
    },
    "batch_files": {
        "batch_id": "BIGINT",
        "file": "VARCHAR",
        "sha256": "VARCHAR",
        "n_bytes": "BIGINT",
        "stamp": "VARCHAR",
    },
    "rejects": {
        "batch_id": "BIGINT",
        "source": "VARCHAR",
        "object": "VARCHAR",
        "extract_on": "DATE",
        "file": "VARCHAR",
        "line": "BIGINT",
        "column_name": "VARCHAR",
        "rule": "VARCHAR",
        "value": "VARCHAR",
        "message": "VARCHAR",
    },
}


def ensure_tables(connection: duckdb.DuckDBPyConnection, company: Company) -> None:
    """Make every missing table of the enabled sources; those of undelivered objects stay empty."""
    _ensure_control(connection)
    for source in enabled_sources(company).values():
        ensure_source(connection, source)


def ensure_source(connection: duckdb.DuckDBPyConnection, source: Source) -> None:
    """Make the missing tables of one source.

    An object that was never delivered takes over a contract that changed; one that was is loaded
    again, since a contract is part of what names a batch.
    """
    _ensure_control(connection)
    present = _present(connection, "raw")
    for name, contract in source.objects.items():
        connection.execute(
            f"create table if not exists {raw_table(source.name, name)} ({_columns(contract)})"
        )
        if present.get(f"{source.name}__{name}") not in (None, table_columns(contract)):
            delivered = connection.execute(
                "select count(*) from control.batches "
                "where source = ? and object = ? and status = 'loaded'",
                [source.name, name],
            ).fetchone()
            if not delivered or not delivered[0]:
                start_anew(connection, source, name)


def _ensure_control(connection: duckdb.DuckDBPyConnection) -> None:
    """The ledger of batches; one that an earlier version wrote is forgotten, and all of the landing
    folder is loaded again."""
    connection.execute("create schema if not exists raw; create schema if not exists control")
    drop_outdated(connection, "control", CONTROL_TABLES)
    for table, columns in CONTROL_TABLES.items():
        described = ", ".join(f"{name} {kind}" for name, kind in columns.items())
        connection.execute(f"create table if not exists control.{table} ({described})")


def drop_outdated(
    connection: duckdb.DuckDBPyConnection, schema: str, tables: Mapping[str, Mapping[str, str]]
) -> None:
    """Drop these tables together when one of them has other columns: another version wrote it.

    For bookkeeping that every run can make again from the landing folder.
    """
    present = _present(connection, schema)
    if any(present.get(table) not in (None, columns) for table, columns in tables.items()):
        for table in tables:
            connection.execute(f"drop table if exists {schema}.{table}")


def _present(connection: duckdb.DuckDBPyConnection, schema: str) -> dict[str, dict[str, str]]:
    """Columns of the schema's tables with their types."""
    present: dict[str, dict[str, str]] = {}
    for table, column, kind in connection.execute(
        "select table_name, column_name, data_type from duckdb_columns() "
        "where schema_name = ? and database_name = current_database() order by column_index",
        [schema],
    ).fetchall():
        present.setdefault(table, {})[column] = kind
    return present


def start_anew(connection: duckdb.DuckDBPyConnection, source: Source, name: str) -> None:
    """Make an object's table again, empty and with the columns its contract has now."""
    table = raw_table(source.name, name)
    columns = _columns(source.objects[name])
    connection.execute(f"create or replace table {table} ({columns})")


def enabled_rows(company: Company, table: str) -> str:
    """The rows of a table of schema `control` that are about enabled sources, as a relation.

    A source that was taken out of the company file keeps its rows, so that putting it back costs
    nothing; whoever reads the schema for an answer reads it through this, as dbt does through
    `macros/sources.sql`. A warehouse then answers as one that never had the source.
    """
    names = ", ".join(f"'{source}'" for source in sorted(company.sources))
    return f"(select * from control.{table} where source in ({names}))"


def raw_table(source: str, name: str) -> str:
    return f'raw."{source}__{name}"'


def table_columns(contract: ObjectContract) -> dict[str, str]:
    """Names and SQL types of an object's raw table, in order."""
    return {column.name: column.sql_type for column in contract.loaded} | LOG_COLUMNS


def same_key(contract: ObjectContract, left: str, right: str) -> str:
    """The SQL condition that two rows are of one record; key columns are never NULL."""
    return " and ".join(f'{left}."{name}" = {right}."{name}"' for name in contract.key)


def _columns(contract: ObjectContract) -> str:
    return ", ".join(f'"{name}" {kind}' for name, kind in table_columns(contract).items())
