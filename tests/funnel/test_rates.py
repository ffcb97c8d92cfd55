"""Rates are of the right deals, and only of periods and cohorts that were seen whole."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Any

import duckdb
import pytest

from pipelines.settings import load_company
from pipelines.transform.dbt_project import DbtProject
from tests.funnel.company import (
    AS_OF,
    BOOKINGS,
    CLOSED_ON,
    LEADS,
    QUARTERS,
    REOPENED,
    REOPENED_WON,
    STRAIGHT,
    STRAIGHT_WON,
    WON_ON,
)
from tests.history.world import build_models
from tests.sources.world import Systems

pytestmark = pytest.mark.xdist_group("rates")


# --- win rates of stages -------------------------------------------------------------------------


def test_a_deal_lost_reopened_and_closed_again_counts_once_in_the_stages_it_stood_in(
    rates: Systems,
) -> None:
    assert rates.rows(
        "select n_closed, n_won, win_rate_pct, is_pooled from forecast.fct_stage_win_rate "
        f"where source_system = 'salesforce' and stage = 'Needs Analysis' and as_of_on = '{AS_OF}'"
    ) == [(80, 30, 0.375, False)]


@pytest.mark.parametrize(
    ("day", "closed", "won"),
    [
        # Beside the 80 deals, one was lost long ago and 14 bookings were made by then.
        pytest.param("2026-02-22", 1 + 14 + REOPENED, 14, id="lost_for_now"),
        pytest.param("2026-03-29", 1 + 14, 14, id="reopened"),
        pytest.param("2026-04-19", 1 + 14 + 80, 14 + 30, id="closed_for_good"),
    ],
)
def test_the_pool_of_all_stages_counts_who_is_closed_that_day(
    rates: Systems, day: str, closed: int, won: int
) -> None:
    assert sum(each.day <= date.fromisoformat(day) for each in BOOKINGS) == 14
    assert rates.rows(
        "select n_closed, n_won from forecast.fct_stage_win_rate where is_pooled "
        f"and source_system = 'salesforce' and stage = 'Value Proposition' and as_of_on = '{day}'"
    ) == [(closed, won)]


# --- the first day that is on record -------------------------------------------------------------


def test_a_booking_that_was_taken_back_begins_no_record(rates: Systems) -> None:
    assert rates.rows(
        "select source_system, first_observed_on, last_observed_on from core.core_observed_span "
        "order by all"
    ) == [
        ("hubspot", date(2025, 6, 1), date(2026, 5, 2)),
        ("maven_crm", date(2025, 5, 1), date(2025, 5, 1)),
        ("salesforce", date(2024, 6, 14), date(2026, 5, 3)),
    ]


def test_the_pace_learns_from_quarters_that_were_seen_whole(rates: Systems) -> None:
    learnt = [
        (each.day, each.amount) for each in BOOKINGS if QUARTERS[1] <= each.day < QUARTERS[-1]
    ]
    learnt += [(CLOSED_ON, 10)] * (REOPENED_WON + STRAIGHT_WON)
    learnt += [(date(2025, 6, 13), 400), (date(2025, 5, 1), 9)]
    learnt += [(date(2025, 6, 1), amount) for amount in (1111, 2222, 3333)]
    ends = dict(pairwise(QUARTERS))

    def days_left(day: date) -> int:
        start = max(each for each in QUARTERS if each <= day)
        return (ends[start] - day).days - 1

    total = sum(amount for _, amount in learnt)
    by_then = sum(amount for day, amount in learnt if days_left(day) >= 31)
    [(periods, reference, share)] = rates.rows(
        "select n_reference_periods, reference_amount, expected_share_pct "
        "from attainment.fct_booking_curve "
        "where period_start_on = '2026-05-01' and period_end_on = '2026-08-01' and days_left = 31"
    )
    assert (periods, reference) == (7, Decimal(total))
    assert share == pytest.approx(by_then / total)


def test_a_quarter_that_began_before_the_first_booking_is_left_truncated(rates: Systems) -> None:
    """A deal was lost in the quarter before; that alone makes no record of a quarter."""
    assert rates.rows(
        "select period_start_on, is_left_truncated from pipeline.fct_win_rate "
        "where node_type = 'company' and period_start_on <= '2024-08-01' order by all"
    ) == [
        (date(2024, 2, 1), True),
        (date(2024, 5, 1), True),
        (date(2024, 8, 1), False),
    ]


# --- cohorts -------------------------------------------------------------------------------------


def test_leads_convert_at_a_rate_only_in_months_seen_whole_and_old_enough(rates: Systems) -> None:
    horizon = max(each.waited for each in LEADS if each.waited is not None)
    assert horizon == 25
    assert rates.rows(
        "select cohort_month_on, n_leads, n_converted, is_left_truncated, is_mature, "
        "horizon_days, conversion_pct from funnel.fct_lead_conversion "
        "where lead_source = 'Web' order by all"
    ) == [
        (date(2024, 5, 1), 1, 1, True, True, 25, None),
        (date(2024, 6, 1), 1, 1, True, True, 25, None),
        (date(2025, 3, 1), 4, 2, False, True, 25, 0.5),
        (date(2026, 4, 1), 2, 1, False, True, 25, 0.5),
        (date(2026, 5, 1), 1, 0, False, False, 25, None),
    ]


def test_a_win_takes_longer_than_a_conversion(rates: Systems) -> None:
    longest = max(
        (WON_ON[each.deal] - each.created_on).days for each in LEADS if each.deal in WON_ON
    )
    assert rates.rows(
        "select cohort_month_on, won_horizon_days, is_won_mature, lead_to_won_pct "
        "from funnel.fct_lead_conversion where lead_source = 'Web' "
        "and cohort_month_on >= '2025-03-01' order by all"
    ) == [
        (date(2025, 3, 1), longest, True, 0),
        (date(2026, 4, 1), longest, False, None),
        (date(2026, 5, 1), longest, False, None),
    ]


def test_a_stage_converts_at_a_rate_only_where_its_deals_had_time_to_leave(
    rates: Systems,
) -> None:
    """In February 40 deals came and one was won that day; in March those that were reopened."""
    assert rates.rows(
        "select cohort_month_on, n_entered, n_advanced, n_open_here, n_decided, horizon_days, "
        "is_mature, conversion_pct, decided_conversion_pct from funnel.fct_stage_conversion "
        "where source_system = 'salesforce' and stage = 'Needs Analysis' "
        "and cohort_month_on in ('2026-02-01', '2026-03-01') order by all"
    ) == [
        (date(2026, 2, 1), 41, 11, 0, 41, 64, True, 11 / 41, 11 / 41),
        (date(2026, 3, 1), 40, 20, 0, 40, 64, False, None, 0.5),
    ]
    assert (CLOSED_ON - date(2026, 2, 10)).days == 64
    assert STRAIGHT + 1 == 41


def test_open_deals_of_a_young_cohort_are_no_losses(rates: Systems) -> None:
    """N1 came in May and is still there, beside a booking of a deal nobody saw before."""
    assert rates.rows(
        "select n_entered, n_advanced, n_open_here, is_mature, conversion_pct, "
        "decided_conversion_pct from funnel.fct_stage_conversion where stage = 'Needs Analysis' "
        "and source_system = 'salesforce' and cohort_month_on = '2026-05-01'"
    ) == [(2, 1, 1, False, None, 1.0)]


def test_a_stage_cohort_before_the_first_booking_has_no_rate(rates: Systems) -> None:
    assert rates.rows(
        "select distinct is_left_truncated, conversion_pct is null, decided_conversion_pct is null "
        "from funnel.fct_stage_conversion where source_system = 'salesforce' "
        "and cohort_month_on <= '2024-06-01'"
    ) == [(True, True, True)]


# --- no source, no team, and words that say so ---------------------------------------------------


def test_no_source_is_another_group_than_a_source_called_unknown(rates: Systems) -> None:
    assert rates.rows(
        "select lead_source, is_source_missing, n_leads from funnel.fct_lead_conversion "
        "where cohort_month_on = '2025-03-01' and coalesce(lead_source, 'unknown') = 'unknown' "
        "order by n_leads"
    ) == [(None, True, 1), ("unknown", False, 2)]
    [(keys, rows)] = rates.rows(
        "select count(distinct lead_conversion_key), count(*) from funnel.fct_lead_conversion"
    )
    assert keys == rows


def test_no_team_is_another_node_than_a_team_called_unassigned(rates: Systems) -> None:
    assert rates.rows(
        "select is_unassigned, sum(n_won) from pipeline.fct_win_rate where node_type = 'team' "
        "and node_name = 'unassigned' and period_start_on = '2025-05-01' group by all order by all"
    ) == [(False, 4), (True, 3)]
    [(keys, rows)] = rates.rows(
        "select count(distinct win_rate_key), count(*) from pipeline.fct_win_rate"
    )
    assert keys == rows


# --- systems -------------------------------------------------------------------------------------


def test_a_lead_meets_its_deal_in_another_system_where_the_id_leaves_no_doubt(
    rates: Systems,
) -> None:
    """H1 is HubSpot's, two systems have X9, nobody has the third."""
    assert rates.rows(
        "select n_with_opportunity, n_ambiguous_opportunity, n_unknown_opportunity, n_closed, "
        "n_won, won_amount from funnel.fct_lead_conversion where lead_source = 'Partner'"
    ) == [(3, 1, 1, 1, 1, Decimal(400))]


def test_a_lead_keeps_to_the_deals_of_its_own_system(rates: Systems) -> None:
    """HubSpot has deals of both ids; Salesforce's own is won for 305, and deleted."""
    [own] = [each.amount for each in BOOKINGS if each.deal == "B5"]
    assert rates.rows(
        "select n_with_opportunity, n_unknown_opportunity, n_won, won_amount "
        "from funnel.fct_lead_conversion where lead_source = 'Own'"
    ) == [(2, 1, 1, Decimal(own))]


def test_only_enabled_systems_have_stages(rates: Systems) -> None:
    enabled = set(load_company(rates.company.file).sources)
    for table in ("shared.dim_stage", "forecast.fct_stage_win_rate"):
        assert {row[0] for row in rates.rows(f"select source_system from {table}")} == enabled


# --- entries of stages ---------------------------------------------------------------------------


def test_the_first_entry_counts_in_whatever_order_entries_were_written(rates: Systems) -> None:
    assert entries_of_h1(rates) == [("offer", date(2025, 3, 20)), ("talk", date(2025, 2, 10))]


def test_a_source_may_deliver_every_entry_in_any_order(rates: Systems) -> None:
    """Whatever a staging model leaves to core: one file, one stamp, several entries of a stage."""
    with duckdb.connect(str(rates.company.warehouse_file)) as connection:
        connection.execute(
            "create or replace view staging.stg_hubspot__stage_entry as select 'hubspot' as "
            "source_system, 'H1' as opportunity_id, 'talk' as stage_value, day as entered_on, "
            "timestamp '2026-05-31' as recorded_at, timestamp '2026-05-31' as extracted_at, "
            "'upsert' as op, 1 as batch_id, 'deals.csv' as source_file, line as source_line "
            "from (values (date '2025-02-10', 3), (date '2025-05-02', 2), (date '2025-07-01', 1)) "
            "as entries (day, line) order by day desc"
        )
    build_models(DbtProject(rates.company), "core_stage_entry")
    assert entries_of_h1(rates) == [("talk", date(2025, 2, 10))]


def entries_of_h1(rates: Systems) -> list[tuple[Any, ...]]:
    return rates.rows(
        "select stage, entered_on from core.core_stage_entry where opportunity_id = 'H1' "
        "order by all"
    )
