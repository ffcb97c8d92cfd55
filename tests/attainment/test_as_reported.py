"""The same question as of a past day, as known now, and why the answers differ."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from tests.attainment.conftest import Published

pytestmark = pytest.mark.xdist_group("attainment")


def test_today_the_macro_is_the_table(demo: Published) -> None:
    columns = (
        "participant_id, manager_id, period_start_on, period_end_on, participant_name, "
        "manager_name, team, region, measure, attainment_state, full_quota_amount, quota_amount, "
        "credit_amount, attainment_pct, n_credits"
    )
    today = demo.days[-1]
    assert demo.rows(
        f"select {columns} from attainment.attainment_as_of(?) order by all", today
    ) == demo.rows(f"select {columns} from attainment.fct_quota_attainment order by all")


@pytest.mark.parametrize("day", [date(2025, 8, 31), date(2026, 3, 10), date(2026, 6, 21)])
def test_causes_explain_the_difference_to_the_cent(demo: Published, day: date) -> None:
    rows = demo.rows(
        "select measure, credit_difference_amount, booked_since_amount + reversed_since_amount "
        "+ adjusted_since_amount + recredited_since_amount "
        "from attainment.attainment_then_and_now(?)",
        day,
    )
    assert len(rows) > 100
    assert all(difference == explained for _, difference, explained in rows)
    assert any(difference for _, difference, _ in rows)


def test_bookings_known_on_a_day_are_those_of_the_deals_then(demo: Published) -> None:
    """Net bookings from events equal the won deals of the version table, day by day."""
    for day in ("2025-02-28", "2025-11-03", "2026-05-10", "2026-06-29"):
        events = demo.rows(
            "select sum(n_bookings), sum(booked_amount), sum(n_missing_amount) "
            f"from attainment.bookings_as_of('{day}')"
        )
        deals = demo.rows(
            "select count(*), sum(amount), count(*) - count(amount) "
            f"from pipeline.opportunities_as_of('{day}') where status = 'won'"
        )
        assert events == deals


def test_a_relieved_quota_was_higher_before(demo: Published) -> None:
    rows = demo.rows(
        "select quota_then_amount, quota_now_amount "
        "from attainment.attainment_then_and_now(date '2026-05-31') "
        "where quota_difference_amount < 0 and measure = 'bookings'"
    )
    relieved = [now / then for then, now in rows if now / then == Decimal("0.85")]
    assert len(relieved) == 2


def test_a_reversal_is_in_the_ledger_and_nothing_is_overwritten(demo: Published) -> None:
    for deal, n_events, booked, first in demo.rows(
        "select opportunity_id, count(*), sum(amount), arg_min(event, recorded_at) "
        "from attainment.fct_booking_event group by opportunity_id "
        "having count(case when event = 'reverse' then 1 end) > 0 and sum(n_bookings) = 0"
    ):
        assert first == "book", deal
        assert n_events >= 2
        assert not booked
