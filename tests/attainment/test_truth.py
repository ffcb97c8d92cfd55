"""The engine's numbers equal what was simulated, and what bare SQL makes of the same files."""

from __future__ import annotations

import statistics
from collections import defaultdict
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise

import duckdb
import pytest

from pipelines.demo.clock import end_of_day
from tests.attainment.conftest import Published

pytestmark = pytest.mark.xdist_group("attainment")

CENT = Decimal("0.01")


def last_moment(demo: Published) -> datetime:
    return end_of_day(demo.days[-1])


def test_booking_events_are_those_of_the_simulation(demo: Published) -> None:
    """Every event at its instant with its amount; a warehouse sees only what was exported."""
    found: dict[tuple[str, datetime], Decimal] = defaultdict(Decimal)
    for deal, at, amount in demo.rows(
        "select opportunity_id, recorded_at, amount_in_currency from attainment.fct_booking_event "
        "where not is_amount_missing"
    ):
        found[deal, at] += amount
    expected: dict[tuple[str, datetime], Decimal] = defaultdict(Decimal)
    gone = {
        deal for (deal,) in demo.true("select opportunity_id from deal where deleted_at < now()")
    }
    for deal, at, amount in demo.true('select opportunity_id, "at", amount from booking'):
        if at < last_moment(demo) and deal not in gone:
            expected[deal, at] += Decimal(amount)
    differing = {
        key
        for key in expected.keys() | found.keys()
        if expected.get(key, 0) != found.get(key, 0) and key[0] not in gone
    }
    assert len(expected) > 500
    assert not differing


def test_kinds_of_events_are_those_of_the_simulation(demo: Published) -> None:
    kinds = dict(
        demo.rows(
            "select event, count(distinct (opportunity_id, recorded_at)) "
            "from attainment.fct_booking_event group by event"
        )
    )
    assert set(kinds) == {"book", "adjust", "reverse", "rebook"}
    for event, n_events in demo.true(
        "select event, count(*) from booking inner join deal using (opportunity_id) "
        f"where \"at\" < timestamp '{last_moment(demo)}' and deleted_at is null group by event"
    ):
        assert kinds[event] == n_events, event


def test_credit_of_every_participant_and_deal_is_the_simulations(demo: Published) -> None:
    """To the cent, in the deal's own currency; deals whose fate is not sealed yet are left out."""
    sealed = (
        "with sealed as (select opportunity_id from deal left join booking "
        "using (opportunity_id) where deleted_at is null group by opportunity_id "
        f"having max(\"at\") < timestamp '{last_moment(demo)}') "
    )
    expected = {
        (deal, participant, is_overlay): Decimal(cents) / 100
        for deal, participant, is_overlay, cents in demo.true(
            sealed + "select opportunity_id, participant_id, is_overlay, sum(credit_cents) "
            "from credit inner join sealed using (opportunity_id) group by all"
        )
    }
    found = {
        tuple(key): amount
        for *key, amount in demo.rows(
            "select opportunity_id, participant_id, credit_type = 'overlay', "
            "sum(credit_amount_in_currency) from attainment.fct_credit group by all"
        )
    }
    assert len(expected) > 500
    assert {key: found.get(key) for key in expected} == expected


def test_attainment_of_every_seller_equals_simulated_credit_and_quota(demo: Published) -> None:
    """Credit in dollars, added up from the simulation's shares with the bank's rates."""
    rates = {
        (currency, year): rate
        for currency, year, rate in demo.rows(
            "select currency, fiscal_year, plan_rate from shared.dim_plan_rate"
        )
    }
    credits: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for participant, period, cents, currency in demo.true(
        "select participant_id, fiscal_quarter, credit_cents, credit.currency from credit "
        "inner join deal using (opportunity_id) where not is_overlay and won_at < "
        f"timestamp '{last_moment(demo)}'"
    ):
        rate = rates[currency, int(period[2:6])]
        exact = Decimal(cents) / 100 * rate
        credits[participant, period] += exact.quantize(Decimal("0.0001"), ROUND_HALF_UP)
    quotas = {
        (participant, period): (Decimal(full), Decimal(amount))
        for participant, period, full, amount in demo.true(
            "select participant_id, fiscal_quarter, max_by(full_amount, version), "
            "max_by(amount, version) from quota where measure = 'bookings' group by all"
        )
    }
    # A quarter that runs, or has just ended, still has bookings to come or to be taken back.
    rows = demo.rows(
        "select participant_id, period_key, full_quota_amount, quota_amount, credit_amount "
        "from attainment.fct_quota_attainment as a inner join shared.dim_fiscal_period as p "
        "on a.period_start_on = p.period_start_on and a.period_end_on = p.period_end_on "
        "where measure = 'bookings' and a.period_end_on <= date '2026-02-01'"
    )
    assert len(rows) > 100
    for participant, period, full, quota, credit in rows:
        assert (full, quota) == quotas[participant, period]
        assert abs(credit - credits[participant, period]) < CENT, (participant, period)


def test_direct_credit_is_bookings_in_every_period_and_on_every_day(demo: Published) -> None:
    for day in ("fiscal_month_key", "fiscal_quarter_key", "recorded_on"):
        credited = demo.rows(
            f"select {day}, sum(credit_amount), sum(plan_credit_amount), "
            "sum(booked_credit_amount), sum(spot_credit_amount), sum(credit_amount_in_currency) "
            "from attainment.fct_credit where credit_type <> 'overlay' and cause <> 'recredit' "
            f"group by {day} having count(credit_amount) > 0 order by {day}"
        )
        booked = demo.rows(
            f"select {day}, sum(amount), sum(plan_amount), sum(booked_amount), sum(spot_amount), "
            "sum(amount_in_currency) from attainment.fct_booking_event "
            f"group by {day} having count(amount) > 0 order by {day}"
        )
        assert credited == booked
    assert (
        demo.rows(
            "select booking_event_id, recorded_on, sum(credit_amount) from attainment.fct_credit "
            "where credit_type <> 'overlay' and cause = 'recredit' group by all "
            "having sum(credit_amount) <> 0"
        )
        == []
    )


def test_rates_are_the_banks(demo: Published) -> None:
    """Booking and spot rates as read from the bank's file by other means."""
    bank = duckdb.connect()
    bank.execute(
        "create table bank as select * from read_csv(?, header = true, all_varchar = true)",
        [str(demo.extracts / demo.days[-1].isoformat() / "eurofxref-hist.csv")],
    )

    def rate(currency: str, day: date) -> Decimal:
        per_euro = "1" if currency == "EUR" else f"cast({currency} as decimal(18, 9))"
        [(dollars, other)] = bank.execute(
            f"select cast(USD as decimal(18, 9)), {per_euro} from bank where Date <= ? "
            "order by Date desc limit 1",
            [day.isoformat()],
        ).fetchall()
        return Decimal(dollars) / Decimal(other)

    checked = 0
    for currency, effective_on, booking_rate, spot_rate in demo.rows(
        "select distinct currency, effective_on, booking_rate, spot_rate "
        "from attainment.fct_booking_event where currency <> 'USD' order by all limit 60"
    ):
        assert abs(booking_rate - rate(currency, effective_on)) < Decimal("1e-8")
        assert abs(spot_rate - rate(currency, demo.days[-1])) < Decimal("1e-8")
        checked += 1
    assert checked == 60


@pytest.mark.parametrize("hierarchy", ["as_was", "as_is", "as_planned"])
def test_nodes_add_up_from_sellers_to_the_company(demo: Published, hierarchy: str) -> None:
    """Level by level, credit and street quota, in every period; written without the marts' SQL."""
    nodes: dict[tuple[str, str, date], tuple[Decimal, Decimal]] = {}
    below: dict[tuple[str, str, date], list[Decimal]] = defaultdict(lambda: [Decimal(0)] * 2)
    for node, parent, kind, start, credit, quota in demo.rows(
        "select node_key, parent_node_key, node_type, period_start_on, credit_amount, "
        "street_quota_amount from attainment.fct_quota_attainment_node "
        "where tree = 'org' and measure = 'bookings' and hierarchy = ?",
        hierarchy,
    ):
        if kind != "participant":
            nodes[node, kind, start] = (credit, quota)
        if parent:
            kind_above = {"participant": "team", "team": "region", "region": "company"}[kind]
            total = below[parent, kind_above, start]
            below[parent, kind_above, start] = [total[0] + credit, total[1] + quota]
    assert len(nodes) > 50
    assert {key: list(values) for key, values in nodes.items()} == dict(below)
    bookings = dict(
        demo.rows(
            "select p.period_start_on, sum(amount) from attainment.fct_booking_event as e "
            "inner join shared.dim_fiscal_period as p on e.fiscal_quarter_key = p.period_key "
            "group by all"
        )
    )
    for (node, _, start), (credit, _) in nodes.items():
        if node == "company" and start in bookings:
            assert credit == (bookings[start] or 0)


def test_team_credit_is_what_the_people_below_sold(demo: Published) -> None:
    """A manager's attainment from the CRM's own reporting lines, user by user."""
    above: dict[tuple[str, date], str] = {}
    versions: dict[str, list[tuple[date, date, str]]] = defaultdict(list)
    for participant, first, end, manager in demo.rows(
        "select participant_id, valid_from, valid_to, manager_id from shared.dim_participant"
    ):
        versions[participant].append((first, end, manager))

    def manager_of(participant: str, day: date) -> str | None:
        if (participant, day) not in above:
            found = [m for first, end, m in versions[participant] if first <= day < end]
            above[participant, day] = found[0] if found else None
        return above[participant, day]

    sold: dict[tuple[str, date], Decimal] = defaultdict(Decimal)
    periods = demo.rows(
        "select distinct period_start_on, period_end_on from attainment.fct_quota_attainment"
    )
    for participant, day, amount in demo.rows(
        "select participant_id, booked_on, sum(credit_amount) from attainment.fct_credit "
        "where measure = 'bookings' group by all"
    ):
        start = next((first for first, end in periods if first <= day < end), None)
        boss = manager_of(participant, day)
        while boss is not None and start is not None:
            sold[boss, start] += amount or 0
            boss = manager_of(boss, day)
    rows = demo.rows(
        "select participant_id, period_start_on, credit_amount "
        "from attainment.fct_quota_attainment where measure = 'team_bookings'"
    )
    assert len(rows) > 50
    assert {(p, s): credit for p, s, credit in rows} == {(p, s): sold[p, s] for p, s, _ in rows}


def test_what_moved_between_hierarchies_explains_every_team(demo: Published) -> None:
    moved: dict[tuple[str, date], Decimal] = defaultdict(Decimal)
    for was, now, start, credit in demo.rows(
        "select was_node_key, is_node_key, period_start_on, credit_amount "
        "from attainment.fct_hierarchy_move where measure = 'bookings'"
    ):
        moved[was, start] -= credit
        moved[now, start] += credit
    teams: dict[tuple[str, date], Decimal] = defaultdict(Decimal)
    for node, start, hierarchy, credit in demo.rows(
        "select node_key, period_start_on, hierarchy, credit_amount "
        "from attainment.fct_quota_attainment_node "
        "where node_type = 'team' and measure = 'bookings' and hierarchy <> 'as_planned'"
    ):
        teams[node, start] += credit if hierarchy == "as_is" else -credit
    differing = {key: amount for key, amount in teams.items() if amount != moved[key]}
    assert not differing
    assert any(moved.values())


def test_over_assignment_is_beside_the_nodes_own_quota(demo: Published) -> None:
    rows = demo.rows(
        "select quota_amount, street_quota_amount, over_assignment_pct, attainment_factor_pct "
        "from attainment.fct_quota_attainment_node where node_key = 'company' "
        "and measure = 'bookings' and hierarchy = 'as_was' and quota_amount is not null"
    )
    assert len(rows) == 8
    for own, street, over, factor in rows:
        assert over == pytest.approx(float(street / own) - 1)
        assert factor == pytest.approx(float(own / street))
    assert all(street > own for own, street, *_ in rows)


def test_the_matrix_has_no_fan_out(demo: Published) -> None:
    """Cells add up to the credit in every quarter, and by segment to what the accounts say."""
    for column in ("fiscal_quarter_key", "credit_type"):
        cells = demo.rows(
            f"select {column}, sum(credit_amount) from attainment.fct_credit_matrix "
            f"group by {column} order by {column}"
        )
        credits = demo.rows(
            f"select {column}, sum(credit_amount) from attainment.fct_credit "
            f"group by {column} having sum(credit_amount) is not null order by {column}"
        )
        assert [row for row in cells if row[1]] == [row for row in credits if row[1]]
    by_segment = dict(
        demo.rows(
            "select segment_asis, sum(credit_amount) from attainment.fct_credit_matrix "
            "where credit_type <> 'overlay' group by all"
        )
    )
    accounts = dict(
        demo.rows(
            "select case when n_employees < 200 then 'small' when n_employees < 1000 "
            "then 'middle' else 'large' end as size, sum(amount) "
            "from pipeline.fct_opportunity inner join shared.dim_account "
            "using (source_system, account_id) where status = 'won' group by size"
        )
    )
    assert by_segment == accounts


def test_pace_is_learnt_from_own_quarters(demo: Published) -> None:
    """The expected share of the running quarter, from bookings of the eight before it."""
    [(start, end, as_of)] = demo.rows(
        "select period_start_on, period_end_on, as_of_on from shared.dim_fiscal_period "
        "cross join meta.release where period_type = 'quarter' "
        "and period_start_on <= as_of_on and period_end_on > as_of_on"
    )
    days_left = (end - as_of).days - 1
    by_then = total = Decimal(0)
    n_periods = 0
    for first, after, booked_by_then, booked in demo.rows(
        "select p.period_start_on, p.period_end_on, "
        "sum(case when e.effective_on < p.period_end_on - ? then amount else 0 end), sum(amount) "
        "from shared.dim_fiscal_period as p inner join attainment.fct_booking_event as e "
        "on e.effective_on >= p.period_start_on and e.effective_on < p.period_end_on "
        "where p.period_type = 'quarter' and p.period_end_on <= ? and p.period_start_on >= "
        "(select min(effective_on) from attainment.fct_booking_event) "
        "group by all order by p.period_start_on desc limit 8",
        days_left,
        start,
    ):
        assert first < after
        by_then, total, n_periods = by_then + booked_by_then, total + booked, n_periods + 1
    assert n_periods >= 4
    [(expected, is_straight, n_learnt)] = demo.rows(
        "select distinct expected_share_pct, is_pace_straight_line, n_pace_periods "
        "from attainment.fct_quota_attainment where attainment_state = 'running'"
    )
    assert not is_straight
    assert n_learnt == n_periods
    assert expected == pytest.approx(float(by_then / total))
    straight = demo.value(
        "select count(*) from attainment.fct_booking_curve where n_reference_periods < 4 "
        "and not is_straight_line"
    )
    assert straight == 0


def test_curves_only_rise_where_nothing_is_taken_back(demo: Published) -> None:
    for start in {
        row[0] for row in demo.rows("select period_start_on from attainment.fct_booking_curve")
    }:
        shares = [
            share
            for (share,) in demo.rows(
                "select expected_share_pct from attainment.fct_booking_curve "
                "where period_start_on = ? order by day_on",
                start,
            )
        ]
        assert shares[-1] == pytest.approx(1)
        assert all(later >= earlier - 0.05 for earlier, later in pairwise(shares))


def test_linearity_by_another_way(demo: Published) -> None:
    rows = demo.rows(
        "select fiscal_quarter_key, period_end_on, booked_amount, month_3_amount, month_3_pct, "
        "last_14_days_amount from attainment.fct_linearity where node_key = 'company' "
        "and booked_amount > 0"
    )
    for key, end, booked, month_3, share, late in rows:
        [(expected, expected_month, expected_late)] = demo.rows(
            "select sum(amount), "
            "sum(case when effective_on >= date_trunc('month', cast(? as date) - 1) "
            "then amount else 0 end), "
            "sum(case when effective_on >= cast(? as date) - 14 then amount else 0 end) "
            "from attainment.fct_booking_event where fiscal_quarter_key = ?",
            end, end, key,
        )  # fmt: skip
        assert (booked, month_3, late) == (expected, expected_month, expected_late)
        assert share == pytest.approx(float(expected_month / expected))
    assert len(rows) >= 8


def test_distribution_by_another_way(demo: Published) -> None:
    [(start, n_people, median, p25, at_quota, gini, top)] = demo.rows(
        "select period_start_on, n_people, median_attainment_pct, p25_attainment_pct, "
        "n_at_quota, gini_index, top_decile_share_pct "
        "from attainment.fct_attainment_distribution where node_key = 'company' "
        "and period_start_on = date '2026-02-01' and measure = 'bookings'"
    )
    people = demo.rows(
        "select credit_amount, attainment_pct from attainment.fct_quota_attainment "
        "where period_start_on = ? and measure = 'bookings' and is_fully_ramped "
        "and is_in_seat_all_period",
        start,
    )
    rates = sorted(rate for _, rate in people)
    credits = sorted(float(credit) for credit, _ in people)
    assert n_people == len(people) >= 10
    assert median == pytest.approx(statistics.median(rates))
    assert p25 == pytest.approx(statistics.quantiles(rates, n=4, method="inclusive")[0])
    assert at_quota == sum(rate >= 1 for rate in rates)
    differences = sum(abs(a - b) for a in credits for b in credits)
    assert gini == pytest.approx(differences / (2 * len(credits) * sum(credits)))
    best = -(-len(credits) // 10)
    assert top == pytest.approx(sum(credits[-best:]) / sum(credits))
    hidden = demo.rows(
        "select n_people, median_attainment_pct, gini_index "
        "from attainment.fct_attainment_distribution where is_suppressed"
    )
    assert hidden
    assert all(n < 5 and median is None and gini is None for n, median, gini in hidden)


def test_distribution_without_quotas_is_over_those_in_seat_all_quarter(demo: Published) -> None:
    """The first quarter with bookings has no quotas: the seats in the file say who sells."""
    [(start, end)] = demo.rows(
        "select min(period_start_on), min(period_end_on) "
        "from attainment.fct_attainment_distribution where n_with_quota = 0"
    )
    seats = demo.extracts / str(demo.days[-1]) / "seats.csv"
    people = dict(
        duckdb.sql(
            f"select participant_id, true from read_csv('{seats}', all_varchar = true) "
            "where plan_id = 'AE-PLAN' and seat_state = 'active' "
            f"and valid_from <= '{start}' and coalesce(valid_to, '9999') >= '{end}'"
        ).fetchall()
    )
    booked: dict[str, Decimal] = defaultdict(Decimal)
    for participant, amount in demo.rows(
        "select participant_id, sum(credit_amount) from attainment.fct_credit "
        "where measure = 'bookings' and booked_on >= ? and booked_on < ? group by all",
        start,
        end,
    ):
        if participant in people:
            booked[participant] += amount
    [(n_people, n_at_zero, credit)] = demo.rows(
        "select n_people, n_at_zero, credit_amount from attainment.fct_attainment_distribution "
        "where node_key = 'company' and measure = 'bookings' and period_start_on = ?",
        start,
    )
    assert n_people == len(people) >= 10
    assert credit == sum(booked.values()) > 0
    assert n_at_zero == sum(booked[each] == 0 for each in people)


def test_who_left_within_a_period_has_the_plan_of_the_last_seat(demo: Published) -> None:
    seats = demo.extracts / str(demo.days[-1]) / "seats.csv"
    held = defaultdict(list)
    for participant, since, until, plan in duckdb.sql(
        "select participant_id, valid_from, coalesce(valid_to, '9999-12-31'), plan_id "
        f"from read_csv('{seats}', all_varchar = true) where seat_state = 'active'"
    ).fetchall():
        held[participant].append((since, until, plan))
    measured = demo.rows(
        "select participant_id, measure, period_start_on, period_end_on "
        "from attainment.fct_quota_attainment where quota_amount > 0"
    )
    expected = {}
    today = str(demo.days[-1])
    for participant, measure, start, end in measured:
        in_period = sorted(
            seat
            for seat in held[participant]
            if seat[0] < min(str(end), f"{today}~") and seat[1] > str(start)
        )
        if in_period:
            expected[participant, measure, start, end] = in_period[-1][2]
    found = {
        tuple(key): plan
        for *key, plan in demo.rows(
            "select participant_id, measure, period_start_on, period_end_on, plan_id "
            "from attainment.fct_attainment_tier"
        )
    }
    assert found == expected
    left = {key for key in found if any(s[1] < str(key[3]) for s in held[key[0]])}
    assert left


def test_tiers_by_another_way(demo: Published) -> None:
    rows = demo.rows(
        "select quota_amount, credit_amount, tier_reached, credit_to_next_tier_amount, "
        "marginal_estimate_amount, tier_kind from attainment.fct_attainment_tier "
        "where plan_id = 'AE-PLAN'"
    )
    assert len(rows) > 100
    for quota, credit, tier, to_next, payout, kind in rows:
        bounds = [Decimal(0), quota, quota * Decimal("1.25")]
        assert kind == "marginal"
        assert tier == sum(credit >= bound for bound in bounds)
        expected = sum(
            (
                max(min(credit, high) - low, Decimal(0)) * rate
                for low, high, rate in (
                    (Decimal(0), quota, Decimal("0.08")),
                    (quota, quota * Decimal("1.25"), Decimal("0.12")),
                    (quota * Decimal("1.25"), credit, Decimal("0.16")),
                )
            ),
            Decimal(0),
        )
        assert abs(payout - expected) < CENT
        assert to_next == (None if tier == 3 else bounds[tier] - credit)
