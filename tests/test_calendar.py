"""Fiscal periods tile time and are named for the year in which the fiscal year ends."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.calendar import (
    MONTHS,
    FiscalCalendar,
    FiscalMonth,
    PeriodType,
    Weeks,
    days,
    fiscal_period,
    fiscal_periods,
)

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


FIRST, LAST = date(2015, 1, 1), date(2030, 12, 31)


def retail(weeks: Weeks = "4-5-4") -> FiscalCalendar:
    """The calendar of retail: years end on the Saturday nearest to the end of January."""
    return FiscalCalendar.of_weeks(
        FIRST, LAST, year_starts_in=2, weeks=weeks, ends_on=5, ends_near="nearest",
        named_by="first_day",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("label", "starts_on", "n_weeks"),
    [
        ("FY2016", date(2016, 1, 31), 52),
        ("FY2017", date(2017, 1, 29), 53),
        ("FY2022", date(2022, 1, 30), 52),
        ("FY2023", date(2023, 1, 29), 53),
        ("FY2024", date(2024, 2, 4), 52),
    ],
)
def test_years_of_weeks_are_those_of_retail(label: str, starts_on: date, n_weeks: int) -> None:
    years = {each.label: each for each in retail().periods("year")}
    assert (years[label].starts_on, years[label].n_days) == (starts_on, 7 * n_weeks)


def test_a_year_may_end_on_the_last_such_day_of_its_month() -> None:
    calendar = FiscalCalendar.of_weeks(
        FIRST, LAST, year_starts_in=10, weeks="4-4-5", ends_on=5, ends_near="last"
    )
    [year] = [each for each in calendar.periods("year") if each.label == "FY2024"]
    # The last Saturdays of September 2023 and 2024.
    assert year.starts_on == date(2023, 10, 1)
    assert year.next_starts_on == date(2024, 9, 29)


@given(
    starts_in=STARTS,
    weeks=st.sampled_from(["4-4-5", "4-5-4", "5-4-4"]),
    ends_on=st.integers(0, 6),
    ends_near=st.sampled_from(["last", "nearest"]),
    named_by=st.sampled_from(["last_day", "first_day"]),
)
def test_periods_of_weeks_tile_time(
    starts_in: int, weeks: Weeks, ends_on: int, ends_near: str, named_by: str
) -> None:
    calendar = FiscalCalendar.of_weeks(
        FIRST, LAST, year_starts_in=starts_in, weeks=weeks, ends_on=ends_on,
        ends_near=ends_near, named_by=named_by,  # type: ignore[arg-type]  # drawn from its values
    )  # fmt: skip
    lengths = [int(n) for n in weeks.split("-")] * 4
    for period_type in MONTHS:
        periods = calendar.periods(period_type)
        assert len({each.label for each in periods}) == len(periods)
        assert periods[0].starts_on <= FIRST
        assert periods[-1].next_starts_on > LAST
        for one, other in pairwise(periods):
            assert one.next_starts_on == other.starts_on
    for year in calendar.periods("year"):
        assert year.n_days in {364, 371}
        last_day = year.next_starts_on - timedelta(days=1)
        assert last_day.weekday() == ends_on
    for month in calendar.periods("month"):
        n_weeks = lengths[month.number - 1]
        assert month.n_days == 7 * n_weeks or (month.number, month.n_days) == (12, 7 * n_weeks + 7)


@given(starts_in=STARTS, period_type=TYPES)
def test_calendar_months_are_the_same_periods(starts_in: int, period_type: PeriodType) -> None:
    calendar = FiscalCalendar.of_months(FIRST, LAST, year_starts_in=starts_in)
    expected = list(fiscal_periods(FIRST, LAST, period_type, year_starts_in=starts_in))
    assert calendar.periods(period_type) == expected


@given(starts_in=STARTS)
def test_a_year_may_be_named_by_its_first_day(starts_in: int) -> None:
    calendar = FiscalCalendar.of_months(FIRST, LAST, year_starts_in=starts_in, named_by="first_day")
    for year in calendar.periods("year"):
        assert year.fiscal_year == year.starts_on.year


def thirteen(year: int) -> list[FiscalMonth]:
    """Thirteen periods of four weeks, as some companies have them; the last takes the rest."""
    start, months = date(year, 1, 1), []
    for number in range(1, 14):
        end = start + timedelta(weeks=4) if number < 13 else date(year + 1, 1, 1)
        months.append(FiscalMonth(start, end, year, min(4, (number + 2) // 3), number))
        start = end
    return months


def test_periods_may_come_as_a_table() -> None:
    months = [month for year in (2025, 2026) for month in thirteen(year)]
    calendar = FiscalCalendar.of_table(date(2025, 1, 1), date(2026, 12, 31), months)
    assert calendar.periods("month")[12].label == "FY2025-M13"
    assert [each.label for each in calendar.periods("quarter")][-1] == "FY2026-Q4"
    assert [each.n_days for each in calendar.periods("year")] == [365, 365]


@pytest.mark.parametrize(
    ("months", "said"),
    [
        ([], "no period"),
        (thirteen(2025)[:3] + thirteen(2025)[4:], "ends before"),
        (thirteen(2025), "goes from"),
        ([*thirteen(2026), *thirteen(2025)[:-1]], "ends before"),
        ([FiscalMonth(date(2025, 1, 1), date(2025, 1, 1), 2025, 1, 1)], "ends on or before"),
        (
            [
                FiscalMonth(date(2025, 1, 1), date(2025, 2, 1), 2025, 1, 2),
                FiscalMonth(date(2025, 2, 1), date(2027, 1, 1), 2025, 1, 1),
            ],
            "after number 2",
        ),
    ],
    ids=["none", "a gap", "too short", "an overlap", "empty", "out of order"],
)
def test_a_table_with_holes_is_refused(months: list[FiscalMonth], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        FiscalCalendar.of_table(date(2025, 1, 1), date(2026, 12, 31), months)
