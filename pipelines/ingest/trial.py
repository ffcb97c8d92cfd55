"""Load sample files into a warehouse that is thrown away, to see what a run would make of them.

Goes the way of every delivery, `land` and `load`, on a company whose landing and warehouse folders
lie in a temporary folder; what differs is only that what is refused is listed and not raised.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from pipelines.ingest.errors import IngestError, LandingError
from pipelines.ingest.landing import files_of, land, matched_file
from pipelines.ingest.ledger import SHOWN_REJECTS
from pipelines.ingest.load import load
from pipelines.ingest.results import BatchResult
from pipelines.ingest.sources import enabled_sources
from pipelines.settings import Company

SHOWN_PATTERNS = 3


@dataclass(frozen=True)
class RejectedRows:
    """Rows of one object's files that break one rule in one column."""

    source: str
    object: str
    rule: str
    meaning: str
    column: str | None
    """None where the row as a whole is wrong."""
    n_rows: int
    is_counted_whole: bool
    """Of a delivery that is refused only the first rejects are looked at."""
    file: str
    """Of the first one, as its line and value."""
    line: int
    value: str | None


@dataclass(frozen=True)
class Unmatched:
    """A file of no object of an enabled source."""

    path: Path
    nearest: tuple[tuple[str, str], ...]
    """Objects whose files are called most alike, as `source/object` and their file names."""


@dataclass(frozen=True)
class Trial:
    """What a run would make of some files."""

    on: date
    """The extract day they were taken for."""
    batches: tuple[BatchResult, ...]
    files: dict[tuple[str, str], tuple[str, ...]]
    """Names of the files by source and object."""
    rejects: tuple[RejectedRows, ...]
    unmatched: tuple[Unmatched, ...]
    refused: tuple[str, ...]
    """Why files could not even be landed or looked at."""

    @property
    def loads_all(self) -> bool:
        """Would every row of every file be taken in?"""
        bad = self.rejects or self.unmatched or self.refused
        return not bad and all(batch.status == "loaded" for batch in self.batches)


def try_files(
    connection: duckdb.DuckDBPyConnection, company: Company, on: date, paths: Sequence[Path]
) -> Trial:
    """Land and load files as the extract of a day.

    Args:
        company: its landing folder and the connection's database are thrown away afterwards.

    Raises:
        LandingError: a path is missing.
    """
    unmatched, known, refused = [], [], []
    for path in files_of(company, paths):
        try:
            if matched_file(company, on, path):
                known.append(path)
            else:
                unmatched.append(Unmatched(path, _nearest(company, path.name)))
        except LandingError as error:
            refused.append(str(error))
    files: dict[tuple[str, str], tuple[str, ...]] = {}
    batches: list[BatchResult] = []
    try:
        landed = land(company, on, known, unusual_day=on).matched if known else []
    except LandingError as error:
        landed = []
        refused.append(str(error))
    for item in landed:
        place = item.source, item.object
        files[place] = (*files.get(place, ()), item.path.name)
    for source in dict.fromkeys(source for source, _ in files):
        objects = [name for own, name in files if own == source]
        try:
            batches += load(connection, company, source, objects=objects)
        except IngestError as error:
            refused.append(str(error))
    return Trial(
        on,
        tuple(batches),
        files,
        tuple(_rejects(connection)) if batches else (),
        tuple(unmatched),
        tuple(refused),
    )


def _nearest(company: Company, file: str) -> tuple[tuple[str, str], ...]:
    """The objects whose files are called most alike; those of a like name before any others."""
    patterns = {
        pattern: (f"{source.name}/{name}", ", ".join(described.files))
        for source in enabled_sources(company).values()
        for name, described in source.objects.items()
        for pattern in described.files
    }
    lowered = {pattern.lower(): objects for pattern, objects in patterns.items()}
    near = difflib.get_close_matches(file.lower(), lowered, n=SHOWN_PATTERNS, cutoff=0.5)
    return tuple(dict.fromkeys(lowered[pattern] for pattern in near))


def _rejects(connection: duckdb.DuckDBPyConnection) -> Iterator[RejectedRows]:
    """The rejected rows by object, column and rule, the most frequent first."""
    rows = connection.execute(
        "with found as (select rejects.*, batches.status, "
        "count(*) over (partition by rejects.batch_id) as n_of_batch "
        "from control.rejects as rejects inner join control.batches as batches using (batch_id)) "
        "select source, object, rule, message, column_name, count(*), "
        "status <> 'failed' or any_value(n_of_batch) < ?, min_by(file, (file, line)), "
        "min_by(line, (file, line)), arg_min_null(value, (file, line)) "
        "from found group by source, object, rule, message, column_name, status "
        "order by source, object, count(*) desc, rule, column_name",
        [SHOWN_REJECTS],
    ).fetchall()
    for source, name, rule, meaning, column, n_rows, is_whole, file, line, value in rows:
        where = file.rpartition("/")[2]
        yield RejectedRows(
            source, name, rule, meaning, column, n_rows, is_whole, where, line, value
        )
