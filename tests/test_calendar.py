"""Fiscal periods tile time and are named for the year in which the fiscal year ends."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.calendar import MONTHS, PeriodType, days, fiscal_period, fiscal_periods

DAYS = st.dates(min_value=date(1990, 1, 1), max_value=date(2060, 12, 31))
STARTS = st.integers(min_value=1, max_value=12)
TYPES = st.sampled_from(sorted(MONTHS))


@pytest.mark.parametrize(
    ("day", "starts_in", "period_type", "label", "starts_on", "next_starts_on"),
    [
        (date(2017, 3, 1), 1, "quarter", "FY2017-Q1", date(2017, 1, 1), date(2017, 4, 1)),
        (date(2026, 1, 31), 2, "quarter", "FY2026-Q4", date(2025, 11, 1), date(2026, 2, 1)),
        (date(2026, 2, 1), 2, "year", "FY2027", date(2026, 2, 1), date(2027, 2, 1)),
        (date(2024, 2, 29), 7, "month", "FY2024-M08", date(2024, 2, 1), date(2024, 3, 1)),
        (date(2025, 12, 31), 12, "month", "FY2026-M01", date(2025, 12, 1), date(2026, 1, 1)),
    ],
    ids=["calendar year", "last day of a year", "first day of a year", "leap day", "december"],
)
def test_known_days_fall_in_known_periods(
    day: date,
    starts_in: int,
    period_type: PeriodType,
    label: str,
    starts_on: date,
    next_starts_on: date,
) -> None:
    period = fiscal_period(day, period_type, year_starts_in=starts_in)
    assert (period.label, period.starts_on, period.next_starts_on) == (
        label,
        starts_on,
        next_starts_on,
    )


@given(day=DAYS, starts_in=STARTS, period_type=TYPES)
def test_a_day_lies_in_its_period_and_the_next_period_follows(
    day: date, starts_in: int, period_type: PeriodType
) -> None:
    period = fiscal_period(day, period_type, year_starts_in=starts_in)
    following = fiscal_period(period.next_starts_on, period_type, year_starts_in=starts_in)
    assert period.starts_on <= day < period.next_starts_on
    assert following.starts_on == period.next_starts_on
    assert following.label != period.label


@given(day=DAYS, starts_in=STARTS)
def test_months_make_quarters_and_quarters_make_years(day: date, starts_in: int) -> None:
    year = fiscal_period(day, "year", year_starts_in=starts_in)
    last = year.next_starts_on - timedelta(days=1)
    for period_type, count in (("month", 12), ("quarter", 4)):
        parts = list(
            fiscal_periods(year.starts_on, last, period_type, year_starts_in=starts_in)  # type: ignore[arg-type]  # literal in a loop
        )
        assert len(parts) == count
        assert sum(part.n_days for part in parts) == year.n_days
        assert [part.number for part in parts] == list(range(1, count + 1))
        assert {part.fiscal_year for part in parts} == {year.fiscal_year}


def test_weekdays_are_mondays_to_fridays() -> None:
    february = fiscal_period(date(2026, 2, 10), "month", year_starts_in=1)
    assert february.n_weekdays == 20


def test_days_are_half_open() -> None:
    assert list(days(date(2026, 2, 27), date(2026, 3, 1))) == [date(2026, 2, 27), date(2026, 2, 28)]


def test_a_month_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match="1 to 12"):
        fiscal_period(date(2026, 1, 1), "year", year_starts_in=13)
