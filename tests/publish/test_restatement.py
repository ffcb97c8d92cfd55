"""What moved in closed periods has one cause each, names its deals, and leaves no residual."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from random import Random
from typing import Any

import duckdb
import pytest

from pipelines.publish.restatement import Restatement, residuals, restatements

Deal = dict[str, Any]
SCHEMA = """
create schema {db}.pipeline; create schema {db}.attainment; create schema {db}.shared;
create table {db}.pipeline.fct_opportunity (
    opportunity_key varchar, opportunity_id varchar, owner_id varchar, team varchar,
    closed_on date, currency varchar, status varchar, amount_in_currency decimal(18, 4),
    amount decimal(18, 4)
);
create table {db}.attainment.fct_credit (
    opportunity_key varchar, opportunity_id varchar, participant_id varchar, quota_key varchar,
    measure varchar, credit_amount decimal(18, 4)
);
create table {db}.attainment.fct_quota (
    quota_key varchar, participant_id varchar, measure varchar, period_start_on date,
    period_end_on date
);
create table {db}.attainment.fct_quota_attainment (
    quota_key varchar, participant_id varchar, measure varchar, period_start_on date,
    period_end_on date, quota_amount decimal(18, 4)
);
create table {db}.shared.dim_fiscal_period as
select 'quarter' as period_type, cast(starts_on as date) as period_start_on,
    cast(starts_on + interval 3 month as date) as period_end_on
from unnest([date '2025-02-01', date '2025-05-01', date '2025-08-01', date '2025-11-01'])
    as quarters(starts_on);
"""
QUARTERS = [date(2025, 2, 1), date(2025, 5, 1), date(2025, 8, 1), date(2025, 11, 1)]
CLOSED_BEFORE = date(2025, 11, 1)
"""The first three quarters are closed."""


def deal(number: int, **changed: Any) -> Deal:
    return {
        "opportunity_key": f"k{number}",
        "opportunity_id": f"D{number:03}",
        "owner_id": "ann",
        "team": "north",
        "closed_on": date(2025, 3, 10),
        "currency": "USD",
        "status": "won",
        "amount_in_currency": Decimal(100),
        "amount": Decimal(100),
    } | changed


def quarter_of(day: date) -> date:
    return max(start for start in QUARTERS if start <= day)


class States:
    """Two states of the public tables on one connection."""

    def __init__(self) -> None:
        self.connection = duckdb.connect()
        for side in ("before", "after"):
            self.connection.execute(f"attach ':memory:' as {side}")
            self.connection.execute(SCHEMA.format(db=side))

    def fill(self, side: str, deals: list[Deal], quotas: dict[tuple[str, date], int]) -> None:
        for each in deals:
            self.connection.execute(
                f"insert into {side}.pipeline.fct_opportunity values "
                f"({', '.join('?' for _ in each)})",
                list(each.values()),
            )
            if each["status"] == "won":
                start = quarter_of(each["closed_on"])
                self.connection.execute(
                    f"insert into {side}.attainment.fct_credit values (?, ?, ?, ?, 'bookings', ?)",
                    [
                        each["opportunity_key"],
                        each["opportunity_id"],
                        each["owner_id"],
                        f"q-{each['owner_id']}-{start}",
                        each["amount"],
                    ],
                )
        for (who, start), amount in quotas.items():
            row = [f"q-{who}-{start}", who, "bookings", start]
            end = date(start.year + (start.month == 11), (start.month + 2) % 12 + 1, 1)
            self.connection.execute(
                f"insert into {side}.attainment.fct_quota values (?, ?, ?, ?, ?)", [*row, end]
            )
            self.connection.execute(
                f"insert into {side}.attainment.fct_quota_attainment values (?, ?, ?, ?, ?, ?)",
                [*row, end, amount],
            )

    def moved(self) -> list[Restatement]:
        return restatements(self.connection, "before", "after", CLOSED_BEFORE)


QUOTAS = {(who, start): 1000 for who in ("ann", "bob") for start in QUARTERS}


@pytest.fixture
def states() -> Iterator[States]:
    made = States()
    yield made
    made.connection.close()


def company(found: list[Restatement]) -> list[tuple[date, str, Decimal, Decimal, Decimal, str]]:
    return [
        (
            row.period_start_on,
            row.cause,
            row.old_value,
            row.new_value,
            row.delta_amount,
            row.deals,
        )
        for row in found
        if (row.metric, row.scope_type) == ("bookings", "company")
    ]


@pytest.mark.parametrize(
    ("before", "after", "cause", "delta"),
    [
        ([], [deal(1)], "late_data", 100),
        ([deal(1, status="open", closed_on=None)], [deal(1)], "late_data", 100),
        ([deal(1)], [], "reversal", -100),
        ([deal(1)], [deal(1, status="lost")], "reversal", -100),
        (
            [deal(1)],
            [deal(1, amount_in_currency=Decimal(130), amount=Decimal(130))],
            "edit",
            30,
        ),
        ([deal(1)], [deal(1, closed_on=date(2025, 12, 1))], "edit", -100),
        (
            [deal(1, currency="EUR", amount=Decimal(110))],
            [deal(1, currency="EUR", amount=Decimal(105))],
            "rate",
            -5,
        ),
    ],
)
def test_a_movement_of_bookings_has_its_cause(
    states: States, before: list[Deal], after: list[Deal], cause: str, delta: int
) -> None:
    states.fill("before", [deal(0), *before], QUOTAS)
    states.fill("after", [deal(0), *after], QUOTAS)
    [row] = company(states.moved())
    old = 100 + sum(d["amount"] for d in before if d["status"] == "won")
    assert row == (date(2025, 2, 1), cause, old, old + delta, delta, "D001")


def test_another_owner_moves_sellers_and_teams_but_not_the_company(states: States) -> None:
    states.fill("before", [deal(1)], QUOTAS)
    states.fill("after", [deal(1, owner_id="bob", team="south")], QUOTAS)
    found = states.moved()
    assert company(found) == []
    moves = {
        (row.metric, row.scope_type, row.scope_id): (row.cause, row.delta_amount) for row in found
    }
    assert moves == {
        ("bookings", "owner", "ann"): ("hierarchy", -100),
        ("bookings", "owner", "bob"): ("hierarchy", 100),
        ("bookings", "team", "north"): ("hierarchy", -100),
        ("bookings", "team", "south"): ("hierarchy", 100),
        ("credit/bookings", "participant", "ann"): ("hierarchy", -100),
        ("credit/bookings", "participant", "bob"): ("hierarchy", 100),
    }


def test_deals_without_a_team_are_apart_from_a_team_called_unassigned(states: States) -> None:
    """The first deal is edited; the second loses the team whose name is `unassigned`."""
    named: Deal = {"team": "unassigned"}
    states.fill("before", [deal(1, team=None), deal(2, **named), deal(3, **named)], QUOTAS)
    edited = deal(1, team=None, amount=Decimal(130), amount_in_currency=Decimal(130))
    states.fill("after", [edited, deal(2, team=None), deal(3, **named)], QUOTAS)
    found = states.moved()
    assert residuals(found) == []
    assert sorted(
        (row.scope_id, row.cause, row.old_value, row.new_value, row.delta_amount)
        for row in found
        if row.scope_type == "team"
    ) == [
        ('"unassigned"', "hierarchy", 200, 100, -100),
        ("unassigned", "edit", 100, 230, 30),
        ("unassigned", "hierarchy", 100, 230, 100),
    ]


def test_a_quota_that_was_changed_names_itself(states: States) -> None:
    states.fill("before", [deal(1)], QUOTAS)
    states.fill("after", [deal(1)], QUOTAS | {("ann", date(2025, 5, 1)): 850})
    row, total = states.moved()[::-1]
    assert (total.scope_type, total.old_value, total.new_value) == ("company", 2000, 1850)
    assert (row.metric, row.scope_id, row.cause, row.old_value, row.new_value) == (
        "quota/bookings",
        "ann",
        "edit",
        1000,
        850,
    )
    assert row.deals == "q-ann-2025-05-01"


def test_credit_counted_another_way_is_a_definition(states: States) -> None:
    states.fill("before", [deal(1)], QUOTAS)
    states.fill("after", [deal(1)], QUOTAS)
    states.connection.execute("update after.attainment.fct_credit set credit_amount = 50")
    found = {(row.metric, row.scope_type, row.cause, row.delta_amount) for row in states.moved()}
    assert found == {
        ("credit/bookings", scope, "definition", -50) for scope in ("company", "participant")
    }


def test_open_periods_may_move_as_they_like(states: States) -> None:
    states.fill("before", [deal(1, closed_on=date(2025, 11, 20))], QUOTAS)
    states.fill("after", [], QUOTAS)
    assert states.moved() == []


def test_many_deals_are_counted_and_the_first_are_named(states: States) -> None:
    states.fill("before", [], QUOTAS)
    states.fill("after", [deal(number) for number in range(40)], QUOTAS)
    [row] = [r for r in states.moved() if (r.metric, r.scope_type) == ("bookings", "company")]
    assert row.n_deals == 40
    assert row.deals.split(",") == [f"D{number:03}" for number in range(20)]


@pytest.mark.parametrize("seed", range(25))
def test_causes_explain_every_movement_exactly(states: States, seed: int) -> None:
    """Against a computation of its own: totals by hand, from the rows."""
    rng = Random(seed)

    def some(number: int) -> Deal:
        amount = Decimal(rng.randrange(1, 500))
        status = rng.choice(["won", "won", "open", "lost"])
        closed = date(2025, rng.randrange(2, 13), rng.randrange(1, 28))
        return deal(
            number,
            owner_id=rng.choice(["ann", "bob"]),
            team=rng.choice(["north", "south"]),
            status=status,
            closed_on=None if status == "open" else closed,
            amount_in_currency=amount,
            amount=amount,
        )

    before = [some(number) for number in range(30)]
    after = [
        rng.choice([each, each, some(int(each["opportunity_id"][1:]))])
        for each in before
        if rng.random() < 0.9
    ] + [some(100 + number) for number in range(5)]
    states.fill("before", before, QUOTAS)
    states.fill("after", after, QUOTAS)
    found = states.moved()
    assert residuals(found) == []

    def totals(deals: list[Deal], scope: str) -> dict[tuple[str, date], Decimal]:
        sums: dict[tuple[str, date], Decimal] = defaultdict(Decimal)
        for each in deals:
            if each["status"] == "won" and quarter_of(each["closed_on"]) < date(2025, 11, 1):
                key = {"company": "company", "owner": each["owner_id"], "team": each["team"]}[scope]
                sums[key, quarter_of(each["closed_on"])] += each["amount"]
        return sums

    for scope in ("company", "owner", "team"):
        old, new = totals(before, scope), totals(after, scope)
        expected = {key: new[key] - old[key] for key in {*old, *new} if new[key] != old[key]}
        explained: dict[tuple[str, date], Decimal] = defaultdict(Decimal)
        for row in found:
            if (row.metric, row.scope_type) == ("bookings", scope):
                explained[row.scope_id, row.period_start_on] += row.delta_amount
                assert row.old_value == old[row.scope_id, row.period_start_on]
                assert row.new_value == new[row.scope_id, row.period_start_on]
        assert {key: value for key, value in explained.items() if value} == expected


def test_a_release_without_these_tables_has_nothing_to_restate() -> None:
    with duckdb.connect() as connection:
        connection.execute("attach ':memory:' as before")
        connection.execute("attach ':memory:' as after")
        assert restatements(connection, "before", "after", CLOSED_BEFORE) == []
