"""What the raw log of an object should hold, by the landing folder: its batches in order.

A batch's id is a fingerprint of everything that decides its content: files, contract, format and
time zone. Two equal lists of ids mean there is nothing to do.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from time import time_ns
from zoneinfo import ZoneInfo

import duckdb

from pipelines.contracts import ObjectContract
from pipelines.ingest.accepted import deletes_are_meant
from pipelines.ingest.files import opened
from pipelines.ingest.layout import Delivery
from pipelines.ingest.sources import Source
from pipelines.settings import Company

READER_VERSION = 5
"""Raised when the same file would be read differently; all raw tables are then remade."""
SETTLED_AFTER_NS = 3_000_000_000
"""Coarser clocks of file systems count in steps of two seconds."""
_NOT_CONTENT = {"description", "freshness_days", "files", "increments", "optional"}


@dataclass(frozen=True)
class BatchFile:
    """A delivered file and what is known of it."""

    path: Path
    name: str
    """Its path below the landing folder."""
    sha256: str
    n_bytes: int
    stamp: str
    """What the file system says of it, so that it is only read again when that changed."""


@dataclass(frozen=True)
class Batch:
    """One object's delivery of one extract day, as it should be in the raw log."""

    batch_id: int
    source: str
    object: str
    day: date
    cut: datetime
    """The last microsecond of the day in the company's time zone, as naive UTC."""
    files: tuple[BatchFile, ...]
    fingerprint: str
    """Of the contract."""
    is_full: bool
    """A known record that is missing was deleted."""
    deletes_are_meant: bool = False
    """The company says so of this extract, however many they are."""

    @property
    def title(self) -> str:
        """How messages call it."""
        return f"{self.source}/{self.object} {self.day}"


class Hashes:
    """Content hashes of landed files; one that the file system says is untouched is not read again.

    Size and time of a file can be put back (`cp -p`, `rsync -t`, `unzip`), so its number and the
    time of its last change count as well, which nobody sets. One that was changed a moment before
    it was read might change again at what is the same time to the file system: it is read again.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, landing: Path) -> None:
        self._connection, self._landing = connection, landing
        known = connection.execute("select file, stamp, sha256 from control.batch_files").fetchall()
        self._known = {(file, stamp): sha for file, stamp, sha in known if stamp}
        self._loaded = {(file, sha) for file, _, sha in known}

    def of(self, path: Path) -> BatchFile:
        name = path.relative_to(self._landing).as_posix()
        found = _stat(path)
        stamp = _stamp(found)
        known = self._known.get((name, stamp)) if stamp else None
        if known is None:
            known = _sha256(path)
            if (name, known) in self._loaded:
                self._connection.execute(
                    "update control.batch_files set stamp = ? where file = ? and sha256 = ?",
                    [stamp, name, known],
                )
        return BatchFile(path, name, known, found.st_size, stamp)


def planned(
    company: Company, source: Source, name: str, found: list[Delivery], hashes: Hashes
) -> list[Batch]:
    """The batches of an object, in the order of the extract days."""
    fingerprint = _fingerprint(company, source, name)
    batches = []
    for delivery in found:
        files = tuple(hashes.of(path) for path in delivery.files)
        is_full = not all(source.objects[name].is_increment(path.name) for path in delivery.files)
        is_meant = is_full and deletes_are_meant(company, source.name, name, delivery.day)
        how = [fingerprint, f"full: {is_full}", *(["deletes are meant"] * is_meant)]
        batches.append(
            Batch(
                _batch_id(source.name, delivery, files, how),
                source.name,
                name,
                delivery.day,
                end_of_day(delivery.day, company.time_zone),
                files,
                fingerprint,
                is_full,
                is_meant,
            )
        )
    return batches


def end_of_day(day: date, time_zone: str) -> datetime:
    """The as-of cut of a day: its last microsecond in the zone, as naive UTC."""
    midnight = datetime.combine(day + timedelta(days=1), time(), ZoneInfo(time_zone))
    return midnight.astimezone(UTC).replace(tzinfo=None) - timedelta(microseconds=1)


def _fingerprint(company: Company, source: Source, name: str) -> str:
    content = {
        "reader": READER_VERSION,
        # Row hashes are DuckDB's own; another version may compute others.
        "duckdb": duckdb.__version__,
        "object": _content(source.objects[name]),
        "format_name": source.format_name,
        "format": source.format_of(name).model_dump(mode="json"),
        "time_zone": company.time_zone,
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _content(contract: ObjectContract) -> dict[str, object]:
    described = contract.model_dump(mode="json", exclude=_NOT_CONTENT)
    for column in described["columns"]:
        del column["description"]
    return described


def _batch_id(source: str, delivery: Delivery, files: tuple[BatchFile, ...], how: list[str]) -> int:
    parts = [source, delivery.object, delivery.day.isoformat(), *how]
    parts += [f"{file.path.name}:{file.sha256}" for file in files]
    digest = hashlib.sha256("\n".join(parts).encode()).digest()
    # Shifted by one bit, as the column is a signed BIGINT.
    return int.from_bytes(digest[:8], "big") >> 1


def _stat(path: Path) -> os.stat_result:
    return path.lstat()


def _stamp(found: os.stat_result) -> str:
    """Changes whenever the file does; empty where that is not certain yet."""
    if found.st_ctime_ns > time_ns() - SETTLED_AFTER_NS:
        return ""
    facts = (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
    return ":".join(str(fact) for fact in facts)


def _sha256(path: Path) -> str:
    with opened(path) as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
