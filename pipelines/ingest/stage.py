"""Read the files of a batch into the temporary table `staged`: typed, hashed, without doubles.

Decides whether the batch is fit to be taken in; what it changes in the raw log is `versions`' work.
Runs on the open transaction of the caller.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import islice

import duckdb
import polars as pl

from pipelines.contracts import Column, ObjectContract
from pipelines.ingest.cast import MASKED, Dialect
from pipelines.ingest.errors import FileRefused
from pipelines.ingest.plan import Batch
from pipelines.ingest.read import ReadBlock, Reading
from pipelines.ingest.results import BatchResult
from pipelines.ingest.sources import Source
from pipelines.ingest.tables import same_key, table_columns
from pipelines.settings import Company

BLOCKS_AT_ONCE = 4
"""The warehouse takes several blocks in on several threads, but one only on one."""


class BatchRefused(Exception):  # noqa: N818 - becomes a failed BatchResult, never leaves the package
    """A batch cannot be taken in; carries what is known of it."""

    def __init__(self, result: BatchResult, rejects: pl.DataFrame | None = None) -> None:
        super().__init__(result.message)
        self.result = result
        self.rejects = rejects


@dataclass(frozen=True)
class Stage:
    """The files of one batch on their way into `staged`."""

    connection: duckdb.DuckDBPyConnection
    company: Company
    source: Source
    batch: Batch

    def run(self) -> tuple[BatchResult, pl.DataFrame]:
        """Fill `staged`; the batch's counts and its rejected rows.

        Raises:
            BatchRefused: a file is refused as a whole, or too many rows are.
        """
        result, rejects = self._read_files()
        n_duplicate, conflicting = self._drop_doubles()
        n_rejected = result.n_rejected + len(conflicting)
        if len(conflicting):
            rejects = pl.concat([rejects, conflicting])
        result = replace(
            result,
            n_duplicate=n_duplicate,
            n_rejected=n_rejected,
            n_accepted=result.n_read - n_rejected - n_duplicate,
        )
        self._check_limit(result, rejects)
        return result, rejects

    @property
    def contract(self) -> ObjectContract:
        return self.source.objects[self.batch.object]

    def _read_files(self) -> tuple[BatchResult, pl.DataFrame]:
        self._make_table()
        batch, reading = self.batch, self._reading()
        result = BatchResult(
            batch.source, batch.object, batch.day, batch.batch_id, "loaded", len(batch.files)
        )
        n_read, n_rejected, rejects = 0, 0, []
        for file in batch.files:
            try:
                for blocks in _in_groups(_read_ahead(reading.read(file.path))):
                    self._insert(pl.concat(block.accepted for block in blocks), file.name)
                    n_read += sum(block.n_read for block in blocks)
                    n_rejected += sum(block.n_rejected for block in blocks)
                    found = pl.concat(block.rejects for block in blocks)
                    rejects.append(found.with_columns(_file=pl.lit(file.name)))
            except FileRefused as error:
                raise BatchRefused(result.failed(f"{batch.title}: {error}")) from error
        all_rejects = pl.concat(rejects) if rejects else pl.DataFrame()
        return replace(result, n_read=n_read, n_rejected=n_rejected), all_rejects

    def _make_table(self) -> None:
        kept = {column.name for column in self.contract.loaded} | {"_row_hash", "_file", "_line"}
        columns = ", ".join(
            f'"{name}" {kind}'
            for name, kind in table_columns(self.contract).items()
            if name in kept
        )
        self.connection.execute(f"create or replace temp table staged ({columns})")

    def _reading(self) -> Reading:
        format_ = self.source.format_of(self.batch.object)
        zone = self.company.time_zone if format_.time_zone == "company" else "UTC"
        return Reading(
            self.source.name,
            self.batch.object,
            self.contract.written_in(format_),
            self.source.format_name,
            Dialect(format_, zone),
            self.batch.cut + timedelta(days=1),
        )

    def _insert(self, accepted: pl.DataFrame, file: str) -> None:
        if not len(accepted):
            return
        loaded = self.contract.loaded
        names = ", ".join(f'"{column.name}"' for column in loaded)
        values = ", ".join(f'{_stored(column)} as "{column.name}"' for column in loaded)
        # Characters made to mark and to separate, so that no two rows give the same text.
        texts = ", ".join(f'coalesce(cast("{c.name}" as varchar), chr(30))' for c in loaded)
        self.connection.register("block", accepted.to_arrow())
        try:
            self.connection.execute(
                f"insert into staged ({names}, _row_hash, _file, _line) "
                f"select {names}, md5(concat_ws(chr(31), {texts})), ?, _line "
                f"from (select {values}, _line from block)",
                [file],
            )
        finally:
            self.connection.unregister("block")

    def _drop_doubles(self) -> tuple[int, pl.DataFrame]:
        """Keep one of equal rows; reject all rows of a key that differ: none is known right."""
        key = ", ".join(f'"{name}"' for name in self.contract.key)
        place = "{'file': _file, 'line': _line}"
        self.connection.execute(
            f"create or replace temp table doubled as select {key}, "
            f"min(_row_hash) <> max(_row_hash) as differs, min({place}) as first_place "
            f"from staged where ({key}) in "
            f"(select ({key}) from staged group by {key} having count(*) > 1) group by {key}"
        )
        same = same_key(self.contract, "staged", "doubled")
        conflicting = self.connection.execute(
            "select _line, ? as \"column\", 'duplicate_key' as rule, "
            f"{self._shown_key()} as value, _file from staged "
            f"where exists (select 1 from doubled where {same} and differs) order by _file, _line",
            [", ".join(self.contract.key)],
        ).pl()
        dropped = self.connection.execute(
            f"delete from staged using doubled where {same} and (differs or {place} <> first_place)"
        ).fetchone()
        n_dropped = int(dropped[0]) if dropped else 0
        return n_dropped - len(conflicting), conflicting

    def _shown_key(self) -> str:
        parts = [
            f"'{MASKED}'" if column.personal else f'cast("{column.name}" as varchar)'
            for column in self.contract.loaded
            if column.name in self.contract.key
        ]
        return f"concat_ws(', ', {', '.join(parts)})"

    def _check_limit(self, result: BatchResult, rejects: pl.DataFrame) -> None:
        limit = self.contract.reject_limit
        allowed = limit if isinstance(limit, int) else limit * result.n_read
        if result.n_rejected <= allowed:
            return
        first = rejects.sort("_file", "_line", maintain_order=True).row(0, named=True)
        place = f"{first['_file'].rpartition('/')[2]} line {first['_line']}"
        column = f" column {first['column']}" if first["column"] else ""
        value = "" if first["value"] is None else f" value '{first['value']}'"
        message = (
            f"{self.batch.title}: {result.n_rejected} of {result.n_read} rows rejected "
            f"(limit {limit}): first {place}{column} rule {first['rule']}{value}. Fix the export "
            "and land it again with --replace, or raise reject_limit in "
            f"contracts/{self.source.name}.yml"
        )
        raise BatchRefused(result.failed(message), rejects)


def _read_ahead(blocks: Iterator[ReadBlock]) -> Iterator[ReadBlock]:
    """Read the next block while the warehouse takes in the one before."""
    with ThreadPoolExecutor(max_workers=1) as pool:
        upcoming = pool.submit(next, blocks, None)
        while (block := upcoming.result()) is not None:
            upcoming = pool.submit(next, blocks, None)
            yield block


def _in_groups(blocks: Iterator[ReadBlock]) -> Iterator[list[ReadBlock]]:
    while group := list(islice(blocks, BLOCKS_AT_ONCE)):
        yield group


def _stored(column: Column) -> str:
    """The SQL of a value as the raw log keeps it."""
    if column.personal == "hash":
        return f'sha256(lower(trim("{column.name}")))'
    return f'cast("{column.name}" as {column.sql_type})'
