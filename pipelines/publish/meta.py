"""The tables in which a release describes itself to SQL readers: schema `meta`.

The same facts as in the manifest, so that a dashboard can show what it stands on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from pipelines.publish.manifest import CheckFacts, InputBatch, RejectCount, TableFacts
from pipelines.publish.restatement import NAMES, Restatement
from pipelines.publish.tables import OUT, comment_on
from pipelines.quality.unusual import Change
from pipelines.sql import literal, path

SCHEMA = "meta"


@dataclass(frozen=True, slots=True)
class _Column:
    name: str
    type: str
    comment: str


@dataclass(frozen=True, slots=True)
class MetaTable:
    """One table of the schema, with its rows."""

    name: str
    comment: str
    columns: tuple[_Column, ...]
    rows: Sequence[tuple[Any, ...]]


def naive_utc(moment: datetime) -> datetime:
    """As timestamps are kept in every table here."""
    return moment.astimezone(UTC).replace(tzinfo=None)


def release_table(values: dict[str, Any]) -> MetaTable:
    columns = (
        _Column("release_id", "varchar", "Name of this release; sorts by time."),
        _Column("company", "varchar", "Company the numbers are about."),
        _Column("created_at", "timestamp", "When the release was made, UTC."),
        _Column(
            "as_of_on", "date", "Last day the release knows: all that was recorded by its end."
        ),
        _Column("currency", "varchar", "Currency of every amount that names none."),
        _Column("time_zone", "varchar", "Zone in which days begin and end."),
        _Column("build_id", "varchar", "Run that built the tables."),
        _Column("code_commit", "varchar", "Version of the program that built them."),
        _Column("decision", "varchar", "publish, or publish_with_warnings."),
        _Column("supersedes", "varchar", "Release that was current before."),
        _Column("n_checks_passed", "bigint", "Checks that held."),
        _Column("n_checks_warned", "bigint", "Checks that failed but only warn."),
    )
    row = tuple(values[column.name] for column in columns)
    return MetaTable("release", "One row: the release this file is.", columns, [row])


def check_table(checks: Sequence[CheckFacts]) -> MetaTable:
    columns = (
        _Column("check_id", "varchar", "Name of the check."),
        _Column("kind", "varchar", "gx, dbt, load, reconciliation, release or watch."),
        _Column("asset", "varchar", "Table it judges."),
        _Column("severity", "varchar", "block or warn."),
        _Column("owner", "varchar", "Who answers for it."),
        _Column("why", "varchar", "Which decision goes wrong if it does not hold."),
        _Column("status", "varchar", "pass or fail."),
        _Column("n_failed", "bigint", "Rows that break it, where rows can."),
        _Column("observed", "varchar", "What was seen."),
        _Column("example", "varchar", "One offending row."),
    )
    rows = [tuple(getattr(check, column.name) for column in columns) for check in checks]
    comment = "One row per check that judged the build of this release."
    return MetaTable("check_result", comment, columns, rows)


def batch_table(batches: Sequence[InputBatch]) -> MetaTable:
    columns = (
        _Column("batch_id", "varchar", "Name of the batch; raw rows carry it."),
        _Column("source", "varchar", "Source system."),
        _Column("object", "varchar", "Object of the source system."),
        _Column("extract_on", "date", "Extract day, as the landing folder names it."),
        _Column("n_read", "bigint", "Rows in the files."),
        _Column("n_accepted", "bigint", "Rows that kept to the contract."),
        _Column("n_rejected", "bigint", "Rows that did not, see reject_summary."),
        _Column(
            "n_changed",
            "bigint",
            "Rows that added a later version of a known record; first versions are not counted.",
        ),
        _Column("n_deleted", "bigint", "Records found deleted."),
        _Column("files", "varchar", "Files of the batch, one a line."),
    )
    names = [column.name for column in columns[:-1]]
    rows = [(*(getattr(b, name) for name in names), "\n".join(b.files)) for b in batches]
    comment = "One row per batch of extract files this release was built from."
    return MetaTable("batch", comment, columns, rows)


def reject_table(rejects: Sequence[RejectCount]) -> MetaTable:
    columns = (
        _Column("source", "varchar", "Source system."),
        _Column("object", "varchar", "Object of the source system."),
        _Column("rule", "varchar", "Rule of the contract that was broken."),
        _Column("column", "varchar", "Column that broke it."),
        _Column("n_rows", "bigint", "Rejected rows."),
        _Column("example", "varchar", "One of them."),
    )
    rows = [tuple(getattr(reject, column.name) for column in columns) for reject in rejects]
    comment = "One row per source object, rule and column with rejected rows."
    return MetaTable("reject_summary", comment, columns, rows)


@dataclass(frozen=True, slots=True)
class Restated:
    """A restatement with the releases between which it happened."""

    from_release: str
    to_release: str
    restated_at: datetime
    what: Restatement


def restatement_table(rows: Sequence[Restated]) -> MetaTable:
    amounts = "decimal(38, 4)"
    columns = (
        _Column("from_release", "varchar", "Release that had the old value."),
        _Column("to_release", "varchar", "Release that has the new value."),
        _Column("restated_at", "timestamp", "When the new one was made, UTC."),
        _Column(
            "metric", "varchar", "bookings, orders, invoices, credit/<measure> or quota/<measure>."
        ),
        _Column("scope_type", "varchar", "company, team, owner or participant."),
        _Column(
            "scope_id",
            "varchar",
            "Which of them; `unassigned` without a team, in quotes where a team is called so.",
        ),
        _Column("period_start_on", "date", "First day of the closed period."),
        _Column("period_end_on", "date", "First day after it."),
        _Column("cause", "varchar", "late_data, reversal, edit, hierarchy, rate or definition."),
        _Column("old_value", amounts, "Total of scope and period in the earlier release."),
        _Column("new_value", amounts, "Total of scope and period in the later release."),
        _Column("delta_amount", amounts, "What this cause moved."),
        _Column("n_deals", "bigint", "Deals (or quotas) behind it."),
        _Column("deals", "varchar", "Ids of the first of them, by comma."),
    )
    values = [
        (
            row.from_release,
            row.to_release,
            naive_utc(row.restated_at),
            *(getattr(row.what, column.name) for column in columns[3:]),
        )
        for row in rows
    ]
    comment = (
        "One row per metric, scope, closed period and cause by which a total moved between two "
        "releases; the history of this release and those before it."
    )
    return MetaTable("fct_restatement", comment, columns, values)


def state_change_table(rows: Sequence[Change]) -> MetaTable:
    columns = (
        _Column("watch", "varchar", "Which records are watched, such as open_deals."),
        _Column("measure", "varchar", "What of them, as accepted_changes names it."),
        _Column("n_records", "bigint", "Records that were open in the superseded release."),
        _Column("n_changed", "bigint", "Those that changed."),
        _Column("changed_pct", "double", "Share that changed; of an amount, share of its total."),
        _Column(
            "usual_pct",
            "double",
            "Share that 98 of 100 earlier windows of as many days stay below; NULL where the "
            "table does not know its past.",
        ),
        _Column("limit_pct", "double", "Share above which it is unusual."),
        _Column("n_windows", "bigint", "Earlier windows that were looked at."),
        _Column("n_days", "bigint", "Days of a window: those between the two releases."),
        _Column("is_unusual", "boolean", "Above the limit, and more than a few records."),
        _Column("example", "varchar", "One of the records, where it is unusual."),
    )
    values = [tuple(getattr(row, column.name) for column in columns) for row in rows]
    comment = (
        "One row per watch and measure: how much of what is open changed since the superseded "
        "release, and what is usual."
    )
    return MetaTable("state_change", comment, columns, values)


def read_restatements(database: Path) -> list[Restated]:
    """The ledger of an earlier release; empty where it had none yet."""
    # Attached, not opened: a reader in this process may have it open in a way of its own.
    with duckdb.connect() as connection:
        connection.execute(f"attach {literal(database)} as released (read_only)")
        connection.execute("use released")
        known = connection.execute(
            "select count(*) from duckdb_tables() where schema_name = ? and table_name = ?",
            [SCHEMA, "fct_restatement"],
        ).fetchone()
        if known is None or not known[0]:
            return []
        rows = connection.execute(
            "select from_release, to_release, restated_at, "
            f"{', '.join(NAMES)} from {SCHEMA}.fct_restatement order by all"
        ).fetchall()
    return [
        Restated(row[0], row[1], row[2].replace(tzinfo=UTC), Restatement(*row[3:])) for row in rows
    ]


def table_table(tables: Sequence[TableFacts]) -> MetaTable:
    columns = (
        _Column("schema_name", "varchar", "Schema of the table."),
        _Column("table_name", "varchar", "Name of the table."),
        _Column("n_rows", "bigint", "Rows."),
        _Column("content_hash", "varchar", "The same in two releases when the rows are the same."),
        _Column("comment", "varchar", "What one row of it is."),
    )
    rows = [tuple(getattr(table, column.name) for column in columns) for table in tables]
    comment = "One row per table of this release, except this one."
    return MetaTable("table", comment, columns, rows)


def write_meta(connection: duckdb.DuckDBPyConnection, table: MetaTable) -> None:
    """Create one table of the schema and fill it."""
    target = path(OUT, SCHEMA, table.name)
    connection.execute(f"create schema if not exists {OUT}.{SCHEMA}")
    columns = ", ".join(f'"{column.name}" {column.type}' for column in table.columns)
    connection.execute(f"create table {target} ({columns})")
    # One statement with a list per column: row by row takes seconds for years of batches.
    lists = ", ".join(f"unnest(cast(? as {column.type}[]))" for column in table.columns)
    values = [[row[i] for row in table.rows] for i in range(len(table.columns))]
    connection.execute(f"insert into {target} select {lists}", values)
    comment_on(connection, target, table.comment, {c.name: c.comment for c in table.columns})
