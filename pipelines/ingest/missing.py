"""Are the records that a full extract lacks deleted, or was the extract cut off?

A delete is what happens to few records, of any age. An export that broke off, ran into a limit or
lost a filter takes more of them at once than the object's own days ever did, or the newest, or what
is still open. Such an extract is questioned; a company that means it says so in its file.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import duckdb

from pipelines.contracts import ObjectContract
from pipelines.ingest.plan import Batch
from pipelines.ingest.tables import raw_table, same_key

FEW_RECORDS = 20
"""Below this many known records shares mean little: only what is empty, newest or open is asked."""
FEW_GONE = 3
"""Fewer missing records are deletes, whatever they are."""
UNUSUAL_FRACTION = 0.1
"""Share of the records that may be gone of an object that has never lost any."""
UNUSUAL_OPEN_FRACTION = 0.3
"""The same of its open records, of which there are fewer."""
TIMES_USUAL = 3
"""How many times the largest share of its earlier days an object may lose at once."""
STRAYS = 0.2
"""Part of the missing records that may be older: deleted ones among those that were cut off."""


@dataclass(frozen=True)
class Gone:
    """What is known of the records that a full extract lacks."""

    n_gone: int
    n_known: int
    usual: float = 0.0
    """Largest share of its records that an earlier full extract of the object lacked."""
    n_open_gone: int = 0
    n_open: int = 0
    value_gone: float = 0.0
    """Of the open records, where the contract says which are."""
    value: float = 0.0
    n_newest_gone: int = 0
    n_newest_left: int = 0
    """Records of the extract that are as new as the missing ones, strays left out."""


def doubt(gone: Gone, limit: float | None) -> str | None:
    """Why the extract looks cut off; None where its records may well be deleted.

    `limit` is what the contract allows; without it the object's own days decide.
    """
    n_gone, n_known = gone.n_gone, gone.n_known
    allowed = _allowed(UNUSUAL_FRACTION, gone.usual) if limit is None else limit
    if n_gone < FEW_GONE:
        return None
    if n_gone == n_known and allowed < 1:
        return f"none is left, {_limits(allowed, limit)}"
    if gone.n_newest_gone >= FEW_GONE and 4 * gone.n_newest_left <= gone.n_newest_gone:
        return (
            f"they are the newest: of those since then, {gone.n_newest_gone} are missing and "
            f"{gone.n_newest_left} are there"
        )
    of_open = max(allowed, _allowed(UNUSUAL_OPEN_FRACTION, gone.usual))
    if gone.n_open_gone >= FEW_GONE and gone.n_open_gone > of_open * gone.n_open:
        return f"among them {gone.n_open_gone} of the {gone.n_open} that are open"
    if n_known >= FEW_RECORDS and gone.value_gone > of_open * gone.value:
        return f"they are worth {gone.value_gone / gone.value:.0%} of all that counts"
    if n_known >= FEW_RECORDS and n_gone > allowed * n_known:
        return f"{n_gone / n_known:.1%}, {_limits(allowed, limit)}"
    return None


def _limits(allowed: float, limit: float | None) -> str:
    who = "its earlier extracts allow" if limit is None else "its contract allows"
    return f"where {who} {allowed:.1%} (max_delete_fraction)"


def _allowed(at_least: float, usual: float) -> float:
    return min(0.5, max(at_least, TIMES_USUAL * usual))


def missing_records(
    connection: duckdb.DuckDBPyConnection,
    contract: ObjectContract,
    batch: Batch,
    counts: tuple[int, int],
) -> Gone:
    """Look at the records in `latest` that `staged` lacks; of `counts`, how many are gone and how
    many were known."""
    watched, n_gone, n_known = contract.watched, *counts
    if n_gone < FEW_GONE:
        return Gone(n_gone, n_known)
    usual = _usual(connection, batch)
    if watched is None:
        return Gone(n_gone, n_known, usual)
    is_gone = f"not exists (select 1 from staged where {same_key(contract, 'staged', 'latest')})"
    is_open = watched.open_sql("old")
    counts_for = is_open if watched.open_where else "true"
    connection.execute(
        "create or replace temp table known as "
        f"select {watched.newest_sql('old')} as made, {is_open} as is_open, {is_gone} as is_gone, "
        f"case when {counts_for} then {watched.value_sql('old')} end as worth "
        f"from {raw_table(batch.source, batch.object)} as old "
        f"inner join latest on {same_key(contract, 'old', 'latest')} "
        "and old._recorded_at = latest.recorded_at where latest.op = 'upsert'"
    )
    n_open_gone, n_open, value_gone, value, since, n_newest_gone = _row(
        connection,
        f"with gone as (select quantile_disc(made, {STRAYS}) as since from known where is_gone) "
        "select count(*) filter (is_open and is_gone), count(*) filter (is_open), "
        "coalesce(sum(worth) filter (is_gone), 0), coalesce(sum(worth), 0), any_value(gone.since), "
        "count(*) filter (is_gone and made >= gone.since) from known cross join gone",
    )
    (n_newest_left,) = _row(
        connection,
        f"select count(*) from staged where _op = 'upsert' and {watched.newest_sql('staged')} >= ?",
        [since],
    )
    return Gone(
        n_gone,
        n_known,
        usual,
        n_open_gone,
        n_open,
        float(value_gone),
        float(value),
        n_newest_gone,
        n_newest_left,
    )


def _usual(connection: duckdb.DuckDBPyConnection, batch: Batch) -> float:
    """The largest share of known records that an earlier full extract lacked.

    A record that was marked as deleted stands in a file of its own batch; one that was missing is
    kept with the file that last held it.
    """
    log = raw_table(batch.source, batch.object)
    (share,) = _row(
        connection,
        "with earlier as ("
        "    select batch_id, n_accepted from control.batches"
        "    where source = $source and object = $object and status = 'loaded'"
        "        and delivery = 'full' and extract_on < $day"
        "), "
        "missed as ("
        f"    select _batch_id, count(*) as n_gone from {log} as log"
        "    where _op = 'delete' and not exists ("
        "        select 1 from control.batch_files as files"
        "        where files.batch_id = log._batch_id and files.file = log._file"
        "    ) group by _batch_id"
        ") "
        "select max(n_gone / (n_accepted + n_gone)) from earlier "
        "inner join missed on earlier.batch_id = missed._batch_id",
        {"source": batch.source, "object": batch.object, "day": batch.day},
    )
    return float(share or 0)


def _row(connection: duckdb.DuckDBPyConnection, sql: str, values: Any = ()) -> tuple[Any, ...]:
    row = connection.execute(sql, values).fetchone()
    assert row is not None
    return row
