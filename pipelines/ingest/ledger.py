"""What the tables of schema `control` know of batches: write it, read it, forget it.

Transactions are the caller's.
"""

from __future__ import annotations

from datetime import UTC, date, datetime

import duckdb
import polars as pl

from pipelines.ingest.plan import Batch
from pipelines.ingest.results import BatchResult
from pipelines.ingest.sources import Source
from pipelines.ingest.tables import raw_table

SHOWN_REJECTS = 1000
"""Rejects kept of a failed batch; all of them are the same mistake as a rule."""
COUNTS = (
    "n_files",
    "n_read",
    "n_accepted",
    "n_duplicate",
    "n_stale",
    "n_rejected",
    "n_inserted",
    "n_changed",
    "n_deleted",
)
MEANINGS = {
    "required": "a value is required here",
    "bad_integer": "not a whole number",
    "bad_decimal": "not a number, or one too large",
    "bad_date": "not a date in the declared format",
    "bad_timestamp": "not a time in the declared format, or an hour the clock skipped",
    "bad_boolean": "none of the declared words for true and false",
    "too_precise": "more decimal places than are kept: raise the column's `scale` in the contract; "
    "a time has six of a second at most",
    "out_of_range": "outside the declared range",
    "duplicate_key": "several rows of one key that differ; none is known to be right",
    "too_few_fields": "the row has fewer fields than the header; lines below the rows of a report "
    "are declared as `footer` in the contract's format",
    "total_row": "a total below the rows of a report, no record: export it without totals",
    "too_many_fields": "the row has more fields than the header",
    "recorded_after_cut": "recorded after the extract day; was it landed under the wrong day?",
    "text_too_long": "a text of more than one megabyte",
}


def loaded(connection: duckdb.DuckDBPyConnection, source: str, name: str) -> list[BatchResult]:
    """The batches of an object that are in the raw log, in order, as `unchanged`."""
    rows = connection.execute(
        f"select source, object, extract_on, batch_id, 'unchanged', {', '.join(COUNTS)} "
        "from control.batches where source = ? and object = ? and status = 'loaded' "
        "order by extract_on",
        [source, name],
    ).fetchall()
    return [BatchResult(*row) for row in rows]


def write(
    connection: duckdb.DuckDBPyConnection,
    batch: Batch,
    result: BatchResult,
    rejects: pl.DataFrame | None,
) -> None:
    """Record a batch with its files and rejected rows."""
    connection.execute(
        f"insert into control.batches by name select ? as batch_id, ? as source, ? as object, "
        f"? as extract_on, ? as delivery, ? as status, "
        f"{', '.join(f'? as {count}' for count in COUNTS)}, ? as message, "
        f"? as contract_fingerprint, ? as loaded_at",
        [
            batch.batch_id,
            batch.source,
            batch.object,
            batch.day,
            "full" if batch.is_full else "incremental",
            result.status,
            *(getattr(result, count) for count in COUNTS),
            result.message,
            batch.fingerprint,
            datetime.now(UTC).replace(tzinfo=None),
        ],
    )
    connection.executemany(
        "insert into control.batch_files values (?, ?, ?, ?, ?)",
        [[batch.batch_id, f.name, f.sha256, f.n_bytes, f.stamp] for f in batch.files],
    )
    if rejects is not None and len(rejects):
        _write_rejects(connection, batch, rejects)


def forget(connection: duckdb.DuckDBPyConnection, source: str, name: str, from_day: date) -> None:
    """Take an object's batches from a day on out of the raw log and the ledger."""
    connection.execute(
        f"delete from {raw_table(source, name)} where _extracted_on >= ?", [from_day]
    )
    _forget(connection, source, name, "status = 'loaded' and extract_on >= $day", from_day)


def forget_failures(connection: duckdb.DuckDBPyConnection, source: str, name: str) -> None:
    """Take what is known of an object's failed batches out of the ledger."""
    _forget(connection, source, name, "status = 'failed' and extract_on >= $day", date.min)


def forget_unknown_objects(connection: duckdb.DuckDBPyConnection, source: Source) -> None:
    """Take objects that the source's contract no longer has out of the raw log and the ledger."""
    known = connection.execute(
        "select distinct object from control.batches where source = ? order by object",
        [source.name],
    ).fetchall()
    for (name,) in known:
        if name not in source.objects:
            connection.execute(f"drop table if exists {raw_table(source.name, name)}")
            _forget(connection, source.name, name, "extract_on >= $day", date.min)


def _forget(
    connection: duckdb.DuckDBPyConnection, source: str, name: str, which: str, day: date
) -> None:
    chosen = f"source = $source and object = $object and {which}"
    values = {"source": source, "object": name, "day": day}
    for table in ("batch_files", "rejects", "batches"):
        connection.execute(
            f"delete from control.{table} where batch_id in "
            f"(select batch_id from control.batches where {chosen})",
            values,
        )


def _write_rejects(
    connection: duckdb.DuckDBPyConnection, batch: Batch, rejects: pl.DataFrame
) -> None:
    frame = rejects.with_columns(message=pl.col("rule").replace_strict(MEANINGS))
    connection.register("found_rejects", frame.to_arrow())
    try:
        connection.execute(
            'insert into control.rejects select ?, ?, ?, ?, _file, _line, "column", rule, value, '
            "message from found_rejects order by _file, _line",
            [batch.batch_id, batch.source, batch.object, batch.day],
        )
    finally:
        connection.unregister("found_rejects")
