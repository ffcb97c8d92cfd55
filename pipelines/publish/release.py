"""Write a release whole, verify it as a reader would see it, then make it the current one.

Write-audit-publish: everything happens in a folder no reader looks into, until two renames. A
process killed at any step leaves readers on the release they had; the next one tidies up.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb

from pipelines.publish import meta
from pipelines.publish.errors import PublishError
from pipelines.publish.files import RELEASES, TEMPORARY, only_writer, point_to, seal, sha256, sync
from pipelines.publish.manifest import (
    DATABASE,
    REPORT,
    CheckFacts,
    InputBatch,
    Manifest,
    RejectCount,
    TableFacts,
)
from pipelines.publish.pointer import (
    Release,
    current_id,
    recover,
    release_at,
    release_ids,
    remember,
)
from pipelines.publish.tables import (
    OUT,
    STORAGE_VERSION,
    PublicTable,
    copy_table,
    facts_of,
    open_copier,
    verify_content,
    write_parquet,
)
from pipelines.quality.verdict import Verdict

Step = Callable[[str], None]
ReportWriter = Callable[[Path, Sequence[TableFacts]], None]
_ID = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{8}")


@dataclass(frozen=True, slots=True)
class _Content:
    """What goes into the release beside its name."""

    tables: Sequence[PublicTable]
    batches: Sequence[InputBatch]
    rejects: Sequence[RejectCount]
    macros: Sequence[str]
    supersedes: str | None


@dataclass(frozen=True, slots=True)
class ReleaseInfo:
    """Which build is to be published, and what was decided about it."""

    release_id: str
    company: str
    build_id: str
    """Build the warehouse holds now."""
    verdict: Verdict
    verdict_build_id: str
    """Build the verdict was given about."""
    created_at: datetime
    code_commit: str | None
    currency: str
    time_zone: str
    as_of_on: date


def make_release_id(now_utc: datetime, build_id: str) -> str:
    """A name that sorts by time and tells two builds of the same second apart."""
    if now_utc.tzinfo is None:
        raise ValueError("now_utc must carry a time zone")
    # Hashed, since build ids may share their beginning or hold other characters.
    digest = hashlib.sha256(build_id.encode()).hexdigest()[:8]
    return f"{now_utc.astimezone(UTC):%Y%m%dT%H%M%SZ}-{digest}"


def publish(
    company_published: Path,
    warehouse_file: Path,
    *,
    release: ReleaseInfo,
    tables: Sequence[PublicTable],
    report: ReportWriter,
    batches: Sequence[InputBatch] = (),
    rejects: Sequence[RejectCount] = (),
    macros: Sequence[str] = (),
    on_step: Step = lambda _: None,
) -> Release:
    """Publish one build of the warehouse as a new, current release.

    `report` writes the report to the path it is given, knowing the tables as published.
    `on_step` is told the name of every step when it is done.

    Raises:
        PublishError: nothing was published and readers still have what they had; says why.
    """
    _require_verdict(release)
    published = company_published
    with only_writer(published):
        recover(published)
        on_step("recovered")
        _require_new(published, release.release_id)
        folder = published / RELEASES / f"{TEMPORARY}{release.release_id}"
        folder.mkdir()
        content = _Content(tables, batches, rejects, macros, current_id(published))
        try:
            facts = _write_database(folder, warehouse_file, release, content, on_step)
            manifest = _describe(folder, release, content, facts, report, on_step)
            verify_content(folder, folder / DATABASE, manifest.tables)
            on_step("verified")
            return _make_current(published, folder, manifest, on_step)
        except Exception as error:
            with contextlib.suppress(OSError):
                recover(published)
            if current_id(published) == release.release_id:
                # Only the log could not be written at first; readers have the release.
                return release_at(published / RELEASES / release.release_id)
            if isinstance(error, duckdb.Error | OSError):
                raise PublishError(
                    f"release {release.release_id} could not be written: {error}"
                ) from error
            raise


def _require_verdict(release: ReleaseInfo) -> None:
    verdict = release.verdict
    if verdict.decision not in ("publish", "publish_with_warnings"):
        first = verdict.reasons[0] if verdict.reasons else "no reason given"
        raise PublishError(
            f"build {release.build_id} was refused by its checks ({len(verdict.failed)} failed, "
            f"{len(verdict.not_run)} did not run; first: {first})"
        )
    if release.verdict_build_id != release.build_id:
        raise PublishError(
            f"the verdict is about build {release.verdict_build_id}, the warehouse holds build "
            f"{release.build_id}: run the checks on this build"
        )


def _require_new(published: Path, release_id: str) -> None:
    if not _ID.fullmatch(release_id):
        raise PublishError(f"'{release_id}' is no release id: make one with make_release_id")
    if release_id in release_ids(published):
        raise PublishError(f"release {release_id} exists already: a release never changes")


def _write_database(
    folder: Path, warehouse_file: Path, release: ReleaseInfo, content: _Content, on_step: Step
) -> list[TableFacts]:
    """Everything of the release that needs the warehouse; returns the tables as published."""
    if not content.tables:
        raise PublishError("there is no public table to publish: was anything built?")
    scratch = folder / "scratch"
    connection, source = open_copier(warehouse_file, folder / DATABASE, scratch)
    with connection:
        facts: list[TableFacts] = []
        for table in content.tables:
            copy_table(connection, source, table)
            # A view is computed anew each time it is asked, so only its copy has a fingerprint.
            origin = OUT if table.is_view else source
            facts.append(facts_of(connection, origin, table.schema, table.name, table.comment))
        on_step("copied")
        facts += _write_meta(connection, facts, release, content)
        on_step("described")
        _write_macros(connection, content.macros)
        facts = [_to_parquet(connection, folder, table) for table in facts]
        on_step("parquet")
    shutil.rmtree(scratch, ignore_errors=True)
    return facts


def _write_meta(
    connection: duckdb.DuckDBPyConnection,
    tables: Sequence[TableFacts],
    release: ReleaseInfo,
    content: _Content,
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
    write(meta.check_table(_checks(release.verdict)))
    write(meta.batch_table(content.batches))
    write(meta.reject_table(content.rejects))
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


def _checks(verdict: Verdict) -> tuple[CheckFacts, ...]:
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


def _describe(
    folder: Path,
    release: ReleaseInfo,
    content: _Content,
    tables: Sequence[TableFacts],
    report: ReportWriter,
    on_step: Step,
) -> Manifest:
    """Report and manifest; afterwards nothing in the folder changes any more."""
    report(folder / REPORT, tables)
    if not (folder / REPORT).is_file():
        raise PublishError(f"no report was written to {folder / REPORT}")
    on_step("reported")
    manifest = Manifest(
        release_id=release.release_id,
        company=release.company,
        created_at=release.created_at.astimezone(UTC),
        build_id=release.build_id,
        code_commit=release.code_commit,
        as_of_on=release.as_of_on,
        currency=release.currency,
        time_zone=release.time_zone,
        decision=release.verdict.decision,
        reasons=release.verdict.reasons,
        supersedes=content.supersedes,
        duckdb_version=duckdb.__version__,
        storage_version=STORAGE_VERSION,
        database_sha256=sha256(folder / DATABASE),
        database_bytes=(folder / DATABASE).stat().st_size,
        report_sha256=sha256(folder / REPORT),
        tables=tuple(tables),
        batches=tuple(content.batches),
        checks=_checks(release.verdict),
    )
    manifest.write(folder)
    on_step("manifest")
    seal(folder)
    on_step("sealed")
    return manifest


def _make_current(published: Path, folder: Path, manifest: Manifest, on_step: Step) -> Release:
    """The two renames. The log says beforehand what is about to happen, so that a killed run is
    told apart from a release that lost its log."""
    name = manifest.release_id
    remember(published, "publishing", name, before=manifest.supersedes)
    on_step("announced")
    folder.rename(published / RELEASES / name)
    sync(published / RELEASES)
    on_step("renamed")
    point_to(published, name)
    on_step("flipped")
    remember(published, "published", name, before=manifest.supersedes)
    on_step("logged")
    return release_at(published / RELEASES / name)
