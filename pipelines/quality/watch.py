"""How much of what is open changed since the release readers have, and in windows before?

Closed totals are kept by the gate; nobody notices half of the open deals getting another owner.
Each watch (`quality.watches`) is measured from the state in the release to the state in the build,
and, where the tables know their own past, from earlier days to as many days later in the build. The
last windows before the release are looked at, and those over which a fiscal quarter began, as
territories, quotas and close dates move then. What is unusual of it is said in `quality.unusual`.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import duckdb

from pipelines.quality.unusual import FEWEST_WINDOWS, SILENCE, Change, Share, Window, changes_of
from pipelines.quality.watches import PRESENCE, Measure, Watch

N_WINDOWS = 60
N_QUARTERS = 5
MOST_STATES = 1_000_000
"""Records times days; of large tables fewer windows are looked at."""
YOUNG = 0.3
"""A window that began with less than this share of today's records says nothing about today."""
SIMILAR = 0.75
"""Jaro-Winkler similarity from which on a name is another spelling of the same."""


@dataclass(frozen=True, slots=True)
class Days:
    """The days two states are known by the end of."""

    released: date
    built: date

    @property
    def length(self) -> int:
        """Days between them; of the same day built once more, one."""
        return max((self.built - self.released).days, 1)


class NoStateError(Exception):
    """A database lacks the table, or a column of it; the comparison of tables tells of that."""


def watched(
    connection: duckdb.DuckDBPyConnection,
    watches: Collection[Watch],
    released: str,
    built: str,
    days: Days,
) -> list[Change]:
    """What every watch measures; nothing of one whose table the release does not have like that."""
    found: list[Change] = []
    for watch in watches:
        with suppress(NoStateError):
            found += measure(connection, watch, released, built, days)
    return found


def measure(
    connection: duckdb.DuckDBPyConnection, watch: Watch, released: str, built: str, days: Days
) -> list[Change]:
    """Every measure of a watch, in its order, and `silence` where nothing changed for once.

    Args:
        released, built: names under which the two databases are attached.

    Raises:
        NoStateError: the release or the build lacks the table or a column.
    """
    _states(connection, watch, released, built, days)
    now, *past = _measured(connection, watch)
    past = [each for each in past if each.n_before >= max(1, YOUNG * now.n_before)]
    is_later = days.built > days.released
    found = changes_of(watch, now, past, days.length, is_later=is_later)
    by_name = {one.name: one for one in watch.measures}
    return [
        replace(each, example=_example(connection, watch, by_name[each.measure]))
        if each.is_unusual and each.measure != SILENCE
        else each
        for each in found
    ]


def _states(
    connection: duckdb.DuckDBPyConnection, watch: Watch, released: str, built: str, days: Days
) -> None:
    """Temporary tables `watched_before` and `watched_after`, by window; window 0 is the last."""
    _state(connection, watch, released, "watched_before", [days.released])
    connection.execute(
        "create or replace temp table watched_before as "
        "select 0 as n_window, * exclude (day) from watched_before"
    )
    windows = _windows(connection, built, days) if watch.has_past else []
    connection.execute(
        "create or replace temp table windows as select 0 as n_window, cast(null as date) as "
        "from_on, cast(? as date) as to_on union all select unnest(range(1, ? + 1)), unnest(?), "
        "unnest(?)",
        [days.built, len(windows), [each for each, _ in windows], [each for _, each in windows]],
    )
    asked = {days.built, *(day for window in windows for day in window)}
    _state(connection, watch, built, "states", sorted(asked))
    connection.execute(
        "insert into watched_before by name select n_window, states.* exclude (day) "
        "from windows inner join states on day = from_on"
    )
    connection.execute(
        "create or replace temp table watched_after as select n_window, states.* exclude (day) "
        "from windows inner join states on day = to_on"
    )


def _state(
    connection: duckdb.DuckDBPyConnection, watch: Watch, db: str, table: str, asked: list[date]
) -> None:
    """The state a database knows of by the end of each day, as a temporary table."""
    connection.execute(
        "create or replace temp table days as select unnest(cast(? as date[])) as day", [asked]
    )
    state = watch.state.replace("{db}", db)
    try:
        connection.execute(f"create or replace temp table {table} as from ({state}) as state")
    except (duckdb.BinderException, duckdb.CatalogException) as error:
        raise NoStateError(str(error).splitlines()[0]) from error


def _windows(
    connection: duckdb.DuckDBPyConnection, built: str, days: Days
) -> list[tuple[date, date]]:
    """First and last day of each, newest first."""
    length = timedelta(days=days.length)
    found = connection.execute("select count(*) from watched_before").fetchone()
    n = min(N_WINDOWS, max(FEWEST_WINDOWS, MOST_STATES // max(1, found[0] if found else 1)))
    starts = connection.execute(
        f"select period_start_on - 1 from {built}.shared.dim_fiscal_period "
        "where period_type = 'quarter' and period_start_on - 1 + ? <= ? "
        "order by period_start_on desc limit ?",
        [days.length, days.released, N_QUARTERS],
    ).fetchall()
    latest = [days.released - length * position for position in range(1, n + 1)]
    first_days = dict.fromkeys([*(day for (day,) in starts), *latest])
    return [(day, day + length) for day in first_days]


def _measured(connection: duckdb.DuckDBPyConnection, watch: Watch) -> list[Window]:
    """Every window, the one from release to build first."""
    standing = {
        number: _most_frequent(connection, one.column)
        for number, one in enumerate(watch.measures)
        if one.kind == "concentrated"
    }
    return [_window(watch, n, counts, standing) for n, counts in _counted(connection, watch)]


def _counted(
    connection: duckdb.DuckDBPyConnection, watch: Watch
) -> list[tuple[int, dict[str, Any]]]:
    """What is counted of each window, by its number."""
    both = "before.is_open and after.is_open"
    key = watch.key[0]
    here, there = f"before.{key} is not null", f"after.{key} is not null"
    counts = {
        "n_before": "count(*) filter (before.is_open)",
        "n_both": f"count(*) filter ({both})",
        "new": f"count(*) filter (after.is_open and not ({here}))",
        "gone": f"count(*) filter (before.is_open and not ({there}))",
        "left": f"count(*) filter (before.is_open and {there} and not after.is_open)",
    }
    for number, one in enumerate(watch.measures):
        if one.kind in {*PRESENCE, "concentrated"}:
            continue
        counts[f"n_{number}"] = f"count(*) filter ({both} and {_differs(one)})"
        if one.kind == "moved":
            was, is_ = (f"coalesce({side}.{one.column}, 0)" for side in ("before", "after"))
            counts[f"by_{number}"] = f"cast(sum(abs({is_} - {was})) filter ({both}) as double)"
            counts[f"of_{number}"] = f"cast(sum(abs({was})) filter ({both}) as double)"
    columns = ", ".join(f'{sql} as "{name}"' for name, sql in counts.items())
    keys = ", ".join(("n_window", *watch.key))
    rows = connection.execute(
        f"select n_window, {columns} from watched_before as before "
        f"full join watched_after as after using ({keys}) group by n_window"
    ).fetchall()
    found = {row[0]: dict(zip(counts, row[1:], strict=True)) for row in rows}
    found.setdefault(0, dict.fromkeys(counts, 0))
    return sorted(found.items())


Most = dict[tuple[str, int], tuple[int, int]]
"""By side and window: open records with the value most of them have, and all that have one."""


def _most_frequent(connection: duckdb.DuckDBPyConnection, column: str) -> Most:
    found: Most = {}
    for side in ("before", "after"):
        rows = connection.execute(
            f"select n_window, max(n), cast(sum(n) as bigint) from (select n_window, {column}, "
            f"count(*) as n from watched_{side} where is_open and {column} is not null group by "
            "all) group by n_window"
        ).fetchall()
        found |= {(side, window): (most, of) for window, most, of in rows}
    return found


def _window(watch: Watch, n: int, counts: dict[str, Any], standing: dict[int, Most]) -> Window:
    shares = tuple(
        _standing(standing[number], n) if number in standing else _share(number, one, counts)
        for number, one in enumerate(watch.measures)
    )
    n_changed = sum(
        share.n_changed for number, share in enumerate(shares) if number not in standing
    )
    return Window(counts["n_before"], n_changed, shares)


def _standing(most: Most, window: int) -> Share:
    (n_before, of_before), (n_after, of_after) = (
        most.get((side, window), (0, 0)) for side in ("before", "after")
    )
    before_pct = n_before / max(of_before, 1)
    return Share(of_after, n_after, n_after / max(of_after, 1), before_pct)


def _share(number: int, one: Measure, counts: dict[str, Any]) -> Share:
    if one.kind in PRESENCE:
        of, changed = counts["n_before"], counts[one.kind]
        return Share(of, changed, changed / max(of, 1))
    of, changed = counts["n_both"], counts[f"n_{number}"]
    if one.kind == "moved":
        pct = (counts[f"by_{number}"] or 0) / (counts[f"of_{number}"] or 1)
        return Share(of, changed, pct)
    return Share(of, changed, changed / max(of, 1))


def _differs(one: Measure) -> str:
    was, is_ = f"before.{one.column}", f"after.{one.column}"
    match one.kind:
        case "renamed":
            alike = f"jaro_winkler_similarity(lower({was}), lower({is_})) >= {SIMILAR}"
            return f"{was} is not null and {is_} is not null and not {alike}"
        case "jumped":
            return (
                f"abs({was}) > 0 and (abs({is_}) >= {one.times} * abs({was}) "
                f"or abs({is_}) * {one.times} <= abs({was}))"
            )
        case _:
            return f"{was} is distinct from {is_}"


def _example(connection: duckdb.DuckDBPyConnection, watch: Watch, one: Measure) -> str | None:
    """The record that changed most, or one with the value that most of them changed to."""
    keys = ", ".join(watch.key)
    if one.kind in PRESENCE:
        side, other = ("after", "before") if one.kind == "new" else ("before", "after")
        missing = f"{other}.{watch.key[0]} is null"
        where = f"not {other}.is_open" if one.kind == "left" else missing
        row = connection.execute(
            f"select {keys} from watched_{side} as {side} left join watched_{other} as {other} "
            f"using (n_window, {keys}) where n_window = 0 and {side}.is_open and {where} "
            "order by all limit 1"
        ).fetchone()
        return _shown(watch.key, row) if row else None
    if one.kind == "concentrated":
        row = connection.execute(
            f"select cast(mode({one.column}) as varchar) from watched_after "
            "where n_window = 0 and is_open"
        ).fetchone()
        return f"{one.column}={row[0]}" if row else None
    was, is_ = f"before.{one.column}", f"after.{one.column}"
    weight = (
        f"count(*) over (partition by {is_})"
        if one.kind in {"changed", "renamed"}
        else f"abs(coalesce({is_}, 0) - coalesce({was}, 0))"
    )
    row = connection.execute(
        f"select {keys}, cast({was} as varchar), cast({is_} as varchar) "
        "from watched_before as before "
        f"inner join watched_after as after using (n_window, {keys}) "
        f"where n_window = 0 and before.is_open and after.is_open and {_differs(one)} "
        f"order by {weight} desc, {keys} limit 1"
    ).fetchone()
    return _shown((*watch.key, f"{one.column} before", "now"), row) if row else None


def _shown(names: Sequence[str], row: Sequence[Any]) -> str:
    return ", ".join(f"{name}={value}" for name, value in zip(names, row, strict=True))
