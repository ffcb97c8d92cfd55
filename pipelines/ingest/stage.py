"""Read the files of a batch into a table: typed, hashed, without doubles.

An object's first batch goes straight into the raw log, as all of it is new; a later one into the
temporary table `staged`, from which `versions` takes what changes. Decides whether the batch is fit
to be taken in. Runs on the open transaction of the caller.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import islice
from typing import Any

import duckdb
import polars as pl

from pipelines.contracts import Column, ObjectContract
from pipelines.ingest.cast import REJECTS, Dialect
from pipelines.ingest.errors import FileRefused
from pipelines.ingest.ledger import MEANINGS
from pipelines.ingest.personal import MASKED, masked_sql, suspicious
from pipelines.ingest.plan import Batch
from pipelines.ingest.read import ReadBlock, Reading
from pipelines.ingest.results import BatchResult
from pipelines.ingest.sources import Source
from pipelines.ingest.tables import raw_table, same_key, table_columns
from pipelines.settings import Company

FEW_SET_ASIDE = 10
"""Rows of a history that may be set aside, however few there are."""
MOST_SET_ASIDE = 0.1
"""The share beyond which a whole export is wrong, and not what people once typed."""
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
    is_first: bool
    """The raw log of the object is empty."""

    def run(self) -> tuple[BatchResult, pl.DataFrame]:
        """Fill `table`; the batch's counts, as if nothing were known yet, and its rejected rows.

        Raises:
            BatchRefused: a file is refused as a whole, or too many rows are.
        """
        result, rejects = self._read_files()
        n_duplicate, conflicting = self._drop_doubles()
        n_rejected = result.n_rejected + len(conflicting)
        if len(conflicting):
            rejects = pl.concat([rejects, conflicting])
        n_accepted = result.n_read - n_rejected - n_duplicate
        n_records = n_accepted if self.batch.is_full else self._n_records()
        n_flagged = self._n_flagged()
        result = replace(
            result,
            n_duplicate=n_duplicate,
            n_rejected=n_rejected,
            n_accepted=n_accepted,
            n_inserted=n_records - n_flagged,
            n_changed=n_accepted - n_records,
            n_deleted=n_flagged,
        )
        self._check_limit(result, rejects)
        return result, rejects

    @property
    def table(self) -> str:
        """Where the rows go."""
        return raw_table(self.batch.source, self.batch.object) if self.is_first else "staged"

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
                for blocks in _in_groups(reading.read(file.path)):
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
        if self.is_first:
            return
        columns = ", ".join(
            f'"{name}" {kind}' for name, kind in table_columns(self.contract).items()
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
            self.company.limits,
        )

    def _insert(self, accepted: pl.DataFrame, file: str) -> None:
        if not len(accepted):
            return
        contract, batch = self.contract, self.batch
        names = ", ".join(f'"{column.name}"' for column in contract.loaded)
        looked_at = suspicious(accepted)
        values = ", ".join(
            f'{_stored(column, contract, looked_at)} as "{column.name}"'
            for column in contract.loaded
        )
        stamps = ", ".join([*(f'"{name}"' for name in contract.recorded_at), "$cut"])
        op = "'upsert'"
        if contract.deleted:
            op = f"case when \"{contract.deleted}\" then 'delete' else 'upsert' end"
        self.connection.register("block", accepted.to_arrow())
        try:
            self.connection.execute(
                f"insert into {self.table} ({names}, _recorded_at, _extracted_at, _extracted_on, "
                f"_op, _row_hash, _batch_id, _file, _line) select {names}, "
                f"coalesce({stamps}), $cut, $day, {op}, "
                f"hash({names}), $batch_id, $file, _line from (select {values}, _line from block)",
                {"cut": batch.cut, "day": batch.day, "batch_id": batch.batch_id, "file": file},
            )
        finally:
            self.connection.unregister("block")

    def _n_records(self) -> int:
        """Records by the hashes of their keys, which costs a fifth of comparing the keys."""
        row = self.connection.execute(
            f"select count(distinct hash({self._key})) from {self.table}"
        ).fetchone()
        return int(row[0]) if row else 0

    def _n_flagged(self) -> int:
        """Rows that say of their record that it is deleted."""
        if not self.contract.deleted:
            return 0
        row = self.connection.execute(
            f"select count(*) from {self.table} where _op = 'delete'"
        ).fetchone()
        return int(row[0]) if row else 0

    def _drop_doubles(self) -> tuple[int, pl.DataFrame]:
        """Keep one of equal rows; reject rows of a key that differ: none is known right.

        An incremental delivery may hold several versions of a record, each with its own stamp.
        """
        nothing = pl.DataFrame(schema=REJECTS | {"_file": pl.String})
        row = self.connection.execute(f"select count(*) from {self.table}").fetchone()
        if row is None or row[0] == self._n_records():
            return 0, nothing
        version = self._key if self.batch.is_full else f"{self._key}, _recorded_at"
        place = "{'file': _file, 'line': _line}"
        self.connection.execute(
            f"create or replace temp table doubled as select {version}, "
            f"min(_row_hash) <> max(_row_hash) as differs, min({place}) as first_place "
            f"from {self.table} where ({version}) in "
            f"(select ({version}) from {self.table} group by {version} having count(*) > 1) "
            f"group by {version}"
        )
        same = same_key(self.contract, "own", "doubled")
        if not self.batch.is_full:
            same += " and own._recorded_at = doubled._recorded_at"
        conflicting = self.connection.execute(
            "select _line, ? as \"column\", 'duplicate_key' as rule, "
            f"{shown_key(self.contract)} as value, _file from {self.table} as own "
            f"where exists (select 1 from doubled where {same} and differs) order by _file, _line",
            [", ".join(self.contract.key)],
        ).pl()
        dropped = self.connection.execute(
            f"delete from {self.table} as own using doubled "
            f"where {same} and (differs or {place} <> first_place)"
        ).fetchone()
        n_dropped = int(dropped[0]) if dropped else 0
        return n_dropped - len(conflicting), conflicting

    @property
    def _key(self) -> str:
        return ", ".join(f'"{name}"' for name in self.contract.key)

    def _check_limit(self, result: BatchResult, rejects: pl.DataFrame) -> None:
        limit = self.contract.reject_limit
        allowed = limit if isinstance(limit, int) else limit * result.n_read
        set_aside = self._set_aside(result, rejects)
        if result.n_rejected - len(set_aside) <= allowed:
            return
        counted = rejects.join(set_aside, on=["_file", "_line"], how="anti")
        first = counted.sort("_file", "_line", maintain_order=True).row(0, named=True)
        place = f"{first['_file'].rpartition('/')[2]} line {first['_line']}"
        column = f" column {first['column']}" if first["column"] else ""
        value = "" if first["value"] is None else f" value '{first['value']}'"
        message = (
            f"{self.batch.title}: {result.n_rejected} of {result.n_read} rows rejected "
            f"(limit {limit}): first {place}{column} rule {first['rule']}{value} "
            f"({MEANINGS[first['rule']]}{self._declared(first)}). Fix the export and land "
            "it again with --replace, or raise reject_limit in "
            f"pipelines/contracts/{self.source.name}.yml"
        )
        raise BatchRefused(result.failed(message), rejects)

    def _declared(self, reject: dict[str, Any]) -> str:
        """The formats a date was tried with, and where another one is declared."""
        kind = {"bad_date": "dates", "bad_timestamp": "timestamps"}.get(reject["rule"])
        if kind is None:
            return ""
        [own] = [each.formats for each in self.contract.columns if each.name == reject["column"]]
        tried = own or getattr(self.source.format_of(self.batch.object), kind)
        place = "`formats` of the column" if own else f"`{kind}` of the contract's format"
        return f": {', '.join(tried)}; another one goes into {place}"

    def _set_aside(self, result: BatchResult, rejects: pl.DataFrame) -> pl.DataFrame:
        """Rows of a history whose only fault is a value out of range; none where they are many."""
        if not self.contract.is_history or not len(rejects):
            return pl.DataFrame(schema={"_file": pl.String, "_line": pl.Int64})
        rows = (
            rejects.group_by("_file", "_line")
            .agg(is_out_of_range=(pl.col("rule") == "out_of_range").all())
            .filter("is_out_of_range")
        )
        is_few = len(rows) <= max(FEW_SET_ASIDE, MOST_SET_ASIDE * result.n_read)
        return rows if is_few else rows.clear()


def _in_groups(blocks: Iterator[ReadBlock]) -> Iterator[list[ReadBlock]]:
    while group := list(islice(blocks, BLOCKS_AT_ONCE)):
        yield group


def shown_key(contract: ObjectContract) -> str:
    """The SQL of a record's key as messages show it."""
    parts = [
        f"'{MASKED}'" if column.personal else f'cast("{column.name}" as varchar)'
        for column in contract.loaded
        if column.name in contract.key
    ]
    return f"concat_ws(', ', {', '.join(parts)})"


def _stored(column: Column, contract: ObjectContract, looked_at: Collection[str]) -> str:
    """The SQL of a value as the raw log keeps it; columns in `looked_at` may have to be masked."""
    if column.personal == "hash":
        return f'sha256(lower(trim("{column.name}")))'
    if column.type == "text" and column.name in looked_at:
        return masked_sql(f'"{column.name}"', whole=column.name in contract.key)
    return f'cast("{column.name}" as {column.sql_type})'
