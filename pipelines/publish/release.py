"""Write a release whole, verify it as a reader would see it, then make it the current one.

Write-audit-publish: everything happens in a folder no reader looks into, until two renames. A
process killed at any step leaves readers on the release they had; the next one tidies up.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Sequence
from datetime import UTC
from pathlib import Path

import duckdb

from pipelines.publish.database import Content, check_facts, write_database
from pipelines.publish.errors import PublishError
from pipelines.publish.files import RELEASES, TEMPORARY, only_writer, point_to, seal, sha256, sync
from pipelines.publish.info import ReleaseInfo
from pipelines.publish.manifest import (
    DATABASE,
    REPORT,
    InputBatch,
    Manifest,
    RejectCount,
    TableFacts,
)
from pipelines.publish.meta import read_restatements
from pipelines.publish.pointer import (
    Release,
    Step,
    current_id,
    recover,
    release_at,
    release_ids,
    remember,
)
from pipelines.publish.restatement import Restatement
from pipelines.publish.tables import STORAGE_VERSION, PublicTable, verify_content
from pipelines.quality.unusual import Change

ReportWriter = Callable[[Path, Sequence[TableFacts]], None]
_ID = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{8}")


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
    restated: Sequence[Restatement] = (),
    changes: Sequence[Change] = (),
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
        before = current_id(published)
        try:
            ledger = read_restatements(published / RELEASES / before / DATABASE) if before else ()
            content = Content(tables, batches, rejects, macros, before, restated, ledger, changes)
            facts, prints = write_database(folder, warehouse_file, release, content, on_step)
            manifest = _describe(folder, release, content, facts, report, on_step)
            verify_content(folder, folder / DATABASE, manifest.tables, prints)
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
                    f"release {release.release_id} could not be written: {error}; readers keep "
                    "what they had. Free some space, or the folder, and run again"
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


def _describe(
    folder: Path,
    release: ReleaseInfo,
    content: Content,
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
        definitions=release.definitions,
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
        checks=check_facts(release.verdict),
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
