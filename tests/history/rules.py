"""What every public table promises about the past, and how to find where it breaks that promise.

A table with a day on which something was known says the same about that day for ever. Which rows
speak of a day, and which columns are about today all the same, is written down here for every one
of them, and for the macros that are asked with a day; one that is not written down is found by the
tests. All other tables are of today: `salesops as-of` builds them for an earlier day.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from pipelines.transform.dbt_project import DbtProject
from pipelines.transform.macros import MACROS

KNOWN_DAY = re.compile(r"(^|_)(as_of|snapshot|recorded|known)(_|$)")
"""Names of columns that say when something was known."""
MACRO = re.compile(r"create or replace macro (\w+\.\w+)\(as_of_day\)")
REGULAR = (
    "{day_column} in (select snapshot_on from {db}.core.core_snapshot_day "
    "where is_weekly or is_period_start or is_period_end)"
)
"""The newest day of a release stands in it whatever day it is, and not in later ones."""


@dataclass(frozen=True)
class Past:
    """A table, or an as-of macro, that keeps what it says about a day."""

    known: str = "true"
    """Rows about what was known by `{day}`; `{db}` is the warehouse they stand in."""
    today: Mapping[str, str] = field(default_factory=dict)
    """Columns about today, and why."""
    ends: tuple[str, ...] = ()
    """Ends of ranges, that later knowledge may set."""
    is_last: bool = False
    """Only the last of what was known of a record stands in it: later rows replace earlier ones."""


@dataclass(frozen=True)
class Today:
    """An answer that is about today as well, and whose past is found elsewhere."""

    why: str


Rule = Past | Today

_NEWEST = {"is_latest": "whether the day is the newest, which the next extract changes"}
_SPOT = "at today's exchange rate"
_SEATS = "by the seats, ramps and rates known today; fct_quota_in_force has those known then"

RULES: Mapping[str, Rule] = {
    "attainment.fct_achievement": Past("recorded_on <= {day}"),
    "attainment.fct_booking_event": Past(
        "recorded_on <= {day}", today={"spot_rate": _SPOT, "spot_amount": _SPOT}
    ),
    "attainment.fct_credit": Past(
        "recorded_on <= {day}",
        today={
            "quota_key": "the quota in force today that the credit counts towards",
            "credit_state": "whether it counts towards a quota today",
            "spot_credit_amount": _SPOT,
        },
    ),
    "attainment.fct_quota": Past(
        "known_from_on <= {day}",
        today={
            "is_in_force": "whether another one was put in its place since",
            "full_quota_amount": _SEATS,
            "prorated_quota_amount": _SEATS,
            "quota_amount": _SEATS,
        },
        is_last=True,
    ),
    "attainment.fct_quota_in_force": Past("known_from_on <= {day}", ends=("known_to_on",)),
    "forecast.fct_forecast": Past(
        "as_of_on <= {day} and " + REGULAR.replace("{day_column}", "as_of_on")
    ),
    "forecast.fct_stage_win_rate": Past(
        "as_of_on <= {day} and " + REGULAR.replace("{day_column}", "as_of_on")
    ),
    "pipeline.fct_opportunity_version": Past(
        "known_from_on <= {day}", ends=("known_to_on", "known_to_at")
    ),
    "pipeline.fct_pipeline_snapshot": Past(
        "snapshot_on <= {day} and " + REGULAR.replace("{day_column}", "snapshot_on"),
        today=_NEWEST,
    ),
    "shared.dim_participant_as_known": Past("known_from_on <= {day}", ends=("known_to_on",)),
    "shared.dim_plan_rate_as_known": Past("known_from_on <= {day}", ends=("known_to_on",)),
    "pipeline.opportunities_as_of": Past(),
    "attainment.bookings_as_of": Past(),
    "attainment.attainment_as_of": Past(),
    "attainment.attainment_then_and_now": Today("compares; its past is attainment_as_of"),
}


def public_models(project: DbtProject) -> dict[str, Mapping[str, Any]]:
    """Models that readers get, by dbt's name for them."""
    return {
        key: node
        for key, node in project.manifest()["nodes"].items()
        if node["resource_type"] == "model" and node["fqn"][1] == "marts"
    }


def public_columns(project: DbtProject) -> dict[str, list[str]]:
    """Columns of every public table, as its contract names them."""
    return {
        f"{node['schema']}.{node['name']}": list(node["columns"])
        for node in public_models(project).values()
    }


def as_of_macros() -> list[str]:
    """Every macro of a release that is asked with a day."""
    return [name for macro in MACROS for name in MACRO.findall(macro)]


Leak = tuple[str, str]
"""Table and column; the column is `rows` where rows are more or fewer."""


def leaks(
    early: Path,
    late: Path,
    day: date,
    keys: Mapping[str, Sequence[str]],
    rules: Mapping[str, Rule] = RULES,
) -> dict[Leak, str]:
    """Where two warehouses differ in what they say about a day both know, with an example.

    Args:
        early: knows the extracts up to the day alone.
        late: knows later ones as well.
        keys: columns that tell the rows of a table apart.
        rules: of the tables to look at.
    """
    found: dict[Leak, str] = {}
    with duckdb.connect() as connection:
        for alias, file in (("early", early), ("late", late)):
            connection.execute(f"attach '{file}' as {alias}")
            connection.execute(f"use {alias}")
            for macro in MACROS if any(name in as_of_macros() for name in rules) else ():
                connection.execute(macro)
        for name, rule in rules.items():
            if isinstance(rule, Past):
                found |= dict(_leaks_of(connection, name, rule, day, keys.get(name, ())))
    return found


def _leaks_of(
    connection: duckdb.DuckDBPyConnection, name: str, rule: Past, day: date, keys: Sequence[str]
) -> Iterator[tuple[Leak, str]]:
    is_macro = name in as_of_macros()
    for db in ("early", "late"):
        relation = f"{name}(date '{day}')" if is_macro else f"{db}.{name}"
        connection.execute(f"use {db}")
        known = rule.known.format(db=db, day=f"date '{day}'")
        # An end that was set later was open then.
        ends = ", ".join(
            f"case when cast({end} as date) <= date '{day}' then {end} end as {end}"
            for end in rule.ends
        )
        replaced = f"replace ({ends})" if ends else ""
        excluded = f"exclude ({', '.join(rule.today)})" if rule.today else ""
        connection.execute(
            f"create or replace temp table {db}_past as "
            f"select * {excluded} {replaced} from {relation} where {known}"
        )
    columns = [row[0] for row in connection.execute("describe temp.early_past").fetchall()]
    for here, there in (("late", "early"), ("early", "late")):
        if rule.is_last and here == "early":
            continue
        rows = connection.execute(
            f"from temp.{here}_past except all from temp.{there}_past order by all limit 1"
        ).fetchall()
        if rows:
            break
    else:
        return
    example = f"{day}, only where {'more' if here == 'late' else 'less'} is known: " + _shown(
        columns, rows[0]
    )
    keys = [key for key in keys if key in columns]
    if not keys or is_macro:
        yield (name, "rows"), example
        return
    same_key = " and ".join(f"e.{key} is not distinct from l.{key}" for key in keys)
    alone = connection.execute(
        f"select count(*) from temp.late_past as l where not exists "
        f"(select 1 from temp.early_past as e where {same_key})"
    ).fetchone()
    missing = connection.execute(
        f"select count(*) from temp.early_past as e where not exists "
        f"(select 1 from temp.late_past as l where {same_key})"
    ).fetchone()
    told = alone != (0,) or (missing != (0,) and not rule.is_last)
    if told:
        yield (name, "rows"), f"{alone} more, {missing} fewer; {example}"
    for column in columns:
        differing = connection.execute(
            f"select {', '.join(f'e.{key}' for key in keys)}, e.{column}, l.{column} "
            f"from temp.early_past as e inner join temp.late_past as l on {same_key} "
            f"where e.{column} is distinct from l.{column} order by all"
        ).fetchall()
        if differing:
            told = True
            yield (
                (name, column),
                f"{day}, {len(differing)} rows: {_shown([*keys, 'then', 'now'], differing[0])}",
            )
    if not told:
        yield (name, "rows"), f"a key more than once; {example}"


def _shown(columns: Sequence[str], row: Sequence[Any]) -> str:
    return ", ".join(f"{column}={value}" for column, value in zip(columns, row, strict=True))
