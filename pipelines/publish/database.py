"""Write the files of a release that hold data: the DuckDB file and the Parquet copies."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from pipelines.publish import meta
from pipelines.publish.errors import PublishError
from pipelines.publish.files import sha256
from pipelines.publish.info import ReleaseInfo
from pipelines.publish.manifest import DATABASE, CheckFacts, InputBatch, RejectCount, TableFacts
from pipelines.publish.pointer import Step
from pipelines.publish.restatement import Restatement
from pipelines.publish.tables import (
    OUT,
    Fingerprint,
    PublicTable,
    copy_table,
    facts_of,
    fingerprint,
    open_copier,
    write_parquet,
)
from pipelines.quality.unusual import Change
from pipelines.quality.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Content:
    """What goes into the release beside its name."""

    tables: Sequence[PublicTable]
    batches: Sequence[InputBatch]
    rejects: Sequence[RejectCount]
    macros: Sequence[str]
    supersedes: str | None
    restated: Sequence[Restatement] = ()
    """What moved in closed periods since the superseded release."""
    restated_before: Sequence[meta.Restated] = ()
    """The ledger of the superseded release."""
    changes: Sequence[Change] = ()
    """What moved in open state since the superseded release."""


def write_database(
    folder: Path, warehouse_file: Path, release: ReleaseInfo, content: Content, on_step: Step
) -> tuple[list[TableFacts], dict[str, Fingerprint]]:
    """Everything of the release that needs the warehouse.

    Returns the tables as published, and by name the fingerprint of what each was copied from.
    """
    if not content.tables:
        raise PublishError("there is no public table to publish: was anything built?")
    scratch = folder / "scratch"
    connection, source = open_copier(warehouse_file, folder / DATABASE, scratch)
    with connection:
        facts: list[TableFacts] = []
        fingerprints: dict[str, Fingerprint] = {}
        for table in content.tables:
            copy_table(connection, source, table)
            found = facts_of(connection, OUT, table.schema, table.name, table.comment)
            facts.append(found.model_copy(update={"grain": table.grain}))
            # A view is computed again each time it is asked, so only its copy has a fingerprint.
            origin = OUT if table.is_view else source
            fingerprints[facts[-1].name] = fingerprint(connection, origin, table.schema, table.name)
        on_step("copied")
        for own in _write_meta(connection, facts, release, content):
            facts.append(own)
            fingerprints[own.name] = fingerprint(connection, OUT, meta.SCHEMA, own.table_name)
        on_step("described")
        _write_macros(connection, content.macros)
        facts = [_to_parquet(connection, folder, table) for table in facts]
        on_step("parquet")
    shutil.rmtree(scratch, ignore_errors=True)
    return facts, fingerprints


def _write_meta(
    connection: duckdb.DuckDBPyConnection,
    tables: Sequence[TableFacts],
    release: ReleaseInfo,
    content: Content,
) -> list[TableFacts]:
    written: list[TableFacts] = []
    taken = {table.name for table in tables}

    def write(table: meta.MetaTable) -> None:
        if f"{meta.SCHEMA}.{table.name}" in taken:
            raise PublishError(
                f"the warehouse has a table {meta.SCHEMA}.{table.name}, but that name is the "
                "release's own: rename the model"
            )
        meta.write_meta(connection, table)
        written.append(facts_of(connection, OUT, meta.SCHEMA, table.name, table.comment))

    write(meta.release_table(_release_row(release, content.supersedes)))
    write(meta.check_table(check_facts(release.verdict)))
    write(meta.batch_table(content.batches))
    write(meta.reject_table(content.rejects))
    new = [
        meta.Restated(content.supersedes or "", release.release_id, release.created_at, row)
        for row in content.restated
    ]
    write(meta.restatement_table([*content.restated_before, *new]))
    write(meta.state_change_table(content.changes))
    write(meta.table_table([*tables, *written]))
    return written


def _release_row(release: ReleaseInfo, supersedes: str | None) -> dict[str, object]:
    return {
        "release_id": release.release_id,
        "company": release.company,
        "created_at": meta.naive_utc(release.created_at),
        "as_of_on": release.as_of_on,
        "currency": release.currency,
        "time_zone": release.time_zone,
        "build_id": release.build_id,
        "code_commit": release.code_commit,
        "decision": release.verdict.decision,
        "supersedes": supersedes,
        "n_checks_passed": len(release.verdict.passed),
        "n_checks_warned": len(release.verdict.warned),
    }


def check_facts(verdict: Verdict) -> tuple[CheckFacts, ...]:
    results = (*verdict.failed, *verdict.warned, *verdict.passed)
    names = list(CheckFacts.model_fields)
    return tuple(CheckFacts(**{name: getattr(r, name) for name in names}) for r in results)


def _write_macros(connection: duckdb.DuckDBPyConnection, macros: Sequence[str]) -> None:
    connection.execute(f"use {OUT}")
    for macro in macros:
        try:
            connection.execute(macro)
        except duckdb.Error as error:
            head = " ".join(macro.split())[:60]
            raise PublishError(
                f"macro '{head}...' does not work on the release: {error}"
            ) from error


def _to_parquet(
    connection: duckdb.DuckDBPyConnection, folder: Path, table: TableFacts
) -> TableFacts:
    name = f"parquet/{table.schema_name}/{table.table_name}.parquet"
    write_parquet(connection, table, folder / name)
    return table.model_copy(update={"parquet": name, "parquet_sha256": sha256(folder / name)})
