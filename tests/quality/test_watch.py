"""What changed of open records, how unusual that is, and what the gate says of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import pytest
import yaml

from pipelines.quality.unusual import SILENCE, Change, judge
from pipelines.quality.watch import Days, measure, watched
from pipelines.quality.watches import Measure, Watch, load_watches
from pipelines.settings import PROJECT_ROOT, ConfigurationError

FOLDER = PROJECT_ROOT / "expectations" / "watches"
FIRST, RELEASED, BUILT = date(2026, 1, 1), date(2026, 6, 29), date(2026, 6, 30)
N_DEALS = 200
WATCH = Watch(
    name="open_deals",
    table="pipeline.fct_version",
    records="open deals",
    owner="team:revops",
    why="A mass edit is seen.",
    next_step="Ask who edited them, or name it under accepted_changes.",
    state=(
        "select days.day, deal, status = 'open' as is_open, owner, amount, name "
        "from {db}.pipeline.fct_version "
        "inner join days on known_from_on <= days.day and known_to_on > days.day"
    ),
    key=("deal",),
    measures=(
        Measure(kind="changed", column="owner"),
        Measure(kind="concentrated", column="owner", floor_pct=0.4),
        Measure(kind="renamed", column="name", floor_pct=0, fewest=1),
        Measure(kind="moved", column="amount", fewest=1),
        Measure(kind="jumped", column="amount", floor_pct=0, fewest=1),
        Measure(kind="new"),
        Measure(kind="gone", floor_pct=0.05),
        Measure(kind="left", floor_pct=0.05),
    ),
)
FOR_EVER = date(9999, 12, 31)
Deal = dict[str, Any]


def lives() -> dict[int, list[Deal]]:
    """Versions by deal: every day two or three deals get another owner and one another amount."""
    random = Random(3)
    found = {
        deal: [
            {
                "deal": deal,
                "known_from_on": FIRST,
                "known_to_on": FOR_EVER,
                "status": "open",
                "owner": f"owner {deal % 9}",
                "amount": 1000 + deal,
                "name": f"Deal of customer {deal}",
            }
        ]
        for deal in range(N_DEALS)
    }
    day = FIRST + timedelta(days=1)
    while day <= RELEASED:
        for deal in random.sample(range(N_DEALS), random.choice((2, 3))):
            edit(found, deal, day, owner=f"owner {random.randrange(9)} on {day}")
        edit(found, random.randrange(N_DEALS), day, amount=random.randrange(900, 1400))
        day += timedelta(days=1)
    return found


def edit(versions: dict[int, list[Deal]], deal: int, day: date, **changed: Any) -> None:
    *_, last = versions[deal]
    if last["known_from_on"] == day:
        last |= changed
        return
    versions[deal].append({**last, **changed, "known_from_on": day})
    last["known_to_on"] = day


def write(connection: duckdb.DuckDBPyConnection, db: str, versions: Mapping[int, Any]) -> None:
    connection.execute(f"attach ':memory:' as {db}")
    connection.execute(f"create schema {db}.pipeline; create schema {db}.shared")
    connection.execute(
        f"create table {db}.shared.dim_fiscal_period as select 'quarter' as period_type, "
        "unnest([date '2026-01-01', date '2026-04-01', date '2026-07-01']) as period_start_on"
    )
    rows = [row for each in versions.values() for row in each]
    connection.execute(
        f"create table {db}.pipeline.fct_version as "
        "select unnest(?::struct(deal int, known_from_on date, known_to_on date, status varchar, "
        "owner varchar, amount int, name varchar)[], recursive := true)",
        [rows],
    )


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        write(connection, "released", lives())
        yield connection


def changes(
    connection: duckdb.DuckDBPyConnection, *edits: tuple[int, dict[str, Any]], watch: Watch = WATCH
) -> dict[str, Change]:
    """What is measured when these edits are known the day after the release."""
    built = lives()
    for deal, changed in edits:
        if changed:
            edit(built, deal, BUILT, **changed)
        else:
            del built[deal]
    write(connection, "built", built)
    found = measure(connection, watch, "released", "built", Days(RELEASED, BUILT))
    return {each.measure: each for each in found}


def unusual(found: Mapping[str, Change]) -> set[str]:
    return {name for name, each in found.items() if each.is_unusual}


def test_an_ordinary_day_is_measured_and_usual(connection: duckdb.DuckDBPyConnection) -> None:
    found = changes(connection, (7, {"owner": "somebody"}), (8, {"amount": 1100}))
    assert unusual(found) == set()
    owner = found["owner"]
    assert (owner.n_records, owner.n_changed, owner.changed_pct) == (N_DEALS, 1, 1 / N_DEALS)
    assert owner.usual_pct == 3 / N_DEALS
    assert owner.limit_pct == 0.1
    assert owner.n_windows == 61, "60 days, and the one on which a quarter began before them"
    assert found["amount"].n_changed == 1


@pytest.mark.parametrize(
    ("edits", "expected"),
    [
        ([(n, {"owner": "one person"}) for n in range(100)], {"owner", "owner_concentrated"}),
        ([(7, {"name": "Something else"})], {"name_renamed"}),
        ([(7, {"name": "Deal of customer no 7", "amount": 1000})], set()),
        ([(7, {"amount": 1_000_000})], {"amount", "amount_jumped"}),
        ([(7, {"amount": 3})], {"amount_jumped"}),
        ([(n, {"amount": 2000}) for n in range(60)], {"amount"}),
        ([(n, {"status": "lost"}) for n in range(40)], {"left"}),
        ([(n, {}) for n in range(40)], {"gone"}),
        ([(7, {"owner": None})], set()),
        ([(n, {"owner": None}) for n in range(100)], {"owner"}),
        ([(n, {"amount": None}) for n in range(100)], {"amount"}),
        ([], {SILENCE}),
    ],
    ids=[
        "half to one person",
        "another name",
        "another spelling",
        "a thousandfold",
        "a thousandth",
        "many amounts",
        "closed at once",
        "flagged deleted",
        "one without owner",
        "half without owner",
        "half without amount",
        "nothing at all",
    ],
)
def test_what_is_unusual_is_told(
    connection: duckdb.DuckDBPyConnection,
    edits: list[tuple[int, dict[str, Any]]],
    expected: set[str],
) -> None:
    assert unusual(changes(connection, *edits)) == expected


def test_what_stood_so_in_the_release_is_not_told_again(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    """Most deals are one person's since the day before; only that day it was news."""
    released = lives()
    for deal in range(100):
        edit(released, deal, RELEASED, owner="one person")
    connection.execute("detach released")
    write(connection, "released", released)
    built = {deal: [dict(version) for version in each] for deal, each in released.items()}
    edit(built, 150, BUILT, owner="somebody", amount=1001)
    write(connection, "built", built)
    found = measure(connection, WATCH, "released", "built", Days(RELEASED, BUILT))
    [stands] = [each for each in found if each.measure == "owner_concentrated"]
    assert stands.changed_pct > stands.limit_pct
    assert [each.measure for each in found if each.is_unusual] == []


def test_records_that_appear_in_numbers_are_unusual(connection: duckdb.DuckDBPyConnection) -> None:
    built = lives()
    for deal in range(N_DEALS):
        twin = N_DEALS + deal
        built[twin] = [{**built[deal][-1], "deal": twin, "known_from_on": BUILT}]
    write(connection, "built", built)
    found = measure(connection, WATCH, "released", "built", Days(RELEASED, BUILT))
    assert [each.measure for each in found if each.is_unusual] == ["new"]
    [new] = [each for each in found if each.measure == "new"]
    assert (new.n_changed, new.changed_pct) == (N_DEALS, 1.0)
    assert new.example == f"deal={N_DEALS}"


def test_what_was_usual_before_is_usual(connection: duckdb.DuckDBPyConnection) -> None:
    """A floor of nothing: only the table's own days count."""
    watch = WATCH.model_copy(
        update={"measures": (Measure(kind="changed", column="owner", floor_pct=0, fewest=1),)}
    )
    edits = [(n, {"owner": "somebody"}) for n in range(4)]
    assert unusual(changes(connection, *edits, watch=watch)) == set()


def test_more_than_was_ever_usual_is_not(connection: duckdb.DuckDBPyConnection) -> None:
    watch = WATCH.model_copy(
        update={"measures": (Measure(kind="changed", column="owner", floor_pct=0, fewest=1),)}
    )
    edits = [(n, {"owner": "somebody"}) for n in range(10)]
    found = changes(connection, *edits, watch=watch)
    assert unusual(found) == {"owner"}
    example = found["owner"].example
    assert example is not None
    assert example.endswith("now=somebody")


def test_a_table_without_a_past_is_judged_by_wider_floors(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    watch = WATCH.model_copy(update={"has_past": False})
    twenty = [(n, {"owner": "one person"}) for n in range(40)]
    found = changes(connection, *twenty, watch=watch)
    assert (found["owner"].usual_pct, found["owner"].limit_pct) == (None, 0.25)
    assert unusual(found) == set()


def test_an_empty_table_is_never_unusual(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("delete from released.pipeline.fct_version")
    assert unusual(changes(connection)) == set()


def test_a_release_without_the_column_is_not_asked(connection: duckdb.DuckDBPyConnection) -> None:
    write(connection, "built", lives())
    connection.execute("alter table released.pipeline.fct_version drop column owner")
    assert watched(connection, [WATCH], "released", "built", Days(RELEASED, BUILT)) == []


@pytest.mark.parametrize(
    ("accepted", "block_above", "expected"),
    [
        ((), None, ("fail", "warn")),
        ((), 0.6, ("fail", "warn")),
        ((), 0.4, ("fail", "block")),
        (("owner", "owner_concentrated"), 0.4, ("pass", "warn")),
    ],
)
def test_the_unusual_warns_or_blocks_or_is_meant(
    connection: duckdb.DuckDBPyConnection,
    accepted: tuple[str, ...],
    block_above: float | None,
    expected: tuple[str, str],
) -> None:
    found = changes(connection, *((n, {"owner": "one person"}) for n in range(100)))
    result = judge(WATCH, list(found.values()), accepted, block_above)
    assert (result.status, result.severity) == expected
    assert result.observed is not None
    assert "owner 50.0% (100 of 200 open deals in 1 days; up to 1.5% are usual)" in result.observed
    if result.status == "fail":
        assert "state/open_deals.owner" in result.next_step
        assert result.example is not None
        assert result.example.endswith("now=one person; owner=one person")
        assert result.n_failed == 100


def test_a_share_of_few_records_only_warns(connection: duckdb.DuckDBPyConnection) -> None:
    found = changes(connection, *((n, {"owner": "one person"}) for n in range(100)))
    few = [replace(each, n_records=9, n_changed=9) for each in found.values()]
    assert judge(WATCH, few, (), 0.4).severity == "warn"
    few_block = WATCH.model_copy(update={"fewest_to_block": 9})
    assert judge(few_block, few, (), 0.4).severity == "block"


def test_watches_name_each_measure_once(tmp_path: Path) -> None:
    files = sorted(FOLDER.glob("*.yaml"))
    document = [each for file in files for each in yaml.safe_load(file.read_text("utf-8"))]
    tables = {each["table"] for each in document}
    assert {each.name for each in load_watches(FOLDER, tables)} == {e["name"] for e in document}
    assert load_watches(FOLDER, ()) == ()
    document[0]["measures"].append(document[0]["measures"][0])
    file = tmp_path / "watches.yaml"
    file.write_text(yaml.safe_dump(document), encoding="utf-8")
    with pytest.raises(ConfigurationError, match="owner_id"):
        load_watches(tmp_path, tables)
