"""How much of what is open changed since the release readers have, and is that unusual?

Closed totals are kept by the gate; nobody notices half of the open deals getting another owner.
Each watch (`quality.watches`) is measured from the state in the release to the state in the build,
and, where the tables know their own past, from earlier days to as many days later in the build:

    usual     the share that 98 of 100 of those windows stay below
    limit     1.5 times that, six robust deviations (1.4826 MAD) above their median, or the floor of
              the measure, whichever is highest; of records, halfway from the usual share to all of
              them where that is less
    silence   nothing at all changed, and something did in every window

The last windows before the release are looked at, and those over which a fiscal quarter began, as
territories, quotas and close dates move then.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import median
from typing import Any

import duckdb

from pipelines.quality.results import CheckResult
from pipelines.quality.watches import PREFIX, PRESENCE, Measure, Watch

N_WINDOWS, FEWEST_WINDOWS = 60, 8
"""Windows that are looked at, and those below which nobody knows what is usual."""
N_QUARTERS = 5
MOST_STATES = 1_000_000
"""Records times days; of large tables fewer windows are looked at."""
YOUNG = 0.3
"""A window that began with less than this share of today's records says nothing about today."""
FLOOR_WITHOUT_PAST = 2.5
"""Times the floor, where nobody knows what is usual."""
SHORTEST_SILENCE = 3
"""Windows in all of which something changed."""
SILENCE = "silence"
"""Measure of a watch under which nothing at all changed."""
SIMILAR = 0.75
"""Jaro-Winkler similarity from which on a name is another spelling of the same."""


@dataclass(frozen=True, slots=True)
class Change:
    """One measure of one watch, from the release to the build."""

    watch: str
    measure: str
    n_records: int
    """Open records it is a share of."""
    n_changed: int
    changed_pct: float
    usual_pct: float | None
    """None where the tables do not know their past, or not enough of it."""
    limit_pct: float
    n_windows: int
    n_days: int
    is_unusual: bool
    example: str | None


@dataclass(frozen=True, slots=True)
class Days:
    """The days two states are known by the end of."""

    released: date
    built: date

    @property
    def length(self) -> int:
        """Days between them; of the same day built once more, one."""
        return max((self.built - self.released).days, 1)


class NoPastError(Exception):
    """The release cannot be asked: it was made before its tables had these columns."""


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
        with suppress(NoPastError):
            found += measure(connection, watch, released, built, days)
    return found


def measure(
    connection: duckdb.DuckDBPyConnection, watch: Watch, released: str, built: str, days: Days
) -> list[Change]:
    """Every measure of a watch, in its order, and `silence` where nothing changed for once.

    Args:
        released, built: names under which the two databases are attached.

    Raises:
        NoPastError: the release lacks a table or a column.
    """
    _states(connection, watch, released, built, days)
    counted = _counted(connection, watch)
    _, now = counted[0]
    windows = [counts for n, counts in counted if n]
    windows = [each for each in windows if each["n_before"] >= max(1, YOUNG * now["n_before"])]
    found = [_judged(connection, watch, one, now, windows, days) for one in watch.measures]
    silence = _silence(watch, now, windows, days)
    return [*found, silence] if silence else found


def _states(
    connection: duckdb.DuckDBPyConnection, watch: Watch, released: str, built: str, days: Days
) -> None:
    """Temporary tables `watched_before` and `watched_after`, by window; window 0 is the last."""
    connection.execute("create or replace temp table days as select ? as day", [days.released])
    try:
        connection.execute(
            "create or replace temp table watched_before as "
            f"select 0 as n_window, state.* exclude (day) from ({_state(watch, released)}) as state"
        )
    except (duckdb.BinderException, duckdb.CatalogException) as error:
        raise NoPastError(str(error).splitlines()[0]) from error
    windows = _windows(connection, built, days) if watch.has_past else []
    connection.execute(
        "create or replace temp table windows as select 0 as n_window, cast(null as date) as "
        "from_on, cast(? as date) as to_on union all select unnest(range(1, ? + 1)), unnest(?), "
        "unnest(?)",
        [days.built, len(windows), [each for each, _ in windows], [each for _, each in windows]],
    )
    connection.execute(
        "create or replace temp table days as select from_on as day from windows "
        "where from_on is not null union select to_on from windows"
    )
    connection.execute(
        f"create or replace temp table states as from ({_state(watch, built)}) as state"
    )
    connection.execute(
        "insert into watched_before by name select n_window, states.* exclude (day) "
        "from windows inner join states on day = from_on"
    )
    connection.execute(
        "create or replace temp table watched_after as select n_window, states.* exclude (day) "
        "from windows inner join states on day = to_on"
    )


def _state(watch: Watch, db: str) -> str:
    return watch.state.replace("{db}", db)


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


def _counted(
    connection: duckdb.DuckDBPyConnection, watch: Watch
) -> list[tuple[int, dict[str, Any]]]:
    """What is counted of each window, the window from release to build first."""
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
    cursor = connection.execute(
        f"select n_window, {columns} from watched_before as before "
        f"full join watched_after as after using ({keys}) group by n_window order by n_window"
    )
    rows = cursor.fetchall()
    found = {row[0]: dict(zip(counts, row[1:], strict=True)) for row in rows}
    found.setdefault(0, dict.fromkeys(counts, 0))
    for number, one in enumerate(watch.measures):
        if one.kind == "concentrated":
            _count_most_frequent(connection, one.column, f"n_{number}", found)
    return sorted(found.items())


def _count_most_frequent(
    connection: duckdb.DuckDBPyConnection,
    column: str,
    name: str,
    found: dict[int, dict[str, Any]],
) -> None:
    """Add to the counts of each window the open records that have the most frequent value."""
    rows = connection.execute(
        f"select n_window, max(n), sum(n) from (select n_window, {column}, count(*) as n "
        f"from watched_after where is_open and {column} is not null group by all) group by n_window"
    ).fetchall()
    counted = {window: (most, of) for window, most, of in rows}
    for window, counts in found.items():
        counts[name], counts[f"of_{name}"] = counted.get(window, (0, 0))


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


def _share(number: int, one: Measure, counts: dict[str, Any]) -> tuple[int, int, float]:
    """Records it is a share of, those that changed, and the share: of amounts for `moved`."""
    if one.kind in PRESENCE:
        of, changed = counts["n_before"], counts[one.kind]
        return of, changed, changed / max(of, 1)
    if one.kind == "concentrated":
        of, most = int(counts[f"of_n_{number}"]), counts[f"n_{number}"]
        return of, most, most / max(of, 1)
    of, changed = counts["n_both"], counts[f"n_{number}"]
    if one.kind == "moved":
        return of, changed, (counts[f"by_{number}"] or 0) / (counts[f"of_{number}"] or 1)
    return of, changed, changed / max(of, 1)


def _judged(
    connection: duckdb.DuckDBPyConnection,
    watch: Watch,
    one: Measure,
    now: dict[str, Any],
    windows: Sequence[dict[str, Any]],
    days: Days,
) -> Change:
    number = watch.measures.index(one)
    of, changed, share = _share(number, one, now)
    usual, limit = _limit([_share(number, one, each)[2] for each in windows], one)
    is_unusual = now["n_before"] > 0 and changed >= one.fewest and share > limit
    return Change(
        watch=watch.name,
        measure=one.name,
        n_records=of,
        n_changed=changed,
        changed_pct=share,
        usual_pct=usual,
        limit_pct=limit,
        n_windows=len(windows),
        n_days=days.length,
        is_unusual=is_unusual,
        example=_example(connection, watch, one) if is_unusual else None,
    )


def _limit(shares: Sequence[float], one: Measure) -> tuple[float | None, float]:
    """The usual share and the one above which it is unusual."""
    if len(shares) < FEWEST_WINDOWS:
        return None, one.floor_pct * FLOOR_WITHOUT_PAST
    ordered = sorted(shares)
    usual = ordered[min(len(ordered) - 1, int(0.98 * len(ordered)))]
    middle = median(ordered)
    deviation = 1.4826 * median(abs(each - middle) for each in ordered)
    limit = max(1.5 * usual, middle + 6 * deviation)
    if one.kind not in {"moved", "new"}:
        # These are shares of the same records, and cannot be more than all of them.
        limit = min(limit, (1 + usual) / 2)
    return usual, max(one.floor_pct, limit)


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


def _silence(
    watch: Watch, now: dict[str, Any], windows: Sequence[dict[str, Any]], days: Days
) -> Change | None:
    """Nothing changed for once: the same files came again, or none did."""
    if not watch.has_past or days.built <= days.released or len(windows) < SHORTEST_SILENCE:
        return None
    changed = [_n_changed(watch, each) for each in windows]
    if _n_changed(watch, now) or min(changed) == 0:
        return None
    usual = min(changed) / max(1, now["n_before"])
    return Change(
        watch=watch.name,
        measure=SILENCE,
        n_records=now["n_before"],
        n_changed=0,
        changed_pct=0.0,
        usual_pct=usual,
        limit_pct=usual,
        n_windows=len(windows),
        n_days=days.length,
        is_unusual=True,
        example=None,
    )


def _n_changed(watch: Watch, counts: dict[str, Any]) -> int:
    return sum(
        _share(number, one, counts)[1]
        for number, one in enumerate(watch.measures)
        if one.kind != "concentrated"
    )


def judge(
    watch: Watch,
    changes: Sequence[Change],
    accepted: Collection[str],
    block_above: float | None,
) -> CheckResult:
    """One result per watch: it warns of what is unusual and not meant.

    Args:
        accepted: measures the company file accepts a change of.
        block_above: share of unusual change that refuses the release; None: none does.
    """
    unmeant = [each for each in changes if each.is_unusual and each.measure not in accepted]
    meant = [each for each in changes if each.is_unusual and each.measure in accepted]
    blocks = block_above is not None and any(each.changed_pct > block_above for each in unmeant)
    told = [sentence(each, watch) for each in unmeant]
    told += [f"{sentence(each, watch)}, which the company file accepts" for each in meant]
    return CheckResult(
        check_id=watch.check_id,
        kind="watch",
        asset=watch.table,
        severity="block" if blocks else "warn",
        owner=watch.owner,
        why=watch.why,
        next_step=_next_step(watch, unmeant),
        status="fail" if unmeant else "pass",
        n_failed=max((each.n_changed for each in unmeant), default=None),
        observed="; ".join(told) or None,
        example="; ".join(dict.fromkeys(each.example for each in unmeant if each.example)) or None,
    )


def _next_step(watch: Watch, unmeant: Sequence[Change]) -> str:
    step = " ".join(watch.next_step.split())
    if not unmeant:
        return step
    subjects = ", ".join(f"{PREFIX}{watch.name}.{each.measure}" for each in unmeant)
    return f"{step} Its name there: {subjects}"


def sentence(change: Change, watch: Watch) -> str:
    """How much changed and what is usual."""
    if change.measure == SILENCE:
        return (
            f"nothing changed of {change.n_records:,} {watch.records} in {change.n_days} days; in "
            f"each of the {change.n_windows} windows before, something did"
        )
    usual = (
        f"up to {change.usual_pct:.1%} are usual"
        if change.usual_pct is not None
        else f"unusual above {change.limit_pct:.0%}"
    )
    return (
        f"{change.measure} {change.changed_pct:.1%} ({change.n_changed:,} of "
        f"{change.n_records:,} {watch.records} in {change.n_days} days; {usual})"
    )
