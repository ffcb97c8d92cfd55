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
from pipelines.ingest.plan import Batch
from pipelines.ingest.results import BatchResult
from pipelines.ingest.stage import BatchRefused
from pipelines.ingest.tables import raw_table, same_key

TICK = "interval 1 microsecond"
FEW_RECORDS = 20
"""Below this many known records a full extract may delete any part of them."""


@dataclass(frozen=True)
class Versions:
    """What one batch adds to the raw log of its object."""

    connection: duckdb.DuckDBPyConnection
    contract: ObjectContract
    batch: Batch
    previous_cut: datetime | None
    """Cut of the batch before; None for an object's first."""

    def add(self, result: BatchResult) -> BatchResult:
        """Add a row for each record that is new, has changed, or is gone from a full extract.

        Raises:
            BatchRefused: a full extract would delete more than the contract allows.
        """
        self._find_changes()
        n_deleted = 0
        if self.contract.delivery == "full" and self.previous_cut is not None:
            n_deleted = self._add_deletes(result)
        n_changed, n_all = self._counts(
            "count(*) filter (known_op = 'upsert'), count(*)", "changed"
        )
        self._insert(
            f"select {self._of('staged')}, {self._recorded_at()}, 'upsert', staged._row_hash, "
            "staged._file, staged._line from staged inner join changed "
            f"on {same_key(self.contract, 'staged', 'changed')}"
        )
        return replace(
            result, n_inserted=n_all - n_changed, n_changed=n_changed, n_deleted=n_deleted
        )

    def _find_changes(self) -> None:
        """`latest`: each known record's last version. `changed`: keys that get a new one."""
        key = self.contract.key
        only = ""
        if self.contract.delivery == "incremental":
            # Records that are not in the batch do not matter: the cost is that of the batch.
            same = same_key(self.contract, "staged", "log")
            only = f"where exists (select 1 from staged where {same})"
        self.connection.execute(
            f"create or replace temp table latest as select {_list(key)}, "
            "max(_extracted_at) as version_at, arg_max(_op, _extracted_at) as op, "
            "arg_max(_row_hash, _extracted_at) as row_hash, "
            "arg_max(_recorded_at, _extracted_at) as recorded_at "
            f"from {self._table} as log {only} group by {_list(key)}"
        )
        self.connection.execute(
            f"create or replace temp table changed as select {_list(key, 'staged')}, "
            "latest.op as known_op, latest.recorded_at as known_at "
            f"from staged left join latest on {same_key(self.contract, 'staged', 'latest')} "
            "where latest.op is null or latest.op = 'delete' or latest.row_hash <> staged._row_hash"
        )

    def _recorded_at(self) -> str:
        """When the source recorded a staged row; the cut where it does not say."""
        stamps = [f'staged."{name}"' for name in self.contract.recorded_at]
        stamp = f"coalesce({', '.join([*stamps, 'cast($cut as timestamp)'])})"
        if self.previous_cut is None:
            return stamp
        # What arrives later was not known before: no answer for an earlier day may change.
        return (
            f"greatest({stamp}, cast($previous_cut as timestamp) + {TICK}, "
            f"changed.known_at + {TICK})"
        )

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
                "and old._extracted_at = gone.version_at"
            )
        return n_gone

    def _check_deletes(self, result: BatchResult, n_gone: int, n_known: int) -> None:
        share = self.contract.max_delete_fraction
        if n_known < FEW_RECORDS or n_gone <= share * n_known:
            return
        raise BatchRefused(
            result.failed(
                f"{self.batch.title}: the full extract lacks {n_gone} of {n_known} known records, "
                f"more than max_delete_fraction {share} allows: it looks cut off. Land the whole "
                "extract with --replace, or raise the limit in "
                f"contracts/{self.batch.source}.yml if they are really gone"
            )
        )

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

    def _counts(self, what: str, table: str) -> tuple[int, int]:
        row = self.connection.execute(f"select {what} from {table}").fetchone()
        assert row is not None
        return int(row[0]), int(row[1])

    @property
    def _table(self) -> str:
        return raw_table(self.batch.source, self.batch.object)

    def _of(self, table: str) -> str:
        return _list((column.name for column in self.contract.loaded), table)


def _list(names: Iterable[str], table: str | None = None) -> str:
    prefix = f"{table}." if table else ""
    return ", ".join(f'{prefix}"{name}"' for name in names)
