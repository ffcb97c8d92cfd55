"""The tables of schemas `raw` and `control`, made from the contracts.

What goes into them is decided in `merge` and `load`.
"""

from __future__ import annotations

import duckdb

from pipelines.contracts import ObjectContract
from pipelines.ingest.sources import Source, enabled_sources
from pipelines.settings import Company

LOG_COLUMNS = {
    "_recorded_at": "TIMESTAMP",
    "_extracted_at": "TIMESTAMP",
    "_extracted_on": "DATE",
    "_op": "VARCHAR",
    "_row_hash": "VARCHAR",
    "_batch_id": "BIGINT",
    "_file": "VARCHAR",
    "_line": "BIGINT",
}
CONTROL_TABLES = """
create schema if not exists raw;
create schema if not exists control;
create table if not exists control.batches (
    batch_id BIGINT, source VARCHAR, object VARCHAR, extract_on DATE, delivery VARCHAR,
    status VARCHAR, n_files BIGINT, n_read BIGINT, n_accepted BIGINT, n_duplicate BIGINT,
    n_rejected BIGINT, n_inserted BIGINT, n_changed BIGINT, n_deleted BIGINT, message VARCHAR,
    contract_fingerprint VARCHAR, loaded_at TIMESTAMP
);
create table if not exists control.batch_files (
    batch_id BIGINT, file VARCHAR, sha256 VARCHAR, n_bytes BIGINT, mtime_ns BIGINT
);
create table if not exists control.rejects (
    batch_id BIGINT, source VARCHAR, object VARCHAR, extract_on DATE, file VARCHAR,
    line BIGINT, column_name VARCHAR, rule VARCHAR, value VARCHAR, message VARCHAR
);
"""


def ensure_tables(connection: duckdb.DuckDBPyConnection, company: Company) -> None:
    """Make every missing table of the enabled sources; those of undelivered objects stay empty."""
    connection.execute(CONTROL_TABLES)
    for source in enabled_sources(company).values():
        ensure_source(connection, source)


def ensure_source(connection: duckdb.DuckDBPyConnection, source: Source) -> None:
    """Make the missing tables of one source."""
    connection.execute(CONTROL_TABLES)
    for name, contract in source.objects.items():
        connection.execute(
            f"create table if not exists {raw_table(source.name, name)} ({_columns(contract)})"
        )


def reshape(connection: duckdb.DuckDBPyConnection, source: Source, name: str) -> None:
    """Make an object's table anew where its contract has changed its columns; it is then empty."""
    table, contract = raw_table(source.name, name), source.objects[name]
    present = connection.execute(
        "select column_name, data_type from duckdb_columns() where schema_name = 'raw' "
        "and table_name = ? order by column_index",
        [f"{source.name}__{name}"],
    ).fetchall()
    if present != list(table_columns(contract).items()):
        connection.execute(f"drop table if exists {table}")
        connection.execute(f"create table {table} ({_columns(contract)})")


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
