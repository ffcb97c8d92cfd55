"""Put one batch into the raw log: stage its rows, drop duplicates, add the versions it brings.

All in SQL on the open transaction of the caller, who decides when it ends and records failures.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import duckdb
import polars as pl

from pipelines.contracts import Column, ObjectContract
from pipelines.ingest.cast import MASKED, Dialect
from pipelines.ingest.errors import FileRefused
from pipelines.ingest.plan import Batch
from pipelines.ingest.read import Reading
from pipelines.ingest.results import BatchResult
from pipelines.ingest.sources import Source
from pipelines.ingest.tables import raw_table, table_columns
from pipelines.settings import Company

MICROSECOND = "interval 1 microsecond"
FEW_RECORDS = 20
"""Below this many known records a full extract may delete any part of them."""


class BatchRefused(Exception):  # noqa: N818 - becomes a failed BatchResult, never leaves the package
    """A batch cannot be taken in; carries what is known of it."""

    def __init__(self, result: BatchResult, rejects: pl.DataFrame | None = None) -> None:
        super().__init__(result.message)
        self.result = result
        self.rejects = rejects


@dataclass(frozen=True)
class Merge:
    """One batch on its way into the raw log."""

    connection: duckdb.DuckDBPyConnection
    company: Company
    source: Source
    batch: Batch
    previous_cut: datetime | None
    """Cut of the batch before; None for an object's first."""

    def run(self) -> tuple[BatchResult, pl.DataFrame]:
        """Take the batch in; its result and its rejects.

        Raises:
            BatchRefused: a file is refused, too many rows are, or too much would be deleted.
        """
        result, rejects = self._stage()
        n_duplicate, doubled = self._drop_duplicates()
        n_doubled = int(doubled["_line"].len())
        rejects = pl.concat([rejects, doubled]) if n_doubled else rejects
        n_rejected = result.n_rejected + n_doubled
        counts = {
            "n_duplicate": n_duplicate,
            "n_rejected": n_rejected,
            "n_accepted": result.n_read - n_rejected - n_duplicate,
        }
        result = _with(result, counts)
        self._check_rejects(result, rejects)
        return _with(result, self._add_versions(result)), rejects

    @property
    def contract(self) -> ObjectContract:
        return self.source.objects[self.batch.object]

    @property
    def _names(self) -> list[str]:
        return [f'"{column.name}"' for column in self.contract.loaded]

    @property
    def _key(self) -> str:
        return ", ".join(f'"{name}"' for name in self.contract.key)

    def _same_key(self, left: str, right: str) -> str:
        return " and ".join(f'{left}."{name}" = {right}."{name}"' for name in self.contract.key)

    def _run(self, sql: str, values: list[Any] | None = None) -> list[Any]:
        return self.connection.execute(sql, values).fetchall()

    # -- staging ---------------------------------------------------------------------------

    def _stage(self) -> tuple[BatchResult, pl.DataFrame]:
        """Read all files into the temporary table `staged`."""
        columns = table_columns(self.contract)
        kept = {"_row_hash", "_file", "_line", *(c.name for c in self.contract.loaded)}
        shape = ", ".join(f'"{name}" {kind}' for name, kind in columns.items() if name in kept)
        self._run(f"create or replace temp table staged ({shape})")
        batch, n_read, n_rejected, rejects = self.batch, 0, 0, []
        result = BatchResult(
            batch.source, batch.object, batch.day, batch.batch_id, "loaded", len(batch.files)
        )
        reading = self._reading()
        for file in batch.files:
            try:
                for block in reading.read(file.path):
                    self._insert(block.accepted, file.name)
                    n_read += block.n_read
                    n_rejected += block.n_rejected
                    rejects.append(block.rejects.with_columns(_file=pl.lit(file.name)))
            except FileRefused as error:
                raise BatchRefused(result.failed(f"{self._where}: {error}")) from error
        all_rejects = pl.concat(rejects) if rejects else pl.DataFrame()
        return _with(result, {"n_read": n_read, "n_rejected": n_rejected}), all_rejects

    def _reading(self) -> Reading:
        format_ = self.source.format_of(self.batch.object)
        zone = self.company.time_zone if format_.time_zone == "company" else "UTC"
        return Reading(
            self.source.name,
            self.batch.object,
            self.contract,
            self.source.format_name,
            Dialect(format_, zone),
            self.batch.cut + timedelta(days=1),
        )

    def _insert(self, accepted: pl.DataFrame, file: str) -> None:
        if not len(accepted):
            return
        named = ", ".join(self._names)
        values = ", ".join(_stored(column) for column in self.contract.loaded)
        texts = ", ".join(f"coalesce(cast({name} as varchar), chr(30))" for name in self._names)
        self.connection.register("block", accepted.to_arrow())
        try:
            self._run(
                f"insert into staged ({named}, _row_hash, _file, _line) "
                f"select {named}, md5(concat_ws(chr(31), {texts})), ?, _line "
                f"from (select {values}, _line from block)",
                [file],
            )
        finally:
            self.connection.unregister("block")

    # -- duplicates and limits -------------------------------------------------------------

    def _drop_duplicates(self) -> tuple[int, pl.DataFrame]:
        """Keep one of equal rows; reject all rows of a key that differ: none is known right."""
        self._run(
            f"create or replace temp table doubled as select {self._key}, "
            "count(distinct _row_hash) as n_contents, min((_file, _line)) as first_place "
            f"from staged group by {self._key} having count(*) > 1"
        )
        same = self._same_key("staged", "doubled")
        shown = ", ".join(
            f"'{MASKED}'" if column.personal else f'cast("{column.name}" as varchar)'
            for column in self.contract.loaded
            if column.name in self.contract.key
        )
        conflicts = f"from doubled where {same} and n_contents > 1"
        rejects = self.connection.execute(
            "select _line, ? as \"column\", 'duplicate_key' as rule, "
            f"concat_ws(', ', {shown}) as value, _file from staged "
            f"where exists (select 1 {conflicts}) order by _file, _line",
            [", ".join(self.contract.key)],
        ).pl()
        self._run(f"delete from staged where exists (select 1 {conflicts})")
        dropped = self._run(
            f"delete from staged using doubled where {same} and (_file, _line) <> first_place"
        )
        return int(dropped[0][0]), rejects

    def _check_rejects(self, result: BatchResult, rejects: pl.DataFrame) -> None:
        limit = self.contract.reject_limit
        allowed = limit if isinstance(limit, int) else limit * result.n_read
        if result.n_rejected <= allowed:
            return
        first = rejects.sort("_file", "_line").row(0, named=True)
        column = f" column {first['column']}" if first["column"] else ""
        value = "" if first["value"] is None else f" value '{first['value']}'"
        name = first["_file"].rpartition("/")[2]
        message = (
            f"{self._where}: {result.n_rejected} of {result.n_read} rows rejected (limit {limit}): "
            f"first {name} line {first['_line']}{column} rule {first['rule']}{value}. Fix the "
            f"export and land it again with --replace, or raise reject_limit in "
            f"contracts/{self.source.name}.yml"
        )
        raise BatchRefused(result.failed(message), rejects)

    @property
    def _where(self) -> str:
        return f"{self.source.name}/{self.batch.object} {self.batch.day}"

    # -- versions --------------------------------------------------------------------------

    def _add_versions(self, result: BatchResult) -> dict[str, int]:
        """Add a row for each record that is new, has changed, or is gone from a full extract."""
        self._latest()
        n_deleted = self._mark_deleted(result) if self.contract.delivery == "full" else 0
        counted = self._run(
            "select count(*) filter (known is null or known = 'delete'), count(*) from changed"
        )
        n_inserted, n_changed = counted[0][0], counted[0][1] - counted[0][0]
        stamps = ", ".join(f'staged."{name}"' for name in self.contract.recorded_at)
        recorded = f"coalesce({stamps}, $cut)" if stamps else "cast($cut as timestamp)"
        if self.previous_cut is not None:
            # What arrives later was not known before: no answer for an earlier day may change.
            recorded = (
                f"greatest({recorded}, $previous + {MICROSECOND}, "
                f"coalesce(changed.known_at + {MICROSECOND}, $previous))"
            )
        self._insert_versions(
            f"select {self._qualified('staged')}, {recorded}, 'upsert', staged._row_hash, "
            f"staged._file, staged._line from staged inner join changed "
            f"on {self._same_key('staged', 'changed')} order by staged._file, staged._line",
        )
        return {"n_inserted": n_inserted, "n_changed": n_changed, "n_deleted": n_deleted}

    def _latest(self) -> None:
        """`latest`: each known record's last version. `changed`: keys that get a new one."""
        self._run(
            f"create or replace temp table latest as select {self._key}, "
            "max(_extracted_at) as version_at, arg_max(_op, _extracted_at) as op, "
            "arg_max(_row_hash, _extracted_at) as row_hash, "
            "arg_max(_recorded_at, _extracted_at) as recorded_at "
            f"from {self._table} group by {self._key}"
        )
        self._run(
            f"create or replace temp table changed as select {self._qualified_key('staged')}, "
            "latest.op as known, latest.recorded_at as known_at "
            f"from staged left join latest on {self._same_key('staged', 'latest')} "
            "where latest.op is null or latest.op = 'delete' or latest.row_hash <> staged._row_hash"
        )

    def _mark_deleted(self, result: BatchResult) -> int:
        gone = (
            f"from latest where op = 'upsert' and not exists "
            f"(select 1 from staged where {self._same_key('staged', 'latest')})"
        )
        n_gone = int(self._run(f"select count(*) {gone}")[0][0])
        n_known = int(self._run("select count(*) from latest where op = 'upsert'")[0][0])
        share = self.contract.max_delete_fraction
        if n_known >= FEW_RECORDS and n_gone > share * n_known:
            raise BatchRefused(
                result.failed(
                    f"{self._where}: the full extract lacks {n_gone} of {n_known} known records, "
                    f"more than max_delete_fraction {share} allows: it looks cut off. Land the "
                    "whole extract with --replace, or raise the limit in "
                    f"contracts/{self.source.name}.yml if they are really gone"
                )
            )
        if n_gone:
            self._insert_versions(
                f"select {self._qualified('old')}, "
                f"greatest(cast($cut as timestamp), old._recorded_at + {MICROSECOND}), 'delete', "
                f"old._row_hash, old._file, old._line from {self._table} as old "
                f"inner join (select * {gone}) as gone on {self._same_key('old', 'gone')} "
                "and old._extracted_at = gone.version_at"
            )
        return n_gone

    def _insert_versions(self, select: str) -> None:
        """`select` gives the contract's columns, then recorded at, op, hash, file and line."""
        values: dict[str, Any] = {"cut": self.batch.cut, "previous": self.previous_cut}
        named = ", ".join(self._names)
        self.connection.execute(
            f"insert into {self._table} ({named}, _recorded_at, _op, _row_hash, _file, _line, "
            "_extracted_at, _extracted_on, _batch_id) "
            f"select *, $cut, $day, $batch_id from ({select})",
            {name: value for name, value in values.items() if f"${name}" in select}
            | {"cut": self.batch.cut, "day": self.batch.day, "batch_id": self.batch.batch_id},
        )

    @property
    def _table(self) -> str:
        return raw_table(self.source.name, self.batch.object)

    def _qualified(self, table: str) -> str:
        return ", ".join(f"{table}.{name}" for name in self._names)

    def _qualified_key(self, table: str) -> str:
        return ", ".join(f'{table}."{name}"' for name in self.contract.key)


def _stored(column: Column) -> str:
    """The SQL of a column as the raw log keeps it."""
    if column.personal == "hash":
        return f'sha256(lower(trim("{column.name}"))) as "{column.name}"'
    return f'cast("{column.name}" as {column.sql_type}) as "{column.name}"'


def _with(result: BatchResult, counts: dict[str, int]) -> BatchResult:
    return BatchResult(**{**result.__dict__, **counts})
