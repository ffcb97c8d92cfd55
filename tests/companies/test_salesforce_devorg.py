"""What a Salesforce user sees on a genuine export (A1 to A11), read from the release."""

from __future__ import annotations

import pytest

from tests.deployment import Deployment
from tests.realdata import needs_real_data

pytestmark = [needs_real_data, pytest.mark.real, pytest.mark.xdist_group("devorg")]

BY_STATUS = "select status, count(*), sum(amount) from {} group by status order by status"


def test_a1_deals_as_known_before_the_reversals(devorg: Deployment) -> None:
    rows = devorg.rows(BY_STATUS.format("pipeline.opportunities_as_of('2026-02-24')"))
    assert rows == [("lost", 1, None), ("open", 16, 2115000), ("won", 19, 3645000)]


def test_a2_deals_as_known_after_them(devorg: Deployment) -> None:
    expected = [("lost", 8, 830000), ("open", 16, 2115000), ("won", 12, 2815000)]
    assert devorg.rows(BY_STATUS.format("pipeline.opportunities_as_of('2026-03-08')")) == expected
    assert devorg.rows(BY_STATUS.format("pipeline.fct_opportunity")) == expected


def test_a3_seven_bookings_were_taken_back(devorg: Deployment) -> None:
    [(n_deals, amount, n_missing)] = devorg.rows(
        """
        select count(*), sum(before.amount), count(*) filter (before.amount is null)
        from pipeline.opportunities_as_of('2026-02-24') as before
        inner join pipeline.opportunities_as_of('2026-03-08') as now using (opportunity_key)
        where before.status = 'won' and now.status <> 'won'
        """
    )
    assert (n_deals, amount, n_missing) == (7, 830000, 1)


def test_a3_the_reversals_are_events_of_the_ledger(devorg: Deployment) -> None:
    assert devorg.rows(
        "select event, reason, count(*), sum(n_bookings), sum(amount), "
        "count(*) filter (is_amount_missing) from attainment.fct_booking_event "
        "where recorded_on > '2026-02-24' group by all"
    ) == [("reverse", "un_won", 7, -7, -830000, 1)]
    known = "select sum(n_bookings), sum(booked_amount) from attainment.bookings_as_of('{}')"
    assert devorg.rows(known.format("2026-02-24")) == [(19, 3645000)]
    assert devorg.rows(known.format("2026-03-08")) == [(12, 2815000)]


def test_a4_win_rates_then_and_now_are_of_the_same_deals(devorg: Deployment) -> None:
    rate = (
        "select count(*) filter (status = 'won'), count(*) "
        "from pipeline.opportunities_as_of('{}') where status <> 'open'"
    )
    assert devorg.rows(rate.format("2026-02-24")) == [(19, 20)]
    assert devorg.rows(rate.format("2026-03-08")) == [(12, 20)]


def test_nothing_is_known_before_the_first_day(devorg: Deployment) -> None:
    assert devorg.value("select count(*) from pipeline.opportunities_as_of('2026-02-22')") == 0


def test_a6_weighted_pipeline_equals_expected_revenue(devorg: Deployment) -> None:
    [(weighted, expected)] = devorg.rows(
        "select sum(weighted_amount), sum(expected_revenue_amount) "
        "from pipeline.fct_pipeline_snapshot where is_latest"
    )
    assert weighted == expected == 1094500.00


def test_a7_categories_come_from_the_deal_not_from_its_stage(devorg: Deployment) -> None:
    assert devorg.rows(
        "select forecast_category, probability_pct, count(*) from pipeline.fct_opportunity "
        "where stage = 'Negotiation/Review' group by all"
    ) == [("Pipeline", 0.9, 2)]


@pytest.mark.parametrize(
    ("method", "amount"),
    [
        ("category_closed", 2815000),
        ("category_commit", 0),
        ("commit_forecast", 2815000),
        ("best_case_forecast", 2815000),
        ("open_pipeline", 2115000),
        ("crm_weighted", 2815000 + 1094500),
    ],
)
def test_a7_forecast_roll_up(devorg: Deployment, method: str, amount: int) -> None:
    forecast = "select forecast_amount from forecast.fct_forecast where method = '{}' "
    where = "and node_type = 'company' and as_of_on = '2026-03-08' and period_key = '{}'"
    assert devorg.value((forecast + where).format(method, "all")) == amount
    # All deals with an amount close in one quarter.
    assert devorg.value((forecast + where).format(method, "FY2024-Q1")) == amount


def test_too_little_history_abstains_instead_of_guessing(devorg: Deployment) -> None:
    assert devorg.rows(
        "select is_abstained, forecast_amount, n_train from forecast.fct_forecast "
        "where method = 'stage_weighted' and node_type = 'company' and period_key = 'all' "
        "and as_of_on = '2026-03-08'"
    ) == [(True, None, 20)]


def test_a9_missing_amounts_are_counted(devorg: Deployment) -> None:
    assert devorg.rows(
        "select count(*), count(*) filter (amount is null) from pipeline.fct_opportunity"
    ) == [(36, 5)]


def test_a10_lead_conversion(devorg: Deployment) -> None:
    [(leads, converted, with_deal, rate)] = devorg.rows(
        "select sum(n_leads), sum(n_converted), sum(n_with_opportunity), "
        "sum(n_converted) / sum(n_leads) from funnel.fct_lead_conversion"
    )
    assert (leads, converted, with_deal) == (22, 5, 5)
    assert round(rate, 4) == 0.2273


def test_a11_open_pipeline_by_stage(devorg: Deployment) -> None:
    assert devorg.rows(
        "select stage, sum(amount), count(*) from pipeline.fct_opportunity "
        "where status = 'open' group by stage order by 2 desc"
    ) == [
        ("Needs Analysis", 675000, 2),
        ("Negotiation/Review", 395000, 2),
        ("Proposal/Price Quote", 370000, 3),
        ("Value Proposition", 330000, 3),
        ("Perception Analysis", 120000, 1),
        ("Id. Decision Makers", 110000, 3),
        ("Prospecting", 100000, 1),
        ("Qualification", 15000, 1),
    ]
