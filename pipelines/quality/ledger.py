"""Remember which build the warehouse holds and what every check said about it.

A build begins when a run first writes; check results belong to exactly one build, and the release
asks for the results of the build it is about to publish. A run that takes up a failed one goes on
with its build: what was asked before the failure is not asked again, as far as it still stands.
Deciding is `verdict`'s business.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import fields
from typing import Literal

import duckdb

from pipelines.ingest.tables import drop_outdated
from pipelines.quality.results import CheckResult

_COLUMNS = [field.name for field in fields(CheckResult)]

Changes = Literal["raw", "tables", "nothing"]
"""What a step is about to change: the raw log or the configuration, what dbt builds, or nothing."""
_STANDS: Mapping[Changes, str] = {
    "raw": "kind = 'load'",
    "tables": "kind = 'load' or (kind = 'gx' and asset like 'raw.%')",
    "nothing": "true",
}
"""Which answers a change leaves standing."""
_TABLES = {
    "builds": {"build_number": "BIGINT", "build_id": "VARCHAR", "begun_at": "TIMESTAMP"},
    "check_results": {"build_id": "VARCHAR", "is_inherited": "BOOLEAN"}
    | {name: "BIGINT" if name == "n_failed" else "VARCHAR" for name in _COLUMNS},
}


def _ensure(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the tables; those of another version are forgotten, as results speak of one build."""
    connection.execute("create schema if not exists control")
    drop_outdated(connection, "control", _TABLES)
    for table, columns in _TABLES.items():
        described = ", ".join(f"{name} {kind}" for name, kind in columns.items())
        connection.execute(f"create table if not exists control.{table} ({described})")


def begin_build(
    connection: duckdb.DuckDBPyConnection,
    build_id: str,
    changes: Changes,
    *,
    continues: str | None = None,
) -> None:
    """Make `build_id` the build the warehouse holds from now on.

    Called by every step. Within one run the first call begins the build and the later ones find it
    begun; a step of another run ends it, and with it the standing of all check results so far.

    Args:
        continues: the build of the run that this one takes up. If nothing else was written since,
            its results stand until a step changes what they are about.
    """
    _ensure(connection)
    before = current_build(connection)
    if before != build_id:
        if changes == "nothing" and before != continues:
            # A check changes nothing, and does not end the build of another run.
            return
        connection.execute(
            "insert into control.builds "
            "select coalesce(max(build_number), 0) + 1, ?, (now() at time zone 'UTC') "
            "from control.builds",
            [build_id],
        )
        if before is not None and before == continues:
            connection.execute(
                "insert into control.check_results "
                "select * replace (? as build_id, true as is_inherited) "
                "from control.check_results where build_id = ?",
                [build_id, before],
            )
    connection.execute(
        "delete from control.check_results "
        f"where build_id = ? and is_inherited and not ({_STANDS[changes]})",
        [build_id],
    )


def current_build(connection: duckdb.DuckDBPyConnection) -> str | None:
    """The build the warehouse holds, or None before the first one."""
    _ensure(connection)
    row = connection.execute(
        "select build_id from control.builds order by build_number desc limit 1"
    ).fetchone()
    return str(row[0]) if row else None


def record(
    connection: duckdb.DuckDBPyConnection, build_id: str, results: Collection[CheckResult]
) -> None:
    """Keep the results of this build; a check that ran again replaces its earlier answer."""
    _ensure(connection)
    columns = {name: [getattr(result, name) for result in results] for name in _COLUMNS}
    # One statement for all rows: DuckDB pays for statements, not for rows.
    unnested = ", ".join(f"unnest(${name})" for name in _COLUMNS)
    connection.execute("begin")
    connection.execute(
        "delete from control.check_results where build_id = $build_id "
        "and list_contains($check_id, check_id)",
        {"build_id": build_id, "check_id": columns["check_id"]},
    )
    connection.execute(
        f"insert into control.check_results (build_id, is_inherited, {', '.join(_COLUMNS)}) "
        f"select $build_id, false, {unnested}",
        {"build_id": build_id, **columns},
    )
    connection.execute("commit")


def results_of(connection: duckdb.DuckDBPyConnection, build_id: str) -> list[CheckResult]:
    """Every result recorded for the build, by check id."""
    _ensure(connection)
    rows = connection.execute(
        f"select {', '.join(_COLUMNS)} from control.check_results where build_id = ? "
        "order by check_id",
        [build_id],
    ).fetchall()
    return [CheckResult(*row) for row in rows]
