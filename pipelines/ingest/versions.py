"""Add to the raw log what a staged batch changes: new versions of records, and deletes.

A record that did not change adds no row. Runs on the open transaction of the caller; `staged` is
filled by `stage`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import duckdb

from pipelines.contracts import ObjectContract
from pipelines.ingest.accepted import subject
from pipelines.ingest.missing import doubt, missing_records
from pipelines.ingest.plan import Batch
from pipelines.ingest.results import BatchResult
from pipelines.ingest.stage import BatchRefused, shown_key
from pipelines.ingest.tables import raw_table, same_key

TICK = "interval 1 microsecond"


@dataclass(frozen=True)
class Versions:
    """What one batch adds to the raw log of its object; never the object's first batch."""

    connection: duckdb.DuckDBPyConnection
    contract: ObjectContract
    batch: Batch
    previous_cut: datetime
    """Cut of the batch before."""

    def add(self, result: BatchResult) -> BatchResult:
        """Add a row for each record that is new, has changed, or is gone from a full extract.

        Raises:
            BatchRefused: a full extract looks cut off.
        """
        self._find_latest()
        n_stale = self._find_changes()
        n_gone = self._add_deletes(result) if self.batch.is_full else 0
        n_changed, n_inserted, n_flagged = self._counts(
            "count(*) filter (_op = 'upsert' and (known_op = 'upsert' or _version > 1)), "
            "count(*) filter (_op = 'upsert' and coalesce(known_op, 'delete') = 'delete' "
            "and _version = 1), "
            "count(*) filter (_op = 'delete')",
            "changed",
        )
        self._insert(
            f"select {self._of('changed')}, greatest(_recorded_at, "
            f"$previous_cut + _version * {TICK}, known_at + _version * {TICK}), "
            "_op, _row_hash, _file, _line from changed"
        )
        return replace(
            result,
            n_stale=n_stale,
            n_inserted=n_inserted,
            n_changed=n_changed,
            n_deleted=n_gone + n_flagged,
        )

    def _find_latest(self) -> None:
        """`latest`: the last version of each record that may matter."""
        key = _list(self.contract.key)
        only = ""
        if not self.batch.is_full:
            # Records that are not in the batch do not matter: the cost is that of the batch.
            same = same_key(self.contract, "staged", "log")
            only = f"where exists (select 1 from staged where {same})"
        self.connection.execute(
            f"create or replace temp table latest as select {key}, "
            "arg_max(_op, _recorded_at) as op, arg_max(_row_hash, _recorded_at) as row_hash, "
            f"max({self._stamp('log')}) as stamp, max(_recorded_at) as recorded_at "
            f"from {self._table} as log {only} group by {key}"
        )

    def _find_changes(self) -> int:
        """`changed`: staged versions that are news, numbered by record; returns the stale ones.

        An increment can bring a version again that has been overtaken; a full extract is the state
        of its day, whatever the stamps say.
        """
        is_stale = "false"
        if self.contract.recorded_at and not self.batch.is_full:
            is_stale = f"coalesce({self._stamp('staged')} < latest.stamp, false)"
        self.connection.execute(
            "create or replace temp table compared as select staged.*, latest.op as known_op, "
            f"latest.recorded_at as known_at, {is_stale} as is_stale from staged "
            f"left join latest on {same_key(self.contract, 'staged', 'latest')} "
            "where latest.op is null or (latest.op <> staged._op) "
            "or (latest.op = 'upsert' and latest.row_hash <> staged._row_hash)"
        )
        # What comes later was not known before: no answer for an earlier day may change, so each
        # version is filed after the previous cut, in the order of the source's stamps.
        self.connection.execute(
            "create or replace temp table changed as select *, row_number() over ("
            f"partition by {_list(self.contract.key)} order by _recorded_at) as _version "
            "from compared where not is_stale"
        )
        (n_stale,) = self._counts("count(*) filter (is_stale)", "compared")
        return n_stale

    def _stamp(self, table: str) -> str:
        """When the source says it recorded a row; NULL where it does not say."""
        stamps = _list(self.contract.recorded_at, table)
        return f"coalesce({stamps})" if stamps else "cast(null as timestamp)"

    def _add_deletes(self, result: BatchResult) -> int:
        same = same_key(self.contract, "staged", "latest")
        gone = f"op = 'upsert' and not exists (select 1 from staged where {same})"
        n_gone, n_known = self._counts(
            f"count(*) filter ({gone}), count(*) filter (op = 'upsert')", "latest"
        )
        self._check_deletes(result, n_gone, n_known)
        if n_gone:
            self._insert(
                f"select {self._of('old')}, "
                f"greatest(cast($cut as timestamp), old._recorded_at + {TICK}), 'delete', "
                f"old._row_hash, old._file, old._line from {self._table} as old "
                f"inner join (select * from latest where {gone}) as gone "
                f"on {same_key(self.contract, 'old', 'gone')} "
                "and old._recorded_at = gone.recorded_at"
            )
        return n_gone

    def _check_deletes(self, result: BatchResult, n_gone: int, n_known: int) -> None:
        if self.batch.deletes_are_meant or not n_gone:
            return
        counts = (n_gone, n_known)
        gone = missing_records(self.connection, self.contract, self.batch, counts)
        reason = doubt(gone, self.contract.max_delete_fraction)
        if reason is None:
            return
        source, name, day = self.batch.source, self.batch.object, self.batch.day
        raise BatchRefused(
            result.failed(
                f"{self.batch.title}: the full extract lacks {n_gone} of {n_known} known records "
                f"(first: {self._first_gone()}); {reason}. It looks cut off: land the whole "
                "extract with --replace. If they are really gone, say so in the company file under "
                f"accepted_changes: {{change: {subject(source, name, day)}, reason: ..., "
                f"until: {day}}}"
            )
        )

    def _first_gone(self) -> str:
        same = same_key(self.contract, "staged", "latest")
        row = self.connection.execute(
            f"select {shown_key(self.contract)} from latest where op = 'upsert' "
            f"and not exists (select 1 from staged where {same}) order by 1 limit 1"
        ).fetchone()
        return str(row[0]) if row else ""

    def _insert(self, select: str) -> None:
        """`select` gives the contract's columns, then recorded at, op, hash, file and line."""
        values: dict[str, Any] = {
            "cut": self.batch.cut,
            "day": self.batch.day,
            "batch_id": self.batch.batch_id,
        }
        if "$previous_cut" in select:
            values["previous_cut"] = self.previous_cut
        names = _list(column.name for column in self.contract.loaded)
        self.connection.execute(
            f"insert into {self._table} ({names}, _recorded_at, _op, _row_hash, _file, _line, "
            "_extracted_at, _extracted_on, _batch_id) "
            f"select *, $cut, $day, $batch_id from ({select})",
            values,
        )

    def _counts(self, what: str, table: str) -> tuple[int, ...]:
        row = self.connection.execute(f"select {what} from {table}").fetchone()
        assert row is not None
        return tuple(int(count) for count in row)

    @property
    def _table(self) -> str:
        return raw_table(self.batch.source, self.batch.object)

    def _of(self, table: str) -> str:
        return _list((column.name for column in self.contract.loaded), table)


def _list(names: Iterable[str], table: str | None = None) -> str:
    prefix = f"{table}." if table else ""
    return ", ".join(f'{prefix}"{name}"' for name in names)
