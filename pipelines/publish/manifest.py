"""What a release says about itself: `manifest.json`, and checking a release against it."""

from __future__ import annotations

import json
from datetime import date, datetime
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from pipelines.publish.errors import PublishError
from pipelines.publish.files import sha256

DATABASE = "salesops.duckdb"
WAL = f"{DATABASE}.wal"
"""What a client that writes leaves beside the database; a reader would read it too."""
MANIFEST = "manifest.json"
REPORT = "report.html"


class _Frozen(BaseModel):
    # Keys of a later version are ignored: an older program must still be able to roll back.
    model_config = ConfigDict(frozen=True, extra="ignore")


class ColumnFacts(_Frozen):
    """A public column as published."""

    name: str
    type: str


class TableFacts(_Frozen):
    """A public table as published."""

    schema_name: str
    table_name: str
    n_rows: int
    content_hash: str
    """Sum over rows of a hash of each row: the same for the same rows in any order."""
    columns: tuple[ColumnFacts, ...]
    grain: tuple[str, ...] = ()
    """Columns that tell a row from every other, as a test of the project promises."""
    comment: str | None = None
    parquet: str = ""
    """Path of the Parquet copy inside the release."""
    parquet_sha256: str = ""

    @property
    def name(self) -> str:
        return f"{self.schema_name}.{self.table_name}"


class InputBatch(_Frozen):
    """One batch of extract files that the release was built from."""

    batch_id: str
    source: str
    object: str
    extract_on: date
    n_read: int = 0
    n_accepted: int = 0
    n_rejected: int = 0
    n_changed: int = 0
    n_deleted: int = 0
    files: tuple[str, ...] = ()


class RejectCount(_Frozen):
    """Rejected rows of one kind."""

    source: str
    object: str
    rule: str
    column: str | None = None
    n_rows: int
    example: str | None = None


class CheckFacts(_Frozen):
    """How one check came out on the build."""

    check_id: str
    kind: str
    asset: str
    severity: str
    owner: str
    why: str
    status: str
    n_failed: int | None = None
    observed: str | None = None
    example: str | None = None


class Manifest(_Frozen):
    """Everything needed to trust a release, and to compare it with another."""

    manifest_version: Literal[1] = 1
    release_id: str
    company: str
    created_at: datetime
    build_id: str
    code_commit: str | None
    as_of_on: date
    currency: str
    time_zone: str
    definitions: tuple[str, ...] = ()
    """Changes of definition its numbers were built with, by name."""
    decision: str
    reasons: tuple[str, ...]
    supersedes: str | None
    duckdb_version: str
    storage_version: str
    database_sha256: str
    database_bytes: int
    report_sha256: str
    tables: tuple[TableFacts, ...]
    batches: tuple[InputBatch, ...]
    checks: tuple[CheckFacts, ...]

    def write(self, folder: Path) -> None:
        document = json.dumps(self.model_dump(mode="json"), indent=2, ensure_ascii=False)
        (folder / MANIFEST).write_text(document + "\n", encoding="utf-8")


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a release folder.

    Raises:
        PublishError: it is absent, cannot be read, or speaks of another release.
    """
    file = folder / MANIFEST
    try:
        manifest = Manifest.model_validate_json(file.read_bytes())
    except (OSError, ValidationError) as error:
        raise PublishError(f"release {folder.name}: {file} cannot be read: {error}") from error
    if manifest.release_id != folder.name:
        raise PublishError(
            f"release {folder.name}: its manifest speaks of {manifest.release_id}; "
            "was the folder renamed or copied?"
        )
    return manifest


def verify_files(folder: Path) -> Manifest:
    """Compare every file of a release with its manifest, byte for byte.

    Raises:
        PublishError: a file is absent or differs; the message names the first one.
    """
    manifest = read_manifest(folder)
    require_as_published(folder, manifest, thorough=True)
    verify_copies(folder, manifest)
    return manifest


def verify_copies(folder: Path, manifest: Manifest) -> None:
    """The same for report and Parquet copies, without the database.

    Raises:
        PublishError: a file is absent or differs; the message names the first one.
    """
    promised = {REPORT: manifest.report_sha256}
    promised |= {table.parquet: table.parquet_sha256 for table in manifest.tables}
    for name, digest in promised.items():
        file = folder / name
        if not file.is_file():
            raise PublishError(f"release {folder.name} is damaged: {file} is missing")
        if sha256(file) != digest:
            raise PublishError(
                f"release {folder.name} is damaged: {file} differs from its manifest; "
                "choose another release, or publish again"
            )


def is_as_published(folder: Path, manifest: Manifest, *, thorough: bool = False) -> bool:
    """Whether the database is the one that was published.

    It was written before its manifest; one that was touched since is compared byte for byte, and
    with `thorough` any.
    """
    file = folder / DATABASE
    try:
        found, written = file.stat(), (folder / MANIFEST).stat()
    except FileNotFoundError:
        return False
    if (folder / WAL).exists() or found.st_size != manifest.database_bytes:
        return False
    if not thorough and found.st_mtime_ns <= written.st_mtime_ns:
        return True
    return sha256(file) == manifest.database_sha256


def require_as_published(folder: Path, manifest: Manifest, *, thorough: bool = False) -> None:
    """Refuse a database that somebody wrote into.

    Raises:
        PublishError: it is missing, or not what was published; says how to put it back.
    """
    file = folder / DATABASE
    if not file.is_file():
        raise PublishError(f"release {folder.name} is damaged: {file} is missing")
    if not is_as_published(folder, manifest, thorough=thorough):
        raise PublishError(
            f"release {folder.name} is damaged: {file} differs from its manifest, a client wrote "
            f"into it (open it with duckdb -readonly). Put it back: salesops heal {folder.name}"
        )
