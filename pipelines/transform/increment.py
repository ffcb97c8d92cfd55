"""Decide whether dbt may add to the tables of the last build, or has to rebuild them.

The raw log only ever gains extract days in ordinary operation, and a model marked incremental then
replaces what the new batches change. That is right only as long as everything else is as it was.
This module remembers in schema `increment` what the last whole build stood on, compares, and in
doubt has everything rebuilt. A build that did not end well leaves no memory behind.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import duckdb

from pipelines.ingest import enabled_rows
from pipelines.ingest.tables import drop_outdated
from pipelines.sql import content_of, path
from pipelines.transform.builder import Outcome
from pipelines.transform.dbt_project import DbtProject
from pipelines.warehouse import opened

_TABLES = {
    "pending_batch": {"batch_id": "BIGINT"},
    "last_build": {"fingerprint": "VARCHAR", "as_of_on": "DATE", "completed_at": "TIMESTAMP"},
    "built_batch": {
        "batch_id": "BIGINT", "source": "VARCHAR", "object": "VARCHAR", "extract_on": "DATE"
    },
}  # fmt: skip
KEPT = {
    "participant_version": "core_participant_version",
    "plan_rate_version": "core_plan_rate_version",
}
"""Tables whose last state is kept, so that models can ask from which day on they differ."""
CHANGED_DAY, CHANGED_OPPORTUNITY = "core_changed_day", "core_changed_opportunity"
"""Models that say what an increment has to replace; an incremental model reads one of them."""
FOLLOWED_BY_DAY = frozenset({*KEPT.values(), "core_latest_extract"})
"""Models whose changes `core_changed_day` knows."""
FOLLOWED_BY_BOTH = "core_opportunity_extract"
"""Model whose new rows both know: an extract may tell of a deal by lacking it."""
FOLLOWED_ENTITIES = ("opportunity", "opportunity_change", "opportunity_field_change")
"""Entities whose new rows both know."""


@dataclass(frozen=True)
class Increment:
    """How the tables are to be built."""

    reason: str
    """Why everything is rebuilt; empty where adding to the tables is safe."""
    n_batches: int
    """Batches loaded since the last build."""

    @property
    def description(self) -> str:
        if self.reason:
            return f"everything is rebuilt: {self.reason}"
        return f"{self.n_batches} new batches are added to the tables of the last build"


def build(project: DbtProject, *names: str, tests: bool = True) -> tuple[Outcome, Increment]:
    """Build as far as possible on top of the last build; what came of it, and how it was done.

    Args:
        names: models and tests, as `DbtProject.build` takes them; none for everything. Some models
            alone are rebuilt, and so is everything by the next run.
        tests: with the tests that read one of the models.

    Raises:
        TransformError: dbt cannot read or compile the project.
    """
    file = project.company.warehouse_file
    with opened(file) as connection:
        increment = begin(connection, project, is_whole=not names)
    outcome = project.build(*names, full_refresh=bool(increment.reason), tests=tests)
    if not names and _built_everything(outcome):
        with opened(file) as connection:
            complete(connection, project)
            _drop_others(connection, outcome)
    return outcome, increment


def _drop_others(connection: duckdb.DuckDBPyConnection, outcome: Outcome) -> None:
    """Drop what earlier models, and those of sources taken out, left in the schemas dbt builds.

    Nobody would build such a table again, and whoever looks at a schema would find it as it was on
    the day it was given up, which a fresh warehouse has not.
    """
    built = {
        (run.node.schema, run.node.name)
        for run in outcome.result
        if run.node.resource_type in {"model", "seed"}
    }
    schemas = sorted({schema for schema, _ in built})
    for kind, found in (
        ("view", "select schema_name, view_name from duckdb_views() where not internal"),
        ("table", "select schema_name, table_name from duckdb_tables() where not internal"),
    ):
        there = connection.execute(
            f"{found} and database_name = current_database() "
            "and list_contains(?, schema_name) order by all",
            [schemas],
        ).fetchall()
        for schema, name in there:
            if (schema, name) not in built:
                connection.execute(f"drop {kind} {path(schema, name)}")


def begin(
    connection: duckdb.DuckDBPyConnection, project: DbtProject, *, is_whole: bool = True
) -> Increment:
    """Decide how to build; the last build is forgotten until `complete` says this one is whole."""
    _ensure(connection)
    reason = _reason(connection, project) if is_whole else "only some tables were asked for"
    n_batches = _n_pending(connection, project)
    connection.execute("begin")
    connection.execute("delete from increment.pending_batch")
    if not reason:
        connection.execute(
            "insert into increment.pending_batch "
            f"select batch_id from {_pending(project)} as pending"
        )
        for kept, table in KEPT.items():
            connection.execute(f"create or replace table increment.{kept} as from core.{table}")
    connection.execute("update increment.last_build set fingerprint = null")
    connection.execute("commit")
    return Increment(reason, n_batches)


def _ensure(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the tables; what another version remembers in other columns is forgotten."""
    connection.execute("create schema if not exists increment")
    drop_outdated(connection, "increment", _TABLES)
    for table, columns in _TABLES.items():
        described = ", ".join(f"{name} {kind}" for name, kind in columns.items())
        connection.execute(f"create table if not exists increment.{table} ({described})")


def complete(connection: duckdb.DuckDBPyConnection, project: DbtProject) -> None:
    """Remember that every model is now of the batches that are loaded."""
    connection.execute("begin")
    for table in ("pending_batch", "last_build", "built_batch"):
        connection.execute(f"delete from increment.{table}")
    connection.execute(
        "insert into increment.built_batch select batch_id, source, object, extract_on "
        f"from {_loaded(project)} as loaded"
    )
    connection.execute(
        "insert into increment.last_build select ?, max(extract_on), now() at time zone 'UTC' "
        f"from {_loaded(project)} as loaded",
        [_fingerprint(connection, project)],
    )
    connection.execute("commit")


def _loaded(project: DbtProject) -> str:
    """Batches a build reads, as a relation."""
    return f"(from {enabled_rows(project.company, 'batches')} where status = 'loaded')"


def _pending(project: DbtProject) -> str:
    """Those the last build did not read yet, as a relation."""
    return (
        f"(from {_loaded(project)} "
        "where batch_id not in (select batch_id from increment.built_batch))"
    )


def _reason(connection: duckdb.DuckDBPyConnection, project: DbtProject) -> str:
    """Why adding to the tables is not safe; empty where it is."""
    remembered = connection.execute("select fingerprint from increment.last_build").fetchone()
    if remembered is None or remembered[0] is None:
        return "there is no whole build to add to"
    if remembered[0] != _fingerprint(connection, project):
        return "the project, the company file or its reference data changed"
    gone = connection.execute(
        "select source, object, extract_on from increment.built_batch where batch_id not in "
        f"(select batch_id from {_loaded(project)} as loaded) order by all"
    ).fetchall()
    if gone:
        return f"{len(gone)} batches were replaced or are gone (first: {_title(gone[0])})"
    late = connection.execute(
        f"select source, object, extract_on from {_pending(project)} as pending where exists ("
        "select 1 from increment.built_batch as built where built.source = pending.source "
        "and built.object = pending.object and built.extract_on > pending.extract_on) order by all"
    ).fetchall()
    if late:
        return f"{len(late)} batches came late (first: {_title(late[0])})"
    return _unfollowed_change(connection, project)


def _unfollowed_change(connection: duckdb.DuckDBPyConnection, project: DbtProject) -> str:
    unfollowed = set(_unfollowed_inputs(project.manifest()))
    changed = [
        batch
        for batch in connection.execute(
            f"select source, object, extract_on from {_pending(project)} as pending "
            "where n_inserted + n_changed + n_deleted > 0 order by all"
        ).fetchall()
        if (batch[0], batch[1]) in unfollowed or _LEDGER in unfollowed
    ]
    if not changed:
        return ""
    return f"{len(changed)} batches change what every row may look up (first: {_title(changed[0])})"


_LEDGER = ("control", "batches")


def _unfollowed_inputs(manifest: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Inputs (source, table) whose changes reach an incremental model unannounced."""
    for key, node in manifest["nodes"].items():
        if node["config"].get("materialized") == "incremental":
            yield from _unfollowed_inputs_of(manifest, key)


def _unfollowed_inputs_of(manifest: Mapping[str, Any], model: str) -> Iterator[tuple[str, str]]:
    parents, nodes = manifest["parent_map"], manifest["nodes"]
    followed = {CHANGED_DAY, CHANGED_OPPORTUNITY, FOLLOWED_BY_BOTH}
    if any(parent.endswith(f".{CHANGED_DAY}") for parent in parents[model]):
        followed |= FOLLOWED_BY_DAY
    waiting, seen = [model], set()
    while waiting:
        key = waiting.pop()
        if key in seen:
            continue
        seen.add(key)
        source = manifest["sources"].get(key)
        if source is not None:
            if source["schema"] in {"raw", "control"}:
                yield source["source_name"], source["name"]
        elif nodes[key]["name"] not in followed and not _is_followed_entity(
            nodes[key]["name"], parents[key]
        ):
            waiting += parents[key]


def _is_followed_entity(model: str, parents: list[str]) -> bool:
    # With a second input, a row may change without being delivered again.
    return model.endswith(tuple(f"__{entity}" for entity in FOLLOWED_ENTITIES)) and (
        len(parents) == 1
    )


def _built_everything(outcome: Outcome) -> bool:
    """Whether every model and seed was built; failed tests may stand, tables that wait may not."""
    return all(
        run.status == "success" for run in outcome.result if run.node.resource_type != "test"
    )


def _n_pending(connection: duckdb.DuckDBPyConnection, project: DbtProject) -> int:
    row = connection.execute(f"select count(*) from {_pending(project)} as pending").fetchone()
    return int(row[0]) if row else 0


def _fingerprint(connection: duckdb.DuckDBPyConnection, project: DbtProject) -> str:
    """Of everything but delivered data that decides what a build gives."""
    digest = hashlib.sha256(project.fingerprint.encode())
    tables = connection.execute(
        "select table_name from duckdb_tables() where schema_name = 'config' order by 1"
    ).fetchall()
    for (name,) in tables:
        n_rows, content = content_of(connection, path("config", name))
        digest.update(f"{name} {n_rows} {content}".encode())
    return digest.hexdigest()


def _title(batch: tuple[Any, ...]) -> str:
    source, name, day = batch
    return f"{source}/{name} {day}"
